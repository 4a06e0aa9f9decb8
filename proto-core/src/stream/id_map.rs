//! From identifiers to slots: open addressing, linear probing, backward-shift deletion.

use crate::vocabulary::StreamId;
use alloc::vec;
use alloc::vec::Vec;

/// Identifier and slot; identifier 0 is an empty place.
type Entry = (u32, u32);

/// The map. No heap while it is empty.
#[derive(Debug, Default)]
pub(crate) struct IdMap {
    entries: Vec<Entry>,
    len: usize,
}

const LEAST: usize = 16;

impl IdMap {
    pub(crate) const EMPTY: Self = Self {
        entries: Vec::new(),
        len: 0,
    };

    #[inline]
    fn home(&self, id: u32) -> usize {
        // Fibonacci hashing: identifiers come in steps of two, and a peer chooses them.
        let hash = id.wrapping_mul(0x9e37_79b9);
        (hash as usize >> 7) & (self.entries.len() - 1)
    }

    #[inline]
    pub(crate) fn get(&self, id: StreamId) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let mut at = self.home(id.get());
        loop {
            match *self.entries.get(at)? {
                (0, _) => return None,
                (found, slot) if found == id.get() => return Some(slot),
                _ => at = (at + 1) & (self.entries.len() - 1),
            }
        }
    }

    /// `id` must not be in it.
    pub(crate) fn insert(&mut self, id: StreamId, slot: u32) {
        if (self.len + 1) * 8 > self.entries.len() * 7 {
            self.resize((self.entries.len() * 2).max(LEAST));
        }
        self.place((id.get(), slot));
        self.len += 1;
    }

    #[inline]
    fn place(&mut self, entry: Entry) {
        let mask = self.entries.len() - 1;
        let mut at = self.home(entry.0);
        while self.entries[at].0 != 0 {
            at = (at + 1) & mask;
        }
        self.entries[at] = entry;
    }

    pub(crate) fn remove(&mut self, id: StreamId) {
        if self.len == 0 {
            return;
        }
        let mask = self.entries.len() - 1;
        let mut hole = self.home(id.get());
        loop {
            match self.entries[hole].0 {
                0 => return,
                found if found == id.get() => break,
                _ => hole = (hole + 1) & mask,
            }
        }
        self.len -= 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let entry = self.entries[at];
            if entry.0 == 0 {
                break;
            }
            // It may move into the hole unless its home lies between the hole and itself.
            let home = self.home(entry.0);
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                self.entries[hole] = entry;
                hole = at;
            }
        }
        self.entries[hole] = (0, 0);
    }

    fn resize(&mut self, capacity: usize) {
        let old = core::mem::replace(&mut self.entries, vec![(0, 0); capacity]);
        for &entry in old.iter().filter(|entry| entry.0 != 0) {
            self.place(entry);
        }
    }

    /// Gives back what an empty map holds.
    pub(crate) fn trim(&mut self) {
        if self.len == 0 {
            self.entries = Vec::new();
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }
}

#[cfg(test)]
mod tests {
    use super::{IdMap, StreamId};
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    #[test]
    fn behaves_like_a_map() {
        /// Which of the odd identifiers are looked up after each step; the interpreter is slow.
        const STEP: usize = if cfg!(miri) { 34 } else { 2 };

        fn law(steps: Vec<(bool, u8)>) -> bool {
            let (mut map, mut model) = (IdMap::default(), BTreeMap::new());
            for (n, (insert, id)) in steps.into_iter().enumerate() {
                let id = StreamId::new(u32::from(id) * 2 + 1);
                if insert && !model.contains_key(&id) {
                    map.insert(id, n as u32);
                    model.insert(id, n as u32);
                } else {
                    map.remove(id);
                    model.remove(&id);
                }
                if (1..512)
                    .step_by(STEP)
                    .any(|id| map.get(StreamId::new(id)) != model.get(&StreamId::new(id)).copied())
                {
                    return false;
                }
            }
            true
        }
        quickcheck::quickcheck(law as fn(_) -> bool);
    }

    #[test]
    fn it_doubles_at_seven_eighths() {
        let mut map = IdMap::default();
        map.remove(StreamId::new(1));
        let mut places = Vec::new();
        for n in 0..57 {
            map.insert(StreamId::new(2 * n + 1), n);
            places.push(map.entries.len());
            assert_eq!(map.heap_bytes(), map.entries.capacity() * 8);
        }
        let expected = [16; 14]
            .into_iter()
            .chain([32; 14])
            .chain([64; 28])
            .chain([128; 1]);
        assert!(places.into_iter().eq(expected));
        assert!((0..57).all(|n| map.get(StreamId::new(2 * n + 1)) == Some(n)));
    }

    /// Identifiers that all want one place, at the end of the table: what stands behind the removed
    /// one moves up, round the end too, and nothing else does.
    #[test]
    fn any_order_of_removal_from_one_crowded_place() {
        let mut sample = IdMap::default();
        sample.insert(StreamId::new(1), 0);
        let at = |place: usize| {
            let ids = (1..).step_by(2).filter(|&id| sample.home(id) == place);
            ids.take(4).collect::<Vec<u32>>()
        };
        let mut ids = at(14);
        ids.extend(at(15));
        ids.extend(at(0));
        for first in 0..ids.len() {
            for second in 0..ids.len() {
                let mut map = IdMap::default();
                for &id in &ids {
                    map.insert(StreamId::new(id), id);
                }
                let removed = [ids[first], ids[second]];
                for id in removed {
                    map.remove(StreamId::new(id));
                }
                for &id in &ids {
                    let expected = (!removed.contains(&id)).then_some(id);
                    assert_eq!(map.get(StreamId::new(id)), expected, "{removed:?}");
                }
            }
        }
    }

    #[test]
    fn empty_after_trim() {
        let mut map = IdMap::default();
        map.insert(StreamId::new(1), 0);
        map.trim();
        assert_eq!(map.get(StreamId::new(1)), Some(0));
        map.remove(StreamId::new(1));
        map.trim();
        assert_eq!((map.heap_bytes(), map.get(StreamId::new(1))), (0, None));
    }
}
