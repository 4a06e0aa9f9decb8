//! Deadlines of served calls, the first first.

use crate::wire::{ConnId, Instant, StreamRef};
use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

struct Due {
    at: Instant,
    conn: ConnId,
    stream: StreamRef,
}

impl Due {
    fn key(&self) -> (Instant, ConnId, u32) {
        (self.at, self.conn, self.stream.id().get())
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Deadlines, of calls that have ended too: those are dropped when they come up, or when they are most of the heap.
#[derive(Default)]
pub(super) struct Deadlines(BinaryHeap<Reverse<Due>>);

impl Deadlines {
    pub(super) fn add(&mut self, at: Instant, conn: ConnId, stream: StreamRef) {
        self.0.push(Reverse(Due { at, conn, stream }));
    }

    /// Drops those that `lives` does not hold for, if there are many more than `live`.
    pub(super) fn prune(&mut self, live: usize, lives: impl Fn(ConnId, StreamRef) -> bool) {
        if self.0.len() > 64 + 2 * live {
            let mut kept = std::mem::take(&mut self.0).into_vec();
            kept.retain(|Reverse(due)| lives(due.conn, due.stream));
            self.0 = kept.into();
        }
    }

    pub(super) fn pop(&mut self, now: Instant) -> Option<(ConnId, StreamRef)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(due)| (due.conn, due.stream))
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse(due)| due.at)
    }
}
