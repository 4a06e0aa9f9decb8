//! Panics of the program's own code, on a loop's thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a callback of the program's; `None` if it panicked. The hook for panics has told of it by
/// then. Where panics abort, the process has ended.
///
/// What the callback has left half done is the program's own: the loop's state is not borrowed by
/// it in pieces, and each of its operations either happens or does not.
#[inline]
pub(crate) fn caught<R>(callback: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(callback)).ok()
}
