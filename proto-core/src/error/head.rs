//! What is wrong with a head that the program wants to send.

use super::Violation;
use core::fmt;

macro_rules! head_errors {
    ($($(#[$doc:meta])* $name:ident => $violation:ident $text:literal,)*) => {
        /// A rule that a head of the program's breaks: it was not sent.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum HeadError { $($(#[$doc])* $name,)* }

        impl HeadError {
            /// Every one, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What a strict peer would call it.
            pub const fn violation(self) -> Violation {
                match self { $(Self::$name => Violation::$violation,)* }
            }

            /// What is wrong, in a person's words.
            pub const fn explain(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

head_errors! {
    /// A request for http or https without :authority and without Host.
    AuthorityMissing => AuthorityMissing "the request names no authority",
    /// :authority holds userinfo.
    AuthorityUserinfo => AuthorityUserinfo ":authority holds userinfo",
    /// CONNECT without :authority, or with :scheme or :path but without :protocol.
    ConnectPseudo => ConnectPseudo "CONNECT needs :authority alone",
    /// connection, proxy-connection, keep-alive, transfer-encoding or upgrade.
    ConnectionSpecificField => ConnectionSpecificField "a connection-specific field does not exist in HTTP/2",
    /// content-length in an informational response, a 204, or a 2xx answer to CONNECT (RFC 9110 8.6,
    /// 9.3.6).
    ContentLengthForbidden => ContentLengthInvalid "this response must not have a content-length",
    /// content-length that is not one number, or twice.
    ContentLengthInvalid => ContentLengthInvalid "content-length is not one number",
    /// :protocol without CONNECT, :scheme or :path, or not enabled.
    ExtendedConnectInvalid => ExtendedConnectInvalid ":protocol needs CONNECT, :scheme, :path and the peer's consent",
    /// A name that is empty or holds octets that are not allowed.
    FieldNameInvalid => FieldNameInvalid "a field name holds octets that are not allowed, or none",
    /// A name with upper-case letters.
    FieldNameUpperCase => FieldNameInvalid "a field name is not in lower case",
    /// A value that starts or ends with SP or HTAB.
    FieldValueEdgeSpace => FieldValueEdgeSpace "a field value starts or ends with white space",
    /// A value with NUL, CR, LF or other control characters.
    FieldValueInvalid => FieldValueInvalid "a field value holds octets that are not allowed",
    /// Host names another authority than :authority.
    HostDiffers => HostDiffers "Host differs from :authority",
    /// Host twice.
    HostDuplicate => HostDuplicate "Host appears twice",
    /// :path empty, not starting with a slash, or with spaces.
    PathInvalid => PathInvalid ":path must start with '/' and hold no spaces, or be '*' for OPTIONS",
    /// A pseudo-header twice.
    PseudoDuplicate => PseudoDuplicate "a pseudo-header field appears twice",
    /// A pseudo-header in trailers.
    PseudoInTrailers => PseudoInTrailers "trailers hold a pseudo-header field",
    /// A pseudo-header after a regular field.
    PseudoLate => PseudoLate "a pseudo-header field follows a regular field",
    /// :method, :scheme or :path missing or empty.
    PseudoMissing => PseudoMissing "a mandatory pseudo-header field is missing or empty",
    /// A pseudo-header that is undefined, or not for this kind of head.
    PseudoUnknown => PseudoUnknown "a pseudo-header field is undefined, or not for this kind of head",
    /// :status missing, outside of 100 to 999, or 101.
    StatusInvalid => StatusInvalid ":status is missing, outside of 100 to 999, or 101",
    /// te other than "trailers", or in a response.
    TeInvalid => TeInvalid "te may only be 'trailers', and only in a request",
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.explain())
    }
}

impl core::error::Error for HeadError {}
