//! A list of fields in one allocation.

use super::{Field, Fields, names, status};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// Each record is an entry, then the name, then the value. The entry is a little-endian `u64`: the
/// value's length above, and below it the name's length, or its number with [`NUMBERED`]; a
/// numbered name is not written out.
pub(super) const ENTRY: usize = 8;
/// Octets before the first record: the number of records, a little-endian `u32`.
pub(super) const COUNT: usize = 4;
const NEVER_INDEXED: u32 = 1 << 31;
const NUMBERED: u32 = 1 << 30;

/// The largest name or value that an entry can hold.
pub(super) const MAX_LENGTH: usize = NUMBERED as usize - 1;

/// The entry of a field whose name has a number.
#[inline]
pub(super) fn numbered(id: u8, value: usize, never_indexed: bool) -> [u8; ENTRY] {
    let low = NUMBERED | u32::from(id) | u32::from(never_indexed) << 31;
    (u64::from(low) | (value as u64) << 32).to_le_bytes()
}

/// The entry of a field whose name is written out.
#[inline]
pub(super) fn literal(name: usize, value: usize, never_indexed: bool) -> [u8; ENTRY] {
    let low = name as u32 | u32::from(never_indexed) << 31;
    (u64::from(low) | (value as u64) << 32).to_le_bytes()
}

/// Gives the name of a record another number.
pub(super) fn renumber(record: &mut [u8], id: u8) {
    // The lowest octet of a little-endian number.
    if let Some(lowest) = record.first_mut() {
        *lowest = id;
    }
}

/// The head of a message: fields in the order of their arrival, pseudo-headers first.
///
/// One allocation holds it all (none if it has no fields), and 16 bytes name it. Two heads are
/// equal when their fields are.
#[derive(Clone, Default)]
pub struct Head(Box<[u8]>);

impl Head {
    /// Puts records into one allocation: `recycled` if they fit and do not waste it. Before them
    /// is room for the count; `end` octets are used, and what follows in `records` is free.
    #[inline]
    pub(super) fn assemble(
        records: &mut Vec<u8>,
        end: usize,
        count: u32,
        recycled: Option<Box<[u8]>>,
    ) -> Self {
        if count == 0 {
            return Self::default();
        }
        if let Some(place) = records.first_chunk_mut::<COUNT>() {
            *place = count.to_le_bytes();
        }
        // Rounded, so that heads that differ by a few octets fit one another's memory.
        let size = end.next_multiple_of(ROUND);
        if let Some(mut memory) = recycled {
            if memory.len() <= size.saturating_mul(2) {
                if let (Some(to), Some(from)) = (memory.get_mut(..end), records.get(..end)) {
                    to.copy_from_slice(from);
                    return Self(memory);
                }
            }
        }
        if records.len() < size {
            records.resize(size, 0);
        }
        if let Some(padding) = records.get_mut(end..size) {
            padding.fill(0);
        }
        Self(Box::from(records.get(..size).unwrap_or_default()))
    }

    /// Keeps fields as they are: nothing is checked, nothing reordered.
    ///
    /// # Panics
    ///
    /// If a name or value has 2^30 octets or more, or if there are 2^32 fields.
    pub fn from_fields(fields: &(impl Fields + ?Sized)) -> Self {
        let mut records = alloc::vec![0; COUNT];
        let mut count = 0_u32;
        for field in fields.fields() {
            assert!(
                field.name.len() <= MAX_LENGTH && field.value.len() <= MAX_LENGTH,
                "a field of 2^30 octets or more"
            );
            count = count.checked_add(1).expect("fewer than 2^32 fields");
            let (name, value) = (field.name.len(), field.value.len());
            match names::identify(field.name) {
                names::LITERAL => {
                    records.extend_from_slice(&literal(name, value, field.never_indexed));
                    records.extend_from_slice(field.name);
                }
                id => records.extend_from_slice(&numbered(id, value, field.never_indexed)),
            }
            records.extend_from_slice(field.value);
        }
        let end = records.len();
        Self::assemble(&mut records, end, count, None)
    }

    /// All fields in their order, pseudo-headers included.
    #[inline]
    pub fn fields(&self) -> Iter<'_> {
        match self.0.split_first_chunk::<COUNT>() {
            Some((count, records)) => Iter {
                left: u32::from_le_bytes(*count),
                records,
            },
            None => Iter::default(),
        }
    }

    /// Number of fields, pseudo-headers included.
    #[inline]
    pub fn len(&self) -> usize {
        self.fields().len()
    }

    /// Whether there are no fields.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of the first field with this name, which must be in lower case.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        let name = name.as_ref();
        self.fields().find(|f| f.name == name).map(|f| f.value)
    }

    /// The values of all fields with this name, which must be in lower case.
    pub fn get_all<N: AsRef<[u8]> + Clone>(
        &self,
        name: N,
    ) -> impl Iterator<Item = &[u8]> + Clone + use<'_, N> {
        self.fields()
            .filter(move |f| f.name == name.as_ref())
            .map(|f| f.value)
    }

    /// The fields that are no pseudo-headers.
    pub fn regular(&self) -> impl Iterator<Item = Field<'_>> + Clone {
        self.fields().filter(|f| !f.name.starts_with(b":"))
    }

    /// :method.
    pub fn method(&self) -> Option<&[u8]> {
        self.fields().pseudo(names::METHOD)
    }

    /// :scheme.
    pub fn scheme(&self) -> Option<&[u8]> {
        self.fields().pseudo(names::SCHEME)
    }

    /// :authority.
    pub fn authority(&self) -> Option<&[u8]> {
        self.fields().pseudo(names::AUTHORITY)
    }

    /// :path.
    pub fn path(&self) -> Option<&[u8]> {
        self.fields().pseudo(names::PATH)
    }

    /// :protocol (RFC 8441 4).
    pub fn protocol(&self) -> Option<&[u8]> {
        self.fields().pseudo(names::PROTOCOL)
    }

    /// :status, 100 to 999.
    pub fn status(&self) -> Option<u16> {
        status::parse(self.fields().pseudo(names::STATUS)?)
    }

    /// The cookie field, its crumbs joined by "; " (RFC 9113 8.2.3); copied only if there are
    /// several.
    pub fn cookie(&self) -> Option<Cow<'_, [u8]>> {
        let mut crumbs = self.get_all("cookie");
        let first = crumbs.next()?;
        let mut joined = Cow::Borrowed(first);
        for crumb in crumbs {
            let joined = joined.to_mut();
            joined.extend_from_slice(b"; ");
            joined.extend_from_slice(crumb);
        }
        Some(joined)
    }

    /// The size of the list in the measure of RFC 9113 6.5.2: octets of names and values, plus 32
    /// for each field; `u32::MAX` if it is beyond.
    pub fn list_size(&self) -> u32 {
        let size = self
            .fields()
            .map(|f| f.name.len() as u64 + f.value.len() as u64 + FIELD_OVERHEAD)
            .sum::<u64>();
        u32::try_from(size).unwrap_or(u32::MAX)
    }

    /// Octets of heap that it holds.
    #[inline]
    pub fn heap_bytes(&self) -> usize {
        self.0.len()
    }

    /// Its memory, to be used for another head.
    #[inline]
    pub fn into_box(self) -> Box<[u8]> {
        self.0
    }
}

/// What RFC 9113 6.5.2 counts for a field besides its octets.
pub(super) const FIELD_OVERHEAD: u64 = 32;

const ROUND: usize = 32;

impl Fields for Head {
    #[inline]
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        Self::fields(self)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.fields().eq(other.fields())
    }
}

impl Eq for Head {}

impl fmt::Debug for Head {
    /// Values that are never indexed are secrets and not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fields()).finish()
    }
}

impl<'a> IntoIterator for &'a Head {
    type Item = Field<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.fields()
    }
}

/// The fields of a [`Head`], in their order.
#[derive(Clone, Default)]
pub struct Iter<'a> {
    left: u32,
    records: &'a [u8],
}

impl<'a> Iter<'a> {
    /// Over so many records, with room for a count before them.
    pub(super) fn new(records: &'a [u8], left: u32) -> Self {
        Self {
            left,
            records: records.get(COUNT..).unwrap_or_default(),
        }
    }

    /// The next field with the number of its name.
    #[inline]
    pub(super) fn next_numbered(&mut self) -> Option<(u8, Field<'a>)> {
        self.left = self.left.checked_sub(1)?;
        let (entry, rest) = self.records.split_first_chunk::<ENTRY>()?;
        let entry = u64::from_le_bytes(*entry);
        let (low, value) = (entry as u32, (entry >> 32) as usize);
        let (id, name, rest) = if low & NUMBERED != 0 {
            let id = low as u8;
            (id, names::name(id), rest)
        } else {
            let length = (low & !NEVER_INDEXED) as usize;
            let (name, rest) = rest.split_at_checked(length)?;
            (names::LITERAL, name, rest)
        };
        let (value, rest) = rest.split_at_checked(value)?;
        self.records = rest;
        let never_indexed = low & NEVER_INDEXED != 0;
        Some((
            id,
            Field {
                name,
                value,
                never_indexed,
            },
        ))
    }

    /// The value of a pseudo-header: looked for among those before the first regular field.
    pub(super) fn pseudo(self, wanted: u8) -> Option<&'a [u8]> {
        let mut records = self.records;
        for _ in 0..self.left {
            let (entry, rest) = records.split_first_chunk::<ENTRY>()?;
            let entry = u64::from_le_bytes(*entry);
            let (low, value) = (entry as u32, (entry >> 32) as usize);
            let rest = if low & NUMBERED != 0 {
                let id = low as u8;
                if id == wanted {
                    return rest.get(..value);
                }
                if !names::is_pseudo(id) {
                    return None;
                }
                rest
            } else {
                let length = (low & !NEVER_INDEXED) as usize;
                let (name, rest) = rest.split_at_checked(length)?;
                if name.first() != Some(&b':') {
                    return None;
                }
                rest
            };
            records = rest.get(value..)?;
        }
        None
    }

    /// The octets of the records not yet seen.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.records
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        self.next_numbered().map(|(_, field)| field)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

#[cfg(test)]
mod tests;
