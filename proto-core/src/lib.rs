//! HTTP/2 as a pure state machine.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod error;
pub mod headers;
pub mod hpack;
pub mod vocabulary;
