//! Calls `grpc.testing.BenchmarkService` in closed loops, and says how fast that went.
//!
//! ```text
//! benchmark_client --port=50051 -r 1 -c 100 -w 2 -d 10 -req 1 -resp 1 -rpc_type unary
//! ```
//!
//! Ends with 0 if all calls went well, 1 if one failed, 2 if a flag is not known.

use bywash_interop::{
    bench::{CLIENT, Plan, run},
    connect::Target,
    flags::{Flags, Usage},
};
use std::{env, process::ExitCode};

/// Whether all calls went well.
fn load() -> Result<bool, Usage> {
    let flags = Flags::parse(CLIENT, env::args().skip(1))?;
    let plan = Plan::of(&flags)?;
    let target = Target::at(&flags, flags.number("port")?)?;
    let report = run(&plan, &target)?;
    match flags.text("test_name") {
        "" => {}
        name => println!("{name}"),
    }
    println!("{report}");
    Ok(report.failures.is_empty())
}

fn main() -> ExitCode {
    match load() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("benchmark_client: {error}");
            ExitCode::from(2)
        }
    }
}
