//! Why a call was given up.

use crate::{code::Code, status::Status};
use std::fmt;

/// Why a served call was given up before its handler had ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cancel {
    /// Its deadline passed.
    Deadline,
    /// The client reset its stream, with this HTTP/2 error code.
    PeerReset(u32),
    /// The connection was lost.
    ConnectionLost,
    /// The server is being shut down.
    Shutdown,
    /// This side gave up: the request broke a rule, or a limit was passed.
    Local,
}

impl Cancel {
    /// The status of a call that ends by this.
    pub fn status(self) -> Status {
        let code = match self {
            Cancel::Deadline => Code::DeadlineExceeded,
            Cancel::Shutdown => Code::Unavailable,
            Cancel::PeerReset(_) | Cancel::ConnectionLost | Cancel::Local => Code::Cancelled,
        };
        Status::local(code, self.to_string())
    }
}

impl fmt::Display for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cancel::Deadline => f.write_str("deadline exceeded"),
            Cancel::PeerReset(code) => {
                let code = bywash_proto::vocabulary::ErrorCode(*code);
                write!(f, "the client cancelled the call ({code})")
            }
            Cancel::ConnectionLost => f.write_str("the connection was lost"),
            Cancel::Shutdown => f.write_str("the server is shutting down"),
            Cancel::Local => f.write_str("the call was given up"),
        }
    }
}
