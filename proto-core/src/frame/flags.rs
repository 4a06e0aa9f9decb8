//! Flags of frames (RFC 9113 6).

/// The flags octet. Which flag means what depends on the frame type; unknown ones survive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// ACK of SETTINGS and PING.
    pub const ACK: Self = Self(0x1);
    /// END_STREAM of DATA and HEADERS.
    pub const END_STREAM: Self = Self(0x1);
    /// END_HEADERS of HEADERS, PUSH_PROMISE and CONTINUATION.
    pub const END_HEADERS: Self = Self(0x4);
    /// PADDED of DATA, HEADERS and PUSH_PROMISE.
    pub const PADDED: Self = Self(0x8);
    /// PRIORITY of HEADERS.
    pub const PRIORITY: Self = Self(0x20);

    /// Whether all flags of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
