//! Serves `grpc.testing.TestService`.
//!
//! ```text
//! interop_server --port=10000 --use_tls=true --tls_cert_file=server1.pem --tls_key_file=server1.key
//! ```

use bywash_grpc::Server;
use bywash_interop::{
    connect::{SERVER, SERVER_LACKS, serve},
    pb::test_service,
    service::Tests,
};
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    serve("interop_server", SERVER, |flags| {
        flags.refuse(SERVER_LACKS)?;
        let service = test_service::serve(Arc::new(Tests::new("bywash")));
        Ok(Server::builder().service(service))
    })
}
