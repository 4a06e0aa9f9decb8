//! HTTP/2 (RFC 9113) as a pure state machine: bytes and the time in, events and bytes out.
//!
//! Nothing here does I/O, reads a clock, spawns, locks or logs.
//!
//! # The run loop
//!
//! ```
//! use bywash_proto::event::{Event, Step};
//! use bywash_proto::{config::Config, server::Connection, vocabulary::Instant};
//! use std::io::{IoSlice, Write};
//!
//! /// Feeds what was read, answers every request, writes what there is to write.
//! fn turn(conn: &mut Connection, now: Instant, mut input: &[u8], socket: &mut impl Write) -> std::io::Result<()> {
//!     loop {
//!         match conn.next_event(now, &mut input) {
//!             Step::Event(Event::Request { stream, .. }) => {
//!                 // It may be gone again: then there is nothing to answer.
//!                 let _ = conn.response(stream, &[(":status", "204")], true);
//!             }
//!             Step::Event(Event::Data { stream, data, .. }) => {
//!                 let _ = conn.recv(stream).release(data.len() as u32);
//!             }
//!             Step::Event(_) => {}
//!             Step::NeedInput => break,
//!             Step::NeedWrite => flush(conn, now, socket)?,
//!         }
//!     }
//!     flush(conn, now, socket)
//! }
//!
//! fn flush(conn: &mut Connection, now: Instant, socket: &mut impl Write) -> std::io::Result<()> {
//!     loop {
//!         let out = conn.transmit(now);
//!         if out.is_empty() {
//!             return Ok(());
//!         }
//!         let mut slices = [IoSlice::new(&[]); 16];
//!         let n = out.io_slices(&mut slices);
//!         let written = socket.write_vectored(&slices[..n])?;
//!         out.advance(written);
//!     }
//! }
//!
//! let mut conn = Connection::new(Config::default(), Instant::ZERO)?;
//! let mut socket = Vec::new();
//! turn(&mut conn, Instant::ZERO, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", &mut socket)?;
//! assert_eq!(socket[3], 4, "our SETTINGS come first");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The layers, bottom to top
//!
//! | module | what | knows nothing of |
//! |---|---|---|
//! | [`vocabulary`] | identifiers, codes, time, priorities | everything else |
//! | [`error`] | the peer's faults, ends, the program's faults | frames |
//! | [`hpack`] | field compression (RFC 7541), usable on its own | heads, frames |
//! | [`headers`] | heads and their rules | HPACK, frames |
//! | [`config`] | settings, limits, timers, and their worst case | streams |
//! | [`frame`] | frames on the wire | HPACK, streams |
//! | [`stream`] | the state machine of RFC 9113 5.1 | connections |
//! | [`event`], [`observer`] | what the program sees | |
//! | [`client`], [`server`] | the two roles of one machine | |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod client;
pub mod config;
pub mod connection;
pub mod error;
pub mod event;
mod flow;
pub mod frame;
pub mod headers;
pub mod hpack;
mod limits;
pub mod observer;
mod output;
mod ping;
mod schedule;
pub mod server;
pub mod settings;
pub mod stream;
mod timer;
pub mod vocabulary;
