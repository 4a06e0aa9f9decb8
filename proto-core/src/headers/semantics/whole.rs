//! The rules on a head as a whole.

use super::{
    Authority, Direction, Path, SEEN_AUTHORITY, SEEN_METHOD, SEEN_PATH, SEEN_PROTOCOL, SEEN_SCHEME,
    Scheme, Semantics,
};
use crate::error::HeadError;
use crate::headers::{AuthorityPolicy, HeadKind, Level, MethodKind};

impl Semantics {
    /// Judges the head as a whole; `cut` says that fields at its end were not seen.
    #[inline]
    pub(in crate::headers) fn finish(&mut self, cut: bool) -> Result<(), HeadError> {
        if self.seen & SEEN_PROTOCOL != 0 && self.method == MethodKind::Connect {
            self.method = MethodKind::ExtendedConnect;
        }
        match self.kind {
            HeadKind::Request | HeadKind::PushRequest => {
                let usual = SEEN_METHOD | SEEN_SCHEME | SEEN_PATH | SEEN_AUTHORITY;
                if self.seen == usual
                    && self.path == Path::Slash
                    && self.authority == Authority::Plain
                    && matches!(
                        self.method,
                        MethodKind::Get | MethodKind::Head | MethodKind::Other
                    )
                    && !self.method_empty
                    && self.scheme != Scheme::Empty
                {
                    return Ok(());
                }
                self.request(cut)
            }
            HeadKind::Response if self.status == 0 => Err(HeadError::StatusInvalid),
            HeadKind::Response if self.direction == Direction::Out => self.response(),
            _ => Ok(()),
        }
    }

    /// In this order: the method, its pseudo-headers, the path, the authority.
    fn request(&self, cut: bool) -> Result<(), HeadError> {
        if self.is_off() {
            return Ok(());
        }
        let has = |bits| self.seen & bits == bits;
        let lacks = |bits| !has(bits) && !cut;
        if lacks(SEEN_METHOD) || self.method_empty {
            return Err(HeadError::PseudoMissing);
        }
        if self.method == MethodKind::Connect {
            if self.seen & (SEEN_SCHEME | SEEN_PATH) != 0
                || lacks(SEEN_AUTHORITY)
                || self.authority == Authority::Empty
            {
                return Err(HeadError::ConnectPseudo);
            }
            return self.userinfo(self.authority);
        }
        let extended = self.method == MethodKind::ExtendedConnect;
        let needs = SEEN_SCHEME | SEEN_PATH;
        let empty_scheme = has(SEEN_SCHEME) && self.scheme == Scheme::Empty;
        if extended {
            if lacks(needs) || empty_scheme || self.protocol_empty {
                return Err(HeadError::ExtendedConnectInvalid);
            }
        } else if has(SEEN_PROTOCOL | SEEN_METHOD) {
            return Err(HeadError::ExtendedConnectInvalid);
        } else if lacks(needs) || empty_scheme {
            return Err(HeadError::PseudoMissing);
        }
        if !matches!(self.scheme, Scheme::Http | Scheme::Https) {
            return Ok(());
        }
        let asterisk = self.path == Path::Asterisk && self.method == MethodKind::Options;
        if has(SEEN_PATH) && self.path != Path::Slash && !asterisk {
            return Err(HeadError::PathInvalid);
        }
        let named = match self.authority {
            Authority::Absent => self.host,
            given => given,
        };
        self.userinfo(named)?;
        let missing = matches!(named, Authority::Absent | Authority::Empty);
        let required = self.policy == AuthorityPolicy::Required && self.level == Level::Strict;
        if missing && required && !asterisk && !cut {
            return Err(HeadError::AuthorityMissing);
        }
        Ok(())
    }

    fn userinfo(&self, authority: Authority) -> Result<(), HeadError> {
        if authority == Authority::Userinfo {
            return Err(HeadError::AuthorityUserinfo);
        }
        Ok(())
    }

    /// What only the sender is held to (RFC 9110 8.6).
    fn response(&self) -> Result<(), HeadError> {
        let forbidden = self.status < 200 || self.status == 204;
        if forbidden && self.content_length_seen && self.level == Level::Strict {
            return Err(HeadError::ContentLengthForbidden);
        }
        Ok(())
    }
}
