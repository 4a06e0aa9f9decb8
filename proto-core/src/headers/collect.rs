//! Decoded fields to heads.

use super::list::{self, FIELD_OVERHEAD, Iter};
use super::semantics::{Direction, Semantics, Verdict};
use super::{Head, HeadKind, Rules, Summary, names, octets};
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

/// What is known of a field besides its octets; it fits a register.
#[derive(Clone, Copy)]
struct Facts {
    name_classes: OctetClasses,
    value_classes: OctetClasses,
    never_indexed: bool,
    known: u8,
}

/// A head that broke no rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collected {
    /// Its fields.
    pub head: Head,
    /// What the connection needs to know of it.
    pub summary: Summary,
}

/// Most memory that is kept from one head to the next, in octets.
const KEEP: usize = 4096;

/// The memory taken for the first head, in octets.
const FIRST: usize = 512;

/// Makes heads out of fields, one after the other, and checks them.
///
/// It holds scratch memory, none before the first head: at most about twice
/// [`Rules::max_list_size`] while a head is collected, at most 4 KiB in between.
///
/// When a head breaks several rules, the violation is that of the field that came first; of the
/// rules that one field breaks, those on its name come first, then those on the octets of its
/// value, then the others. Rules on the head as a whole (what is missing, the path, CONNECT) come
/// last.
pub struct Collector {
    /// Room for the count, then the records of [`Head`] up to `end`, then free room.
    records: Vec<u8>,
    end: usize,
    count: u32,
    max_count: u32,
    /// What the fields to come may take of `limit`; 0 once fields are no longer looked at.
    left: u64,
    limit: u64,
    hard_limit: u64,
    /// Size of the list, when fields are no longer looked at.
    size: u64,
    /// Fields that were not kept.
    dropped: u32,
    overlong: bool,
    fault: Option<HeadError>,
    semantics: Semantics,
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

impl Collector {
    /// A collector without memory. A head begins with [`start`](Self::start).
    pub fn new() -> Self {
        Self {
            records: Vec::new(),
            end: list::COUNT,
            count: 0,
            max_count: 0,
            left: 0,
            limit: 0,
            hard_limit: 0,
            size: 0,
            dropped: 0,
            overlong: false,
            fault: None,
            semantics: Self::semantics(HeadKind::Request, &Rules::default()),
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
    #[inline]
    pub fn start(&mut self, kind: HeadKind, rules: &Rules) {
        self.end = list::COUNT;
        self.count = 0;
        self.max_count = rules.max_fields;
        // Larger strings would not fit an entry.
        self.limit = u64::from(rules.max_list_size).min(list::MAX_LENGTH as u64);
        self.hard_limit = u64::from(rules.hard_list_size).max(self.limit);
        self.left = self.limit;
        self.size = 0;
        self.dropped = 0;
        self.overlong = false;
        self.fault = None;
        self.semantics = Self::semantics(kind, rules);
    }

    /// Takes the next field.
    ///
    /// `Break` means that the list is beyond [`Rules::hard_list_size`]: the peer is at no honest
    /// work, decoding need not go on. A violation is remembered till the end, for the decoder's
    /// state depends on the rest of the block.
    #[inline(always)]
    pub fn field(&mut self, field: FieldIn<'_>) -> ControlFlow<()> {
        let facts = Facts {
            name_classes: field.name_classes,
            value_classes: field.value_classes,
            never_indexed: field.never_indexed,
            known: field.known,
        };
        self.take(field.name, field.value, facts)
    }

    /// The path of nearly all fields: no calls but those that end it, so that it needs no frame.
    #[inline(never)]
    fn take(&mut self, name: &[u8], value: &[u8], facts: Facts) -> ControlFlow<()> {
        let size = name.len() as u64 + value.len() as u64 + FIELD_OVERHEAD;
        match self.left.checked_sub(size) {
            Some(left) if self.count < self.max_count => self.left = left,
            _ => return self.beyond(size),
        }
        let id = names::number(facts.known);
        if id == names::LITERAL {
            return self.take_literal(name, value, facts);
        }
        if facts.value_classes.intersects(self.semantics.value_mask) {
            return self.look(name, value, facts);
        }
        if !self.semantics.usual(id, value, facts.value_classes) {
            return self.judge(id, value, facts);
        }
        self.push_numbered(id, value, facts.never_indexed)
    }

    /// A field whose name is not in HPACK's static table, or not known to be.
    #[inline(never)]
    fn take_literal(&mut self, name: &[u8], value: &[u8], facts: Facts) -> ControlFlow<()> {
        let id = names::identify(name);
        if id != names::LITERAL {
            if facts.value_classes.intersects(self.semantics.value_mask) {
                return self.look(name, value, facts);
            }
            return self.judge(id, value, facts);
        }
        if facts.value_classes.intersects(self.semantics.value_mask)
            || facts.name_classes.intersects(self.semantics.name_mask)
        {
            return self.look(name, value, facts);
        }
        self.semantics.regular();
        self.push_literal(name, value, facts.never_indexed)
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
        let head = Head::assemble(&mut self.records, self.end, self.count, recycled);
        let summary = self.summary();
        self.tidy();
        Ok(Collected { head, summary })
    }

    /// The rule that the head at hand has broken so far.
    pub fn violation(&self) -> Option<Violation> {
        self.fault.map(HeadError::violation)
    }

    /// Octets of heap that it holds.
    pub fn heap_bytes(&self) -> usize {
        self.records.capacity()
    }

    /// Gives its memory back; a head that was not finished is forgotten.
    pub fn trim(&mut self) {
        self.records = Vec::new();
        self.end = list::COUNT;
        self.count = 0;
    }

    /// Gives back memory that one large head took.
    #[inline]
    fn tidy(&mut self) {
        if self.records.len() > KEEP {
            self.records.truncate(KEEP);
            self.records.shrink_to_fit();
        }
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

    #[inline]
    fn summary(&self) -> Summary {
        let size = if self.overlong {
            self.size
        } else {
            self.limit - self.left
        };
        Summary {
            list_size: u32::try_from(size).unwrap_or(u32::MAX),
            fields: self.count.saturating_add(self.dropped),
            content_length: self.semantics.content_length,
            status: self.semantics.status,
            method: self.semantics.method,
            priority: self.semantics.priority,
            overlong: self.overlong,
            expect_continue: self.semantics.expect_continue,
            crumbs: self.semantics.crumbs,
        }
    }

    /// A field beyond the limit, or after a violation: counted, not kept.
    #[cold]
    fn beyond(&mut self, size: u64) -> ControlFlow<()> {
        if self.fault.is_none() && !self.overlong {
            self.overlong = true;
            self.close();
        }
        self.size = self.size.saturating_add(size);
        self.dropped = self.dropped.saturating_add(1);
        if self.size > self.hard_limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    #[cold]
    fn fail(&mut self, error: HeadError) -> ControlFlow<()> {
        self.fault = Some(error);
        self.close();
        ControlFlow::Continue(())
    }

    /// Looks at no further field: none is smaller than what is left.
    fn close(&mut self) {
        self.size = self.limit - self.left;
        self.left = 0;
    }

    /// A field whose octets may break a rule.
    #[cold]
    #[inline(never)]
    fn look(&mut self, name: &[u8], value: &[u8], facts: Facts) -> ControlFlow<()> {
        let id = match names::number(facts.known) {
            names::LITERAL => names::identify(name),
            id => id,
        };
        if let Err(error) = self.semantics.octets(id, name, facts.value_classes) {
            return self.fail(error);
        }
        let value = if self.semantics.trims() {
            trim(value)
        } else {
            value
        };
        if id != names::LITERAL {
            return self.judge(id, value, facts);
        }
        if !name.starts_with(b":") {
            // A colon passes only when rules are off: it is one more pseudo-header then.
            self.semantics.regular();
        }
        self.push_literal(name, value, facts.never_indexed)
    }

    /// A field with a numbered name and octets that are in order.
    #[inline(never)]
    fn judge(&mut self, id: u8, value: &[u8], facts: Facts) -> ControlFlow<()> {
        let stored = self.records.get(..self.end).unwrap_or_default();
        let fields = Iter::new(stored, self.count);
        let authority = || fields.pseudo(names::AUTHORITY);
        match self
            .semantics
            .field(id, value, facts.value_classes, authority)
        {
            Verdict::Keep => self.push_numbered(id, value, facts.never_indexed),
            Verdict::KeepPrefix(length) => {
                let kept = value.get(..length as usize).unwrap_or(value);
                self.push_numbered(id, kept, facts.never_indexed)
            }
            Verdict::Drop => {
                self.dropped = self.dropped.saturating_add(1);
                ControlFlow::Continue(())
            }
            Verdict::Fault(error) => self.fail(error),
        }
    }

    #[inline(always)]
    fn push_numbered(&mut self, id: u8, value: &[u8], never_indexed: bool) -> ControlFlow<()> {
        let entry = list::numbered(id, value.len(), never_indexed);
        let size = list::ENTRY + value.len();
        if let Some((place, rest)) = room(&mut self.records, self.end, size) {
            *place = entry;
            if octets::copy_short(rest, value) {
                self.end += size;
                self.count += 1;
                return ControlFlow::Continue(());
            }
        }
        self.push_slowly(entry, b"", value)
    }

    #[inline(always)]
    fn push_literal(&mut self, name: &[u8], value: &[u8], never: bool) -> ControlFlow<()> {
        let entry = list::literal(name.len(), value.len(), never);
        let size = list::ENTRY + name.len() + value.len();
        if let Some((place, rest)) = room(&mut self.records, self.end, size) {
            *place = entry;
            if let Some((to_name, to_value)) = rest.split_at_mut_checked(name.len()) {
                if octets::copy_short(to_name, name) && octets::copy_short(to_value, value) {
                    self.end += size;
                    self.count += 1;
                    return ControlFlow::Continue(());
                }
            }
        }
        self.push_slowly(entry, name, value)
    }

    /// Keeps a field that is long or does not fit the memory at hand.
    #[inline(never)]
    fn push_slowly(
        &mut self,
        entry: [u8; list::ENTRY],
        name: &[u8],
        value: &[u8],
    ) -> ControlFlow<()> {
        let size = list::ENTRY + name.len() + value.len();
        if self.records.len().saturating_sub(self.end) < size {
            self.grow(size);
        }
        if let Some((place, rest)) = room(&mut self.records, self.end, size) {
            *place = entry;
            if let Some((to_name, rest)) = rest.split_at_mut_checked(name.len()) {
                to_name.copy_from_slice(name);
                if let Some(to_value) = rest.get_mut(..value.len()) {
                    to_value.copy_from_slice(value);
                }
            }
            self.end += size;
            self.count += 1;
        }
        ControlFlow::Continue(())
    }

    /// Makes room for so many octets more.
    #[cold]
    fn grow(&mut self, size: usize) {
        let length = (self.end + size).max(2 * self.records.len()).max(FIRST);
        self.records.resize(length, 0);
    }

    /// Makes the first Host field :authority, the last of the pseudo-headers.
    #[cold]
    fn promote_host(&mut self) {
        let mut fields = Iter::new(self.records.get(..self.end).unwrap_or_default(), self.count);
        let mut regular = None;
        let (start, end) = loop {
            let start = self.end - fields.rest().len();
            let Some((id, field)) = fields.next_numbered() else {
                return;
            };
            if regular.is_none() && !field.name.starts_with(b":") {
                regular = Some(start);
            }
            if id == names::HOST {
                break (start, self.end - fields.rest().len());
            }
        };
        let place = regular.unwrap_or(start);
        if let Some(records) = self.records.get_mut(place..end) {
            records.rotate_right(end - start);
            list::renumber(records, names::AUTHORITY);
        }
    }

    /// Several priority fields are one list (RFC 8941 3.2).
    #[cold]
    fn joined_priority(&self) -> Option<Priority> {
        let mut joined = Vec::new();
        let mut fields = Iter::new(self.records.get(..self.end).unwrap_or_default(), self.count);
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

/// The free room from `end` on, as a place for an entry and the rest, if both have this size.
#[inline(always)]
fn room(
    records: &mut [u8],
    end: usize,
    size: usize,
) -> Option<(&mut [u8; list::ENTRY], &mut [u8])> {
    let free = records.get_mut(end..)?;
    if free.len() < size {
        return None;
    }
    free.split_first_chunk_mut()
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests;
