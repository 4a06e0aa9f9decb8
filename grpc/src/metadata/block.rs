//! The one block of memory that holds all fields.
//!
//! Entries follow one another: a head of eleven octets (kind, length of the name, of the value, of the text), then
//! name, value and text. The text is what goes on the wire where that is not the value itself: the Base64 of a `-bin`
//! value, kept so that both sides of it can be lent.

use super::error::{MetadataError, MetadataErrorKind};

const HEAD: usize = 11;
/// What every field counts for besides its octets (RFC 9113 section 6.5.2).
const PER_FIELD: usize = 32;
/// Room taken at the first field, so that a handful of fields cost one allocation.
const FIRST: usize = 128;

/// What a field counts for.
pub(super) fn cost(name: usize, on_wire: usize) -> usize {
    [name, on_wire, PER_FIELD]
        .into_iter()
        .fold(0, usize::saturating_add)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    Ascii = 0,
    Binary = 1,
    Reserved = 2,
}

#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) kind: Kind,
    /// ASCII, in lower case.
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// Empty unless the kind is `Binary`.
    pub(super) text: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The name as text.
    pub(super) fn key(&self) -> &'a str {
        // It is ASCII: nothing else gets in.
        std::str::from_utf8(self.name).unwrap_or_default()
    }

    pub(super) fn on_wire(&self) -> &'a [u8] {
        match self.kind {
            Kind::Binary => self.text,
            Kind::Ascii | Kind::Reserved => self.value,
        }
    }
}

#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    octets: Vec<u8>,
    list_size: usize,
}

impl Block {
    pub(super) const fn new() -> Block {
        Block {
            octets: Vec::new(),
            list_size: 0,
        }
    }

    pub(super) fn with_capacity(fields: usize, octets: usize) -> Block {
        Block {
            octets: Vec::with_capacity(Block::room(fields, octets)),
            list_size: 0,
        }
    }

    /// A copy with room for so many octets more.
    pub(super) fn with_room(&self, octets: usize) -> Block {
        let mut all = Vec::with_capacity(self.octets.len() + octets);
        all.extend_from_slice(&self.octets);
        Block {
            octets: all,
            list_size: self.list_size,
        }
    }

    pub(super) const fn list_size(&self) -> usize {
        self.list_size
    }

    /// What so many fields with so many octets of names, values and texts take.
    pub(super) const fn room(fields: usize, octets: usize) -> usize {
        fields.saturating_mul(HEAD).saturating_add(octets)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.octets.capacity()
    }

    /// Adds an entry. The name must be ASCII in lower case.
    pub(super) fn push(
        &mut self,
        kind: Kind,
        name: &[u8],
        value: &[u8],
        text: &[u8],
        limit: usize,
    ) -> Result<(), MetadataError> {
        let Ok(name_len) = u16::try_from(name.len()) else {
            return Err(MetadataError::new(MetadataErrorKind::KeyTooLong, name));
        };
        debug_assert!(name.is_ascii() && !name.iter().any(u8::is_ascii_uppercase));
        let wire = if kind == Kind::Binary {
            text.len()
        } else {
            value.len()
        };
        let list_size = self.list_size.saturating_add(cost(name.len(), wire));
        let (Ok(value_len), Ok(text_len), true) = (
            u32::try_from(value.len()),
            u32::try_from(text.len()),
            list_size <= limit,
        ) else {
            return Err(MetadataError::new(MetadataErrorKind::TooLarge(limit), name));
        };
        let needed = HEAD + name.len() + value.len() + text.len();
        self.octets.reserve(if self.octets.capacity() == 0 {
            needed.max(FIRST)
        } else {
            needed
        });
        let ([n0, n1], [v0, v1, v2, v3], [t0, t1, t2, t3]) = (
            name_len.to_le_bytes(),
            value_len.to_le_bytes(),
            text_len.to_le_bytes(),
        );
        let head: [u8; HEAD] = [kind as u8, n0, n1, v0, v1, v2, v3, t0, t1, t2, t3];
        self.octets.extend_from_slice(&head);
        self.octets.extend_from_slice(name);
        self.octets.extend_from_slice(value);
        self.octets.extend_from_slice(text);
        self.list_size = list_size;
        Ok(())
    }

    pub(super) fn entries(&self) -> Entries<'_> {
        Entries { rest: &self.octets }
    }

    /// A block of the entries that `keep` holds for.
    pub(super) fn filtered(&self, keep: impl Fn(&Entry<'_>) -> bool) -> Block {
        let mut kept = Block {
            octets: Vec::with_capacity(self.octets.len()),
            list_size: 0,
        };
        let mut rest = self.octets.as_slice();
        while let Some((entry, after)) = split(rest) {
            if keep(&entry) {
                kept.octets
                    .extend_from_slice(&rest[..rest.len() - after.len()]);
                kept.list_size += entry.name.len() + entry.on_wire().len() + PER_FIELD;
            }
            rest = after;
        }
        kept
    }
}

#[derive(Clone)]
pub(super) struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let (entry, rest) = split(self.rest)?;
        self.rest = rest;
        Some(entry)
    }
}

/// The first entry, and what follows it. `None` at the end; `push` alone writes blocks, so there is no other cause.
fn split(octets: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let (&[kind, n0, n1, v0, v1, v2, v3, t0, t1, t2, t3], rest) =
        octets.split_first_chunk::<HEAD>()?;
    let kind = match kind {
        0 => Kind::Ascii,
        1 => Kind::Binary,
        _ => Kind::Reserved,
    };
    let (name, rest) = rest.split_at_checked(u16::from_le_bytes([n0, n1]).into())?;
    let (value, rest) = rest.split_at_checked(u32::from_le_bytes([v0, v1, v2, v3]) as usize)?;
    let (text, rest) = rest.split_at_checked(u32::from_le_bytes([t0, t1, t2, t3]) as usize)?;
    Some((
        Entry {
            kind,
            name,
            value,
            text,
        },
        rest,
    ))
}
