//! What an operator should know although no connection came of it.

use super::tls::TlsFault;
use crate::address::Address;
use crate::id::ListenerId;
use std::time::Duration;
use std::{fmt, io};

/// Something that concerns no open connection: a line for the log.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// Accepting failed, for want of descriptors or memory as a rule. Tried again after a while.
    AcceptFailed {
        /// Where.
        listener: ListenerId,
        /// How.
        error: io::Error,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// A peer did not get through the TLS handshake.
    HandshakeFailed {
        /// Who.
        peer: Address,
        /// Why.
        fault: TlsFault,
    },
    /// The listener's bound is reached: further peers wait in the kernel's queue. Told once until
    /// one is accepted again.
    Full {
        /// Where.
        listener: ListenerId,
    },
    /// The loop has as many sockets as it may
    /// ([`max_sockets`](crate::LoopOptions::max_sockets)): a new connection was closed at once.
    NoRoom {
        /// Who.
        peer: Address,
    },
    /// A peer is at its bound ([`Listen::max_per_peer`](crate::Listen::max_per_peer)): its new
    /// connection was closed at once.
    TooManyFromPeer {
        /// Who.
        peer: Address,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AcceptFailed {
                error, retry_in, ..
            } => write!(f, "accepting failed: {error}; next try in {retry_in:?}"),
            Self::HandshakeFailed { peer, fault } => write!(f, "{peer}: {fault}"),
            Self::Full { .. } => {
                f.write_str("all connections are taken; accepting pauses until one ends")
            }
            Self::NoRoom { peer } => {
                write!(
                    f,
                    "{peer}: closed, for the loop has no room for another socket"
                )
            }
            Self::TooManyFromPeer { peer } => {
                write!(f, "{peer}: too many connections from this address")
            }
        }
    }
}
