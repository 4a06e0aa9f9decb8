//! Flow control (RFC 9113 5.2, 6.9): windows, credit that waits to be announced, and the tuner.

mod credit;
mod tuner;
mod window;

pub(crate) use credit::Credit;
pub(crate) use tuner::Tuner;
pub(crate) use window::Window;
