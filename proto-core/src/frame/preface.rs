//! What a client sends first (RFC 9113 3.4), and what it may send instead.

use crate::error::OtherProtocol;

/// The client's connection preface.
pub(crate) const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What the first octets are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opening {
    /// The whole preface.
    Preface,
    /// The beginning of the preface: more is needed.
    Partial,
    /// Something else.
    Other(OtherProtocol),
}

/// Judges the first octets of a connection, however few: the verdict is the same wherever they are
/// cut, for it waits until they can be only one thing.
pub(crate) fn opening(seen: &[u8]) -> Opening {
    let n = seen.len().min(PREFACE.len());
    if seen[..n] == PREFACE[..n] {
        return if n == PREFACE.len() {
            Opening::Preface
        } else {
            Opening::Partial
        };
    }
    // A TLS record of a handshake, major version 3 (RFC 8446 5.1).
    match seen {
        [] | [0x16] => return Opening::Partial,
        [0x16, 3, ..] => return Opening::Other(OtherProtocol::Tls),
        _ => {}
    }
    http1(seen)
}

/// An HTTP/1 request line starts with a method of upper-case letters and a space. Only the methods
/// of RFC 9110 and PATCH count.
fn http1(seen: &[u8]) -> Opening {
    const METHODS: [&[u8]; 10] = [
        b"GET ",
        b"HEAD ",
        b"POST ",
        b"PUT ",
        b"DELETE ",
        b"CONNECT ",
        b"OPTIONS ",
        b"TRACE ",
        b"PATCH ",
        b"PRI * HTTP/1",
    ];
    if METHODS.iter().any(|method| seen.starts_with(method)) {
        Opening::Other(OtherProtocol::Http1)
    } else if METHODS.iter().any(|method| method.starts_with(seen)) {
        Opening::Partial
    } else {
        Opening::Other(OtherProtocol::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::{Opening, OtherProtocol, PREFACE, opening};

    #[test]
    fn every_prefix_is_partial() {
        for n in 0..PREFACE.len() {
            assert_eq!(opening(&PREFACE[..n]), Opening::Partial);
        }
        assert_eq!(
            opening(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore"),
            Opening::Preface
        );
    }

    #[test]
    fn the_verdict_waits_until_it_is_sure() {
        for start in [&b"G"[..], b"POST", b"CONNEC", b"PRI * HTTP/", b"\x16"] {
            assert_eq!(opening(start), Opening::Partial);
        }
        for other in [&b"GO"[..], b"POSTER", b"PUX", b"\x16\x99"] {
            assert_eq!(opening(other), Opening::Other(OtherProtocol::Unknown));
        }
    }

    #[test]
    fn other_protocols_are_named() {
        assert_eq!(
            opening(b"GET / HTTP/1.1\r\n"),
            Opening::Other(OtherProtocol::Http1)
        );
        assert_eq!(opening(b"POST "), Opening::Other(OtherProtocol::Http1));
        assert_eq!(
            opening(b"\x16\x03\x01\x02"),
            Opening::Other(OtherProtocol::Tls)
        );
        assert_eq!(
            opening(b"PRI * HTTP/2.1"),
            Opening::Other(OtherProtocol::Unknown)
        );
        assert_eq!(
            opening(b"\0\0\0\x04\0\0\0\0\0"),
            Opening::Other(OtherProtocol::Unknown)
        );
        assert_eq!(opening(b"SSH-2.0"), Opening::Other(OtherProtocol::Unknown));
    }
}
