//! Brings a stream into each of the states of RFC 9113 5.1.

use super::Session;
use crate::cases::outcome::Outcome;
use crate::cases::wire::Wish;
use crate::raw::wire::{code, setting};
use crate::raw::{RawFrame, Received, Role};

/// The state of a stream, as the implementation under test sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cases) enum State {
    Idle,
    Open,
    HalfClosedRemote,
    HalfClosedLocal,
    /// Closed: both sides have sent END_STREAM.
    Ended,
    /// Closed: this peer has sent RST_STREAM.
    ResetByPeer,
    /// Closed: the implementation has sent RST_STREAM.
    ResetBySelf,
}

impl State {
    pub(in crate::cases) const ALL: [Self; 7] = [
        Self::Idle,
        Self::Open,
        Self::HalfClosedRemote,
        Self::HalfClosedLocal,
        Self::Ended,
        Self::ResetByPeer,
        Self::ResetBySelf,
    ];

    /// The part of an id.
    pub(in crate::cases) fn slug(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Open => "open",
            Self::HalfClosedRemote => "half-closed-remote",
            Self::HalfClosedLocal => "half-closed-local",
            Self::Ended => "closed",
            Self::ResetByPeer => "closed-by-their-reset",
            Self::ResetBySelf => "closed-by-our-reset",
        }
    }

    /// In words.
    pub(in crate::cases) fn words(self) -> &'static str {
        match self {
            Self::Idle => "an idle stream",
            Self::Open => "an open stream",
            Self::HalfClosedRemote => "a half-closed (remote) stream",
            Self::HalfClosedLocal => "a half-closed (local) stream",
            Self::Ended => "a stream that both sides ended",
            Self::ResetByPeer => "a stream that the sender reset",
            Self::ResetBySelf => "a stream that the receiver reset",
        }
    }
}

impl Session<'_> {
    /// Performs the handshake and brings a stream into a state.
    ///
    /// # Errors
    /// If the implementation does not do its part, or cannot be brought there.
    pub(in crate::cases) fn start_in(&mut self, state: State) -> Result<u32, Outcome> {
        // Without a window the answer to a GET cannot end.
        let stuck = state == State::HalfClosedRemote && self.role() == Role::Server;
        let settings: &[(u16, u32)] = if stuck {
            &[(setting::INITIAL_WINDOW_SIZE, 0)]
        } else {
            &[]
        };
        self.start_with(settings)?;
        let id = match (state, self.role()) {
            (State::Idle, _) => self.idle(),
            (State::Open, Role::Server) => self.post(),
            (State::Open, Role::Client) => {
                let id = self.hold_upload()?;
                self.respond(id, "200", false);
                id
            }
            (State::HalfClosedRemote, Role::Server) => self.stuck_get()?,
            (State::HalfClosedRemote, Role::Client) => {
                let id = self.hold_upload()?;
                self.respond(id, "200", true);
                id
            }
            (State::HalfClosedLocal, Role::Server) => {
                self.wish(Wish::AnswerAndListen)?;
                let id = self.post();
                self.answer(id)?;
                id
            }
            (State::HalfClosedLocal, Role::Client) => self.exchange()?,
            (State::Ended, Role::Server) => {
                let id = self.get();
                self.answer(id)?;
                id
            }
            (State::Ended, Role::Client) => {
                let head = self.ask(Wish::Get)?;
                self.respond(head.stream, "200", true);
                head.stream
            }
            (State::ResetByPeer, _) => {
                let id = self.exchange()?;
                self.send(&RawFrame::rst_stream(id, code::CANCEL));
                id
            }
            (State::ResetBySelf, _) => self.reset_by_them()?,
        };
        Ok(id)
    }

    /// Server under test: a GET whose answer cannot end, since our window is 0.
    ///
    /// # Errors
    /// If the answer has no content, or the head of the answer waits for it.
    pub(in crate::cases) fn stuck_get(&mut self) -> Result<u32, Outcome> {
        let id = self.get();
        let head =
            self.wait_for(|item| matches!(item, Received::Headers(head) if head.stream == id));
        match head {
            Some(Received::Headers(head)) if !head.end_stream => Ok(id),
            None if self.obeys() || self.ended || self.peer.fault().is_some() => {
                Err(self.missing("the head of a response"))
            }
            None => Err(Outcome::skipped(
                "the head of an answer waits for its content",
            )),
            _ => Err(Outcome::skipped("the answer to GET has no content")),
        }
    }

    fn reset_by_them(&mut self) -> Result<u32, Outcome> {
        let id = self.exchange()?;
        self.flush();
        // The stream must be known to the application before it can reset it.
        self.ping()?;
        if !self.wire.wish(&Wish::Reset(id)) {
            // An overflow is the stream error that most implementations answer as one.
            self.send(&RawFrame::window_update(id, 0x7fff_ffff));
        }
        let reset = self.wait_for(
            |item| matches!(item, Received::Rst { stream, code } if *stream == id && *code != code::NO_ERROR),
        );
        match reset {
            Some(_) => Ok(id),
            None => Err(Outcome::skipped("it resets no stream")),
        }
    }
}
