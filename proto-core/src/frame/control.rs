//! Payloads of fixed shape: SETTINGS, RST_STREAM, PING, GOAWAY, WINDOW_UPDATE.

use super::{Flags, FrameHead};
use crate::error::Violation;
use crate::vocabulary::{ErrorCode, FrameType, SettingId, StreamId};
use alloc::vec::Vec;

/// RST_STREAM (RFC 9113 6.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RstStream {
    /// Why.
    pub code: ErrorCode,
}

impl RstStream {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`Violation::ResetLength`] unless it has 4 octets.
    pub fn parse(payload: &[u8]) -> Result<Self, Violation> {
        word(payload)
            .map(|code| Self {
                code: ErrorCode(code),
            })
            .ok_or(Violation::ResetLength)
    }
}

/// WINDOW_UPDATE (RFC 9113 6.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WindowUpdate {
    /// Octets, 0 to 2^31-1; 0 is an error of the peer's, judged by the stream.
    pub increment: u32,
}

impl WindowUpdate {
    /// Reads a payload; the reserved bit is dropped.
    ///
    /// # Errors
    /// [`Violation::WindowUpdateLength`] unless it has 4 octets.
    #[inline]
    pub fn parse(payload: &[u8]) -> Result<Self, Violation> {
        word(payload)
            .map(|n| Self {
                increment: n & 0x7fff_ffff,
            })
            .ok_or(Violation::WindowUpdateLength)
    }
}

/// GOAWAY (RFC 9113 6.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GoAway<'a> {
    /// The last stream that was or might be processed.
    pub last: StreamId,
    /// Why.
    pub code: ErrorCode,
    /// Opaque debug data.
    pub debug: &'a [u8],
}

impl<'a> GoAway<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`Violation::GoAwayLength`] if it is shorter than 8 octets.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Violation> {
        match payload {
            [a, b, c, d, e, f, g, h, debug @ ..] => Ok(Self {
                last: StreamId::new(u32::from_be_bytes([*a, *b, *c, *d])),
                code: ErrorCode(u32::from_be_bytes([*e, *f, *g, *h])),
                debug,
            }),
            _ => Err(Violation::GoAwayLength),
        }
    }
}

/// The entries of a SETTINGS payload (RFC 9113 6.5.1), in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettingsPayload<'a>(&'a [u8]);

impl<'a> SettingsPayload<'a> {
    /// Takes a payload.
    ///
    /// # Errors
    /// [`Violation::SettingsLength`] if its length is no multiple of 6.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Violation> {
        if payload.len() % 6 == 0 {
            Ok(Self(payload))
        } else {
            Err(Violation::SettingsLength)
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len() / 6
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Identifier and value of each entry.
    pub fn entries(&self) -> impl Iterator<Item = (SettingId, u32)> + 'a {
        self.0.chunks_exact(6).map(|e| {
            (
                SettingId(u16::from_be_bytes([e[0], e[1]])),
                u32::from_be_bytes([e[2], e[3], e[4], e[5]]),
            )
        })
    }
}

#[inline]
fn word(payload: &[u8]) -> Option<u32> {
    payload.try_into().ok().map(u32::from_be_bytes)
}

fn head(out: &mut Vec<u8>, kind: FrameType, flags: Flags, stream: StreamId, length: usize) {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    out.extend_from_slice(
        &FrameHead {
            length,
            kind,
            flags,
            stream,
        }
        .encode(),
    );
}

pub(crate) fn write_rst_stream(out: &mut Vec<u8>, stream: StreamId, code: ErrorCode) {
    head(out, FrameType::RST_STREAM, Flags::NONE, stream, 4);
    out.extend_from_slice(&code.0.to_be_bytes());
}

pub(crate) fn write_window_update(out: &mut Vec<u8>, stream: StreamId, increment: u32) {
    head(out, FrameType::WINDOW_UPDATE, Flags::NONE, stream, 4);
    out.extend_from_slice(&increment.to_be_bytes());
}

pub(crate) fn write_ping(out: &mut Vec<u8>, flags: Flags, payload: [u8; 8]) {
    head(out, FrameType::PING, flags, StreamId::CONNECTION, 8);
    out.extend_from_slice(&payload);
}

pub(crate) fn write_goaway(out: &mut Vec<u8>, last: StreamId, code: ErrorCode, debug: &[u8]) {
    head(
        out,
        FrameType::GOAWAY,
        Flags::NONE,
        StreamId::CONNECTION,
        8 + debug.len(),
    );
    out.extend_from_slice(&last.get().to_be_bytes());
    out.extend_from_slice(&code.0.to_be_bytes());
    out.extend_from_slice(debug);
}

pub(crate) fn write_settings(out: &mut Vec<u8>, flags: Flags, entries: &[(SettingId, u32)]) {
    head(
        out,
        FrameType::SETTINGS,
        flags,
        StreamId::CONNECTION,
        entries.len() * 6,
    );
    for (id, value) in entries {
        out.extend_from_slice(&id.0.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn lengths_are_exact() {
        for n in 0..12 {
            let bytes = vec![0; n];
            assert_eq!(RstStream::parse(&bytes).is_ok(), n == 4);
            assert_eq!(WindowUpdate::parse(&bytes).is_ok(), n == 4);
            assert_eq!(GoAway::parse(&bytes).is_ok(), n >= 8);
            assert_eq!(SettingsPayload::parse(&bytes).is_ok(), n % 6 == 0);
        }
    }

    #[test]
    fn reserved_bits_are_dropped() {
        assert_eq!(
            WindowUpdate::parse(&[0x80, 0, 0, 1]),
            Ok(WindowUpdate { increment: 1 })
        );
        assert_eq!(
            GoAway::parse(&[0x80, 0, 0, 3, 0, 0, 0, 0]).unwrap().last,
            StreamId::new(3)
        );
    }

    #[test]
    fn settings_round_trip() {
        let entries = [
            (SettingId::MAX_FRAME_SIZE, 16_384),
            (SettingId(0xfafa), u32::MAX),
        ];
        let mut out = Vec::new();
        write_settings(&mut out, Flags::NONE, &entries);
        let payload = SettingsPayload::parse(&out[9..]).unwrap();
        assert!(payload.entries().eq(entries));
        assert_eq!((payload.len(), payload.is_empty()), (2, false));
    }
}
