//! What is kept in `tests/golden`, compiled and used against the signatures that it expects of the runtime.
//! This crate stands in for the runtime, under the runtime's name.

#![allow(missing_docs, unreachable_pub)]

extern crate self as bywash_grpc;

mod plain;
mod runtime;
pub use runtime::{client, codec, ctx, method, server, status};

// Just as a user's crate has it.
include!("../golden/mod.rs");

mod messages;
mod services;
