//! The server's side: services, and how their methods are run.

mod batch;
mod calls;
mod core;
mod driving;
mod due;
mod job;
mod news;
mod opening;
mod routes;
mod service;
mod spec;

pub use self::core::{Endings, ServerCore};
pub use crate::{
    pool::Pool,
    stream::{Receiver, Sender, SinkHandle, TryRecv, TrySend},
};
pub use service::{Limits, Responder, Service};
pub use spec::ServerSpec;
