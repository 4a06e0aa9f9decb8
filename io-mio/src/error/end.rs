//! How an open connection ended.

use super::tls::TlsFault;
use bywash_proto::error::CloseReason;
use std::{fmt, io};

/// What failed below HTTP/2.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransportError {
    /// The socket.
    Io(io::Error),
    /// TLS, after the handshake.
    Tls(TlsFault),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Tls(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for TransportError {}

/// How a connection that was open ended.
#[derive(Debug)]
pub struct End {
    /// Why, in terms of HTTP/2.
    pub reason: CloseReason,
    /// What failed below, if that is why.
    pub transport: Option<TransportError>,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.transport {
            Some(error) => write!(f, "{}: {error}", self.reason),
            None => self.reason.fmt(f),
        }
    }
}

impl std::error::Error for End {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.transport.as_ref().map(|error| error as _)
    }
}
