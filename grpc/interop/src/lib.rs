//! gRPC's interoperability and benchmark programs on `bywash-grpc`.
//!
//! The programs are drop-in: flags, cases, messages and exit codes are those of the programs of other gRPC libraries.
//! What they check is in [`cases`], what they serve in [`service`].
#![forbid(unsafe_code)]

pub mod bench;
pub mod cases;
pub mod certificates;
pub mod connect;
pub mod flags;
pub mod known;
pub mod matrix;
pub mod negative;
pub mod pb;
pub mod report;
pub mod service;
