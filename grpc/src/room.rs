//! Room that queues and tables keep for more than they hold.

use std::{
    collections::{BinaryHeap, HashMap, VecDeque},
    hash::{BuildHasher, Hash},
};

/// Something that grows by itself.
pub(crate) trait Roomy {
    fn held(&self) -> usize;
    fn room(&self) -> usize;
    fn keep(&mut self, room: usize);
}

/// Room that is never given back, in things held.
pub(crate) const KEPT: usize = 1024;

/// Gives room back that is eight times what is held, down to a quarter of it: whoever comes and goes in crowds of one
/// size pays for a move of each thing at most. To be called as things leave.
#[inline]
pub(crate) fn shed(of: &mut impl Roomy) {
    let room = of.room();
    if room > KEPT && of.held() <= room / 8 {
        of.keep((room / 4).max(KEPT));
    }
}

impl<T> Roomy for Vec<T> {
    fn held(&self) -> usize {
        self.len()
    }

    fn room(&self) -> usize {
        self.capacity()
    }

    fn keep(&mut self, room: usize) {
        self.shrink_to(room);
    }
}

impl<T> Roomy for VecDeque<T> {
    fn held(&self) -> usize {
        self.len()
    }

    fn room(&self) -> usize {
        self.capacity()
    }

    fn keep(&mut self, room: usize) {
        self.shrink_to(room);
    }
}

impl<T: Ord> Roomy for BinaryHeap<T> {
    fn held(&self) -> usize {
        self.len()
    }

    fn room(&self) -> usize {
        self.capacity()
    }

    fn keep(&mut self, room: usize) {
        self.shrink_to(room);
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Roomy for HashMap<K, V, S> {
    fn held(&self) -> usize {
        self.len()
    }

    fn room(&self) -> usize {
        self.capacity()
    }

    fn keep(&mut self, room: usize) {
        self.shrink_to(room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_goes_step_by_step_and_what_is_held_stays() {
        let mut queue: VecDeque<usize> = (0..100_000).collect();
        let (mut rooms, mut last) = (0, queue.capacity());
        while queue.pop_front().is_some() {
            shed(&mut queue);
            let room = queue.capacity();
            assert!(room > queue.len() && room <= last);
            rooms += usize::from(room < last);
            last = room;
        }
        assert!(last <= 2 * KEPT, "{last}");
        // Each move is of an eighth at most, and the next is of a quarter of that.
        assert!(rooms <= 5, "{rooms} moves");
        let mut small: Vec<u8> = Vec::with_capacity(KEPT);
        shed(&mut small);
        assert_eq!(small.capacity(), KEPT);
        let mut table: HashMap<u32, u32> = (0..10_000).map(|n| (n, n)).collect();
        table.retain(|n, _| *n < 10);
        for _ in 0..5 {
            shed(&mut table);
        }
        assert_eq!(table.len(), 10);
        assert!(table.capacity() <= 2 * KEPT, "{}", table.capacity());
    }
}
