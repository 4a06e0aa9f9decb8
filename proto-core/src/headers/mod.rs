//! Heads of messages: how they are kept, what they may hold, how they are read and written.
//!
//! [`Head`] is a list of fields in one allocation. [`Collector`] makes heads out of decoded fields
//! and holds the peer to the rules of RFC 9113 8; [`OutgoingCheck`] holds the program to them.
//! Nothing here knows how fields are encoded.

mod authority;
mod collect;
pub mod content_length;
mod field;
mod fields;
#[cfg(feature = "http")]
mod http;
mod list;
mod names;
mod octets;
mod outgoing;
mod rules;
mod semantics;
mod status;

#[cfg(feature = "http")]
pub use self::http::Protocol;
pub use collect::{Collected, Collector, FieldIn};
pub use field::Field;
pub use fields::Fields;
pub use list::{Head, Iter};
pub use outgoing::{OutgoingCheck, OutgoingSummary};
pub use rules::{AuthorityPolicy, HeadKind, Level, MethodKind, Rules, Summary};
pub use status::status_octets;
