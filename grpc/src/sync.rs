//! What threads meet over. The proof of the loop's hand-over (`tests/loom.rs`) puts loom's own in its place.

pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool},
    thread::{Thread, current, park, park_timeout},
};
