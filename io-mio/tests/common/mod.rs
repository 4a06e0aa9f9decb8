//! A blocking client over a plain socket: the core's machine and the standard library's sockets,
//! nothing of the driver.
#![allow(dead_code, unreachable_pub)]

pub mod asker;
pub mod authority;
pub mod secure;

use bytes::Bytes;
use bywash_mio::proto::client::Connection;
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::{CloseReason, StreamEnd};
use bywash_mio::proto::event::{Event, Step};
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::{ErrorCode, Instant, StreamRef};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An event without a borrow.
#[derive(Debug)]
pub enum Seen {
    Response(StreamRef, Head, bool),
    Informational(StreamRef, u16),
    Data(StreamRef, Vec<u8>, bool),
    Trailers(StreamRef, Head),
    Ended(StreamRef, StreamEnd),
    Writable(StreamRef),
    GoAway(ErrorCode),
    Settings,
    Closed(CloseReason),
}

pub struct Peer {
    pub socket: TcpStream,
    pub conn: Connection,
    seen: VecDeque<Seen>,
    /// Whether credit goes back by itself.
    pub releases: bool,
}

pub const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "http"),
    (":authority", "localhost"),
    (":path", "/"),
];
pub const POST: [(&str, &str); 4] = [
    (":method", "POST"),
    (":scheme", "http"),
    (":authority", "localhost"),
    (":path", "/"),
];

impl Peer {
    pub fn connect(at: SocketAddr) -> Self {
        Self::with(at, Config::default())
    }

    pub fn with(at: SocketAddr, config: Config) -> Self {
        Self::new(TcpStream::connect(at).unwrap(), config)
    }

    pub fn over(socket: TcpStream) -> Self {
        Self::new(socket, Config::default())
    }

    fn new(socket: TcpStream, config: Config) -> Self {
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        socket.set_nodelay(true).unwrap();
        let conn = Connection::new(config, Instant::ZERO).unwrap();
        Self {
            socket,
            conn,
            seen: VecDeque::new(),
            releases: true,
        }
    }

    pub fn flush(&mut self) {
        loop {
            let out = self.conn.transmit(Instant::ZERO);
            let Some(chunk) = out.chunks().next() else {
                return;
            };
            let n = self.socket.write(chunk).unwrap();
            out.advance(n);
        }
    }

    pub fn request(&mut self, head: &[(&str, &str)], end: bool) -> StreamRef {
        let stream = self.conn.request(head, end).unwrap();
        self.flush();
        stream
    }

    /// Queues as much of a body as the machine takes.
    pub fn send(&mut self, stream: StreamRef, body: &[u8], end: bool) -> usize {
        let mut body = Bytes::copy_from_slice(body);
        let taken = self.conn.send(stream).data(&mut body, end).unwrap();
        self.flush();
        taken
    }

    /// The next event, from the socket if need be.
    pub fn next(&mut self) -> Seen {
        loop {
            self.take(&mut &[][..]);
            self.flush();
            if let Some(seen) = self.seen.pop_front() {
                return seen;
            }
            let mut buffer = [0; 4096];
            match self.socket.read(&mut buffer) {
                Ok(0) => self.conn.handle_eof(Instant::ZERO),
                Ok(n) => self.take(&mut &buffer[..n]),
                Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => {
                    self.conn.handle_transport_error(Instant::ZERO);
                }
                Err(e) => panic!("nothing comes: {e}"),
            }
        }
    }

    /// The next event that is about a stream, or the end.
    pub fn next_of_stream(&mut self) -> Seen {
        loop {
            match self.next() {
                Seen::Settings | Seen::GoAway(_) => {}
                seen => return seen,
            }
        }
    }

    fn take(&mut self, input: &mut &[u8]) {
        loop {
            let seen = match self.conn.next_event(Instant::ZERO, input) {
                Step::NeedInput => return,
                Step::NeedWrite => {
                    self.flush();
                    continue;
                }
                Step::Event(event) => match event {
                    Event::Response {
                        stream, head, end, ..
                    } => Seen::Response(stream, head, end),
                    Event::Informational { stream, head } => {
                        Seen::Informational(stream, head.status().unwrap())
                    }
                    Event::Data { stream, data, end } => {
                        if self.releases {
                            let n = data.len() as u32;
                            self.conn.recv(stream).release(n).unwrap();
                        }
                        Seen::Data(stream, data.to_vec(), end)
                    }
                    Event::Trailers { stream, head, .. } => Seen::Trailers(stream, head),
                    Event::Ended { stream, end } => Seen::Ended(stream, end),
                    Event::Writable { stream } => Seen::Writable(stream),
                    Event::GoAway { code, .. } => Seen::GoAway(code),
                    Event::Settings => Seen::Settings,
                    Event::Closed(reason) => Seen::Closed(reason),
                    _ => continue,
                },
            };
            self.seen.push_back(seen);
        }
    }

    /// A whole response: status, body, trailers.
    pub fn response(&mut self) -> (u16, Vec<u8>, Option<Head>) {
        let (mut status, mut body) = (0, Vec::new());
        loop {
            match self.next_of_stream() {
                Seen::Response(_, head, end) => {
                    status = head.status().unwrap();
                    if end {
                        return (status, body, None);
                    }
                }
                Seen::Data(_, data, end) => {
                    body.extend_from_slice(&data);
                    if end {
                        return (status, body, None);
                    }
                }
                Seen::Trailers(_, head) => return (status, body, Some(head)),
                Seen::Informational(..) | Seen::Writable(_) => {}
                other => panic!("{other:?} in a response"),
            }
        }
    }
}
