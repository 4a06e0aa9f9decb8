//! What the scripted client sends, byte for byte, by a frame writer of its own.
//!
//! `rivals/nghttp2/script.c` writes the same bytes.

use crate::recorded::{self, Message, Set};

/// Length of a frame head in bytes.
pub const HEAD: usize = 9;
/// The largest window.
pub const WINDOW: u32 = 0x7fff_ffff;
/// The receive windows of every server here: DATA seldom costs an update.
pub const RECEIVE_WINDOW: u32 = 1 << 30;

/// Frame types and flags, as RFC 9113 numbers them.
pub const DATA: u8 = 0;
/// HEADERS.
pub const HEADERS: u8 = 1;
/// SETTINGS.
pub const SETTINGS: u8 = 4;
/// GOAWAY.
pub const GOAWAY: u8 = 7;
/// WINDOW_UPDATE.
pub const WINDOW_UPDATE: u8 = 8;
/// The flag END_STREAM; on SETTINGS it means ACK.
pub const END_STREAM: u8 = 1;
/// The flag END_HEADERS.
pub const END_HEADERS: u8 = 4;

/// The connection preface.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Appends a frame. A payload is shorter than 2^24.
pub fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    out.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// Preface, SETTINGS (no push, the largest window) and the largest connection window.
pub fn opening(out: &mut Vec<u8>) {
    out.extend_from_slice(PREFACE);
    let settings = [0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff];
    frame(out, SETTINGS, 0, 0, &settings);
    window_update(out, WINDOW - 65535);
}

/// Acknowledges the peer's SETTINGS.
pub fn settings_ack(out: &mut Vec<u8>) {
    frame(out, SETTINGS, END_STREAM, 0, &[]);
}

/// Adds to the connection's window.
pub fn window_update(out: &mut Vec<u8>, increment: u32) {
    frame(out, WINDOW_UPDATE, 0, 0, &increment.to_be_bytes());
}

/// The head of a GET that puts `:authority` and `user-agent` in the table.
pub fn first_get(out: &mut Vec<u8>, stream: u32) {
    let block = b"\x82\x86\x84\x41\x0e127.0.0.1:8080\x7a\x15h2load nghttp2/1.52.0";
    frame(out, HEADERS, END_STREAM | END_HEADERS, stream, block);
}

/// The same again: five indexed fields in five bytes.
pub fn get(out: &mut Vec<u8>, stream: u32) {
    let block = b"\x82\x86\x84\xbf\xbe";
    frame(out, HEADERS, END_STREAM | END_HEADERS, stream, block);
}

/// A POST whose body follows.
pub fn post(out: &mut Vec<u8>, stream: u32) {
    let block = b"\x83\x86\x84\x41\x0e127.0.0.1:8080";
    frame(out, HEADERS, END_HEADERS, stream, block);
}

/// Puts a stream id in the frame that begins `frame`.
pub fn set_stream(frame: &mut [u8], stream: u32) {
    frame[5..HEAD].copy_from_slice(&stream.to_be_bytes());
}

/// GOAWAY of a client that leaves.
pub fn goaway(out: &mut Vec<u8>) {
    frame(out, GOAWAY, 0, 0, &[0; 8]);
}

/// The recorded requests on one connection, over and over.
///
/// A connection of the set had a fresh context: its first block is led by two size updates that empty the table.
pub struct Recorded {
    set: Set,
    /// Bytes of the response bodies, for the window.
    replies: Vec<usize>,
    next: usize,
    next_block: usize,
    stream: u32,
    sent: usize,
    body: Vec<u8>,
}

impl Recorded {
    /// Begins with the set, on stream 5.
    #[must_use]
    pub fn new() -> Self {
        let set = recorded::requests();
        let longest = set.messages.iter().map(|message| message.body).max();
        Self {
            replies: recorded::responses()
                .messages
                .iter()
                .map(|message| message.body)
                .collect(),
            body: vec![b'x'; longest.unwrap_or_default()],
            set,
            next: 0,
            next_block: 0,
            stream: 5,
            sent: 0,
        }
    }

    /// The number in the set of the request that comes next.
    #[must_use]
    pub fn next(&self) -> usize {
        self.next
    }

    /// Appends the next `count` requests, whole.
    pub fn batch(&mut self, out: &mut Vec<u8>, count: usize) {
        if self.sent > 1 << 24 {
            window_update(out, self.sent as u32);
            self.sent = 0;
        }
        for _ in 0..count {
            self.request(out);
        }
    }

    fn request(&mut self, out: &mut Vec<u8>) {
        let Message { heads, body, first } = &self.set.messages[self.next];
        let blocks = &self.set.blocks[self.next_block..self.next_block + heads.len()];
        let with_body = *body > 0 || heads.len() > 1;
        let updates: &[u8] = if *first {
            &[0x20, 0x3f, 0xe1, 0x1f]
        } else {
            &[]
        };
        let begun = out.len();
        let end = if with_body { 0 } else { END_STREAM };
        frame(out, HEADERS, END_HEADERS | end, self.stream, updates);
        out.extend_from_slice(blocks[0]);
        let length = ((out.len() - begun - HEAD) as u32).to_be_bytes();
        out[begun..begun + 3].copy_from_slice(&length[1..]);
        if with_body {
            let end = if heads.len() > 1 { 0 } else { END_STREAM };
            frame(out, DATA, end, self.stream, &self.body[..*body]);
        }
        for trailers in &blocks[1..] {
            frame(
                out,
                HEADERS,
                END_HEADERS | END_STREAM,
                self.stream,
                trailers,
            );
        }
        self.sent += self.replies[self.next];
        self.stream += 2;
        self.next += 1;
        self.next_block += heads.len();
        if self.next == self.set.messages.len() {
            (self.next, self.next_block) = (0, 0);
        }
    }
}

impl Default for Recorded {
    fn default() -> Self {
        Self::new()
    }
}

/// An HPACK bomb of `wire` bytes: a field of 4 000 octets goes to the table, then GETs of some 40 bytes name it 24
/// times each.
#[must_use]
pub fn bomb(wire: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut block = b"\x82\x86\x84\x41\x01a\x40\x01b\x7f\xa1\x1e".to_vec();
    block.resize(block.len() + 4000, b'v');
    frame(&mut out, HEADERS, END_STREAM | END_HEADERS, 1, &block);
    let mut block = b"\x82\x86\x84\x01\x01a".to_vec();
    block.resize(block.len() + 24, 0xbe);
    for stream in (3..).step_by(2) {
        if out.len() >= wire {
            break;
        }
        frame(&mut out, HEADERS, END_STREAM | END_HEADERS, stream, &block);
    }
    out
}
