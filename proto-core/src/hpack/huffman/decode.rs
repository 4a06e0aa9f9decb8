//! Decoding: a look-up of the next `WIDTH` bits gives up to two symbols, their total length, and what kinds of octets
//! they are.

use super::code::{CODES, EOS, RANKS, SYMBOLS, length};
use crate::hpack::DecodeError;
use crate::hpack::octets::{self, OctetClasses};
use alloc::vec::Vec;

/// Bits that index the tables.
const WIDTH: u32 = 12;

/// Look-ups from one load of 64 bits. A load begins at an octet, so at least 57 of its bits are fresh.
const BATCH: u32 = 4;
const _: () = assert!(BATCH * WIDTH <= 57);

/// What a batch may write to: the last look-up writes two octets, at an offset that the compiler knows to be below 16.
const WINDOW: usize = 15 + 2;
const _: () = assert!(2 * BATCH <= 15);

// A step has fields with room for the sum of a batch, so that steps are simply added: the bits used up (6 bits, then 2
// unused), one field of 4 bits for each class of `CLASSES` (an octet of other classes has a longer code than the table
// is wide; `tables` asserts it), 4 unused, the symbols found (4). A step of 0 means a longer code, or the end.
const CLASSES: u32 = 4;
const CLASS_SHIFT: u32 = 8;
const COUNT_SHIFT: u32 = 28;

/// For any `WIDTH` bits, the step that they make, and the symbols, the first in the low octet.
struct Tables {
    steps: [u32; 1 << WIDTH],
    symbols: [u16; 1 << WIDTH],
}

static TABLES: Tables = tables();

const fn tables() -> Tables {
    let mut tables = Tables {
        steps: [0; 1 << WIDTH],
        symbols: [0; 1 << WIDTH],
    };
    let mut symbol = 0;
    while symbol < EOS {
        let length = length(symbol);
        if length <= WIDTH {
            let first = (CODES[symbol] << (WIDTH - length)) as usize;
            let mut at = first;
            while at < first + (1 << (WIDTH - length)) {
                tables.steps[at] =
                    length | spread(octets::classify(symbol as u8)) | 1 << COUNT_SHIFT;
                tables.symbols[at] = symbol as u16;
                at += 1;
            }
        }
        symbol += 1;
    }
    pairs(tables)
}

/// Adds the second symbols where there is room.
const fn pairs(single: Tables) -> Tables {
    let mut tables = Tables {
        steps: [0; 1 << WIDTH],
        symbols: [0; 1 << WIDTH],
    };
    let mut at = 0;
    while at < 1 << WIDTH {
        let (first, symbol) = (single.steps[at], single.symbols[at]);
        let after = (at << (first & 0x3f)) & ((1 << WIDTH) - 1);
        let (second, other) = (single.steps[after], single.symbols[after]);
        if first != 0 && second != 0 && (first & 0x3f) + (second & 0x3f) <= WIDTH {
            let classes = (first | second) & (0x1111 << CLASS_SHIFT);
            tables.steps[at] = ((first & 0x3f) + (second & 0x3f)) | classes | (2 << COUNT_SHIFT);
            tables.symbols[at] = symbol | other << 8;
        } else {
            tables.steps[at] = first;
            tables.symbols[at] = symbol;
        }
        at += 1;
    }
    tables
}

/// Puts each class in its field of a step.
const fn spread(classes: u8) -> u32 {
    assert!(classes >> CLASSES == 0);
    let mut step = 0;
    let mut class = 0;
    while class < CLASSES {
        step |= (classes as u32 >> class & 1) << (CLASS_SHIFT + 4 * class);
        class += 1;
    }
    step
}

/// The classes whose fields are not 0 in any of the sums that were OR-ed together.
#[inline]
fn gather(sums: u32) -> u16 {
    let fields = sums >> CLASS_SHIFT;
    let any = (fields | fields >> 1 | fields >> 2) & 0x1111;
    // The multiplication brings bit 4n to bit 12 + n.
    ((any * ((1 << 12) | (1 << 9) | (1 << 6) | (1 << 3))) >> 12) as u16 & 0xf
}

/// The room that `decode_to` needs for a string of this many octets: the shortest code takes five bits, and it writes
/// whole batches.
#[must_use]
#[inline]
pub const fn decode_room(length: usize) -> usize {
    // A little more than eight fifths.
    length + length / 2 + length / 8 + 2 + WINDOW
}

/// Appends the decoded string to `out` and tells its classes.
///
/// # Errors
///
/// `HuffmanEos` when the string contains EOS; `HuffmanPadding` when the padding is longer than seven bits or not all
/// ones. `out` is as before then.
pub fn decode(string: &[u8], out: &mut Vec<u8>) -> Result<OctetClasses, DecodeError> {
    let start = out.len();
    out.resize(start + decode_room(string.len()), 0);
    let decoded = decode_to(string, out.get_mut(start..).unwrap_or_default());
    out.truncate(start + decoded.map_or(0, |(length, _)| length));
    decoded.map(|(_, classes)| classes)
}

/// Decodes a string to the front of `room`; gives its length and its classes. What follows in `room` is overwritten
/// with anything.
///
/// # Errors
///
/// As `decode`. `HuffmanPadding` also when `room` is smaller than `decode_room` asks for and too small for the string.
#[inline]
pub fn decode_to(string: &[u8], room: &mut [u8]) -> Result<(usize, OctetClasses), DecodeError> {
    let (length, bits) = fill(string, room)?;
    Ok((
        length,
        OctetClasses::placed(bits, room.get(..length).unwrap_or_default()),
    ))
}

/// Gives the length and the classes that octets have wherever they stand.
#[inline]
fn fill(string: &[u8], room: &mut [u8]) -> Result<(usize, u16), DecodeError> {
    let end = string.len() * 8;
    let last = last_word(string);
    let mut bit = 0; // of the string, how far we are
    let mut at = 0u32; // in `room`
    let mut sums = 0; // of steps, OR-ed together
    let mut rare = 0; // classes of symbols with long codes
    loop {
        let mut bits = load(string, last, bit);
        let place = at as usize;
        let Some(window) = room.get_mut(place..place + WINDOW) else {
            return Err(DecodeError::HuffmanPadding);
        };
        let (mut sum, mut step) = (0u32, 0);
        for _ in 0..BATCH {
            let index = (bits >> (64 - WIDTH)) as usize;
            step = TABLES.steps[index];
            let place = (sum >> COUNT_SHIFT) as usize;
            if let Some(pair) = window.get_mut(place..place + 2) {
                pair.copy_from_slice(&TABLES.symbols[index].to_le_bytes());
            }
            bits <<= step & 0x3f;
            sum = sum.wrapping_add(step);
        }
        sums |= sum;
        bit += (sum & 0x3f) as usize;
        at += sum >> COUNT_SHIFT;
        if step != 0 {
            continue;
        }
        // Either a code longer than the table is wide, or the padding.
        if bit + 8 > end {
            // Beyond the string there are ones only. So the padding is right if the next bits are ones. If a code was
            // taken across the end, `bit` lies beyond it, for no code is all ones.
            if bit > end || bits >> 56 != 0xff {
                return Err(DecodeError::HuffmanPadding);
            }
            return Ok((at as usize, gather(sums) | rare));
        }
        let (symbol, length) = long_symbol(string, last, bit)?;
        rare |= u16::from(octets::of_octet(symbol));
        if let Some(place) = room.get_mut(at as usize) {
            *place = symbol;
        }
        bit += length;
        at += 1;
    }
}

/// The last eight octets; if there are fewer, zeros before them.
#[inline]
fn last_word(string: &[u8]) -> u64 {
    match string.last_chunk() {
        Some(word) => u64::from_be_bytes(*word),
        None => match (string.first_chunk(), string.last_chunk()) {
            (Some(first), Some(last)) => {
                let first = u64::from(u32::from_be_bytes(*first));
                first << (8 * (string.len() % 4)) | u64::from(u32::from_be_bytes(*last))
            }
            _ => string
                .iter()
                .fold(0, |word, &octet| word << 8 | u64::from(octet)),
        },
    }
}

/// At least 57 bits from `bit` on, at the top of the word. What lies beyond the string is ones.
#[inline]
fn load(string: &[u8], last: u64, bit: usize) -> u64 {
    let at = bit / 8;
    match string.get(at..at + 8) {
        Some(&[a, b, c, d, e, f, g, h]) => {
            u64::from_be_bytes([a, b, c, d, e, f, g, h]) << (bit % 8)
        }
        _ => !(!last)
            .checked_shl((bit + 64 - 8 * string.len()) as u32)
            .unwrap_or(0),
    }
}

/// The symbol with a long code at `bit`, and the length of that code.
#[cold]
fn long_symbol(string: &[u8], last: u64, bit: usize) -> Result<(u8, usize), DecodeError> {
    let bits = load(string, last, bit);
    for (length, rank) in RANKS.iter().enumerate().skip(WIDTH as usize + 1) {
        let code = (bits >> (64 - length)) as u32;
        let offset = code.wrapping_sub(rank.first);
        if offset >= rank.count {
            continue;
        }
        let symbol = SYMBOLS
            .get(usize::from(rank.start) + offset as usize)
            .copied()
            .unwrap_or(EOS as u16);
        let whole = bit + length <= string.len() * 8;
        return match u8::try_from(symbol) {
            Ok(symbol) if whole => Ok((symbol, length)),
            Err(_) if whole => Err(DecodeError::HuffmanEos),
            _ => Err(DecodeError::HuffmanPadding),
        };
    }
    Err(DecodeError::HuffmanPadding)
}
