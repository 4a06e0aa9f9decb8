//! gRPC without an async runtime.
//!
//! The modules here are the leaves the machines and fronts stand on: values, tables and parsers that do no I/O and read
//! no clock. From the bottom up:
//!
//! ```text
//! code  base64  percent  timeout  content_type  encoding  backoff      know nothing of one another
//! metadata                                                             keys and values of heads and trailers
//! status                                                               how a call ended, and its wire forms
//! message  framing  compress                                           the five-byte prefix and what lies behind it
//! codec  method                                                        typed messages, typed method keys
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod backoff;
pub mod base64;
pub mod code;
pub mod codec;
pub mod compress;
pub mod content_type;
pub mod encoding;
pub mod framing;
pub mod message;
pub mod metadata;
pub mod method;
pub mod percent;
pub mod status;
pub mod timeout;

pub use code::Code;
pub use metadata::Metadata;
pub use status::Status;
