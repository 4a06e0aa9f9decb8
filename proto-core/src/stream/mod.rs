//! Streams: the table of states, the slots that hold them, and what is remembered of closed ones.

mod closed;
mod counts;
mod id_map;
mod slot;
mod state;
mod store;

pub(crate) use closed::{Closed, ClosedRing};
pub(crate) use counts::Counts;
pub(crate) use slot::{Bits, NIL, Notice, Stream};
pub use state::{Input, Refusal, State};
pub(crate) use store::Store;
