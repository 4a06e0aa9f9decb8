//! A call, seen from the client: deadline, status, and the messages that attempts share.
//!
//! A call owns 1 to n attempts, one after the other, and decides by their verdicts whether there is another. It knows
//! nothing of connections: the channel gives it one.

use crate::{
    attempt::{AttemptCore, AttemptEvent, Outcome, Response},
    code::Code,
    framing::Framed,
    inbound::Unread,
    message::Arrived,
    metadata::Metadata,
    outgoing::Outgoing,
    serve::SendState,
    status::{ConnError, Status},
    timeout::TimeoutValue,
    wire::{
        ConnId, ErrorCode, Instant, OpenRefused, Processed, RequestHead, StreamEvent, StreamRef,
        Wire,
    },
};
use std::{borrow::Cow, sync::Arc};

/// Octets of messages kept for another attempt; with more the call is committed to the one it has.
pub const REPLAY_LIMIT: usize = 256 * 1024;

/// Octets that a call without a stream takes before it is full.
const UNSENT_MARK: usize = 64 * 1024;

/// What a call is.
#[derive(Clone, Debug)]
pub struct CallSpec {
    /// `:path`.
    pub path: Cow<'static, str>,
    /// `:authority`; `None` is the channel's.
    pub authority: Option<Arc<str>>,
    /// All other fields but `grpc-timeout`, the protocol's own included.
    pub head: Metadata,
    /// When the call ends at the latest.
    pub deadline: Option<Instant>,
    /// Whether to wait while the server cannot be reached, instead of failing.
    pub wait_for_ready: bool,
    /// How the response is received.
    pub response: Response,
}

/// What a call tells.
#[derive(Debug)]
pub enum CallEvent<'i> {
    /// The call has a stream, on which this head was sent.
    Opened(&'i Metadata),
    /// The response's head. Not for a response that has nothing else.
    Headers(Metadata),
    /// A message.
    Message(Arrived<'i>),
    /// There is room for messages again.
    Writable,
    /// The call is over. Once, and last.
    Ended {
        /// How.
        result: Result<(), Status>,
        /// The trailers.
        trailers: Metadata,
    },
}

/// What is to be done with a call after an event.
#[derive(Debug)]
pub enum Verdict {
    /// Nothing.
    Going,
    /// The attempt is over and may be made again.
    Again,
    /// The connection is lost: the call ends with its error once that is known.
    Lost,
    /// It has ended, and has said so.
    Ended,
}

/// One call.
pub struct CallCore {
    spec: CallSpec,
    outgoing: Outgoing,
    attempt: Option<(ConnId, AttemptCore)>,
    /// Messages wanted and not handed up.
    wanted: u32,
    /// What was handed up, or the messages let go, make another attempt impossible.
    committed: bool,
    /// The one transparent retry of what a peer has seen and refused.
    retried: bool,
    full: bool,
}

impl CallCore {
    /// A call without an attempt.
    pub fn new(spec: CallSpec) -> CallCore {
        CallCore {
            spec,
            outgoing: Outgoing::default(),
            attempt: None,
            wanted: 0,
            committed: false,
            retried: false,
            full: false,
        }
    }

    /// What the call is.
    pub fn spec(&self) -> &CallSpec {
        &self.spec
    }

    /// Where the call's stream is.
    pub fn place(&self) -> Option<(ConnId, StreamRef)> {
        self.attempt
            .as_ref()
            .map(|(conn, attempt)| (*conn, attempt.stream()))
    }

    /// Makes an attempt on a connection.
    ///
    /// # Errors
    /// See [`OpenRefused`]; the call is as it was.
    pub fn open(
        &mut self,
        now: Instant,
        conn: ConnId,
        wire: &mut dyn Wire,
        default: (&str, bool),
        unread: &Unread,
        out: &mut dyn FnMut(CallEvent<'_>),
    ) -> Result<(), OpenRefused> {
        let timeout = self
            .spec
            .deadline
            .map(|deadline| TimeoutValue::new(deadline.saturating_since(now)));
        let (authority, https) = default;
        let head = RequestHead {
            path: self.spec.path.as_bytes(),
            authority: self
                .spec
                .authority
                .as_deref()
                .unwrap_or(authority)
                .as_bytes(),
            https,
            fields: &self.spec.head,
            timeout: timeout.as_ref().map_or(b"", TimeoutValue::as_bytes),
        };
        let attempt = AttemptCore::open(wire, &head, self.spec.response.clone(), unread)?;
        self.attempt = Some((conn, attempt));
        self.pump(wire, out);
        if let (Some((_, attempt)), true) = (&mut self.attempt, self.wanted > 0) {
            attempt.want(Some(wire), self.wanted, &mut |_| {});
        }
        Ok(())
    }

    fn pump(&mut self, wire: &mut dyn Wire, out: &mut dyn FnMut(CallEvent<'_>)) {
        let Some((_, attempt)) = &mut self.attempt else {
            return;
        };
        let all = attempt.pump(wire, &self.outgoing);
        self.committed |= self.outgoing.octets() > REPLAY_LIMIT;
        if self.committed {
            self.outgoing.let_go(attempt.cursor());
        }
        if all && self.full {
            self.full = false;
            out(CallEvent::Writable);
        }
    }

    /// Sends a message; with `end` it is the last.
    pub fn send(&mut self, wire: Option<&mut dyn Wire>, message: Framed, end: bool) -> SendState {
        self.outgoing.push(message.into_bytes(), end);
        match wire {
            Some(wire) => self.pump(wire, &mut |_| {}),
            None => self.committed |= self.outgoing.octets() > REPLAY_LIMIT,
        }
        self.full = match &self.attempt {
            Some((_, attempt)) => attempt.is_blocked(),
            None => self.outgoing.octets() > UNSENT_MARK,
        };
        if self.full {
            SendState::Full
        } else {
            SendState::Room
        }
    }

    /// No message follows.
    pub fn half_close(&mut self, wire: Option<&mut dyn Wire>) {
        self.outgoing.end();
        if let Some(wire) = wire {
            self.pump(wire, &mut |_| {});
        }
    }

    /// `more` messages are wanted.
    pub fn want(
        &mut self,
        now: Instant,
        wire: Option<&mut dyn Wire>,
        more: u32,
        out: &mut dyn FnMut(CallEvent<'_>),
    ) -> Verdict {
        self.wanted = self.wanted.saturating_add(more);
        let Some((_, attempt)) = &mut self.attempt else {
            return Verdict::Going;
        };
        let mut outcome = None;
        let (wanted, committed) = (&mut self.wanted, &mut self.committed);
        attempt.want(wire, more, &mut |event| {
            hand_up(event, wanted, committed, &mut outcome, out);
        });
        self.settle(now, outcome, out)
    }

    /// Something happened to the call's stream.
    pub fn on_stream(
        &mut self,
        now: Instant,
        wire: &mut dyn Wire,
        event: StreamEvent<'_>,
        out: &mut dyn FnMut(CallEvent<'_>),
    ) -> Verdict {
        let writable = matches!(event, StreamEvent::Writable);
        let Some((_, attempt)) = &mut self.attempt else {
            return Verdict::Going;
        };
        let mut outcome = None;
        let (wanted, committed) = (&mut self.wanted, &mut self.committed);
        attempt.on_event(wire, event, &mut |event| {
            hand_up(event, wanted, committed, &mut outcome, out);
        });
        if *committed {
            self.outgoing.let_go(attempt.cursor());
        }
        if writable {
            self.pump(wire, out);
        }
        self.settle(now, outcome, out)
    }

    fn settle(
        &mut self,
        now: Instant,
        outcome: Option<Outcome>,
        out: &mut dyn FnMut(CallEvent<'_>),
    ) -> Verdict {
        let Some(outcome) = outcome else {
            return Verdict::Going;
        };
        self.attempt = None;
        let again = match outcome.processed {
            Processed::NeverSent => true,
            Processed::No => !self.retried,
            Processed::Perhaps => false,
        };
        if again && !self.committed {
            self.retried |= outcome.processed == Processed::No;
            return Verdict::Again;
        }
        if outcome.lost {
            return Verdict::Lost;
        }
        let cancelled = outcome.reset == Some(ErrorCode::CANCEL.0);
        let result = if cancelled && self.is_late(now) {
            Err(deadline_exceeded())
        } else {
            outcome.result
        };
        out(CallEvent::Ended {
            result,
            trailers: outcome.trailers,
        });
        Verdict::Ended
    }

    /// Whether the deadline has passed.
    pub fn is_late(&self, now: Instant) -> bool {
        self.spec.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Gives the call up, without a word.
    pub fn cancel(&mut self, wire: Option<&mut dyn Wire>) {
        if let (Some((_, mut attempt)), Some(wire)) = (self.attempt.take(), wire) {
            attempt.cancel(wire);
        }
    }
}

/// The status of a call whose deadline has passed.
pub fn deadline_exceeded() -> Status {
    Status::local(Code::DeadlineExceeded, "deadline exceeded")
}

/// The status of a call whose connection was lost.
pub fn lost(why: &Arc<ConnError>) -> Status {
    Status::transport(Arc::clone(why))
}

fn hand_up(
    event: AttemptEvent<'_>,
    wanted: &mut u32,
    committed: &mut bool,
    outcome: &mut Option<Outcome>,
    out: &mut dyn FnMut(CallEvent<'_>),
) {
    match event {
        AttemptEvent::Headers(fields) => {
            *committed = true;
            out(CallEvent::Headers(fields));
        }
        AttemptEvent::Message(message) => {
            *committed = true;
            *wanted = wanted.saturating_sub(1);
            out(CallEvent::Message(message));
        }
        AttemptEvent::Ended(ended) => *outcome = Some(ended),
    }
}
