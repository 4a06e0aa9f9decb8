//! rustls behind our trait.

use super::fault::translate;
use crate::error::TlsFault;
use crate::session::{Session, TlsFacts};
use rustls::{Connection, HandshakeKind, ProtocolVersion};
use std::io::{self, BufRead, IoSlice, Write};

pub(crate) struct Rustls {
    connection: Connection,
    /// At a client, the name that was asked for.
    asked: Option<String>,
    has_plaintext: bool,
    ended: bool,
}

impl Rustls {
    pub(crate) fn new(connection: Connection, asked: Option<String>) -> Self {
        Self {
            connection,
            asked,
            has_plaintext: false,
            ended: false,
        }
    }
}

impl Session for Rustls {
    fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn decrypt(&mut self, input: &mut &[u8]) -> Result<(), TlsFault> {
        while !input.is_empty() && !self.has_plaintext && !self.ended {
            // It reads from memory; it fails only if its own buffer is full, and that is emptied
            // by the next line each time.
            let taken = self.connection.read_tls(input);
            let state = self.connection.process_new_packets().map_err(translate)?;
            self.has_plaintext = state.plaintext_bytes_to_read() > 0;
            self.ended = state.peer_has_closed();
            if !matches!(taken, Ok(1..)) && !self.has_plaintext {
                return Err(TlsFault::Protocol("a record that never ends".into()));
            }
        }
        if self.ended {
            // What follows the peer's farewell means nothing.
            *input = &[];
        }
        Ok(())
    }

    fn plaintext(&mut self) -> &[u8] {
        if !self.has_plaintext {
            return &[];
        }
        self.connection
            .reader()
            .into_first_chunk()
            .unwrap_or_default()
    }

    fn consume(&mut self, octets: usize) {
        let mut reader = self.connection.reader();
        reader.consume(octets);
        self.has_plaintext = reader.fill_buf().is_ok_and(|rest| !rest.is_empty());
    }

    fn is_ended(&self) -> bool {
        self.ended && !self.has_plaintext
    }

    fn seal(&mut self, chunks: &[IoSlice<'_>]) -> usize {
        self.connection
            .writer()
            .write_vectored(chunks)
            .unwrap_or_default()
    }

    fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    fn write_to(&mut self, socket: &mut dyn Write) -> io::Result<usize> {
        self.connection.write_tls(socket)
    }

    fn end(&mut self) {
        self.connection.send_close_notify();
    }

    fn facts(&self) -> TlsFacts {
        let server_name = match &self.connection {
            Connection::Server(server) => server.server_name().map(str::to_owned),
            Connection::Client(_) => self.asked.clone(),
        };
        let certificates = self.connection.peer_certificates().unwrap_or_default();
        TlsFacts {
            alpn: self.connection.alpn_protocol().map(<[u8]>::to_vec),
            server_name,
            peer_certificates: certificates.iter().map(|c| c.to_vec()).collect(),
            version: match self.connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "TLSv1.3",
            },
            resumed: self.connection.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }
}
