//! The rules themselves, for heads that come and for heads that go.

mod regular;
mod whole;

use super::rules::{AuthorityPolicy, HeadKind, Level, MethodKind};
use super::{names, status};
use crate::error::HeadError;
use crate::vocabulary::{OctetClasses, Priority};

/// What a name is looked at closely for.
pub(super) const NAME_FAULTS: OctetClasses = OctetClasses::UPPER
    .union(OctetClasses::SPACE)
    .union(OctetClasses::NOT_TOKEN)
    .union(OctetClasses::COLON)
    .union(OctetClasses::CONTROL)
    .union(OctetClasses::HIGH)
    .union(OctetClasses::FIRST_COLON)
    .union(OctetClasses::EMPTY);

/// What a value is looked at closely for.
pub(super) const VALUE_FAULTS: OctetClasses = OctetClasses::CONTROL.union(OctetClasses::EDGE_SPACE);

/// Whether the program sends the head or the peer did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    In,
    Out,
}

/// What becomes of a field.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    Keep,
    /// Only so many octets of the value.
    KeepPrefix(u32),
    Drop,
    Fault(HeadError),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Empty,
    Http,
    Https,
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Path {
    Slash,
    Asterisk,
    Other,
}

/// What is known of an authority: of :authority, or of Host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Authority {
    Absent,
    Empty,
    Plain,
    Userinfo,
}

impl Authority {
    #[inline]
    fn of(value: &[u8], classes: OctetClasses) -> Self {
        if value.is_empty() {
            Self::Empty
        } else if classes.intersects(OctetClasses::AT) {
            Self::Userinfo
        } else {
            Self::Plain
        }
    }
}

const SEEN_AUTHORITY: u8 = 1;
const SEEN_METHOD: u8 = 1 << 1;
const SEEN_PATH: u8 = 1 << 2;
const SEEN_SCHEME: u8 = 1 << 3;
const SEEN_STATUS: u8 = 1 << 4;
const SEEN_PROTOCOL: u8 = 1 << 5;

/// The pseudo-headers that a head may have.
const fn defined(kind: HeadKind) -> u8 {
    const REQUEST: u8 = SEEN_AUTHORITY | SEEN_METHOD | SEEN_PATH | SEEN_SCHEME;
    match kind {
        HeadKind::Request => REQUEST | SEEN_PROTOCOL,
        HeadKind::PushRequest => REQUEST,
        HeadKind::Response => SEEN_STATUS,
        HeadKind::RequestTrailers | HeadKind::ResponseTrailers => 0,
    }
}

/// What is looked at closely in names, in values, and in :path, :authority and Host besides.
static MASKS: [(OctetClasses, OctetClasses, OctetClasses); 3] = {
    let mut masks = [(OctetClasses::NONE, OctetClasses::NONE, OctetClasses::NONE); 3];
    masks[Level::Strict as usize] = (NAME_FAULTS, VALUE_FAULTS, OctetClasses::SPACE);
    masks[Level::Compatible as usize] = (
        NAME_FAULTS,
        OctetClasses::NUL_CR_LF.union(OctetClasses::EDGE_SPACE),
        OctetClasses::NONE,
    );
    masks[Level::Off as usize] = (
        OctetClasses::NUL_CR_LF.union(OctetClasses::FIRST_COLON),
        OctetClasses::NUL_CR_LF,
        OctetClasses::NONE,
    );
    masks
};

/// What was seen of one head so far.
pub(super) struct Semantics {
    pub(super) content_length: Option<u64>,
    pub(super) priorities: u32,
    pub(super) crumbs: u32,
    pub(super) priority: Option<Priority>,
    pub(super) status: u16,
    pub(super) method: MethodKind,
    pub(super) expect_continue: bool,
    seen: u8,
    method_empty: bool,
    protocol_empty: bool,
    content_length_seen: bool,
    scheme: Scheme,
    path: Path,
    authority: Authority,
    host: Authority,
    /// Pseudo-headers that may still come; none from the first regular field on.
    open: u8,
    extended_connect: bool,
    kind: HeadKind,
    level: Level,
    policy: AuthorityPolicy,
    direction: Direction,
    pub(super) name_mask: OctetClasses,
    pub(super) value_mask: OctetClasses,
    space_mask: OctetClasses,
}

impl Semantics {
    #[inline]
    pub(super) fn new(
        kind: HeadKind,
        level: Level,
        policy: AuthorityPolicy,
        extended_connect: bool,
        direction: Direction,
    ) -> Self {
        let (name_mask, value_mask, space_mask) = MASKS[level as usize];
        Self {
            content_length: None,
            priorities: 0,
            crumbs: 0,
            priority: None,
            status: 0,
            method: MethodKind::Other,
            expect_continue: false,
            seen: 0,
            method_empty: false,
            protocol_empty: false,
            content_length_seen: false,
            scheme: Scheme::Empty,
            path: Path::Other,
            authority: Authority::Absent,
            host: Authority::Absent,
            open: defined(kind),
            extended_connect,
            kind,
            level,
            policy,
            direction,
            name_mask,
            value_mask,
            space_mask,
        }
    }

    /// Notes a regular field that no rule speaks of.
    #[inline]
    pub(super) fn regular(&mut self) {
        self.open = 0;
    }

    /// Whether nothing needs to be said of a field whose octets are in order: true for nearly all.
    /// Then it was noted; otherwise nothing changed, and [`field`](Self::field) must judge it.
    #[inline(always)]
    pub(super) fn usual(&mut self, id: u8, value: &[u8], classes: OctetClasses) -> bool {
        let open = self.open;
        let bit = match id {
            names::METHOD if open & SEEN_METHOD != 0 => {
                if *value == *b"GET" {
                    self.method = MethodKind::Get;
                } else if *value == *b"POST" {
                    self.method = MethodKind::Other;
                } else {
                    return false;
                }
                SEEN_METHOD
            }
            names::SCHEME if open & SEEN_SCHEME != 0 => {
                if *value == *b"https" {
                    self.scheme = Scheme::Https;
                } else if *value == *b"http" {
                    self.scheme = Scheme::Http;
                } else {
                    return false;
                }
                SEEN_SCHEME
            }
            names::PATH if open & SEEN_PATH != 0 => {
                if value.first() != Some(&b'/') || classes.intersects(OctetClasses::SPACE) {
                    return false;
                }
                self.path = Path::Slash;
                SEEN_PATH
            }
            names::AUTHORITY if open & SEEN_AUTHORITY != 0 => {
                let odd = OctetClasses::SPACE | OctetClasses::AT;
                if value.is_empty() || classes.intersects(odd) {
                    return false;
                }
                self.authority = Authority::Plain;
                SEEN_AUTHORITY
            }
            names::STATUS if open & SEEN_STATUS != 0 => {
                match status::parse(value) {
                    Some(code) if code != 101 => self.status = code,
                    _ => return false,
                }
                SEEN_STATUS
            }
            _ => {
                let plain = names::is_plain(id);
                if plain {
                    self.open = 0;
                }
                return plain;
            }
        };
        self.open = open ^ bit;
        self.seen |= bit;
        true
    }

    /// Judges a field whose octets are in order.
    ///
    /// `authority` gives the value of :authority if there was one; it is asked for Host alone.
    pub(super) fn field<'v>(
        &mut self,
        id: u8,
        value: &[u8],
        classes: OctetClasses,
        authority: impl FnOnce() -> Option<&'v [u8]>,
    ) -> Verdict {
        let checked = match id {
            names::METHOD if self.opens(SEEN_METHOD) => self.see_method(value, classes),
            names::SCHEME if self.opens(SEEN_SCHEME) => self.see_scheme(value),
            names::PATH if self.opens(SEEN_PATH) => self.see_path(value, classes),
            names::AUTHORITY if self.opens(SEEN_AUTHORITY) => self.see_authority(value, classes),
            names::STATUS if self.opens(SEEN_STATUS) => self.see_status(value),
            names::PROTOCOL if self.opens(SEEN_PROTOCOL) => self.see_protocol(value),
            _ if names::is_pseudo(id) => return self.unexpected_pseudo(id),
            names::HOST => {
                self.regular();
                return self.host(value, classes, authority());
            }
            _ => {
                self.regular();
                return self.special(id, value);
            }
        };
        match checked {
            Ok(()) => Verdict::Keep,
            Err(error) => Verdict::Fault(error),
        }
    }

    /// Whether the pseudo-header may come now; it cannot come again.
    #[inline]
    fn opens(&mut self, bit: u8) -> bool {
        let open = self.open & bit != 0;
        if open {
            self.open &= !bit;
            self.seen |= bit;
        }
        open
    }

    /// Judges the octets of a name and a value that need a closer look.
    #[cold]
    pub(super) fn octets(
        &self,
        id: u8,
        name: &[u8],
        classes: OctetClasses,
    ) -> Result<(), HeadError> {
        if id == names::LITERAL {
            self.name(name)?;
        }
        if classes.intersects(OctetClasses::NUL_CR_LF) {
            return Err(HeadError::FieldValueInvalid);
        }
        if self.level == Level::Strict && classes.intersects(OctetClasses::CONTROL) {
            return Err(HeadError::FieldValueInvalid);
        }
        let bears = self.is_off() || self.trims();
        if !bears && classes.intersects(OctetClasses::EDGE_SPACE) {
            return Err(HeadError::FieldValueEdgeSpace);
        }
        Ok(())
    }

    fn name(&self, name: &[u8]) -> Result<(), HeadError> {
        if self.is_off() {
            let breaks = name.iter().any(|o| matches!(o, 0 | b'\r' | b'\n'));
            return if breaks {
                Err(HeadError::FieldNameInvalid)
            } else {
                Ok(())
            };
        }
        let (pseudo, rest) = match name {
            [b':', rest @ ..] => (true, rest),
            _ => (false, name),
        };
        for &octet in rest {
            match octet {
                b'A'..=b'Z' => return Err(HeadError::FieldNameUpperCase),
                0..=0x20 | 0x7f.. | b':' => return Err(HeadError::FieldNameInvalid),
                _ => {}
            }
        }
        if pseudo {
            return Err(self.unknown_pseudo());
        }
        let token = !name.is_empty() && !OctetClasses::of(name).intersects(OctetClasses::NOT_TOKEN);
        if self.level == Level::Strict && !token {
            return Err(HeadError::FieldNameInvalid);
        }
        Ok(())
    }

    fn unknown_pseudo(&self) -> HeadError {
        if self.kind.is_trailers() {
            HeadError::PseudoInTrailers
        } else {
            HeadError::PseudoUnknown
        }
    }

    /// Whether white space at the edges of values goes away.
    pub(super) fn trims(&self) -> bool {
        self.level == Level::Compatible && self.direction == Direction::In
    }

    /// Whether the level lets the application see to what framing does not need.
    #[inline]
    fn is_off(&self) -> bool {
        self.level == Level::Off
    }

    /// A pseudo-header that may not come, or not any more.
    #[cold]
    fn unexpected_pseudo(&self, id: u8) -> Verdict {
        let bit = match id {
            names::AUTHORITY => SEEN_AUTHORITY,
            names::METHOD => SEEN_METHOD,
            names::PATH => SEEN_PATH,
            names::SCHEME => SEEN_SCHEME,
            names::STATUS => SEEN_STATUS,
            _ => SEEN_PROTOCOL,
        };
        let defined = defined(self.kind);
        if self.is_off() {
            Verdict::Keep
        } else if defined & bit == 0 {
            Verdict::Fault(self.unknown_pseudo())
        } else if self.open == 0 && self.seen != defined {
            Verdict::Fault(HeadError::PseudoLate)
        } else {
            Verdict::Fault(HeadError::PseudoDuplicate)
        }
    }

    fn see_authority(&mut self, value: &[u8], classes: OctetClasses) -> Result<(), HeadError> {
        self.authority = Authority::of(value, classes);
        if classes.intersects(self.space_mask) {
            return Err(HeadError::FieldValueInvalid);
        }
        Ok(())
    }

    fn see_method(&mut self, value: &[u8], classes: OctetClasses) -> Result<(), HeadError> {
        self.method = match value {
            b"GET" => MethodKind::Get,
            b"HEAD" => MethodKind::Head,
            b"CONNECT" => MethodKind::Connect,
            b"OPTIONS" => MethodKind::Options,
            _ => MethodKind::Other,
        };
        self.method_empty = value.is_empty();
        let no_token = OctetClasses::NOT_TOKEN | OctetClasses::FIRST_COLON;
        if self.level == Level::Strict && classes.intersects(no_token) {
            return Err(HeadError::FieldValueInvalid);
        }
        Ok(())
    }

    fn see_path(&mut self, value: &[u8], classes: OctetClasses) -> Result<(), HeadError> {
        self.path = match value {
            [b'/', ..] => Path::Slash,
            [b'*'] => Path::Asterisk,
            _ => Path::Other,
        };
        if classes.intersects(self.space_mask) {
            return Err(HeadError::PathInvalid);
        }
        Ok(())
    }

    fn see_scheme(&mut self, value: &[u8]) -> Result<(), HeadError> {
        self.scheme = if value.eq_ignore_ascii_case(b"https") {
            Scheme::Https
        } else if value.eq_ignore_ascii_case(b"http") {
            Scheme::Http
        } else if value.is_empty() {
            Scheme::Empty
        } else {
            Scheme::Other
        };
        // RFC 3986 3.1.
        let valid = value.first().is_none_or(u8::is_ascii_alphabetic)
            && value
                .iter()
                .all(|o| o.is_ascii_alphanumeric() || matches!(o, b'+' | b'-' | b'.'));
        if self.level == Level::Strict && !valid {
            return Err(HeadError::FieldValueInvalid);
        }
        Ok(())
    }

    fn see_status(&mut self, value: &[u8]) -> Result<(), HeadError> {
        match status::parse(value) {
            Some(101) if !self.is_off() => Err(HeadError::StatusInvalid),
            Some(code) => {
                self.status = code;
                Ok(())
            }
            None => Err(HeadError::StatusInvalid),
        }
    }

    fn see_protocol(&mut self, value: &[u8]) -> Result<(), HeadError> {
        self.protocol_empty = value.is_empty();
        if !self.extended_connect && !self.is_off() {
            return Err(HeadError::ExtendedConnectInvalid);
        }
        Ok(())
    }

    /// Whether gRPC's policy wants Host to become :authority.
    #[inline]
    pub(super) fn promotes_host(&self) -> bool {
        self.policy == AuthorityPolicy::Grpc
            && self.host != Authority::Absent
            && self.authority == Authority::Absent
    }
}

#[cfg(test)]
mod tests;
