//! The core as a client in a loop of one's own: many URLs over one connection.
//!
//! `cargo run --release -p bywash-proto --example custom_loop_client -- [-v] http://127.0.0.1:8080/ ...`
//! fetches all URLs at once (they must name one server) and prints a line for each; `-v` prints
//! every frame both ways.
#![allow(
    clippy::disallowed_methods,
    reason = "a real socket needs a real clock"
)]

use bywash_proto::client::Connection;
use bywash_proto::config::Config;
use bywash_proto::connection::Close;
use bywash_proto::error::OpenError;
use bywash_proto::event::{Event, Step};
use bywash_proto::frame::{GoAway, RstStream, SettingsPayload, WindowUpdate};
use bywash_proto::observer::{Content, Direction, Observer, Seen};
use bywash_proto::vocabulary::{FrameType, Instant, StreamRef};
use std::collections::{HashMap, VecDeque};
use std::io::{ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::{Duration, Instant as Clock};

/// Prints frames.
struct Dump;

impl Observer for Dump {
    fn frame(&mut self, seen: &Seen<'_>) {
        let arrow = if seen.direction == Direction::In {
            '<'
        } else {
            '>'
        };
        let (head, at) = (seen.head, seen.now.as_nanos() / 1000);
        let (kind, length, flags) = (head.kind, head.length, head.flags.0);
        print!("[{at:>8} us] {arrow} {kind} length={length} flags={flags:#x}");
        println!(" stream={}", head.stream);
        match &seen.content {
            Content::Fields(Some(fields)) => {
                for field in fields.fields() {
                    let (name, value) = (text(field.name), text(field.value));
                    println!("                {name}: {value}");
                }
            }
            Content::Payload(payload) => println!("                {}", explain(kind, payload)),
            _ => {}
        }
    }
}

fn text(octets: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(octets)
}

/// A payload in words, as far as it can be read.
fn explain(kind: FrameType, payload: &[u8]) -> String {
    let line = match kind {
        FrameType::SETTINGS => SettingsPayload::parse(payload).map(|settings| {
            let entries = settings
                .entries()
                .map(|(id, value)| format!("{id}={value} "));
            entries.collect()
        }),
        FrameType::WINDOW_UPDATE => {
            WindowUpdate::parse(payload).map(|update| format!("increment={}", update.increment))
        }
        FrameType::RST_STREAM => RstStream::parse(payload).map(|reset| reset.code.to_string()),
        FrameType::GOAWAY => {
            GoAway::parse(payload).map(|g| format!("last={} {} {}", g.last, g.code, text(g.debug)))
        }
        _ => Ok(format!("{payload:02x?}")),
    };
    line.unwrap_or_else(|violation| violation.to_string())
}

struct Session {
    conn: Connection,
    authority: String,
    waiting: VecDeque<String>,
    /// Path, status and octets so far.
    open: HashMap<StreamRef, (String, u16, u64)>,
    failed: usize,
    start: Clock,
}

impl Session {
    fn now(&self) -> Instant {
        Instant::from_nanos(self.start.elapsed().as_nanos() as u64)
    }

    /// Opens as many requests as the server takes.
    fn open(&mut self) {
        while let Some(path) = self.waiting.pop_front() {
            let target = [(":authority", self.authority.as_str()), (":path", &path)];
            let fields = ([(":method", "GET"), (":scheme", "http")], target);
            match self.conn.request(&fields, true) {
                Ok(stream) => drop(self.open.insert(stream, (path, 0, 0))),
                Err(OpenError::Limit | OpenError::OutputFull) => {
                    return self.waiting.push_front(path);
                }
                Err(error) => self.fail(&path, &error),
            }
        }
    }

    fn fail(&mut self, path: &str, why: &dyn std::fmt::Display) {
        println!("{path}: failed: {why}");
        self.failed += 1;
    }

    fn run(&mut self, mut socket: TcpStream) -> std::io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        self.open();
        self.turn(&[], &mut socket)?;
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
            if self.waiting.is_empty() && self.open.is_empty() {
                self.conn.shutdown(now);
            }
            let out = self.conn.transmit(now);
            if !out.is_empty() {
                let mut slices = [IoSlice::new(&[]); 16];
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
            Event::Response {
                stream, head, end, ..
            } => {
                self.progress(stream, head.status(), 0, end);
                self.conn.recycle(head);
            }
            Event::Data { stream, data, end } => {
                let _ = self.conn.recv(stream).release(data.len() as u32);
                self.progress(stream, None, data.len() as u64, end);
            }
            Event::Trailers { stream, .. } => self.progress(stream, None, 0, true),
            Event::Ended { stream, end } => {
                if let Some((path, ..)) = self.open.remove(&stream) {
                    self.fail(&path, &end);
                }
            }
            Event::CanOpen => self.open(),
            Event::Closed(reason) => {
                for path in std::mem::take(&mut self.waiting) {
                    self.fail(&path, &reason);
                }
            }
            _ => {}
        }
    }

    fn progress(&mut self, stream: StreamRef, status: Option<u16>, more: u64, end: bool) {
        let Some(fetch) = self.open.get_mut(&stream) else {
            return;
        };
        fetch.1 = status.unwrap_or(fetch.1);
        fetch.2 += more;
        if end {
            let (path, status, octets) = fetch;
            println!("{path}: {status} with {octets} octets");
            self.failed += usize::from(!(200..400).contains(status));
            self.open.remove(&stream);
        }
    }
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("custom_loop_client: {problem}; usage: [-v] http://HOST:PORT/PATH ...");
    ExitCode::from(2)
}

fn main() -> ExitCode {
    let (mut verbose, mut authority, mut waiting) = (false, String::new(), VecDeque::new());
    for arg in std::env::args().skip(1) {
        let Some(rest) = arg.strip_prefix("http://") else {
            match arg.as_str() {
                "-v" => verbose = true,
                _ => return usage(&format!("neither a flag nor an http URL: {arg}")),
            }
            continue;
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !authority.is_empty() && authority != host {
            return usage("all URLs must name one server");
        }
        authority = host.to_owned();
        waiting.push_back(format!("/{path}"));
    }
    let port = if authority.contains(':') { "" } else { ":80" };
    let address = format!("{authority}{port}");
    let socket = match TcpStream::connect(&address) {
        Ok(socket) => socket,
        Err(_) if authority.is_empty() => return usage("no URL"),
        Err(error) => return usage(&format!("cannot connect to {address}: {error}")),
    };
    let _ = socket.set_nodelay(true);
    let mut conn = Connection::new(Config::default(), Instant::ZERO).expect("the default is valid");
    if verbose {
        conn.observe(Box::new(Dump));
    }
    let (open, failed, start) = (HashMap::new(), 0, Clock::now());
    let mut session = Session {
        conn,
        authority,
        waiting,
        open,
        failed,
        start,
    };
    match session.run(socket) {
        Ok(()) => ExitCode::from(u8::from(session.failed > 0)),
        Err(error) => {
            eprintln!("connection lost: {error}");
            ExitCode::FAILURE
        }
    }
}
