//! Ends: of streams, by whatever cause, and of the connection.

use super::encode::FOUND;
use super::inner::{Inner, Phase, Tell};
use super::recv::Fault;
use crate::error::{CloseReason, EndedBy, OtherProtocol, Retry, StreamEnd, TimeoutKind, Violation};
use crate::frame::{self, Flags, FrameHead};
use crate::limits::Account;
use crate::observer::Direction;
use crate::stream::{Bits, Closed, Notice, State};
use crate::vocabulary::{ErrorCode, FrameType, Instant, StreamId};

/// The alert that a TLS client understands: fatal, protocol_version (RFC 8446 6).
const TLS_ALERT: [u8; 7] = [0x15, 3, 1, 0, 2, 2, 70];
const HTTP1_ANSWER: &[u8] =
    b"HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\n\
content-length: 42\r\nconnection: close\r\n\r\nThis server speaks HTTP/2 only (RFC 9113).";

impl Inner {
    /// A stream is over for the protocol: out of the lists and the map. Its slot lives until the
    /// program has heard all of it.
    pub(super) fn finish_stream(&mut self, slot: u32, how: Closed) {
        if self.store.at(slot).bits.has(Bits::READY) {
            self.urgency.remove(&mut self.store, slot);
        }
        let stream = self.store.at_mut(slot);
        stream.state = State::Closed;
        if stream.queued != 0 || stream.more.is_some() {
            stream.drop_queue();
        }
        if stream.bits.take(Bits::BLOCKED) {
            self.stats.blocked_by_streams += self.now.saturating_since(stream.blocked_since);
        }
        if stream.bits.has(Bits::WANTS_DRAINED) && !stream.bits.has(Bits::DRAIN_MARKED) {
            stream.bits.clear(Bits::WANTS_DRAINED);
        }
        stream.notice.0 &= !(Notice::WRITABLE | Notice::PRIORITY);
        self.closed.push(stream.id, how);
        self.head_bytes -= stream.head_bytes;
        self.counts.live -= 1;
        if stream.bits.has(Bits::LOCAL) {
            self.counts.local -= 1;
        } else if !stream.bits.has(Bits::HELD) {
            self.counts.remote -= 1;
        }
        self.store.remove(slot);
        if self.wants_open {
            self.offer_open();
        }
        if self.counts.live == 0 {
            self.on_last_stream();
        }
    }

    fn on_last_stream(&mut self) {
        self.idle_since = self.now;
        self.arm_idle();
        self.finish_if_drained();
    }

    /// The program stopped working on a stream that had ended.
    pub(super) fn let_go(&mut self, slot: u32) {
        let stream = self.store.at_mut(slot);
        if !stream.bits.take(Bits::HELD) {
            return;
        }
        if stream.bits.has(Bits::DEAD) {
            self.counts.remote -= 1;
            self.store.reclaim(slot);
        }
    }

    /// A stream ends before its time and the program has to know.
    pub(super) fn end_stream(&mut self, slot: u32, how: Closed, end: StreamEnd) {
        self.store.at_mut(slot).end = end;
        self.forget_drained(slot);
        self.notify(slot, Notice::ENDED);
        self.finish_stream(slot, how);
    }

    /// The peer broke a rule of the stream's scope.
    pub(super) fn stream_fault(&mut self, slot: u32, violation: Violation) -> Result<(), Fault> {
        self.charge_provoked()?;
        let id = self.store.at(slot).id;
        self.write_reset(id, violation.code());
        self.count_reply(13);
        let retry = Retry::MayHaveBeenProcessed;
        let end = StreamEnd {
            code: violation.code(),
            by: EndedBy::Violation(violation),
            retry,
        };
        self.end_stream(slot, Closed::ByUs, end);
        Ok(())
    }

    /// The same for a stream that the program has never heard of.
    pub(super) fn reject(&mut self, id: StreamId, violation: Violation) -> Result<(), Fault> {
        self.charge_provoked()?;
        if self.config.answer_malformed && !self.is_client {
            // The answer is complete before the reset: a client may show it (RFC 9113 8.1).
            let fields = [(":status", "400")];
            let found = [0; FOUND];
            self.write_head(id, &fields, &found, true);
            self.count_reply(24);
        }
        self.refuse(id, violation.code());
        Ok(())
    }

    /// Resets that the peer provoked count like those that it sends.
    fn charge_provoked(&mut self) -> Result<(), Fault> {
        self.stats.stream_violations += 1;
        self.ledger
            .charge(&self.config.limits, Account::Resets, self.now, 1)?;
        Ok(())
    }

    /// Resets a stream that has no slot.
    pub(super) fn refuse(&mut self, id: StreamId, code: ErrorCode) {
        self.write_reset(id, code);
        self.count_reply(13);
        self.closed.push(id, Closed::ByUs);
    }

    pub(super) fn write_reset(&mut self, id: StreamId, code: ErrorCode) {
        self.stats.frames_sent.count(FrameType::RST_STREAM);
        frame::write_rst_stream(self.output.arena(), id, code);
        let head = FrameHead {
            length: 4,
            kind: FrameType::RST_STREAM,
            flags: Flags::NONE,
            stream: id,
        };
        self.observe(Direction::Out, head, &code.0.to_be_bytes());
    }

    /// The program resets a stream: nothing more is sent or delivered.
    pub(super) fn reset(&mut self, slot: u32, code: ErrorCode) {
        let id = self.store.at(slot).id;
        self.write_reset(id, code);
        // A peer that opens streams and reads nothing must not make the output grow through us.
        self.count_reply(13);
        self.forget_drained(slot);
        self.finish_stream(slot, Closed::ByUs);
    }

    /// After `Ended`, and after a reset of the program's, nothing more is told of a stream.
    fn forget_drained(&mut self, slot: u32) {
        let stream = self.store.at_mut(slot);
        stream.bits.clear(Bits::WANTS_DRAINED | Bits::DRAIN_MARKED);
        stream.notice.0 &= !Notice::DRAINED;
    }

    /// Both sides have ended a stream in good order.
    #[inline]
    pub(super) fn complete_stream(&mut self, slot: u32) {
        self.ledger
            .refund(&self.config.limits, Account::Resets, self.now, 1);
        self.finish_stream(slot, Closed::Known);
    }

    /// The connection ends. What was read before is delivered, what is committed drains.
    pub(super) fn fail(&mut self, reason: CloseReason) {
        if !self.phase.is_live() {
            return;
        }
        match reason {
            CloseReason::Transport => self.output.clear(),
            CloseReason::Eof if self.is_client => self.output.clear(),
            CloseReason::Eof => {}
            CloseReason::NotHttp2(OtherProtocol::Http1) if !self.spoken => {
                self.output.arena().extend_from_slice(HTTP1_ANSWER);
            }
            CloseReason::NotHttp2(OtherProtocol::Tls) if !self.spoken => {
                self.output.arena().extend_from_slice(&TLS_ALERT);
            }
            _ => {
                self.ensure_spoken();
                let last = self.last_peer_id;
                self.write_goaway(last, reason.code(), self.debug_data(&reason));
            }
        }
        self.close_with(reason);
    }

    /// What an operator on the other side is told.
    fn debug_data(&self, reason: &CloseReason) -> &'static [u8] {
        match reason {
            CloseReason::Limit(limit) => limit.as_str().as_bytes(),
            CloseReason::Violation(violation) => violation.name().as_bytes(),
            CloseReason::Timeout(TimeoutKind::Shutdown) => self.farewell.text(self.is_client),
            _ => b"",
        }
    }

    /// The state after the end: streams are told, then the program.
    pub(super) fn close_with(&mut self, reason: CloseReason) {
        self.phase = Phase::Inert;
        self.reason = Some(reason);
        self.wants_open = false;
        self.close_now = matches!(reason, CloseReason::Transport)
            || (reason == CloseReason::Eof && self.is_client);
        self.block = None;
        self.payload = alloc::vec::Vec::new();
        let unsent_is_lost = self.close_now;
        let slots: alloc::vec::Vec<u32> = self.store.slots().collect();
        for slot in slots {
            let retry = self.retry_verdict(slot, unsent_is_lost);
            let end = StreamEnd {
                code: reason.code(),
                by: EndedBy::Connection,
                retry,
            };
            self.end_stream(slot, Closed::Known, end);
        }
        self.timers.stop_all();
        self.tell.0 = (self.tell.0 & !Tell::CAN_OPEN) | Tell::CLOSED;
    }

    fn retry_verdict(&self, slot: u32, unsent_is_lost: bool) -> Retry {
        let stream = self.store.at(slot);
        if !stream.bits.has(Bits::LOCAL) {
            return Retry::MayHaveBeenProcessed;
        }
        // What a GOAWAY does not cover ended when that came.
        debug_assert!(self.goaway_received.is_none_or(|last| stream.id <= last));
        if unsent_is_lost && !stream.bits.has(Bits::HEAD_WRITTEN) {
            return Retry::NeverSent;
        }
        Retry::MayHaveBeenProcessed
    }

    pub(super) fn write_goaway(&mut self, last: StreamId, code: ErrorCode, debug: &[u8]) {
        // What an earlier one covers may shrink, never grow (RFC 9113 6.8).
        let last = self.goaway_sent.map_or(last, |before| before.min(last));
        self.goaway_sent = Some(last);
        self.stats.frames_sent.count(FrameType::GOAWAY);
        let before = self.output.arena().len();
        frame::write_goaway(self.output.arena(), last, code, debug);
        if self.observer.is_some() {
            let written = self.output.arena()[before..].to_vec();
            let length = 8 + debug.len() as u32;
            let head = FrameHead {
                length,
                kind: FrameType::GOAWAY,
                flags: Flags::NONE,
                stream: StreamId::CONNECTION,
            };
            self.observe(Direction::Out, head, &written[FrameHead::SIZE..]);
        }
    }

    /// Our SETTINGS come before anything else of ours.
    pub(super) fn ensure_spoken(&mut self) {
        if !self.spoken {
            // The configuration was validated when the connection was made.
            let _ = self.speak_first();
        }
    }

    /// Ends the connection if it is going away and its last stream is over.
    pub(super) fn finish_if_drained(&mut self) {
        let ours = self.goaway_sent.is_some_and(|last| last != StreamId::MAX);
        if !self.phase.is_live()
            || self.counts.live != 0
            || !(ours || self.goaway_received.is_some())
        {
            return;
        }
        if !ours {
            let last = self.last_peer_id;
            self.write_goaway(last, ErrorCode::NO_ERROR, b"");
        }
        let reason = match self.goaway_code {
            ErrorCode::NO_ERROR if self.cut_short => CloseReason::Eof,
            ErrorCode::NO_ERROR => CloseReason::Finished,
            code => CloseReason::GoAway(code),
        };
        self.close_with(reason);
    }

    /// The transport failed.
    pub(crate) fn handle_transport_error(&mut self, now: Instant) {
        self.tick(now);
        self.close_now = true;
        self.output.clear();
        self.fail(CloseReason::Transport);
    }
}
