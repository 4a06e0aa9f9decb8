//! Sockets, TLS and threads for `bywash-proto`: a thin event loop on mio, without a runtime.

mod address;
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
mod session;
mod socket;

pub use address::Address;
pub use bywash_proto as proto;
pub use clock::Clock;
pub use connect::{Connect, Target};
pub use engine::{Conn, Cx, EventLoop, Group, Guest, Handler, Resolve};
pub use id::{ConnId, ListenerId, TimerId};
pub use listen::Listen;
pub use mailbox::{Handle, SendFailure};
pub use options::LoopOptions;
pub use session::{Acceptor, Connector, Session, TlsFacts};
