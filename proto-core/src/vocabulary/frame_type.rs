//! Frame types (RFC 9113 6, RFC 9218 7.1, RFC 7838 4, RFC 8336 2).

use core::fmt;

/// The type octet of a frame. Unknown types survive: extensions are legal (RFC 9113 5.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct FrameType(pub u8);

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl FrameType {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// The name in the RFC that defines the type, if this crate knows one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

types! {
    /// RFC 9113 6.1.
    DATA = 0x0;
    /// RFC 9113 6.2.
    HEADERS = 0x1;
    /// RFC 9113 6.3 (deprecated: decoded and ignored).
    PRIORITY = 0x2;
    /// RFC 9113 6.4.
    RST_STREAM = 0x3;
    /// RFC 9113 6.5.
    SETTINGS = 0x4;
    /// RFC 9113 6.6.
    PUSH_PROMISE = 0x5;
    /// RFC 9113 6.7.
    PING = 0x6;
    /// RFC 9113 6.8.
    GOAWAY = 0x7;
    /// RFC 9113 6.9.
    WINDOW_UPDATE = 0x8;
    /// RFC 9113 6.10.
    CONTINUATION = 0x9;
    /// RFC 7838 4.
    ALTSVC = 0xa;
    /// RFC 8336 2.
    ORIGIN = 0xc;
    /// RFC 9218 7.1.
    PRIORITY_UPDATE = 0x10;
}

impl fmt::Display for FrameType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "frame type {:#x}", self.0),
        }
    }
}

impl fmt::Debug for FrameType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
