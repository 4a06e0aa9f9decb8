//! The two halves of a stream, as the program sees them.

use super::inner::Inner;
use crate::error::{ReleaseError, SendError};
use crate::headers::Fields;
use crate::limits::Account;
use crate::stream::Bits;
use crate::vocabulary::{ErrorCode, Priority, StreamRef};
use bytes::Bytes;

/// What may be done with the sending half of a stream. Borrowed for one or a few calls.
#[derive(Debug)]
#[must_use]
pub struct SendHalf<'c> {
    inner: &'c mut Inner,
    slot: Option<u32>,
}

impl<'c> SendHalf<'c> {
    pub(crate) fn new(inner: &'c mut Inner, stream: StreamRef) -> Self {
        let slot = inner.store.resolve(stream);
        Self { inner, slot }
    }

    fn slot(&self) -> Result<u32, SendError> {
        self.slot.ok_or(SendError::Gone)
    }

    /// Queues body octets. Takes `data` whole while less than
    /// [`stream_mark`](crate::config::SendBuffers::stream_mark) is queued (1 GiB of it, if it is
    /// larger), else nothing; returns how many octets were taken, and leaves the others in `data`. After a short count comes
    /// [`Writable`](crate::event::Event::Writable). `end` counts once all of `data` is taken.
    ///
    /// # Errors
    /// [`SendError::NoHead`] before the final head, [`SendError::Sequence`] after the end,
    /// [`SendError::Length`] against the announced content-length, [`SendError::Gone`].
    pub fn data(&mut self, data: &mut Bytes, end: bool) -> Result<usize, SendError> {
        let slot = self.slot()?;
        self.inner.data(slot, data, end)
    }

    /// Ends the message with trailers, after all that is queued.
    ///
    /// # Errors
    /// As [`data`](Self::data); [`SendError::Head`] if the fields break a rule,
    /// [`SendError::HeadTooLarge`] if the peer does not take as many octets.
    pub fn trailers<F: Fields + ?Sized>(&mut self, fields: &F) -> Result<(), SendError> {
        let slot = self.slot()?;
        self.inner.trailers(slot, fields)
    }

    /// Resets the stream (RFC 9113 6.4). Nothing more is sent or delivered, and no event follows.
    /// Does nothing to a stream that has ended.
    pub fn reset(&mut self, code: ErrorCode) {
        if let Some(slot) = self.slot.take() {
            self.inner.reset(slot, code);
        }
    }

    /// Drops what is queued and not framed, the end of the message included; returns the octets of
    /// DATA that were framed so far. What must follow is `trailers`, a reset, or other data.
    ///
    /// # Errors
    /// [`SendError::Gone`].
    pub fn discard_unsent(&mut self) -> Result<u64, SendError> {
        let slot = self.slot()?;
        Ok(self.inner.discard_unsent(slot))
    }

    /// Asks for [`Drained`](crate::event::Event::Drained) once all that is queued now is written.
    ///
    /// # Errors
    /// [`SendError::Gone`].
    pub fn notify_drained(&mut self) -> Result<(), SendError> {
        let slot = self.slot()?;
        self.inner.notify_drained(slot);
        Ok(())
    }

    /// Pads each DATA frame from now on by `octets` (RFC 9113 6.1, 10.7), where the windows have room
    /// for it. Padding hides lengths from those who see the ciphertext, and costs window.
    pub fn set_padding(&mut self, octets: u8) {
        if let Some(slot) = self.slot {
            self.inner.store.at_mut(slot).padding = octets;
        }
    }

    /// Sets the priority of what this stream sends; the peer's no longer counts (RFC 9218 8).
    pub fn set_priority(&mut self, priority: Priority) {
        if let Some(slot) = self.slot {
            self.inner.set_priority(slot, priority);
        }
    }

    /// The priority in force.
    pub fn priority(&self) -> Option<Priority> {
        self.slot.map(|slot| self.inner.store.at(slot).priority)
    }

    /// Octets queued and not framed.
    pub fn queued(&self) -> u32 {
        self.slot.map_or(0, |slot| self.inner.store.at(slot).queued)
    }

    /// Octets that the peer's windows, the stream's and the connection's, allow now.
    pub fn window(&self) -> u32 {
        let connection = self.inner.send_window.available();
        self.slot.map_or(0, |slot| {
            self.inner
                .store
                .at(slot)
                .send_window
                .available()
                .min(connection)
        })
    }

    /// Octets of DATA framed so far.
    pub fn framed(&self) -> u64 {
        self.slot
            .map_or(0, |slot| self.inner.store.at(slot).data_framed)
    }

    /// Whether the stream can still carry something of ours.
    pub fn is_open(&self) -> bool {
        self.slot.is_some_and(|slot| {
            let stream = self.inner.store.at(slot);
            stream.state.can_send() && !stream.bits.has(Bits::END_QUEUED) && !stream.has_trailers()
        })
    }
}

/// What may be done with the receiving half of a stream.
#[derive(Debug)]
#[must_use]
pub struct RecvHalf<'c> {
    inner: &'c mut Inner,
    slot: Option<u32>,
}

impl<'c> RecvHalf<'c> {
    pub(crate) fn new(inner: &'c mut Inner, stream: StreamRef) -> Self {
        let slot = inner.store.resolve(stream);
        Self { inner, slot }
    }

    /// Gives `octets` of the stream's window back: the program has consumed them. Does nothing to a
    /// stream that has ended. The connection's share returned when they were handed over.
    ///
    /// # Errors
    /// [`ReleaseError::Stream`] for more than is outstanding; nothing changes then.
    pub fn release(&mut self, octets: u32) -> Result<(), ReleaseError> {
        match self.slot {
            Some(slot) => self.inner.release_stream(slot, octets),
            None => Ok(()),
        }
    }

    /// Makes room for a message of `octets` that the program waits for: the window is raised by
    /// what is missing, at most by [`max_expect`](crate::config::Limits::max_expect) in all. Counts
    /// from what the program holds now.
    pub fn expect(&mut self, octets: u32) {
        if let Some(slot) = self.slot {
            self.inner.expect(slot, octets);
        }
    }

    /// Octets handed over and not released.
    pub fn outstanding(&self) -> u32 {
        self.slot
            .map_or(0, |slot| self.inner.store.at(slot).unreleased)
    }

    /// Octets that the peer may still send.
    pub fn window(&self) -> u32 {
        self.slot
            .map_or(0, |slot| self.inner.store.at(slot).recv.available())
    }

    /// Octets of DATA frames received on the stream, heads and padding included.
    pub fn received(&self) -> u64 {
        self.slot
            .map_or(0, |slot| self.inner.store.at(slot).bytes_received)
    }
}

impl Inner {
    pub(super) fn release_stream(&mut self, slot: u32, octets: u32) -> Result<(), ReleaseError> {
        let stream = self.store.at_mut(slot);
        if octets > stream.unreleased {
            return Err(ReleaseError::Stream {
                outstanding: stream.unreleased,
            });
        }
        stream.unreleased -= octets;
        // A raise by `expect` is used up first: it does not come back as credit.
        let raised = stream.expected.min(octets);
        stream.expected -= raised;
        stream.recv.give_back(octets - raised);
        // At most what this stream has cost: a sibling that is drained pays for nobody else.
        let tokens = stream.tiny.min(octets);
        if tokens != 0 {
            stream.tiny -= tokens;
            self.ledger
                .refund(&self.config.limits, Account::TinyData, self.now, tokens);
        }
        self.list_update(slot);
        Ok(())
    }

    /// Both counts at once, for programs that keep the connection's credit back: the connection's
    /// is taken even when the stream has ended.
    pub(crate) fn release(
        &mut self,
        stream: StreamRef,
        octets: u32,
        connection: u32,
    ) -> Result<(), ReleaseError> {
        if connection > self.unreleased {
            return Err(ReleaseError::Connection {
                outstanding: self.unreleased,
            });
        }
        if let Some(slot) = self.store.resolve(stream) {
            self.release_stream(slot, octets)?;
        }
        self.unreleased -= connection;
        self.recv_window.give_back(connection);
        Ok(())
    }

    fn expect(&mut self, slot: u32, octets: u32) {
        let most = self.config.limits.max_expect;
        let stream = self.store.at_mut(slot);
        let there = stream
            .recv
            .available()
            .saturating_add(stream.recv.pending());
        if octets <= stream.recv.available() || !stream.state.can_receive() {
            return;
        }
        let missing = octets
            .saturating_sub(there)
            .min(most.saturating_sub(stream.expected));
        stream.expected += missing;
        stream.recv.give_back(missing);
        // At once, not at half of the window: a reader waits.
        self.updates.push(&mut self.store, slot);
    }
}

impl core::fmt::Debug for Inner {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Connection")
            .field("client", &self.is_client)
            .field("phase", &self.phase)
            .field("streams", &self.counts)
            .field("output", &self.output.len())
            .finish_non_exhaustive()
    }
}
