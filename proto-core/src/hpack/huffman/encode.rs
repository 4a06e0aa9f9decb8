//! Encoding: codes gather in a 64-bit accumulator, eight octets of the string at a time.

use super::code::{CODES, LENGTHS};
use alloc::vec::Vec;

/// Each octet's code, right-aligned.
static WIDE_CODES: [u64; 256] = wide_codes();

/// The length of each octet's code, in bits.
static BITS: [u8; 257] = LENGTHS;

const fn wide_codes() -> [u64; 256] {
    let mut table = [0; 256];
    let mut symbol = 0;
    while symbol < 256 {
        table[symbol] = CODES[symbol] as u64;
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
        .map(|&octet| usize::from(BITS[usize::from(octet)]))
        .sum();
    bits.div_ceil(8)
}

/// Appends the encoded `string` to `out`: `encoded_len(string)` octets.
pub fn encode(string: &[u8], out: &mut Vec<u8>) {
    out.reserve(encoded_len(string) + SLACK);
    fill(string, usize::MAX, out);
}

/// Appends the encoded `string` to `out` if that takes fewer octets than the string itself, and says whether it did.
/// One pass: mostly it does.
#[inline]
pub fn encode_if_shorter(string: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let end = start + string.len();
    fill(string, end, out);
    let shorter = out.len() < end;
    if !shorter {
        out.truncate(start);
    }
    shorter
}

/// Whole words are written, and what is too much of them taken back.
const SLACK: usize = 8;

/// Codes on their way out.
struct Accumulator {
    /// The lowest `pending` bits are still to be written; above them is what was.
    bits: u64,
    pending: u32,
}

impl Accumulator {
    #[inline]
    fn push(&mut self, octet: u8) {
        let length = u32::from(BITS[usize::from(octet)]);
        self.bits = (self.bits << length) | WIDE_CODES[usize::from(octet)];
        self.pending += length;
    }

    /// Writes all whole octets of at most 63 pending bits.
    #[inline]
    fn flush(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.bits << (self.pending.wrapping_neg() & 0x3f)).to_be_bytes());
        out.truncate(out.len() - 8 + (self.pending / 8) as usize % 8);
        self.pending %= 8;
    }

    /// Writes the rest, padded by the front of EOS: ones (RFC 7541 5.2).
    #[inline]
    fn finish(mut self, out: &mut Vec<u8>) {
        self.bits = (self.bits << 7) | 0x7f;
        self.pending += 7;
        self.flush(out);
    }
}

/// Appends the encoded string, or any octets of no fewer than `most` if `out` would get as long as that.
///
/// Most strings have short codes only, eight of which fit the accumulator with seven bits from before. So that is not
/// tested for each time, but once in the end; if it was wrong, the string is encoded anew, with care.
#[inline]
fn fill(string: &[u8], most: usize, out: &mut Vec<u8>) {
    let start = out.len();
    let mut codes = Accumulator {
        bits: 0,
        pending: 0,
    };
    let mut fullest = 0;
    let mut chunks = string.chunks_exact(8);
    for chunk in chunks.by_ref() {
        for &octet in chunk {
            codes.push(octet);
        }
        fullest |= codes.pending;
        codes.flush(out);
    }
    for &octet in chunks.remainder() {
        codes.push(octet);
    }
    fullest |= codes.pending;
    codes.flush(out);
    codes.finish(out);
    if fullest > 0x3f {
        out.truncate(start);
        fill_slowly(string, most, out);
    }
}

/// As `fill`, for codes of any length: each leaves before the next comes.
#[cold]
fn fill_slowly(string: &[u8], most: usize, out: &mut Vec<u8>) {
    let mut codes = Accumulator {
        bits: 0,
        pending: 0,
    };
    for &octet in string {
        if out.len() >= most {
            return;
        }
        codes.push(octet);
        codes.flush(out);
    }
    codes.finish(out);
}
