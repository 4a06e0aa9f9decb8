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

/// Judges the first octets of a connection, however few.
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
    if seen[0] == 0x16 && seen.get(1).is_none_or(|&v| v == 3) {
        return Opening::Other(OtherProtocol::Tls);
    }
    if is_http1(seen) {
        Opening::Other(OtherProtocol::Http1)
    } else {
        Opening::Other(OtherProtocol::Unknown)
    }
}

/// An HTTP/1 request line starts with a method of upper-case letters and a space. Only the methods
/// of RFC 9110 and PATCH count, and any prefix of one that differs from the preface.
fn is_http1(seen: &[u8]) -> bool {
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
    METHODS.iter().any(|method| {
        let n = seen.len().min(method.len());
        seen[..n] == method[..n]
    })
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
    fn other_protocols_are_named() {
        assert_eq!(
            opening(b"GET / HTTP/1.1\r\n"),
            Opening::Other(OtherProtocol::Http1)
        );
        assert_eq!(opening(b"G"), Opening::Other(OtherProtocol::Http1));
        assert_eq!(opening(b"POST"), Opening::Other(OtherProtocol::Http1));
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
