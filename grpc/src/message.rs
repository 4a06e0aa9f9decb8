//! A whole message, as it is handed to a codec.

use bytes::Bytes;
use std::{fmt, ops::Deref};

/// A whole message in one piece: borrowed where it lies so in the input, shared where it had to outlive the turn.
pub enum MessageBuf<'a> {
    /// Lies in the buffer that was lent.
    Borrowed(&'a [u8]),
    /// Was collected, or inflated. Codecs may keep parts of it without a copy.
    Shared(Bytes),
}

/// A message that came in, with what it was on the wire.
pub struct Arrived<'a> {
    /// The message, inflated.
    pub message: MessageBuf<'a>,
    /// Its octets on the wire, behind the prefix.
    pub packed: usize,
    /// Whether it came compressed.
    pub compressed: bool,
}

impl Deref for Arrived<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.message
    }
}

impl fmt::Debug for Arrived<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arrived({} octets, {} packed)", self.len(), self.packed)
    }
}

impl MessageBuf<'_> {
    /// The message to keep: copied if it was borrowed.
    pub fn into_bytes(self) -> Bytes {
        match self {
            MessageBuf::Borrowed(octets) => Bytes::copy_from_slice(octets),
            MessageBuf::Shared(bytes) => bytes,
        }
    }
}

impl Deref for MessageBuf<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            MessageBuf::Borrowed(octets) => octets,
            MessageBuf::Shared(bytes) => bytes,
        }
    }
}

impl fmt::Debug for MessageBuf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            MessageBuf::Borrowed(_) => "Borrowed",
            MessageBuf::Shared(_) => "Shared",
        };
        write!(f, "{name}({} octets)", self.len())
    }
}
