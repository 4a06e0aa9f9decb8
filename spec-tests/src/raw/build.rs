//! Builders for every frame: what a correct sender would write, to be bent by the methods of [`RawFrame`].

use super::frame::RawFrame;
use super::wire::{flag, kind};

/// The deprecated priority fields of HEADERS and PRIORITY (RFC 9113 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriorityFields {
    /// The exclusive bit.
    pub exclusive: bool,
    /// The stream depended on; 31 bits.
    pub dependency: u32,
    /// The weight as on the wire: one less than meant.
    pub weight: u8,
}

impl PriorityFields {
    /// The five octets.
    pub fn encode(self) -> [u8; 5] {
        let word = (self.dependency & 0x7fff_ffff) | (u32::from(self.exclusive) << 31);
        let [a, b, c, d] = word.to_be_bytes();
        [a, b, c, d, self.weight]
    }
}

impl RawFrame {
    /// DATA (RFC 9113 6.1).
    pub fn data(stream: u32, data: impl Into<Vec<u8>>) -> Self {
        Self::new(kind::DATA, 0, stream, data)
    }

    /// HEADERS with END_HEADERS set (RFC 9113 6.2).
    pub fn headers(stream: u32, block: impl Into<Vec<u8>>) -> Self {
        Self::new(kind::HEADERS, flag::END_HEADERS, stream, block)
    }

    /// PRIORITY (RFC 9113 6.3).
    pub fn priority(stream: u32, fields: PriorityFields) -> Self {
        Self::new(kind::PRIORITY, 0, stream, fields.encode())
    }

    /// RST_STREAM (RFC 9113 6.4).
    pub fn rst_stream(stream: u32, code: u32) -> Self {
        Self::new(kind::RST_STREAM, 0, stream, code.to_be_bytes())
    }

    /// SETTINGS with the given entries in order (RFC 9113 6.5).
    pub fn settings(entries: &[(u16, u32)]) -> Self {
        let mut payload = Vec::with_capacity(entries.len() * 6);
        for (id, value) in entries {
            payload.extend_from_slice(&id.to_be_bytes());
            payload.extend_from_slice(&value.to_be_bytes());
        }
        Self::new(kind::SETTINGS, 0, 0, payload)
    }

    /// The acknowledgement of SETTINGS.
    pub fn settings_ack() -> Self {
        Self::new(kind::SETTINGS, flag::ACK, 0, vec![])
    }

    /// PUSH_PROMISE with END_HEADERS set (RFC 9113 6.6).
    pub fn push_promise(stream: u32, promised: u32, block: &[u8]) -> Self {
        let mut payload = promised.to_be_bytes().to_vec();
        payload.extend_from_slice(block);
        Self::new(kind::PUSH_PROMISE, flag::END_HEADERS, stream, payload)
    }

    /// PING (RFC 9113 6.7).
    pub fn ping(payload: [u8; 8]) -> Self {
        Self::new(kind::PING, 0, 0, payload)
    }

    /// The answer to a PING.
    pub fn ping_ack(payload: [u8; 8]) -> Self {
        Self::new(kind::PING, flag::ACK, 0, payload)
    }

    /// GOAWAY (RFC 9113 6.8).
    pub fn goaway(last_stream: u32, code: u32, debug: &[u8]) -> Self {
        let mut payload = last_stream.to_be_bytes().to_vec();
        payload.extend_from_slice(&code.to_be_bytes());
        payload.extend_from_slice(debug);
        Self::new(kind::GOAWAY, 0, 0, payload)
    }

    /// WINDOW_UPDATE (RFC 9113 6.9). All 32 bits of `increment` are written, the reserved one too.
    pub fn window_update(stream: u32, increment: u32) -> Self {
        Self::new(kind::WINDOW_UPDATE, 0, stream, increment.to_be_bytes())
    }

    /// CONTINUATION with END_HEADERS set (RFC 9113 6.10).
    pub fn continuation(stream: u32, fragment: impl Into<Vec<u8>>) -> Self {
        Self::new(kind::CONTINUATION, flag::END_HEADERS, stream, fragment)
    }

    /// PRIORITY_UPDATE for stream `prioritized` (RFC 9218 7.1).
    pub fn priority_update(prioritized: u32, value: &[u8]) -> Self {
        let mut payload = prioritized.to_be_bytes().to_vec();
        payload.extend_from_slice(value);
        Self::new(kind::PRIORITY_UPDATE, 0, 0, payload)
    }

    /// ALTSVC (RFC 7838 4). The length field holds the low 16 bits of the origin's length.
    pub fn altsvc(stream: u32, origin: &[u8], value: &[u8]) -> Self {
        let mut payload = (origin.len() as u16).to_be_bytes().to_vec();
        payload.extend_from_slice(origin);
        payload.extend_from_slice(value);
        Self::new(kind::ALTSVC, 0, stream, payload)
    }

    /// ORIGIN (RFC 8336 2.1). Each length field holds the low 16 bits of its origin's length.
    pub fn origin(origins: &[&[u8]]) -> Self {
        let mut payload = Vec::new();
        for origin in origins {
            payload.extend_from_slice(&(origin.len() as u16).to_be_bytes());
            payload.extend_from_slice(origin);
        }
        Self::new(kind::ORIGIN, 0, 0, payload)
    }

    /// Sets END_STREAM.
    pub fn end_stream(self) -> Self {
        self.flag(flag::END_STREAM)
    }

    /// Unsets END_HEADERS: the block goes on in CONTINUATION.
    pub fn unfinished(self) -> Self {
        self.without(flag::END_HEADERS)
    }

    /// Puts priority fields before the payload and sets PRIORITY. Call it before [`Self::padded`].
    pub fn with_priority(mut self, fields: PriorityFields) -> Self {
        self.payload.splice(0..0, fields.encode());
        self.flag(flag::PRIORITY)
    }

    /// Adds a Pad Length and so many zero octets, and sets PADDED.
    pub fn padded(self, len: u8) -> Self {
        self.padded_with(len, &vec![0; usize::from(len)])
    }

    /// Adds a Pad Length that claims `claim`, then at the end the octets `padding`, and sets PADDED. With a claim that
    /// is not the padding's length, or with padding that is not zero, this is a lie.
    pub fn padded_with(mut self, claim: u8, padding: &[u8]) -> Self {
        self.payload.insert(0, claim);
        self.payload.extend_from_slice(padding);
        self.flag(flag::PADDED)
    }

    /// Cuts a HEADERS or PUSH_PROMISE frame's payload at the given sizes into itself and CONTINUATION frames, the last
    /// with END_HEADERS. The sizes beyond the payload give empty frames; what is left over goes into the last one.
    /// Priority fields, promised stream and padding count as payload and stay in the first frame only if `sizes` lets
    /// them.
    pub fn split(mut self, sizes: &[usize]) -> Vec<Self> {
        let stream = self.stream;
        let mut rest = std::mem::take(&mut self.payload);
        let mut frames = Vec::with_capacity(sizes.len() + 1);
        for &size in sizes {
            let tail = rest.split_off(size.min(rest.len()));
            frames.push(std::mem::replace(&mut rest, tail));
        }
        frames.push(rest);
        let last = frames.len() - 1;
        let mut first = Some(self.unfinished());
        frames
            .into_iter()
            .enumerate()
            .map(|(i, payload)| {
                let mut frame = match first.take() {
                    Some(head) => Self { payload, ..head },
                    None => Self::continuation(stream, payload).unfinished(),
                };
                if i == last {
                    frame = frame.flag(flag::END_HEADERS);
                }
                frame
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_priority_stand_in_order() {
        let fields = PriorityFields {
            exclusive: true,
            dependency: 3,
            weight: 15,
        };
        let frame = RawFrame::headers(1, vec![0x82])
            .with_priority(fields)
            .padded(2);
        assert_eq!(frame.payload, [2, 0x80, 0, 0, 3, 15, 0x82, 0, 0]);
        assert_eq!(
            frame.flags,
            flag::END_HEADERS | flag::PRIORITY | flag::PADDED
        );
    }

    #[test]
    fn a_block_is_cut_at_the_sizes_given() {
        let frames = RawFrame::headers(5, vec![1, 2, 3, 4])
            .end_stream()
            .split(&[1, 0, 2]);
        let shapes: Vec<_> = frames
            .iter()
            .map(|f| (f.kind, f.flags, f.payload.as_slice()))
            .collect();
        assert_eq!(
            shapes,
            [
                (kind::HEADERS, flag::END_STREAM, &[1][..]),
                (kind::CONTINUATION, 0, &[]),
                (kind::CONTINUATION, 0, &[2, 3]),
                (kind::CONTINUATION, flag::END_HEADERS, &[4]),
            ]
        );
        assert!(frames.iter().all(|f| f.stream == 5));
        assert_eq!(
            RawFrame::headers(5, vec![1]).split(&[]),
            [RawFrame::headers(5, vec![1])]
        );
    }

    #[test]
    fn bodies_of_extensions() {
        assert_eq!(
            RawFrame::altsvc(0, b"ab", b"c").payload,
            [0, 2, b'a', b'b', b'c']
        );
        assert_eq!(RawFrame::origin(&[b"a", b""]).payload, [0, 1, b'a', 0, 0]);
        assert_eq!(
            RawFrame::priority_update(7, b"u=1").payload,
            [0, 0, 0, 7, b'u', b'=', b'1']
        );
        assert_eq!(
            RawFrame::settings(&[(4, 0x0102_0304)]).payload,
            [0, 4, 1, 2, 3, 4]
        );
    }
}
