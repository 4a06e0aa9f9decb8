//! Extensible priorities (RFC 9218 10): eight levels, each sequential and round robin, O(1).
//!
//! Within a level the sequential streams go one after the other, the incremental ones take turns
//! of one full frame, and the two kinds alternate. A frame that the connection's window cuts short
//! does not end a turn: shares are even in octets. So that nobody starves, every sixteenth frame
//! goes to a less urgent level.

use crate::stream::{Bits, NIL, Store, Stream};
use crate::vocabulary::Priority;

const LEVELS: usize = 8;
/// One frame in this many goes to a less urgent level.
const SHARE: u8 = 16;

/// Streams that have data to send and a window to send it in.
#[derive(Debug)]
pub(crate) struct Urgency {
    /// By urgency: sequential, incremental. The last of each ring; the first follows it.
    rings: [[u32; 2]; LEVELS],
    /// Levels with a stream, by bit.
    levels: u8,
    /// Levels whose next turn is the incremental streams'.
    incremental_next: u8,
    /// Frames since a less urgent level had one.
    since: u8,
    /// Where the next share goes to starts.
    share_from: u8,
}

impl Urgency {
    pub(crate) const fn new() -> Self {
        Self {
            rings: [[NIL; 2]; LEVELS],
            levels: 0,
            incremental_next: 0,
            since: 0,
            share_from: 0,
        }
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.levels == 0
    }

    /// Puts a stream at the end of its ring unless it is in one.
    #[inline]
    pub(crate) fn push(&mut self, store: &mut Store, slot: u32) {
        let stream = store.at_mut(slot);
        if stream.bits.has(Bits::READY) {
            return;
        }
        stream.bits.set(Bits::READY);
        stream.turn = 0;
        let (level, kind) = place(stream.priority);
        let last = core::mem::replace(&mut self.rings[level][kind], slot);
        if last == NIL {
            (stream.ready_next, stream.ready_prev) = (slot, slot);
            self.levels |= 1 << level;
            return;
        }
        let first = core::mem::replace(&mut store.at_mut(last).ready_next, slot);
        store.at_mut(first).ready_prev = slot;
        let stream = store.at_mut(slot);
        (stream.ready_next, stream.ready_prev) = (first, last);
    }

    /// Takes a stream out, wherever it stands.
    // Once for each caller, as what `transmit` says.
    #[inline(always)]
    pub(crate) fn remove(&mut self, store: &mut Store, slot: u32) {
        let stream = store.at_mut(slot);
        if !stream.bits.take(Bits::READY) {
            return;
        }
        let (level, kind) = place(stream.priority);
        let (next, prev) = (stream.ready_next, stream.ready_prev);
        (stream.ready_next, stream.ready_prev) = (NIL, NIL);
        if next == slot {
            self.rings[level][kind] = NIL;
            if self.rings[level] == [NIL; 2] {
                self.levels &= !(1 << level);
            }
            return;
        }
        store.at_mut(prev).ready_next = next;
        store.at_mut(next).ready_prev = prev;
        if self.rings[level][kind] == slot {
            self.rings[level][kind] = prev;
        }
    }

    /// Changes a stream's priority, in its ring or not.
    pub(crate) fn set_priority(&mut self, store: &mut Store, slot: u32, priority: Priority) {
        let ready = store.at(slot).bits.has(Bits::READY);
        if ready {
            self.remove(store, slot);
        }
        store.at_mut(slot).priority = priority;
        if ready {
            self.push(store, slot);
        }
    }

    /// The stream whose frame is next; it stays in its ring.
    #[inline]
    pub(crate) fn pick(&mut self, store: &Store) -> Option<u32> {
        if self.levels == 0 {
            return None;
        }
        let level = self.pick_level();
        let bit = 1 << level;
        let last = match self.rings[level] {
            [NIL, last] | [last, NIL] => last,
            [sequential, _] if self.incremental_next & bit == 0 => {
                self.incremental_next |= bit;
                sequential
            }
            [_, incremental] => {
                self.incremental_next &= !bit;
                incremental
            }
        };
        Some(store.at(last).ready_next)
    }

    /// Whether this stream is ready and no other is.
    #[inline]
    pub(crate) fn is_alone(&self, store: &Store, slot: u32) -> bool {
        if !self.levels.is_power_of_two() {
            return false;
        }
        match self.rings[self.levels.trailing_zeros() as usize] {
            [NIL, last] | [last, NIL] => last == slot && store.at(last).ready_next == slot,
            _ => false,
        }
    }

    #[inline]
    fn pick_level(&mut self) -> usize {
        let top = self.levels.trailing_zeros();
        let others = self.levels & (self.levels - 1);
        if others == 0 {
            self.since = 0;
            return top as usize;
        }
        self.since += 1;
        if self.since < SHARE {
            return top as usize;
        }
        self.since = 0;
        // The less urgent levels take turns.
        let later = others & (0xff_u8.checked_shl(u32::from(self.share_from)).unwrap_or(0));
        let level = if later != 0 { later } else { others }.trailing_zeros();
        self.share_from = level as u8 + 1;
        level as usize
    }

    /// What a stream may send in one frame: the rest of its turn of `whole` octets, or all of them.
    #[inline]
    pub(crate) fn turn_left(stream: &Stream, whole: u32) -> u32 {
        match stream.turn {
            0 => whole,
            sent if sent < whole => whole - sent,
            // Frames have become smaller within the turn.
            _ => whole,
        }
    }

    /// A frame of so many octets of this stream, the first of its ring, went out and it has more: an
    /// incremental one whose turn of `whole` octets is over becomes the last.
    #[inline]
    pub(crate) fn served(&mut self, store: &mut Store, slot: u32, octets: u32, whole: u32) {
        let stream = store.at_mut(slot);
        if !stream.priority.incremental() || !stream.bits.has(Bits::READY) {
            return;
        }
        if octets < Self::turn_left(stream, whole) {
            stream.turn += octets;
        } else {
            stream.turn = 0;
            let (level, kind) = place(stream.priority);
            self.rings[level][kind] = slot;
        }
    }
}

fn place(priority: Priority) -> (usize, usize) {
    (
        usize::from(priority.urgency()) % LEVELS,
        usize::from(priority.incremental()),
    )
}

#[cfg(test)]
mod tests;
