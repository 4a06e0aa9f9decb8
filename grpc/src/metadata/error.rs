//! Why a field was not taken.

use std::fmt;

/// A field that was not taken, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MetadataError {
    kind: MetadataErrorKind,
    key: String,
}

/// Why a field was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MetadataErrorKind {
    /// The key is empty.
    EmptyKey,
    /// The key has this octet, which keys may not have.
    KeyOctet(u8),
    /// The key is longer than 65 535 octets.
    KeyTooLong,
    /// The key belongs to gRPC or HTTP.
    Reserved,
    /// The value has this octet, which values may not have.
    ValueOctet(u8),
    /// An ASCII value under a key that ends in `-bin`.
    NeedsBinary,
    /// Octets under a key that does not end in `-bin`.
    NeedsAscii,
    /// A received value of a `-bin` key is not Base64.
    Base64,
    /// All fields together would count for more than this many octets.
    TooLarge(usize),
}

/// As much of a peer's key as an error carries, in octets.
const SHOWN: usize = 64;

impl MetadataError {
    pub(super) fn new(kind: MetadataErrorKind, key: &[u8]) -> MetadataError {
        MetadataError {
            kind,
            key: String::from_utf8_lossy(&key[..key.len().min(SHOWN)]).into_owned(),
        }
    }

    /// Why.
    pub const fn kind(&self) -> MetadataErrorKind {
        self.kind
    }

    /// The key, or its first 64 octets.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match self.kind {
            MetadataErrorKind::EmptyKey => f.write_str("metadata key is empty"),
            MetadataErrorKind::KeyOctet(octet) => {
                write!(f, "metadata key {key:?} has the octet {octet:#04x}")
            }
            MetadataErrorKind::KeyTooLong => {
                write!(f, "metadata key {key:?}... is longer than 65535 octets")
            }
            MetadataErrorKind::Reserved => write!(f, "metadata key {key:?} is reserved"),
            MetadataErrorKind::ValueOctet(octet) => {
                write!(
                    f,
                    "metadata value of {key:?} has the octet {octet:#04x}; use a key that ends in -bin"
                )
            }
            MetadataErrorKind::NeedsBinary => write!(
                f,
                "metadata key {key:?} ends in -bin: its values are octets"
            ),
            MetadataErrorKind::NeedsAscii => write!(
                f,
                "metadata key {key:?} does not end in -bin: its values are text"
            ),
            MetadataErrorKind::Base64 => write!(f, "metadata value of {key:?} is not Base64"),
            MetadataErrorKind::TooLarge(limit) => {
                write!(f, "metadata is larger than {limit} octets, at {key:?}")
            }
        }
    }
}

impl std::error::Error for MetadataError {}
