//! A server that misbehaves on HTTP/2's level, for clients of any library.
//!
//! ```text
//! negative_server --port=8080 --test_case=rst_after_data
//! ```
//!
//! What clients do wrong it says on the standard error.

use bywash_interop::{
    flags::{Flag, Flags, Usage, value},
    negative::Server,
};
use std::{env, process::ExitCode, thread};

const FLAGS: &[Flag] = &[
    value("port", "8080"),
    value("bind_address", "127.0.0.1"),
    value("test_case", "goaway"),
];

fn run() -> Result<(), Usage> {
    let flags = Flags::parse(FLAGS, env::args().skip(1))?;
    let case = flags.text("test_case").parse()?;
    let at = (flags.text("bind_address"), flags.number::<u16>("port")?);
    let server = Server::start(at, case).map_err(|error| Usage(error.to_string()))?;
    println!("listening on {}", server.address());
    loop {
        thread::park();
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("negative_server: {error}");
            ExitCode::from(2)
        }
    }
}
