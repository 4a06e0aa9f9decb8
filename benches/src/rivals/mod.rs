//! Peers written in Rust, driven through the same cases. nghttp2 is in `rivals/nghttp2`, in C.

pub mod h2_heap;
pub mod h2_machine;
pub mod hpack_crates;
mod pipe;
