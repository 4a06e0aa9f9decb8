//! Iterators over the fields.

use super::block::{Block, Entries, Kind};
use std::{fmt, iter::FusedIterator};

/// The fields that the application sees, in order: keys, and values decoded. See [`Metadata::iter`](super::Metadata::iter).
#[derive(Clone)]
pub struct Iter<'a> {
    entries: Entries<'a>,
}

impl<'a> Iter<'a> {
    pub(super) fn new(block: &'a Block) -> Iter<'a> {
        Iter {
            entries: block.entries(),
        }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.entries
            .find(|e| e.kind != Kind::Reserved)
            .map(|e| (e.key(), e.value))
    }
}

impl FusedIterator for Iter<'_> {}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.clone().map(|(name, _)| name))
            .finish()
    }
}

/// Every field as on the wire, in order. See [`Metadata::fields`](super::Metadata::fields).
#[derive(Clone)]
pub struct Fields<'a> {
    entries: Entries<'a>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(block: &'a Block) -> Fields<'a> {
        Fields {
            entries: block.entries(),
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next().map(|e| (e.key(), e.on_wire()))
    }
}

impl FusedIterator for Fields<'_> {}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.clone().map(|(name, _)| name))
            .finish()
    }
}
