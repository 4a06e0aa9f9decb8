//! A server that a person uses without knowing frames.

mod blocking;
mod early;
mod exchange;
mod pool;
mod request;
mod service;
mod serving;
mod streams;
mod threads;

pub use blocking::{Call, Slowest};
pub use exchange::{Ended, Exchange, Note, Reply, Waker};
pub use pool::Pool;
pub use request::Request;
pub use service::Service;
pub use serving::{ServeOptions, Serving};
pub use threads::{Builder, Server};
