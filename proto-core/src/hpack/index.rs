//! The encoder's way from a field to its entry in the dynamic table.
//!
//! Two hash tables with chains, one by name and value, one by name. A bucket holds the serial number of its newest
//! entry, and each entry that of the one before it. Nothing need be removed on eviction: a chain ends at the first
//! serial number that is no longer in the table. Chains are followed for a few steps only, so that a peer who can choose
//! colliding strings makes us miss entries, not lose time.

use super::dynamic_table::DynamicTable;
use super::words::absorb;
use alloc::vec::Vec;

const MOST_STEPS: usize = 8;

/// Hashes of a field: of its name, and of both.
#[derive(Clone, Copy)]
pub(super) struct Hashes {
    pub(super) name: u32,
    pub(super) field: u32,
}

impl Hashes {
    #[inline]
    pub(super) fn of(name: &[u8], value: &[u8]) -> Self {
        let name = absorb(0, name);
        Self {
            name: fold(name),
            field: fold(absorb(name, value)),
        }
    }
}

#[inline]
fn fold(state: u64) -> u32 {
    (state >> 32) as u32
}

/// An entry's place in the chains.
#[derive(Clone, Copy, Default)]
struct Link {
    hashes: [u32; 2],
    /// The serial numbers of the entries before it, by field and by name.
    before: [u32; 2],
}

const BY_FIELD: usize = 0;
const BY_NAME: usize = 1;

/// See the module. Belongs to one `DynamicTable`, whose ring it follows in length.
#[derive(Default)]
pub(super) struct Index {
    /// As the table's ring: by serial number modulo the length.
    links: Vec<Link>,
    /// As many buckets, for each the newest serial numbers by field and by name.
    buckets: Vec<[u32; 2]>,
}

impl Index {
    /// The age of the entry that holds this field, if it is the newest of its chain, as it mostly is.
    #[inline]
    pub(super) fn find_newest(
        &self,
        table: &DynamicTable,
        hashes: Hashes,
        name: &[u8],
        value: &[u8],
    ) -> Option<usize> {
        let slot = hashes.field as usize & self.links.len().wrapping_sub(1);
        let serial = self.buckets.get(slot)?[BY_FIELD];
        let age = table.age(serial)?;
        if table.holds(serial, name, value) {
            Some(age)
        } else {
            None
        }
    }

    /// The age of the entry that holds this field.
    #[inline]
    pub(super) fn find_field(
        &self,
        table: &DynamicTable,
        hashes: Hashes,
        name: &[u8],
        value: &[u8],
    ) -> Option<usize> {
        self.find::<BY_FIELD>(table, hashes.field, |serial| {
            table.holds(serial, name, value)
        })
    }

    /// The age of the newest entry with this name.
    pub(super) fn find_name(
        &self,
        table: &DynamicTable,
        hashes: Hashes,
        name: &[u8],
    ) -> Option<usize> {
        self.find::<BY_NAME>(table, hashes.name, |serial| table.names(serial, name))
    }

    #[inline]
    fn find<const WAY: usize>(
        &self,
        table: &DynamicTable,
        hash: u32,
        is_it: impl Fn(u32) -> bool,
    ) -> Option<usize> {
        let mask = self.links.len().wrapping_sub(1);
        let mut serial = self.buckets.get(hash as usize & mask)?[WAY];
        for _ in 0..MOST_STEPS {
            let age = table.age(serial)?;
            let link = self.links.get(serial as usize & mask)?;
            if link.hashes[WAY] == hash && is_it(serial) {
                return Some(age);
            }
            serial = link.before[WAY];
        }
        None
    }

    /// Takes in the entry just inserted.
    pub(super) fn insert(&mut self, table: &DynamicTable, serial: u32, hashes: Hashes) {
        if self.links.len() != table.ring_len() {
            self.rebuild(table, 1);
        }
        let mask = self.links.len().wrapping_sub(1);
        if let Some(link) = self.links.get_mut(serial as usize & mask) {
            link.hashes = [hashes.field, hashes.name];
        }
        self.link(serial);
    }

    /// Puts an entry whose hashes are known at the front of its chains.
    fn link(&mut self, serial: u32) {
        let mask = self.links.len().wrapping_sub(1);
        let Some(link) = self.links.get_mut(serial as usize & mask) else {
            return;
        };
        for way in [BY_FIELD, BY_NAME] {
            if let Some(bucket) = self.buckets.get_mut(link.hashes[way] as usize & mask) {
                link.before[way] = core::mem::replace(&mut bucket[way], serial);
            }
        }
    }

    /// Follows the table's ring to another length. The `new` newest entries are not known here yet.
    #[cold]
    fn rebuild(&mut self, table: &DynamicTable, new: usize) {
        let length = table.ring_len();
        let old = core::mem::take(&mut self.links);
        // Older than the oldest, and so for all time to come: each insertion ages it by one.
        let nothing = table.serial(table.len());
        self.links.reserve_exact(length);
        self.links.resize(length, Link::default());
        self.buckets = Vec::new();
        self.buckets.reserve_exact(length);
        self.buckets.resize(length, [nothing; 2]);
        for age in (new..table.len()).rev() {
            let serial = table.serial(age);
            let from = old.get(serial as usize & old.len().wrapping_sub(1));
            let to = self.links.get_mut(serial as usize & length.wrapping_sub(1));
            if let (Some(to), Some(from)) = (to, from) {
                *to = *from;
                self.link(serial);
            }
        }
    }

    /// Gives back all heap that the table's entries do not need, after the table has done so.
    pub(super) fn trim(&mut self, table: &DynamicTable) {
        if self.links.len() != table.ring_len() {
            self.rebuild(table, 0);
        }
    }

    /// The heap held, in octets.
    pub(super) fn heap_bytes(&self) -> usize {
        self.links.capacity() * size_of::<Link>() + self.buckets.capacity() * size_of::<[u32; 2]>()
    }
}
