//! The name of a call.

/// A call of one client; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallId(pub(crate) u64);
