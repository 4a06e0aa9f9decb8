//! Why a call failed.

use crate::error::ConnectError;
use bywash_proto::error::{OpenError, SendError, StreamEnd};
use std::fmt;
use std::sync::Arc;

/// Why a call failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError {
    /// No connection came about. One error may be that of many calls.
    Connect(Arc<ConnectError>),
    /// The stream, or the connection under it, ended before its time.
    Stream(StreamEnd),
    /// The head cannot be sent to this peer.
    Open(OpenError),
    /// The body cannot be sent: it has not the length that the head announces, or its trailers break a
    /// rule.
    Send(SendError),
    /// A head or the trailers of the response are larger than we take
    /// ([`max_header_list_size`](bywash_proto::config::LocalSettings::max_header_list_size)): what
    /// is left of them may mean something else.
    HeadTooLarge,
    /// Its time was over.
    Deadline,
    /// Too many calls wait for a connection to the same peer.
    Busy,
    /// The caller gave up.
    Cancelled,
    /// The call's own code panicked on the loop's thread.
    Panicked,
    /// The client is shutting down, or gone.
    Closed,
    /// The request is for https, and the client has no TLS.
    NoTls,
}

impl CallError {
    /// Whether the request was certainly not processed, so that it may be sent again whatever it
    /// does.
    pub fn is_safe_to_retry(&self) -> bool {
        match self {
            Self::Stream(end) => end.retry.is_safe(),
            Self::Connect(_) | Self::Open(_) | Self::Busy | Self::NoTls => true,
            Self::Send(_)
            | Self::HeadTooLarge
            | Self::Deadline
            | Self::Cancelled
            | Self::Panicked
            | Self::Closed => false,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Stream(end) => end.fmt(f),
            Self::Open(error) => error.fmt(f),
            Self::Send(error) => error.fmt(f),
            Self::HeadTooLarge => f.write_str("a head of the response is larger than we take"),
            Self::Deadline => f.write_str("the time for the call was over"),
            Self::Busy => f.write_str("too many calls wait for a connection to the same peer"),
            Self::Cancelled => f.write_str("cancelled by the caller"),
            Self::Panicked => f.write_str("the caller's own code panicked"),
            Self::Closed => f.write_str("the client is closed"),
            Self::NoTls => f.write_str("https was asked for, and the client was built without TLS"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) => Some(&**error),
            Self::Stream(end) => Some(end),
            Self::Open(error) => Some(error),
            Self::Send(error) => Some(error),
            _ => None,
        }
    }
}

impl From<CallError> for std::io::Error {
    fn from(error: CallError) -> Self {
        use std::io::ErrorKind;
        let kind = match &error {
            CallError::Deadline => ErrorKind::TimedOut,
            CallError::Stream(_) => ErrorKind::ConnectionReset,
            _ => ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
