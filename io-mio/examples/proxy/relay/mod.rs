//! The proxy itself: what it does with events, whatever its sockets are.

mod exchange;
mod flow;
mod handler;
mod pool;

pub(crate) use handler::Proxy;
pub(crate) use pool::Pool;

use std::fmt::Display;
use std::io::Write;

/// A line on standard error, which nobody may be reading: that ends no proxy.
fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
