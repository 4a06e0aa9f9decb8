//! Three audiences, three families of types.
//!
//! [`Violation`] is what the peer did wrong, one variant per rule.

mod violation;

pub use violation::{Scope, Violation};
