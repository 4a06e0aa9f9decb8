//! Serves `grpc.testing.BenchmarkService`.
//!
//! ```text
//! benchmark_server --port=50051 --threads=2 --inline
//! ```

use bywash_grpc::Server;
use bywash_interop::{
    bench::{SERVER, service},
    connect::{listen, tell},
    flags::{Flags, Usage},
};
use std::{env, process::ExitCode, thread};

fn run() -> Result<(), Usage> {
    let flags = Flags::parse(SERVER, env::args().skip(1))?;
    let builder = Server::builder()
        .service(service(flags.is_on("inline")))
        .loops(flags.number("threads")?);
    let running = listen(builder, &flags)?
        .start()
        .map_err(|error| Usage(error.to_string()))?;
    tell(&running, &flags);
    loop {
        thread::park();
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benchmark_server: {error}");
            ExitCode::from(2)
        }
    }
}
