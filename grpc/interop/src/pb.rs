//! The messages and services of `grpc.testing`, written by `bywash-build`.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the protocol's definitions document what they define"
)]

include!(concat!(env!("OUT_DIR"), "/grpc.testing.rs"));
