//! Benchmarks of bywash, in memory and without sockets, beside its peers.
//!
//! `machine` drives a whole protocol machine by what a scripted client sends, `hpack_bench` the header compression
//! alone over recorded heads, `heap` counts allocations. `count.sh` runs them under callgrind, with the rivals, and
//! prints the tables of `README.md`. Over sockets, `floor`, `holding`, `grpc_floor` and `grpc_client` stand beside servers:
//! `sockets` and `grpc` run them.

pub mod counting;
pub mod epoll;
pub mod heap;
pub mod hpack_cases;
pub mod machine;
pub mod recorded;
pub mod recorded_call;
#[cfg(feature = "rivals")]
pub mod rivals;
pub mod run;
pub mod script;
