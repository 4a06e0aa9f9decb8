//! All open streams of a connection: a slab in chunks of 16, never doubled, and the map to it.

use super::id_map::IdMap;
use super::slot::{Bits, NIL, Stream};
use crate::vocabulary::{StreamId, StreamRef};
use alloc::boxed::Box;
use alloc::vec::Vec;

const CHUNK: usize = 16;

/// The slab. No heap before the first stream.
#[derive(Debug)]
#[expect(
    clippy::vec_box,
    reason = "slots must not move, and growth must not double what is there"
)]
pub(crate) struct Store {
    chunks: Vec<Box<[Stream; CHUNK]>>,
    /// Free slots, linked by `ready_next`.
    free: u32,
    /// Slots in use, dead ones that a list still holds included.
    used: u32,
    map: IdMap,
}

impl Store {
    pub(crate) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            free: NIL,
            used: 0,
            map: IdMap::EMPTY,
        }
    }

    /// The slot of an open stream.
    #[inline]
    pub(crate) fn find(&self, id: StreamId) -> Option<u32> {
        self.map.get(id)
    }

    /// The slot of a name, if the name is not stale.
    #[inline]
    pub(crate) fn resolve(&self, name: StreamRef) -> Option<u32> {
        let slot = name.slot();
        let stream = self
            .chunks
            .get(slot as usize / CHUNK)?
            .get(slot as usize % CHUNK)?;
        (stream.id == name.id() && !stream.bits.has(Bits::DEAD)).then_some(slot)
    }

    /// The stream in a slot that this store gave out.
    #[inline]
    pub(crate) fn at(&self, slot: u32) -> &Stream {
        &self.chunks[slot as usize / CHUNK][slot as usize % CHUNK]
    }

    /// The stream in a slot that this store gave out.
    #[inline]
    pub(crate) fn at_mut(&mut self, slot: u32) -> &mut Stream {
        &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK]
    }

    #[inline]
    pub(crate) fn name(&self, slot: u32) -> StreamRef {
        StreamRef::new(self.at(slot).id, slot)
    }

    /// A slot for a new stream; the caller opens it.
    #[inline]
    pub(crate) fn insert(&mut self, id: StreamId) -> u32 {
        if self.free == NIL {
            self.grow();
        }
        let slot = self.free;
        self.free = core::mem::replace(&mut self.at_mut(slot).ready_next, NIL);
        self.used += 1;
        self.map.insert(id, slot);
        slot
    }

    #[cold]
    fn grow(&mut self) {
        let first = (self.chunks.len() * CHUNK) as u32;
        let mut chunk: Box<[Stream; CHUNK]> = Box::new(core::array::from_fn(|_| Stream::vacant()));
        for (n, stream) in chunk.iter_mut().enumerate() {
            stream.ready_next = if n + 1 < CHUNK {
                first + n as u32 + 1
            } else {
                NIL
            };
        }
        self.free = first;
        self.chunks.push(chunk);
    }

    /// Takes a stream out of the map; its slot is freed now, or by `reclaim` once no list holds it.
    #[inline]
    pub(crate) fn remove(&mut self, slot: u32) {
        let stream = self.at_mut(slot);
        let id = stream.id;
        stream.bits.set(Bits::DEAD);
        let listed = stream.bits.has(Bits::IN_USE);
        self.map.remove(id);
        if !listed {
            self.release(slot);
        }
    }

    /// A list let go of a slot: frees it if it is dead and in no other list.
    #[inline]
    pub(crate) fn reclaim(&mut self, slot: u32) {
        let bits = self.at(slot).bits;
        if bits.has(Bits::DEAD) && !bits.has(Bits::IN_USE) {
            self.release(slot);
        }
    }

    #[inline]
    fn release(&mut self, slot: u32) {
        let free = core::mem::replace(&mut self.free, slot);
        let stream = self.at_mut(slot);
        stream.ready_next = free;
        self.used -= 1;
    }

    /// The slots of all open streams.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        let all = self.chunks.iter().flat_map(|chunk| chunk.iter());
        all.enumerate()
            .filter(|(_, stream)| !stream.bits.has(Bits::DEAD))
            .map(|(slot, _)| slot as u32)
    }

    /// How many slots there are, used or not.
    pub(crate) fn capacity(&self) -> u32 {
        (self.chunks.len() * CHUNK) as u32
    }

    /// Gives back what an empty store holds.
    pub(crate) fn trim(&mut self) {
        if self.used == 0 {
            self.chunks = Vec::new();
            self.free = NIL;
            self.map.trim();
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let slots = self.chunks.capacity() * size_of::<Box<[Stream; CHUNK]>>()
            + self.chunks.len() * size_of::<[Stream; CHUNK]>();
        let more: usize = self
            .chunks
            .iter()
            .flat_map(|chunk| chunk.iter())
            .map(Stream::heap_bytes)
            .sum();
        slots + more + self.map.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bits, NIL, Store, Stream, StreamId, StreamRef};
    use crate::stream::State;
    use alloc::vec::Vec;
    use bytes::Bytes;

    fn open(store: &mut Store, id: u32) -> u32 {
        let id = StreamId::new(id);
        let slot = store.insert(id);
        store.at_mut(slot).open(id, State::Open, 0, 0, 0);
        slot
    }

    #[test]
    fn stale_names_reach_nobody() {
        let mut store = Store::new();
        let slot = open(&mut store, 1);
        let name = store.name(slot);
        assert_eq!(store.resolve(name), Some(slot));
        store.remove(slot);
        assert_eq!(store.resolve(name), None);
        assert_eq!(open(&mut store, 3), slot, "the slot is used again");
        assert_eq!(store.resolve(name), None);
    }

    #[test]
    fn a_slot_lives_until_no_list_holds_it() {
        let mut store = Store::new();
        let slot = open(&mut store, 1);
        store.at_mut(slot).bits.set(Bits::IN_NOTICES);
        store.remove(slot);
        assert_ne!(open(&mut store, 3), slot);
        store.at_mut(slot).bits.clear(Bits::IN_NOTICES);
        store.reclaim(slot);
        assert_eq!(open(&mut store, 5), slot);
    }

    #[test]
    fn all_of_it_comes_back() {
        let mut store = Store::new();
        assert_eq!(store.heap_bytes(), 0);
        let slots: Vec<_> = (0..100).map(|n| open(&mut store, 2 * n + 1)).collect();
        assert_eq!(store.slots().count(), 100);
        for slot in slots {
            store.remove(slot);
        }
        assert_eq!(store.used, 0);
        store.trim();
        assert_eq!(store.heap_bytes(), 0);
    }

    #[test]
    fn a_slot_in_any_list_is_not_free() {
        let lists = [
            Bits::IN_NOTICES,
            Bits::IN_UPDATES,
            Bits::READY,
            Bits::HELD,
            Bits::WANTS_DRAINED,
        ];
        for list in lists {
            let mut store = Store::new();
            let slot = open(&mut store, 1);
            store.at_mut(slot).bits.set(list | Bits::COUNTED);
            store.reclaim(slot);
            assert_eq!(store.find(StreamId::new(1)), Some(slot), "not dead");
            store.remove(slot);
            assert_eq!((store.find(StreamId::new(1)), store.used), (None, 1));
            store.reclaim(slot);
            assert_eq!(store.used, 1, "still in a list");
            store.trim();
            assert_eq!(store.capacity(), 16, "still in use");
            assert!(store.at_mut(slot).bits.take(list));
            store.reclaim(slot);
            assert_eq!(store.used, 0);
        }
    }

    #[test]
    fn what_it_holds_is_counted() {
        let mut store = Store::new();
        for id in 0..17 {
            open(&mut store, 2 * id + 1);
        }
        assert_eq!(store.capacity(), 32);
        let map = store.map.heap_bytes();
        let chunks = store.chunks.capacity() * size_of::<usize>();
        let least = 32 * size_of::<Stream>() + chunks + map;
        assert_eq!(store.heap_bytes(), least);
        let slot = store.find(StreamId::new(33)).unwrap();
        for _ in 0..2 {
            store.at_mut(slot).push(Bytes::from_static(b"x"));
        }
        let more = store.at(slot).heap_bytes();
        assert!(more > 0);
        assert_eq!(store.heap_bytes(), least + more);
    }

    /// Streams come and go, some kept by a list after their end: each name reaches its own stream
    /// while that lives and nothing afterwards, no slot is given out twice, and none is lost.
    #[test]
    fn names_reach_their_own_stream_or_none() {
        fn law(steps: Vec<(u8, u8, bool)>) -> bool {
            let mut store = Store::new();
            let (mut live, mut kept): (Vec<StreamRef>, Vec<u32>) = (Vec::new(), Vec::new());
            let (mut gone, mut next): (Vec<StreamRef>, u32) = (Vec::new(), 1);
            for (what, which, keep) in steps {
                let which = usize::from(which);
                match what % 4 {
                    0 if !live.is_empty() => {
                        let name = live.swap_remove(which % live.len());
                        if keep {
                            store.at_mut(name.slot()).bits.set(Bits::IN_NOTICES);
                            kept.push(name.slot());
                        }
                        store.remove(name.slot());
                        gone.push(name);
                    }
                    1 if !kept.is_empty() => {
                        let slot = kept.swap_remove(which % kept.len());
                        store.at_mut(slot).bits.clear(Bits::IN_NOTICES);
                        store.reclaim(slot);
                    }
                    _ => {
                        let slot = open(&mut store, next);
                        if kept.contains(&slot) || live.iter().any(|name| name.slot() == slot) {
                            return false;
                        }
                        live.push(store.name(slot));
                        next += 2;
                    }
                }
                let mut slots: Vec<_> = store.slots().collect();
                let mut expected: Vec<_> = live.iter().map(|name| name.slot()).collect();
                slots.sort_unstable();
                expected.sort_unstable();
                let found = live.iter().all(|&name| {
                    let slot = Some(name.slot());
                    store.resolve(name) == slot && store.find(name.id()) == slot
                });
                let lost = gone
                    .iter()
                    .all(|&name| store.resolve(name).is_none() && store.find(name.id()).is_none());
                if !found || !lost || slots != expected {
                    return false;
                }
                if store.used as usize != live.len() + kept.len() || store.used > store.capacity() {
                    return false;
                }
            }
            let beyond = StreamRef::new(StreamId::new(1), NIL);
            store.resolve(beyond).is_none()
        }
        quickcheck::quickcheck(law as fn(_) -> bool);
    }
}
