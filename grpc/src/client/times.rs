//! When channels are to be looked after, the first first.

use crate::{hash::QuickMap, room::shed, wire::Instant};
use std::{cmp::Reverse, collections::BinaryHeap};

/// Fewer than so many are not worth a look.
const FEW: usize = 64;

/// Times of channels by their numbers. A time that has moved on, or whose channel is gone, stays until it comes up, when
/// nothing is due, or until there are more such than others.
#[derive(Default)]
pub(super) struct Times {
    heap: BinaryHeap<Reverse<(Instant, u64)>>,
    /// The first of a channel's times in the heap.
    first: QuickMap<u64, Instant>,
}

impl Times {
    /// The channel is to be looked after at this time.
    pub(super) fn note(&mut self, number: u64, at: Option<Instant>) {
        let Some(at) = at else { return };
        if self.first.get(&number).is_some_and(|first| *first <= at) {
            return;
        }
        self.first.insert(number, at);
        self.heap.push(Reverse((at, number)));
        self.tidy();
    }

    /// The channel is gone.
    pub(super) fn forget(&mut self, number: u64) {
        if self.first.remove(&number).is_some() {
            shed(&mut self.first);
            self.tidy();
        }
    }

    fn tidy(&mut self) {
        if self.heap.len() > FEW + 2 * self.first.len() {
            let mut kept = std::mem::take(&mut self.heap).into_vec();
            kept.retain(|Reverse((at, number))| self.first.get(number) == Some(at));
            shed(&mut kept);
            self.heap = kept.into();
        }
    }

    /// A channel whose time has come.
    pub(super) fn pop(&mut self, now: Instant) -> Option<u64> {
        let Reverse((at, number)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        if self.first.get(&number) == Some(&at) {
            self.first.remove(&number);
        }
        shed(&mut self.heap);
        shed(&mut self.first);
        Some(number)
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A channel that wants to be looked after sooner and sooner has one time, or two.
    #[test]
    fn times_that_move_do_not_fill_the_heap() {
        let mut times = Times::default();
        for n in (1..10_000).rev() {
            times.note(n % 3, Some(Instant::from_nanos(n)));
            assert!(times.heap.len() <= FEW + 2 * 3 + 1);
        }
        assert_eq!(times.next(), Some(Instant::from_nanos(1)));
        let mut due = Vec::new();
        while let Some(number) = times.pop(Instant::from_nanos(3)) {
            due.push(number);
        }
        assert_eq!(due, [1, 2, 0]);
    }

    /// Channels that are gone leave nothing until their times would have come, which may be in half an hour.
    #[test]
    fn channels_that_are_gone_are_forgotten() {
        let mut times = Times::default();
        for round in 0..3 {
            for n in 0..2000 {
                times.note(2000 * round + n, Some(Instant::from_nanos(1_000_000 + n)));
            }
            for n in 0..2000 {
                times.forget(2000 * round + n);
            }
            assert!(times.first.is_empty() && times.heap.len() <= FEW);
            assert!(times.heap.capacity() <= 1024 && times.first.capacity() <= 2048);
        }
        while times.pop(Instant::from_nanos(5_000_000)).is_some() {}
        assert_eq!(times.next(), None);
    }
}
