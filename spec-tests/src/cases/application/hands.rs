//! What an application knows of the driver below it.

use bywash_proto::connection::{RecvHalf, SendHalf};
use bywash_proto::vocabulary::StreamRef;
use bywash_proto::{client, server};

/// Octets of the content that the server answers GET with.
pub const CONTENT: usize = 64;

/// A connection, as its driver hands it to the application.
pub trait Hands {
    /// The server.
    ///
    /// # Panics
    /// If it is a client.
    fn server(&mut self) -> &mut server::Connection;

    /// The client.
    ///
    /// # Panics
    /// If it is a server.
    fn client(&mut self) -> &mut client::Connection;

    /// The sending half of a stream.
    fn send(&mut self, stream: StreamRef) -> SendHalf<'_>;

    /// The receiving half of a stream.
    fn recv(&mut self, stream: StreamRef) -> RecvHalf<'_>;

    /// Shuts the connection down gracefully.
    fn shutdown(&mut self);

    /// Sends a PING; whether it could.
    fn ping(&mut self, payload: [u8; 8]) -> bool;
}
