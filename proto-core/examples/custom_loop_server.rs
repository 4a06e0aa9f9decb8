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

/// A body that the core has not taken to its end.
#[derive(Default)]
struct Body {
    waiting: VecDeque<Bytes>,
    /// Where more comes from; the client's own DATA in an echo.
    file: Option<File>,
    /// Whether nothing follows what waits.
    whole: bool,
}

struct Session {
    conn: Connection,
    bodies: HashMap<StreamRef, Body>,
    root: Arc<PathBuf>,
    start: Clock,
}

impl Session {
    fn now(&self) -> Instant {
        Instant::from_nanos(self.start.elapsed().as_nanos() as u64)
    }

    /// Reads, lets the core work, writes, until the connection is over.
    fn run(&mut self, mut socket: TcpStream) -> std::io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        while self.conn.interest().close == Close::No {
            // A blocking read that wakes for the core's next deadline.
            let now = self.now();
            let wait = self.conn.poll_timeout().map(|at| at.saturating_since(now));
            socket.set_read_timeout(wait.map(|wait| wait.max(Duration::from_millis(1))))?;
            let read = socket.read(&mut buffer);
            let now = self.now();
            match read.as_ref().map_err(|error| error.kind()) {
                Ok(0) => self.conn.handle_eof(now),
                Ok(_) => {}
                Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => self.conn.handle_timeout(now),
                Err(_) => self.conn.handle_transport_error(now),
            }
            self.turn(&buffer[..read.unwrap_or(0)], &mut socket)?;
        }
        Ok(())
    }

    /// Feeds input and writes output until neither makes anything happen.
    fn turn(&mut self, mut input: &[u8], socket: &mut TcpStream) -> std::io::Result<()> {
        loop {
            let now = self.now();
            while let Step::Event(event) = self.conn.next_event(now, &mut input) {
                self.on_event(event);
            }
            let out = self.conn.transmit(now);
            if !out.is_empty() {
                let mut slices = [IoSlice::new(&[]); 64];
                let n = out.io_slices(&mut slices);
                let written = socket.write_vectored(&slices[..n])?;
                out.advance(written);
            } else if input.is_empty() && !self.conn.has_events() {
                return Ok(());
            }
        }
    }

    fn on_event(&mut self, event: Event<'_>) {
        match event {
            Event::Request {
                stream, head, end, ..
            } => {
                if self.on_request(stream, &head, end).is_err() {
                    self.conn.send(stream).reset(ErrorCode::INTERNAL_ERROR);
                }
                self.conn.recycle(head);
            }
            Event::Data { stream, data, end } => self.on_data(stream, data, end),
            Event::Trailers { stream, .. } => self.on_data(stream, &[], true),
            Event::Writable { stream } => self.pump(stream),
            Event::Ended { stream, .. } => drop(self.bodies.remove(&stream)),
            Event::Closed(reason) => eprintln!("connection closed: {reason}"),
            _ => {}
        }
    }

    fn on_request(&mut self, stream: StreamRef, head: &Head, end: bool) -> Result<(), SendError> {
        let (method, path) = (head.method(), head.path().unwrap_or_default());
        let no_body = method == Some(b"HEAD");
        let mut body = Body::default();
        if method == Some(b"POST") && path == b"/echo" {
            body.whole = end;
            body.waiting.extend(end.then(Bytes::new));
            self.conn.response(stream, &[(":status", "200")], false)?;
        } else if let Some((length, file)) = open(&self.root, path) {
            body.file = Some(file);
            let length = length.to_string();
            let fields = [(":status", "200"), ("content-length", length.as_str())];
            self.conn.response(stream, &fields, no_body)?;
        } else if path == b"/" {
            body.whole = true;
            body.waiting
                .push_back(Bytes::from_static(b"Hello, HTTP/2\n"));
            self.conn.response(stream, &[(":status", "200")], no_body)?;
        } else {
            self.conn.response(stream, &[(":status", "404")], true)?;
        }
        if self.conn.send(stream).is_open() {
            self.bodies.insert(stream, body);
            self.pump(stream);
        }
        Ok(())
    }

    fn on_data(&mut self, stream: StreamRef, data: &[u8], end: bool) {
        match self.bodies.get_mut(&stream) {
            Some(body) if body.file.is_none() => {
                body.waiting.push_back(Bytes::copy_from_slice(data));
                body.whole = end;
                self.pump(stream);
            }
            // Nobody reads this body: its credit goes back so that the client can finish.
            _ => drop(self.conn.recv(stream).release(data.len() as u32)),
        }
    }

    fn pump(&mut self, stream: StreamRef) {
        let Some(body) = self.bodies.get_mut(&stream) else {
            return;
        };
        let done = send(&mut self.conn, stream, body);
        if done.is_none() {
            self.conn.send(stream).reset(ErrorCode::INTERNAL_ERROR);
        }
        if done != Some(false) {
            self.bodies.remove(&stream);
        }
    }
}

/// Gives the core as much of a body as it takes. Whether that was all; `None` if it cannot be sent.
fn send(conn: &mut Connection, stream: StreamRef, body: &mut Body) -> Option<bool> {
    loop {
        if let (true, Some(file)) = (body.waiting.is_empty(), &mut body.file) {
            let mut chunk = vec![0; 32 * 1024];
            let n = file.read(&mut chunk).ok()?;
            chunk.truncate(n);
            body.waiting.push_back(Bytes::from(chunk));
            body.whole = n == 0;
        }
        let end = body.whole && body.waiting.len() == 1;
        let Some(piece) = body.waiting.front_mut() else {
            return Some(false);
        };
        let taken = conn.send(stream).data(piece, end).ok()?;
        // The client of an echo may send more only as fast as it takes its own bytes back.
        let _ = conn.recv(stream).release(taken as u32);
        if end || !piece.is_empty() {
            return Some(end && piece.is_empty());
        }
        body.waiting.pop_front();
    }
}

/// A file below the root, and its length: plain names only, symbolic links resolved.
fn open(root: &Path, path: &[u8]) -> Option<(u64, File)> {
    let path = std::str::from_utf8(path).ok()?.split(['?', '#']).next()?;
    let relative = Path::new(path.trim_start_matches('/'));
    let mut parts = relative.components();
    if !parts.all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let found = root.join(relative).canonicalize().ok()?;
    let file = File::open(found.starts_with(root).then_some(&found)?).ok()?;
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
        match (flag.as_str(), args.next()) {
            ("--listen", Some(value)) => listen = value,
            ("--root", Some(value)) => root = value,
            (flag, _) => return usage(&format!("unknown flag or missing value: {flag}")),
        }
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
            let conn = Connection::new(config, Instant::ZERO).expect("the default is valid");
            let (bodies, start) = (HashMap::new(), Clock::now());
            let mut session = Session {
                conn,
                bodies,
                root,
                start,
            };
            if let Err(error) = session.run(socket) {
                eprintln!("connection lost: {error}");
            }
        });
    }
    ExitCode::SUCCESS
}
