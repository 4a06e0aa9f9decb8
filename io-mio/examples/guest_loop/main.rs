//! The driver as a guest: HTTP/2 inside of a loop that belongs to another protocol.
//!
//! `cargo run --release -p bywash-mio --example guest_loop -- --lines 127.0.0.1:7000 --listen 127.0.0.1:8080`
//!
//! The program owns a `mio::Poll` and serves lines of text over TCP: what one client says, all
//! clients hear. HTTP/2 joins in as a guest: `GET /` shows the last lines, `GET /follow` goes on
//! with each new one, `POST /` says the lines of its body. One thread, one poll, no locks. Try it:
//!
//! ```text
//! nc 127.0.0.1 7000
//! curl --http2-prior-knowledge -N http://127.0.0.1:8080/follow
//! curl --http2-prior-knowledge -d 'hello' http://127.0.0.1:8080/
//! ```
//!
//! SIGINT and SIGTERM end it: requests may finish for a few seconds.

mod lines;
mod web;

use bywash_mio::{EventLoop, Guest, Listen, LoopOptions};
use lexopt::prelude::*;
use lines::{Lines, tell};
use mio::{Events, Interest, Poll, Token, Waker};
use signal_hook_mio::v1_0::Signals;
use std::io::Write;
use std::net::SocketAddr;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};
use web::Web;

const USAGE: &str = "usage: guest_loop [--lines ADDR:PORT] [--listen ADDR:PORT]";
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;
/// Rounds of news before the poll is asked again.
const ROUNDS: u32 = 16;
/// Requests may finish for so long.
const GRACE: Duration = Duration::from_secs(5);

// Who owns which tokens of the poll.
const LISTENER: Token = Token(0);
const SIGNALS: Token = Token(1);
const WAKER: Token = Token(2);
const CLIENTS: Range<usize> = 10..1_010;
const GUEST: Range<usize> = 10_000..20_000;

struct Options {
    lines: SocketAddr,
    listen: SocketAddr,
}

/// `None` if help was asked for.
fn parse() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        lines: SocketAddr::from(([127, 0, 0, 1], 7000)),
        listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("lines") => options.lines = parser.value()?.parse()?,
            Long("listen") => options.listen = parser.value()?.parse()?,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}

struct Program {
    poll: Poll,
    signals: Signals,
    lines: Lines,
    web: Web,
    guest: EventLoop,
}

impl Program {
    fn new(options: &Options) -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = || poll.registry().try_clone();
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let readable = Interest::READABLE;
        poll.registry().register(&mut signals, SIGNALS, readable)?;
        let at = |address: SocketAddr| move |e| io::Error::other(format!("{address}: {e}"));
        let lines = Lines::listen(options.lines, registry()?, LISTENER, CLIENTS)
            .map_err(at(options.lines))?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let mut guest = EventLoop::guest(
            LoopOptions::default(),
            Guest {
                registry: registry()?,
                tokens: GUEST,
                wake: Arc::new(move || {
                    // It fails when the poll is gone, and then nobody waits.
                    let _ = waker.wake();
                }),
            },
        );
        let mut cx = guest.cx();
        let listener = cx
            .listen(Listen::tcp(options.listen))
            .map_err(at(options.listen))?;
        let mut out = io::stdout();
        writeln!(out, "lines: {}", lines.address()?)?;
        writeln!(out, "http://{}", cx.listening_at(listener)?)?;
        Ok(Self {
            poll,
            signals,
            lines,
            web: Web::default(),
            guest,
        })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            let wait = match (self.settle(), self.lines.patience()) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            if self.guest.is_over() {
                return Ok(());
            }
            match self.poll.poll(&mut events, wait) {
                Err(e) if e.kind() != io::ErrorKind::Interrupted => return Err(e),
                _ => {}
            }
            for event in &events {
                // The guest says whether a token is one of its own.
                if self.guest.handle_event(event) {
                    continue;
                }
                match event.token() {
                    SIGNALS => self.stop(),
                    WAKER => {}
                    _ => self.lines.handle_event(event),
                }
            }
            self.lines.go_on();
        }
    }

    /// Lets both protocols progress until neither has news for the other, up to a bound: clients that
    /// always have some keep neither others nor signals waiting. Returns how long the poll may wait.
    fn settle(&mut self) -> Option<Duration> {
        for _ in 0..ROUNDS {
            let wait = self.guest.finish_turn(&mut self.web);
            let mut news = self.web.take_posted();
            news.extend(self.lines.take_said());
            if news.is_empty() {
                return wait;
            }
            self.lines.tell(&news);
            self.web.tell(&mut self.guest.cx(), &news);
        }
        // What was told last is written before the poll is asked again.
        self.guest.finish_turn(&mut self.web);
        Some(Duration::ZERO)
    }

    fn stop(&mut self) {
        if self.signals.pending().count() > 0 {
            self.web.end_followers(&mut self.guest.cx());
            self.guest.shutdown(GRACE);
        }
    }
}

fn main() -> ExitCode {
    let wrong = |problem: &dyn fmt::Display| {
        tell(format_args!("guest_loop: {problem}"));
        ExitCode::from(2)
    };
    let options = match parse() {
        Ok(Some(options)) => options,
        Ok(None) => {
            // Nobody may be reading it.
            let _ = writeln!(io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return wrong(&format_args!("{error}; {USAGE}")),
    };
    let mut program = match Program::new(&options) {
        Ok(program) => program,
        Err(error) => return wrong(&error),
    };
    match program.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => wrong(&error),
    }
}
