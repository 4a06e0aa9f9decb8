//! Identifiers of settings (RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1).

use core::fmt;

/// The identifier of a setting. Unknown identifiers survive: they are legal and ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct SettingId(pub u16);

impl SettingId {
    /// Size of the decoder's dynamic table, octets.
    pub const HEADER_TABLE_SIZE: Self = Self(0x1);
    /// Whether the sender of the setting takes pushed streams: 0 or 1.
    pub const ENABLE_PUSH: Self = Self(0x2);
    /// Streams that the receiver of the setting may have open at once.
    pub const MAX_CONCURRENT_STREAMS: Self = Self(0x3);
    /// Initial window of streams, octets, at most 2^31-1.
    pub const INITIAL_WINDOW_SIZE: Self = Self(0x4);
    /// Largest frame payload, octets, 2^14 to 2^24-1.
    pub const MAX_FRAME_SIZE: Self = Self(0x5);
    /// Largest field section, octets, uncompressed with 32 per field (advisory).
    pub const MAX_HEADER_LIST_SIZE: Self = Self(0x6);
    /// Whether extended CONNECT is enabled: 0 or 1 (RFC 8441 3).
    pub const ENABLE_CONNECT_PROTOCOL: Self = Self(0x8);
    /// Whether RFC 7540 priorities are unused: 0 or 1 (RFC 9218 2.1).
    pub const NO_RFC7540_PRIORITIES: Self = Self(0x9);

    /// The registered name, if this crate knows one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::HEADER_TABLE_SIZE => "HEADER_TABLE_SIZE",
            Self::ENABLE_PUSH => "ENABLE_PUSH",
            Self::MAX_CONCURRENT_STREAMS => "MAX_CONCURRENT_STREAMS",
            Self::INITIAL_WINDOW_SIZE => "INITIAL_WINDOW_SIZE",
            Self::MAX_FRAME_SIZE => "MAX_FRAME_SIZE",
            Self::MAX_HEADER_LIST_SIZE => "MAX_HEADER_LIST_SIZE",
            Self::ENABLE_CONNECT_PROTOCOL => "ENABLE_CONNECT_PROTOCOL",
            Self::NO_RFC7540_PRIORITIES => "NO_RFC7540_PRIORITIES",
            _ => return None,
        })
    }
}

impl fmt::Display for SettingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "setting {:#x}", self.0),
        }
    }
}

impl fmt::Debug for SettingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
