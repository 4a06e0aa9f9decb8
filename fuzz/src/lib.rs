//! What the fuzzers run, as functions: each takes octets and panics on a finding.
//!
//! | target | what it holds the core to |
//! |---|---|
//! | [`frames`] | whole frames of any type, flags, length and stream, to either role |
//! | [`server`], [`client`] | octets off the wire: no panic, bounded heap, legal output, orderly events, one end |
//! | [`chunks`] | however the input is cut: the same events, the same output |
//! | `peer_h2` | a client or server against the crate `h2`, with the feature `peer-h2`: what one says the other hears |
//! | [`pair`] | a client against a server under random operations: nothing lost, nothing stuck, nobody at fault |
//! | [`hpack_decode`] | any blocks: bounded heap, sizes within the limits, twice the same |
//! | [`hpack_round_trip`] | what the encoder writes the decoder reads, through any change of sizes |
//! | [`hpack_differential`] | blocks that another implementation accepts too mean the same to both |
//! | [`grpc_framing`] | a stream of messages, however cut: the messages that a plain reading finds, heap that they pay for |
//! | [`grpc_metadata`] | fields received, set and removed: order, limits and what goes on the wire |
//! | [`grpc_status`] | statuses off the wire and back, within any limit; what else heads hold |
//! | [`grpc_calls`] | calls at a server or client of a hostile peer: each ends once, all credit comes back |
//! | [`heads`] | both checks of heads agree, and a head holds what went in |
//!
//! The entry points for libFuzzer stand in `fuzz_targets/`; the corpora run in `cargo test`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod blocks;
mod cut;
mod grpc;
mod output;
mod pair;
mod pattern;
#[cfg(feature = "peer-h2")]
mod peer;
mod rules;
mod runner;
mod tuning;
mod wire;

pub use blocks::{hpack_decode, hpack_differential, hpack_round_trip};
pub use cut::chunks;
pub use grpc::{grpc_calls, grpc_framing, grpc_metadata, grpc_status};
pub use pair::pair;
#[cfg(feature = "peer-h2")]
pub use peer::peer_h2;
pub use rules::heads;
pub use wire::{client, frames, server};

/// The body of a target.
pub type Body = fn(&[u8]);

/// Every target: its name, which is that of its corpus and of its entry point, and its body.
pub const TARGETS: &[(&str, Body)] = &[
    ("chunks", chunks),
    ("client", client),
    ("frames", frames),
    ("grpc_calls", grpc_calls),
    ("grpc_framing", grpc_framing),
    ("grpc_metadata", grpc_metadata),
    ("grpc_status", grpc_status),
    ("heads", heads),
    ("hpack_decode", hpack_decode),
    ("hpack_differential", hpack_differential),
    ("hpack_round_trip", hpack_round_trip),
    ("pair", pair),
    #[cfg(feature = "peer-h2")]
    ("peer_h2", peer_h2),
    ("server", server),
];

/// The targets that a feature brings; their corpora are there without it.
pub const BEHIND_FEATURES: &[&str] = &["peer_h2"];
