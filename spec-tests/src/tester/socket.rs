//! A TCP connection as the way to an implementation.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::cases::{Got, Told, Wire, Wish};

/// How long a write may block: an implementation that reads nothing is given up.
const WRITE: Duration = Duration::from_secs(2);

/// Plain TCP, or something over it.
pub(super) trait Stream: Read + Write {
    /// The socket below.
    fn socket(&self) -> &TcpStream;

    /// Says goodbye to the layer above the socket, if there is one.
    fn goodbye(&mut self) {}
}

impl Stream for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

/// A connection. Its application cannot be told anything.
pub(super) struct Socket<S> {
    stream: S,
    ended: bool,
}

impl<S: Stream> Socket<S> {
    /// Over a connected stream.
    pub(super) fn new(stream: S) -> Self {
        let socket = stream.socket();
        // Without these the tester is slower, or hangs on a peer that does not read; it is no less right.
        let _ = socket.set_nodelay(true);
        let _ = socket.set_write_timeout(Some(WRITE));
        Self {
            stream,
            ended: false,
        }
    }
}

impl<S: Stream> Wire for Socket<S> {
    fn send(&mut self, octets: &[u8]) {
        // What cannot be written was refused; what the peer said before still waits to be read.
        let _ = self.stream.write_all(octets);
        let _ = self.stream.flush();
    }

    fn receive(&mut self, wait: Duration) -> Got {
        if self.ended || self.stream.socket().set_read_timeout(Some(wait)).is_err() {
            return Got::End;
        }
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    buffer.truncate(n);
                    return Got::Octets(buffer);
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => return Got::Silence,
                    _ => break,
                },
            }
        }
        self.ended = true;
        Got::End
    }

    fn finish(&mut self) {
        self.stream.goodbye();
        let _ = self.stream.flush();
        let _ = self.stream.socket().shutdown(Shutdown::Write);
    }

    fn wish(&mut self, _: &Wish) -> bool {
        false
    }

    fn told(&mut self, _: u32) -> Told {
        Told::Unknown
    }
}
