//! Messages out of a stream that is split anywhere.

use super::{FramingError, PREFIX};
use crate::message::MessageBuf;
use bytes::Bytes;

/// A whole message of the stream, still compressed if its flag says so.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Whether the message is compressed in the stream's encoding.
    pub compressed: bool,
    /// The message without its prefix.
    pub message: MessageBuf<'a>,
}

/// Reads the messages of one stream.
///
/// A message that lies whole in one input is lent from it. Any other is collected in a buffer of its own, which grows
/// with the octets received and never by the length that a prefix claims: at most twice what has arrived, at most the
/// claimed length. Between messages no heap is held.
#[derive(Debug)]
pub struct Reader {
    limit: usize,
    encoded: bool,
    prefix: [u8; PREFIX],
    /// Octets of `prefix` that have arrived.
    have: u8,
    /// The message's beginning; empty until an input has ended inside it.
    held: Vec<u8>,
    failed: Option<FramingError>,
}

impl Reader {
    /// A reader of messages of at most `limit` octets each, as on the wire: what is compressed counts as such.
    ///
    /// `encoded` says that the stream declared an encoding other than identity, so that messages may be compressed.
    pub const fn new(limit: usize, encoded: bool) -> Reader {
        Reader {
            limit,
            encoded,
            prefix: [0; PREFIX],
            have: 0,
            held: Vec::new(),
            failed: None,
        }
    }

    /// The next whole message, if `input` completes one; `input` then begins behind it. `Ok(None)` when more input is
    /// needed: all of `input` is taken then.
    ///
    /// Call it until it says `None`, then with the next input.
    ///
    /// # Errors
    /// What is wrong with the stream; every later call says so again.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Frame<'a>>, FramingError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if !self.read_prefix(input) {
            return Ok(None);
        }
        let [flag, length @ ..] = self.prefix;
        let length = self
            .check(flag, u32::from_be_bytes(length))
            .inspect_err(|&error| {
                self.failed = Some(error);
                self.held = Vec::new();
            })?;
        let missing = length - self.held.len();
        let Some((rest_of_message, rest)) = input.split_at_checked(missing) else {
            self.hold(input, length);
            *input = &[];
            return Ok(None);
        };
        *input = rest;
        let message = if self.held.is_empty() {
            MessageBuf::Borrowed(rest_of_message)
        } else {
            self.hold(rest_of_message, length);
            MessageBuf::Shared(Bytes::from(std::mem::take(&mut self.held)))
        };
        self.have = 0;
        Ok(Some(Frame {
            compressed: flag == 1,
            message,
        }))
    }

    /// Says that the stream has ended.
    ///
    /// # Errors
    /// [`FramingError::Truncated`] inside a message, or what was wrong before.
    pub fn end(&self) -> Result<(), FramingError> {
        match self.failed {
            Some(error) => Err(error),
            None if self.at_boundary() => Ok(()),
            None => Err(FramingError::Truncated),
        }
    }

    /// Whether all octets so far make whole messages.
    pub const fn at_boundary(&self) -> bool {
        self.have == 0
    }

    /// Octets of the message begun that have still to arrive; `None` while its prefix is not complete. For the flow
    /// control's grant, which a budget of its own must bound.
    pub fn missing(&self) -> Option<usize> {
        if usize::from(self.have) < PREFIX || self.failed.is_some() {
            return None;
        }
        let [_, length @ ..] = self.prefix;
        Some(u32::from_be_bytes(length) as usize - self.held.len())
    }

    /// The heap held, in octets.
    pub fn heap_bytes(&self) -> usize {
        self.held.capacity()
    }

    /// Takes what is missing of the prefix; whether it is complete.
    fn read_prefix(&mut self, input: &mut &[u8]) -> bool {
        let have = usize::from(self.have);
        let taken = (PREFIX - have).min(input.len());
        let (head, rest) = input.split_at(taken);
        self.prefix[have..have + taken].copy_from_slice(head);
        self.have += taken as u8;
        *input = rest;
        have + taken == PREFIX
    }

    fn check(&self, flag: u8, claimed: u32) -> Result<usize, FramingError> {
        match (flag, usize::try_from(claimed)) {
            (2.., _) => Err(FramingError::Flag(flag)),
            (1, _) if !self.encoded => Err(FramingError::CompressedWithoutEncoding),
            (_, Ok(length)) if length <= self.limit => Ok(length),
            _ => Err(FramingError::TooLarge {
                claimed,
                limit: self.limit,
            }),
        }
    }

    /// Keeps `octets`, growing to at most twice what has arrived and at most the message's `length`.
    fn hold(&mut self, octets: &[u8], length: usize) {
        let needed = self.held.len() + octets.len();
        if needed > self.held.capacity() {
            let target = needed.saturating_mul(2).min(length);
            self.held.reserve_exact(target - self.held.len());
        }
        self.held.extend_from_slice(octets);
    }
}
