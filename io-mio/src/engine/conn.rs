//! One connection, borrowed from its loop.

use super::entry::{Bits, Entry};
use crate::address::Address;
use crate::machine::{Machine, either};
use crate::session::TlsFacts;
use bywash_proto::connection::{RecvHalf, SendHalf, Stats};
use bywash_proto::error::ReleaseError;
use bywash_proto::headers::Head;
use bywash_proto::observer::Observer;
use bywash_proto::settings::PeerSettings;
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};
use bywash_proto::{client, server};
use std::io;
use std::sync::Arc;

/// A connection, reached through [`Cx::conn`](crate::Cx::conn). What is changed is written before
/// the loop waits again.
pub struct Conn<'a> {
    entry: &'a mut Entry,
    now: Instant,
}

impl<'a> Conn<'a> {
    pub(crate) fn new(entry: &'a mut Entry, now: Instant) -> Option<Self> {
        entry.machine.as_ref()?;
        Some(Self { entry, now })
    }

    fn machine(&mut self) -> &mut Machine {
        self.entry
            .machine
            .as_mut()
            .expect("looked at when this was made")
    }

    /// The protocol's side, if this is a server's connection.
    pub fn server(&mut self) -> Option<&mut server::Connection> {
        match self.machine() {
            Machine::Server(connection) => Some(connection),
            Machine::Client(_) => None,
        }
    }

    /// The protocol's side, if this is a client's connection.
    pub fn client(&mut self) -> Option<&mut client::Connection> {
        match self.machine() {
            Machine::Client(connection) => Some(connection),
            Machine::Server(_) => None,
        }
    }

    /// The sending half of a stream, at either role.
    pub fn send(&mut self, stream: StreamRef) -> SendHalf<'_> {
        either!(self.machine(), c => c.send(stream))
    }

    /// The receiving half of a stream, at either role.
    pub fn recv(&mut self, stream: StreamRef) -> RecvHalf<'_> {
        either!(self.machine(), c => c.recv(stream))
    }

    /// Gives receive credit back under
    /// [`FlowControl::Manual`](bywash_proto::config::FlowControl::Manual).
    ///
    /// # Errors
    /// More than is outstanding.
    pub fn release(
        &mut self,
        stream: StreamRef,
        octets: u32,
        connection: u32,
    ) -> Result<(), ReleaseError> {
        either!(self.machine(), c => c.release(stream, octets, connection))
    }

    /// Gives a head back whose memory the next one can use.
    pub fn recycle(&mut self, head: Head) {
        either!(self.machine(), c => c.recycle(head));
    }

    /// Ends the connection gracefully: what is open may finish (RFC 9113 6.8).
    pub fn shutdown(&mut self) {
        let now = self.now;
        self.machine().shutdown(now);
    }

    /// Ends the connection at once with GOAWAY.
    pub fn close(&mut self, code: ErrorCode) {
        let now = self.now;
        self.machine().close(now, code);
    }

    /// Drops the connection without a farewell.
    pub fn abort(&mut self) {
        self.entry.bits.set(Bits::ABORT);
    }

    /// Shows every frame from now on to `observer`.
    pub fn observe(&mut self, observer: Box<dyn Observer>) {
        either!(self.machine(), c => c.observe(observer));
    }

    /// Counters.
    pub fn stats(&mut self) -> &Stats {
        either!(self.machine(), c => c.stats())
    }

    /// The peer's settings; `None` until they have come.
    pub fn peer_settings(&mut self) -> Option<&PeerSettings> {
        either!(self.machine(), c => c.peer_settings())
    }

    /// Streams that are open: ours, the peer's.
    pub fn open_streams(&mut self) -> (u32, u32) {
        either!(self.machine(), c => c.open_streams())
    }

    /// The peer's address.
    pub fn peer(&self) -> &Address {
        &self.entry.peer
    }

    /// Our own address.
    ///
    /// # Errors
    /// The system's.
    pub fn local(&self) -> io::Result<Address> {
        self.entry.socket.local()
    }

    /// What TLS agreed on; `None` in cleartext.
    pub fn tls(&self) -> Option<&Arc<TlsFacts>> {
        self.entry.rare()?.facts.as_ref()
    }

    /// A number of the program's own, 0 at first.
    pub fn tag(&self) -> u64 {
        self.entry.tag
    }

    /// Sets the number of the program's own.
    pub fn set_tag(&mut self, tag: u64) {
        self.entry.tag = tag;
    }
}

impl std::fmt::Debug for Conn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conn")
            .field("peer", &self.entry.peer)
            .field("machine", &self.entry.machine)
            .finish_non_exhaustive()
    }
}
