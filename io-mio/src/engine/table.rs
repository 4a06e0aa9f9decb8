//! Everything that a loop polls, by slot. A slot's number is its token, less the loop's first.

use super::dial::{Attempt, Dial};
use super::entry::Entry;
use super::listener::Listener;
use crate::id::ConnId;

/// What a slot holds. Boxed: the table may move, its content never does.
pub(crate) enum What {
    Free,
    /// The waker, in slot 0.
    Waker,
    Conn(Box<Entry>),
    Dial(Box<Dial>),
    Attempt(Box<Attempt>),
    Listener(Box<Listener>),
}

struct Slot {
    generation: u32,
    what: What,
}

pub(crate) struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
    most: u32,
    /// New slots begin here: above all generations of slots that were given up.
    first_generation: u32,
    /// Connections and searches for one.
    pub(crate) live: u32,
}

impl Table {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            slots: vec![Slot {
                generation: 0,
                what: What::Waker,
            }],
            free: Vec::new(),
            most,
            first_generation: 0,
            live: 0,
        }
    }

    /// A slot for `what`: its number and its generation. Gives it back if the loop is full.
    pub(crate) fn insert(&mut self, what: What) -> Result<ConnId, What> {
        let lives = matches!(what, What::Conn(_) | What::Dial(_));
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None if (self.slots.len() as u64) < u64::from(self.most) => {
                self.slots.push(Slot {
                    generation: self.first_generation,
                    what: What::Free,
                });
                (self.slots.len() - 1) as u32
            }
            None => return Err(what),
        };
        let place = &mut self.slots[slot as usize];
        place.what = what;
        self.live += u32::from(lives);
        Ok(ConnId::new(slot, place.generation))
    }

    /// Empties a slot.
    pub(crate) fn remove(&mut self, slot: u32) -> What {
        let Some(place) = self.slots.get_mut(slot as usize) else {
            return What::Free;
        };
        let what = std::mem::replace(&mut place.what, What::Free);
        match what {
            What::Free => return What::Free,
            What::Conn(_) | What::Dial(_) => self.live -= 1,
            What::Waker | What::Attempt(_) | What::Listener(_) => {}
        }
        place.generation = place.generation.wrapping_add(1);
        self.free.push(slot);
        what
    }

    /// Gives memory back after a crowd has left.
    pub(crate) fn shrink(&mut self) {
        if self.free.len() < 1024 || self.free.len() < self.slots.len() / 2 {
            return;
        }
        while let Some(Slot {
            generation,
            what: What::Free,
        }) = self.slots.last()
        {
            self.first_generation = self.first_generation.max(generation.wrapping_add(1));
            self.slots.pop();
        }
        let kept = self.slots.len();
        let mut slots = Vec::with_capacity(kept);
        slots.append(&mut self.slots);
        self.slots = slots;
        self.free = (self.free.iter().copied())
            .filter(|slot| (*slot as usize) < kept)
            .collect();
    }

    /// Puts a connection where the search for it stood: its name stays.
    pub(crate) fn replace(&mut self, slot: u32, what: What) -> What {
        match self.slots.get_mut(slot as usize) {
            Some(place) => std::mem::replace(&mut place.what, what),
            None => what,
        }
    }

    #[inline]
    pub(crate) fn at(&mut self, slot: u32) -> Option<&mut What> {
        self.slots
            .get_mut(slot as usize)
            .map(|place| &mut place.what)
    }

    /// The name of what is in a slot.
    pub(crate) fn name(&self, slot: u32) -> ConnId {
        let generation = self.slots.get(slot as usize).map_or(0, |s| s.generation);
        ConnId::new(slot, generation)
    }

    #[inline]
    pub(crate) fn conn(&mut self, id: ConnId) -> Option<&mut Entry> {
        match self.slots.get_mut(id.slot() as usize) {
            Some(Slot {
                generation,
                what: What::Conn(entry),
            }) if *generation == id.generation() => Some(entry),
            _ => None,
        }
    }

    pub(crate) fn dial(&mut self, id: ConnId) -> Option<&mut Dial> {
        match self.slots.get_mut(id.slot() as usize) {
            Some(Slot {
                generation,
                what: What::Dial(dial),
            }) if *generation == id.generation() => Some(dial),
            _ => None,
        }
    }

    /// Numbers of all slots that were ever used.
    pub(crate) fn slots(&self) -> std::ops::Range<u32> {
        0..self.slots.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, What};
    use crate::id::ConnId;

    #[test]
    fn names_are_never_used_twice_and_the_bound_holds() {
        let mut table = Table::new(3);
        let first = table.insert(What::Waker).ok().unwrap();
        let second = table.insert(What::Waker).ok().unwrap();
        assert!(table.insert(What::Waker).is_err());
        table.remove(first.slot());
        let third = table.insert(What::Waker).ok().unwrap();
        assert_eq!(third.slot(), first.slot());
        assert_ne!(third, first);
        assert_eq!(table.name(second.slot()), second);
        assert!(matches!(table.remove(77), What::Free));
        assert!(table.conn(ConnId::new(99, 0)).is_none());
    }

    #[test]
    fn names_stay_unique_after_a_crowd_has_left() {
        let mut table = Table::new(10_000);
        let ids: Vec<ConnId> = (0..3000)
            .map(|_| table.insert(What::Waker).ok().unwrap())
            .collect();
        for id in &ids[5..] {
            table.remove(id.slot());
        }
        table.shrink();
        assert_eq!(table.slots().len(), 6);
        let again = table.insert(What::Waker).ok().unwrap();
        assert_eq!(again.slot(), ids[5].slot());
        assert!(!ids.contains(&again));
        assert_eq!(table.name(ids[4].slot()), ids[4]);
    }
}
