//! Encoding: codes gather in a 64-bit accumulator and leave it four octets at a time.

use super::code::{CODES, LENGTHS, length};
use alloc::vec::Vec;

/// Each octet's code at the top of the word, its length in the low six bits.
static PACKED: [u64; 256] = packed();

const LENGTH_BITS: u64 = 0x3f;

const fn packed() -> [u64; 256] {
    let mut table = [0; 256];
    let mut symbol = 0;
    while symbol < 256 {
        let length = length(symbol);
        table[symbol] = (CODES[symbol] as u64) << (64 - length) | length as u64;
        symbol += 1;
    }
    table
}

/// The number of octets that `string` takes when encoded, padding included.
#[must_use]
#[inline]
pub fn encoded_len(string: &[u8]) -> usize {
    let bits: usize = string
        .iter()
        .map(|&octet| usize::from(LENGTHS[usize::from(octet)]))
        .sum();
    bits.div_ceil(8)
}

/// Appends the encoded `string` to `out`: `encoded_len(string)` octets.
pub fn encode(string: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let length = encoded_len(string);
    out.resize(start + length + SLACK, 0);
    if let Some(room) = out.get_mut(start..) {
        fill(string, room);
    }
    out.truncate(start + length);
}

/// Appends the encoded `string` to `out` if that takes fewer octets than the string itself, and says whether it did.
pub(in crate::hpack) fn encode_if_shorter(string: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    out.resize(start + string.len() + SLACK, 0);
    let length = out.get_mut(start..).and_then(|room| fill(string, room));
    match length {
        Some(length) if length < string.len() => {
            out.truncate(start + length);
            true
        }
        _ => {
            out.truncate(start);
            false
        }
    }
}

/// Room that `fill` wants beyond what it fills: it writes whole words.
const SLACK: usize = 8;

/// Writes the encoded string to the front of `room`; None when that does not suffice.
#[inline]
fn fill(string: &[u8], room: &mut [u8]) -> Option<usize> {
    let mut bits = 0u64;
    let mut pending = 0u64; // how many of `bits`, from the top; below 32 between octets
    let mut at = 0;
    for &octet in string {
        let code = PACKED[usize::from(octet)];
        bits |= (code & !LENGTH_BITS) >> pending;
        pending += code & LENGTH_BITS;
        if pending >= 32 {
            let word = room.get_mut(at..at + 4)?;
            word.copy_from_slice(&((bits >> 32) as u32).to_be_bytes());
            at += 4;
            bits <<= 32;
            pending -= 32;
        }
    }
    let last = room.get_mut(at..at + 4)?;
    // The padding is the front of EOS: ones (RFC 7541 5.2).
    let padded = bits | (u64::MAX >> pending);
    last.copy_from_slice(&((padded >> 32) as u32).to_be_bytes());
    Some(at + (pending as usize).div_ceil(8))
}
