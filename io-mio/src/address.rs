//! Where a peer is.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// The address of a peer or a listener.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// A Unix socket; without a path it is unnamed, as clients' ends are.
    Unix(Option<PathBuf>),
}

impl Address {
    /// The IP address, if it is one of TCP. An IPv4 address in IPv6's clothes is undressed.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(at) => Some(at.ip().to_canonical()),
            Self::Unix(_) => None,
        }
    }

    /// The TCP address.
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(at) => Some(*at),
            Self::Unix(_) => None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(at: SocketAddr) -> Self {
        Self::Tcp(at)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(at) => at.fmt(f),
            Self::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            Self::Unix(None) => f.write_str("unix:(unnamed)"),
        }
    }
}
