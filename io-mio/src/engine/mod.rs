//! The engine: what a loop owns and what is done with it. Data at the bottom, deeds above.

mod accepting;
mod adapt;
mod closing;
mod conn;
mod cx;
mod dial;
mod dialing;
mod entry;
mod event_loop;
mod flush;
mod group;
mod handler;
mod hub;
mod letter;
mod listener;
mod permit;
mod pump;
mod resolver;
mod table;
mod timers;

pub use conn::Conn;
pub use cx::Cx;
pub use event_loop::{EventLoop, Guest};
pub use group::Group;
pub use handler::Handler;
pub use resolver::Resolve;
