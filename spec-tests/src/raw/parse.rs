//! Cuts a byte stream into frames, in whatever pieces it comes.

use super::content::{self, Frame};
use super::fault::{FrameFault, PeerFault};
use super::wire::{DEFAULT_FRAME_SIZE, HEAD, MAX_31};

/// An incremental parser of frames.
#[derive(Clone, Debug)]
pub struct FrameParser {
    buffer: Vec<u8>,
    /// Where in the buffer the octets begin that no frame was cut from yet.
    start: usize,
    max_frame_size: u32,
}

impl Default for FrameParser {
    fn default() -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            max_frame_size: DEFAULT_FRAME_SIZE,
        }
    }
}

impl FrameParser {
    /// A parser that takes payloads up to 16384 octets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes payloads up to `max` octets from the next head on.
    pub fn set_max_frame_size(&mut self, max: u32) {
        self.max_frame_size = max;
    }

    /// Appends octets of the byte stream.
    pub fn push(&mut self, octets: &[u8]) {
        // Once for each push, not once for each frame: a flood of small frames is read in linear time.
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(octets);
    }

    /// Whether octets of an unfinished frame are kept.
    pub fn is_mid_frame(&self) -> bool {
        self.start < self.buffer.len()
    }

    /// The next whole frame; `None` if more octets are needed.
    ///
    /// # Errors
    /// [`PeerFault::Frame`] for a malformed frame; a frame that is too long is refused at its head.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, PeerFault> {
        let Some((&[a, b, c, kind, flags, s0, s1, s2, s3], rest)) =
            self.buffer[self.start..].split_first_chunk::<HEAD>()
        else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([0, a, b, c]);
        let word = u32::from_be_bytes([s0, s1, s2, s3]);
        let stream = word & MAX_31;
        let fault = |fault| PeerFault::Frame {
            kind,
            stream,
            fault,
        };
        if length > self.max_frame_size {
            return Err(fault(FrameFault::TooLong {
                max: self.max_frame_size,
            }));
        }
        if word != stream {
            return Err(fault(FrameFault::ReservedBit));
        }
        let Some(payload) = rest.get(..length as usize) else {
            return Ok(None);
        };
        let content = content::read(kind, flags, stream, payload).map_err(fault)?;
        self.start += HEAD + length as usize;
        Ok(Some(Frame {
            kind,
            flags,
            stream,
            length,
            content,
        }))
    }
}

#[cfg(test)]
mod tests;
