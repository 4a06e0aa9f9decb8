//! What can go wrong with TLS.

use std::fmt;

/// What is wrong with the peer's certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CertificateFault {
    /// Its time is over.
    Expired,
    /// Its time has not come; often it is the local clock that is wrong.
    NotYetValid,
    /// It is for other names than the one asked for.
    WrongName,
    /// No trusted authority has signed it: self-signed, or roots are missing.
    UnknownIssuer,
    /// Its authority took it back.
    Revoked,
    /// Lists of revocation are kept, and none of them covers it.
    RevocationUnknown,
    /// The list of revocation that covers it is out of date.
    RevocationOutdated,
    /// A signature does not fit: it was forged, or belongs to another key.
    BadSignature,
    /// It must not be used for this: a client's for a server, or the reverse.
    WrongPurpose,
    /// It is signed by an algorithm that is not known here, or not trusted any more: SHA-1, a curve
    /// that the provider lacks.
    UnsupportedAlgorithm,
    /// It holds an extension that is not known here and must not be ignored (RFC 5280 4.2).
    UnsupportedExtension,
    /// It cannot be read.
    Malformed,
    /// Anything else, in the library's words.
    Other(String),
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::WrongName => "the certificate is for another name",
            Self::UnknownIssuer => "the certificate is not signed by a trusted authority",
            Self::Revoked => "the certificate was revoked",
            Self::RevocationUnknown => "no list tells whether the certificate was revoked",
            Self::RevocationOutdated => "the list of revoked certificates is out of date",
            Self::BadSignature => "a signature of the certificate is wrong",
            Self::WrongPurpose => "the certificate is for another purpose",
            Self::UnsupportedAlgorithm => {
                "the certificate is signed by an algorithm that is not supported"
            }
            Self::UnsupportedExtension => {
                "the certificate has a critical extension that is not supported"
            }
            Self::Malformed => "the certificate cannot be read",
            Self::Other(text) => return write!(f, "the certificate is invalid: {text}"),
        })
    }
}

/// Why TLS failed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TlsFault {
    /// We refuse the peer's certificate.
    Certificate(CertificateFault),
    /// The peer gave no certificate, and we insist on one.
    NoCertificate,
    /// The peer refuses us: the number and name of its alert (RFC 8446 6.2).
    Alert(u8, String),
    /// The peer does not speak TLS.
    NotTls,
    /// The two do not agree on `h2` (RFC 9113 3.2).
    Alpn,
    /// No version or cipher in common.
    Incompatible(String),
    /// The name cannot stand in a certificate.
    BadName(String),
    /// The peer ended the transport in the middle of the handshake.
    Eof,
    /// The handshake took too long.
    Timeout,
    /// The peer broke a rule of TLS, or a record was tampered with.
    Protocol(String),
    /// Our own side: keys that do not fit, no randomness.
    Local(String),
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(fault) => fault.fmt(f),
            Self::NoCertificate => f.write_str("the peer gave no certificate"),
            Self::Alert(number, name) => write!(f, "the peer sent the alert {name} ({number})"),
            Self::NotTls => f.write_str("the peer does not speak TLS"),
            Self::Alpn => f.write_str("the peer does not agree on h2 by ALPN"),
            Self::Incompatible(text) => write!(f, "nothing in common with the peer: {text}"),
            Self::BadName(name) => write!(f, "{name:?} is no name of a server"),
            Self::Eof => f.write_str("the peer ended the connection during the TLS handshake"),
            Self::Timeout => f.write_str("the TLS handshake took too long"),
            Self::Protocol(text) => write!(f, "the peer broke a rule of TLS: {text}"),
            Self::Local(text) => write!(f, "TLS cannot be used here: {text}"),
        }
    }
}

impl std::error::Error for TlsFault {}
