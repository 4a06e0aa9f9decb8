//! Time: what deadlines exist, and what passes when one has passed.

use super::inner::{Farewell, Inner, Phase};
use super::recv::Fault;
use crate::error::{CloseReason, EndedBy, Retry, StreamEnd, TimeoutKind};
use crate::frame::Flags;
use crate::ping::Purpose;
use crate::stream::{Bits, Closed};
use crate::timer::Timer;
use crate::vocabulary::{ErrorCode, FrameType, Instant};

impl Inner {
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        // What the last stream's end armed does not outlive the connection.
        self.timers.next().filter(|_| self.phase.is_live())
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.tick(now);
        while self.phase.is_live() {
            let Some(timer) = self.timers.take_passed(self.now) else {
                return;
            };
            match timer {
                Timer::Block => self.time_out(TimeoutKind::Block),
                Timer::Drain => self.time_out(TimeoutKind::Shutdown),
                Timer::Idle => self.on_idle(),
                Timer::Keepalive => self.on_silence(),
                Timer::KeepaliveAnswer => self.on_no_answer(),
                Timer::MaxAge => self.go_away(Farewell::Age),
                Timer::Preface => self.time_out(TimeoutKind::Preface),
                Timer::Progress => self.on_progress_timer(),
                Timer::SettingsAck => self.time_out(TimeoutKind::SettingsAck),
                Timer::ShutdownRoundTrip => self.finish_shutdown(),
            }
        }
    }

    fn time_out(&mut self, kind: TimeoutKind) {
        self.fail(CloseReason::Timeout(kind));
    }

    /// The idle deadline runs while no stream is open.
    pub(super) fn arm_idle(&mut self) {
        if let Some(after) = self.config.timers.idle {
            if self.goaway_sent.is_none() && self.phase == Phase::Active {
                self.timers.set(Timer::Idle, self.idle_since + after);
            }
        }
    }

    /// The last stream's end sets the timer anew; only a stream that is open makes it idle talk.
    fn on_idle(&mut self) {
        if self.counts.live == 0 {
            self.go_away(Farewell::Idle);
        }
    }

    pub(super) fn arm_keepalive(&mut self) {
        if let Some(keepalive) = self.config.timers.keepalive {
            self.timers.set(
                Timer::Keepalive,
                self.last_heard.max(self.now) + keepalive.interval,
            );
        }
    }

    /// The keepalive interval has passed since the timer was set: was it silent?
    fn on_silence(&mut self) {
        let Some(keepalive) = self.config.timers.keepalive else {
            return;
        };
        let due = self.last_heard + keepalive.interval;
        if due > self.now {
            self.timers.set(Timer::Keepalive, due);
            return;
        }
        if self.counts.live == 0 && !keepalive.while_idle {
            self.timers
                .set(Timer::Keepalive, self.now + keepalive.interval);
            return;
        }
        if !self.pings.is_full() && self.spoken {
            let payload = self.pings.ours(Purpose::Keepalive, self.now);
            self.write_ping(Flags::NONE, payload);
            self.timers
                .set(Timer::KeepaliveAnswer, self.now + keepalive.timeout);
        } else {
            self.timers
                .set(Timer::Keepalive, self.now + keepalive.interval);
        }
    }

    /// The time for the answer is over. Anything heard since the PING shows that the peer lives.
    fn on_no_answer(&mut self) {
        let Some(keepalive) = self.config.timers.keepalive else {
            return;
        };
        if self.last_heard + keepalive.timeout > self.now {
            self.arm_keepalive();
        } else {
            self.time_out(TimeoutKind::Keepalive);
        }
    }

    /// The progress deadline runs while something is queued: output, or data behind a window.
    #[inline]
    pub(super) fn arm_progress(&mut self) {
        if !self.timers.is_set(Timer::Progress) && self.phase.is_live() {
            if let Some(after) = self.config.timers.progress {
                self.progress_seen = self.output.written() as u32;
                self.progress_data = self.stats.frames_sent.of(FrameType::DATA) as u32;
                self.timers.set(Timer::Progress, self.now + after);
            }
        }
    }

    /// Looks at what was queued at the last look: a stream or connection that has not moved since
    /// has had its time.
    fn on_progress_timer(&mut self) {
        let moved = self.output.written() as u32 != self.progress_seen;
        if !self.output.is_empty() && !moved {
            return self.time_out(TimeoutKind::Progress);
        }
        // DATA behind DATA of ours is not the peer's fault: only windows that it holds are.
        let held = self.blocked_since.is_some()
            && self.progress_data == self.stats.frames_sent.of(FrameType::DATA) as u32;
        let (mut waiting, mut stuck) = (!self.output.is_empty(), alloc::vec::Vec::new());
        for slot in self.store.slots().collect::<alloc::vec::Vec<u32>>() {
            let stream = self.store.at_mut(slot);
            if stream.queued == 0 {
                continue;
            }
            waiting = true;
            let stale = stream.bits.take(Bits::STALE);
            stream.bits.set(Bits::STALE);
            if stale && (held || stream.bits.has(Bits::BLOCKED)) {
                stuck.push(slot);
            }
        }
        for slot in stuck {
            if self.end_stuck(slot).is_err() {
                return self.time_out(TimeoutKind::Progress);
            }
        }
        if waiting {
            self.arm_progress();
        }
    }

    fn end_stuck(&mut self, slot: u32) -> Result<(), Fault> {
        self.charge_stuck()?;
        let id = self.store.at(slot).id;
        self.write_reset(id, ErrorCode::CANCEL);
        let by = EndedBy::Timeout(TimeoutKind::Progress);
        let end = StreamEnd {
            code: ErrorCode::CANCEL,
            by,
            retry: Retry::MayHaveBeenProcessed,
        };
        self.end_stream(slot, Closed::ByUs, end);
        Ok(())
    }

    fn charge_stuck(&mut self) -> Result<(), Fault> {
        self.ledger.charge(
            &self.config.limits,
            crate::limits::Account::Resets,
            self.now,
            1,
        )?;
        Ok(())
    }
}
