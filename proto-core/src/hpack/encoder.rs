//! Fields to field blocks.

use super::dynamic_table::{DynamicTable, LARGEST, OVERHEAD, Pending};
use super::index::{Hashes, Index};
use super::policy::{Indexing, Policy, default_policy};
use super::{huffman, integer, static_table};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// The table size that HTTP/2 begins with (RFC 9113 6.5.2).
const INITIAL_SIZE: usize = 4096;

/// How many fields of second sight are kept in mind.
const SIGHTS: usize = 128;

/// The sending end of one direction of a connection (RFC 7541 2.2).
///
/// Per block: [`start_block`](Self::start_block), then [`encode_field`](Self::encode_field) for each field. Blocks must
/// reach the peer in the order in which they were encoded, and all of them.
///
/// Holds no heap before a field is remembered. Afterwards the heap is at most one and a half times the strings of a
/// full table and 64 octets, 44 octets for each of up to twice as many entries as there ever were at a time, and 256
/// octets for [`Indexing::SecondSight`].
pub struct Encoder {
    table: DynamicTable,
    index: Index,
    policy: Policy,
    /// Our own bound for the table.
    limit: usize,
    /// What the peer's decoder believes the table's limit to be.
    announced: usize,
    /// The smallest limit since the last block.
    smallest: usize,
    /// The upper halves of the hashes of fields seen once, by their lower bits. Two fields may share one: it costs a
    /// needless insertion.
    sights: Option<Box<[u16; SIGHTS]>>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder that uses a table of up to 4 096 octets.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limit(INITIAL_SIZE)
    }

    /// An encoder that uses a table of up to `limit` octets (as counted by RFC 7541 4.1), as far as the peer allows it:
    /// 4 096 until `set_peer_max_size`. 0 means no table. Beyond 2^30 counts as that.
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        let limit = limit.min(LARGEST);
        let size = limit.min(INITIAL_SIZE);
        Self {
            table: DynamicTable::new(size),
            index: Index::default(),
            policy: default_policy,
            limit,
            announced: INITIAL_SIZE,
            smallest: size,
            sights: None,
        }
    }

    /// Sets which fields are remembered. Takes effect with the next field.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// The peer allows a table of `size` octets: its SETTINGS_HEADER_TABLE_SIZE. To be called before our
    /// acknowledgement is sent, and before any block that follows it is started. The next block announces the smallest
    /// size since the last one, and the one that holds now (RFC 7541 4.2).
    pub fn set_peer_max_size(&mut self, size: usize) {
        let size = size.min(self.limit);
        self.smallest = self.smallest.min(size);
        self.table.set_max_size(size);
    }

    /// Begins a block: appends the size updates that are due to `out`, mostly none.
    #[inline]
    pub fn start_block(&mut self, out: &mut Vec<u8>) {
        if self.smallest != self.announced || self.table.max_size() != self.announced {
            self.announce(out);
        }
    }

    #[cold]
    fn announce(&mut self, out: &mut Vec<u8>) {
        let size = self.table.max_size();
        if self.smallest < size.min(self.announced) {
            integer::encode(0x20, 0x1f, self.smallest, out);
            self.announced = self.smallest;
        }
        if size != self.announced {
            integer::encode(0x20, 0x1f, size, out);
        }
        self.announced = size;
        self.smallest = size;
    }

    /// Appends one field to `out`. With `never`, as a literal that nobody on the way may remember (RFC 7541 6.2.3).
    #[inline]
    pub fn encode_field(&mut self, name: &[u8], value: &[u8], never: bool, out: &mut Vec<u8>) {
        if never {
            return self.never(name, value, out);
        }
        if may_be_static(name) {
            let index = static_table::find_value(static_table::find_name(name), value);
            if index > 0 {
                return out.push(0x80 | index);
            }
        }
        let hashes = Hashes::of(name, value);
        match self.index.find_newest(&self.table, hashes, name, value) {
            Some(age) => integer::encode(0x80, 0x7f, static_table::LEN + 1 + age, out),
            None => self.seldom(hashes, name, value, out),
        }
    }

    /// The index that stands for the whole field now, and its name's lowest index in the static table, 0 if none.
    #[inline]
    pub(crate) fn find(&self, name: &[u8], value: &[u8]) -> Option<(u16, u8)> {
        if may_be_static(name) {
            let known = static_table::find_name(name);
            let index = static_table::find_value(known, value);
            if index > 0 {
                return Some((index.into(), known));
            }
        }
        let hashes = Hashes::of(name, value);
        let age = self.index.find_newest(&self.table, hashes, name, value)?;
        let index = u16::try_from(static_table::LEN + 1 + age).ok()?;
        Some((index, self.table.get(age)?.known))
    }

    /// A count that moves with each entry that is added.
    #[inline]
    pub(crate) fn serial(&self) -> u32 {
        self.table.serial(0)
    }

    /// Appends a field by an index that [`find`](Self::find) gave when the count was `then`: entries added since have
    /// moved it. `false`, and nothing appended, if they have pushed it out.
    #[inline]
    pub(crate) fn encode_found(&self, index: u16, then: u32, out: &mut Vec<u8>) -> bool {
        let mut index = usize::from(index);
        if index > static_table::LEN {
            index += self.serial().wrapping_sub(then) as usize;
            if index > static_table::LEN + self.table.len() {
                return false;
            }
        }
        integer::encode(0x80, 0x7f, index, out);
        true
    }

    /// Appends a field that [`find`](Self::find) did not find.
    #[inline]
    pub(crate) fn encode_absent(&mut self, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        self.seldom(Hashes::of(name, value), name, value, out);
    }

    /// Encodes a field that is not the newest of its chain.
    #[inline(never)]
    fn seldom(&mut self, hashes: Hashes, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        let known = static_table::find_name(name);
        if !may_be_static(name) {
            let index = static_table::find_value(known, value);
            if index > 0 {
                return out.push(0x80 | index);
            }
        }
        match self.index.find_field(&self.table, hashes, name, value) {
            Some(age) => integer::encode(0x80, 0x7f, static_table::LEN + 1 + age, out),
            None => self.literal(hashes, known, name, value, out),
        }
    }

    fn literal(&mut self, hashes: Hashes, known: u8, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        let indexing = (self.policy)(name, known);
        let named = self.name_index(hashes, known, name);
        let insert = match indexing {
            Indexing::FirstSight => self.fits(name, value),
            Indexing::SecondSight => self.fits(name, value) && self.seen(hashes.field),
            Indexing::Without => false,
            Indexing::Never => return literal(0x10, 0x0f, named, name, value, out),
        };
        if !insert {
            return literal(0, 0x0f, named, name, value, out);
        }
        literal(0x40, 0x3f, named, name, value, out);
        self.table.begin();
        self.table.append_both(name, value);
        let pending = Pending {
            name_len: name.len(),
            known,
            ..Pending::default()
        };
        if let Some(serial) = self.table.commit(pending) {
            self.index.insert(&self.table, serial, hashes);
        }
    }

    #[inline(never)]
    fn never(&self, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        let known = static_table::find_name(name);
        let named = self.name_index(Hashes::of(name, &[]), known, name);
        literal(0x10, 0x0f, named, name, value, out);
    }

    /// The index of an entry with this name, or 0.
    #[inline]
    fn name_index(&self, hashes: Hashes, known: u8, name: &[u8]) -> usize {
        if known > 0 {
            return known.into();
        }
        self.index
            .find_name(&self.table, hashes, name)
            .map_or(0, |age| static_table::LEN + 1 + age)
    }

    /// Whether a field is small enough not to push most others out.
    #[inline]
    fn fits(&self, name: &[u8], value: &[u8]) -> bool {
        name.len() + value.len() + OVERHEAD <= self.table.max_size() / 4 * 3
    }

    /// Whether a field was seen before; from now on it was.
    fn seen(&mut self, hash: u32) -> bool {
        let sights = self.sights.get_or_insert_with(|| Box::new([0; SIGHTS]));
        match sights.get_mut(hash as usize % SIGHTS) {
            Some(seen) => {
                let half = (hash >> 16) as u16;
                core::mem::replace(seen, half) == half
            }
            None => false,
        }
    }

    /// The number of entries in the dynamic table.
    #[must_use]
    pub fn table_len(&self) -> usize {
        self.table.len()
    }

    /// The size of the dynamic table, in octets as RFC 7541 4.1 counts them.
    #[must_use]
    pub fn table_size(&self) -> usize {
        self.table.size()
    }

    /// The heap held, in octets.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let sights = if self.sights.is_some() {
            size_of::<[u16; SIGHTS]>()
        } else {
            0
        };
        self.table.heap_bytes() + self.index.heap_bytes() + sights
    }

    /// Gives back all heap that the table's entries do not need.
    pub fn trim(&mut self) {
        self.table.trim();
        self.index.trim(&self.table);
        self.sights = None;
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("table_len", &self.table.len())
            .field("table_size", &self.table.size())
            .field("table_max_size", &self.table.max_size())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Whether to look for the whole field in the static table first. All values there but one belong to pseudo-headers
/// with names this short.
#[inline]
fn may_be_static(name: &[u8]) -> bool {
    name.len() <= ":status".len() && name.first() == Some(&b':')
}

/// Appends a literal (RFC 7541 6.2): a pattern, the name's index or the name itself, the value.
fn literal(pattern: u8, mask: u8, named: usize, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    integer::encode(pattern, mask, named, out);
    if named == 0 {
        string(name, out);
    }
    string(value, out);
}

/// Appends a string (RFC 7541 5.2), Huffman-coded where that is shorter.
fn string(string: &[u8], out: &mut Vec<u8>) {
    if string.len() < 0x7f {
        // The length takes one octet either way, so it can be filled in later.
        let at = out.len();
        out.push(string.len() as u8);
        if huffman::encode_if_shorter(string, out) {
            let length = out.len() - at - 1;
            if let Some(head) = out.get_mut(at) {
                *head = 0x80 | length as u8;
            }
        } else {
            out.extend_from_slice(string);
        }
        return;
    }
    let length = huffman::encoded_len(string);
    if length < string.len() {
        integer::encode(0x80, 0x7f, length, out);
        huffman::encode(string, out);
    } else {
        integer::encode(0, 0x7f, string.len(), out);
        out.extend_from_slice(string);
    }
}
