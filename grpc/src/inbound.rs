//! The messages that come in on one stream, as far as they are wanted.

use crate::{
    code::Code,
    compress::{self, Compressor},
    framing::{PREFIX, Reader},
    message::Arrived,
    status::Status,
    wire::{StreamRef, Wire},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Wanted without end: for calls whose side sends one message.
pub const ALL: u32 = u32::MAX;

/// Below this a message that is still arriving needs no window of its own, in octets.
const WORTH_A_GRANT: usize = 32 * 1024;

/// Octets that the streams of one connection may hold unread before the connection's credit, too, waits for their
/// readers.
pub const UNREAD_PER_CONNECTION: usize = 16 * 1024 * 1024;

/// Octets that the streams of one connection hold unread. Clones count together.
#[derive(Clone, Default, Debug)]
pub struct Unread(Arc<AtomicUsize>);

impl Unread {
    /// The octets.
    pub fn octets(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, octets: usize) -> usize {
        self.0.fetch_add(octets, Ordering::Relaxed) + octets
    }

    fn remove(&self, octets: usize) {
        self.0.fetch_sub(octets, Ordering::Relaxed);
    }
}

/// How the messages of one stream are received.
#[derive(Clone)]
pub struct Receiving {
    /// The most octets a message may have, compressed and not.
    pub limit: usize,
    /// The encoding that the peer declared; `None` is identity.
    pub compressor: Option<Arc<dyn Compressor>>,
    /// Whether there must be exactly one message.
    pub single: bool,
    /// The connection's count.
    pub unread: Unread,
}

/// Cuts messages out of DATA and returns credit: the connection's on receipt, the stream's when octets are consumed.
///
/// What is not wanted yet is kept as it came; the stream's window, which is not given back, bounds that.
pub struct Inbound {
    how: Receiving,
    reader: Reader,
    wanted: u32,
    seen: bool,
    backlog: Vec<u8>,
    /// Where the backlog begins.
    at: usize,
    /// Octets of the connection's credit that were not given back on receipt.
    owed: usize,
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.how.unread.remove(self.backlog.len() - self.at);
    }
}

impl Inbound {
    /// A stream of which `wanted` messages are wanted at first.
    pub fn new(how: Receiving, wanted: u32) -> Inbound {
        Inbound {
            reader: Reader::new(how.limit, how.compressor.is_some()),
            wanted,
            seen: false,
            backlog: Vec::new(),
            at: 0,
            owed: 0,
            how,
        }
    }

    /// The same before anything came, received in another way.
    pub fn restart(&mut self, how: Receiving) {
        *self = Inbound::new(how, self.wanted);
    }

    /// DATA came. Messages that it completes go to `out`, as far as they are wanted.
    ///
    /// # Errors
    /// What is wrong with the stream of messages: it cannot be read on.
    pub fn data(
        &mut self,
        wire: &mut dyn Wire,
        stream: StreamRef,
        bytes: &[u8],
        out: &mut dyn FnMut(Arrived<'_>),
    ) -> Result<(), Status> {
        let mut input = bytes;
        let mut result = Ok(());
        if self.is_drained() && self.wanted > 0 {
            result = self.read(&mut input, out);
        }
        let kept = if result.is_ok() { input.len() } else { 0 };
        self.backlog.extend_from_slice(&input[..kept]);
        let consumed = bytes.len() - kept;
        let returned = if kept > 0 && self.how.unread.add(kept) > UNREAD_PER_CONNECTION {
            self.owed += kept;
            consumed
        } else {
            bytes.len()
        };
        // A DATA frame has at most 2^24 octets.
        wire.release(stream, consumed as u32, returned as u32);
        self.grant(wire, stream);
        result
    }

    /// Whether these octets, which end the peer's side, are the one message that there must be, and nothing else.
    pub fn is_sole(&self, bytes: &[u8]) -> bool {
        let whole = bytes.get(1..PREFIX).is_some_and(|claimed| {
            let rest = bytes.len() - PREFIX;
            claimed
                .iter()
                .fold(0, |sum, octet| sum << 8 | usize::from(*octet))
                == rest
        });
        whole && self.how.single && !self.seen && self.reader.at_boundary() && self.is_drained()
    }

    /// `more` messages are wanted.
    ///
    /// # Errors
    /// As [`data`](Inbound::data).
    pub fn want(
        &mut self,
        wire: Option<&mut dyn Wire>,
        stream: StreamRef,
        more: u32,
        out: &mut dyn FnMut(Arrived<'_>),
    ) -> Result<(), Status> {
        self.wanted = self.wanted.saturating_add(more);
        if self.is_drained() {
            return Ok(());
        }
        let held = std::mem::take(&mut self.backlog);
        let mut input = held.get(self.at..).unwrap_or_default();
        self.at = 0;
        let before = input.len();
        let result = self.read(&mut input, out);
        let consumed = before - input.len();
        self.how.unread.remove(consumed);
        let paid = self.owed.min(consumed);
        self.owed -= paid;
        if let Some(wire) = wire {
            // At most the stream's window is held.
            wire.release(stream, consumed as u32, paid as u32);
            self.grant(wire, stream);
        }
        let left = input.len();
        if left > 0 {
            self.at = held.len() - left;
            self.backlog = held;
            // Moving the rest only when it is the smaller part keeps the work linear.
            if self.at > self.backlog.len() / 2 {
                self.backlog.drain(..self.at);
                self.at = 0;
            }
        }
        result
    }

    fn read(&mut self, input: &mut &[u8], out: &mut dyn FnMut(Arrived<'_>)) -> Result<(), Status> {
        while self.wanted > 0 {
            let Some(frame) = self.reader.next(input)? else {
                break;
            };
            if self.how.single && self.seen {
                return Err(Status::local(
                    Code::Unimplemented,
                    "more than one message in a call that takes one",
                ));
            }
            let (packed, compressed) = (frame.message.len(), frame.compressed);
            let message = compress::open(frame, self.how.compressor.as_deref(), self.how.limit)?;
            self.seen = true;
            if self.wanted != ALL {
                self.wanted -= 1;
            }
            out(Arrived {
                message,
                packed,
                compressed,
            });
        }
        Ok(())
    }

    fn grant(&self, wire: &mut dyn Wire, stream: StreamRef) {
        if let Some(missing) = self.reader.missing().filter(|n| *n > WORTH_A_GRANT) {
            wire.expect(stream, u32::try_from(missing).unwrap_or(u32::MAX));
        }
    }

    /// Nobody will read on: what is held goes, and the connection gets its credit.
    pub fn discard(&mut self, wire: &mut dyn Wire, stream: StreamRef) {
        self.how.unread.remove(self.backlog.len() - self.at);
        self.backlog = Vec::new();
        self.at = 0;
        if self.owed > 0 {
            wire.release(stream, 0, self.owed as u32);
            self.owed = 0;
        }
    }

    /// The connection's count.
    pub fn unread(&self) -> &Unread {
        &self.how.unread
    }

    /// Whether nothing waits to be wanted.
    pub fn is_drained(&self) -> bool {
        self.backlog.len() == self.at
    }

    /// Whether someone waits for a message.
    pub fn is_wanted(&self) -> bool {
        self.wanted > 0
    }

    /// The peer has ended its side, and all that came is read.
    ///
    /// # Errors
    /// It ended inside a message, or without the one that there must be.
    pub fn end(&self) -> Result<(), Status> {
        self.reader.end()?;
        if self.how.single && !self.seen {
            return Err(Status::local(
                Code::Unimplemented,
                "no message in a call that takes one",
            ));
        }
        Ok(())
    }

    /// The heap held, in octets.
    pub fn heap_bytes(&self) -> usize {
        self.backlog.capacity() + self.reader.heap_bytes()
    }
}
