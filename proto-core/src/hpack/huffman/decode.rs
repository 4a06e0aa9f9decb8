//! Decoding: a look-up of the next `WIDTH` bits gives up to two symbols, their total length, and what kinds of octets
//! they are.

use super::code::{CODES, EOS, RANKS, SYMBOLS, length};
use crate::hpack::DecodeError;
use crate::hpack::octets::{self, OctetClasses};
use alloc::vec::Vec;

/// Bits that index the table.
const WIDTH: u32 = 11;

/// Look-ups from one load of 64 bits. A load is aligned to an octet, so at least 57 of its bits are fresh.
const BATCH: u32 = 4;
const _: () = assert!(BATCH * WIDTH <= 57);

/// A batch writes at most this much.
const MOST_SYMBOLS: usize = 2 * BATCH as usize;

// An entry: the bits used up (6 bits), the symbols found (2, with room for the sum of a batch: 4), their classes (4),
// two unused bits, the first symbol (8), the second (8). An entry of 0 means a longer code, or the end.
const COUNT: u32 = 6;
const CLASSES: u32 = 10;
const SYMBOL: u32 = 16;

/// What a table entry has room for. Octets of other classes have longer codes than the table; `table` asserts it.
const CLASS_MASK: u32 = 0xf;

static TABLE: [u32; 1 << WIDTH] = table();

const fn table() -> [u32; 1 << WIDTH] {
    let mut single = [0u32; 1 << WIDTH];
    let mut symbol = 0;
    while symbol < EOS {
        let length = length(symbol);
        if length <= WIDTH {
            let classes = octets::classify(symbol as u8) as u32;
            assert!(classes & !CLASS_MASK == 0);
            let entry = length | 1 << COUNT | classes << CLASSES | (symbol as u32) << SYMBOL;
            let first = (CODES[symbol] << (WIDTH - length)) as usize;
            let mut at = first;
            while at < first + (1 << (WIDTH - length)) {
                single[at] = entry;
                at += 1;
            }
        }
        symbol += 1;
    }
    let mut table = single;
    let mut at = 0;
    while at < table.len() {
        let first = single[at];
        let used = first & 0x3f;
        if used > 0 {
            let second = single[(at << used) & (table.len() - 1)];
            let more = second & 0x3f;
            if more > 0 && used + more <= WIDTH {
                table[at] = (used + more)
                    | 2 << COUNT
                    | (first | second) & (CLASS_MASK << CLASSES)
                    | (first >> SYMBOL) << SYMBOL
                    | (second >> SYMBOL) << (SYMBOL + 8);
            }
        }
        at += 1;
    }
    table
}

/// The room that `decode` wants in its output for a string of this many octets: the shortest code takes five bits, and
/// it writes whole batches.
#[inline]
pub(in crate::hpack) const fn room(length: usize) -> usize {
    length * 8 / 5 + 2 * MOST_SYMBOLS
}

/// Appends the decoded string to `out` and tells its classes.
///
/// `HuffmanEos` when the string contains EOS; `HuffmanPadding` when the padding is longer than seven bits or not all
/// ones. `out` is as before then.
pub fn decode(string: &[u8], out: &mut Vec<u8>) -> Result<OctetClasses, DecodeError> {
    let start = out.len();
    out.resize(start + room(string.len()), 0);
    let decoded = match out.get_mut(start..) {
        Some(room) => fill(string, room),
        None => Err(DecodeError::HuffmanPadding),
    };
    match decoded {
        Ok((length, bits)) => {
            out.truncate(start + length);
            Ok(OctetClasses::placed(bits, out.get(start..).unwrap_or(&[])))
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// Decodes to the front of `room`; gives the length and the classes that octets have wherever they stand.
#[inline]
fn fill(string: &[u8], room: &mut [u8]) -> Result<(usize, u16), DecodeError> {
    let end = string.len() * 8;
    let mut bit = 0; // of the string, how far we are
    let mut at = 0; // in `room`
    let mut seen = 0u32; // entries OR-ed together
    let mut rare = 0u16; // classes of symbols with long codes
    loop {
        let mut bits = load(string, bit / 8) << (bit % 8);
        let mut total = 0u32;
        let mut entry = 0;
        let window: &mut [u8; 2 * MOST_SYMBOLS] =
            match room.get_mut(at..).and_then(|room| room.first_chunk_mut()) {
                Some(window) => window,
                None => return Err(DecodeError::HuffmanPadding),
            };
        for _ in 0..BATCH {
            entry = TABLE[(!bits >> (64 - WIDTH)) as usize];
            let place = (total >> COUNT) as usize % MOST_SYMBOLS;
            if let Some(pair) = window.get_mut(place..place + 2) {
                pair.copy_from_slice(&((entry >> SYMBOL) as u16).to_le_bytes());
            }
            bits <<= entry & 0x3f;
            // Only the two lowest fields of the sum mean something; neither overflows into the next.
            total = total.wrapping_add(entry);
            seen |= entry;
        }
        bit += (total & 0x3f) as usize;
        at += (total >> COUNT) as usize & 0xf;
        if entry == 0 {
            // Either a code longer than the table is wide, or the padding.
            if bit + 8 > end {
                break;
            }
            let symbol = long_symbol(string, &mut bit)?;
            rare |= u16::from(octets::of_octet(symbol));
            if let Some(place) = room.get_mut(at) {
                *place = symbol;
            }
            at += 1;
        }
    }
    // What lies beyond the string reads as ones. So if all bits from here on are ones, the rest is padding; and if a
    // code was taken across the end, `bit` lies beyond it, for no code is all ones.
    let padded = load(string, bit / 8) << (bit % 8) == 0;
    if bit > end || !padded {
        return Err(DecodeError::HuffmanPadding);
    }
    Ok((at, (seen >> CLASSES & CLASS_MASK) as u16 | rare))
}

/// The 64 bits from octet `at` on, inverted: what lies beyond the string is zeros, which stand for ones.
#[inline]
fn load(string: &[u8], at: usize) -> u64 {
    match string.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(word) => !u64::from_be_bytes(*word),
        None => load_tail(string, at),
    }
}

fn load_tail(string: &[u8], at: usize) -> u64 {
    let mut word = [0xff; 8];
    let rest = string.get(at..).unwrap_or(&[]);
    for (to, from) in word.iter_mut().zip(rest) {
        *to = *from;
    }
    !u64::from_be_bytes(word)
}

/// The symbol with a long code at `bit`, which moves past it.
#[cold]
fn long_symbol(string: &[u8], bit: &mut usize) -> Result<u8, DecodeError> {
    let bits = !(load(string, *bit / 8) << (*bit % 8));
    for (length, rank) in RANKS.iter().enumerate().skip(WIDTH as usize + 1) {
        let code = (bits >> (64 - length)) as u32;
        let offset = code.wrapping_sub(rank.first);
        if offset >= rank.count {
            continue;
        }
        *bit += length;
        let symbol = SYMBOLS
            .get(usize::from(rank.start) + offset as usize)
            .copied()
            .unwrap_or(EOS as u16);
        let whole = *bit <= string.len() * 8;
        return match u8::try_from(symbol) {
            Ok(symbol) if whole => Ok(symbol),
            Err(_) if whole => Err(DecodeError::HuffmanEos),
            _ => Err(DecodeError::HuffmanPadding),
        };
    }
    Err(DecodeError::HuffmanPadding)
}
