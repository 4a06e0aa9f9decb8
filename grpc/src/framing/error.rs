//! What can be wrong with the framing of messages.

use crate::{code::Code, status::Status};
use std::fmt;

/// What is wrong with the framing of a stream's messages. The stream cannot be read on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FramingError {
    /// A flag other than 0 and 1.
    Flag(u8),
    /// A message is marked as compressed, but no encoding other than identity was declared.
    CompressedWithoutEncoding,
    /// A received message claims this many octets, more than the limit.
    TooLarge {
        /// What the prefix says, in octets.
        claimed: u32,
        /// What is allowed, in octets.
        limit: usize,
    },
    /// A message to send has this many octets, more than the limit.
    TooLargeToSend {
        /// What the message takes, in octets.
        size: usize,
        /// What is allowed, in octets.
        limit: usize,
    },
    /// The stream ended inside a message.
    Truncated,
}

impl FramingError {
    /// The code of a call that ends by this.
    pub const fn code(self) -> Code {
        match self {
            FramingError::TooLarge { .. } | FramingError::TooLargeToSend { .. } => {
                Code::ResourceExhausted
            }
            FramingError::Flag(_)
            | FramingError::CompressedWithoutEncoding
            | FramingError::Truncated => Code::Internal,
        }
    }
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FramingError::Flag(flag) => {
                write!(f, "message prefix has the flag {flag}, neither 0 nor 1")
            }
            FramingError::CompressedWithoutEncoding => {
                f.write_str("message is marked as compressed, but there is no grpc-encoding")
            }
            FramingError::TooLarge { claimed, limit } => {
                write!(
                    f,
                    "received message larger than max ({claimed} vs. {limit})"
                )
            }
            FramingError::TooLargeToSend { size, limit } => {
                write!(
                    f,
                    "trying to send message larger than max ({size} vs. {limit})"
                )
            }
            FramingError::Truncated => f.write_str("stream ended inside a message"),
        }
    }
}

impl std::error::Error for FramingError {}

impl From<FramingError> for Status {
    fn from(e: FramingError) -> Status {
        Status::local(e.code(), e.to_string())
    }
}
