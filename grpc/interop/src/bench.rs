//! Load: gRPC's benchmark service, and a client that calls it in closed loops.

mod histogram;
mod load;
mod loops;
mod options;
mod service;
mod tally;
mod threads;

pub use histogram::Histogram;
pub use load::{Plan, Report, run};
pub use options::{CLIENT, SERVER};
pub use service::{Bench, service};
