//! Error codes of RST_STREAM and GOAWAY (RFC 9113 7).

use core::fmt;

/// An HTTP/2 error code (RFC 9113 7). Unknown codes survive: they are legal on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct ErrorCode(pub u32);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// The name that RFC 9113 gives this code, if it gives one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// Graceful end: not an error.
    NO_ERROR = 0x0;
    /// An unspecific violation of the protocol.
    PROTOCOL_ERROR = 0x1;
    /// The endpoint met an unexpected condition of its own.
    INTERNAL_ERROR = 0x2;
    /// Flow control was violated.
    FLOW_CONTROL_ERROR = 0x3;
    /// SETTINGS were not acknowledged in time.
    SETTINGS_TIMEOUT = 0x4;
    /// A frame arrived on a stream that was half-closed already.
    STREAM_CLOSED = 0x5;
    /// A frame had an invalid size.
    FRAME_SIZE_ERROR = 0x6;
    /// The stream was refused before any processing: safe to retry.
    REFUSED_STREAM = 0x7;
    /// The stream is no longer needed.
    CANCEL = 0x8;
    /// The field compression context cannot be maintained.
    COMPRESSION_ERROR = 0x9;
    /// The connection of a CONNECT request was reset or closed abnormally.
    CONNECT_ERROR = 0xa;
    /// The peer causes excessive load.
    ENHANCE_YOUR_CALM = 0xb;
    /// The properties of the transport do not meet the minimum (RFC 9113 9.2).
    INADEQUATE_SECURITY = 0xc;
    /// The endpoint requires HTTP/1.1.
    HTTP_1_1_REQUIRED = 0xd;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown error code {:#x}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<u32> for ErrorCode {
    fn from(code: u32) -> Self {
        Self(code)
    }
}
