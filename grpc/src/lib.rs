//! gRPC without an async runtime.
//!
//! A service is a trait of plain functions, a call is a method call; threads that wait are the program's own. Generated
//! code has the keys of methods, the trait and the client; here they are written by hand:
//!
//! ```
//! use bywash_grpc::{Server, client::Channel, codec::Raw, method::{Method, Unary}, server::Service};
//! use bytes::Bytes;
//! use std::time::Duration;
//!
//! enum Echo {}
//! const SAY: Method<Echo, Unary, Bytes, Bytes> = Method::new("/test.Echo/Say", &Raw, &Raw);
//!
//! let service = Service::new("test.Echo").unary(SAY, |_cx, request| Ok(request));
//! let running = Server::builder().service(service).listen("127.0.0.1:0")?.start()?;
//!
//! let channel = Channel::builder(&running.addrs()[0].to_string()).plaintext().build()?;
//! let request = Bytes::from_static(b"hello");
//! let reply = channel.call(SAY, Some(&request)).timeout(Duration::from_secs(5)).call()?;
//! assert_eq!(reply, request);
//! running.shutdown(Duration::from_secs(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! | feature | what it brings |
//! |---|---|
//! | `prost` (on by default) | messages by prost: the codec that generated code uses, and [`health`] |
//! | `tls-ring`, `tls-aws-lc` | TLS by rustls, with the one or the other provider of cryptography |
//! | `tls-native-roots`, `tls-webpki-roots` | whom clients trust unless they say otherwise |
//! | `tracing` | spans and events of `tracing` for calls and connections: see `spans` |
//!
//! # The layers
//!
//! Nothing but the driver does I/O or reads a clock: the time and the transport are arguments. From the bottom up:
//!
//! ```text
//! code  base64  percent  timeout  content_type  encoding  backoff  hash  queue  know nothing of one another
//! metadata                                                             keys and values of heads and trailers
//! status                                                               how a call ended, and its wire forms
//! message  framing  compress                                           the five-byte prefix and what lies behind it
//! codec  method                                                        typed messages, typed method keys
//! wire                                                                 the seam to a transport, and the core behind it
//! inbound  outgoing  attempt  serve                                    one stream, from either side
//! call  channel                                                        calls with deadlines and retries, one target
//! credentials  stats  spans                                            who calls, and what is told of calls
//! host  pipe  pool  ctx  filter  stream  reactor                       what handlers, callers and loops share
//! server  client  health                                               the two sides, as machines and as people see them
//! driver                                                               sockets and threads under them
//! world                                                                virtual network, time and threads under them
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
pub mod credentials;
pub mod ctx;
pub mod driver;
pub mod encoding;
pub mod filter;
pub mod framing;
mod hash;
#[cfg(feature = "prost")]
#[cfg_attr(docsrs, doc(cfg(feature = "prost")))]
pub mod health;
pub mod host;
pub mod inbound;
mod listeners;
#[cfg(test)]
mod malformed;
pub mod message;
pub mod metadata;
pub mod method;
pub mod outgoing;
#[cfg(test)]
mod pair;
mod panics;
pub mod percent;
pub mod pipe;
pub mod pool;
mod queue;
pub mod reactor;
mod room;
pub mod serve;
pub mod server;
#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub mod spans;
pub mod stats;
pub mod status;
pub mod stream;
mod sync;
pub mod timeout;
pub mod wire;
pub mod world;

pub use code::Code;
pub use driver::{Engine, Running, Server, Shutdown};
pub use metadata::Metadata;
pub use status::Status;
