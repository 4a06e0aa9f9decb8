//! The Huffman code of RFC 7541 5.2 and Appendix B.

mod code;
mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::{decode, decode_room, decode_to};
pub use encode::{encode, encode_if_shorter, encoded_len};
