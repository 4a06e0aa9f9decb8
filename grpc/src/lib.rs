//! gRPC without an async runtime.
//!
//! Nothing but the driver does I/O or reads a clock: the time and the transport are arguments. From the bottom up:
//!
//! ```text
//! code  base64  percent  timeout  content_type  encoding  backoff      know nothing of one another
//! metadata                                                             keys and values of heads and trailers
//! status                                                               how a call ended, and its wire forms
//! message  framing  compress                                           the five-byte prefix and what lies behind it
//! codec  method                                                        typed messages, typed method keys
//! wire                                                                 the seam to a transport, and the core behind it
//! inbound  outgoing  attempt  serve                                    one stream, from either side
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod attempt;
pub mod backoff;
pub mod base64;
pub mod call;
pub mod cancel;
pub mod channel;
pub mod client;
pub mod code;
pub mod codec;
pub mod compress;
pub mod content_type;
pub mod ctx;
pub mod driver;
pub mod encoding;
pub mod filter;
pub mod framing;
pub mod host;
pub mod inbound;
pub mod message;
pub mod metadata;
pub mod method;
pub mod outgoing;
#[cfg(test)]
mod pair;
pub mod percent;
pub mod pipe;
pub mod pool;
pub mod reactor;
pub mod serve;
pub mod server;
pub mod status;
pub mod stream;
pub mod timeout;
pub mod wire;
pub mod world;

pub use code::Code;
pub use driver::{Engine, Running, Server, Shutdown};
pub use metadata::Metadata;
pub use status::Status;
