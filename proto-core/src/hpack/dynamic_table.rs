//! The dynamic table of RFC 7541 2.3.2 and 4: a queue of fields, bounded by their size.
//!
//! The strings lie in one buffer, in the order of insertion and each entry in one piece, so that nothing is copied when
//! an entry is handed on:
//!
//! ```text
//! | evicted | oldest entry .. newest entry | pending |
//! 0      start                            end
//! ```
//!
//! What is *pending* becomes the next entry (`commit`) or is dropped (`begin`). A decoder unpacks its strings there, so
//! an inserted field is written once. The buffer grows by need; when there is room enough for half as much again as is
//! live, the live part moves to the front instead, which costs two octets moved for each octet inserted at most.

use super::octets::OctetClasses;
use super::words::equal;
use alloc::vec::Vec;

/// What RFC 7541 4.1 adds to the octets of an entry.
pub(super) const OVERHEAD: usize = 32;

/// The largest table, in octets of RFC 7541 4.1: positions are 32 bits wide.
pub(super) const LARGEST: usize = 1 << 30;

/// A buffer up to this is kept whatever the size of the table, so that strings can be unpacked without allocating.
const SMALL_BUFFER: usize = 256;

const SMALLEST_RING: usize = 8;

/// One field; its strings lie in the buffer at `position`.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry {
    /// From the start of all that was ever in the buffer, modulo 2^32.
    position: u32,
    name_len: u32,
    value_len: u32,
    pub(super) name_classes: OctetClasses,
    pub(super) value_classes: OctetClasses,
    /// The lowest static index with this name, or 0.
    pub(super) known: u8,
}

/// What `commit` is told of the pending field.
#[derive(Clone, Copy, Default)]
pub(super) struct Pending {
    pub(super) name_len: usize,
    pub(super) name_classes: OctetClasses,
    pub(super) value_classes: OctetClasses,
    pub(super) known: u8,
}

/// See the module.
pub(super) struct DynamicTable {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Where what was pending last begins: at `end`, or before it once it is an entry.
    mark: usize,
    /// The position of the buffer's first octet.
    base: u32,
    /// A ring: the entry of serial number `n` lies at `n` modulo the length, which is a power of two or 0.
    entries: Vec<Entry>,
    /// The serial number of the next entry, modulo 2^32.
    next: u32,
    len: usize,
    size: usize,
    max_size: usize,
}

impl DynamicTable {
    /// An empty table without heap. `max_size` beyond `LARGEST` counts as that.
    pub(super) fn new(max_size: usize) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            end: 0,
            mark: 0,
            base: 0,
            entries: Vec::new(),
            next: 0,
            len: 0,
            size: 0,
            max_size: max_size.min(LARGEST),
        }
    }

    /// The number of entries.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The size of RFC 7541 4.1.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The most that `size` may be.
    pub(super) fn max_size(&self) -> usize {
        self.max_size
    }

    /// Sets that, and evicts what does not fit any more (RFC 7541 4.3).
    pub(super) fn set_max_size(&mut self, max_size: usize) {
        self.max_size = max_size.min(LARGEST);
        self.evict_to(self.max_size);
    }

    /// The entry that `age` others follow.
    #[inline]
    pub(super) fn get(&self, age: usize) -> Option<Entry> {
        if age >= self.len {
            return None;
        }
        self.entries.get(self.slot(self.serial(age))).copied()
    }

    /// Whether the entry with this serial number, which `age` has found to be there, is this field.
    #[inline]
    pub(super) fn holds(&self, serial: u32, name: &[u8], value: &[u8]) -> bool {
        let Some(entry) = self.entries.get(self.slot(serial)) else {
            return false;
        };
        if entry.name_len as usize != name.len() || entry.value_len as usize != value.len() {
            return false;
        }
        let (its_name, its_value) = self.strings(entry);
        equal(its_value, value) && equal(its_name, name)
    }

    /// Whether the entry with this serial number, which `age` has found to be there, has this name.
    #[inline]
    pub(super) fn names(&self, serial: u32, name: &[u8]) -> bool {
        let entry = self.entries.get(self.slot(serial));
        entry.is_some_and(|entry| equal(self.strings(entry).0, name))
    }

    /// The serial number of the entry that `age` others follow, be it still there or not.
    #[inline]
    pub(super) fn serial(&self, age: usize) -> u32 {
        self.next.wrapping_sub(age as u32).wrapping_sub(1)
    }

    /// How many entries follow the one with this serial number, if it is still there.
    #[inline]
    pub(super) fn age(&self, serial: u32) -> Option<usize> {
        let age = self.next.wrapping_sub(serial).wrapping_sub(1) as usize;
        if age < self.len { Some(age) } else { None }
    }

    /// How many entries the ring has room for.
    pub(super) fn ring_len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    fn slot(&self, serial: u32) -> usize {
        serial as usize & self.entries.len().wrapping_sub(1)
    }

    /// The name and the value of an entry of this table.
    #[inline]
    pub(super) fn strings(&self, entry: &Entry) -> (&[u8], &[u8]) {
        let at = self.offset(entry);
        let (name_len, value_len) = (entry.name_len as usize, entry.value_len as usize);
        let strings = self.buffer.get(at..at + name_len + value_len);
        strings
            .and_then(|strings| strings.split_at_checked(name_len))
            .unwrap_or_default()
    }

    #[inline]
    fn offset(&self, entry: &Entry) -> usize {
        entry.position.wrapping_sub(self.base) as usize
    }

    /// Drops what is pending.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.buffer.truncate(self.end);
        self.mark = self.end;
    }

    /// What is pending. It stays readable after `commit`, until `begin`.
    #[inline]
    pub(super) fn pending(&self) -> &[u8] {
        self.buffer.get(self.mark..).unwrap_or_default()
    }

    /// Appends to what is pending.
    #[inline]
    pub(super) fn append(&mut self, string: &[u8]) {
        self.reserve(string.len());
        self.buffer.extend_from_slice(string);
    }

    /// Appends a whole field to what is pending.
    #[inline]
    pub(super) fn append_both(&mut self, name: &[u8], value: &[u8]) {
        self.reserve(name.len() + value.len());
        self.buffer.extend_from_slice(name);
        self.buffer.extend_from_slice(value);
    }

    /// Appends an entry's name to what is pending, and gives its length.
    #[inline]
    pub(super) fn append_name(&mut self, entry: &Entry) -> usize {
        let length = entry.name_len as usize;
        self.reserve(length);
        let at = self.offset(entry);
        if at + length <= self.buffer.len() {
            self.buffer.extend_from_within(at..at + length);
        }
        length
    }

    /// The buffer, with room for `more` octets, for the caller to append to what is pending.
    #[inline]
    pub(super) fn append_with(&mut self, more: usize) -> &mut Vec<u8> {
        self.reserve(more);
        &mut self.buffer
    }

    /// Makes what is pending the newest entry, and gives its serial number. If it is larger than the table may be, the
    /// table is empty afterwards, which is no error (RFC 7541 4.4).
    pub(super) fn commit(&mut self, pending: Pending) -> Option<u32> {
        let length = self.buffer.len() - self.end;
        let size = length + OVERHEAD;
        if size > self.max_size - self.size {
            let Some(rest) = self.max_size.checked_sub(size) else {
                self.evict_to(0);
                return None;
            };
            self.evict_to(rest);
        }
        if self.len == self.entries.len() {
            self.grow_ring();
        }
        let serial = self.next;
        let slot = self.slot(serial);
        let entry = self.entries.get_mut(slot)?;
        *entry = Entry {
            position: self.base.wrapping_add(self.end as u32),
            name_len: pending.name_len as u32,
            value_len: length.saturating_sub(pending.name_len) as u32,
            name_classes: pending.name_classes,
            value_classes: pending.value_classes,
            known: pending.known,
        };
        self.next = serial.wrapping_add(1);
        self.len += 1;
        self.size += size;
        self.end += length;
        Some(serial)
    }

    /// Evicts from the oldest on until the size is at most this (RFC 7541 4.3, 4.4).
    fn evict_to(&mut self, size: usize) {
        while self.size > size {
            let slot = self.slot(self.next.wrapping_sub(self.len as u32));
            let Some(oldest) = self.entries.get(slot) else {
                return;
            };
            let length = (oldest.name_len + oldest.value_len) as usize;
            self.start += length;
            self.size -= length + OVERHEAD;
            self.len -= 1;
        }
    }

    #[cold]
    fn grow_ring(&mut self) {
        let length = (self.entries.len() * 2).max(SMALLEST_RING);
        self.resize_ring(length);
    }

    /// Gives the ring this length, a power of two and at least `len`, or 0 for an empty table.
    fn resize_ring(&mut self, length: usize) {
        let mut entries = Vec::new();
        entries.reserve_exact(length);
        entries.resize(length, Entry::default());
        for age in 0..self.len {
            let serial = self.serial(age);
            let to = entries.get_mut(serial as usize & length.wrapping_sub(1));
            if let (Some(to), Some(from)) = (to, self.entries.get(self.slot(serial))) {
                *to = *from;
            }
        }
        self.entries = entries;
    }

    #[inline]
    fn reserve(&mut self, more: usize) {
        if more > self.buffer.capacity() - self.buffer.len() {
            self.make_room(more);
        }
    }

    #[cold]
    fn make_room(&mut self, more: usize) {
        let needed = self.buffer.len() - self.start + more;
        let wanted = needed + needed / 2;
        if wanted > self.buffer.capacity() {
            self.move_to(wanted.next_multiple_of(64));
        } else {
            self.buffer.copy_within(self.start.., 0);
            self.buffer.truncate(self.buffer.len() - self.start);
            self.moved();
        }
    }

    /// Moves all that is live or pending to a new buffer of this capacity.
    fn move_to(&mut self, capacity: usize) {
        let mut buffer = Vec::new();
        buffer.reserve_exact(capacity);
        buffer.extend_from_slice(self.buffer.get(self.start..).unwrap_or_default());
        self.buffer = buffer;
        self.moved();
    }

    /// The octet at `start` is the buffer's first now.
    fn moved(&mut self) {
        self.base = self.base.wrapping_add(self.start as u32);
        self.end -= self.start;
        self.mark = self.mark.saturating_sub(self.start);
        self.start = 0;
    }

    /// Drops what is pending, and the buffer if a long string has made it larger than the entries ever need.
    #[inline]
    pub(super) fn finish(&mut self) {
        self.begin();
        if self.buffer.capacity() > self.max_size * 2 + SMALL_BUFFER {
            self.trim();
        }
    }

    /// Gives back all heap that the entries do not need.
    pub(super) fn trim(&mut self) {
        self.begin();
        let live = self.end - self.start;
        if live < self.buffer.capacity() {
            self.move_to(live);
        }
        let ring = if self.len == 0 {
            0
        } else {
            self.len.next_power_of_two()
        };
        if ring < self.entries.len() {
            self.resize_ring(ring);
        }
    }

    /// The heap held, in octets.
    pub(super) fn heap_bytes(&self) -> usize {
        self.buffer.capacity() + self.entries.capacity() * size_of::<Entry>()
    }
}
