//! A client against a server that misbehaves on HTTP/2's level (gRPC `doc/negative-http2-interop-test-descriptions.md`).

mod case;
mod client;
mod server;
mod session;

pub use case::Case;
pub use client::check;
pub use server::{Seen, Server};
