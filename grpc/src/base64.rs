//! Base64 as `-bin` values use it (RFC 4648 section 4): written without padding, read with and without it.

use std::fmt;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const INVALID: u8 = 0xff;
const VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut table = [INVALID; 256];
    let mut value = 0;
    while value < 64 {
        table[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    table
}

/// The text is not Base64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidBase64;

impl fmt::Display for InvalidBase64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not valid Base64")
    }
}

impl std::error::Error for InvalidBase64 {}

/// Octets that `len` octets take as unpadded Base64. Saturates.
pub const fn encoded_len(len: usize) -> usize {
    let tail = match len % 3 {
        0 => 0,
        1 => 2,
        _ => 3,
    };
    (len / 3).saturating_mul(4).saturating_add(tail)
}

/// Appends `input` as unpadded Base64.
pub fn encode(input: &[u8], out: &mut Vec<u8>) {
    out.reserve(encoded_len(input.len()));
    for chunk in input.chunks(3) {
        let octet = |i: usize| chunk.get(i).map_or(0, |&b| u32::from(b));
        let word = octet(0) << 16 | octet(1) << 8 | octet(2);
        for i in 0..=chunk.len() {
            out.push(ALPHABET[(word >> (18 - 6 * i) & 63) as usize]);
        }
    }
}

/// Appends the octets that `text` stands for.
///
/// Padding is optional, but what there is must be right. Bits past the last octet are ignored, as other
/// implementations do: a peer that leaves them set is sloppy, not wrong.
///
/// # Errors
/// An octet outside the alphabet, a length no encoder makes, or wrong padding. `out` is then as it was.
pub fn decode(text: &[u8], out: &mut Vec<u8>) -> Result<(), InvalidBase64> {
    let body = match text {
        [body @ .., b'=', b'='] | [body @ .., b'='] if text.len() % 4 == 0 => body,
        _ => text,
    };
    if body.len() % 4 == 1 {
        return Err(InvalidBase64);
    }
    let before = out.len();
    out.reserve(body.len() / 4 * 3 + 2);
    for chunk in body.chunks(4) {
        let mut word = 0;
        for (i, &b) in chunk.iter().enumerate() {
            let value = VALUES[b as usize];
            if value == INVALID {
                out.truncate(before);
                return Err(InvalidBase64);
            }
            word |= u32::from(value) << (18 - 6 * i);
        }
        let [_, octets @ ..] = word.to_be_bytes();
        out.extend_from_slice(&octets[..chunk.len() - 1]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    fn encoded(input: &[u8]) -> String {
        let mut out = Vec::new();
        encode(input, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn decoded(text: &str) -> Result<Vec<u8>, InvalidBase64> {
        let mut out = b"kept".to_vec();
        let result = decode(text.as_bytes(), &mut out);
        assert!(out.starts_with(b"kept"));
        match result {
            Ok(()) => Ok(out.split_off(4)),
            Err(e) => {
                assert_eq!(out, b"kept");
                Err(e)
            }
        }
    }

    #[test]
    fn vectors_of_rfc_4648_section_10() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, padded) in vectors {
            let unpadded = padded.trim_end_matches('=');
            assert_eq!(encoded(plain.as_bytes()), unpadded);
            assert_eq!(decoded(padded).unwrap(), plain.as_bytes());
            assert_eq!(decoded(unpadded).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn what_is_not_base64() {
        for text in [
            "Z", "Zg=", "Zm9v=", "====", "=", "Z===", "Zm 9", "Zm9v\n", "_-8", "Zg==Zg==", "Zm8=x",
            "\u{e9}A",
        ] {
            assert!(decoded(text).is_err(), "{text:?}");
        }
        // Bits past the last octet.
        assert_eq!(decoded("Zh").unwrap(), b"f");
    }

    quickcheck! {
        fn decoding_undoes_encoding(input: Vec<u8>) -> bool {
            let text = encoded(&input);
            let padded = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
            text.len() == encoded_len(input.len()) && decoded(&text).unwrap() == input && decoded(&padded).unwrap() == input
        }

        fn any_octets_are_decoded_or_refused(input: Vec<u8>) -> bool {
            let mut out = Vec::new();
            match decode(&input, &mut out) {
                Ok(()) => out.len() <= input.len(),
                Err(InvalidBase64) => out.is_empty(),
            }
        }
    }
}
