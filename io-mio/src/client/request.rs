//! A request to be.

use super::url::{Url, UrlError};
use crate::connect::Target;
use bytes::Bytes;
use bywash_proto::headers::{Field, Head};
use std::time::Duration;

/// A request: where to, its head, its body.
#[derive(Clone, Debug)]
#[must_use]
pub struct Request {
    pub(crate) url: Url,
    pub(crate) target: Option<Target>,
    pub(crate) method: String,
    pub(crate) protocol: Option<String>,
    pub(crate) fields: Vec<(String, Vec<u8>, bool)>,
    pub(crate) body: Body,
    pub(crate) timeout: Option<Duration>,
}

/// What follows the head.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Whole(Bytes),
    /// Comes in pieces, from whoever makes the call.
    Streamed,
}

impl Request {
    /// A request of any method.
    ///
    /// # Errors
    /// The text is no URL of http or https.
    pub fn new(method: &str, url: &str) -> Result<Self, UrlError> {
        Ok(Self {
            url: Url::parse(url)?,
            target: None,
            method: method.to_owned(),
            protocol: None,
            fields: Vec::new(),
            body: Body::None,
            timeout: None,
        })
    }

    /// GET.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn get(url: &str) -> Result<Self, UrlError> {
        Self::new("GET", url)
    }

    /// POST with a body.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn post(url: &str, body: impl Into<Bytes>) -> Result<Self, UrlError> {
        Ok(Self::new("POST", url)?.body(body))
    }

    /// A tunnel by extended CONNECT (RFC 8441): octets go both ways after a response of the 2xx
    /// kind.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn tunnel(url: &str, protocol: &str) -> Result<Self, UrlError> {
        let mut request = Self::new("CONNECT", url)?.streamed();
        request.protocol = Some(protocol.to_owned());
        Ok(request)
    }

    /// Adds a field; its name must be in lower case.
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.fields
            .push((name.to_owned(), value.as_ref().to_vec(), false));
        self
    }

    /// Adds a field whose value is a secret: no compression remembers it (RFC 7541 7.1.3).
    pub fn secret(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.fields
            .push((name.to_owned(), value.as_ref().to_vec(), true));
        self
    }

    /// The body, with its content-length.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Body::Whole(body.into());
        self
    }

    /// The body comes in pieces.
    pub fn streamed(mut self) -> Self {
        self.body = Body::Streamed;
        self
    }

    /// Time for all of it, to the last octet of the response. Default: the client's.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// Connects to `target` instead of the URL's host: a Unix socket, above all.
    pub fn to(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    pub(crate) fn head(&self) -> Head {
        let length = match &self.body {
            Body::Whole(body) if !self.has("content-length") => body.len().to_string(),
            _ => String::new(),
        };
        let mut list = vec![Field::new(b":method", self.method.as_bytes())];
        let plain_connect = self.method == "CONNECT" && self.protocol.is_none();
        if let Some(protocol) = &self.protocol {
            list.push(Field::new(b":protocol", protocol.as_bytes()));
        }
        let scheme: &[u8] = if self.url.secure { b"https" } else { b"http" };
        if !plain_connect {
            list.push(Field::new(b":scheme", scheme));
        }
        list.push(Field::new(b":authority", self.url.authority.as_bytes()));
        if !plain_connect {
            list.push(Field::new(b":path", self.url.path.as_bytes()));
        }
        for (name, value, secret) in &self.fields {
            let field = Field::new(name.as_bytes(), value);
            list.push(if *secret { field.sensitive() } else { field });
        }
        if !length.is_empty() {
            list.push(Field::new(b"content-length", length.as_bytes()));
        }
        Head::from_fields(&list)
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, ..)| own == name)
    }

    pub(crate) fn is_streamed(&self) -> bool {
        matches!(self.body, Body::Streamed)
    }

    /// Whether octets go on after either side has ended.
    pub(crate) fn is_tunnel(&self) -> bool {
        self.method == "CONNECT"
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn heads() {
        let head = Request::post("http://a.example/x?y", "body")
            .unwrap()
            .field("x-a", "1")
            .secret("authorization", "Basic x")
            .head();
        assert_eq!(head.path(), Some(&b"/x?y"[..]));
        assert_eq!(head.get("content-length"), Some(&b"4"[..]));
        assert!(head.fields().any(|f| f.never_indexed));
        let head = Request::tunnel("https://a.example/chat", "websocket")
            .unwrap()
            .head();
        assert_eq!(head.protocol(), Some(&b"websocket"[..]));
        assert_eq!(head.get("content-length"), None);
        let plain = Request::new("CONNECT", "http://a.example:22").unwrap();
        assert_eq!(plain.head().len(), 2);
    }
}
