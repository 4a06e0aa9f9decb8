//! A client: many URLs at once, over one connection for each server.
//!
//! `cargo run --release -p bywash-mio --example fetch -- http://127.0.0.1:8080/a http://127.0.0.1:8080/b`
//!
//! Plain HTTP/2 is spoken with prior knowledge, https by TLS with ALPN. Bodies go to standard output
//! in the order of the URLs; what comes early waits, and so does its sender, by flow control.
//! Everything else goes to standard error: with `-v` every frame both ways, and at the end a line
//! for each URL.
//!
//! | flag | |
//! |---|---|
//! | `-v`, `--verbose` | every frame both ways |
//! | `-n`, `--null` | bodies are not printed |
//! | `-X`, `--method METHOD` | instead of GET, or POST with `--data` |
//! | `-H`, `--header 'NAME: VALUE'` | a field more, or another value for one of the defaults |
//! | `-d`, `--data FILE` | the body of every request |
//! | `--cacert FILE` | trust these authorities alone; the system's otherwise |
//! | `-k`, `--insecure` | trust everybody |
//! | `--unix PATH` | connect to this Unix socket, whatever the URLs name |
//! | `--timeout SECONDS` | for all of it |
//!
//! The exit status is 1 if a URL failed (a status of 400 and above is a failure) or its
//! body could not be printed, 2 for wrong flags.

mod client;
mod dump;
mod job;
mod options;
mod report;
mod server;
mod url;

use bywash_mio::tls::{ClientTls, Roots};
use bywash_mio::{Connector, EventLoop, LoopOptions};
use options::Options;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// For the farewell to the servers.
const GRACE: Duration = Duration::from_millis(500);

/// What TLS trusts, if a URL needs it.
fn tls(options: &Options) -> Result<Option<Arc<dyn Connector>>, Box<dyn Error>> {
    if !options.urls.iter().any(|url| url.origin.is_secure) {
        return Ok(None);
    }
    let builder = match &options.cacert {
        _ if options.is_insecure => ClientTls::insecure(),
        Some(path) => {
            let pem = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
            ClientTls::builder(Roots::from_pem(&pem)?)
        }
        None => ClientTls::builder(Roots::native()?),
    };
    Ok(Some(Arc::new(builder.key_log(true).build()?)))
}

/// Fetches everything; returns how many URLs failed.
fn run(options: Options, tls: Option<Arc<dyn Connector>>) -> std::io::Result<usize> {
    let mut event_loop = EventLoop::new(LoopOptions::default())?;
    let clock = event_loop.clock();
    let start = clock.now();
    let mut client = client::Client::new(options, tls, start);
    client.begin(&mut event_loop.cx());
    while !client.is_over() {
        event_loop.turn(&mut client, None)?;
    }
    let end = clock.now();
    event_loop.shutdown(GRACE);
    event_loop.run(&mut client)?;
    let failed = report::print(client.jobs(), start, end);
    Ok(report::flush(&mut std::io::stdout(), failed))
}

fn main() -> ExitCode {
    let wrong = |problem: &dyn std::fmt::Display| {
        report::tell(format_args!("fetch: {problem}"));
        ExitCode::from(2)
    };
    let options = match Options::from_env() {
        Ok(Some(options)) => options,
        Ok(None) => {
            // Nobody may be reading it.
            let _ = writeln!(std::io::stdout(), "{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => return wrong(&format_args!("{error}; {}", options::USAGE)),
    };
    let tls = match tls(&options) {
        Ok(tls) => tls,
        Err(error) => return wrong(&error),
    };
    match run(options, tls) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            report::tell(format_args!("fetch: {error}"));
            ExitCode::FAILURE
        }
    }
}
