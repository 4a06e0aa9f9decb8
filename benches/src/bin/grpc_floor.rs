//! The floor of the gRPC benches: a bare epoll loop that answers unary calls with the octets of a response, without
//! looking at more than the nine octets in front of each frame. `grpc_floor ADDR:PORT` answers every request, whatever
//! its path, with a message of 12 octets and the status OK, in the frames and sizes of our own server.
//!
//! It gives credit once, and knows no HPACK: the first response of a connection fills the peer's table, the others refer
//! to it.

use bywash_benches::epoll::Epoll;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};

const READ: usize = 64 * 1024;
const EVENTS: usize = 64;
/// `SimpleResponse { payload: { body: 8 zeros } }`, framed.
const MESSAGE: &[u8] = b"\0\0\0\0\x0c\x0a\x0a\x12\x08\0\0\0\0\0\0\0\0";

fn main() -> io::Result<()> {
    let at = std::env::args().nth(1).unwrap_or("127.0.0.1:8083".into());
    let listener = TcpListener::bind(at)?;
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new()?;
    epoll.control(libc::EPOLL_CTL_ADD, listener.as_raw_fd(), libc::EPOLLIN)?;
    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut buffer = vec![0; READ];
    let mut ready = Vec::with_capacity(EVENTS);
    loop {
        epoll.wait(&mut ready)?;
        for event in &ready {
            let fd = event.u64 as RawFd;
            if fd == listener.as_raw_fd() {
                accept(&listener, &epoll, &mut peers)?;
                continue;
            }
            if let Some(place) = peers.get_mut(fd as usize) {
                if let Some(peer) = place {
                    if !peer.serve(&mut buffer) {
                        *place = None;
                    }
                }
            }
        }
    }
}

fn accept(listener: &TcpListener, epoll: &Epoll, peers: &mut Vec<Option<Peer>>) -> io::Result<()> {
    while let Ok((socket, _)) = listener.accept() {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        let fd = socket.as_raw_fd();
        let interest = libc::EPOLLIN | libc::EPOLLET;
        epoll.control(libc::EPOLL_CTL_ADD, fd, interest)?;
        if peers.len() <= fd as usize {
            peers.resize_with(fd as usize + 1, || None);
        }
        peers[fd as usize] = Some(Peer {
            socket,
            input: Vec::new(),
            out: Vec::new(),
            greeted: false,
            answered: false,
        });
    }
    Ok(())
}

struct Peer {
    socket: TcpStream,
    /// What is not a whole frame yet.
    input: Vec<u8>,
    out: Vec<u8>,
    greeted: bool,
    answered: bool,
}

impl Peer {
    /// One read and one write; false at the end of the connection. Calls are few at a time: the socket takes all.
    fn serve(&mut self, buffer: &mut [u8]) -> bool {
        match self.socket.read(buffer) {
            Ok(0) => return false,
            Ok(read) => self.input.extend_from_slice(&buffer[..read]),
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
        self.walk();
        let written = self.out.is_empty() || self.socket.write_all(&self.out).is_ok();
        self.out.clear();
        written
    }

    fn walk(&mut self) {
        let input = std::mem::take(&mut self.input);
        let mut at = 0;
        if !self.greeted {
            if input.len() < 24 {
                self.input = input;
                return;
            }
            at = 24;
            self.greeted = true;
            // SETTINGS without any; the connection's window as large as it goes.
            self.out.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
            self.out.extend_from_slice(&[0, 0, 4, 8, 0, 0, 0, 0, 0]);
            let credit = 0x7fff_ffff_u32 - 65_535;
            self.out.extend_from_slice(&credit.to_be_bytes());
        }
        while let Some(&[l2, l1, l0, kind, flags, ref stream @ ..]) =
            input.get(at..).and_then(|rest| rest.first_chunk::<9>())
        {
            let length = u32::from_be_bytes([0, l2, l1, l0]) as usize;
            let Some(payload) = input.get(at + 9..at + 9 + length) else {
                break;
            };
            at += 9 + length;
            match (kind, flags & 1) {
                // HEADERS or DATA that end a request.
                (0 | 1, 1) => self.answer(stream),
                // SETTINGS
                (4, 0) => self.out.extend_from_slice(&[0, 0, 0, 4, 1, 0, 0, 0, 0]),
                // PING
                (6, 0) => {
                    self.out.extend_from_slice(&[0, 0, 8, 6, 1, 0, 0, 0, 0]);
                    self.out.extend_from_slice(payload);
                }
                _ => {}
            }
        }
        self.input.extend_from_slice(&input[at..]);
    }

    fn answer(&mut self, stream: &[u8]) {
        // :status 200, content-type; then grpc-status: with incremental indexing first, by index later.
        let (head, trailers): (&[u8], &[u8]) = match std::mem::replace(&mut self.answered, true) {
            false => (b"\x88\x5f\x10application/grpc", b"\x40\x0bgrpc-status\x010"),
            true => (b"\x88\xbf", b"\xbe"),
        };
        self.frame(1, 4, stream, head);
        self.frame(0, 0, stream, MESSAGE);
        self.frame(1, 5, stream, trailers);
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: &[u8], payload: &[u8]) {
        // No frame here has as many as 256 octets.
        self.out
            .extend_from_slice(&[0, 0, payload.len() as u8, kind, flags]);
        self.out.extend_from_slice(stream);
        self.out.extend_from_slice(payload);
    }
}
