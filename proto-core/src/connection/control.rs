//! Control frames in: RST_STREAM, PING, GOAWAY, WINDOW_UPDATE (RFC 9113 6.4, 6.7 to 6.9).

use super::inner::{Inner, Phase};
use super::recv::{Fault, Outcome};
use crate::error::{EndedBy, LimitName, Retry, StreamEnd, Violation};
use crate::event::Event;
use crate::frame::{self, Flags, FrameHead, GoAway, RstStream, WindowUpdate};
use crate::limits::{Account, Overdraft};
use crate::observer::Direction;
use crate::ping::Purpose;
use crate::stream::{Bits, Closed};
use crate::timer::Timer;
use crate::vocabulary::{ErrorCode, FrameType, StreamId};
use bytes::Bytes;

/// Credit below this is a crumb.
const CRUMB: u32 = 64;

impl Inner {
    #[inline]
    pub(super) fn on_window_update(&mut self, head: FrameHead, payload: &[u8]) -> Outcome<'static> {
        let increment = WindowUpdate::parse(payload)?.increment;
        if head.stream.is_connection() {
            return self.on_connection_credit(increment);
        }
        let Some(slot) = self.store.find(head.stream) else {
            return if self.is_idle(head.stream) {
                Err(Violation::IdleStream.into())
            } else {
                Ok(None)
            };
        };
        let stream = self.store.at_mut(slot);
        let violation = if increment == 0 {
            Violation::WindowZeroStream
        } else if stream.send_window.add(increment).is_err() {
            Violation::WindowOverflowStream
        } else {
            if stream.queued != 0 {
                if increment < CRUMB && stream.queued > increment {
                    self.ledger
                        .charge(&self.config.limits, Account::Dribble, self.now, 1)?;
                }
                self.make_ready(slot);
            }
            return Ok(None);
        };
        self.stream_fault(slot, violation)?;
        Ok(None)
    }

    #[inline]
    fn on_connection_credit(&mut self, increment: u32) -> Outcome<'static> {
        if increment == 0 {
            return Err(Violation::WindowZeroConnection.into());
        }
        if self.send_window.add(increment).is_err() {
            return Err(Violation::WindowOverflowConnection.into());
        }
        if let Some(since) = self.blocked_since.take() {
            self.stats.blocked_by_connection += self.now.saturating_since(since);
            if increment < CRUMB {
                self.ledger
                    .charge(&self.config.limits, Account::Dribble, self.now, 1)?;
            }
        }
        Ok(None)
    }

    /// A stream with data goes to the scheduler, if its window allows.
    #[inline]
    pub(super) fn make_ready(&mut self, slot: u32) {
        let stream = self.store.at_mut(slot);
        if stream.queued == 0 {
            return;
        }
        if stream.send_window.available() == 0 {
            if self.phase == Phase::HalfClosed {
                // No credit can come any more.
                self.cut_short(slot);
            } else if !stream.bits.has(Bits::BLOCKED) {
                stream.bits.set(Bits::BLOCKED);
                stream.blocked_since = self.now;
                self.arm_progress();
            }
            return;
        }
        if stream.bits.take(Bits::BLOCKED) {
            self.stats.blocked_by_streams += self.now.saturating_since(stream.blocked_since);
        }
        self.urgency.push(&mut self.store, slot);
        self.arm_progress();
    }

    pub(super) fn on_rst_stream(&mut self, head: FrameHead, payload: &[u8]) -> Outcome<'static> {
        if head.stream.is_connection() {
            return Err(Violation::ResetOnConnection.into());
        }
        let code = RstStream::parse(payload)?.code;
        if self.is_idle(head.stream) {
            return Err(Violation::IdleStream.into());
        }
        let open = self.store.find(head.stream);
        let local = open.is_some_and(|slot| self.store.at(slot).bits.has(Bits::LOCAL));
        // A server may refuse as many requests as we send: each reset answers one of ours.
        if !local {
            self.ledger
                .charge(&self.config.limits, Account::Resets, self.now, 1)?;
        }
        let Some(slot) = open else {
            return Ok(None);
        };
        let retry = match code {
            ErrorCode::REFUSED_STREAM if local => Retry::NotProcessed,
            _ => Retry::MayHaveBeenProcessed,
        };
        self.end_stream(
            slot,
            Closed::Known,
            StreamEnd {
                code,
                by: EndedBy::Peer,
                retry,
            },
        );
        Ok(None)
    }

    pub(super) fn on_ping(&mut self, head: FrameHead, payload: &[u8]) -> Outcome<'static> {
        if !head.stream.is_connection() {
            return Err(Violation::PingOnStream.into());
        }
        let Ok(payload) = <[u8; 8]>::try_from(payload) else {
            return Err(Violation::PingLength.into());
        };
        if !head.flags.has(Flags::ACK) {
            self.ledger
                .charge(&self.config.limits, Account::Control, self.now, 1)?;
            self.judge_ping()?;
            self.write_ping(Flags::ACK, payload);
            self.count_reply(17);
            return Ok(None);
        }
        let Some((purpose, sent)) = self.pings.answered(payload) else {
            self.ledger
                .charge(&self.config.limits, Account::Control, self.now, 1)?;
            return Ok(None);
        };
        match purpose {
            Purpose::Program => {
                return Ok(Some(Event::Pong {
                    payload,
                    rtt: self.now.saturating_since(sent),
                }));
            }
            Purpose::Keepalive => {
                self.timers.stop(Timer::KeepaliveAnswer);
                self.arm_keepalive();
            }
            Purpose::Tuning => self.on_tuning_answer(),
            Purpose::Shutdown => self.finish_shutdown(),
        }
        Ok(None)
    }

    /// The peer's PING, by the policy on them if there is one.
    fn judge_ping(&mut self) -> Result<(), Fault> {
        let Some(policy) = self.config.limits.pings else {
            return Ok(());
        };
        let frames = &self.stats.frames_sent;
        let sent = frames.of(FrameType::HEADERS) + frames.of(FrameType::DATA);
        let idle = self.counts.live == 0;
        let watch = &mut self.rare.get_or_insert_default().ping_watch;
        if watch.is_too_many(&policy, idle, sent, self.now) {
            return Err(Overdraft(LimitName::Pings).into());
        }
        Ok(())
    }

    fn on_tuning_answer(&mut self) {
        let grown = self
            .tuner
            .as_mut()
            .and_then(|tuner| tuner.on_pong(self.now));
        let Some(window) = grown else { return };
        if window > self.recv_target {
            self.recv_window.give_back(window - self.recv_target);
            self.recv_target = window;
        }
        if window > self.stream_target {
            let more = window - self.stream_target;
            self.stream_target = window;
            let slots: alloc::vec::Vec<u32> = self.store.slots().collect();
            for slot in slots {
                let stream = self.store.at_mut(slot);
                if stream.state.can_receive() {
                    stream.recv.give_back(more);
                    self.updates.push(&mut self.store, slot);
                }
            }
        }
    }

    pub(super) fn write_ping(&mut self, flags: Flags, payload: [u8; 8]) {
        self.stats.frames_sent.count(FrameType::PING);
        frame::write_ping(self.output.arena(), flags, payload);
        let head = FrameHead {
            length: 8,
            kind: FrameType::PING,
            flags,
            stream: StreamId::CONNECTION,
        };
        self.observe(Direction::Out, head, &payload);
    }

    pub(super) fn on_goaway(&mut self, head: FrameHead, payload: &[u8]) -> Outcome<'static> {
        if !head.stream.is_connection() {
            return Err(Violation::GoAwayOnStream.into());
        }
        self.ledger
            .charge(&self.config.limits, Account::Control, self.now, 1)?;
        let GoAway { last, code, debug } = GoAway::parse(payload)?;
        // A value that grows is a lie (RFC 9113 6.8): the least one counts.
        let last = self.goaway_received.map_or(last, |before| before.min(last));
        self.goaway_received = Some(last);
        if code != ErrorCode::NO_ERROR {
            self.goaway_code = code;
        }
        if self.is_client {
            self.end_uncovered(last, code);
        }
        self.wants_open = false;
        let event = Event::GoAway {
            last,
            code,
            debug: Bytes::copy_from_slice(debug),
        };
        self.finish_if_drained();
        Ok(Some(event))
    }

    /// Streams that the peer's GOAWAY does not cover have not been processed.
    fn end_uncovered(&mut self, last: StreamId, code: ErrorCode) {
        let slots: alloc::vec::Vec<u32> = self.store.slots().collect();
        for slot in slots {
            let stream = self.store.at(slot);
            if stream.id > last && stream.bits.has(Bits::LOCAL) {
                let end = StreamEnd {
                    code,
                    by: EndedBy::GoAway,
                    retry: Retry::NotProcessed,
                };
                self.end_stream(slot, Closed::ByUs, end);
            }
        }
    }
}
