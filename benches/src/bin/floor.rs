//! The floor of the socket benches: a bare epoll loop that answers what `serve --bench` answers,
//! without looking at more than the nine octets in front of each frame. `floor ADDR:PORT [SIZE]`
//! answers every request, whatever its path, with a body of SIZE octets (12 without it).
//!
//! It knows no windows (h2load's are 1 GiB), no errors and no HPACK: the first head of a connection
//! fills the peer's table, the others refer to it. It shows what the system takes for the same octets.

use bywash_benches::epoll::Epoll;
use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};

const READ: usize = 64 * 1024;
const FRAME: usize = 16 * 1024;
/// Pieces of one write.
const PIECES: usize = 64;
/// Octets of DATA after which the connection's window is given back.
const CREDIT: usize = 512 * 1024;
/// Events taken at once.
const EVENTS: usize = 256;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let at = args.next().unwrap_or("127.0.0.1:8082".into());
    let size = args.next().and_then(|n| n.parse().ok()).unwrap_or(12);
    let listener = TcpListener::bind(at)?;
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new()?;
    epoll.control(libc::EPOLL_CTL_ADD, listener.as_raw_fd(), libc::EPOLLIN)?;
    let answer = Answer::new(size);
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
            let Some(peer) = peers.get_mut(fd as usize).and_then(Option::as_mut) else {
                continue;
            };
            if !peer.serve(event.events, &mut buffer, &answer, &epoll) {
                peers[fd as usize] = None;
            }
        }
    }
}

fn accept(listener: &TcpListener, epoll: &Epoll, peers: &mut Vec<Option<Peer>>) -> io::Result<()> {
    while let Ok((socket, _)) = listener.accept() {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        let fd = socket.as_raw_fd();
        epoll.control(libc::EPOLL_CTL_ADD, fd, libc::EPOLLIN)?;
        if peers.len() <= fd as usize {
            peers.resize_with(fd as usize + 1, || None);
        }
        peers[fd as usize] = Some(Peer::new(socket));
    }
    Ok(())
}

/// What is sent again and again.
struct Answer {
    /// The block of a connection's first head, which fills the peer's table.
    first: Vec<u8>,
    /// The block of the others: indexed fields alone.
    other: Vec<u8>,
    body: &'static [u8],
}

impl Answer {
    fn new(size: usize) -> Self {
        let length = size.to_string();
        // :status 200, then content-type, date and content-length with incremental indexing.
        let mut first = vec![0x88];
        for (index, value) in [
            (31, "text/plain"),
            (33, "Tue, 24 Nov 2026 12:00:00 GMT"),
            (28, length.as_str()),
        ] {
            first.push(0x40 | index);
            first.push(value.len() as u8);
            first.extend_from_slice(value.as_bytes());
        }
        Self {
            first,
            other: vec![0x88, 0xc0, 0xbf, 0xbe],
            body: vec![b'x'; size].leak(),
        }
    }
}

/// A piece of output.
enum Piece {
    Own(Vec<u8>),
    Body(&'static [u8]),
}

impl Piece {
    fn octets(&self) -> &[u8] {
        match self {
            Self::Own(octets) => octets,
            Self::Body(octets) => octets,
        }
    }
}

struct Peer {
    socket: TcpStream,
    /// The front of a frame's head that was cut by the end of a read; the preface comes first.
    head: Vec<u8>,
    /// Octets that are skipped: the rest of a payload, or of the preface.
    skip: usize,
    greeted: bool,
    answered: bool,
    uncredited: usize,
    out: VecDeque<Piece>,
    /// Octets of the front piece that are written.
    written: usize,
    waits: bool,
}

impl Peer {
    fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            head: Vec::new(),
            skip: 24,
            greeted: false,
            answered: false,
            uncredited: 0,
            out: VecDeque::new(),
            written: 0,
            waits: false,
        }
    }

    /// False at the end of the connection.
    fn serve(&mut self, events: u32, buffer: &mut [u8], answer: &Answer, epoll: &Epoll) -> bool {
        if events & (libc::EPOLLIN | libc::EPOLLHUP | libc::EPOLLERR) as u32 != 0 {
            match self.socket.read(buffer) {
                Ok(0) => return false,
                Ok(read) => self.walk(&buffer[..read], answer),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return false,
            }
        }
        let waits = match self.write() {
            Ok(all) => !all,
            Err(_) => return false,
        };
        if waits != self.waits {
            self.waits = waits;
            let interest = libc::EPOLLIN | if waits { libc::EPOLLOUT } else { 0 };
            let changed = epoll.control(libc::EPOLL_CTL_MOD, self.socket.as_raw_fd(), interest);
            return changed.is_ok();
        }
        true
    }

    /// Goes from frame to frame.
    fn walk(&mut self, mut input: &[u8], answer: &Answer) {
        let mut out = Vec::new();
        loop {
            let skipped = self.skip.min(input.len());
            self.skip -= skipped;
            input = &input[skipped..];
            let missing = 9 - self.head.len();
            let here = missing.min(input.len());
            if self.head.is_empty() && here == 9 {
                let head: [u8; 9] = input[..9].try_into().expect("nine octets");
                input = &input[9..];
                self.frame(head, answer, &mut out);
                continue;
            }
            self.head.extend_from_slice(&input[..here]);
            input = &input[here..];
            if self.head.len() < 9 {
                break;
            }
            let head: [u8; 9] = self.head[..].try_into().expect("nine octets");
            self.head.clear();
            self.frame(head, answer, &mut out);
        }
        if self.uncredited >= CREDIT {
            out.extend_from_slice(&[0, 0, 4, 8, 0, 0, 0, 0, 0]);
            out.extend_from_slice(&(self.uncredited as u32).to_be_bytes());
            self.uncredited = 0;
        }
        if !out.is_empty() {
            self.out.push_back(Piece::Own(out));
        }
    }

    fn frame(&mut self, head: [u8; 9], answer: &Answer, out: &mut Vec<u8>) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let (kind, flags) = (head[3], head[4]);
        self.skip = length;
        if !self.greeted {
            self.greeted = true;
            // INITIAL_WINDOW_SIZE and the connection's window: as large as they go.
            out.extend_from_slice(&[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff]);
            out.extend_from_slice(&[0, 0, 4, 8, 0, 0, 0, 0, 0]);
            out.extend_from_slice(&(0x7fff_ffff_u32 - 65_535).to_be_bytes());
        }
        match kind {
            // DATA
            0 => self.uncredited += length,
            // SETTINGS
            4 if flags & 1 == 0 => out.extend_from_slice(&[0, 0, 0, 4, 1, 0, 0, 0, 0]),
            _ => {}
        }
        if kind <= 1 && flags & 1 != 0 {
            self.answer([head[5], head[6], head[7], head[8]], answer, out);
        }
    }

    fn answer(&mut self, stream: [u8; 4], answer: &Answer, out: &mut Vec<u8>) {
        let block = match std::mem::replace(&mut self.answered, true) {
            true => &answer.other,
            false => &answer.first,
        };
        out.extend_from_slice(&[0, 0, block.len() as u8, 1, 4]);
        out.extend_from_slice(&stream);
        out.extend_from_slice(block);
        let mut frames = answer.body.chunks(FRAME).peekable();
        while let Some(part) = frames.next() {
            let length = (part.len() as u32).to_be_bytes();
            let end = u8::from(frames.peek().is_none());
            out.extend_from_slice(&[length[1], length[2], length[3], 0, end]);
            out.extend_from_slice(&stream);
            if part.len() < 4096 {
                out.extend_from_slice(part);
            } else {
                self.out.push_back(Piece::Own(std::mem::take(out)));
                self.out.push_back(Piece::Body(part));
            }
        }
    }

    /// Writes as much as the socket takes; true if that is all.
    fn write(&mut self) -> io::Result<bool> {
        while !self.out.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let mut filled = 0;
            let mut skip = self.written;
            for (slice, piece) in slices.iter_mut().zip(&self.out) {
                *slice = IoSlice::new(&piece.octets()[skip..]);
                skip = 0;
                filled += 1;
            }
            match self.socket.write_vectored(&slices[..filled]) {
                Ok(octets) => self.wrote(octets),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        Ok(true)
    }

    fn wrote(&mut self, octets: usize) {
        self.written += octets;
        while let Some(front) = self.out.front() {
            let length = front.octets().len();
            if self.written < length {
                break;
            }
            self.written -= length;
            self.out.pop_front();
        }
    }
}
