//! The calls of a channel: by name, by stream, by deadline.

use crate::{
    call::CallCore,
    hash::QuickMap,
    inbound::Unread,
    room::{KEPT, shed},
    wire::{ConnId, Instant, StreamRef},
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// A call of a channel. Never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId {
    slot: u32,
    generation: u32,
}

#[derive(Default)]
struct Entry {
    generation: u32,
    call: Option<Box<CallCore>>,
    /// The connection that was lost under the call, whose error it waits for.
    lost_on: Option<ConnId>,
    /// Where it stands in the table of streams.
    place: Option<(ConnId, StreamRef)>,
}

/// Calls by the slots of a connection's streams, and what these hold unread.
#[derive(Default)]
struct Streams {
    calls: Vec<Option<(StreamRef, CallId)>>,
    unread: Unread,
}

#[derive(Default)]
pub(super) struct Calls {
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// The first generation of a new slot: later than all that were given away with their slots.
    first: u32,
    live: usize,
    streams: QuickMap<ConnId, Streams>,
    deadlines: BinaryHeap<Reverse<(Instant, CallId)>>,
}

impl Calls {
    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// What a connection's streams hold unread.
    pub(super) fn unread(&mut self, conn: ConnId) -> Unread {
        self.streams.entry(conn).or_default().unread.clone()
    }

    pub(super) fn reserve(&mut self) -> CallId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry {
                generation: self.first,
                ..Entry::default()
            });
            self.entries.len() as u32 - 1
        });
        CallId {
            slot,
            generation: self.entries[slot as usize].generation,
        }
    }

    pub(super) fn insert(&mut self, id: CallId, call: Box<CallCore>) {
        let deadline = call.spec().deadline;
        let Some(entry) = self.entries.get_mut(id.slot as usize) else {
            return;
        };
        entry.call = Some(call);
        self.live += 1;
        if let Some(deadline) = deadline {
            self.deadlines.push(Reverse((deadline, id)));
            self.prune();
        }
    }

    /// Deadlines of calls that have ended stay until they pass, unless they are most of the heap.
    fn prune(&mut self) {
        if self.deadlines.len() > 64 + 2 * self.live {
            let mut kept = std::mem::take(&mut self.deadlines).into_vec();
            kept.retain(|Reverse((_, id))| self.has(*id));
            self.deadlines = kept.into();
            shed(&mut self.deadlines);
        }
    }

    pub(super) fn has(&self, id: CallId) -> bool {
        self.entries
            .get(id.slot as usize)
            .is_some_and(|entry| entry.generation == id.generation && entry.call.is_some())
    }

    pub(super) fn get_mut(&mut self, id: CallId) -> Option<&mut CallCore> {
        let entry = self.entries.get_mut(id.slot as usize)?;
        if entry.generation != id.generation {
            return None;
        }
        entry.call.as_deref_mut()
    }

    pub(super) fn ids(&self) -> Vec<CallId> {
        let ids = (0..).zip(&self.entries).map(|(slot, entry)| CallId {
            slot,
            generation: entry.generation,
        });
        ids.filter(|id| self.has(*id)).collect()
    }

    /// The call has a stream now.
    pub(super) fn placed(&mut self, id: CallId) {
        let Some((conn, stream)) = self.get_mut(id).and_then(|call| call.place()) else {
            return;
        };
        self.entries[id.slot as usize].place = Some((conn, stream));
        let streams = &mut self.streams.entry(conn).or_default().calls;
        let slot = stream.slot() as usize;
        if streams.len() <= slot {
            streams.resize(slot + 1, None);
        }
        streams[slot] = Some((stream, id));
    }

    /// The call's stream is gone.
    pub(super) fn displaced(&mut self, id: CallId) {
        let place = self
            .entries
            .get_mut(id.slot as usize)
            .and_then(|entry| entry.place.take());
        let Some((conn, stream)) = place else {
            return;
        };
        if let Some(slot) = self
            .streams
            .get_mut(&conn)
            .and_then(|streams| streams.calls.get_mut(stream.slot() as usize))
            .filter(|slot| slot.is_some_and(|(name, _)| name == stream))
        {
            *slot = None;
        }
    }

    pub(super) fn find(&self, conn: ConnId, stream: StreamRef) -> Option<CallId> {
        let (name, id) = (*self.streams.get(&conn)?.calls.get(stream.slot() as usize)?)?;
        (name == stream).then_some(id)
    }

    /// Forgets a call; whether there was one.
    pub(super) fn remove(&mut self, id: CallId) -> bool {
        if !self.has(id) {
            return false;
        }
        self.displaced(id);
        let entry = &mut self.entries[id.slot as usize];
        entry.call = None;
        entry.lost_on = None;
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(id.slot);
        self.live -= 1;
        if self.free.len() == self.entries.len() && self.entries.len() > KEPT {
            self.start_anew();
        }
        true
    }

    /// No slot of the many there are is a call's, or spoken for: all go.
    fn start_anew(&mut self) {
        let newest = self.entries.iter().map(|entry| entry.generation).max();
        self.first = newest.unwrap_or(self.first);
        self.entries = Vec::new();
        self.free = Vec::new();
        self.deadlines = BinaryHeap::new();
    }

    /// The call's connection is lost; its error is not known yet.
    pub(super) fn lost(&mut self, id: CallId, conn: Option<ConnId>) {
        self.displaced(id);
        if let Some(entry) = self.entries.get_mut(id.slot as usize) {
            entry.lost_on = conn;
        }
    }

    /// The calls that were lost with a connection; nothing more comes of it.
    pub(super) fn lost_on(&mut self, conn: ConnId) -> Vec<CallId> {
        self.streams.remove(&conn);
        let mut lost = self.ids();
        lost.retain(|id| {
            let entry = &self.entries[id.slot as usize];
            entry.lost_on == Some(conn) || entry.place.is_some_and(|(at, _)| at == conn)
        });
        lost
    }

    /// Connections that have had streams and have not ended.
    pub(super) fn connections(&self) -> impl Iterator<Item = ConnId> + use<> {
        self.streams.keys().copied().collect::<Vec<_>>().into_iter()
    }

    /// A call whose deadline has passed.
    pub(super) fn late(&mut self, now: Instant) -> Option<CallId> {
        loop {
            let Reverse((deadline, id)) = *self.deadlines.peek()?;
            if deadline > now {
                return None;
            }
            self.deadlines.pop();
            shed(&mut self.deadlines);
            if self.has(id) {
                return Some(id);
            }
        }
    }

    /// The first deadline; perhaps of a call that has ended.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.peek().map(|Reverse((at, _))| *at)
    }
}
