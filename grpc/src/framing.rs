//! The Length-Prefixed-Message: a flag, a length and a message (gRPC `doc/PROTOCOL-HTTP2.md`, "Requests").
//!
//! DATA frames may split a stream of messages anywhere. [`Reader`] takes them as they come and hands out whole messages;
//! [`Framed`] is one message ready to send.

mod error;
mod framed;
mod reader;
#[cfg(test)]
mod tests;

pub use error::FramingError;
pub use framed::{Framed, Unsealed};
pub use reader::{Frame, Reader};

/// Octets before every message: the flag, and the length in network order.
pub const PREFIX: usize = 5;

/// The most octets that a received message may have unless something else is set: 4 MiB.
pub const DEFAULT_MAX_RECEIVE: usize = 4 * 1024 * 1024;

/// The most octets that a sent message may have unless something else is set: what the prefix can say.
pub const DEFAULT_MAX_SEND: usize = u32::MAX as usize;
