//! This project's core as an implementation under test, in memory and on virtual time.

mod connection;

pub use super::application::CONTENT;
pub use connection::{Memory, target};
