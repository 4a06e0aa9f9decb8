//! As much of a URL as a request needs (RFC 3986).

use crate::connect::Target;
use std::fmt;

/// Why a text is no URL that can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UrlError {
    /// It begins with neither `http://` nor `https://`.
    Scheme,
    /// It names no host.
    Host,
    /// It holds a user's name, which does not belong into requests (RFC 9110 4.2.4).
    UserInfo,
    /// The port is no number from 1 to 65535.
    Port,
    /// It holds white space or control characters: they must be percent-encoded.
    Character,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "a URL begins with http:// or https://",
            Self::Host => "the URL names no host",
            Self::UserInfo => "user names in URLs are not supported",
            Self::Port => "the port of the URL is no number from 1 to 65535",
            Self::Character => "the URL holds white space or control characters",
        })
    }
}

impl std::error::Error for UrlError {}

/// The parts of a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Url {
    pub(crate) secure: bool,
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As it goes into :authority.
    pub(crate) authority: String,
    /// With the query, without the fragment.
    pub(crate) path: String,
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        if text.bytes().any(|b| b <= b' ' || b == 0x7f) {
            return Err(UrlError::Character);
        }
        let (secure, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            _ => return Err(UrlError::Scheme),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let cut = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(cut);
        if authority.contains('@') {
            return Err(UrlError::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        if host.is_empty() {
            return Err(UrlError::Host);
        }
        let port = match port {
            None | Some("") => 80 + 363 * u16::from(secure),
            Some(text) => Some(text)
                // A sign is no digit, whatever the parser says.
                .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|text| text.parse().ok())
                .filter(|p| *p != 0)
                .ok_or(UrlError::Port)?,
        };
        let path = match path.as_bytes().first() {
            None => "/".to_owned(),
            Some(b'?') => format!("/{path}"),
            Some(_) => path.to_owned(),
        };
        Ok(Self {
            secure,
            host: host.to_owned(),
            port,
            authority: authority.to_owned(),
            path,
        })
    }

    pub(crate) fn target(&self) -> Target {
        Target::Name(self.host.clone(), self.port)
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(UrlError::Host)?;
        return match rest {
            "" => Ok((host, None)),
            rest => Ok((host, Some(rest.strip_prefix(':').ok_or(UrlError::Port)?))),
        };
    }
    Ok(match authority.rsplit_once(':') {
        // An IPv6 address stands in brackets.
        Some((host, _)) if host.contains(':') => return Err(UrlError::Host),
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    })
}

#[cfg(test)]
mod tests {
    use super::{Url, UrlError};

    #[test]
    fn parts() {
        let url = Url::parse("https://[::1]:8443/a?b=c#d").unwrap();
        assert_eq!((url.secure, &url.host[..], url.port), (true, "::1", 8443));
        assert_eq!(
            (&url.authority[..], &url.path[..]),
            ("[::1]:8443", "/a?b=c")
        );
        let url = Url::parse("HTTP://example.org?x").unwrap();
        assert_eq!((url.secure, url.port, &url.path[..]), (false, 80, "/?x"));
        assert_eq!(Url::parse("https://example.org").unwrap().port, 443);
    }

    #[test]
    fn faults() {
        let fault = |text| Url::parse(text).unwrap_err();
        assert_eq!(fault("ftp://example.org"), UrlError::Scheme);
        assert_eq!(fault("example.org"), UrlError::Scheme);
        assert_eq!(fault("http:///path"), UrlError::Host);
        assert_eq!(fault("http://[::1/"), UrlError::Host);
        assert_eq!(fault("http://me@example.org/"), UrlError::UserInfo);
        assert_eq!(fault("http://example.org:0/"), UrlError::Port);
        assert_eq!(fault("http://example.org:99999/"), UrlError::Port);
        assert_eq!(fault("http://[::1]8080/"), UrlError::Port);
        assert_eq!(fault("http://example.org:+80/"), UrlError::Port);
        assert_eq!(fault("http://::1/"), UrlError::Host);
        assert_eq!(fault("http://::1:80/"), UrlError::Host);
        assert_eq!(fault("http://example.org/a b"), UrlError::Character);
    }
}
