//! What loops and their helpers write to each other.

use super::permit::Permit;
use crate::address::Address;
use crate::connect::Dialed;
use crate::id::ConnId;
use crate::listen::Treatment;
use crate::socket::Socket;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// An accepted socket on its way to the loop that will own it.
pub(crate) struct Adopted {
    pub(crate) socket: Socket,
    pub(crate) peer: Address,
    pub(crate) treat: Arc<Treatment>,
    pub(crate) permit: Permit,
}

/// A letter to a loop.
pub(crate) enum Letter {
    /// A connection was placed here.
    Adopt(Box<Adopted>),
    /// The answer to a question for a name.
    Resolved(ConnId, io::Result<Vec<SocketAddr>>),
    /// What a dialer of the program's has made.
    Dialed(ConnId, io::Result<Dialed>),
}
