//! One frame as octets, true or not.

use super::wire::HEAD;

/// A frame as it goes on the wire. Every part may be a lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// The length to claim; the payload's own if `None`. Only the low 24 bits are written.
    pub length: Option<u32>,
    /// The type octet (see [`super::wire::kind`]).
    pub kind: u8,
    /// The flags octet (see [`super::wire::flag`]).
    pub flags: u8,
    /// The reserved bit before the stream identifier. A sender must leave it unset (RFC 9113 4.1).
    pub reserved: bool,
    /// The stream identifier; only the low 31 bits are written.
    pub stream: u32,
    /// The payload, padding included.
    pub payload: Vec<u8>,
}

impl RawFrame {
    /// A frame with an honest length and the reserved bit unset.
    pub fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            length: None,
            kind,
            flags,
            reserved: false,
            stream,
            payload: payload.into(),
        }
    }

    /// Claims `length` octets of payload, whatever the payload is.
    pub fn with_length(mut self, length: u32) -> Self {
        self.length = Some(length);
        self
    }

    /// Sets the flags in `flags` beside those already set.
    pub fn flag(mut self, flags: u8) -> Self {
        self.flags |= flags;
        self
    }

    /// Unsets the flags in `flags`.
    pub fn without(mut self, flags: u8) -> Self {
        self.flags &= !flags;
        self
    }

    /// Names another stream.
    pub fn on(mut self, stream: u32) -> Self {
        self.stream = stream;
        self
    }

    /// Sets the reserved bit.
    pub fn with_reserved(mut self) -> Self {
        self.reserved = true;
        self
    }

    /// Cuts the payload to its first `len` octets (keeps the flags): a truncated frame with an honest length.
    pub fn truncated(mut self, len: usize) -> Self {
        self.payload.truncate(len);
        self
    }

    /// Appends octets to the payload: a frame that is too long, with an honest length.
    pub fn extended(mut self, more: &[u8]) -> Self {
        self.payload.extend_from_slice(more);
        self
    }

    /// Appends the frame to `out`.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        // A payload over 24 bits cannot be claimed; the low bits are what such a frame would carry.
        let length = self.length.unwrap_or(self.payload.len() as u32);
        out.extend_from_slice(&length.to_be_bytes()[1..]);
        out.push(self.kind);
        out.push(self.flags);
        let stream = (self.stream & 0x7fff_ffff) | (u32::from(self.reserved) << 31);
        out.extend_from_slice(&stream.to_be_bytes());
        out.extend_from_slice(&self.payload);
    }

    /// The frame as octets.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD + self.payload.len());
        self.encode_into(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_where_the_rfc_puts_it() {
        let frame = RawFrame::new(0xab, 0xcd, 0x7234_5678, vec![1, 2, 3]);
        assert_eq!(
            frame.encode(),
            [0, 0, 3, 0xab, 0xcd, 0x72, 0x34, 0x56, 0x78, 1, 2, 3]
        );
    }

    #[test]
    fn lies_are_written_as_told() {
        let frame = RawFrame::new(0, 0, 0xffff_ffff, vec![]).with_length(0x0012_3456);
        assert_eq!(
            frame.encode(),
            [0x12, 0x34, 0x56, 0, 0, 0x7f, 0xff, 0xff, 0xff]
        );
        assert_eq!(
            RawFrame::new(0, 0, 1, vec![]).with_reserved().encode()[5..],
            [0x80, 0, 0, 1]
        );
        let frame = RawFrame::new(6, 0, 0, vec![1; 8]);
        assert_eq!(frame.clone().truncated(7).encode()[2], 7);
        assert_eq!(frame.extended(&[2]).encode()[2], 9);
    }
}
