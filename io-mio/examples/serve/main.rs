//! A file server over HTTP/2, TLS and plain, that needs no configuration.
//!
//! `cargo run --release -p bywash-mio --example serve` serves the current folder and prints the lines
//! to try. `--help` shows the flags.
//!
//! Files are read on the threads of the loops: right for a local disk, wrong for a network's.

mod bench;
mod body;
mod dates;
mod flags;
mod listing;
mod log;
mod memory;
mod paths;
mod ranges;
mod signals;
mod site;
mod start;
mod tls;
mod types;

use std::process::ExitCode;

fn main() -> ExitCode {
    memory::prepare();
    let started = flags::Flags::parse().and_then(|flags| match flags {
        Some(flags) => start::start(&flags).map(Some),
        None => Ok(None),
    });
    match started {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some((server, watch))) => match watch.serve_until(server) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("serve: {error}");
                ExitCode::FAILURE
            }
        },
        Err(fault) => {
            eprintln!("serve: {fault}");
            ExitCode::from(2)
        }
    }
}
