//! A peer that says what it is told to, octet by octet, in cleartext or TLS: no protocol of ours is
//! in it.

use bywash_mio::{Connector, Session};
use std::io::{IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub struct Wire {
    pub socket: TcpStream,
    session: Option<Box<dyn Session>>,
}

impl Wire {
    pub fn plain(at: SocketAddr) -> Self {
        Self::over(TcpStream::connect(at).unwrap())
    }

    /// In cleartext, over a connection that exists.
    pub fn over(socket: TcpStream) -> Self {
        socket.set_nodelay(true).unwrap();
        Self {
            socket,
            session: None,
        }
    }

    /// After the handshake.
    pub fn tls(at: SocketAddr) -> Self {
        let mut wire = Self::plain(at);
        let mut session = super::tls().1.connect("localhost").unwrap();
        wire.socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut buffer = [0; 4096];
        loop {
            while session.wants_write() {
                session.write_to(&mut wire.socket).unwrap();
            }
            if !session.is_handshaking() {
                break;
            }
            let n = wire.socket.read(&mut buffer).unwrap();
            assert_ne!(n, 0, "the server ends the handshake");
            session.decrypt(&mut &buffer[..n]).unwrap();
        }
        wire.session = Some(session);
        wire
    }

    /// What a client says first of all, in TLS.
    pub fn client_hello() -> Vec<u8> {
        let mut session = super::tls().1.connect("localhost").unwrap();
        let mut hello = Vec::new();
        session.write_to(&mut hello).unwrap();
        hello
    }

    /// False if the peer takes nothing any more.
    pub fn say(&mut self, octets: &[u8]) -> bool {
        let Some(session) = &mut self.session else {
            return self.socket.write_all(octets).is_ok();
        };
        let sealed = session.seal(&[IoSlice::new(octets)]);
        assert_eq!(sealed, octets.len());
        while session.wants_write() {
            if session.write_to(&mut self.socket).is_err() {
                return false;
            }
        }
        true
    }
}

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Preface and SETTINGS with this INITIAL_WINDOW_SIZE, and as large a window of the connection.
pub fn opening(window: u32) -> Vec<u8> {
    let mut setting = vec![0, 4];
    setting.extend(window.to_be_bytes());
    let mut opening = [PREFACE, &frame(4, 0, 0, &setting)].concat();
    if window > 65_535 {
        let more = (window - 65_535).to_be_bytes();
        opening.extend(frame(8, 0, 0, &more));
    }
    opening
}

/// The block of a GET without the dynamic table; the path has less than 127 octets.
pub fn get(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x01, 9];
    block.extend(b"localhost");
    block.extend([0x04, path.len() as u8]);
    block.extend(path.as_bytes());
    block
}
