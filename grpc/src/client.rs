//! The client's side: channels, and calls over them.

mod begun;
mod call;
mod channel;
mod core;
mod ends;
mod fronts;
mod letter;
mod times;
mod watch;

pub use self::core::{ClientCore, home_of};
pub use begun::Reply;
pub use call::{Call, Canceller};
pub use channel::{Channel, ChannelParts};
pub use ends::{Duplex, Ended, Outgoing, Responses, Upload};
pub use letter::{Letter, Post};
