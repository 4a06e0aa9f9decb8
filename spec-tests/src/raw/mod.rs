//! A peer of its own: HTTP/2 octet by octet, independent of the stack under test.
//!
//! What it writes may be as wrong as a test needs; what it reads it judges by the letter of what a *sender* must do
//! (reserved bits and unused flags zero, padding zero, no empty blocks of lies), and every fault has a name.

pub mod build;
pub mod content;
pub mod expect;
pub mod fault;
pub mod frame;
pub mod hpack;
pub mod order;
pub mod parse;
pub mod peer;
pub mod received;
pub mod settings;
pub mod windows;
pub mod wire;

pub use expect::Failure;
pub use frame::RawFrame;
pub use hpack::{BlockReader, BlockWriter, Field};
pub use peer::{RawPeer, Role};
pub use received::Received;
