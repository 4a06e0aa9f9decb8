//! Serves `grpc.testing.BenchmarkService`.
//!
//! ```text
//! benchmark_server --port=50051 --threads=2 --inline
//! ```

use bywash_grpc::Server;
use bywash_interop::{
    bench::{SERVER, service},
    connect::serve,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    serve("benchmark_server", SERVER, |flags| {
        Ok(Server::builder()
            .service(service(flags.is_on("inline")))
            .loops(flags.number("threads")?))
    })
}
