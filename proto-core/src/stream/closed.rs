//! What is remembered of streams that are over: a bounded ring of identifiers.

use crate::vocabulary::StreamId;
use alloc::vec::Vec;

/// How a stream ended, as far as it matters for late frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Closed {
    /// The peer knows that it is over: more frames on it break a rule.
    Known,
    /// We reset it: the peer may not know yet, its frames are dropped in silence.
    ByUs,
}

const CAPACITY: usize = 64;
const BY_US: u32 = 1 << 31;

/// The last streams that ended. No heap before the first.
#[derive(Debug, Default)]
pub(crate) struct ClosedRing {
    ids: Vec<u32>,
    next: usize,
}

impl ClosedRing {
    #[inline]
    pub(crate) fn push(&mut self, id: StreamId, how: Closed) {
        let entry = id.get() | if how == Closed::ByUs { BY_US } else { 0 };
        match self.ids.get_mut(self.next) {
            Some(place) => *place = entry,
            None => self.ids.push(entry),
        }
        self.next = (self.next + 1) % CAPACITY;
    }

    /// `None` if it was forgotten.
    pub(crate) fn find(&self, id: StreamId) -> Option<Closed> {
        // The newest first: an identifier stands in the ring once at most.
        let entry = self.ids.iter().find(|&&entry| entry & !BY_US == id.get())?;
        Some(if entry & BY_US != 0 {
            Closed::ByUs
        } else {
            Closed::Known
        })
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Closed, ClosedRing, StreamId};
    use alloc::vec::Vec;

    #[test]
    fn remembers_the_last_ones() {
        let mut ring = ClosedRing::default();
        assert_eq!(ring.heap_bytes(), 0);
        for n in 0..=CAPACITY as u32 {
            ring.push(
                StreamId::new(2 * n + 1),
                if n % 2 == 0 {
                    Closed::Known
                } else {
                    Closed::ByUs
                },
            );
        }
        assert_eq!(ring.find(StreamId::new(1)), None, "forgotten");
        assert_eq!(ring.find(StreamId::new(3)), Some(Closed::ByUs));
        assert_eq!(ring.find(StreamId::new(5)), Some(Closed::Known));
        assert_eq!(ring.ids.len(), CAPACITY);
    }

    /// Of any streams in any order: the last 64 as they ended, and no other.
    #[test]
    fn the_last_ones_and_no_other() {
        fn law(ends: Vec<(u16, bool)>, before: u8) -> bool {
            let mut ring = ClosedRing::default();
            // Identifiers never come twice. Some have been pushed out already.
            let before = (0..u32::from(before)).map(|n| (n + 100_000, false));
            let mut all: Vec<(u32, bool)> = before.collect();
            for (id, by_us) in ends {
                if all.iter().all(|&(known, _)| known != u32::from(id)) {
                    all.push((u32::from(id), by_us));
                }
            }
            for &(id, by_us) in &all {
                let how = if by_us { Closed::ByUs } else { Closed::Known };
                ring.push(StreamId::new(id), how);
            }
            let forgotten = all.len().saturating_sub(CAPACITY);
            all.iter().enumerate().all(|(n, &(id, by_us))| {
                let how = if by_us { Closed::ByUs } else { Closed::Known };
                ring.find(StreamId::new(id)) == (n >= forgotten).then_some(how)
            }) && ring.heap_bytes() >= 4 * all.len().min(CAPACITY)
                && ring.heap_bytes() <= 8 * CAPACITY
        }
        quickcheck::quickcheck(law as fn(_, _) -> bool);
    }
}
