//! Typed readings of extension frames: ALTSVC (RFC 7838 4), ORIGIN (RFC 8336 2), PRIORITY_UPDATE
//! (RFC 9218 7.1). They read raw payloads and judge nothing else.

use crate::error::Violation;
use crate::vocabulary::{Priority, StreamId};

/// An ALTSVC payload (RFC 7838 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AltSvc<'a> {
    /// The origin it speaks for; empty on a request's stream.
    pub origin: &'a [u8],
    /// The Alt-Svc field value.
    pub value: &'a [u8],
}

impl<'a> AltSvc<'a> {
    /// Reads a payload that came on `stream`. `None` for what RFC 7838 4 asks to ignore: a length
    /// beyond the payload, an origin on a request's stream, none on stream 0.
    pub fn parse(stream: StreamId, payload: &'a [u8]) -> Option<Self> {
        let (length, rest) = payload.split_first_chunk::<2>()?;
        let (origin, value) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        (stream.is_connection() != origin.is_empty()).then_some(Self { origin, value })
    }
}

/// The origins of an ORIGIN payload (RFC 8336 2.1), in order.
///
/// A last entry that is longer than the payload ends the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origins<'a>(&'a [u8]);

impl<'a> Origins<'a> {
    /// Takes a payload.
    pub const fn new(payload: &'a [u8]) -> Self {
        Self(payload)
    }
}

impl<'a> Iterator for Origins<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        let (origin, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.0 = rest;
        Some(origin)
    }
}

/// A PRIORITY_UPDATE payload (RFC 9218 7.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PriorityUpdate {
    /// The stream whose response gets the priority.
    pub prioritized: StreamId,
    /// The priority; `None` if the field value cannot be read, which is to be ignored.
    pub priority: Option<Priority>,
}

impl PriorityUpdate {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`Violation::PriorityUpdateLength`] if it is shorter than 4 octets.
    pub fn parse(payload: &[u8]) -> Result<Self, Violation> {
        let (id, value) = payload
            .split_first_chunk::<4>()
            .ok_or(Violation::PriorityUpdateLength)?;
        Ok(Self {
            prioritized: StreamId::new(u32::from_be_bytes(*id)),
            priority: Priority::parse(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn altsvc_belongs_to_an_origin_or_a_stream() {
        let origin = b"\0\x03a.bh2=\":443\"";
        let (zero, one) = (StreamId::CONNECTION, StreamId::new(1));
        assert_eq!(
            AltSvc::parse(zero, origin),
            Some(AltSvc {
                origin: b"a.b",
                value: b"h2=\":443\""
            })
        );
        assert_eq!(AltSvc::parse(one, origin), None);
        assert_eq!(
            AltSvc::parse(one, b"\0\0clear"),
            Some(AltSvc {
                origin: b"",
                value: b"clear"
            })
        );
        assert_eq!(AltSvc::parse(zero, b"\0\0clear"), None);
        assert_eq!(AltSvc::parse(zero, b"\0\x09abc"), None);
        assert_eq!(AltSvc::parse(zero, b"\0"), None);
    }

    #[test]
    fn origins_end_with_the_payload() {
        let all: Vec<_> = Origins::new(b"\0\x01a\0\x00\0\x02bc").collect();
        assert_eq!(all, [&b"a"[..], b"", b"bc"]);
        assert_eq!(Origins::new(b"\0\x01a\0\x05bc").count(), 1);
        assert_eq!(Origins::new(b"\0").count(), 0);
    }

    #[test]
    fn priority_update() {
        let update = PriorityUpdate::parse(b"\x80\0\0\x05u=1, i").unwrap();
        assert_eq!(
            update,
            PriorityUpdate {
                prioritized: StreamId::new(5),
                priority: Some(Priority::new(1, true))
            }
        );
        assert_eq!(
            PriorityUpdate::parse(b"\0\0\0"),
            Err(Violation::PriorityUpdateLength)
        );
        assert_eq!(
            PriorityUpdate::parse(b"\0\0\0\x05!").unwrap().priority,
            None
        );
    }
}
