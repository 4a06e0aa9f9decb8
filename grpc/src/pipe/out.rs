//! What a thread says to the loop.

use crate::{framing::Framed, metadata::Metadata, status::Status};

/// What a thread says to the loop about a call.
#[derive(Debug)]
pub enum Out {
    /// Server: the response's head, with these fields of the application's.
    Head(Metadata),
    /// A message; whether it is the last.
    Message(Framed, bool),
    /// Client: no message follows.
    HalfClose,
    /// Client: the call is given up.
    Cancel(Status),
    /// Server: the call's reactor is to be woken.
    Wake,
    /// Server: the call ends.
    Finish {
        /// How.
        result: Result<(), Status>,
        /// What the head would have held, had it been sent.
        head: Metadata,
        /// The application's trailers.
        trailers: Metadata,
    },
}
