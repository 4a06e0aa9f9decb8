//! What the loop asks of TLS: ciphertext in, plaintext out, and the reverse. No library's type
//! appears here, so that any may stand behind it.

use crate::error::TlsFault;
use std::fmt;
use std::io::{self, IoSlice, Write};

/// One connection's TLS.
pub trait Session: Send {
    /// Whether the handshake is still going on.
    fn is_handshaking(&self) -> bool;

    /// Takes ciphertext from the front of `input`: all of it, unless plaintext waits to be
    /// consumed first.
    ///
    /// # Errors
    /// The peer's fault; an alert may wait to be written.
    fn decrypt(&mut self, input: &mut &[u8]) -> Result<(), TlsFault>;

    /// Plaintext that waits; empty when there is none. It may come in pieces.
    fn plaintext(&mut self) -> &[u8];

    /// The first `octets` of the plaintext are done with.
    fn consume(&mut self, octets: usize);

    /// Whether the peer has said that it sends no more (`close_notify`).
    fn is_ended(&self) -> bool;

    /// Seals a record from the front of `chunks`, at most 16 KiB of them; returns how many octets
    /// it took.
    fn seal(&mut self, chunks: &[IoSlice<'_>]) -> usize;

    /// Whether ciphertext waits.
    fn wants_write(&self) -> bool;

    /// Writes ciphertext.
    ///
    /// # Errors
    /// The socket's.
    fn write_to(&mut self, socket: &mut dyn Write) -> io::Result<usize>;

    /// Queues `close_notify`: we send no more.
    fn end(&mut self);

    /// What was agreed on. Asked once, after the handshake.
    fn facts(&self) -> TlsFacts;
}

/// What a TLS handshake agreed on.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TlsFacts {
    /// The protocol chosen by ALPN.
    pub alpn: Option<Vec<u8>>,
    /// The name that the client asked for (SNI); at a client, the name that it asked for.
    pub server_name: Option<String>,
    /// The peer's certificates in DER, its own first; empty if it gave none.
    pub peer_certificates: Vec<Vec<u8>>,
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
}

impl fmt::Debug for TlsFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsFacts")
            .field(
                "alpn",
                &self.alpn.as_deref().map(|name| name.escape_ascii()),
            )
            .field("server_name", &self.server_name)
            .field("peer_certificates", &self.peer_certificates.len())
            .field("version", &self.version)
            .field("resumed", &self.resumed)
            .finish()
    }
}

/// Makes the server's side of sessions.
pub trait Acceptor: Send + Sync {
    /// A session for a peer that was just accepted.
    ///
    /// # Errors
    /// The configuration cannot be used.
    fn accept(&self) -> Result<Box<dyn Session>, TlsFault>;
}

/// Makes the client's side of sessions.
pub trait Connector: Send + Sync {
    /// A session with the server of this name.
    ///
    /// # Errors
    /// [`TlsFault::BadName`], or the configuration cannot be used.
    fn connect(&self, server_name: &str) -> Result<Box<dyn Session>, TlsFault>;
}
