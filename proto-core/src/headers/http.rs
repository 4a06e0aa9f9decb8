//! To and from the types of the `http` crate.
//!
//! Nothing is checked that the types do not check themselves: heads that were received come from
//! the collector, heads to be sent go through [`OutgoingCheck`](super::OutgoingCheck).

use super::{Field, Fields, Head, status_octets};
use alloc::boxed::Box;
use core::str;
use http::header::{COOKIE, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Error, HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use http::{request, response};

/// :protocol of an extended CONNECT (RFC 8441 4), kept among the extensions of a request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Protocol(Box<str>);

impl Protocol {
    /// A protocol by its name in the registry of upgrade tokens, as "websocket".
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The regular fields, cookie crumbs joined (RFC 9113 8.2.3), never-indexed values marked as
/// sensitive.
impl TryFrom<&Head> for HeaderMap {
    type Error = Error;

    fn try_from(head: &Head) -> Result<Self, Error> {
        let mut map = Self::try_with_capacity(head.len())?;
        let (mut crumbs, mut secret) = (0_u32, false);
        for field in head.regular() {
            if field.name == b"cookie" {
                crumbs += 1;
                secret |= field.never_indexed;
                if crumbs > 1 {
                    continue;
                }
            }
            let name = HeaderName::from_bytes(field.name)?;
            map.try_append(name, value(field.value, field.never_indexed)?)?;
        }
        if crumbs > 1 {
            if let Some(cookie) = head.cookie() {
                map.try_insert(COOKIE, value(&cookie, secret)?)?;
            }
        }
        Ok(map)
    }
}

fn value(octets: &[u8], sensitive: bool) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_bytes(octets)?;
    value.set_sensitive(sensitive);
    Ok(value)
}

/// The head of a request. :scheme without an authority is left out, for there is no such [`Uri`];
/// Host stays among the fields. [`Protocol`] is in the extensions.
///
/// # Errors
///
/// No or no valid :method, and what `http` finds wrong in the URI and the fields.
impl TryFrom<&Head> for Request<()> {
    type Error = Error;

    fn try_from(head: &Head) -> Result<Self, Error> {
        let mut request = Self::new(());
        *request.method_mut() = Method::from_bytes(head.method().unwrap_or_default())?;
        *request.uri_mut() = uri(head)?;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = head.try_into()?;
        if let Some(Ok(name)) = head.protocol().map(str::from_utf8) {
            request.extensions_mut().insert(Protocol::new(name));
        }
        Ok(request)
    }
}

/// As for [`Request`].
impl TryFrom<&Head> for request::Parts {
    type Error = Error;

    fn try_from(head: &Head) -> Result<Self, Error> {
        Ok(Request::try_from(head)?.into_parts().0)
    }
}

fn uri(head: &Head) -> Result<Uri, Error> {
    let authority = head.authority().filter(|authority| !authority.is_empty());
    let path = head.path().filter(|path| !path.is_empty());
    let mut parts = http::uri::Parts::default();
    parts.authority = authority.map(Authority::try_from).transpose()?;
    parts.path_and_query = path.map(PathAndQuery::try_from).transpose()?;
    if parts.authority.is_some() && parts.path_and_query.is_some() {
        parts.scheme = head.scheme().map(Scheme::try_from).transpose()?;
    }
    if parts.scheme.is_none() && parts.path_and_query.is_some() {
        parts.authority = None;
    }
    if parts.authority.is_none() && parts.path_and_query.is_none() {
        return Ok(Uri::default());
    }
    Ok(Uri::from_parts(parts)?)
}

/// The head of a response.
///
/// # Errors
///
/// No valid :status, and what `http` finds wrong in the fields.
impl TryFrom<&Head> for Response<()> {
    type Error = Error;

    fn try_from(head: &Head) -> Result<Self, Error> {
        let mut response = Self::new(());
        *response.status_mut() = StatusCode::from_u16(head.status().unwrap_or(0))?;
        *response.version_mut() = Version::HTTP_2;
        *response.headers_mut() = head.try_into()?;
        Ok(response)
    }
}

/// As for [`Response`].
impl TryFrom<&Head> for response::Parts {
    type Error = Error;

    fn try_from(head: &Head) -> Result<Self, Error> {
        Ok(Response::try_from(head)?.into_parts().0)
    }
}

/// The fields in the map's order; sensitive values are never indexed.
impl Fields for HeaderMap {
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.iter().map(|(name, value)| Field {
            name: name.as_str().as_bytes(),
            value: value.as_bytes(),
            never_indexed: value.is_sensitive(),
        })
    }
}

/// :method, :scheme, :authority and :path out of the URI, :protocol out of the extensions
/// ([`Protocol`]), then the fields.
///
/// CONNECT without [`Protocol`] has :authority alone. No path is `/`, or `*` with OPTIONS (RFC 9113
/// 8.3.1); but the crate reads `https://example.com` as `https://example.com/`, so that the
/// asterisk must be the path of the URI. Nothing else is made up: a URI without a scheme gives no :scheme, and so no valid
/// head.
impl<T> Fields for Request<T> {
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        request_fields(
            self.method(),
            self.uri(),
            self.extensions().get(),
            self.headers(),
        )
    }
}

/// As for [`Request`].
impl Fields for request::Parts {
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        request_fields(
            &self.method,
            &self.uri,
            self.extensions.get(),
            &self.headers,
        )
    }
}

fn request_fields<'a>(
    method: &'a Method,
    uri: &'a Uri,
    protocol: Option<&'a Protocol>,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = Field<'a>> {
    let tunnel = *method == Method::CONNECT && protocol.is_none();
    let path = match uri.path_and_query().map(PathAndQuery::as_str) {
        None | Some("") if *method == Method::OPTIONS => "*",
        None | Some("") => "/",
        Some(path) => path,
    };
    let pseudo = |name: &'static str, value: Option<&'a str>| {
        value.map(|value| Field::new(name.as_bytes(), value.as_bytes()))
    };
    let pseudo = [
        pseudo(":method", Some(method.as_str())),
        pseudo(":scheme", uri.scheme_str().filter(|_| !tunnel)),
        pseudo(":authority", uri.authority().map(Authority::as_str)),
        pseudo(":path", Some(path).filter(|_| !tunnel)),
        pseudo(":protocol", protocol.map(Protocol::as_str)),
    ];
    pseudo.into_iter().flatten().chain(headers.fields())
}

/// :status, then the fields.
impl<T> Fields for Response<T> {
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        response_fields(self.status(), self.headers())
    }
}

/// As for [`Response`].
impl Fields for response::Parts {
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        response_fields(self.status, &self.headers)
    }
}

fn response_fields(status: StatusCode, headers: &HeaderMap) -> impl Iterator<Item = Field<'_>> {
    status_octets(status.as_u16())
        .map(|digits| Field::new(b":status", digits))
        .into_iter()
        .chain(headers.fields())
}

#[cfg(test)]
mod tests;
