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
            "<"
        } else {
            ">"
        };
        let (head, at) = (seen.head, seen.now.as_nanos() / 1000);
        let (kind, length, flags) = (head.kind, head.length, head.flags.0);
        println!(
            "[{at:>8} us] {arrow} {kind} length={length} flags={flags:#x} stream={}",
            head.stream
        );
        match &seen.content {
            Content::Fields(Some(fields)) => {
                for field in fields.fields() {
                    let (name, value) = (
                        String::from_utf8_lossy(field.name),
                        String::from_utf8_lossy(field.value),
                    );
                    println!("                {name}: {value}");
                }
            }
            Content::Payload(payload) => print_payload(head.kind, payload),
            _ => {}
        }
    }
}

fn print_payload(kind: FrameType, payload: &[u8]) {
    let line = match kind {
        FrameType::SETTINGS => SettingsPayload::parse(payload).ok().map(|settings| {
            settings
                .entries()
                .map(|(id, value)| format!("{id}={value} "))
                .collect::<String>()
        }),
        FrameType::WINDOW_UPDATE => WindowUpdate::parse(payload)
            .ok()
            .map(|u| format!("increment={}", u.increment)),
        FrameType::RST_STREAM => RstStream::parse(payload)
            .ok()
            .map(|reset| reset.code.to_string()),
        FrameType::GOAWAY => GoAway::parse(payload).ok().map(|g| {
            format!(
                "last={} {} {}",
                g.last,
                g.code,
                String::from_utf8_lossy(g.debug)
            )
        }),
        _ => Some(format!("{payload:02x?}")),
    };
    println!("                {}", line.unwrap_or_default());
}

/// What came of one URL.
#[derive(Default)]
struct Fetch {
    path: String,
    status: u16,
    octets: u64,
}

struct Session {
    conn: Connection,
    authority: String,
    waiting: VecDeque<String>,
    open: HashMap<StreamRef, Fetch>,
    failed: usize,
    start: Clock,
}

impl Session {
    fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Opens as many requests as the server takes.
    fn open(&mut self) {
        while let Some(path) = self.waiting.pop_front() {
            let fields = [
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", self.authority.as_str()),
                (":path", path.as_str()),
                ("user-agent", "bywash"),
            ];
            match self.conn.request(&fields, true) {
                Ok(stream) => {
                    self.open.insert(
                        stream,
                        Fetch {
                            path,
                            ..Fetch::default()
                        },
                    );
                }
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
        loop {
            self.write(&mut socket)?;
            if self.conn.interest().close != Close::No {
                return Ok(());
            }
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
            let mut input = &buffer[..read.unwrap_or(0)];
            loop {
                match self.conn.next_event(now, &mut input) {
                    Step::Event(event) => self.on_event(event),
                    Step::NeedInput => break,
                    Step::NeedWrite => self.write(&mut socket)?,
                }
            }
            if self.waiting.is_empty() && self.open.is_empty() {
                self.conn.shutdown(now);
            }
        }
    }

    fn write(&mut self, socket: &mut TcpStream) -> std::io::Result<()> {
        loop {
            let now = self.now();
            let out = self.conn.transmit(now);
            if out.is_empty() {
                return Ok(());
            }
            let mut slices = [IoSlice::new(&[]); 16];
            let n = out.io_slices(&mut slices);
            let written = socket.write_vectored(&slices[..n])?;
            out.advance(written);
        }
    }

    fn on_event(&mut self, event: Event<'_>) {
        match event {
            Event::Response {
                stream, head, end, ..
            } => {
                if let Some(fetch) = self.open.get_mut(&stream) {
                    fetch.status = head.status().unwrap_or(0);
                }
                self.conn.recycle(head);
                self.ended(stream, end);
            }
            Event::Data { stream, data, end } => {
                let _ = self.conn.recv(stream).release(data.len() as u32);
                if let Some(fetch) = self.open.get_mut(&stream) {
                    fetch.octets += data.len() as u64;
                }
                self.ended(stream, end);
            }
            Event::Trailers { stream, .. } => self.ended(stream, true),
            Event::Ended { stream, end } => {
                if let Some(fetch) = self.open.remove(&stream) {
                    self.fail(&fetch.path, &end);
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

    fn ended(&mut self, stream: StreamRef, end: bool) {
        if let Some(fetch) = end.then(|| self.open.remove(&stream)).flatten() {
            println!(
                "{}: {} with {} octets",
                fetch.path, fetch.status, fetch.octets
            );
            self.failed += usize::from(!(200..400).contains(&fetch.status));
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
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if !authority.is_empty() && authority != host {
            return usage("all URLs must name one server");
        }
        authority = host.to_owned();
        waiting.push_back(if path.is_empty() {
            "/".to_owned()
        } else {
            path.to_owned()
        });
    }
    let address = if authority.contains(':') {
        authority.clone()
    } else {
        format!("{authority}:80")
    };
    let socket = match TcpStream::connect(&address) {
        Ok(socket) => socket,
        Err(_) if authority.is_empty() => return usage("no URL"),
        Err(error) => return usage(&format!("cannot connect to {address}: {error}")),
    };
    let _ = socket.set_nodelay(true);
    let Ok(mut conn) = Connection::new(Config::default(), Instant::ZERO) else {
        return usage("bad configuration");
    };
    if verbose {
        conn.observe(Box::new(Dump));
    }
    let mut session = Session {
        conn,
        authority,
        waiting,
        open: HashMap::new(),
        failed: 0,
        start: Clock::now(),
    };
    if let Err(error) = session.run(socket) {
        eprintln!("connection lost: {error}");
        return ExitCode::FAILURE;
    }
    if session.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
