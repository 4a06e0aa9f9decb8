//! Bytes out: windows are announced, DATA is framed when the transport can take it.

use super::inner::{Inner, Phase};
use crate::frame::{self, Flags, FrameHead};
use crate::observer::Direction;
use crate::schedule::Urgency;
use crate::stream::{Bits, Notice};
use crate::vocabulary::{FrameType, Instant, StreamId};
use bytes::{Buf, Bytes};

/// The output that waits, borrowed: write it, then [`advance`](Self::advance).
///
/// Dropping it loses nothing. Any number of writes may serve one `Transmit`.
#[must_use]
pub struct Transmit<'c> {
    inner: &'c mut Inner,
}

impl Transmit<'_> {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.inner.output.is_empty()
    }

    /// Octets that wait.
    pub fn len(&self) -> usize {
        self.inner.output.len()
    }

    /// The pieces in order; none is empty.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        self.inner.output.chunks()
    }

    /// Fills `slices` from the front with the pieces, in order, and returns how many were filled.
    #[cfg(feature = "std")]
    pub fn io_slices<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let mut filled = 0;
        if let (Some(whole), [place, ..]) = (self.inner.output.in_one_piece(), &mut *slices) {
            *place = std::io::IoSlice::new(whole);
            return 1;
        }
        for (place, chunk) in slices.iter_mut().zip(self.chunks()) {
            *place = std::io::IoSlice::new(chunk);
            filled += 1;
        }
        filled
    }

    /// The first `n` octets were written. More than there are is read as all.
    pub fn advance(self, n: usize) {
        self.inner.advance_output(n);
    }
}

impl core::fmt::Debug for Transmit<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Transmit")
            .field("len", &self.len())
            .finish()
    }
}

impl Inner {
    #[inline]
    pub(crate) fn transmit(&mut self, now: Instant) -> Transmit<'_> {
        self.tick(now);
        if self.has_work() {
            self.announce_windows();
            self.send_tuning_ping();
            self.frame_data();
        }
        // Whatever waits, the transport has to take it in time.
        if !self.output.is_empty() {
            self.arm_progress();
        }
        Transmit { inner: self }
    }

    /// Whether there is anything to commit.
    #[inline]
    fn has_work(&self) -> bool {
        let work = !self.urgency.is_empty()
            || !self.updates.is_empty()
            || self.recv_window.is_due(self.recv_target)
            || self.tuner.is_some();
        work && self.phase.is_live()
    }

    fn announce_windows(&mut self) {
        // A peer that sends and does not read gets no more credit: that would be output, too.
        if self.output.arena_len() > self.config.limits.output_bytes as usize {
            return;
        }
        if self.recv_window.is_due(self.recv_target) && self.spoken {
            self.announce_connection();
        }
        while let Some(slot) = self.updates.pop(&mut self.store) {
            let stream = self.store.at_mut(slot);
            if !stream.bits.has(Bits::DEAD) && stream.state.can_receive() {
                let (id, increment) = (stream.id, stream.recv.announce());
                if increment != 0 {
                    self.write_window_update(id, increment);
                }
            }
            self.store.reclaim(slot);
        }
    }

    pub(super) fn announce_connection(&mut self) {
        let increment = self.recv_window.announce();
        if increment != 0 {
            self.write_window_update(StreamId::CONNECTION, increment);
        }
    }

    fn write_window_update(&mut self, id: StreamId, increment: u32) {
        self.stats.frames_sent.count(FrameType::WINDOW_UPDATE);
        frame::write_window_update(self.output.arena(), id, increment);
        let head = FrameHead {
            length: 4,
            kind: FrameType::WINDOW_UPDATE,
            flags: Flags::NONE,
            stream: id,
        };
        self.observe(Direction::Out, head, &increment.to_be_bytes());
    }

    /// Whether the tuner asks for a round trip, and has room for the answer.
    pub(super) fn wants_tuning_ping(&self) -> bool {
        !self.pings.is_full() && self.tuner.as_ref().is_some_and(|t| t.wants_ping())
    }

    fn send_tuning_ping(&mut self) {
        if !self.wants_tuning_ping() {
            return;
        }
        let Some(tuner) = &mut self.tuner else { return };
        if tuner.take_ping(self.now) {
            let payload = self.pings.ours(crate::ping::Purpose::Tuning, self.now);
            self.write_ping(Flags::NONE, payload);
        }
    }

    /// Frames DATA until enough is committed, the window is used up, or nothing waits.
    // This and what it calls has one other caller, `frame_rest`, and is made twice: as functions of their
    // own they cost every frame of everybody twenty instructions more.
    #[inline(always)]
    fn frame_data(&mut self) {
        let ahead = self.config.send.commit_ahead as usize;
        let mut room = ahead.saturating_sub(self.output.len());
        while room > 0 && !self.urgency.is_empty() {
            let window = self.send_window.available();
            if window == 0 {
                if self.phase == Phase::HalfClosed {
                    return self.end_unsendable();
                }
                if self.blocked_since.is_none() {
                    self.blocked_since = Some(self.now);
                }
                return;
            }
            let Some(slot) = self.urgency.pick(&self.store) else {
                return;
            };
            let framed = self.frame_one(slot, window);
            room = room.saturating_sub(framed);
        }
    }

    /// Frames what a stream has queued before its trailers come, if that takes one frame and would be
    /// the next to be framed anyway; whether nothing is left. So trailers of a small answer need not
    /// wait in memory of their own.
    #[inline(never)]
    pub(super) fn frame_rest(&mut self, slot: u32) -> bool {
        let ahead = self.config.send.commit_ahead as usize;
        let queued = self.store.at(slot).queued;
        if self.output.len() + queued as usize >= ahead
            || self.send_window.available() < queued
            || !self.urgency.is_alone(&self.store, slot)
        {
            return false;
        }
        let window = self.send_window.available();
        self.frame_one(slot, window);
        self.store.at(slot).queued == 0
    }

    /// One DATA frame of a stream. Returns its size on the wire.
    #[inline(always)]
    fn frame_one(&mut self, slot: u32, window: u32) -> usize {
        let full = self.peer.max_frame_size.min(self.config.send.frame_size);
        let stream = self.store.at_mut(slot);
        let most = Urgency::turn_left(stream, full)
            .min(window)
            .min(stream.send_window.available());
        // Padding counts in the windows; where they are too small for it, there is none.
        let padding = u32::from(stream.padding);
        let overhead = if padding != 0 && padding + 1 < most {
            padding + 1
        } else {
            0
        };
        let length = stream.queued.min(most - overhead);
        let last = length == stream.queued;
        let end = last && stream.bits.has(Bits::END_QUEUED);
        let id = stream.id;
        // Both were looked at above; a stream without a window is not in the lists.
        let whole = length + overhead;
        let taken = stream.send_window.take(whole) && self.send_window.take(whole);
        debug_assert!(taken && length > 0);
        stream.queued -= length;
        stream.data_framed += u64::from(length);
        stream.bits.clear(Bits::STALE);
        self.write_data_head(id, length, overhead, end);
        self.move_payload(slot, length);
        if overhead > 1 {
            let arena = self.output.arena();
            arena.resize(arena.len() + overhead as usize - 1, 0);
        }
        if last {
            self.after_last(slot, end);
        } else {
            self.after_frame(slot, whole, full);
        }
        whole as usize + FrameHead::SIZE
    }

    /// Moves queued octets to the output: small pieces are copied, large ones go by reference.
    #[inline(always)]
    fn move_payload(&mut self, slot: u32, length: u32) {
        let copy_below = self.config.send.copy_below as usize;
        let stream = self.store.at_mut(slot);
        let mut left = length as usize;
        while left > 0 {
            let piece = &mut stream.front;
            let n = piece.len().min(left);
            if n < copy_below {
                self.output.arena().extend_from_slice(&piece[..n]);
                piece.advance(n);
            } else if n == piece.len() {
                self.output
                    .push_shared(core::mem::replace(piece, Bytes::new()));
            } else {
                self.output.push_shared(piece.split_to(n));
            }
            left -= n;
            if stream.front.is_empty() {
                stream.pull_up();
                if n == 0 && stream.front.is_empty() {
                    return;
                }
            }
        }
    }

    /// A frame went out that leaves nothing queued.
    #[inline(always)]
    fn after_last(&mut self, slot: u32, end: bool) {
        self.urgency.remove(&mut self.store, slot);
        let trailers = self.store.at(slot).has_trailers();
        if trailers {
            self.write_trailers(slot);
        }
        self.tell_writable(slot);
        if self.store.at(slot).bits.has(Bits::WANTS_DRAINED) {
            self.mark_drained(slot);
        }
        if end || trailers {
            self.we_ended(slot);
        }
    }

    /// A frame of so many octets went out, of at most `full`, and the stream has more.
    // Apart, so that a body of one frame, the usual one, does not carry its registers.
    #[inline(never)]
    fn after_frame(&mut self, slot: u32, octets: u32, full: u32) {
        // First, for without a window it may be its end.
        self.tell_writable(slot);
        if self.store.at(slot).send_window.available() == 0 {
            self.urgency.remove(&mut self.store, slot);
            self.make_ready(slot);
        } else {
            self.urgency.served(&mut self.store, slot, octets, full);
        }
    }

    #[inline]
    pub(super) fn tell_writable(&mut self, slot: u32) {
        let mark = self.config.send.stream_mark;
        let stream = self.store.at_mut(slot);
        if stream.queued < mark && stream.bits.take(Bits::WANTS_WRITABLE) {
            self.notify(slot, Notice::WRITABLE);
        }
    }

    fn advance_output(&mut self, n: usize) {
        self.output.advance(n);
        let written = self.output.written();
        while let Some(mark) = self.marks.front().copied() {
            if mark.offset > written {
                break;
            }
            self.marks.pop_front();
            self.on_mark(mark.slot, mark.id);
        }
        if self.wants_open {
            self.offer_open();
        }
    }

    /// Something in the output that was waited for is written: a request's head, or what a drained
    /// notice was asked for.
    fn on_mark(&mut self, slot: u32, id: StreamId) {
        // The slot may be another stream's by now, or be given back by `trim`.
        if slot >= self.store.capacity() || self.store.at(slot).id != id {
            return;
        }
        let stream = self.store.at_mut(slot);
        if stream.bits.has(Bits::LOCAL) && !stream.bits.has(Bits::HEAD_WRITTEN) {
            stream.bits.set(Bits::HEAD_WRITTEN);
        } else if stream.bits.take(Bits::DRAIN_MARKED) {
            stream.bits.clear(Bits::WANTS_DRAINED);
            if self.phase == Phase::Over {
                // `Closed` was the last word.
                self.store.reclaim(slot);
            } else {
                self.notify(slot, Notice::DRAINED);
            }
        }
    }
}
