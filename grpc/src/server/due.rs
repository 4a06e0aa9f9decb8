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

/// Fewer than so many are not worth a look.
const FEW: usize = 64;

/// Deadlines, of calls that have ended too: those are dropped when they come up, or when they may be most of the heap.
#[derive(Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<Due>>,
    /// Twice what was left when the ended ones were last dropped.
    many: usize,
}

impl Deadlines {
    pub(super) fn add(&mut self, at: Instant, conn: ConnId, stream: StreamRef) {
        self.heap.push(Reverse(Due { at, conn, stream }));
    }

    /// Drops those that `lives` does not hold for, if they may be most. Looks at each about once for each that is added.
    pub(super) fn prune(&mut self, lives: impl Fn(Instant, ConnId, StreamRef) -> bool) {
        if self.heap.len() >= self.many.max(FEW) {
            let mut kept = std::mem::take(&mut self.heap).into_vec();
            kept.retain(|Reverse(due)| lives(due.at, due.conn, due.stream));
            self.many = 2 * kept.len();
            self.heap = kept.into();
        }
    }

    pub(super) fn pop(&mut self, now: Instant) -> Option<(Instant, ConnId, StreamRef)> {
        if self.next()? > now {
            return None;
        }
        let Reverse(due) = self.heap.pop()?;
        Some((due.at, due.conn, due.stream))
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(due)| due.at)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}
