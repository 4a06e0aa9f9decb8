//! The proxy itself: what it does with events, whatever its sockets are.

mod exchange;
mod flow;
mod handler;
mod pool;

pub(crate) use handler::Proxy;
pub(crate) use pool::Pool;
