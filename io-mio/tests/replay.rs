//! A request that the server refused is sent again whole, or not at all.

use bytes::Bytes;
use bywash_mio::client::{Call, CallError, Client, ClientOptions, Request, Talk};
use bywash_mio::proto::config::Config;
use bywash_mio::proto::event::{Event, Step};
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::server;
use bywash_mio::proto::vocabulary::{ErrorCode, Instant};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

/// What a server heard of one request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Heard {
    body: Vec<u8>,
    trailer: Option<Vec<u8>>,
}

/// A server that hears each request to its end, refuses the first and answers the others.
struct Picky {
    socket: TcpStream,
    conn: server::Connection,
    now: Heard,
    tell: mpsc::Sender<Heard>,
    requests: u32,
}

impl Picky {
    fn start() -> (String, mpsc::Receiver<Heard>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let conn = server::Connection::new(Config::default(), Instant::ZERO).unwrap();
            let socket = listener.accept().unwrap().0;
            Self {
                socket,
                conn,
                now: Heard::default(),
                tell,
                requests: 0,
            }
            .serve();
        });
        (url, told)
    }

    fn serve(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            let n = self.socket.read(&mut buffer).unwrap_or(0);
            if n == 0 {
                return;
            }
            let mut input = &buffer[..n];
            loop {
                let ended = match self.conn.next_event(Instant::ZERO, &mut input) {
                    Step::Event(Event::Request { stream, end, .. }) => (stream, end),
                    Step::Event(Event::Data { stream, data, end }) => {
                        self.now.body.extend_from_slice(data);
                        (stream, end)
                    }
                    Step::Event(Event::Trailers { stream, head, .. }) => {
                        self.now.trailer = head.get("x-sum").map(<[u8]>::to_vec);
                        (stream, true)
                    }
                    Step::Event(_) => continue,
                    Step::NeedInput => break,
                    Step::NeedWrite => {
                        self.flush();
                        continue;
                    }
                };
                if let (stream, true) = ended {
                    self.requests += 1;
                    let _ = self.tell.send(std::mem::take(&mut self.now));
                    if self.requests == 1 {
                        self.conn.send(stream).reset(ErrorCode::REFUSED_STREAM);
                    } else {
                        let head = [(":status", "200")];
                        self.conn.response(stream, &head, true).unwrap();
                    }
                }
            }
            self.flush();
        }
    }

    fn flush(&mut self) {
        loop {
            let out = self.conn.transmit(Instant::ZERO);
            let Some(chunk) = out.chunks().next() else {
                return;
            };
            let n = self.socket.write(chunk).unwrap_or(chunk.len());
            out.advance(n);
        }
    }
}

/// Sends a body of one piece, or none, and a trailer if asked to; knows how to begin anew.
struct Piece {
    body: &'static [u8],
    trailer: bool,
    done: bool,
    end: mpsc::Sender<Result<(), CallError>>,
}

impl Call for Piece {
    fn on_response(&mut self, _: &mut Talk<'_>, _: Head, _: bool) {}

    fn on_writable(&mut self, talk: &mut Talk<'_>) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        if !self.body.is_empty() {
            assert!(talk.write(&mut Bytes::from_static(self.body)).unwrap());
        }
        match self.trailer {
            true => talk.trailers(&[("x-sum", "9")]).unwrap(),
            false => talk.finish().unwrap(),
        }
    }

    fn rewind(&mut self) -> bool {
        self.done = false;
        true
    }

    fn on_end(&mut self, outcome: Result<(), CallError>) {
        self.end.send(outcome).unwrap();
    }
}

fn client() -> Client {
    let mut options = ClientOptions::default();
    options.timeout = Some(Duration::from_secs(5));
    Client::new(options).unwrap()
}

#[test]
fn a_streamed_request_that_was_complete_is_sent_again_whole() {
    for (body, trailer) in [("a body", false), ("a body", true), ("", true), ("", false)] {
        let (url, heard) = Picky::start();
        let client = client();
        let (end, ended) = mpsc::channel();
        let call = Piece {
            body: body.as_bytes(),
            trailer,
            done: false,
            end,
        };
        let request = Request::new("PUT", &url).unwrap().streamed();
        client.begin(request, call).unwrap();
        let outcome = ended.recv().unwrap();
        assert!(outcome.is_ok(), "{body:?} {trailer}: {outcome:?}");
        let first = heard.recv().unwrap();
        assert_eq!(first.body, body.as_bytes());
        assert_eq!(first.trailer.is_some(), trailer);
        assert_eq!(heard.recv().unwrap(), first);
    }
}

#[test]
fn an_upload_of_trailers_alone_is_not_sent_again_without_them() {
    let (url, heard) = Picky::start();
    let client = client();
    let request = Request::new("PUT", &url).unwrap().streamed();
    let (upload, pending) = client.start(request).unwrap();
    upload.trailers(&[("x-sum", "9")]).unwrap();
    match pending.wait() {
        Err(CallError::Stream(end)) => assert_eq!(end.code, ErrorCode::REFUSED_STREAM),
        other => panic!("{other:?}"),
    }
    assert_eq!(heard.recv().unwrap().trailer.unwrap(), b"9");
    // An empty upload is nothing that could be lost.
    let (url, heard) = Picky::start();
    let request = Request::new("PUT", &url).unwrap().streamed();
    let (upload, pending) = client.start(request).unwrap();
    upload.finish().unwrap();
    assert_eq!(pending.wait().unwrap().status(), 200);
    assert_eq!(heard.iter().take(2).count(), 2);
}
