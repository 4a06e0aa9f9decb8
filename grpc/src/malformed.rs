//! What peers can get wrong within a call, as frames of stream 1: for tests.

use crate::code::Code;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Messages of a stream before and after which something goes wrong.
pub(crate) const MESSAGES: [&[u8]; 3] = [b"one", b"", b"three"];
/// The most octets of a message.
pub(crate) const LIMIT: usize = 1000;

fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    out.extend([kind, flags, 0, 0, 0, 1]);
    out.extend_from_slice(payload);
    out
}

pub(crate) fn data(end: bool, octets: &[u8]) -> Vec<u8> {
    frame(DATA, if end { END_STREAM } else { 0 }, octets)
}

/// A head or trailers, each field a literal that no table remembers.
pub(crate) fn head(end: bool, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        }
    }
    let end = if end { END_STREAM } else { 0 };
    frame(HEADERS, END_HEADERS | end, &block)
}

/// A message with any prefix.
pub(crate) fn message(flag: u8, claimed: usize, octets: &[u8]) -> Vec<u8> {
    let mut out = vec![flag];
    out.extend((claimed as u32).to_be_bytes());
    out.extend_from_slice(octets);
    out
}

pub(crate) const OK: (&str, &str) = (":status", "200");
pub(crate) const GRPC: (&str, &str) = ("content-type", "application/grpc");
pub(crate) const GZIP: (&str, &str) = ("grpc-encoding", "gzip");
pub(crate) const FINE: (&str, &str) = ("grpc-status", "0");

/// Something wrong, and the code with which it ends the call.
pub(crate) struct Wrong {
    pub(crate) name: &'static str,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) code: Code,
}

fn wrong(name: &'static str, code: Code, frames: Vec<Vec<u8>>) -> Wrong {
    Wrong { name, frames, code }
}

/// What is wrong with messages, whoever sends them.
fn framing() -> Vec<Wrong> {
    let mut all = Vec::new();
    for flag in [2, 3, 128, 255] {
        let frames = vec![data(false, &message(flag, 1, b"x"))];
        all.push(wrong("reserved flags", Code::Internal, frames));
    }
    let frames = vec![data(false, &message(1, 1, b"x"))];
    all.push(wrong("compressed without encoding", Code::Internal, frames));
    for claimed in [LIMIT + 1, 1 << 24, u32::MAX as usize] {
        let frames = vec![data(false, &message(0, claimed, b"x"))];
        all.push(wrong("too large a claim", Code::ResourceExhausted, frames));
    }
    for octets in [&[0][..], &[0, 0, 0, 0], &[0, 0, 0, 0, 2, b'x']] {
        let frames = vec![data(true, octets)];
        all.push(wrong("an end inside a message", Code::Internal, frames));
    }
    all
}

/// What is wrong with a response, at a place where nothing is wrong yet.
pub(crate) fn of_servers() -> Vec<Wrong> {
    let part = || data(false, &[0, 0, 0, 0, 9, b'x']);
    let mut all = framing();
    all.extend([
        wrong(
            "trailers inside a message",
            Code::Internal,
            vec![part(), head(true, &[FINE])],
        ),
        wrong(
            "an end without trailers",
            Code::Internal,
            vec![data(true, b"")],
        ),
        wrong(
            "trailers without status",
            Code::Unknown,
            vec![head(true, &[])],
        ),
        wrong(
            "trailers of others",
            Code::Unknown,
            vec![head(true, &[("x-a", "b")])],
        ),
        wrong(
            "two statuses",
            Code::Unknown,
            vec![head(true, &[FINE, ("grpc-status", "5")])],
        ),
        wrong(
            "a status that is no number",
            Code::Unknown,
            vec![head(true, &[("grpc-status", "fine")])],
        ),
        wrong(
            "trailers that end nothing",
            Code::Internal,
            vec![head(false, &[FINE]), head(true, &[FINE])],
        ),
        wrong(
            "another head",
            Code::Internal,
            vec![head(false, &[OK, GRPC]), head(true, &[FINE])],
        ),
        wrong(
            "metadata that is no Base64",
            Code::Internal,
            vec![head(true, &[FINE, ("x-a-bin", "?")])],
        ),
    ]);
    all
}

/// The same of a request; what is only wrong for a response is none.
pub(crate) fn of_clients() -> Vec<Wrong> {
    let part = || data(false, &[0, 0, 0, 0, 9, b'x']);
    let mut all = framing();
    all.extend([
        wrong(
            "trailers inside a message",
            Code::Internal,
            vec![part(), head(true, &[("x-a", "b")])],
        ),
        wrong(
            "trailers that end nothing",
            Code::Internal,
            vec![head(false, &[("x-a", "b")])],
        ),
        wrong(
            "another head",
            Code::Internal,
            vec![head(true, &[(":method", "POST"), GRPC])],
        ),
        wrong(
            "metadata that is no Base64",
            Code::Internal,
            vec![head(true, &[("x-a-bin", "?")])],
        ),
    ]);
    all
}
