//! The core in an event loop of one's own: blocking sockets, one thread per connection.
//!
//! `cargo run --release -p bywash-proto --example custom_loop_server -- --listen 127.0.0.1:8080 --root .`
//! answers `GET` with the files of a folder and echoes `POST /echo`. Try
//! `curl --http2-prior-knowledge http://127.0.0.1:8080/`.

#![allow(
    clippy::disallowed_methods,
    reason = "a real socket needs a real clock"
)]

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::connection::Close;
use bywash_proto::error::SendError;
use bywash_proto::event::{Event, Step};
use bywash_proto::headers::Head;
use bywash_proto::server::Connection;
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{ErrorKind, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

/// What a stream's body still comes from.
enum Body {
    /// A file, and a piece that the core did not take yet.
    File(File, Bytes),
    /// What the client sent and the core did not take back yet; whether the client has ended.
    Echo(VecDeque<Bytes>, bool),
}

struct Session {
    conn: Connection,
    bodies: HashMap<StreamRef, Body>,
    root: Arc<PathBuf>,
    start: Clock,
}

impl Session {
    fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Reads, lets the core work, writes, until the connection is over.
    fn run(&mut self, mut socket: TcpStream) -> std::io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            self.flush(&mut socket)?;
            if self.conn.interest().close != Close::No {
                return Ok(());
            }
            // A blocking read that wakes for the core's next deadline.
            let wait = self
                .conn
                .poll_timeout()
                .map(|at| at.saturating_since(self.now()));
            socket.set_read_timeout(wait.map(|wait| wait.max(Duration::from_millis(1))))?;
            let read = socket.read(&mut buffer);
            let now = self.now();
            match &read {
                Ok(0) => self.conn.handle_eof(now),
                Ok(_) => {}
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.conn.handle_timeout(now)
                }
                Err(_) => self.conn.handle_transport_error(now),
            }
            self.feed(&buffer[..read.unwrap_or(0)], &mut socket)?;
        }
    }

    fn feed(&mut self, mut input: &[u8], socket: &mut TcpStream) -> std::io::Result<()> {
        loop {
            let now = self.now();
            match self.conn.next_event(now, &mut input) {
                Step::Event(event) => self.on_event(event),
                Step::NeedInput => return Ok(()),
                Step::NeedWrite => self.flush(socket)?,
            }
        }
    }

    /// Writes all that the core has; what that makes possible (`Writable`) is done too.
    fn flush(&mut self, socket: &mut TcpStream) -> std::io::Result<()> {
        loop {
            let now = self.now();
            let out = self.conn.transmit(now);
            if !out.is_empty() {
                let mut slices = [IoSlice::new(&[]); 64];
                let n = out.io_slices(&mut slices);
                let written = socket.write_vectored(&slices[..n])?;
                out.advance(written);
            } else if !self.conn.has_events() {
                return Ok(());
            }
            while self.conn.has_events() {
                let Step::Event(event) = self.conn.next_event(now, &mut &[][..]) else {
                    break;
                };
                self.on_event(event);
            }
        }
    }

    fn on_event(&mut self, event: Event<'_>) {
        match event {
            Event::Request {
                stream,
                head,
                end,
                overlong,
            } => {
                let answer = match overlong {
                    true => self.conn.response(stream, &[(":status", "431")], true),
                    false => self.on_request(stream, &head, end),
                };
                if answer.is_err() {
                    self.conn.send(stream).reset(ErrorCode::INTERNAL_ERROR);
                }
                self.conn.recycle(head);
            }
            Event::Data { stream, data, end } => self.on_data(stream, data, end),
            Event::Trailers { stream, .. } => self.on_data(stream, &[], true),
            Event::Writable { stream } => self.pump(stream),
            Event::Ended { stream, .. } => {
                self.bodies.remove(&stream);
            }
            Event::Closed(reason) => eprintln!("connection closed: {reason}"),
            _ => {}
        }
    }

    fn on_request(&mut self, stream: StreamRef, head: &Head, end: bool) -> Result<(), SendError> {
        let (method, path) = (
            head.method().unwrap_or_default(),
            head.path().unwrap_or_default(),
        );
        if method == b"POST" && path == b"/echo" {
            self.conn.response(stream, &[(":status", "200")], false)?;
            self.bodies.insert(stream, Body::Echo(VecDeque::new(), end));
            self.pump(stream);
            return Ok(());
        }
        if method != b"GET" && method != b"HEAD" {
            return self
                .conn
                .response(stream, &[(":status", "405"), ("allow", "GET, HEAD")], true);
        }
        match resolve(&self.root, path).and_then(open) {
            Some((length, file)) => {
                let length = length.to_string();
                let fields = [(":status", "200"), ("content-length", length.as_str())];
                let no_body = method == b"HEAD" || length == "0";
                self.conn.response(stream, &fields, no_body)?;
                if !no_body {
                    self.bodies.insert(stream, Body::File(file, Bytes::new()));
                    self.pump(stream);
                }
            }
            None if path == b"/" => {
                self.conn.response(stream, &[(":status", "200")], false)?;
                self.conn
                    .send(stream)
                    .data(&mut Bytes::from_static(b"Hello, HTTP/2\n"), true)?;
            }
            None => self.conn.response(stream, &[(":status", "404")], true)?,
        }
        Ok(())
    }

    fn on_data(&mut self, stream: StreamRef, data: &[u8], end: bool) {
        if let Some(Body::Echo(queue, ended)) = self.bodies.get_mut(&stream) {
            if !data.is_empty() {
                queue.push_back(Bytes::copy_from_slice(data));
            }
            *ended = end;
            self.pump(stream);
        } else {
            // Nobody reads this body: its credit goes back so that the client can finish.
            let _ = self.conn.recv(stream).release(data.len() as u32);
        }
    }

    /// Gives the core as much of a body as it takes.
    fn pump(&mut self, stream: StreamRef) {
        let Some(body) = self.bodies.get_mut(&stream) else {
            return;
        };
        let done = match body {
            Body::File(file, piece) => send_file(&mut self.conn, stream, file, piece),
            Body::Echo(queue, ended) => send_echo(&mut self.conn, stream, queue, *ended),
        };
        if done.is_none() {
            self.conn.send(stream).reset(ErrorCode::INTERNAL_ERROR);
        }
        if done != Some(false) {
            self.bodies.remove(&stream);
        }
    }
}

/// Whether the body is complete; `None` if it cannot be completed.
fn send_file(
    conn: &mut Connection,
    stream: StreamRef,
    file: &mut File,
    piece: &mut Bytes,
) -> Option<bool> {
    loop {
        if piece.is_empty() {
            let mut chunk = vec![0; 32 * 1024];
            let n = file.read(&mut chunk).ok()?;
            chunk.truncate(n);
            *piece = Bytes::from(chunk);
        }
        let end = piece.is_empty();
        conn.send(stream).data(piece, end).ok()?;
        if end || !piece.is_empty() {
            return Some(end);
        }
    }
}

fn send_echo(
    conn: &mut Connection,
    stream: StreamRef,
    queue: &mut VecDeque<Bytes>,
    ended: bool,
) -> Option<bool> {
    while let Some(piece) = queue.front_mut() {
        let taken = conn.send(stream).data(piece, false).ok()?;
        // The client may send more only as fast as it takes its own bytes back.
        let _ = conn.recv(stream).release(taken as u32);
        if !piece.is_empty() {
            return Some(false);
        }
        queue.pop_front();
    }
    if ended {
        conn.send(stream).data(&mut Bytes::new(), true).ok()?;
    }
    Some(ended)
}

/// A path below the root, whatever the request says: plain names only, symbolic links resolved.
fn resolve(root: &Path, path: &[u8]) -> Option<PathBuf> {
    let path = std::str::from_utf8(path)
        .ok()?
        .split(['?', '#'])
        .next()?
        .trim_start_matches('/');
    let relative = Path::new(path);
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let found = plain
        .then(|| root.join(relative).canonicalize().ok())
        .flatten()?;
    found.starts_with(root).then_some(found)
}

/// A plain file and its length.
fn open(path: PathBuf) -> Option<(u64, File)> {
    let file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    metadata.is_file().then_some((metadata.len(), file))
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("custom_loop_server: {problem}; usage: [--listen ADDR:PORT] [--root DIR]");
    ExitCode::from(2)
}

fn main() -> ExitCode {
    let (mut listen, mut root) = (String::from("127.0.0.1:8080"), String::from("."));
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = match (flag.as_str(), args.next()) {
            ("--listen" | "--root", Some(value)) => value,
            (flag, _) => return usage(&format!("unknown flag or missing value: {flag}")),
        };
        *(if flag == "--listen" {
            &mut listen
        } else {
            &mut root
        }) = value;
    }
    let root = match Path::new(&root).canonicalize() {
        Ok(root) => Arc::new(root),
        Err(error) => return usage(&format!("cannot open {root}: {error}")),
    };
    let listener = match TcpListener::bind(&listen) {
        Ok(listener) => listener,
        Err(error) => return usage(&format!("cannot listen on {listen}: {error}")),
    };
    eprintln!("listening on {listen}, serving {}", root.display());
    let config = Arc::new(Config::default());
    for socket in listener.incoming().flatten() {
        let (config, root) = (config.clone(), root.clone());
        std::thread::spawn(move || {
            let _ = socket.set_nodelay(true);
            let _ = socket.set_write_timeout(Some(Duration::from_secs(30)));
            let Ok(conn) = Connection::new(config, Instant::ZERO) else {
                return;
            };
            let mut session = Session {
                conn,
                bodies: HashMap::new(),
                root,
                start: Clock::now(),
            };
            if let Err(error) = session.run(socket) {
                eprintln!("connection lost: {error}");
            }
        });
    }
    ExitCode::SUCCESS
}
