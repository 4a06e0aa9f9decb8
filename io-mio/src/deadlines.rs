//! At most one deadline per key, in a heap that knows where each key is.

use bywash_proto::vocabulary::Instant;

const NOWHERE: u32 = u32::MAX;
/// Four children per node: half the depth of a binary heap, and siblings share a cache line.
const ARITY: usize = 4;

/// Deadlines by key. Setting, moving and clearing cost the logarithm of their number; a cleared one
/// leaves nothing behind.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    heap: Vec<(Instant, u32)>,
    place: Vec<u32>,
}

impl Deadlines {
    /// Sets or moves the deadline of `key`.
    pub(crate) fn set(&mut self, key: u32, at: Instant) {
        let index = key as usize;
        if self.place.len() <= index {
            self.place.resize(index + 1, NOWHERE);
        }
        match self.place[index] {
            NOWHERE => {
                self.heap.push((at, key));
                self.rise(self.heap.len() - 1);
            }
            place => {
                let place = place as usize;
                self.heap[place].0 = at;
                let place = self.rise(place);
                self.sink(place);
            }
        }
    }

    /// Forgets the deadline of `key`, if it has one.
    pub(crate) fn clear(&mut self, key: u32) {
        let Some(place) = self.place.get_mut(key as usize) else {
            return;
        };
        let at = std::mem::replace(place, NOWHERE);
        if at != NOWHERE {
            self.remove(at as usize);
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.first().map(|(at, _)| *at)
    }

    /// Takes a key whose deadline has come.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<u32> {
        let (at, key) = *self.heap.first()?;
        if at > now {
            return None;
        }
        self.place[key as usize] = NOWHERE;
        self.remove(0);
        Some(key)
    }

    /// Gives memory back after a crowd has left.
    pub(crate) fn shrink(&mut self) {
        if self.heap.capacity() > 1024 && self.heap.len() < self.heap.capacity() / 4 {
            self.heap = self.heap.to_vec();
            let used = self.place.iter().rposition(|place| *place != NOWHERE);
            let used = used.map_or(0, |last| last + 1);
            self.place = self.place.get(..used).unwrap_or_default().to_vec();
        }
    }

    fn remove(&mut self, at: usize) {
        self.heap.swap_remove(at);
        if at < self.heap.len() {
            let at = self.rise(at);
            self.sink(at);
        }
    }

    fn rise(&mut self, mut at: usize) -> usize {
        let moved = self.heap[at];
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if self.heap[parent].0 <= moved.0 {
                break;
            }
            self.put(at, self.heap[parent]);
            at = parent;
        }
        self.put(at, moved);
        at
    }

    fn sink(&mut self, mut at: usize) {
        let moved = self.heap[at];
        loop {
            let first = at * ARITY + 1;
            let last = (first + ARITY).min(self.heap.len());
            let Some(least) = (first..last).min_by_key(|child| self.heap[*child].0) else {
                break;
            };
            if self.heap[least].0 >= moved.0 {
                break;
            }
            self.put(at, self.heap[least]);
            at = least;
        }
        self.put(at, moved);
    }

    fn put(&mut self, at: usize, item: (Instant, u32)) {
        self.heap[at] = item;
        self.place[item.1 as usize] = at as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::Deadlines;
    use bywash_proto::vocabulary::Instant;
    use quickcheck::{QuickCheck, TestResult};
    use std::collections::BTreeMap;

    /// The same operations on a map: what is due comes in the order of time, each key once.
    #[test]
    fn behaves_like_a_sorted_map() {
        fn law(operations: Vec<(u8, u8, u16)>) -> TestResult {
            let mut ours = Deadlines::default();
            let mut model = BTreeMap::new();
            for (what, key, at) in operations {
                let key = u32::from(key % 40);
                match what % 4 {
                    0 | 1 => {
                        ours.set(key, Instant::from_nanos(at.into()));
                        model.insert(key, u64::from(at));
                    }
                    2 => {
                        ours.clear(key);
                        model.remove(&key);
                        ours.heap.reserve(2000);
                        ours.shrink();
                    }
                    _ => {
                        let now = u64::from(at / 2);
                        while let Some(key) = ours.pop(Instant::from_nanos(now)) {
                            let at = model.remove(&key).expect("a key that was set");
                            assert!(at <= now && model.values().all(|other| *other >= at));
                        }
                        assert!(model.values().all(|at| *at > now));
                    }
                }
                let next = model.values().min().map(|at| Instant::from_nanos(*at));
                assert_eq!(ours.next(), next);
                assert_eq!(ours.heap.len(), model.len());
            }
            TestResult::passed()
        }
        QuickCheck::new()
            .tests(500)
            .quickcheck(law as fn(Vec<(u8, u8, u16)>) -> TestResult);
    }
}
