//! What can go wrong between two programs, in types that answer an operator's questions.

mod connect;
mod end;
mod notice;
mod tls;

pub use connect::{ConnectError, ConnectFault};
pub use end::{End, TransportError};
pub use notice::Notice;
pub use tls::{CertificateFault, TlsFault};
