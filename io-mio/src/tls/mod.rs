//! TLS by rustls, behind the traits [`Acceptor`](crate::Acceptor), [`Connector`](crate::Connector)
//! and [`Session`](crate::Session).
//!
//! The provider of the cryptography is named by a feature, `tls-ring` or `tls-aws-lc` (which wins if
//! both are on), or given to the builders; no default is ever installed.

mod certificates;
mod client;
mod fault;
mod provider;
mod roots;
mod server;
mod session;

pub use certificates::Certificates;
pub use client::{ClientTls, ClientTlsBuilder};
pub use roots::Roots;
pub use server::{ClientAuth, ServerTls, ServerTlsBuilder};
