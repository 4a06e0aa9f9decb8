//! What a peer can do wrong: one variant per rule, with its scope, its code and its clause.

use crate::vocabulary::ErrorCode;
use core::fmt;

/// How far a violation reaches (RFC 9113 5.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// The whole connection ends: GOAWAY (RFC 9113 5.4.1).
    Connection,
    /// One stream ends: RST_STREAM; its siblings live on (RFC 9113 5.4.2).
    Stream,
}

macro_rules! violations {
    ($($(#[$doc:meta])* $name:ident: $scope:ident $code:ident $rfc:literal $text:literal,)*) => {
        /// A rule that the peer broke.
        ///
        /// Each variant knows its wire code, its scope and the clause that it violates. This crate
        /// always answers with exactly that code and scope: one bad request never kills its
        /// siblings, and an operator is told what happened.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Violation { $($(#[$doc])* #[doc = concat!("\n\n", $rfc, ": ", stringify!($scope), " error ", stringify!($code), ".")] $name,)* }

        impl Violation {
            /// Every violation, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code of the RST_STREAM or GOAWAY that answers it.
            pub const fn code(self) -> ErrorCode {
                match self { $(Self::$name => ErrorCode::$code,)* }
            }

            /// Whether it ends the stream or the connection.
            pub const fn scope(self) -> Scope {
                match self { $(Self::$name => Scope::$scope,)* }
            }

            /// The clause that was violated.
            pub const fn rfc(self) -> &'static str {
                match self { $(Self::$name => $rfc,)* }
            }

            /// The variant's name, for metrics and debug data.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// What happened, in a person's words.
            pub const fn explain(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

violations! {
    /// :authority holds userinfo.
    AuthorityUserinfo: Stream PROTOCOL_ERROR "RFC 9113 8.3.1" "the authority of a request holds userinfo",
    /// An "http" or "https" request without :authority and without Host.
    AuthorityMissing: Stream PROTOCOL_ERROR "RFC 9113 8.3.1" "a request names no authority",
    /// Fields between frames of a field block.
    BlockInterrupted: Connection PROTOCOL_ERROR "RFC 9113 6.10" "another frame arrived inside a field block",
    /// A field that belongs to one hop of HTTP/1.1.
    ConnectionSpecificField: Stream PROTOCOL_ERROR "RFC 9113 8.2.2" "a connection-specific field is not allowed in HTTP/2",
    /// CONNECT without :authority, or with :scheme or :path.
    ConnectPseudo: Stream PROTOCOL_ERROR "RFC 9113 8.5" "a CONNECT request needs :authority alone",
    /// HEADERS on a stream that a CONNECT turned into a tunnel.
    ConnectTunnelHeaders: Stream PROTOCOL_ERROR "RFC 9113 8.5" "a tunnel carries DATA only",
    /// content-length values that are no number or differ from one another.
    ContentLengthInvalid: Stream PROTOCOL_ERROR "RFC 9110 8.6" "content-length is not one valid number",
    /// The body does not match its content-length.
    ContentLengthMismatch: Stream PROTOCOL_ERROR "RFC 9113 8.1.1" "the body does not have the announced length",
    /// A body where there is none: answers to HEAD, 204 and 304.
    ContentNotAllowed: Stream PROTOCOL_ERROR "RFC 9110 6.4.1" "this response cannot have a body",
    /// CONTINUATION without an unfinished field block before it.
    ContinuationUnexpected: Connection PROTOCOL_ERROR "RFC 9113 6.10" "CONTINUATION without an unfinished field block",
    /// DATA before the head of the message.
    DataBeforeHeaders: Stream PROTOCOL_ERROR "RFC 9113 8.1" "DATA came before the head of the message",
    /// DATA on stream 0.
    DataOnConnection: Connection PROTOCOL_ERROR "RFC 9113 6.1" "DATA on stream 0",
    /// ENABLE_CONNECT_PROTOCOL other than 0 or 1.
    EnableConnectInvalid: Connection PROTOCOL_ERROR "RFC 8441 3" "ENABLE_CONNECT_PROTOCOL must be 0 or 1",
    /// ENABLE_CONNECT_PROTOCOL taken back.
    EnableConnectRevoked: Connection PROTOCOL_ERROR "RFC 8441 3" "ENABLE_CONNECT_PROTOCOL went from 1 to 0",
    /// ENABLE_PUSH other than 0 or 1.
    EnablePushInvalid: Connection PROTOCOL_ERROR "RFC 9113 6.5.2" "ENABLE_PUSH must be 0 or 1",
    /// ENABLE_PUSH = 1 from a server.
    EnablePushFromServer: Connection PROTOCOL_ERROR "RFC 9113 6.5.2" "a server sent ENABLE_PUSH = 1",
    /// Extended CONNECT that we did not enable, or without what it needs.
    ExtendedConnectInvalid: Stream PROTOCOL_ERROR "RFC 8441 4" ":protocol needs CONNECT, :scheme, :path and our consent",
    /// A field name with characters that are not allowed, or an empty one.
    FieldNameInvalid: Stream PROTOCOL_ERROR "RFC 9113 8.2.1" "a field name holds octets that are not allowed",
    /// A field value with NUL, CR, LF or other control characters.
    FieldValueInvalid: Stream PROTOCOL_ERROR "RFC 9113 8.2.1" "a field value holds octets that are not allowed",
    /// A field value that starts or ends with white space.
    FieldValueEdgeSpace: Stream PROTOCOL_ERROR "RFC 9113 8.2.1" "a field value starts or ends with white space",
    /// DATA beyond the connection's window.
    FlowConnection: Connection FLOW_CONTROL_ERROR "RFC 9113 6.9.1" "DATA beyond the connection's window",
    /// DATA beyond the stream's window.
    FlowStream: Stream FLOW_CONTROL_ERROR "RFC 9113 6.9.1" "DATA beyond the stream's window",
    /// A frame larger than our MAX_FRAME_SIZE.
    FrameTooLarge: Connection FRAME_SIZE_ERROR "RFC 9113 4.2" "a frame is larger than SETTINGS_MAX_FRAME_SIZE",
    /// GOAWAY shorter than 8 octets.
    GoAwayLength: Connection FRAME_SIZE_ERROR "RFC 9113 6.8" "GOAWAY is shorter than 8 octets",
    /// GOAWAY on a stream.
    GoAwayOnStream: Connection PROTOCOL_ERROR "RFC 9113 6.8" "GOAWAY on a stream other than 0",
    /// HEADERS on a stream identifier that the peer may not open.
    HeadersBadStreamId: Connection PROTOCOL_ERROR "RFC 9113 5.1.1" "the peer opened a stream with an identifier that it may not use",
    /// HEADERS on stream 0.
    HeadersOnConnection: Connection PROTOCOL_ERROR "RFC 9113 6.2" "HEADERS on stream 0",
    /// A field block that HPACK cannot decode.
    HpackFault: Connection COMPRESSION_ERROR "RFC 9113 4.3" "a field block cannot be decoded",
    /// Host that differs from :authority.
    HostDiffers: Stream PROTOCOL_ERROR "RFC 9113 8.3.1" "Host differs from :authority",
    /// Host twice.
    HostDuplicate: Stream PROTOCOL_ERROR "RFC 9110 7.2" "a request has more than one Host field",
    /// A frame on a stream that nobody opened.
    IdleStream: Connection PROTOCOL_ERROR "RFC 9113 5.1" "a frame arrived on an idle stream",
    /// An informational response with END_STREAM.
    InformationalEndStream: Stream PROTOCOL_ERROR "RFC 9113 8.1" "an informational response ends the stream",
    /// INITIAL_WINDOW_SIZE above 2^31-1.
    InitialWindowInvalid: Connection FLOW_CONTROL_ERROR "RFC 9113 6.5.2" "INITIAL_WINDOW_SIZE is above 2^31-1",
    /// A change of INITIAL_WINDOW_SIZE that overflows a stream's window.
    InitialWindowOverflow: Connection FLOW_CONTROL_ERROR "RFC 9113 6.9.2" "a change of INITIAL_WINDOW_SIZE overflows a window",
    /// MAX_FRAME_SIZE outside 2^14 to 2^24-1.
    MaxFrameSizeInvalid: Connection PROTOCOL_ERROR "RFC 9113 6.5.2" "MAX_FRAME_SIZE is outside of 16384 to 16777215",
    /// NO_RFC7540_PRIORITIES other than 0 or 1, or changed after the first SETTINGS.
    NoRfc7540PrioritiesInvalid: Connection PROTOCOL_ERROR "RFC 9218 2.1" "NO_RFC7540_PRIORITIES must be 0 or 1 and never change",
    /// Padding as long as the payload or longer.
    PaddingTooLong: Connection PROTOCOL_ERROR "RFC 9113 6.1" "padding is not shorter than the payload",
    /// :path empty or not starting with a slash.
    PathInvalid: Stream PROTOCOL_ERROR "RFC 9113 8.3.1" ":path must start with '/', or be '*' for OPTIONS",
    /// PING of a length other than 8.
    PingLength: Connection FRAME_SIZE_ERROR "RFC 9113 6.7" "PING does not have 8 octets",
    /// PING on a stream.
    PingOnStream: Connection PROTOCOL_ERROR "RFC 9113 6.7" "PING on a stream other than 0",
    /// The connection does not start with the preface.
    PrefaceInvalid: Connection PROTOCOL_ERROR "RFC 9113 3.4" "the connection does not start with the HTTP/2 preface",
    /// The first frame is not SETTINGS.
    PrefaceNoSettings: Connection PROTOCOL_ERROR "RFC 9113 3.4" "the first frame is not SETTINGS",
    /// PRIORITY of a length other than 5, on an open or closed stream.
    PriorityLength: Stream FRAME_SIZE_ERROR "RFC 9113 6.3" "PRIORITY does not have 5 octets",
    /// PRIORITY of a length other than 5, on an idle stream.
    PriorityLengthIdle: Connection FRAME_SIZE_ERROR "RFC 9113 6.3" "PRIORITY does not have 5 octets, on an idle stream",
    /// PRIORITY on stream 0.
    PriorityOnConnection: Connection PROTOCOL_ERROR "RFC 9113 6.3" "PRIORITY on stream 0",
    /// PRIORITY_UPDATE from a server.
    PriorityUpdateAtClient: Connection PROTOCOL_ERROR "RFC 9218 7.1" "a server sent PRIORITY_UPDATE",
    /// PRIORITY_UPDATE shorter than 4 octets.
    PriorityUpdateLength: Connection FRAME_SIZE_ERROR "RFC 9218 7.1" "PRIORITY_UPDATE is shorter than 4 octets",
    /// PRIORITY_UPDATE for stream 0, for a pushed stream that is idle, or for more streams than may be opened.
    PriorityUpdateStream: Connection PROTOCOL_ERROR "RFC 9218 7.1" "PRIORITY_UPDATE names a stream that it may not name",
    /// PRIORITY_UPDATE on a stream other than 0.
    PriorityUpdateOnStream: Connection PROTOCOL_ERROR "RFC 9218 7.1" "PRIORITY_UPDATE on a stream other than 0",
    /// A pseudo-header twice.
    PseudoDuplicate: Stream PROTOCOL_ERROR "RFC 9113 8.3" "a pseudo-header field appears twice",
    /// A pseudo-header in trailers.
    PseudoInTrailers: Stream PROTOCOL_ERROR "RFC 9113 8.1" "trailers hold a pseudo-header field",
    /// A pseudo-header after a regular field.
    PseudoLate: Stream PROTOCOL_ERROR "RFC 9113 8.3" "a pseudo-header field follows a regular field",
    /// A mandatory pseudo-header is missing.
    PseudoMissing: Stream PROTOCOL_ERROR "RFC 9113 8.3.1" "a mandatory pseudo-header field is missing or empty",
    /// A pseudo-header that is not defined, or not for this direction.
    PseudoUnknown: Stream PROTOCOL_ERROR "RFC 9113 8.3" "a pseudo-header field is undefined, or not for this direction",
    /// PUSH_PROMISE at a server.
    PushAtServer: Connection PROTOCOL_ERROR "RFC 9113 8.4" "a client sent PUSH_PROMISE",
    /// PUSH_PROMISE although we disabled push and the peer acknowledged it.
    PushDisabled: Connection PROTOCOL_ERROR "RFC 9113 6.6" "PUSH_PROMISE although push is disabled",
    /// PUSH_PROMISE shorter than the identifier of the promised stream.
    PushLength: Connection FRAME_SIZE_ERROR "RFC 9113 6.6" "PUSH_PROMISE is too short",
    /// PUSH_PROMISE on or for a stream that it may not name.
    PushStream: Connection PROTOCOL_ERROR "RFC 9113 6.6" "PUSH_PROMISE names a stream that it may not name",
    /// RST_STREAM of a length other than 4.
    ResetLength: Connection FRAME_SIZE_ERROR "RFC 9113 6.4" "RST_STREAM does not have 4 octets",
    /// RST_STREAM on stream 0.
    ResetOnConnection: Connection PROTOCOL_ERROR "RFC 9113 6.4" "RST_STREAM on stream 0",
    /// An acknowledgement of SETTINGS that we did not send.
    SettingsAckUnexpected: Connection PROTOCOL_ERROR "RFC 9113 6.5.3" "an acknowledgement of SETTINGS that were not sent",
    /// SETTINGS with ACK and a payload.
    SettingsAckLength: Connection FRAME_SIZE_ERROR "RFC 9113 6.5" "an acknowledgement of SETTINGS has a payload",
    /// SETTINGS of a length that is no multiple of 6.
    SettingsLength: Connection FRAME_SIZE_ERROR "RFC 9113 6.5" "the length of SETTINGS is no multiple of 6",
    /// SETTINGS on a stream.
    SettingsOnStream: Connection PROTOCOL_ERROR "RFC 9113 6.5" "SETTINGS on a stream other than 0",
    /// :status missing or not three digits, or 101.
    StatusInvalid: Stream PROTOCOL_ERROR "RFC 9113 8.3.2" ":status is missing or not valid",
    /// DATA or HEADERS on a stream that the peer ended.
    StreamHalfClosed: Stream STREAM_CLOSED "RFC 9113 5.1" "a frame arrived on a stream that the peer had ended",
    /// DATA or HEADERS on a stream that both sides ended.
    StreamClosed: Connection STREAM_CLOSED "RFC 9113 5.1" "a frame arrived on a closed stream",
    /// More streams than we allow.
    StreamLimit: Stream REFUSED_STREAM "RFC 9113 5.1.2" "more streams than SETTINGS_MAX_CONCURRENT_STREAMS",
    /// te with a value other than trailers, or in a response.
    TeInvalid: Stream PROTOCOL_ERROR "RFC 9113 8.2.2" "te may only be 'trailers', and only in a request",
    /// A second head without END_STREAM.
    TrailersNoEndStream: Stream PROTOCOL_ERROR "RFC 9113 8.1" "trailers must end the stream",
    /// A frame is shorter than its fixed fields.
    TruncatedFrame: Connection FRAME_SIZE_ERROR "RFC 9113 4.2" "a frame is too short for its mandatory fields",
    /// WINDOW_UPDATE of a length other than 4.
    WindowUpdateLength: Connection FRAME_SIZE_ERROR "RFC 9113 6.9" "WINDOW_UPDATE does not have 4 octets",
    /// WINDOW_UPDATE overflows the connection's window.
    WindowOverflowConnection: Connection FLOW_CONTROL_ERROR "RFC 9113 6.9.1" "WINDOW_UPDATE overflows the connection's window",
    /// WINDOW_UPDATE overflows a stream's window.
    WindowOverflowStream: Stream FLOW_CONTROL_ERROR "RFC 9113 6.9.1" "WINDOW_UPDATE overflows a stream's window",
    /// WINDOW_UPDATE of zero on the connection.
    WindowZeroConnection: Connection PROTOCOL_ERROR "RFC 9113 6.9" "WINDOW_UPDATE of 0 for the connection",
    /// WINDOW_UPDATE of zero on a stream.
    WindowZeroStream: Stream PROTOCOL_ERROR "RFC 9113 6.9" "WINDOW_UPDATE of 0 for a stream",
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.explain(), self.code(), self.rfc())
    }
}

impl core::error::Error for Violation {}
