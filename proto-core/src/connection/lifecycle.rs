//! The connection's own life: shutting down, pinging, what the transport should do.

use super::inner::{Farewell, Inner, Phase};
use crate::error::{CloseReason, PingError};
use crate::frame::Flags;
use crate::ping::Purpose;
use crate::timer::Timer;
use crate::vocabulary::{ErrorCode, Instant, StreamId};

/// When the transport is to be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Close {
    /// Not yet.
    No,
    /// Once the output is written; then linger: shut the writing side, read and discard for a
    /// while, or the peer loses the last bytes.
    AfterFlush,
    /// Now.
    Now,
}

/// What a connection wants of its transport.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interest {
    /// Input is welcome; not while replies are at their limit.
    pub read: bool,
    /// `transmit` has something to write.
    pub write: bool,
    /// Whether to close.
    pub close: Close,
}

impl Inner {
    pub(crate) fn interest(&self) -> Interest {
        // Without credit, what waits after the peer's end is ended.
        let has_data = !self.urgency.is_empty()
            && (self.send_window.available() > 0 || self.phase == Phase::HalfClosed);
        let has_credit = !self.updates.is_empty() || self.recv_window.is_due(self.recv_target);
        let of_itself = has_data || (has_credit && self.spoken) || self.wants_tuning_ping();
        Interest {
            read: self.phase == Phase::Active && !self.replies_are_full(),
            write: !self.output.is_empty() || (self.phase.is_live() && of_itself),
            close: match self.phase {
                Phase::Active | Phase::HalfClosed => Close::No,
                _ if self.close_now => Close::Now,
                _ => Close::AfterFlush,
            },
        }
    }

    /// Starts a graceful end: what is open may finish, nothing new is taken.
    pub(crate) fn shutdown(&mut self, now: Instant) {
        self.tick(now);
        self.go_away(Farewell::Asked);
    }

    pub(super) fn go_away(&mut self, why: Farewell) {
        if self.phase != Phase::Active || self.goaway_sent.is_some() {
            return;
        }
        self.farewell = why;
        self.ensure_spoken();
        if let Some(after) = self.config.timers.drain {
            self.timers.set(Timer::Drain, self.now + after);
        }
        self.timers.stop(Timer::Idle);
        self.timers.stop(Timer::MaxAge);
        if self.is_client {
            let last = self.last_peer_id;
            self.write_goaway(last, ErrorCode::NO_ERROR, why.text(self.is_client));
            self.finish_if_drained();
            return;
        }
        // Requests may be on their way: they are still taken until a round trip has passed
        // (RFC 9113 6.8).
        self.write_goaway(StreamId::MAX, ErrorCode::NO_ERROR, why.text(self.is_client));
        let payload = self.pings.ours(Purpose::Shutdown, self.now);
        self.write_ping(Flags::NONE, payload);
        self.timers.set(
            Timer::ShutdownRoundTrip,
            self.now + self.config.timers.shutdown_round_trip,
        );
    }

    /// The round trip has passed: no request can be on its way that does not know.
    pub(super) fn finish_shutdown(&mut self) {
        self.timers.stop(Timer::ShutdownRoundTrip);
        if self.goaway_sent == Some(StreamId::MAX) {
            let last = self.last_peer_id;
            self.write_goaway(
                last,
                ErrorCode::NO_ERROR,
                self.farewell.text(self.is_client),
            );
            self.finish_if_drained();
        }
    }

    /// Ends the connection at once.
    pub(crate) fn close(&mut self, now: Instant, code: ErrorCode) {
        self.tick(now);
        self.fail(CloseReason::Closed(code));
    }

    /// Sends a PING of the program's.
    pub(crate) fn ping(&mut self, now: Instant, payload: [u8; 8]) -> Result<(), PingError> {
        self.tick(now);
        if self.phase != Phase::Active || self.pings.is_full() {
            return Err(PingError);
        }
        self.ensure_spoken();
        self.pings.sent(payload, self.now);
        self.write_ping(Flags::NONE, payload);
        Ok(())
    }
}
