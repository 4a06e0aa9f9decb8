use super::*;
use crate::hpack::{DecodeError, OctetClasses};
use alloc::vec;
use alloc::vec::Vec;

fn unpack(string: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = vec![0xaa];
    let result = decode(string, &mut out);
    assert_eq!(out.remove(0), 0xaa);
    match result {
        Ok(classes) => {
            assert_eq!(classes, OctetClasses::of(&out));
            Ok(out)
        }
        Err(error) => {
            assert!(out.is_empty());
            Err(error)
        }
    }
}

fn pack(string: &[u8]) -> Vec<u8> {
    let mut out = vec![0xaa];
    encode(string, &mut out);
    assert_eq!(out.remove(0), 0xaa);
    assert_eq!(out.len(), encoded_len(string));
    out
}

/// Bit by bit, from the table of the RFC alone.
fn plainly(string: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let bits: Vec<u32> = string
        .iter()
        .flat_map(|octet| (0..8).rev().map(move |bit| u32::from(octet >> bit & 1)))
        .collect();
    let mut out = vec![];
    let mut rest = &bits[..];
    'symbol: while !rest.is_empty() {
        for length in 1..=code::LONGEST.min(rest.len()) {
            let bits = rest[..length].iter().fold(0, |code, bit| code << 1 | bit);
            let found = (0..=256).find(|&symbol| {
                code::length(symbol) as usize == length && code::CODES[symbol] == bits
            });
            if let Some(symbol) = found {
                out.push(u8::try_from(symbol).map_err(|_| DecodeError::HuffmanEos)?);
                rest = &rest[length..];
                continue 'symbol;
            }
        }
        let padding = rest.len() < 8 && rest.iter().all(|&bit| bit == 1);
        return if padding {
            Ok(out)
        } else {
            Err(DecodeError::HuffmanPadding)
        };
    }
    Ok(out)
}

/// Rows of RFC 7541 Appendix B, one at least of each length.
#[test]
fn codes_are_those_of_the_rfc() {
    for (symbol, bits, length) in [
        (b'0', 0x0, 5),
        (b't', 0x9, 5),
        (b' ', 0x14, 6),
        (b'u', 0x2d, 6),
        (b':', 0x5c, 7),
        (b'z', 0x7b, 7),
        (b'&', 0xf8, 8),
        (b'Z', 0xfd, 8),
        (b'!', 0x3f8, 10),
        (b'?', 0x3fc, 10),
        (b'|', 0x7fc, 11),
        (b'#', 0xffa, 12),
        (0, 0x1ff8, 13),
        (b'~', 0x1ffd, 13),
        (b'^', 0x3ffc, 14),
        (b'{', 0x7ffe, 15),
        (b'\\', 0x7fff0, 19),
        (128, 0xfffe6, 20),
        (153, 0x1fffdc, 21),
        (129, 0x3fffd2, 22),
        (1, 0x7fffd8, 23),
        (9, 0xffffea, 24),
        (199, 0x1ffffec, 25),
        (192, 0x3ffffe0, 26),
        (203, 0x7ffffde, 27),
        (2, 0xfffffe2, 28),
        (10, 0x3ffffffc, 30),
        (22, 0x3ffffffe, 30),
    ] {
        assert_eq!(
            (
                code::CODES[usize::from(symbol)],
                code::length(symbol.into())
            ),
            (bits, length),
            "{symbol}"
        );
        assert_eq!(u32::from(code::LENGTHS[usize::from(symbol)]), length);
    }
    assert_eq!(
        (code::CODES[code::EOS], code::length(code::EOS)),
        (0x3fff_ffff, 30)
    );
}

/// Every octet, or a few where each step is interpreted.
const STRIDE: usize = if cfg!(miri) { 85 } else { 1 };

#[test]
fn every_symbol_in_every_bit_position() {
    for symbol in (0..=255).step_by(STRIDE) {
        for before in 0..8 {
            let mut string = vec![b'0'; before];
            string.extend([symbol, b'a', symbol, symbol]);
            assert_eq!(unpack(&pack(&string)), Ok(string));
        }
    }
    assert_eq!(unpack(b""), Ok(vec![]));
}

#[test]
fn wrong_ends() {
    // Eight bits of padding; padding of zeros; a code cut short; EOS, whole and at each bit position.
    assert_eq!(unpack(&[0xff]), Err(DecodeError::HuffmanPadding));
    assert_eq!(unpack(&[0x07, 0xff]), Err(DecodeError::HuffmanPadding));
    assert_eq!(unpack(&[0x06]), Err(DecodeError::HuffmanPadding));
    assert_eq!(unpack(&[0xff, 0xc3]), Err(DecodeError::HuffmanPadding));
    assert_eq!(unpack(&[0xfe]), Err(DecodeError::HuffmanPadding));
    for count in 4..40 {
        assert_eq!(unpack(&vec![0xff; count]), Err(DecodeError::HuffmanEos));
        let mut string = vec![0x07];
        string.resize(count + 1, 0xff);
        assert_eq!(unpack(&string), Err(DecodeError::HuffmanEos));
    }
}

#[test]
fn all_short_strings_as_the_plain_decoder() {
    for first in (0..=255).step_by(STRIDE) {
        assert_eq!(unpack(&[first]), plainly(&[first]));
        for second in (0..=255).step_by(5) {
            let string = [first, second, first ^ second];
            assert_eq!(unpack(&string[..2]), plainly(&string[..2]));
            assert_eq!(unpack(&string), plainly(&string));
        }
    }
}

#[test]
fn encode_if_shorter_is_so() {
    let mut out = vec![1];
    assert!(encode_if_shorter(b"www.example.com", &mut out));
    assert_eq!(out.len(), 13);
    for string in [&b""[..], b"&", b"XZ&*", b"307", b"\0\0\0", &[0x80; 50]] {
        let mut out = vec![1];
        assert!(!encode_if_shorter(string, &mut out), "{string:?}");
        assert_eq!(out, [1]);
    }
}

quickcheck::quickcheck! {
    fn round_trip(string: Vec<u8>) -> bool {
        unpack(&pack(&string)) == Ok(string)
    }

    fn round_trip_of_text(string: alloc::string::String) -> bool {
        unpack(&pack(string.as_bytes())) == Ok(string.into_bytes())
    }

    fn any_octets_as_the_plain_decoder(string: Vec<u8>) -> bool {
        unpack(&string) == plainly(&string)
    }

    fn shorter_or_untouched(string: Vec<u8>) -> bool {
        let mut out = vec![];
        let shorter = encode_if_shorter(&string, &mut out);
        shorter == (encoded_len(&string) < string.len()) && (if shorter { out == pack(&string) } else { out.is_empty() })
    }
}
