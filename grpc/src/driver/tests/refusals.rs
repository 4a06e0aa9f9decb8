//! A server, written frame by frame, that refuses streams and connections, or answers what it should not: what is made
//! again, and what is told.

use super::*;

use crate::status::{ConnFault, Origin};
use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// What the server does with its streams, one after the other.
#[derive(Clone, Copy)]
enum Does {
    /// Refuses it once the request is complete.
    Refuses,
    /// Refuses it behind the response's head.
    RefusesLate,
    /// Sends back what came.
    Answers,
    /// Says that it takes no more, with a code and a text, and is gone.
    Goes,
    /// Sends what it likes behind the response's head.
    Sends(Sends),
}

type Sends = fn(&mut Wire, u32) -> io::Result<()>;

struct Wire(TcpStream);

impl Wire {
    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        out.extend([kind, flags]);
        out.extend(stream.to_be_bytes());
        out.extend_from_slice(payload);
        self.0.write_all(&out)
    }

    /// Fields as literals that no table remembers.
    fn head(&mut self, flags: u8, stream: u32, fields: &[(&str, &str)]) -> io::Result<()> {
        let mut block = Vec::new();
        for (name, value) in fields {
            block.push(0);
            for text in [name, value] {
                block.push(text.len() as u8);
                block.extend_from_slice(text.as_bytes());
            }
        }
        self.send(HEADERS, END_HEADERS | flags, stream, &block)
    }

    fn read(&mut self) -> io::Result<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload)?;
        Ok((kind, flags, u32::from_be_bytes(stream), payload))
    }

    fn serve(mut self, plan: &[Does], tell: &mpsc::Sender<Vec<u8>>) -> io::Result<()> {
        self.0.read_exact(&mut [0; 24])?;
        self.send(SETTINGS, 0, 0, &[])?;
        let mut plan = plan.iter();
        let mut body = Vec::new();
        loop {
            let (kind, flags, stream, payload) = self.read()?;
            match kind {
                SETTINGS if flags & ACK == 0 => self.send(SETTINGS, ACK, 0, &[])?,
                DATA => body.extend(payload),
                _ => {}
            }
            if kind != DATA || flags & END_STREAM == 0 {
                continue;
            }
            let whole = std::mem::take(&mut body);
            let _ = tell.send(whole.clone());
            let head = [(":status", "200"), ("content-type", "application/grpc")];
            match plan.next().expect("as many streams as were planned") {
                Does::Refuses => self.refuse(stream)?,
                Does::RefusesLate => {
                    self.head(0, stream, &head)?;
                    self.refuse(stream)?;
                }
                Does::Answers => {
                    self.head(0, stream, &head)?;
                    self.send(DATA, 0, stream, &whole)?;
                    self.head(END_STREAM, stream, &[("grpc-status", "0")])?;
                }
                Does::Sends(sends) => {
                    self.head(0, stream, &head)?;
                    sends(&mut self, stream)?;
                }
                Does::Goes => {
                    let mut said = stream.to_be_bytes().to_vec();
                    said.extend(ENHANCE_YOUR_CALM.to_be_bytes());
                    said.extend(b"enough of you");
                    return self.send(GOAWAY, 0, 0, &said);
                }
            }
        }
    }

    fn refuse(&mut self, stream: u32) -> io::Result<()> {
        self.send(RST_STREAM, 0, stream, &REFUSED_STREAM.to_be_bytes())
    }
}

/// A server with a plan for each connection's streams; what it is told is the requests' bodies.
fn server(plan: &'static [Does]) -> (Channel, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            // The client goes when it likes.
            let _ = Wire(socket).serve(plan, &tell);
        }
    });
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    (channel, told)
}

const PATIENCE: Duration = Duration::from_secs(30);
const FRAMED: &[u8] = b"\0\0\0\0\x05hello";

/// A stream that was refused had no effect: the call is made again, once, with all that it has sent.
#[test]
fn a_refused_stream_is_made_again_once() {
    let hello = bytes("hello");
    let (channel, told) = server(&[Does::Refuses, Does::Answers]);
    let call = channel.call(ECHO, Some(&hello)).timeout(PATIENCE);
    assert_eq!(call.call().unwrap(), hello);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [FRAMED, FRAMED]);

    let (channel, told) = server(&[Does::Refuses, Does::Answers]);
    let mut upload = channel.call(SUM, None).timeout(PATIENCE).open();
    upload.send(&hello).unwrap();
    assert_eq!(upload.finish().unwrap(), hello);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [FRAMED, FRAMED]);

    let (channel, told) = server(&[Does::Refuses, Does::Refuses, Does::Answers]);
    let call = channel.call(ECHO, Some(&hello)).timeout(PATIENCE);
    let status = call.call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(matches!(status.origin(), Origin::Peer), "{status:?}");
    assert_eq!(told.try_iter().count(), 2);
}

/// Who has seen a head of the response cannot be given another.
#[test]
fn a_call_with_a_head_is_not_made_again() {
    let (channel, told) = server(&[Does::RefusesLate, Does::Answers]);
    let mut count = channel.call(COUNT, Some(&NONE)).timeout(PATIENCE).open();
    assert!(count.headers().is_ok());
    assert_eq!(count.recv().unwrap_err().code(), Code::Unavailable);
    assert_eq!(told.try_iter().count(), 1);
}

/// A server that says why it goes is quoted.
#[test]
fn a_goaway_has_its_code_and_its_text() {
    let (channel, told) = server(&[Does::Goes]);
    let call = channel.call(ECHO, Some(&NONE)).timeout(PATIENCE);
    let status = call.call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let Origin::Transport(error) = status.origin() else {
        panic!("{status:?}");
    };
    let ConnFault::GoAway { code, debug } = &error.fault else {
        panic!("{error}");
    };
    assert_eq!(
        (*code, &debug[..]),
        (ENHANCE_YOUR_CALM, &b"enough of you"[..])
    );
    assert!(status.message().contains("enough of you"), "{status}");
    assert!(status.message().contains(&error.address), "{status}");
    assert_eq!(told.try_iter().count(), 1);
}

/// Those who wait for a malformed response are let go, with its status; the connection serves the next.
#[test]
fn a_malformed_response_lets_its_caller_go() {
    const FINE: &[(&str, &str)] = &[("grpc-status", "0")];
    const CASES: [(Code, Sends); 8] = [
        (Code::Internal, |wire, stream| {
            wire.send(DATA, 0, stream, b"\x02\0\0\0\x01x")
        }),
        (Code::Internal, |wire, stream| {
            wire.send(DATA, 0, stream, b"\x01\0\0\0\x01x")
        }),
        (Code::ResourceExhausted, |wire, stream| {
            wire.send(DATA, 0, stream, b"\0\xff\xff\xff\xffx")
        }),
        (Code::Internal, |wire, stream| {
            wire.send(DATA, 0, stream, b"\0\0\0\0\x02x")?;
            wire.head(END_STREAM, stream, FINE)
        }),
        (Code::Internal, |wire, stream| {
            wire.send(DATA, END_STREAM, stream, b"\0\0\0\0\x01x")
        }),
        (Code::Unknown, |wire, stream| {
            wire.head(END_STREAM, stream, &[])
        }),
        (Code::Unknown, |wire, stream| {
            wire.head(
                END_STREAM,
                stream,
                &[FINE, &[("grpc-status", "5")]].concat(),
            )
        }),
        (Code::Internal, |wire, stream| {
            wire.head(0, stream, FINE)?;
            wire.head(END_STREAM, stream, FINE)
        }),
    ];
    const PLAN: &[Does] = &{
        let mut plan = [Does::Answers; 4 * CASES.len() + 1];
        let mut at = 0;
        while at < 4 * CASES.len() {
            plan[at] = Does::Sends(CASES[at / 4].1);
            at += 1;
        }
        plan
    };
    let (channel, _told) = server(PLAN);
    let hello = bytes("hello");
    for (number, (code, _)) in CASES.into_iter().enumerate() {
        let ended = |status: Status| assert_eq!(status.code(), code, "{number}: {status}");
        let call = channel.call(ECHO, Some(&hello)).timeout(PATIENCE);
        ended(call.call().unwrap_err());
        let mut count = channel.call(COUNT, Some(&hello)).timeout(PATIENCE).open();
        ended(count.find_map(Result::err).unwrap());
        let upload = channel.call(SUM, None).timeout(PATIENCE).open();
        ended(upload.finish().unwrap_err());
        let (tx, rx) = channel.call(CHAT, None).timeout(PATIENCE).open().split();
        tx.close();
        ended({ rx }.find_map(Result::err).unwrap());
    }
    let call = channel.call(ECHO, Some(&hello)).timeout(PATIENCE);
    assert_eq!(call.call().unwrap(), hello);
}
