//! Metadata: the fields of a call's heads and trailers.
//!
//! One block of memory holds all fields in order, and values are lent from it. Keys ending in `-bin` have octets as
//! values and travel as Base64; all others have printable ASCII. Fields that belong to the protocol (`grpc-status`,
//! `content-type`, ...) lie in the same block, hidden from the application's methods: see [`Metadata::reserved`].

mod block;
mod error;
mod iter;
mod key;
#[cfg(test)]
mod tests;

pub use error::{MetadataError, MetadataErrorKind};
pub use iter::{Fields, Iter};

use crate::base64;
use block::{Block, Kind};
use std::fmt;

/// An ordered multimap of metadata. `Default` is empty and holds no heap.
///
/// Keys are lower case; the methods take any case. Lookups walk the block, whose size the limit on field sections
/// bounds. `Debug` shows the values of protocol fields only: the others may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    block: Block,
}

impl Metadata {
    /// The most octets the fields of one `Metadata` may count for (see [`list_size`](Metadata::list_size)): 16 MiB.
    pub const MAX_LIST_SIZE: usize = 16 * 1024 * 1024;

    /// Without fields.
    pub const fn new() -> Metadata {
        Metadata {
            block: Block::new(),
        }
    }

    /// Without fields, with room for `fields` of them that count `octets` of names and values.
    pub fn with_capacity(fields: usize, octets: usize) -> Metadata {
        Metadata {
            block: Block::with_capacity(fields, octets),
        }
    }

    /// Whether the application sees no field here.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The number of fields that the application sees.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// What all fields count for against a limit on field sections, in octets: names, values as on the wire, and 32
    /// for each field (RFC 9113 section 6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE).
    pub const fn list_size(&self) -> usize {
        self.block.list_size()
    }

    /// What the fields count for that the application sees, as [`list_size`](Metadata::list_size) counts.
    pub fn custom_size(&self) -> usize {
        let entries = self.block.entries();
        let custom = entries.filter(|e| e.kind != Kind::Reserved);
        custom
            .map(|e| block::cost(e.name.len(), e.on_wire().len()))
            .fold(0, usize::saturating_add)
    }

    /// The heap held, in octets.
    pub fn heap_bytes(&self) -> usize {
        self.block.heap_bytes()
    }

    /// The first value of an ASCII key.
    ///
    /// `None` also for a `-bin` key and for a value that is not UTF-8, which HTTP allows: [`iter`](Metadata::iter)
    /// has those.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).next()
    }

    /// The values of an ASCII key, in order. Like [`get`](Metadata::get).
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.values(key, Kind::Ascii)
            .filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// The first value of a `-bin` key, decoded.
    pub fn get_bin(&self, key: &str) -> Option<&[u8]> {
        self.get_all_bin(key).next()
    }

    /// The values of a `-bin` key, decoded, in order.
    pub fn get_all_bin<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a [u8]> {
        self.values(key, Kind::Binary)
    }

    /// Whether the application sees a field of this key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.block
            .entries()
            .any(|e| e.kind != Kind::Reserved && e.name.eq_ignore_ascii_case(key.as_bytes()))
    }

    fn values<'a>(&'a self, key: &str, kind: Kind) -> impl Iterator<Item = &'a [u8]> {
        self.block
            .entries()
            .filter(move |e| e.kind == kind && e.name.eq_ignore_ascii_case(key.as_bytes()))
            .map(|e| e.value)
    }

    /// Every field that the application sees, in order: its key and its value, decoded if it is a `-bin` key.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.block)
    }

    /// Adds a field with an ASCII value. Spaces around the value are removed.
    ///
    /// # Errors
    /// The key is empty, has other octets than `0-9 A-Z a-z _ - .`, is reserved or ends in `-bin`; the value has
    /// octets outside 0x20..=0x7E; or there is no room. Nothing is added then.
    pub fn append(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        let value = value.trim_matches(' ');
        key::check_custom(key, false)?;
        if let Some(octet) = value.bytes().find(|b| !matches!(b, b' '..=b'~')) {
            return Err(MetadataError::new(
                MetadataErrorKind::ValueOctet(octet),
                key.as_bytes(),
            ));
        }
        let value = value.as_bytes();
        lower(key, |key| {
            self.block
                .push(Kind::Ascii, key, value, &[], Self::MAX_LIST_SIZE)
        })
    }

    /// Adds a field with any octets as its value.
    ///
    /// # Errors
    /// The key is empty, has other octets than `0-9 A-Z a-z _ - .`, is reserved or does not end in `-bin`; or there
    /// is no room. Nothing is added then.
    pub fn append_bin(&mut self, key: &str, value: &[u8]) -> Result<(), MetadataError> {
        key::check_custom(key, true)?;
        lower(key, |key| self.push_binary(key, value, Self::MAX_LIST_SIZE))
    }

    /// Like [`append`](Metadata::append), in place of all fields of this key.
    ///
    /// # Errors
    /// As [`append`](Metadata::append); nothing has changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        let mut changed = self.without(key);
        changed.append(key, value)?;
        *self = changed;
        Ok(())
    }

    /// Like [`append_bin`](Metadata::append_bin), in place of all fields of this key.
    ///
    /// # Errors
    /// As [`append_bin`](Metadata::append_bin); nothing has changed then.
    pub fn set_bin(&mut self, key: &str, value: &[u8]) -> Result<(), MetadataError> {
        let mut changed = self.without(key);
        changed.append_bin(key, value)?;
        *self = changed;
        Ok(())
    }

    /// Removes the fields of this key that the application sees; whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        let found = self.contains_key(key);
        if found {
            *self = self.without(key);
        }
        found
    }

    fn without(&self, key: &str) -> Metadata {
        let keep = |e: &block::Entry<'_>| {
            e.kind == Kind::Reserved || !e.name.eq_ignore_ascii_case(key.as_bytes())
        };
        Metadata {
            block: self.block.filtered(keep),
        }
    }

    /// Adds every field that the application sees in `other`, as it is: what was received may always be sent on.
    ///
    /// # Errors
    /// There is no room for all; those before the first that had none are added.
    pub fn append_all(&mut self, other: &Metadata) -> Result<(), MetadataError> {
        other
            .block
            .entries()
            .filter(|e| e.kind != Kind::Reserved)
            .try_for_each(|e| {
                self.block
                    .push(e.kind, e.name, e.value, e.text, Self::MAX_LIST_SIZE)
            })
    }

    /// The `user-agent` of the peer, if it is UTF-8.
    pub fn user_agent(&self) -> Option<&str> {
        self.reserved("user-agent")
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The first value of a field that belongs to the protocol, as on the wire. Takes a lower-case key.
    pub fn reserved(&self, key: &str) -> Option<&[u8]> {
        self.reserved_all(key).next()
    }

    /// The values of a field that belongs to the protocol, as on the wire, in order. Takes a lower-case key.
    pub fn reserved_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a [u8]> {
        self.block
            .entries()
            .filter(move |e| e.kind == Kind::Reserved && e.name == key.as_bytes())
            .map(|e| e.value)
    }

    /// Adds a field that belongs to the protocol: for the machines, which know what they write. The key is taken in
    /// lower case, the value is that of the wire.
    ///
    /// # Errors
    /// The key or the value could not be an HTTP field, or there is no room.
    pub fn push_reserved(&mut self, key: &str, value: &[u8]) -> Result<(), MetadataError> {
        key::check_field(key.as_bytes(), value)?;
        self.block.push(
            Kind::Reserved,
            key.as_bytes(),
            value,
            &[],
            Self::MAX_LIST_SIZE,
        )
    }

    /// The same in the place of all fields of this key.
    pub(crate) fn replace_reserved(
        &mut self,
        key: &str,
        value: &[u8],
    ) -> Result<(), MetadataError> {
        let keep = |e: &block::Entry<'_>| e.kind != Kind::Reserved || e.name != key.as_bytes();
        self.block = self.block.filtered(keep);
        self.push_reserved(key, value)
    }

    /// A copy with room for fields of so many octets more.
    pub(crate) fn with_room(&self, octets: usize) -> Metadata {
        Metadata {
            block: self.block.with_room(octets),
        }
    }

    /// Adds a field received from the peer, where all fields together may count for `limit` octets
    /// (see [`list_size`](Metadata::list_size)).
    ///
    /// The protocol's own fields go where [`reserved`](Metadata::reserved) finds them. Values of other `-bin` keys are
    /// split at commas and decoded, each with or without padding. ASCII values are kept even where they hold what
    /// gRPC's grammar forbids but HTTP allows.
    ///
    /// # Errors
    /// The field could not be an HTTP field, a `-bin` value is not Base64, or the limit is passed. Elements before the
    /// bad one of a comma list are added.
    pub fn receive(
        &mut self,
        name: &[u8],
        value: &[u8],
        limit: usize,
    ) -> Result<(), MetadataError> {
        key::check_field(name, value)?;
        self.receive_checked(name, value, limit)
    }

    /// The same for a field of which an HTTP/2 connection has seen that it could be one.
    pub(crate) fn receive_checked(
        &mut self,
        name: &[u8],
        value: &[u8],
        limit: usize,
    ) -> Result<(), MetadataError> {
        debug_assert!(key::check_field(name, value).is_ok());
        let value = value.trim_ascii();
        let limit = limit.min(Self::MAX_LIST_SIZE);
        if key::is_protocol(name) {
            return self.block.push(Kind::Reserved, name, value, &[], limit);
        }
        if !name.ends_with(key::BINARY_SUFFIX) {
            return self.block.push(Kind::Ascii, name, value, &[], limit);
        }
        let mut octets = Vec::new();
        for text in value.split(|&b| b == b',') {
            octets.clear();
            base64::decode(text.trim_ascii(), &mut octets)
                .map_err(|_| MetadataError::new(MetadataErrorKind::Base64, name))?;
            self.push_binary(name, &octets, limit)?;
        }
        Ok(())
    }

    fn push_binary(
        &mut self,
        name: &[u8],
        value: &[u8],
        limit: usize,
    ) -> Result<(), MetadataError> {
        let mut text = Vec::new();
        base64::encode(value, &mut text);
        self.block.push(Kind::Binary, name, value, &text, limit)
    }

    /// Every field as it goes on the wire, the protocol's own included, in order. `-bin` values are Base64.
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.block)
    }

    /// The same in octets alone.
    pub(crate) fn wire_fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.block.entries().map(|e| (e.name, e.on_wire()))
    }
}

/// Hands a key on in lower case.
fn lower<R>(key: &str, take: impl FnOnce(&[u8]) -> R) -> R {
    match key.bytes().any(|octet| octet.is_ascii_uppercase()) {
        true => take(key.to_ascii_lowercase().as_bytes()),
        false => take(key.as_bytes()),
    }
}

impl<'a> IntoIterator for &'a Metadata {
    type Item = (&'a str, &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for entry in self.block.entries() {
            if key::may_be_logged(entry.key()) {
                map.entry(&entry.key(), &String::from_utf8_lossy(entry.value));
            } else {
                map.entry(
                    &entry.key(),
                    &format_args!("({} octets)", entry.value.len()),
                );
            }
        }
        map.finish()
    }
}
