//! Heads that the program sends, checked while they are encoded.

use super::list::FIELD_OVERHEAD;
use super::rules::{AuthorityPolicy, HeadKind, Level, MethodKind};
use super::semantics::{Direction, Semantics, Verdict};
use super::{Fields, names, octets};
use crate::error::HeadError;
use crate::vocabulary::OctetClasses;

/// What the connection needs to know of a head that it sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutgoingSummary {
    /// The method of a request.
    pub method: MethodKind,
    /// 100 to 999; 0 in requests and trailers.
    pub status: u16,
    /// The announced length of the body in octets. `None` in trailers.
    pub content_length: Option<u64>,
    /// Size in the measure of RFC 9113 6.5.2, to be held against the peer's
    /// SETTINGS_MAX_HEADER_LIST_SIZE; `u32::MAX` if it is beyond.
    pub list_size: u32,
    /// Number of fields.
    pub fields: u32,
    /// Whether a request says `expect: 100-continue`.
    pub expect_continue: bool,
}

/// Holds the program to the rules, field by field, without allocating.
///
/// What passes at [`Level::Strict`] passes every peer that follows RFC 9113. The other levels
/// are for proxies and tests: [`Level::Compatible`] lets through names that are no tokens, control
/// characters, a Host that differs and a missing authority; [`Level::Off`] all but NUL, CR, LF and
/// a :status that is no status. Nothing is trimmed or folded.
///
/// Whether the peer enabled extended CONNECT is for the caller to see
/// ([`MethodKind::ExtendedConnect`]), and so is a content-length in a 2xx answer to CONNECT: one head
/// does not show what it answers. Connections see to both.
pub struct OutgoingCheck<'a> {
    semantics: Semantics,
    list_size: u64,
    fields: u32,
    authority: Option<&'a [u8]>,
}

impl<'a> OutgoingCheck<'a> {
    /// Begins a head.
    #[inline]
    pub fn new(kind: HeadKind, level: Level) -> Self {
        Self::with_authority(kind, level, AuthorityPolicy::Required)
    }

    /// Begins a head of which the authority may be missing
    /// ([`AuthorityPolicy::Optional`] and [`AuthorityPolicy::Grpc`]).
    #[inline]
    pub fn with_authority(kind: HeadKind, level: Level, policy: AuthorityPolicy) -> Self {
        let policy = match policy {
            AuthorityPolicy::Required => policy,
            // Nothing is dropped or promoted on the way out.
            AuthorityPolicy::Optional | AuthorityPolicy::Grpc => AuthorityPolicy::Optional,
        };
        Self {
            semantics: Semantics::new(kind, level, policy, true, Direction::Out),
            list_size: 0,
            fields: 0,
            authority: None,
        }
    }

    /// Checks the next field.
    ///
    /// # Errors
    ///
    /// The rule that it breaks. The check must not be used further.
    #[inline]
    pub fn field(&mut self, name: &'a [u8], value: &'a [u8]) -> Result<(), HeadError> {
        self.list_size += name.len() as u64 + value.len() as u64 + FIELD_OVERHEAD;
        self.fields = self.fields.saturating_add(1);
        let id = names::identify(name);
        if !names::is_plain(id) {
            return self.known(id, name, value);
        }
        let classes = octets::value_classes(value);
        // A name with a number is in order.
        if classes.intersects(self.semantics.value_mask)
            || (id == names::LITERAL
                && octets::name_classes(name).intersects(self.semantics.name_mask))
        {
            return self.look(id, name, classes);
        }
        self.semantics.regular();
        Ok(())
    }

    /// Checks a field that passed before as it is, so that its octets are in order. What depends on
    /// the other fields of the head is checked anew. `known` is the lowest index of its name in
    /// HPACK's static table, or 0.
    ///
    /// # Errors
    ///
    /// As [`field`](Self::field).
    #[inline]
    pub(crate) fn repeated(
        &mut self,
        known: u8,
        name: &'a [u8],
        value: &'a [u8],
    ) -> Result<(), HeadError> {
        self.list_size += name.len() as u64 + value.len() as u64 + FIELD_OVERHEAD;
        self.fields = self.fields.saturating_add(1);
        let id = if known == 0 {
            names::identify(name)
        } else {
            names::number(known)
        };
        if names::is_plain(id) {
            self.semantics.regular();
            return Ok(());
        }
        self.known_again(id, name, value)
    }

    /// A field that a rule speaks of, whose octets are in order.
    #[inline]
    fn known_again(&mut self, id: u8, name: &'a [u8], value: &'a [u8]) -> Result<(), HeadError> {
        // Userinfo is in order or not by the scheme beside it.
        if matches!(id, names::AUTHORITY | names::HOST) {
            return self.scan(id, name, value);
        }
        if self.semantics.usual(id, value, OctetClasses::NONE) {
            return Ok(());
        }
        let authority = self.authority;
        match self
            .semantics
            .field(id, value, OctetClasses::NONE, || authority)
        {
            Verdict::Fault(error) => Err(error),
            Verdict::Keep | Verdict::KeepPrefix(_) | Verdict::Drop => Ok(()),
        }
    }

    /// Ends the head.
    ///
    /// # Errors
    ///
    /// The rule that the head as a whole breaks.
    #[inline]
    pub fn finish(mut self) -> Result<OutgoingSummary, HeadError> {
        self.semantics.finish(false)?;
        Ok(OutgoingSummary {
            method: self.semantics.method,
            status: self.semantics.status,
            content_length: self.semantics.content_length,
            list_size: u32::try_from(self.list_size).unwrap_or(u32::MAX),
            fields: self.fields,
            expect_continue: self.semantics.expect_continue,
        })
    }

    /// Checks a whole head.
    ///
    /// # Errors
    ///
    /// The rule that it breaks first.
    pub fn check(
        fields: &'a (impl Fields + ?Sized),
        kind: HeadKind,
        level: Level,
    ) -> Result<OutgoingSummary, HeadError> {
        let mut check = Self::new(kind, level);
        for field in fields.fields() {
            check.field(field.name, field.value)?;
        }
        check.finish()
    }

    /// A field that a rule speaks of.
    fn known(&mut self, id: u8, name: &'a [u8], value: &'a [u8]) -> Result<(), HeadError> {
        // What these are usually is known to be in order without a look at the octets.
        if matches!(id, names::METHOD | names::SCHEME | names::STATUS)
            && self.semantics.usual(id, value, OctetClasses::NONE)
        {
            return Ok(());
        }
        self.scan(id, name, value)
    }

    #[inline(never)]
    fn scan(&mut self, id: u8, name: &'a [u8], value: &'a [u8]) -> Result<(), HeadError> {
        let classes = match id {
            names::PATH | names::AUTHORITY | names::HOST => octets::authority_classes(value),
            names::METHOD => OctetClasses::of(value),
            _ => octets::value_classes(value),
        };
        if classes.intersects(self.semantics.value_mask) {
            self.semantics.octets(id, name, classes)?;
        }
        let authority = self.authority;
        if self.semantics.usual(id, value, classes) {
            if id == names::AUTHORITY {
                self.authority = Some(value);
            }
            return Ok(());
        }
        if id == names::AUTHORITY && authority.is_none() {
            self.authority = Some(value);
        }
        match self.semantics.field(id, value, classes, || authority) {
            Verdict::Fault(error) => Err(error),
            Verdict::Keep | Verdict::KeepPrefix(_) | Verdict::Drop => Ok(()),
        }
    }

    /// A field of which no rule speaks, but whose octets may break one.
    #[cold]
    fn look(&mut self, id: u8, name: &[u8], classes: OctetClasses) -> Result<(), HeadError> {
        self.semantics.octets(id, name, classes)?;
        if !name.starts_with(b":") {
            // A colon passes only when rules are off: it is one more pseudo-header then.
            self.semantics.regular();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
