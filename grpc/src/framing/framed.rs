//! A message ready to send.

use super::{FramingError, PREFIX};
use bytes::Bytes;
use std::fmt;

/// A message with its prefix, in one piece. Clones share it.
#[derive(Clone, PartialEq, Eq)]
pub struct Framed {
    octets: Bytes,
    size: usize,
}

impl Framed {
    /// Frames a copy of `message`.
    ///
    /// # Errors
    /// [`FramingError::TooLargeToSend`] if it has more than `limit` octets, or more than the prefix can say.
    pub fn copy(message: &[u8], compressed: bool, limit: usize) -> Result<Framed, FramingError> {
        let mut unsealed = Unsealed::with_capacity(message.len());
        unsealed.body().extend_from_slice(message);
        unsealed.seal(compressed, limit)
    }

    /// The message without its prefix.
    pub fn message(&self) -> &[u8] {
        &self.octets[PREFIX..]
    }

    /// Whether the prefix says that the message is compressed.
    pub fn is_compressed(&self) -> bool {
        self.octets[0] == 1
    }

    /// Prefix and message.
    pub fn as_bytes(&self) -> &Bytes {
        &self.octets
    }

    /// The octets of the message before compression.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The same, made from a message of so many octets by compression.
    pub(crate) fn packed_from(self, size: usize) -> Framed {
        Framed { size, ..self }
    }

    /// Prefix and message.
    pub fn into_bytes(self) -> Bytes {
        self.octets
    }
}

impl fmt::Debug for Framed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compressed = if self.is_compressed() {
            ", compressed"
        } else {
            ""
        };
        write!(f, "Framed({} octets{compressed})", self.message().len())
    }
}

/// Room for a message behind a prefix still to be filled in, so that encoding writes the message where it is sent from.
pub struct Unsealed {
    octets: Vec<u8>,
}

impl Unsealed {
    /// Room for `message` octets without growing.
    pub fn with_capacity(message: usize) -> Unsealed {
        let mut octets = Vec::with_capacity(message.saturating_add(PREFIX));
        octets.extend_from_slice(&[0; PREFIX]);
        Unsealed { octets }
    }

    /// Where the message is appended. What is there already stays.
    pub fn body(&mut self) -> &mut Vec<u8> {
        &mut self.octets
    }

    /// What has been appended.
    pub fn message(&self) -> &[u8] {
        self.octets.get(PREFIX..).unwrap_or_default()
    }

    /// Fills in the prefix.
    ///
    /// # Errors
    /// [`FramingError::TooLargeToSend`] if the message has more than `limit` octets, or more than the prefix can say.
    ///
    /// # Panics
    /// If whoever wrote the body removed the room for the prefix.
    pub fn seal(mut self, compressed: bool, limit: usize) -> Result<Framed, FramingError> {
        let size = self
            .octets
            .len()
            .checked_sub(PREFIX)
            .expect("the prefix has its room");
        let limit = limit.min(super::DEFAULT_MAX_SEND);
        if size > limit {
            return Err(FramingError::TooLargeToSend { size, limit });
        }
        self.octets[0] = compressed.into();
        self.octets[1..PREFIX].copy_from_slice(&(size as u32).to_be_bytes());
        Ok(Framed {
            octets: self.octets.into(),
            size,
        })
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsealed({} octets)", self.octets.len())
    }
}
