//! Sockets, TLS and threads for [`bywash_proto`]: a thin event loop on mio, without a runtime.
//!
//! # A server
//!
//! ```
//! use bywash_mio::server::{Reply, Request, Server};
//! use bywash_mio::Listen;
//! use std::time::Duration;
//!
//! let server = Server::builder()
//!     .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
//!     .threads(2)
//!     .serve(|_thread| {
//!         |request: &mut Request, reply: &mut Reply<'_>| {
//!             let text = format!("you asked for {}\n", request.path().escape_ascii());
//!             // It fails only when the client is gone.
//!             let _ = reply.send(200, &[("content-type", "text/plain")], text);
//!         }
//!     })?;
//! println!("http://{}", server.addresses()[0]);
//! server.shutdown(Duration::from_secs(10));
//! server.join()?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A service is called on the thread of its loop and must not block. What cannot be answered at once
//! goes on as an [`Exchange`](server::Exchange): [`Reply::start`](server::Reply::start) sends the
//! head, [`Reply::write`](server::Reply::write) takes pieces of the body until enough waits,
//! [`on_writable`](server::Exchange::on_writable) asks for more,
//! [`on_data`](server::Exchange::on_data) brings the request's body, and a
//! [`Waker`](server::Waker) lets other threads say that there is something to do.
//!
//! # A client
//!
//! [`Client`](client::Client) makes calls from any thread, over as few connections as the peers
//! allow; it resolves names, races addresses, reconnects with back-off, and sends again what a peer
//! did not process. [`Calls`](client::Calls) is the same without a thread of its own.
//!
//! # The loop itself
//!
//! [`EventLoop`] drives connections of both roles for a [`Handler`], which sees the core's events
//! and reaches every connection through [`Cx`]. It has a poll of its own, or is a [`Guest`] of
//! another's:
//!
//! | the whole loop | a guest |
//! |---|---|
//! | [`EventLoop::new`] | [`EventLoop::guest`]: a registry and a range of tokens are lent to it |
//! | [`turn`](EventLoop::turn), [`run`](EventLoop::run) | [`handle_event`](EventLoop::handle_event) for each event, then [`finish_turn`](EventLoop::finish_turn) |
//!
//! Other threads reach a loop by its [`Handle`]; loops that share accepted connections form a
//! [`Group`].
//!
//! # What holds
//!
//! - Before a loop waits, everything that can progress has progressed: sockets, TLS, the protocol,
//!   and the program's producers. Nothing has to be flushed.
//! - A connection has a budget per turn; others come in between.
//! - One read buffer per loop. A connection that is idle has no buffer.
//! - A socket is closed only after its peer could read our last octets, or a bounded time.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

mod address;
mod buffers;
pub mod client;
mod clock;
mod connect;
mod deadlines;
mod engine;
pub mod error;
mod id;
mod listen;
mod machine;
mod mailbox;
mod options;
mod panics;
mod pipe;
pub mod server;
mod session;
mod socket;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls;

pub use address::Address;
pub use bywash_proto as proto;
pub use clock::Clock;
pub use connect::{Connect, Dial, Dialed, Target};
pub use engine::{Conn, Cx, EventLoop, Group, Guest, Handler, Resolve};
pub use id::{ConnId, ListenerId, TimerId};
pub use listen::Listen;
pub use mailbox::{Handle, SendFailure};
pub use options::LoopOptions;
pub use session::{Acceptor, Connector, Session, TlsFacts};
