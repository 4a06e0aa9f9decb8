//! Integers of RFC 7541 5.1: a prefix of `N` bits, then seven bits an octet.

use super::DecodeError;
use alloc::vec::Vec;

/// Octets that may follow the prefix. Five carry 35 bits, enough for all of `u32`; more could only be zeros.
const MOST_OCTETS: u32 = 5;

/// Reads what follows a prefix whose bits are all set (their value is `mask`). Gives the number and the rest.
///
/// `Truncated` when the input ends first; `IntegerOverflow` beyond `u32::MAX`, or after five octets that each
/// announce another, be they zeros.
#[cold]
pub(super) fn decode_rest(mask: u8, input: &[u8]) -> Result<(usize, &[u8]), DecodeError> {
    let mut value = u64::from(mask);
    let mut shift = 0;
    for (at, &octet) in input.iter().enumerate() {
        value += u64::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            let value = u32::try_from(value).map_err(|_| DecodeError::IntegerOverflow)?;
            let value = usize::try_from(value).map_err(|_| DecodeError::IntegerOverflow)?;
            return Ok((value, input.get(at + 1..).unwrap_or(&[])));
        }
        shift += 7;
        if shift >= 7 * MOST_OCTETS {
            return Err(DecodeError::IntegerOverflow);
        }
    }
    Err(DecodeError::Truncated)
}

/// Reads an integer whose prefix are the bits of `mask` in `first`.
#[inline]
pub(super) fn decode(first: u8, mask: u8, input: &[u8]) -> Result<(usize, &[u8]), DecodeError> {
    let prefix = first & mask;
    if prefix < mask {
        Ok((usize::from(prefix), input))
    } else {
        decode_rest(mask, input)
    }
}

/// Writes `value` with the bits of `mask` as its prefix, and `pattern` in the bits above.
#[inline]
pub(super) fn encode(pattern: u8, mask: u8, value: usize, out: &mut Vec<u8>) {
    if value < usize::from(mask) {
        out.push(pattern | value as u8);
    } else {
        encode_long(pattern, mask, value, out);
    }
}

#[cold]
fn encode_long(pattern: u8, mask: u8, value: usize, out: &mut Vec<u8>) {
    out.push(pattern | mask);
    let mut rest = value - usize::from(mask);
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn read(mask: u8, octets: &[u8]) -> Result<(usize, usize), DecodeError> {
        let (first, rest) = octets.split_first().ok_or(DecodeError::Truncated)?;
        decode(*first, mask, rest).map(|(value, rest)| (value, rest.len()))
    }

    /// RFC 7541 C.1.
    #[test]
    fn examples() {
        for (mask, value, octets) in [
            (0x1f, 10, &[10][..]),
            (0x1f, 1337, &[31, 154, 10]),
            (0xff, 42, &[42]),
        ] {
            let mut out = vec![];
            encode(0, mask, value, &mut out);
            assert_eq!(out, octets);
            assert_eq!(read(mask, octets), Ok((value, 0)));
        }
    }

    #[test]
    fn extremes() {
        let most = u32::MAX as usize;
        let mut out = vec![];
        encode(0x80, 0x7f, most, &mut out);
        assert_eq!(out, [0xff, 0x80, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(read(0x7f, &out), Ok((most, 0)));
        assert_eq!(
            read(0x7f, &[0xff, 0x81, 0xff, 0xff, 0xff, 0x0f]),
            Err(DecodeError::IntegerOverflow)
        );
        assert_eq!(
            read(0x7f, &[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            Err(DecodeError::IntegerOverflow)
        );
        // Zeros for padding: as far as the octets that a u32 may take, and no further.
        assert_eq!(
            read(0x7f, &[0xff, 0x80, 0x80, 0x80, 0x80, 0x00, 9]),
            Ok((0x7f, 1))
        );
        assert_eq!(
            read(0x7f, &[0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]),
            Err(DecodeError::IntegerOverflow)
        );
        assert_eq!(
            read(0x7f, &[0xff, 0x80, 0x80, 0x80, 0x80]),
            Err(DecodeError::Truncated)
        );
        assert_eq!(read(0x7f, &[0xff]), Err(DecodeError::Truncated));
    }

    quickcheck::quickcheck! {
        fn round_trip(value: u32, bits: u8) -> bool {
            let mask = u8::MAX >> (bits % 8);
            let mut out = vec![];
            encode(0, mask, value as usize, &mut out);
            (1..out.len()).all(|end| read(mask, &out[..end]) == Err(DecodeError::Truncated))
                && read(mask, &out) == Ok((value as usize, 0))
        }
    }
}
