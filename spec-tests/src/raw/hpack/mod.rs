//! HPACK of its own (RFC 7541): a writer that can lie, and a reader that judges what an encoder wrote.
//!
//! Plain and bitwise: it is read against the RFC, not measured.

mod code;
pub mod field;
pub mod huffman;
pub mod reader;
mod static_table;
pub mod writer;

pub use field::Field;
pub use reader::BlockReader;
pub use writer::BlockWriter;
