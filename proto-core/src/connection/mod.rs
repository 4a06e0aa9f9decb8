//! The machine: the only place that composes the others.

mod access;
mod blocks;
mod close;
mod common;
mod control;
mod data;
mod encode;
mod extension;
mod half_closed;
mod halves;
mod heads;
mod inner;
mod input;
mod lifecycle;
mod notices;
mod rare;
mod recv;
mod send;
mod settings;
mod stats;
mod timeout;
mod transmit;

pub(crate) use common::common_methods;
pub use halves::{RecvHalf, SendHalf};
pub(crate) use inner::Inner;
pub use lifecycle::{Close, Interest};
pub use stats::{FrameCounts, Queues, Stats};
pub use transmit::Transmit;
