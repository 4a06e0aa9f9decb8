//! Who made a status, and what went wrong with a connection.

use bytes::Bytes;
use std::{error::Error, fmt, io, sync::Arc};

/// Who made a status.
#[derive(Clone, Default, Debug)]
#[non_exhaustive]
pub enum Origin {
    /// Code that uses this library: a handler, a filter, a credential.
    #[default]
    Application,
    /// The other side: it came over the wire.
    Peer,
    /// This side's library: a deadline, a limit, a cancellation, a response that says nothing sensible.
    Local,
    /// The connection, and what went wrong with it.
    Transport(Arc<ConnError>),
}

/// What went wrong with a connection, and with which.
#[derive(Debug)]
pub struct ConnError {
    /// The address tried or connected to, for people.
    pub address: String,
    /// What went wrong.
    pub fault: ConnFault,
}

/// What went wrong with a connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnFault {
    /// The target's name has no addresses.
    Resolve,
    /// Nobody listens there.
    Refused,
    /// There is no way there.
    Unreachable,
    /// The connection was not there in time.
    Timeout,
    /// The TLS handshake failed; the error says how.
    Tls(Box<dyn Error + Send + Sync>),
    /// The peer speaks TLS but did not choose HTTP/2.
    Alpn,
    /// The peer sent GOAWAY.
    GoAway {
        /// The HTTP/2 error code.
        code: u32,
        /// What the peer added, for people.
        debug: Bytes,
    },
    /// A keepalive ping was not answered in time.
    Keepalive,
    /// One side broke HTTP/2.
    Protocol,
    /// The connection was closed.
    Closed,
    /// The operating system said something else.
    Io(io::Error),
}

/// As much of a GOAWAY's debug data as is shown, in octets.
const SHOWN: usize = 256;

impl fmt::Display for ConnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.fault)
    }
}

impl Error for ConnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.fault {
            ConnFault::Tls(error) => Some(&**error),
            ConnFault::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for ConnFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnFault::Resolve => f.write_str("name has no addresses"),
            ConnFault::Refused => f.write_str("connection refused"),
            ConnFault::Unreachable => f.write_str("unreachable"),
            ConnFault::Timeout => f.write_str("connecting timed out"),
            ConnFault::Tls(error) => write!(f, "TLS handshake failed: {error}"),
            ConnFault::Alpn => f.write_str("peer did not choose HTTP/2 (ALPN h2)"),
            ConnFault::GoAway { code, debug } => {
                write!(f, "GOAWAY {}", bywash_proto::vocabulary::ErrorCode(*code))?;
                match &debug[..debug.len().min(SHOWN)] {
                    [] => Ok(()),
                    shown => write!(f, " {:?}", String::from_utf8_lossy(shown)),
                }
            }
            ConnFault::Keepalive => f.write_str("keepalive ping not answered in time"),
            ConnFault::Protocol => f.write_str("HTTP/2 protocol error"),
            ConnFault::Closed => f.write_str("connection closed"),
            ConnFault::Io(error) => error.fmt(f),
        }
    }
}
