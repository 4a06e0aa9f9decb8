//! Sockets and threads under the machines: the one module that knows `bywash-mio`.

#![allow(
    clippy::disallowed_methods,
    reason = "here the world is touched: sockets, threads and their clocks"
)]

mod builder;
mod client;
mod conns;
mod drive;
mod engine;
mod helm;
mod host;
mod lead;
mod mail;
mod server;
mod serving;
#[cfg(test)]
mod tests;

pub use builder::{BuildError, ChannelBuilder};
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use bywash_mio::tls;
pub use bywash_mio::{Acceptor, Connector, Dial, Dialed, Target};
pub use engine::Engine;
pub use serving::{Running, Server, ServerBuilder, Shutdown};
