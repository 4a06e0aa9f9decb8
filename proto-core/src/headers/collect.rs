//! Decoded fields to heads.

use super::list::{self, FIELD_OVERHEAD, Iter};
use super::semantics::{Direction, Semantics, Verdict};
use super::{Head, HeadKind, Rules, Summary, names};
use crate::error::{HeadError, Violation};
use crate::vocabulary::{OctetClasses, Priority};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// A field as it was decoded.
#[derive(Clone, Copy, Debug)]
pub struct FieldIn<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// The classes of the name's octets.
    pub name_classes: OctetClasses,
    /// The classes of the value's octets.
    pub value_classes: OctetClasses,
    /// Whether it came as a literal never to be indexed (RFC 7541 6.2.3).
    pub never_indexed: bool,
    /// Any index in HPACK's static table (RFC 7541 appendix A) that has this name, 1 to 61; 0 if
    /// there is none or it is not known. A number that belongs to another name makes it that name.
    pub known: u8,
}

impl<'a> FieldIn<'a> {
    /// A field of which nothing is known yet.
    pub fn new(name: &'a [u8], value: &'a [u8]) -> Self {
        Self {
            name,
            value,
            name_classes: OctetClasses::of(name),
            value_classes: OctetClasses::of(value),
            never_indexed: false,
            known: 0,
        }
    }
}

/// A head that broke no rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collected {
    /// Its fields.
    pub head: Head,
    /// What the connection needs to know of it.
    pub summary: Summary,
}

/// Most memory that is kept from one head to the next, in octets, for each of the two buffers.
const KEEP: usize = 4096;

/// Makes heads out of fields, one after the other, and checks them.
///
/// It holds scratch memory, none before the first head: at most about twice
/// [`Rules::max_list_size`] while a head is collected, at most 8 KiB in between.
///
/// When a head breaks several rules, the violation is that of the field that came first; of the
/// rules that one field breaks, those on its name come first, then those on the octets of its
/// value, then the others. Rules on the head as a whole (what is missing, the path, CONNECT) come
/// last.
pub struct Collector {
    /// The count (set when the head is whole) and the entries of [`Head`].
    entries: Vec<u8>,
    bytes: Vec<u8>,
    semantics: Semantics,
    fault: Option<HeadError>,
    overlong: bool,
    fields: u32,
    max_fields: u32,
    /// Beyond this a field is not looked at: the limit of the rules, 0 after a violation.
    limit: u64,
    hard_limit: u64,
    list_size: u64,
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

impl Collector {
    /// A collector without memory, ready for a request under the default rules.
    pub fn new() -> Self {
        let rules = Rules::default();
        Self {
            entries: Vec::new(),
            bytes: Vec::new(),
            semantics: Self::semantics(HeadKind::Request, &rules),
            fault: None,
            overlong: false,
            fields: 0,
            max_fields: rules.max_fields,
            limit: u64::from(rules.max_list_size),
            hard_limit: u64::from(rules.hard_list_size),
            list_size: 0,
        }
    }

    #[inline]
    fn semantics(kind: HeadKind, rules: &Rules) -> Semantics {
        Semantics::new(
            kind,
            rules.level,
            rules.authority,
            rules.extended_connect,
            Direction::In,
        )
    }

    /// Begins a head; one that was not finished is forgotten.
    pub fn start(&mut self, kind: HeadKind, rules: &Rules) {
        self.entries.clear();
        self.entries.extend_from_slice(&[0; list::COUNT]);
        self.bytes.clear();
        self.semantics = Self::semantics(kind, rules);
        self.fault = None;
        self.overlong = false;
        self.fields = 0;
        self.max_fields = rules.max_fields;
        // Larger strings would not fit an entry.
        self.limit = u64::from(rules.max_list_size).min(list::MAX_LENGTH as u64);
        self.hard_limit = u64::from(rules.hard_list_size).max(self.limit);
        self.list_size = 0;
    }

    /// Takes the next field.
    ///
    /// `Break` means that the list is beyond [`Rules::hard_list_size`]: the peer is at no honest
    /// work, decoding need not go on. A violation is remembered till the end, for the decoder's
    /// state depends on the rest of the block.
    #[inline]
    pub fn field(&mut self, field: FieldIn<'_>) -> ControlFlow<()> {
        self.list_size += field.name.len() as u64 + field.value.len() as u64 + FIELD_OVERHEAD;
        self.fields = self.fields.saturating_add(1);
        if self.list_size > self.limit || self.fields > self.max_fields {
            return self.beyond();
        }
        let id = names::number(field.known, field.name);
        let suspicious = field.value_classes.intersects(self.semantics.value_mask)
            || (id == names::LITERAL && field.name_classes.intersects(self.semantics.name_mask));
        if suspicious {
            self.look(id, field);
        } else if names::is_plain(id) {
            self.semantics.regular();
            self.push(id, &field, field.value);
        } else {
            self.judge(id, &field, field.value);
        }
        ControlFlow::Continue(())
    }

    /// Ends the head. `recycled` is memory of a former head ([`Head::into_box`]), used if it
    /// fits; otherwise the head is allocated.
    ///
    /// An overlong head is delivered as far as it fitted, so that it can be answered (431); what
    /// was dropped was not checked, and its absence is no violation (but a response needs its
    /// :status). After `Break` the head counts as overlong.
    ///
    /// # Errors
    ///
    /// The rule that was broken first.
    pub fn finish(&mut self, recycled: Option<Box<[u8]>>) -> Result<Collected, Violation> {
        if let Err(error) = self.conclude() {
            self.tidy();
            return Err(error.violation());
        }
        let count = (self.entries.len().saturating_sub(list::COUNT) / list::ENTRY) as u32;
        if let Some(place) = self.entries.first_chunk_mut::<{ list::COUNT }>() {
            *place = count.to_le_bytes();
        }
        let head = Head::assemble(&self.entries, &self.bytes, recycled);
        let summary = Summary {
            list_size: u32::try_from(self.list_size).unwrap_or(u32::MAX),
            fields: self.fields,
            content_length: self.semantics.content_length,
            status: self.semantics.status,
            method: self.semantics.method,
            priority: self.semantics.priority,
            overlong: self.overlong,
            expect_continue: self.semantics.expect_continue,
            crumbs: self.semantics.crumbs,
        };
        self.tidy();
        Ok(Collected { head, summary })
    }

    /// The rule that the head at hand has broken so far.
    pub fn violation(&self) -> Option<Violation> {
        self.fault.map(HeadError::violation)
    }

    /// Octets of heap that it holds.
    pub fn heap_bytes(&self) -> usize {
        self.entries.capacity() + self.bytes.capacity()
    }

    /// Gives its memory back; a head that was not finished is forgotten.
    pub fn trim(&mut self) {
        self.entries = Vec::new();
        self.bytes = Vec::new();
    }

    #[inline]
    fn conclude(&mut self) -> Result<(), HeadError> {
        if let Some(error) = self.fault {
            return Err(error);
        }
        self.semantics.finish(self.overlong)?;
        if self.semantics.promotes_host() {
            self.promote_host();
        }
        if self.semantics.priorities > 1 {
            self.semantics.priority = self.joined_priority();
        }
        Ok(())
    }

    /// Forgets the fields, and memory that one large head took.
    #[inline]
    fn tidy(&mut self) {
        self.entries.clear();
        self.bytes.clear();
        if self.entries.capacity() > KEEP {
            self.entries.shrink_to(KEEP);
        }
        if self.bytes.capacity() > KEEP {
            self.bytes.shrink_to(KEEP);
        }
    }

    /// A field beyond the limit, or after a violation: counted, not kept.
    #[cold]
    fn beyond(&mut self) -> ControlFlow<()> {
        if self.fault.is_none() {
            self.overlong = true;
        }
        self.limit = 0;
        if self.list_size > self.hard_limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn fail(&mut self, error: HeadError) {
        self.fault = Some(error);
        self.limit = 0;
    }

    /// A field whose octets may break a rule.
    #[cold]
    fn look(&mut self, id: u8, field: FieldIn<'_>) {
        let (name, value) = (field.name, field.value);
        if let Err(error) = self.semantics.octets(id, name, field.value_classes) {
            return self.fail(error);
        }
        let value = if self.semantics.trims() {
            trim(value)
        } else {
            value
        };
        if id == names::LITERAL && name.starts_with(b":") {
            // Passed only when rules are off: one more of the pseudo-headers.
            self.push(id, &field, value);
        } else {
            self.judge(id, &field, value);
        }
    }

    fn judge(&mut self, id: u8, field: &FieldIn<'_>, value: &[u8]) {
        let authority = if id == names::HOST {
            stored(&self.entries, &self.bytes).pseudo(names::AUTHORITY)
        } else {
            None
        };
        match self
            .semantics
            .field(id, value, field.value_classes, authority)
        {
            Verdict::Keep => self.push(id, field, value),
            Verdict::KeepPrefix(length) => {
                let kept = value.get(..length as usize).unwrap_or(value);
                self.push(id, field, kept);
            }
            Verdict::Drop => {}
            Verdict::Fault(error) => self.fail(error),
        }
    }

    #[inline]
    fn push(&mut self, id: u8, field: &FieldIn<'_>, value: &[u8]) {
        let entry = list::entry(id, field.name.len(), value.len(), field.never_indexed);
        self.entries.extend_from_slice(&entry);
        if id == names::LITERAL {
            self.bytes.extend_from_slice(field.name);
        }
        self.bytes.extend_from_slice(value);
    }

    /// Makes the first Host field :authority, the last of the pseudo-headers.
    #[cold]
    fn promote_host(&mut self) {
        let mut fields = stored(&self.entries, &self.bytes);
        let mut regular = None;
        let (entry, at, length) = loop {
            let at = self.bytes.len() - fields.rest().len();
            let entry = self.entries.len() - fields.size_hint().0 * list::ENTRY;
            let Some((id, field)) = fields.next_numbered() else {
                return;
            };
            if regular.is_none() && !field.name.starts_with(b":") {
                regular = Some((entry, at));
            }
            if id == names::HOST {
                break (entry, at, field.value.len());
            }
        };
        let (to_entry, to_at) = regular.unwrap_or((entry, at));
        // Names with a number take no room in the bytes: there is only the value to move.
        if let Some(bytes) = self.bytes.get_mut(to_at..at + length) {
            bytes.rotate_right(length);
        }
        if let Some(entries) = self.entries.get_mut(to_entry..entry + list::ENTRY) {
            entries.rotate_right(list::ENTRY);
            list::renumber(entries, names::AUTHORITY);
        }
    }

    /// Several priority fields are one list (RFC 8941 3.2).
    #[cold]
    fn joined_priority(&self) -> Option<Priority> {
        let mut joined = Vec::new();
        let mut fields = stored(&self.entries, &self.bytes);
        while let Some((id, field)) = fields.next_numbered() {
            if id == names::PRIORITY {
                if !joined.is_empty() {
                    joined.extend_from_slice(b", ");
                }
                joined.extend_from_slice(field.value);
            }
        }
        Priority::parse(&joined)
    }
}

/// The fields kept so far.
fn stored<'c>(entries: &'c [u8], bytes: &'c [u8]) -> Iter<'c> {
    Iter::new(entries.get(list::COUNT..).unwrap_or(&[]), bytes)
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests;
