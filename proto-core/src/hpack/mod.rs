//! HPACK, header compression for HTTP/2 (RFC 7541), usable on its own.
//!
//! Knows nothing of headers or frames: fields are pairs of octet strings, blocks are octet strings. What a consumer
//! needs to judge fields without reading them again comes along, as [`FieldMeta`].
//!
//! ```
//! use bywash_proto::hpack::{Decoder, Encoder, FieldMeta};
//! use core::ops::ControlFlow;
//!
//! let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(4096));
//! let mut block = Vec::new();
//! encoder.start_block(&mut block);
//! encoder.encode_field(b":status", b"200", false, &mut block);
//! encoder.encode_field(b"server", b"example", false, &mut block);
//! let mut fields = Vec::new();
//! let mut sink = |name: &[u8], value: &[u8], meta: FieldMeta| {
//!     fields.push((name.to_vec(), value.to_vec(), meta.known));
//!     ControlFlow::Continue(())
//! };
//! decoder.decode(&block, 8192, &mut sink)?;
//! assert_eq!(fields, [(b":status".to_vec(), b"200".to_vec(), 8), (b"server".to_vec(), b"example".to_vec(), 54)]);
//! # Ok::<(), bywash_proto::hpack::DecodeError>(())
//! ```

mod decoder;
mod dynamic_table;
mod encoder;
mod error;
pub mod huffman;
mod index;
mod integer;
mod policy;
mod static_table;
#[cfg(test)]
mod tests;
mod words;

pub use crate::vocabulary::OctetClasses;
use crate::vocabulary::octet_classes as octets;
pub use decoder::{Decoder, FieldMeta, Sink};
pub use encoder::Encoder;
pub use error::DecodeError;
pub use policy::{Indexing, Policy, default_policy};
