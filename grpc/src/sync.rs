//! What threads meet over. The proof of the loop's hand-over (`tests/loom.rs`) puts loom's own in its place.

pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool},
    thread::{Thread, current, park, park_timeout},
};

/// Makes way for other threads, for a moment.
#[expect(
    clippy::disallowed_methods,
    reason = "no machine waits here, but a thread that drives one for others"
)]
pub(crate) fn pause() {
    // To yield would do nothing where there are cores enough.
    std::thread::sleep(std::time::Duration::from_micros(50));
}
