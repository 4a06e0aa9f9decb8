//! Makes the calls of gRPC's negative HTTP/2 tests against a server that misbehaves: `negative_server`, or another.
//!
//! ```text
//! negative_client --server_host=localhost --server_port=8080 --test_case=rst_after_data
//! ```
//!
//! Ends with 0 if the case passes, 1 if it fails, 2 if a flag or a case is not known.

use bywash_grpc::client::Channel;
use bywash_interop::{
    flags::{Flag, Flags, Usage, value},
    negative::{Case, check},
};
use std::{env, process::ExitCode, time::Duration};

const FLAGS: &[Flag] = &[
    value("server_host", "localhost"),
    value("server_port", "8080"),
    value("test_case", "goaway"),
];

/// Whether the case passed.
fn run() -> Result<bool, Usage> {
    let flags = Flags::parse(FLAGS, env::args().skip(1))?;
    let name = flags.text("test_case");
    let case: Case = name.parse()?;
    let port: u16 = flags.number("server_port")?;
    let target = format!("{}:{port}", flags.text("server_host"));
    let channel = Channel::builder(&target)
        .plaintext()
        .build()
        .map_err(|error| Usage(error.to_string()))?;
    match check(case, &channel, Duration::from_secs(1)) {
        Ok(()) => {
            println!("PASS {name}");
            Ok(true)
        }
        Err(failure) => {
            println!("FAIL {name}: {failure}");
            Ok(false)
        }
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("negative_client: {error}");
            ExitCode::from(2)
        }
    }
}
