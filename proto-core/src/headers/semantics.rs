//! The rules themselves, for heads that come and for heads that go.

mod regular;
mod whole;

use super::rules::{AuthorityPolicy, HeadKind, Level, MethodKind};
use super::{list, names, octets};
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
    Empty,
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
    fn of(value: &[u8]) -> Self {
        if value.is_empty() {
            Self::Empty
        } else if octets::contains(value, b'@') {
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

/// What was seen of one head so far.
pub(super) struct Semantics {
    kind: HeadKind,
    level: Level,
    policy: AuthorityPolicy,
    direction: Direction,
    extended_connect: bool,
    /// Classes of names and values that need a closer look.
    pub(super) name_mask: OctetClasses,
    pub(super) value_mask: OctetClasses,
    /// Pseudo-headers that may still come; none from the first regular field on.
    open: u8,
    seen: u8,
    method_empty: bool,
    protocol_empty: bool,
    scheme: Scheme,
    path: Path,
    authority: Authority,
    host: Authority,
    content_length_seen: bool,
    pub(super) method: MethodKind,
    pub(super) expect_continue: bool,
    pub(super) status: u16,
    pub(super) priority: Option<Priority>,
    pub(super) priorities: u32,
    pub(super) crumbs: u32,
    pub(super) content_length: Option<u64>,
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
        let (name_mask, value_mask) = match level {
            Level::Strict => (NAME_FAULTS, VALUE_FAULTS),
            Level::Compatible => (
                NAME_FAULTS,
                OctetClasses::NUL_CR_LF.union(OctetClasses::EDGE_SPACE),
            ),
            Level::Off => (
                OctetClasses::NUL_CR_LF.union(OctetClasses::FIRST_COLON),
                OctetClasses::NUL_CR_LF,
            ),
        };
        let open = match kind {
            HeadKind::Request => {
                SEEN_AUTHORITY | SEEN_METHOD | SEEN_PATH | SEEN_SCHEME | SEEN_PROTOCOL
            }
            HeadKind::PushRequest => SEEN_AUTHORITY | SEEN_METHOD | SEEN_PATH | SEEN_SCHEME,
            HeadKind::Response => SEEN_STATUS,
            HeadKind::RequestTrailers | HeadKind::ResponseTrailers => 0,
        };
        Self {
            kind,
            level,
            policy,
            direction,
            extended_connect,
            name_mask,
            value_mask,
            open,
            seen: 0,
            method_empty: false,
            protocol_empty: false,
            scheme: Scheme::Empty,
            path: Path::Empty,
            authority: Authority::Absent,
            host: Authority::Absent,
            content_length_seen: false,
            method: MethodKind::Other,
            expect_continue: false,
            status: 0,
            priority: None,
            priorities: 0,
            crumbs: 0,
            content_length: None,
        }
    }

    /// Judges a field whose octets are in order.
    ///
    /// `authority` is the value of :authority if the field is Host and there was one.
    #[inline]
    pub(super) fn field(
        &mut self,
        id: u8,
        value: &[u8],
        classes: OctetClasses,
        authority: Option<&[u8]>,
    ) -> Verdict {
        if names::is_pseudo(id) {
            return self.pseudo(id, value, classes);
        }
        self.regular();
        if names::is_plain(id) {
            return Verdict::Keep;
        }
        self.special(id, value, authority)
    }

    /// Notes a regular field that no rule speaks of.
    #[inline]
    pub(super) fn regular(&mut self) {
        self.open = 0;
    }

    /// Whether white space at the edges of values goes away.
    pub(super) fn trims(&self) -> bool {
        self.level == Level::Compatible && self.direction == Direction::In
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
        let mends = match self.level {
            Level::Strict => false,
            Level::Compatible => self.direction == Direction::In,
            Level::Off => true,
        };
        if !mends && classes.intersects(OctetClasses::EDGE_SPACE) {
            return Err(HeadError::FieldValueEdgeSpace);
        }
        Ok(())
    }

    fn name(&self, name: &[u8]) -> Result<(), HeadError> {
        if self.level == Level::Off {
            return if name.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n')) {
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

    /// Whether the level lets the application see to what framing does not need.
    fn is_off(&self) -> bool {
        self.level == Level::Off
    }

    fn pseudo(&mut self, id: u8, value: &[u8], classes: OctetClasses) -> Verdict {
        let bit = match id {
            names::AUTHORITY => SEEN_AUTHORITY,
            names::METHOD => SEEN_METHOD,
            names::PATH => SEEN_PATH,
            names::SCHEME => SEEN_SCHEME,
            names::STATUS => SEEN_STATUS,
            _ => SEEN_PROTOCOL,
        };
        if self.open & bit == 0 {
            return self.unexpected_pseudo(bit);
        }
        self.open &= !bit;
        self.seen |= bit;
        let checked = match id {
            names::AUTHORITY => self.see_authority(value, classes),
            names::METHOD => self.see_method(value, classes),
            names::PATH => self.see_path(value, classes),
            names::SCHEME => self.see_scheme(value),
            names::STATUS => self.see_status(value),
            _ => self.see_protocol(value),
        };
        match checked {
            Ok(()) => Verdict::Keep,
            Err(error) => Verdict::Fault(error),
        }
    }

    #[cold]
    fn unexpected_pseudo(&self, bit: u8) -> Verdict {
        let request = SEEN_AUTHORITY | SEEN_METHOD | SEEN_PATH | SEEN_SCHEME | SEEN_PROTOCOL;
        let defined = match self.kind {
            HeadKind::Request => request,
            HeadKind::PushRequest => request & !SEEN_PROTOCOL,
            HeadKind::Response => SEEN_STATUS,
            HeadKind::RequestTrailers | HeadKind::ResponseTrailers => 0,
        };
        Verdict::Fault(if self.is_off() {
            return Verdict::Keep;
        } else if defined & bit == 0 {
            self.unknown_pseudo()
        } else if self.open == 0 && self.seen != defined {
            HeadError::PseudoLate
        } else {
            HeadError::PseudoDuplicate
        })
    }

    fn see_authority(&mut self, value: &[u8], classes: OctetClasses) -> Result<(), HeadError> {
        self.authority = Authority::of(value);
        if self.level == Level::Strict && classes.intersects(OctetClasses::SPACE) {
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
        if value.is_empty() {
            self.method_empty = true;
        } else if self.level == Level::Strict
            && classes.intersects(OctetClasses::NOT_TOKEN | OctetClasses::FIRST_COLON)
        {
            return Err(HeadError::FieldValueInvalid);
        }
        Ok(())
    }

    fn see_path(&mut self, value: &[u8], classes: OctetClasses) -> Result<(), HeadError> {
        self.path = match value {
            [b'/', ..] => Path::Slash,
            [] => Path::Empty,
            [b'*'] => Path::Asterisk,
            _ => Path::Other,
        };
        if self.level == Level::Strict && classes.intersects(OctetClasses::SPACE) {
            return Err(HeadError::PathInvalid);
        }
        Ok(())
    }

    fn see_scheme(&mut self, value: &[u8]) -> Result<(), HeadError> {
        self.scheme = match value {
            b"https" => Scheme::Https,
            b"http" => Scheme::Http,
            _ => return self.see_rare_scheme(value),
        };
        Ok(())
    }

    #[cold]
    fn see_rare_scheme(&mut self, value: &[u8]) -> Result<(), HeadError> {
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
        match list::parse_status(value) {
            Some(101) if !self.is_off() => Err(HeadError::StatusInvalid),
            Some(status) => {
                self.status = status;
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
