//! Sending without waiting.

use crate::status::Status;

/// Why a message was not sent.
#[derive(Debug)]
pub enum TrySend {
    /// There is no room now.
    Full,
    /// The call has ended, or the message cannot be sent.
    Ended(Status),
}
