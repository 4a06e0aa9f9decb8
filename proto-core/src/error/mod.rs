//! Three audiences, three families of types.
//!
//! [`Violation`] is what the peer did wrong, one variant per rule.
//! [`HeadError`] is what the program did wrong in a head that it wanted to send.

mod head;
mod violation;

pub use head::HeadError;
pub use violation::{Scope, Violation};
