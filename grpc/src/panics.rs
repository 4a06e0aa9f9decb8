//! Panics of the user's own code, on threads that are not its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code of the user's; `None` if it panicked. The panic hook has told of it by then. Where panics abort, the process
/// has ended.
///
/// What the code has left half done is its own: nothing of the library's is lent to it in pieces.
pub(crate) fn caught<R>(f: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}
