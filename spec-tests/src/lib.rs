//! Conformance of HTTP/2 by RFC section: a raw peer that shares no code with what it tests, and a network in memory.
//!
//! * [`tester`]: the cases over sockets, from the command line.
//! * [`raw`]: frames and header blocks written and read octet by octet, legal or not, and a scripted peer over them.
//! * [`link`]: a byte stream between two ends on a virtual clock, with splits, delay, stalls, cuts and backpressure.
//! * [`cases`]: conformance by RFC section, in memory and over sockets.
//! * [`network`]: many connections of the core over such links, all of their chance from one seed.
//! * [`pair`]: the core against the raw peer, event by event, with every cut of the input.
//!
//! What hostile peers cost: `ABUSE.md` (`tests/abuse`, in memory) and `FLOODS.md` (`examples/flood`, over sockets).
//!
//! Nothing in [`raw`] or [`link`] may use the stack under test: a misreading of the RFC on both sides would cancel out.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod cases;
pub mod link;
pub mod network;
pub mod pair;
pub mod raw;
pub mod tester;
