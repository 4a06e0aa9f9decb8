//! The core against the raw peer: one connection of `bywash-proto`, a scripted peer in the other role, virtual time.
//!
//! * [`Core`]: a connection of either role behind one set of calls.
//! * [`Feed`]: how what the peer sends is cut before the core sees it. No cut may change events or output:
//!   [`every_split`] runs a scenario under each and compares.
//! * [`Against`]: moves octets both ways, keeps every event as a [`Seen`], and checks what must always hold
//!   ([`Guard`]) after every step.
//! * [`World`]: a connection with a stream in each state, and [`judge`], which holds the core to one [`Verdict`].

mod against;
mod core;
mod feed;
mod guard;
pub mod heads;
mod program;
mod seen;
mod tally;
mod world;

pub use against::{Against, every_split};
pub use core::Core;
pub use feed::{Feed, Pieces};
pub use guard::Guard;
pub use program::{Program, answering, echo};
pub use seen::{Log, Seen};
pub use world::{Case, Verdict, World, judge};
