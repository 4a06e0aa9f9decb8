//! The nine octets in front of every frame (RFC 9113 4.1).

use super::Flags;
use crate::vocabulary::{FrameType, StreamId};

/// A frame's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameHead {
    /// Octets of payload, at most 2^24-1.
    pub length: u32,
    /// The type.
    pub kind: FrameType,
    /// The flags.
    pub flags: Flags,
    /// The stream; the reserved bit is dropped.
    pub stream: StreamId,
}

impl FrameHead {
    /// Octets of a head on the wire.
    pub const SIZE: usize = 9;

    /// Reads a head. Every nine octets are one.
    #[inline]
    pub const fn parse(b: &[u8; 9]) -> Self {
        Self {
            length: u32::from_be_bytes([0, b[0], b[1], b[2]]),
            kind: FrameType(b[3]),
            flags: Flags(b[4]),
            stream: StreamId::new(u32::from_be_bytes([b[5], b[6], b[7], b[8]])),
        }
    }

    /// Writes a head; the length is taken modulo 2^24.
    #[inline]
    pub const fn encode(&self) -> [u8; 9] {
        let [_, a, b, c] = self.length.to_be_bytes();
        let [s, t, u, v] = self.stream.get().to_be_bytes();
        [a, b, c, self.kind.0, self.flags.0, s, t, u, v]
    }
}

#[cfg(test)]
mod tests {
    use super::FrameHead;

    #[test]
    fn every_nine_octets_are_a_head() {
        fn law(a: (u8, u8, u8, u8, u8), b: (u8, u8, u8, u8)) -> bool {
            let bytes = [a.0, a.1, a.2, a.3, a.4, b.0, b.1, b.2, b.3];
            let mut expected = bytes;
            expected[5] &= 0x7f;
            FrameHead::parse(&bytes).encode() == expected
        }
        quickcheck::quickcheck(law as fn(_, _) -> bool);
    }
}
