//! The interoperability tests, from the client's side (gRPC `doc/interop-test-descriptions.md`).

mod compression;
mod ends;
mod metadata;
mod options;
mod payloads;
mod plan;
mod setting;
mod soak;

use crate::flags::Usage;

pub use options::{CLIENT, CLIENT_LACKS};
pub use plan::Soak;
pub use setting::{Failure, LARGE_REQUEST, LARGE_RESPONSE, Setting};
pub use soak::percentile;

use setting::Outcome;

type Case = fn(&Setting) -> Outcome;

/// All cases by their names.
pub const CASES: &[(&str, Case)] = &[
    ("empty_unary", payloads::empty_unary),
    ("large_unary", payloads::large_unary),
    ("client_streaming", payloads::client_streaming),
    ("server_streaming", payloads::server_streaming),
    ("ping_pong", payloads::ping_pong),
    ("empty_stream", payloads::empty_stream),
    ("custom_metadata", metadata::custom_metadata),
    ("status_code_and_message", ends::status_code_and_message),
    ("special_status_message", ends::special_status_message),
    ("unimplemented_method", ends::unimplemented_method),
    ("unimplemented_service", ends::unimplemented_service),
    ("cancel_after_begin", ends::cancel_after_begin),
    (
        "cancel_after_first_response",
        ends::cancel_after_first_response,
    ),
    (
        "timeout_on_sleeping_server",
        ends::timeout_on_sleeping_server,
    ),
    (
        "client_compressed_unary",
        compression::client_compressed_unary,
    ),
    (
        "server_compressed_unary",
        compression::server_compressed_unary,
    ),
    (
        "client_compressed_streaming",
        compression::client_compressed_streaming,
    ),
    (
        "server_compressed_streaming",
        compression::server_compressed_streaming,
    ),
    ("concurrent_large_unary", payloads::concurrent_large_unary),
    ("rpc_soak", soak::rpc_soak),
];

/// The cases of a comma-separated list.
///
/// # Errors
/// One of them is not known.
pub fn named(list: &str) -> Result<Vec<(&'static str, Case)>, Usage> {
    let find = |name: &str| CASES.iter().find(|(known, _)| *known == name).copied();
    list.split(',')
        .map(|name| find(name).ok_or_else(|| Usage(format!("there is no test case {name:?}"))))
        .collect()
}
