//! First-in, first-out lists through the slots: what the program is to be told, and which streams'
//! windows are to be announced. No list allocates.

use crate::stream::{Bits, NIL, Store, Stream};

/// Which list: its bit and its link.
pub(crate) trait List {
    const BIT: u32;
    fn link(stream: &mut Stream) -> &mut u32;
}

/// Streams with a notice for the program.
#[derive(Debug)]
pub(crate) enum ForProgram {}

/// Streams whose window is to be announced.
#[derive(Debug)]
pub(crate) enum ForPeer {}

impl List for ForProgram {
    const BIT: u32 = Bits::IN_NOTICES;

    fn link(stream: &mut Stream) -> &mut u32 {
        &mut stream.notice_next
    }
}

impl List for ForPeer {
    const BIT: u32 = Bits::IN_UPDATES;

    fn link(stream: &mut Stream) -> &mut u32 {
        &mut stream.update_next
    }
}

/// One list.
#[derive(Debug)]
pub(crate) struct Fifo<L> {
    head: u32,
    tail: u32,
    list: core::marker::PhantomData<fn(L)>,
}

impl<L: List> Fifo<L> {
    pub(crate) const fn new() -> Self {
        Self {
            head: NIL,
            tail: NIL,
            list: core::marker::PhantomData,
        }
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.head == NIL
    }

    /// Puts a slot at the end unless it is in the list.
    #[inline]
    pub(crate) fn push(&mut self, store: &mut Store, slot: u32) {
        let stream = store.at_mut(slot);
        if stream.bits.has(L::BIT) {
            return;
        }
        stream.bits.set(L::BIT);
        *L::link(stream) = NIL;
        if self.tail == NIL {
            self.head = slot;
        } else {
            *L::link(store.at_mut(self.tail)) = slot;
        }
        self.tail = slot;
    }

    /// The first slot, which stays.
    #[inline]
    pub(crate) const fn first(&self) -> Option<u32> {
        if self.head == NIL {
            None
        } else {
            Some(self.head)
        }
    }

    /// Takes the first slot out. The caller reclaims it when it is done with it.
    #[inline]
    pub(crate) fn pop(&mut self, store: &mut Store) -> Option<u32> {
        let slot = self.first()?;
        let stream = store.at_mut(slot);
        stream.bits.clear(L::BIT);
        self.head = core::mem::replace(L::link(stream), NIL);
        if self.head == NIL {
            self.tail = NIL;
        }
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fifo, ForPeer, ForProgram};
    use crate::stream::{State, Store};
    use crate::vocabulary::StreamId;

    #[test]
    fn in_order_and_once() {
        let mut store = Store::new();
        let slots = [1, 3, 5].map(|id| {
            let slot = store.insert(StreamId::new(id));
            store
                .at_mut(slot)
                .open(StreamId::new(id), State::Open, 0, 0, 0);
            slot
        });
        let (mut a, mut b) = (Fifo::<ForProgram>::new(), Fifo::<ForPeer>::new());
        for slot in [slots[1], slots[0], slots[1], slots[2]] {
            a.push(&mut store, slot);
            b.push(&mut store, slot);
        }
        assert_eq!(a.pop(&mut store), Some(slots[1]));
        assert_eq!((a.first(), b.first()), (Some(slots[0]), Some(slots[1])));
        a.push(&mut store, slots[1]);
        for expected in [slots[0], slots[2], slots[1]] {
            assert_eq!(a.pop(&mut store), Some(expected));
        }
        assert_eq!(a.pop(&mut store), None);
        assert!(a.is_empty() && !b.is_empty());
        assert_eq!(a.first(), None);
        a.push(&mut store, slots[2]);
        a.push(&mut store, slots[0]);
        assert_eq!(a.pop(&mut store), Some(slots[2]), "after it was empty too");
        assert_eq!(a.pop(&mut store), Some(slots[0]));
    }
}
