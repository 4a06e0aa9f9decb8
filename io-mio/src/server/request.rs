//! A request, as a service sees it.

use crate::id::ConnId;
use bywash_proto::headers::Head;
use bywash_proto::vocabulary::StreamRef;

/// The head of a request, and whose it is.
#[derive(Debug)]
pub struct Request {
    head: Head,
    conn: ConnId,
    stream: StreamRef,
    has_body: bool,
}

impl Request {
    pub(crate) fn new(head: Head, conn: ConnId, stream: StreamRef, has_body: bool) -> Self {
        Self {
            head,
            conn,
            stream,
            has_body,
        }
    }

    /// All fields, pseudo-headers included.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Takes the head out, to be kept; an empty one stays.
    pub fn take_head(&mut self) -> Head {
        std::mem::take(&mut self.head)
    }

    /// :method. The core lets no request without one through.
    pub fn method(&self) -> &[u8] {
        self.head.method().unwrap_or_default()
    }

    /// :path with its query; empty with a plain CONNECT.
    pub fn path(&self) -> &[u8] {
        self.head.path().unwrap_or_default()
    }

    /// :authority, or Host where that stands alone.
    pub fn authority(&self) -> Option<&[u8]> {
        self.head.authority().or_else(|| self.head.get("host"))
    }

    /// The first field of this name, which must be in lower case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.head.get(name)
    }

    /// Whether a body follows, or trailers.
    pub fn has_body(&self) -> bool {
        self.has_body
    }

    /// Whether it asks for a tunnel: CONNECT, plain or extended (RFC 8441). After a response of the
    /// 2xx kind, octets go both ways.
    pub fn is_tunnel(&self) -> bool {
        self.method() == b"CONNECT"
    }

    /// The protocol of an extended CONNECT (RFC 8441 4).
    pub fn protocol(&self) -> Option<&[u8]> {
        self.head.protocol()
    }

    /// The connection that it came on.
    pub fn conn(&self) -> ConnId {
        self.conn
    }

    /// Its stream.
    pub fn stream(&self) -> StreamRef {
        self.stream
    }
}
