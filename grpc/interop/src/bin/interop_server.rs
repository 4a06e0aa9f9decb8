//! Serves `grpc.testing.TestService`.
//!
//! ```text
//! interop_server --port=10000 --use_tls=true --tls_cert_file=server1.pem --tls_key_file=server1.key
//! ```

use bywash_grpc::Server;
use bywash_interop::{
    connect::{SERVER, SERVER_LACKS, listen, tell},
    flags::{Flags, Usage},
    pb::test_service,
    service::Tests,
};
use std::{env, process::ExitCode, sync::Arc, thread};

fn run() -> Result<(), Usage> {
    let flags = Flags::parse(SERVER, env::args().skip(1))?;
    flags.refuse(SERVER_LACKS)?;
    let service = test_service::serve(Arc::new(Tests::new("bywash")));
    let running = listen(Server::builder().service(service), &flags)?
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
            eprintln!("interop_server: {error}");
            ExitCode::from(2)
        }
    }
}
