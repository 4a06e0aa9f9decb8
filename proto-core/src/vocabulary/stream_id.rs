//! Stream identifiers (RFC 9113 5.1.1) and the names that applications hold.

use core::fmt;

/// A stream identifier: 31 bits (RFC 9113 5.1.1). Zero names the connection itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct StreamId(u32);

impl StreamId {
    /// The connection control stream.
    pub const CONNECTION: Self = Self(0);
    /// The largest identifier, 2^31-1.
    pub const MAX: Self = Self(0x7fff_ffff);

    /// Takes the low 31 bits: the reserved bit is ignored on receipt (RFC 9113 4.1).
    pub const fn new(id: u32) -> Self {
        Self(id & 0x7fff_ffff)
    }

    /// The identifier as a number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether this names the connection.
    pub const fn is_connection(self) -> bool {
        self.0 == 0
    }

    /// Whether a client opens streams of this number: the odd ones.
    pub const fn is_client(self) -> bool {
        self.0 & 1 == 1
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {}", self.0)
    }
}

/// The name of a stream on one connection, for the application to keep: 8 bytes, by value.
///
/// Identifiers are never used twice on a connection, so a name that has outlived its stream is
/// told from a live one, and never reaches another stream. Names of one connection mean nothing
/// to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamRef {
    id: StreamId,
    slot: u32,
}

impl StreamRef {
    pub(crate) const fn new(id: StreamId, slot: u32) -> Self {
        Self { id, slot }
    }

    /// The identifier on the wire.
    pub const fn id(self) -> StreamId {
        self.id
    }

    /// Where the stream lies in its connection: small and dense, reused after the stream's end.
    /// Good as an index into tables of the application's own.
    pub const fn slot(self) -> u32 {
        self.slot
    }
}

impl fmt::Debug for StreamRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {}@{}", self.id, self.slot)
    }
}

impl fmt::Display for StreamRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {}", self.id)
    }
}
