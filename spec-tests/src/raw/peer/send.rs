//! The sending side of the peer: writes what it is told, and keeps in mind what it means.

use super::RawPeer;
use crate::raw::frame::RawFrame;
use crate::raw::wire::{self, flag, kind};

impl RawPeer {
    /// Sends a frame, and keeps in mind what it means if it is honest.
    pub fn send(&mut self, frame: &RawFrame) {
        frame.encode_into(&mut self.out);
        if frame.length.is_none() {
            self.note(frame);
        } else {
            self.lose_track();
        }
    }

    /// Sends frames in order.
    pub fn send_all<'a>(&mut self, frames: impl IntoIterator<Item = &'a RawFrame>) {
        for frame in frames {
            self.send(frame);
        }
    }

    /// Sends octets that need not be frames. What they mean is not kept in mind, so from here on acknowledgements
    /// that nobody seems to have asked for, and answers on streams that nobody seems to have opened, are no fault. The
    /// same holds after a frame with a length of its own.
    pub fn send_bytes(&mut self, octets: &[u8]) {
        self.lose_track();
        self.out.extend_from_slice(octets);
    }

    /// Takes what was sent since the last call.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// What is sent and not taken yet.
    pub fn output(&self) -> &[u8] {
        &self.out
    }

    fn lose_track(&mut self) {
        self.untracked = true;
        self.order.judge_no_openings();
    }

    fn note(&mut self, frame: &RawFrame) {
        let end = frame.flags & flag::END_STREAM != 0;
        let word = frame
            .payload
            .first_chunk::<4>()
            .map(|octets| u32::from_be_bytes(*octets) & wire::MAX_31);
        match (frame.kind, word) {
            (kind::DATA, _) => {
                self.windows
                    .we_sent(frame.stream, frame.payload.len() as u32);
                self.order.we_sent_data(frame.stream, end);
            }
            (kind::HEADERS, _) => self.order.we_sent_head(frame.stream, end),
            (kind::RST_STREAM, _) => self.order.we_reset(frame.stream),
            (kind::SETTINGS, _) if frame.flags & flag::ACK == 0 => {
                self.note_settings(&frame.payload)
            }
            (kind::PING, _) if frame.flags & flag::ACK == 0 => {
                self.pings
                    .extend(<[u8; 8]>::try_from(frame.payload.as_slice()));
            }
            (kind::WINDOW_UPDATE, Some(increment)) => {
                self.windows.we_granted(frame.stream, increment)
            }
            (kind::PUSH_PROMISE, Some(promised)) if frame.flags & flag::PADDED == 0 => {
                self.order.promised(promised)
            }
            _ => {}
        }
    }

    fn note_settings(&mut self, payload: &[u8]) {
        let entries = payload.chunks_exact(6).map(|e| {
            (
                u16::from_be_bytes([e[0], e[1]]),
                u32::from_be_bytes([e[2], e[3], e[4], e[5]]),
            )
        });
        self.announced.sent(entries.collect());
        self.apply_limits();
    }
}
