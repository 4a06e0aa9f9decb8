//! DATA in (RFC 9113 6.1): windows are debited at the head, octets are handed on as they arrive.

use super::inner::Inner;
use super::input::{Data, Rx};
use super::recv::Fault;
use crate::config::FlowControl;
use crate::error::Violation;
use crate::event::Event;
use crate::frame::{Flags, FrameHead};
use crate::limits::Account;
use crate::observer::{Content, Direction, Seen};
use crate::stream::{Bits, Closed};
use crate::vocabulary::{StreamId, StreamRef};

/// DATA below this counts as tiny.
const TINY: u32 = 64;

impl Inner {
    /// The head of a DATA frame, with the length of its padding if it is padded. What it begins is
    /// for [`on_data_chunk`](Self::on_data_chunk), at once.
    #[inline]
    pub(super) fn on_data_head(&mut self, head: FrameHead, pad: Option<u8>) -> Result<Data, Fault> {
        let overhead = pad.map_or(0, |pad| 1 + u32::from(pad));
        let Some(octets) = head.length.checked_sub(overhead) else {
            return Err(Violation::PaddingTooLong.into());
        };
        if head.stream.is_connection() {
            return Err(Violation::DataOnConnection.into());
        }
        if self.observer.is_some() {
            self.observe_data(head, octets);
        }
        let pad = pad.map_or(0, u32::from);
        let end = head.flags.has(Flags::END_STREAM);
        if octets == 0 && !end {
            self.ledger
                .charge(&self.config.limits, Account::Empty, self.now, 1)?;
        }
        let Some(slot) = self.store.find(head.stream) else {
            self.judge_lost_data(head.stream)?;
            if !self.recv_window.receive(head.length) {
                return Err(Violation::FlowConnection.into());
            }
            return Ok(self.discard(overhead, octets, pad));
        };
        if !self.recv_window.receive(head.length) {
            return Err(Violation::FlowConnection.into());
        }
        if let Err(violation) = self.judge_data(slot, head.length, octets, end) {
            self.stream_fault(slot, violation)?;
            return Ok(self.discard(overhead, octets, pad));
        }
        if overhead != 0 {
            self.recv_window.give_back(overhead);
            self.store.at_mut(slot).recv.give_back(overhead);
            self.list_update(slot);
        }
        let stream = self.store.at_mut(slot);
        stream.bytes_received += u64::from(head.length) + FrameHead::SIZE as u64;
        if octets < TINY && octets != 0 && !end && stream.unreleased > TINY {
            stream.tiny += 1;
            self.ledger
                .charge(&self.config.limits, Account::TinyData, self.now, 1)?;
        }
        Ok(Data {
            stream: Some(self.store.name(slot)),
            left: octets,
            pad,
            end,
        })
    }

    /// The usual case, in one go: a frame without padding that lies whole in the input, on an open
    /// stream, within all bounds. `None`, and nothing changed, for any other.
    #[inline]
    pub(super) fn on_whole_data<'i>(
        &mut self,
        head: FrameHead,
        input: &mut &'i [u8],
    ) -> Option<Event<'i>> {
        let octets = head.length;
        let (data, rest) = input.split_at_checked(octets as usize)?;
        let slot = self.store.find(head.stream)?;
        let stream = self.store.at_mut(slot);
        let end = head.flags.has(Flags::END_STREAM);
        let fits = stream.state.can_receive()
            && stream.bits.has(Bits::HEAD_RECEIVED)
            && (octets >= TINY || (octets > 0 && stream.unreleased <= TINY))
            && octets <= stream.recv.available()
            && octets <= self.recv_window.available();
        if !fits || self.observer.is_some() {
            return None;
        }
        if stream.recv_left != u64::MAX {
            let left = stream.recv_left.checked_sub(u64::from(octets))?;
            if end && left != 0 {
                return None;
            }
            stream.recv_left = left;
        }
        let received = stream.recv.receive(octets) && self.recv_window.receive(octets);
        debug_assert!(received);
        stream.bytes_received += u64::from(octets) + FrameHead::SIZE as u64;
        *input = rest;
        let name = StreamRef::new(head.stream, slot);
        self.credit_delivery(slot, octets);
        if end {
            self.peer_ended(slot);
        }
        Some(Event::Data {
            stream: name,
            data,
            end,
        })
    }

    fn observe_data(&mut self, head: FrameHead, octets: u32) {
        if let Some(observer) = &mut self.observer {
            observer.frame(&Seen::new(
                self.now,
                Direction::In,
                head,
                Content::Data { octets },
            ));
        }
    }

    /// DATA for a stream that is not open.
    fn judge_lost_data(&self, id: StreamId) -> Result<(), Fault> {
        if self.is_idle(id) {
            return Err(Violation::IdleStream.into());
        }
        if self.closed.find(id) == Some(Closed::Known) || self.is_gap(id) {
            return Err(Violation::StreamClosed.into());
        }
        Ok(())
    }

    /// DATA for an open stream; debits its window.
    #[inline]
    fn judge_data(
        &mut self,
        slot: u32,
        length: u32,
        octets: u32,
        end: bool,
    ) -> Result<(), Violation> {
        let stream = self.store.at_mut(slot);
        if !stream.state.can_receive() {
            return Err(Violation::StreamHalfClosed);
        }
        if !stream.bits.has(Bits::HEAD_RECEIVED) {
            return Err(Violation::DataBeforeHeaders);
        }
        if !stream.recv.receive(length) {
            return Err(Violation::FlowStream);
        }
        if stream.recv_left != u64::MAX {
            let left = stream.recv_left.checked_sub(u64::from(octets));
            match left {
                None if stream.bits.has(Bits::NO_BODY) => return Err(Violation::ContentNotAllowed),
                None => return Err(Violation::ContentLengthMismatch),
                Some(1..) if end => return Err(Violation::ContentLengthMismatch),
                Some(left) => stream.recv_left = left,
            }
        }
        Ok(())
    }

    /// A whole frame goes by: its credit returns by itself, or the connection would dry up.
    fn discard(&mut self, overhead: u32, octets: u32, pad: u32) -> Data {
        self.recv_window.give_back(overhead + octets);
        Data {
            stream: None,
            left: octets,
            pad,
            end: false,
        }
    }

    /// Octets of a DATA frame: the rest of it or as many as are here.
    #[inline]
    pub(super) fn on_data_chunk<'i>(
        &mut self,
        data: Data,
        input: &mut &'i [u8],
    ) -> Option<Event<'i>> {
        let n = (data.left as usize).min(input.len());
        let (chunk, mut rest) = input.split_at(n);
        let left = data.left - n as u32;
        let mut pad = data.pad;
        if left == 0 && pad > 0 {
            let gone = (pad as usize).min(rest.len());
            rest = &rest[gone..];
            pad -= gone as u32;
        }
        *input = rest;
        let whole = left == 0 && pad == 0;
        self.rx = if whole {
            Rx::Head
        } else {
            Rx::Data(Data { left, pad, ..data })
        };
        let name = data.stream?;
        let Some(slot) = self.store.resolve(name) else {
            // The program let go of the stream in the middle of the frame.
            self.recv_window.give_back(n as u32);
            return None;
        };
        let end = whole && data.end;
        if n > 0 {
            self.credit_delivery(slot, n as u32);
        } else if !end {
            return None;
        }
        if end {
            self.peer_ended(slot);
        }
        Some(Event::Data {
            stream: name,
            data: chunk,
            end,
        })
    }

    /// Octets are handed to the program.
    #[inline]
    fn credit_delivery(&mut self, slot: u32, octets: u32) {
        if let Some(tuner) = &mut self.tuner {
            tuner.on_data(octets);
        }
        let stream = self.store.at_mut(slot);
        match self.config.flow {
            FlowControl::Automatic => {
                stream.recv.give_back(octets);
                self.recv_window.give_back(octets);
                self.list_update(slot);
            }
            FlowControl::Streams => {
                stream.unreleased += octets;
                self.recv_window.give_back(octets);
            }
            FlowControl::Manual => {
                stream.unreleased += octets;
                self.unreleased = self.unreleased.saturating_add(octets);
            }
        }
    }

    /// Lists a stream whose window should be announced.
    #[inline]
    pub(super) fn list_update(&mut self, slot: u32) {
        let stream = self.store.at(slot);
        // Until the peer has acknowledged a larger window it has the smaller one.
        let whole = self
            .stream_target
            .min(self.local.in_force.initial_window_size);
        if stream.recv.is_due(whole) && stream.state.can_receive() {
            self.updates.push(&mut self.store, slot);
        }
    }

    /// The peer's END_STREAM.
    #[inline]
    pub(super) fn peer_ended(&mut self, slot: u32) {
        let stream = self.store.at_mut(slot);
        stream.state = stream.state.ended_by_peer();
        if stream.state.is_closed() {
            self.complete_stream(slot);
        }
    }
}
