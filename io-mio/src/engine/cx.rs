//! What a handler may do with its loop.

use super::conn::Conn;
use super::hub::Hub;
use crate::address::Address;
use crate::connect::Connect;
use crate::id::{ConnId, ListenerId, TimerId};
use crate::listen::Listen;
use crate::machine::Machine;
use bywash_proto::vocabulary::Instant;
use bywash_proto::{client, server};
use std::io;
use std::time::Duration;

/// The loop, borrowed by a handler for the length of one call.
pub struct Cx<'a> {
    hub: &'a mut Hub,
}

impl<'a> Cx<'a> {
    #[inline]
    pub(crate) fn new(hub: &'a mut Hub) -> Self {
        Self { hub }
    }

    /// The same loop, borrowed for less long.
    #[inline]
    pub(crate) fn reborrow(&mut self) -> Cx<'_> {
        Cx { hub: self.hub }
    }

    /// The time of this turn.
    pub fn now(&self) -> Instant {
        self.hub.now
    }

    /// A connection that is open. `None` while it is being made and once it is closed.
    pub fn conn(&mut self, id: ConnId) -> Option<Conn<'_>> {
        let now = self.hub.now;
        Conn::new(self.hub.touch(id)?, now)
    }

    /// The protocol's side of a server's connection: the shortest way to it.
    #[inline]
    pub fn server(&mut self, id: ConnId) -> Option<&mut server::Connection> {
        match self.hub.touch(id)?.machine.as_mut()? {
            Machine::Server(connection) => Some(connection),
            Machine::Client(_) => None,
        }
    }

    /// The protocol's side of a client's connection: the shortest way to it.
    #[inline]
    pub fn client(&mut self, id: ConnId) -> Option<&mut client::Connection> {
        match self.hub.touch(id)?.machine.as_mut()? {
            Machine::Client(connection) => Some(connection),
            Machine::Server(_) => None,
        }
    }

    /// Listens.
    ///
    /// # Errors
    /// The system's: the port is in use, the file exists. `InvalidInput` if the configuration of
    /// HTTP/2 does not fit.
    pub fn listen(&mut self, listen: Listen) -> io::Result<ListenerId> {
        self.hub.listen(listen)
    }

    /// Where a listener listens.
    ///
    /// # Errors
    /// `NotFound` if it is gone.
    pub fn listening_at(&mut self, id: ListenerId) -> io::Result<Address> {
        self.hub.listening_at(id)
    }

    /// Ends a listener; its connections go on.
    pub fn unlisten(&mut self, id: ListenerId) {
        self.hub.unlisten(id);
    }

    /// Starts to connect. [`on_open`](crate::Handler::on_open) or
    /// [`on_connect_failed`](crate::Handler::on_connect_failed) follows, never before this returns.
    pub fn connect(&mut self, connect: Connect) -> ConnId {
        self.hub.connect(connect)
    }

    /// Gives a connection up: one that is being made fails, one that is open is dropped without a
    /// farewell. For a graceful end see [`Conn::shutdown`](crate::Conn::shutdown).
    pub fn abort(&mut self, id: ConnId) {
        self.hub.abort(id);
    }

    /// Sets a timer.
    pub fn set_timer(&mut self, at: Instant, key: u64) -> TimerId {
        self.hub.timers.set(at, key)
    }

    /// Cancels a timer; false if it has fired or was cancelled.
    pub fn cancel_timer(&mut self, id: TimerId) -> bool {
        self.hub.timers.cancel(id)
    }

    /// Ends the loop: nothing new is accepted, each connection is shut down gracefully, and what is
    /// still open after `grace` is closed. [`run`](crate::EventLoop::run) returns within a second
    /// after that.
    pub fn shutdown(&mut self, grace: Duration) {
        self.hub.shutdown(grace);
    }

    /// Connections that are open or being made.
    pub fn connections(&self) -> usize {
        self.hub.table.live as usize
    }

    /// Connections that were accepted and closed at once, since the loop began: it had no room
    /// ([`max_sockets`](crate::LoopOptions::max_sockets)), or their peer had too many
    /// ([`Listen::max_per_peer`]). Of each a [`Notice`](crate::error::Notice) tells, too.
    pub fn refused(&self) -> u64 {
        self.hub.refused
    }
}

impl std::fmt::Debug for Cx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cx")
            .field("now", &self.hub.now)
            .field("connections", &self.hub.table.live)
            .finish_non_exhaustive()
    }
}
