//! This project's core as an implementation under test, in memory and on virtual time.

mod client;
mod connection;
mod program;
mod server;

pub use connection::{Memory, target};
pub use program::CONTENT;
