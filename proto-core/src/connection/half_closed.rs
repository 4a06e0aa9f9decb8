//! The peer has ended its side of the transport: nothing comes any more, and a server may still answer.

use super::inner::{Inner, Phase};
use super::input::Rx;
use crate::error::{CloseReason, EndedBy, Retry, StreamEnd};
use crate::stream::Closed;
use crate::timer::Timer;
use crate::vocabulary::{ErrorCode, Instant};

/// Deadlines for what the peer can no longer do.
const FOR_THE_PEER: [Timer; 8] = [
    Timer::Block,
    Timer::Idle,
    Timer::Keepalive,
    Timer::KeepaliveAnswer,
    Timer::MaxAge,
    Timer::Preface,
    Timer::SettingsAck,
    Timer::ShutdownRoundTrip,
];

impl Inner {
    /// The peer ended its side of the transport.
    pub(crate) fn handle_eof(&mut self, now: Instant) {
        self.tick(now);
        match self.phase {
            Phase::Active => {}
            Phase::HalfClosed => return,
            Phase::Inert | Phase::Over => {
                self.close_now |= self.output.is_empty();
                return;
            }
        }
        let in_between =
            matches!(self.rx, Rx::Head) && self.partial_len == 0 && self.block.is_none();
        if self.counts.live == 0 && in_between {
            // A GOAWAY would have ended a connection without streams already.
            debug_assert!(self.goaway_received.is_none());
            self.close_with(CloseReason::Finished);
        } else if self.may_still_answer() {
            self.half_close();
        } else {
            self.fail(CloseReason::Eof);
        }
    }

    /// Whether the peer may be waiting for answers: one that said that something is broken is not.
    fn may_still_answer(&self) -> bool {
        !self.is_client
            && !self.config.eof_ends_streams
            && self.counts.live != 0
            && self.goaway_code == ErrorCode::NO_ERROR
    }

    /// Requests that are complete are answered as far as the windows reach; the others end. The peer
    /// may as well be gone: the GOAWAY finds out, for a closed socket answers it with a reset.
    fn half_close(&mut self) {
        self.phase = Phase::HalfClosed;
        self.block = None;
        self.payload = alloc::vec::Vec::new();
        for timer in FOR_THE_PEER {
            self.timers.stop(timer);
        }
        for slot in self.store.slots().collect::<alloc::vec::Vec<u32>>() {
            let stream = self.store.at(slot);
            let blocked = stream.queued != 0 && stream.send_window.available() == 0;
            if stream.state.can_receive() || blocked {
                self.cut_short(slot);
            }
        }
        if self.phase != Phase::HalfClosed {
            return;
        }
        if let Some(after) = self.config.timers.drain {
            if !self.timers.is_set(Timer::Drain) {
                self.timers.set(Timer::Drain, self.now + after);
            }
        }
        let last = self.last_peer_id;
        self.write_goaway(
            last,
            ErrorCode::NO_ERROR,
            self.farewell.text(self.is_client),
        );
        self.finish_if_drained();
    }

    /// Ends a stream that cannot come to its end, for the peer has ended its side.
    pub(super) fn cut_short(&mut self, slot: u32) {
        let stream = self.store.at(slot);
        let (id, answered) = (stream.id, !stream.state.can_send());
        // A complete answer stands, though its request was not (RFC 9113 8.1).
        let code = match answered {
            true => ErrorCode::NO_ERROR,
            false => ErrorCode::CANCEL,
        };
        self.cut_short = true;
        self.write_reset(id, code);
        let end = StreamEnd {
            code,
            by: EndedBy::Connection,
            retry: Retry::MayHaveBeenProcessed,
        };
        self.end_stream(slot, Closed::ByUs, end);
    }

    /// The connection's window is used up for ever: so is all that waits for it.
    #[cold]
    pub(super) fn end_unsendable(&mut self) {
        while let Some(slot) = self.urgency.pick(&self.store) {
            self.cut_short(slot);
        }
    }
}
