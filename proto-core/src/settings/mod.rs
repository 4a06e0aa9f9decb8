//! SETTINGS of both sides (RFC 9113 6.5): what was sent, what waits for its acknowledgement, what
//! is in force.

mod local;
mod remote;

pub(crate) use local::Local;
pub(crate) use remote::Change;
pub use remote::PeerSettings;
