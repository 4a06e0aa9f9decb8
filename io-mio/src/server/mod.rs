//! A server that a person uses without knowing frames.

mod exchange;
mod request;
mod service;
mod serving;
mod streams;
mod threads;

pub use exchange::{Ended, Exchange, Note, Reply, Waker};
pub use request::Request;
pub use service::Service;
pub use serving::{ServeOptions, Serving};
pub use threads::{Builder, Server};
