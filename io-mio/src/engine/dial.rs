//! A connection that is coming about.

use crate::connect::Connect;
use crate::error::ConnectFault;
use crate::id::ConnId;
use crate::socket::Socket;
use bywash_proto::vocabulary::Instant;
use std::collections::VecDeque;
use std::net::SocketAddr;

/// The search for a way to a peer: the addresses not tried yet, and the attempts under way.
pub(crate) struct Dial {
    pub(crate) spec: Connect,
    /// Not tried yet, in order.
    pub(crate) addresses: VecDeque<SocketAddr>,
    /// Slots of the attempts under way.
    pub(crate) attempts: Vec<u32>,
    pub(crate) resolving: bool,
    /// When the next address is tried beside the others.
    pub(crate) next_attempt: Instant,
    pub(crate) deadline: Instant,
    /// How the last attempt failed, and to where.
    pub(crate) last: Option<(Option<SocketAddr>, ConnectFault)>,
}

/// One socket that connects.
pub(crate) struct Attempt {
    pub(crate) dial: ConnId,
    pub(crate) socket: Socket,
    pub(crate) to: Option<SocketAddr>,
}
