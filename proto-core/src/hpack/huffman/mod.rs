//! The Huffman code of RFC 7541 5.2 and Appendix B.

mod code;
mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::decode;
pub(super) use decode::room;
pub(super) use encode::encode_if_shorter;
pub use encode::{encode, encoded_len};
