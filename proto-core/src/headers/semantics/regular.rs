//! The rules on regular fields.

use super::{Authority, Direction, Scheme, Semantics, Verdict};
use crate::error::HeadError;
use crate::headers::{AuthorityPolicy, HeadKind, Level, authority, content_length, names};
use crate::vocabulary::{OctetClasses, Priority};

impl Semantics {
    /// Any name that a rule speaks of, but for pseudo-headers and Host.
    pub(super) fn special(&mut self, id: u8, value: &[u8]) -> Verdict {
        match id {
            names::COOKIE => {
                self.crumbs += 1;
                Verdict::Keep
            }
            names::TE if !self.is_off() => self.te(value),
            _ if is_hop_by_hop(id) && !self.is_off() => {
                Verdict::Fault(HeadError::ConnectionSpecificField)
            }
            // Trailers do not frame or rank their message (RFC 9110 6.5.1).
            _ if self.kind.is_trailers() => Verdict::Keep,
            names::CONTENT_LENGTH => self.see_content_length(value),
            names::PRIORITY => {
                self.priorities += 1;
                if self.priorities == 1 {
                    self.priority = Priority::parse(value);
                }
                Verdict::Keep
            }
            names::EXPECT => {
                self.expect_continue |=
                    self.kind.is_request() && value.eq_ignore_ascii_case(b"100-continue");
                Verdict::Keep
            }
            _ => Verdict::Keep,
        }
    }

    fn te(&self, value: &[u8]) -> Verdict {
        let in_request = !matches!(self.kind, HeadKind::Response | HeadKind::ResponseTrailers);
        let trailers = *value == *b"trailers" || value.eq_ignore_ascii_case(b"trailers");
        if in_request && trailers {
            Verdict::Keep
        } else {
            Verdict::Fault(HeadError::TeInvalid)
        }
    }

    fn see_content_length(&mut self, value: &[u8]) -> Verdict {
        let again = core::mem::replace(&mut self.content_length_seen, true);
        if !again {
            if let Some(length) = content_length::parse(value) {
                self.content_length = Some(length);
                return Verdict::Keep;
            }
        }
        self.see_odd_content_length(value, again)
    }

    #[cold]
    fn see_odd_content_length(&mut self, value: &[u8], again: bool) -> Verdict {
        let list = content_length::parse_list(value);
        match (self.level, list) {
            (Level::Compatible, Some((length, first))) if self.direction == Direction::In => {
                if !again {
                    self.content_length = Some(length);
                    return Verdict::KeepPrefix(first as u32);
                }
                if self.content_length == Some(length) {
                    return Verdict::Drop;
                }
                Verdict::Fault(HeadError::ContentLengthInvalid)
            }
            (Level::Off, list) => {
                let length = list.map(|(length, _)| length);
                // Two that differ are none, whatever follows.
                if !again || self.content_length != length {
                    self.content_length = if again { None } else { length };
                }
                Verdict::Keep
            }
            _ => Verdict::Fault(HeadError::ContentLengthInvalid),
        }
    }

    /// Host, given the value of :authority.
    #[inline(never)]
    pub(super) fn host(
        &mut self,
        value: &[u8],
        classes: OctetClasses,
        authority: Option<&[u8]>,
    ) -> Verdict {
        if !self.kind.is_request() {
            return Verdict::Keep;
        }
        if classes.intersects(self.space_mask) {
            return Verdict::Fault(HeadError::FieldValueInvalid);
        }
        let again = self.host != Authority::Absent;
        self.host = Authority::of(value, classes);
        let grpc = self.policy == AuthorityPolicy::Grpc;
        if again && (self.level == Level::Strict || (grpc && !self.is_off())) {
            return Verdict::Fault(HeadError::HostDuplicate);
        }
        if grpc {
            return if again || authority.is_some() {
                Verdict::Drop
            } else {
                Verdict::Keep
            };
        }
        let port = match self.scheme {
            Scheme::Http => Some(80),
            Scheme::Https => Some(443),
            Scheme::Empty | Scheme::Other => None,
        };
        match authority {
            Some(authority)
                if self.level == Level::Strict && !authority::same(authority, value, port) =>
            {
                Verdict::Fault(HeadError::HostDiffers)
            }
            _ => Verdict::Keep,
        }
    }
}

/// The names of RFC 9113 8.2.2, te left out.
fn is_hop_by_hop(id: u8) -> bool {
    matches!(
        id,
        names::CONNECTION
            | names::PROXY_CONNECTION
            | names::KEEP_ALIVE
            | names::TRANSFER_ENCODING
            | names::UPGRADE
    )
}
