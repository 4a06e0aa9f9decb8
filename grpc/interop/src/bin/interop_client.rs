//! Makes the calls of gRPC's interoperability tests.
//!
//! ```text
//! interop_client --server_host=localhost --server_port=10000 --test_case=large_unary,ping_pong
//! ```
//!
//! Ends with 0 if all cases pass, 1 if one fails, 2 if a flag or a case is not known or not supported.

use bywash_interop::{
    cases::{CLIENT, CLIENT_LACKS, Setting, named},
    connect::Target,
    flags::{Flags, Usage},
};
use std::{env, process::ExitCode};

/// Whether all cases passed.
fn run() -> Result<bool, Usage> {
    let flags = Flags::parse(CLIENT, env::args().skip(1))?;
    flags.refuse(CLIENT_LACKS)?;
    let cases = named(flags.text("test_case"))?;
    let target = Target::of(&flags)?.with_metadata(flags.text("additional_metadata"))?;
    let setting = Setting::new(target, &flags)?;
    let mut passed = true;
    for (name, case) in cases {
        match case(&setting) {
            Ok(()) => println!("PASS {name}"),
            Err(failure) => {
                println!("FAIL {name}: {failure}");
                passed = false;
            }
        }
    }
    Ok(passed)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("interop_client: {error}");
            ExitCode::from(2)
        }
    }
}
