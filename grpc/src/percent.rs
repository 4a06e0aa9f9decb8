//! The percent-encoding of `grpc-message` (gRPC `doc/PROTOCOL-HTTP2.md`, "Responses"; RFC 3986 section 2.1).
//!
//! Space and printable ASCII but `%` pass; every other octet of the UTF-8 text is written `%XX`. So is a space at either
//! end, where HTTP/2 allows none (RFC 9113 section 8.2.1).

use std::borrow::Cow;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

const fn passes(octet: u8) -> bool {
    matches!(octet, b' '..=b'~') && octet != b'%'
}

/// `message` as it goes on the wire; borrowed where nothing needs encoding.
pub fn encode(message: &str) -> Cow<'_, str> {
    encode_within(message, usize::MAX)
}

/// `message` as it goes on the wire, cut at a character so that it takes at most `limit` octets there.
///
/// Trailers over the peer's limit for field sections would cost the status itself; a shorter message does not.
pub fn encode_within(message: &str, limit: usize) -> Cow<'_, str> {
    if message.bytes().all(passes) && message.trim_matches(' ').len() == message.len() {
        // Every octet is ASCII here, so any cut is at a character.
        return Cow::Borrowed(
            message
                .get(..limit)
                .map_or(message, |cut| cut.trim_end_matches(' ')),
        );
    }
    let mut out = String::with_capacity(message.len().saturating_add(16).min(limit));
    for (at, character) in message.char_indices() {
        let mut utf8 = [0; 4];
        let octets = character.encode_utf8(&mut utf8).as_bytes();
        let at_an_end = at == 0 || at + octets.len() == message.len();
        let plain = octets.iter().copied().all(passes) && !(at_an_end && character == ' ');
        let cost = if plain {
            octets.len()
        } else {
            3 * octets.len()
        };
        if limit - out.len() < cost {
            out.truncate(out.trim_end_matches(' ').len());
            break;
        }
        if plain {
            out.push(character);
            continue;
        }
        for &octet in octets {
            out.push('%');
            out.push(char::from(HEX[usize::from(octet >> 4)]));
            out.push(char::from(HEX[usize::from(octet & 15)]));
        }
    }
    Cow::Owned(out)
}

/// The text of a `grpc-message` value. Never fails: a broken escape stays as it is, octets that are not UTF-8 become
/// U+FFFD.
pub fn decode(value: &[u8]) -> Cow<'_, str> {
    if !value.contains(&b'%') {
        return String::from_utf8_lossy(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [octet, tail @ ..] = rest {
        match (octet, escape(tail)) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                rest = &tail[2..];
            }
            _ => {
                out.push(*octet);
                rest = tail;
            }
        }
    }
    Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    })
}

/// The octet that the two hexadecimal digits at the front of `rest` stand for.
fn escape(rest: &[u8]) -> Option<u8> {
    let digit = |i: usize| rest.get(i).and_then(|&b| char::from(b).to_digit(16));
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn what_passes_is_borrowed() {
        let plain = "test status message ~!#$&";
        assert!(matches!(encode(plain), Cow::Borrowed(text) if text == plain));
        assert!(matches!(decode(plain.as_bytes()), Cow::Borrowed(text) if text == plain));
        assert_eq!(encode(""), "");
    }

    #[test]
    fn the_special_status_message_of_the_interop_tests() {
        let message =
            "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n";
        let wire = "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A";
        assert_eq!(encode(message), wire);
        assert_eq!(decode(wire.as_bytes()), message);
    }

    #[test]
    fn broken_values_survive() {
        let cases: [(&[u8], &str); 8] = [
            (b"%", "%"),
            (b"%4", "%4"),
            (b"%zz%41", "%zzA"),
            (b"100%", "100%"),
            (b"%%41", "%A"),
            (b"%e2%98%ba", "\u{263a}"),
            (b"%ff", "\u{fffd}"),
            (b"a\xffb", "a\u{fffd}b"),
        ];
        for (value, text) in cases {
            assert_eq!(decode(value), text, "{value:?}");
        }
    }

    #[test]
    fn a_cut_is_at_a_character() {
        assert_eq!(encode_within("abc", 2), "ab");
        assert_eq!(encode_within("abc", 3), "abc");
        assert_eq!(encode_within("a\u{263a}b", 9), "a");
        assert_eq!(encode_within("a\u{263a}b", 10), "a%E2%98%BA");
        assert_eq!(encode_within("a\u{263a}b", 11), "a%E2%98%BAb");
        assert_eq!(encode_within("\u{263a}", 0), "");
        assert_eq!(encode_within("ab cd", 3), "ab");
        assert_eq!(encode_within("\u{e9} cd", 7), "%C3%A9");
    }

    #[test]
    fn spaces_at_the_ends_survive() {
        assert_eq!(encode("  a b  "), "%20 a b %20");
        assert_eq!(encode(" "), "%20");
        assert_eq!(decode(b"%20 a b %20"), "  a b  ");
    }

    quickcheck! {
        fn decoding_undoes_encoding(message: String) -> bool {
            let wire = encode(&message);
            let fits = wire.bytes().all(|b| matches!(b, b' '..=b'~')) && !wire.starts_with(' ') && !wire.ends_with(' ');
            fits && decode(wire.as_bytes()) == message
        }

        fn any_octets_decode_to_at_most_thrice_their_length(value: Vec<u8>) -> bool {
            decode(&value).len() <= 3 * value.len()
        }

        fn a_cut_holds_its_limit_and_is_a_prefix(message: String, limit: u8) -> bool {
            let limit = usize::from(limit);
            let cut = encode_within(&message, limit);
            cut.len() <= limit && !cut.ends_with(' ') && message.starts_with(&*decode(cut.as_bytes()))
        }
    }
}
