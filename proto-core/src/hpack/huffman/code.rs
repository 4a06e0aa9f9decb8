//! The lengths of the Huffman code of RFC 7541, Appendix B.
//!
//! The code is canonical: within one length, codes count up in the order of their symbols, and the first code of a
//! length follows the last of the length before. So the lengths alone give every code; `codes` derives them when the
//! crate is compiled.

/// The symbol that no string may contain: end of string.
pub(super) const EOS: usize = 256;

/// The longest code, in bits.
pub(super) const LONGEST: usize = 30;

/// The length of each symbol's code, in bits.
#[rustfmt::skip]
pub(super) const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
     6, 10, 10, 12, 13,  6,  8, 11, 10, 10,  8, 11,  8,  6,  6,  6,
     5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8, 15,  6, 12, 10,
    13,  6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
     7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8, 13, 19, 13, 14,  6,
    15,  5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,
     6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// For each length, the first code, the number of codes, and where its symbols start in `SYMBOLS`.
#[derive(Clone, Copy)]
pub(super) struct Rank {
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) start: u16,
}

/// Indexed by length.
pub(super) static RANKS: [Rank; LONGEST + 1] = ranks();

/// The symbols in the order of their codes.
pub(super) static SYMBOLS: [u16; 257] = symbols();

/// Each symbol's code, right-aligned.
pub(super) const CODES: [u32; 257] = codes();

/// The length of a symbol's code, in bits.
pub(super) const fn length(symbol: usize) -> u32 {
    LENGTHS[symbol] as u32
}

const fn ranks() -> [Rank; LONGEST + 1] {
    let mut ranks = [Rank {
        first: 0,
        count: 0,
        start: 0,
    }; LONGEST + 1];
    let mut symbol = 0;
    while symbol < LENGTHS.len() {
        ranks[LENGTHS[symbol] as usize].count += 1;
        symbol += 1;
    }
    let mut length = 1;
    while length <= LONGEST {
        let shorter = ranks[length - 1];
        ranks[length].first = (shorter.first + shorter.count) << 1;
        ranks[length].start = shorter.start + shorter.count as u16;
        length += 1;
    }
    ranks
}

const fn symbols() -> [u16; 257] {
    let mut symbols = [0; 257];
    let mut at = 0;
    let mut length = 1;
    while length <= LONGEST {
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == length {
                symbols[at] = symbol as u16;
                at += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    symbols
}

const fn codes() -> [u32; 257] {
    let ranks = ranks();
    let symbols = symbols();
    let mut codes = [0; 257];
    let mut at = 0;
    while at < symbols.len() {
        let symbol = symbols[at] as usize;
        let rank = ranks[LENGTHS[symbol] as usize];
        codes[symbol] = rank.first + (at as u32 - rank.start as u32);
        at += 1;
    }
    codes
}
