//! Who is next: notices to the program, windows to announce, and streams with data (RFC 9218).

mod notices;
mod urgency;

pub(crate) use notices::{Fifo, ForPeer, ForProgram};
pub(crate) use urgency::Urgency;
