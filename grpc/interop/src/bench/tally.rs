//! What all loops of a run count together.

use super::histogram::Histogram;
use bywash_grpc::status::Status;
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Instant,
};

/// Calls are not counted yet.
const WARM_UP: u8 = 0;
const MEASURE: u8 = 1;
const OVER: u8 = 2;

/// What all loops of a run count together.
#[derive(Default)]
pub(super) struct Tally {
    phase: AtomicU8,
    counts: Mutex<Counts>,
}

#[derive(Clone, Default)]
pub(super) struct Counts {
    pub(super) latency: Histogram,
    pub(super) failures: Vec<Status>,
}

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn measure(&self) {
        debug_assert_eq!(self.phase.load(Ordering::Relaxed), WARM_UP);
        self.phase.store(MEASURE, Ordering::Relaxed);
    }

    pub(super) fn stop(&self) {
        self.phase.store(OVER, Ordering::Relaxed);
    }

    pub(super) fn is_over(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == OVER
    }

    /// An exchange that went well.
    pub(super) fn went_well(&self, begun: Instant) {
        if self.phase.load(Ordering::Relaxed) == MEASURE {
            self.lock().latency.add(begun.elapsed());
        }
    }

    /// A failure: its loop ends with it.
    pub(super) fn failed(&self, status: Status) {
        self.lock().failures.push(status);
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().clone()
    }
}
