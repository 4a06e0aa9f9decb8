//! Why a connection did not come about.

use super::tls::TlsFault;
use crate::address::Address;
use bywash_proto::error::ConfigError;
use std::{fmt, io};

/// The step that failed, and how.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectFault {
    /// The name has no address.
    Resolve(io::Error),
    /// Somebody is there, but nobody listens on that port.
    Refused,
    /// There is no way to that address.
    Unreachable(io::Error),
    /// The time for connecting was over.
    TimedOut,
    /// TLS failed.
    Tls(TlsFault),
    /// The socket failed in another way.
    Io(io::Error),
    /// The configuration of HTTP/2 does not fit.
    Config(ConfigError),
    /// The loop has no room for another connection.
    NoRoom,
    /// The program gave up.
    Cancelled,
}

impl ConnectFault {
    /// Sorts a socket's error.
    pub(crate) fn from_io(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Self::Unreachable(error)
            }
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Io(error),
        }
    }

    /// Whether another try may fare better without anything being changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Resolve(_) | Self::Refused | Self::Unreachable(_) | Self::TimedOut => true,
            Self::Io(_) | Self::NoRoom => true,
            Self::Tls(fault) => matches!(fault, TlsFault::Eof | TlsFault::Timeout),
            Self::Config(_) | Self::Cancelled => false,
        }
    }
}

impl fmt::Display for ConnectFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(error) => write!(f, "the name does not resolve: {error}"),
            Self::Refused => f.write_str("connection refused"),
            Self::Unreachable(error) | Self::Io(error) => error.fmt(f),
            Self::TimedOut => f.write_str("connecting took too long"),
            Self::Tls(fault) => fault.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::NoRoom => f.write_str("the loop has no room for another connection"),
            Self::Cancelled => f.write_str("given up by the program"),
        }
    }
}

/// Why a connection did not come about: to whom, at which address, and the step that failed.
#[derive(Debug)]
pub struct ConnectError {
    /// What the program asked for.
    pub target: String,
    /// The address tried last, if it came to that.
    pub address: Option<Address>,
    /// The step that failed.
    pub fault: ConnectFault,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        if let Some(address) = &self.address {
            let address = address.to_string();
            if address != self.target {
                write!(f, " ({address})")?;
            }
        }
        write!(f, ": {}", self.fault)
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            ConnectFault::Resolve(e) | ConnectFault::Unreachable(e) | ConnectFault::Io(e) => {
                Some(e)
            }
            ConnectFault::Tls(fault) => Some(fault),
            ConnectFault::Config(e) => Some(e),
            _ => None,
        }
    }
}
