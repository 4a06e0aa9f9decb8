//! A reverse proxy, HTTP/2 to HTTP/2, by the low level of the driver: both sides in one loop.
//!
//! `cargo run --release -p bywash-mio --example proxy -- --listen 127.0.0.1:8080 --to 127.0.0.1:9090`
//!
//! Bodies stream both ways with backpressure: a sender gets credit only for what the other side has
//! taken. Trailers, informational responses, resets and priorities are passed on; a request that
//! the server did not process is tried on another connection. It prints the address that it
//! listens on. SIGINT and SIGTERM let what is open finish for ten seconds.

mod relay;

use bywash_mio::proto::config::Config;
use bywash_mio::{Connect, EventLoop, Listen, LoopOptions, Target};
use lexopt::prelude::*;
use relay::{Pool, Proxy};
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

const USAGE: &str = "usage: proxy --listen ADDR:PORT --to ADDR:PORT";
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;
/// What is open may finish for so long.
const GRACE: Duration = Duration::from_secs(10);

struct Options {
    listen: SocketAddr,
    to: SocketAddr,
}

/// `None` if help was asked for.
fn parse() -> Result<Option<Options>, lexopt::Error> {
    let (mut listen, mut to) = (None, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("listen") => listen = Some(parser.value()?.parse()?),
            Long("to") => to = Some(parser.value()?.parse()?),
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    match (listen, to) {
        (Some(listen), Some(to)) => Ok(Some(Options { listen, to })),
        (None, _) => Err("--listen is missing".into()),
        (_, None) => Err("--to is missing".into()),
    }
}

/// Ends the loop when the process is asked to end.
fn end_on_signals(stop: impl Fn(Duration) + Send + 'static) -> std::io::Result<()> {
    use signal_hook_mio::v1_0::Signals;
    let mut poll = mio::Poll::new()?;
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let readable = mio::Interest::READABLE;
    poll.registry()
        .register(&mut signals, mio::Token(0), readable)?;
    std::thread::spawn(move || {
        let mut events = mio::Events::with_capacity(1);
        // The first one starts the end, the second one hurries it.
        let mut grace = GRACE;
        loop {
            match poll.poll(&mut events, None) {
                Err(e) if e.kind() != std::io::ErrorKind::Interrupted => return,
                _ => {}
            }
            for _ in signals.pending() {
                stop(grace);
                grace = Duration::ZERO;
            }
        }
    });
    Ok(())
}

fn run(options: &Options) -> std::io::Result<()> {
    let config = Arc::new(Config::default());
    let mut event_loop = EventLoop::new(LoopOptions::default())?;
    let mut cx = event_loop.cx();
    let listener = cx.listen(Listen::tcp(options.listen).config(Arc::clone(&config)))?;
    writeln!(std::io::stdout(), "http://{}", cx.listening_at(listener)?)?;
    end_on_signals(event_loop.shutdown_handle())?;
    let connect = Connect::new(Target::Addresses(vec![options.to])).config(config);
    event_loop.run(&mut Proxy::new(Pool::new(connect)))
}

fn main() -> ExitCode {
    let problem: Box<dyn std::error::Error> = match parse() {
        Ok(None) => {
            // Nobody may be reading it.
            let _ = writeln!(std::io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => format!("{error}; {USAGE}").into(),
        Ok(Some(options)) => match run(&options) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => format!("{}: {error}", options.listen).into(),
        },
    };
    let _ = writeln!(std::io::stderr(), "proxy: {problem}");
    ExitCode::from(2)
}
