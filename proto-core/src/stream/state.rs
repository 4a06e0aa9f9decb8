//! RFC 9113 5.1 as a total pure function.
//!
//! ```text
//!                              +--------+
//!                      send PP |        | recv PP
//!                     ,--------+  idle  +--------.
//!                    /         |        |         \
//!                   v          +--------+          v
//!            +----------+          |           +----------+
//!            |          |          | send H /  |          |
//!     ,------+ reserved |          | recv H    | reserved +------.
//!     |      | (local)  |          |           | (remote) |      |
//!     |      +---+------+          v           +------+---+      |
//!     |          |             +--------+             |          |
//!     |          |     recv ES |        | send ES     |          |
//!     |   send H |     ,-------+  open  +-------.     | recv H   |
//!     |          |    /        |        |        \    |          |
//!     |          v   v         +---+----+         v   v          |
//!     |      +----------+          |           +----------+      |
//!     |      |   half-  |          |           |   half-  |      |
//!     |      |  closed  |          | send R /  |  closed  |      |
//!     |      | (remote) |          | recv R    | (local)  |      |
//!     |      +----+-----+          |           +-----+----+      |
//!     |           | send ES /      |       recv ES / |           |
//!     |           | send R /       v       send R /  |           |
//!     |           | recv R     +--------+  recv R    |           |
//!     |  send R   `----------->|        |<-----------'  send R / |
//!     |  recv R                | closed |               recv R   |
//!     `----------------------->|        |<-----------------------'
//!                              +--------+
//! ```
//! H: HEADERS, PP: PUSH_PROMISE (which reserves), ES: END_STREAM, R: RST_STREAM.

/// The state of a stream (RFC 9113 5.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum State {
    /// Not opened yet.
    Idle,
    /// Promised by us.
    ReservedLocal,
    /// Promised by the peer.
    ReservedRemote,
    /// Both sides may send.
    Open,
    /// We have ended.
    HalfClosedLocal,
    /// The peer has ended.
    HalfClosedRemote,
    /// Over.
    Closed,
}

/// What may happen to a stream. A HEADERS or DATA frame with END_STREAM is two inputs: the frame,
/// then the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Input {
    /// We send HEADERS.
    SendHeaders,
    /// We send DATA.
    SendData,
    /// We send END_STREAM.
    SendEnd,
    /// We send RST_STREAM.
    SendReset,
    /// We promise the stream.
    SendPromise,
    /// We send WINDOW_UPDATE.
    SendWindowUpdate,
    /// The peer sends HEADERS.
    RecvHeaders,
    /// The peer sends DATA.
    RecvData,
    /// The peer sends END_STREAM.
    RecvEnd,
    /// The peer sends RST_STREAM.
    RecvReset,
    /// The peer promises the stream.
    RecvPromise,
    /// The peer sends WINDOW_UPDATE.
    RecvWindowUpdate,
    /// The peer sends PRIORITY.
    RecvPriority,
}

/// Why an input does not fit the state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Refusal {
    /// The frame is dropped without a word.
    Ignore,
    /// Connection error PROTOCOL_ERROR.
    Protocol,
    /// Connection error STREAM_CLOSED.
    ClosedConnection,
    /// Stream error STREAM_CLOSED.
    ClosedStream,
    /// We must not send that.
    NotOurs,
}

impl State {
    /// The next state, or why there is none. Total: every pair has its line.
    ///
    /// # Errors
    /// The refusal that RFC 9113 5.1 prescribes for the pair.
    pub const fn next(self, input: Input) -> Result<Self, Refusal> {
        use Input::*;
        match (self, input) {
            (Self::Idle, SendHeaders | RecvHeaders) => Ok(Self::Open),
            (Self::Idle, SendPromise) => Ok(Self::ReservedLocal),
            (Self::Idle, RecvPromise) => Ok(Self::ReservedRemote),
            (Self::Idle, RecvPriority) => Ok(Self::Idle),
            (Self::Idle, SendData | SendEnd | SendReset | SendWindowUpdate) => {
                Err(Refusal::NotOurs)
            }
            (Self::Idle, RecvData | RecvEnd | RecvReset | RecvWindowUpdate) => {
                Err(Refusal::Protocol)
            }

            (Self::ReservedLocal, SendHeaders) => Ok(Self::HalfClosedRemote),
            (Self::ReservedLocal, SendReset | RecvReset) => Ok(Self::Closed),
            (Self::ReservedLocal, RecvPriority | RecvWindowUpdate) => Ok(Self::ReservedLocal),
            (Self::ReservedLocal, SendData | SendEnd | SendPromise | SendWindowUpdate) => {
                Err(Refusal::NotOurs)
            }
            (Self::ReservedLocal, RecvHeaders | RecvData | RecvEnd | RecvPromise) => {
                Err(Refusal::Protocol)
            }

            (Self::ReservedRemote, RecvHeaders) => Ok(Self::HalfClosedLocal),
            (Self::ReservedRemote, SendReset | RecvReset) => Ok(Self::Closed),
            (Self::ReservedRemote, SendWindowUpdate | RecvPriority) => Ok(Self::ReservedRemote),
            (Self::ReservedRemote, SendHeaders | SendData | SendEnd | SendPromise) => {
                Err(Refusal::NotOurs)
            }
            (Self::ReservedRemote, RecvData | RecvEnd | RecvPromise | RecvWindowUpdate) => {
                Err(Refusal::Protocol)
            }

            (
                Self::Open,
                SendHeaders | SendData | SendWindowUpdate | RecvHeaders | RecvData
                | RecvWindowUpdate | RecvPriority,
            ) => Ok(Self::Open),
            (Self::Open, SendEnd) => Ok(Self::HalfClosedLocal),
            (Self::Open, RecvEnd) => Ok(Self::HalfClosedRemote),
            (Self::Open, SendReset | RecvReset) => Ok(Self::Closed),
            (Self::Open, SendPromise) => Err(Refusal::NotOurs),
            (Self::Open, RecvPromise) => Err(Refusal::Protocol),

            (
                Self::HalfClosedLocal,
                SendWindowUpdate | RecvHeaders | RecvData | RecvWindowUpdate | RecvPriority,
            ) => Ok(Self::HalfClosedLocal),
            (Self::HalfClosedLocal, RecvEnd | SendReset | RecvReset) => Ok(Self::Closed),
            (Self::HalfClosedLocal, SendHeaders | SendData | SendEnd | SendPromise) => {
                Err(Refusal::NotOurs)
            }
            (Self::HalfClosedLocal, RecvPromise) => Err(Refusal::Protocol),

            (
                Self::HalfClosedRemote,
                SendHeaders | SendData | SendWindowUpdate | RecvWindowUpdate | RecvPriority,
            ) => Ok(Self::HalfClosedRemote),
            (Self::HalfClosedRemote, SendEnd | SendReset | RecvReset) => Ok(Self::Closed),
            (Self::HalfClosedRemote, SendPromise) => Err(Refusal::NotOurs),
            (Self::HalfClosedRemote, RecvHeaders | RecvData | RecvEnd) => {
                Err(Refusal::ClosedStream)
            }
            (Self::HalfClosedRemote, RecvPromise) => Err(Refusal::Protocol),

            (Self::Closed, RecvPriority) => Ok(Self::Closed),
            (Self::Closed, RecvWindowUpdate | RecvReset) => Err(Refusal::Ignore),
            (Self::Closed, RecvHeaders | RecvData | RecvEnd) => Err(Refusal::ClosedConnection),
            (Self::Closed, RecvPromise) => Err(Refusal::Protocol),
            (
                Self::Closed,
                SendHeaders | SendData | SendEnd | SendReset | SendPromise | SendWindowUpdate,
            ) => Err(Refusal::NotOurs),
        }
    }

    /// Whether we may still send HEADERS or DATA.
    #[inline]
    pub const fn can_send(self) -> bool {
        matches!(self, Self::Open | Self::HalfClosedRemote)
    }

    /// Whether the peer may still send HEADERS or DATA.
    #[inline]
    pub const fn can_receive(self) -> bool {
        matches!(self, Self::Open | Self::HalfClosedLocal)
    }

    /// Whether the stream is over.
    #[inline]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Closed)
    }

    /// After our END_STREAM.
    #[inline]
    pub(crate) const fn ended_by_us(self) -> Self {
        match self.next(Input::SendEnd) {
            Ok(state) => state,
            Err(_) => Self::Closed,
        }
    }

    /// After the peer's END_STREAM.
    #[inline]
    pub(crate) const fn ended_by_peer(self) -> Self {
        match self.next(Input::RecvEnd) {
            Ok(state) => state,
            Err(_) => Self::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, Refusal, State};

    const STATES: [State; 7] = [
        State::Idle,
        State::ReservedLocal,
        State::ReservedRemote,
        State::Open,
        State::HalfClosedLocal,
        State::HalfClosedRemote,
        State::Closed,
    ];

    const INPUTS: [Input; 13] = [
        Input::SendHeaders,
        Input::SendData,
        Input::SendEnd,
        Input::SendReset,
        Input::SendPromise,
        Input::SendWindowUpdate,
        Input::RecvHeaders,
        Input::RecvData,
        Input::RecvEnd,
        Input::RecvReset,
        Input::RecvPromise,
        Input::RecvWindowUpdate,
        Input::RecvPriority,
    ];

    /// RFC 9113 5.1 as a table of its own, a line for each state of `STATES`, a letter for each input
    /// of `INPUTS`. A state has the letter that begins it (`l`, `r`: reserved, `L`, `R`: half closed,
    /// by us and by the peer), a refusal has `!` not ours, `-` ignored, `P` protocol, `C` and `S`
    /// closed, an error of the connection and of the stream.
    const TABLE: [&str; 7] = [
        "o!!!l! oPPPrPi",
        "R!!c!! PPPcPll",
        "!!!c!r LPPcPPr",
        "ooLc!o ooRcPoo",
        "!!!c!L LLccPLL",
        "RRcc!R SSScPRR",
        "!!!!!! CCC-P-c",
    ];

    fn letter(result: Result<State, Refusal>) -> char {
        match result {
            Ok(State::Idle) => 'i',
            Ok(State::ReservedLocal) => 'l',
            Ok(State::ReservedRemote) => 'r',
            Ok(State::Open) => 'o',
            Ok(State::HalfClosedLocal) => 'L',
            Ok(State::HalfClosedRemote) => 'R',
            Ok(State::Closed) => 'c',
            Err(Refusal::NotOurs) => '!',
            Err(Refusal::Ignore) => '-',
            Err(Refusal::Protocol) => 'P',
            Err(Refusal::ClosedConnection) => 'C',
            Err(Refusal::ClosedStream) => 'S',
        }
    }

    #[test]
    fn every_state_with_every_input() {
        for (state, line) in STATES.into_iter().zip(TABLE) {
            let expected: alloc::string::String = line.split(' ').collect();
            let found: alloc::string::String = INPUTS
                .map(|input| letter(state.next(input)))
                .iter()
                .collect();
            assert_eq!(found, expected, "{state:?}");
        }
    }

    #[test]
    fn what_may_be_asked_of_a_state_is_what_its_line_says() {
        for state in STATES {
            let open = !matches!(
                state,
                State::Idle | State::ReservedLocal | State::ReservedRemote
            );
            let data = |input| open && state.next(input).is_ok();
            assert_eq!(state.can_send(), data(Input::SendData), "{state:?}");
            assert_eq!(state.can_receive(), data(Input::RecvData), "{state:?}");
            assert_eq!(state.is_closed(), state == State::Closed);
            let end = |input| state.next(input).unwrap_or(State::Closed);
            assert_eq!(state.ended_by_us(), end(Input::SendEnd));
            assert_eq!(state.ended_by_peer(), end(Input::RecvEnd));
        }
    }

    /// The mirror image of an input, seen from the other end.
    fn mirror(input: Input) -> Option<Input> {
        use Input::*;
        Some(match input {
            SendHeaders => RecvHeaders,
            SendData => RecvData,
            SendEnd => RecvEnd,
            SendReset => RecvReset,
            SendPromise => RecvPromise,
            SendWindowUpdate => RecvWindowUpdate,
            _ => return None,
        })
    }

    fn mirror_state(state: State) -> State {
        match state {
            State::ReservedLocal => State::ReservedRemote,
            State::ReservedRemote => State::ReservedLocal,
            State::HalfClosedLocal => State::HalfClosedRemote,
            State::HalfClosedRemote => State::HalfClosedLocal,
            same => same,
        }
    }

    #[test]
    fn both_ends_agree() {
        use Input::*;
        for state in STATES {
            for input in [SendHeaders, SendData, SendEnd, SendReset, SendPromise] {
                // What we may send, the peer may receive, and both get to mirrored states.
                if let (Ok(next), Some(mirrored)) = (state.next(input), mirror(input)) {
                    assert_eq!(
                        mirror_state(state).next(mirrored),
                        Ok(mirror_state(next)),
                        "{state:?} {input:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn nothing_leaves_closed() {
        for input in [
            Input::SendHeaders,
            Input::SendData,
            Input::RecvHeaders,
            Input::RecvData,
            Input::RecvReset,
        ] {
            assert!(State::Closed.next(input).is_err());
        }
        assert_eq!(
            State::HalfClosedRemote.next(Input::RecvData),
            Err(Refusal::ClosedStream)
        );
        assert_eq!(
            State::Idle.next(Input::RecvWindowUpdate),
            Err(Refusal::Protocol)
        );
    }
}
