//! Why a stream or a connection ended.

use super::Violation;
use crate::vocabulary::ErrorCode;
use core::fmt;

/// A bound of [`Limits`](crate::config::Limits) that a peer ran into. The name stands in the debug
/// data of the GOAWAY that follows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum LimitName {
    /// Octets or frames of one field block.
    BlockSize,
    /// PING and SETTINGS per time.
    Control,
    /// WINDOW_UPDATEs that let only crumbs of DATA through.
    Dribble,
    /// DATA and CONTINUATION frames without content per time.
    EmptyFrames,
    /// Octets of heads held for open streams.
    HeadBytes,
    /// Size of one decoded field list beyond the hard bound.
    HeaderList,
    /// Informational responses per time.
    Informational,
    /// PINGs more often than [`PingPolicy`](crate::config::PingPolicy) allows.
    Pings,
    /// PRIORITY and PRIORITY_UPDATE frames per time.
    Priority,
    /// Streams reset by the peer, or by us through its fault, per time.
    Resets,
    /// Entries of one SETTINGS frame.
    SettingsEntries,
    /// Small DATA frames that nobody drains.
    TinyData,
    /// Frames of unknown types per time.
    UnknownFrames,
}

impl LimitName {
    /// The name on the wire, in debug data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlockSize => "block-size",
            Self::Control => "control-frames",
            Self::Dribble => "window-dribble",
            Self::EmptyFrames => "empty-frames",
            Self::HeadBytes => "head-bytes",
            Self::HeaderList => "header-list",
            Self::Informational => "informational-responses",
            // gRPC's word, which its clients look for.
            Self::Pings => "too_many_pings",
            Self::Priority => "priority-frames",
            Self::Resets => "resets",
            Self::SettingsEntries => "settings-entries",
            Self::TinyData => "tiny-data",
            Self::UnknownFrames => "unknown-frames",
        }
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A deadline of [`Timers`](crate::config::Timers) that passed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum TimeoutKind {
    /// A field block was not finished in time.
    Block,
    /// Nothing happened for the idle time.
    Idle,
    /// No answer to a keepalive PING.
    Keepalive,
    /// Preface and first SETTINGS did not come in time.
    Preface,
    /// Queued data made no progress.
    Progress,
    /// Our SETTINGS were not acknowledged in time.
    SettingsAck,
    /// The streams did not end in time after a shutdown.
    Shutdown,
}

impl TimeoutKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Block => "a field block was not finished in time",
            Self::Idle => "the connection was idle for too long",
            Self::Keepalive => "a keepalive PING was not answered in time",
            Self::Preface => "preface and SETTINGS did not come in time",
            Self::Progress => "queued data made no progress in time",
            Self::SettingsAck => "SETTINGS were not acknowledged in time",
            Self::Shutdown => "streams were still open when the time to shut down was over",
        }
    }

    pub(crate) const fn code(self) -> ErrorCode {
        match self {
            Self::Block | Self::Progress => ErrorCode::ENHANCE_YOUR_CALM,
            Self::Idle | Self::Shutdown => ErrorCode::NO_ERROR,
            Self::Keepalive => ErrorCode::NO_ERROR,
            Self::Preface => ErrorCode::PROTOCOL_ERROR,
            Self::SettingsAck => ErrorCode::SETTINGS_TIMEOUT,
        }
    }
}

impl fmt::Display for TimeoutKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a request that ended early may be sent again without fear of doing things twice
/// (RFC 9113 8.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Retry {
    /// The head never left this machine's core: nobody has seen it.
    NeverSent,
    /// The peer says that it did not process it: REFUSED_STREAM, or above GOAWAY's last identifier.
    NotProcessed,
    /// The peer may have acted on it.
    MayHaveBeenProcessed,
}

impl Retry {
    /// Whether any request, idempotent or not, may be sent again.
    pub const fn is_safe(self) -> bool {
        !matches!(self, Self::MayHaveBeenProcessed)
    }
}

/// Who or what ended a stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum EndedBy {
    /// The connection ended under it; its [`CloseReason`] follows in the last event.
    Connection,
    /// The peer's GOAWAY does not cover it.
    GoAway,
    /// A limit of ours.
    Limit(LimitName),
    /// The peer's RST_STREAM.
    Peer,
    /// A deadline of ours.
    Timeout(TimeoutKind),
    /// The peer broke a rule; we sent RST_STREAM.
    Violation(Violation),
}

/// How a stream ended that did not end with both END_STREAMs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StreamEnd {
    /// The error code, the peer's or ours.
    pub code: ErrorCode,
    /// Who or what ended it.
    pub by: EndedBy,
    /// Whether the request may be sent again.
    pub retry: Retry,
}

impl fmt::Display for StreamEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            EndedBy::Connection => {
                write!(f, "the connection ended under the stream ({})", self.code)
            }
            EndedBy::GoAway => write!(
                f,
                "the peer is going away and did not process the stream ({})",
                self.code
            ),
            EndedBy::Limit(limit) => {
                write!(f, "the stream ran into the limit {limit} ({})", self.code)
            }
            EndedBy::Peer => write!(f, "the peer reset the stream ({})", self.code),
            EndedBy::Timeout(kind) => write!(f, "{kind} ({})", self.code),
            EndedBy::Violation(violation) => write!(f, "the peer broke a rule: {violation}"),
        }
    }
}

impl core::error::Error for StreamEnd {}

/// Why a connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// The program closed it with this code.
    Closed(ErrorCode),
    /// The peer spoke another protocol: HTTP/1, TLS, or neither.
    NotHttp2(OtherProtocol),
    /// The peer ended the transport in the middle of something.
    Eof,
    /// A shutdown, ours or the peer's, ran to its end: no stream was lost.
    Finished,
    /// The peer sent GOAWAY with an error.
    GoAway(ErrorCode),
    /// The peer ran into a limit; GOAWAY ENHANCE_YOUR_CALM names it.
    Limit(LimitName),
    /// A deadline passed.
    Timeout(TimeoutKind),
    /// The transport failed.
    Transport,
    /// The peer broke a rule of the connection.
    Violation(Violation),
}

/// What a peer spoke instead of HTTP/2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OtherProtocol {
    /// An HTTP/1 request; answered with 505.
    Http1,
    /// A TLS hello on a plain connection; answered with a fatal alert.
    Tls,
    /// None that is known here.
    Unknown,
}

impl CloseReason {
    /// The code that a GOAWAY carries for this reason.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Closed(code) | Self::GoAway(code) => code,
            Self::NotHttp2(_) => ErrorCode::PROTOCOL_ERROR,
            Self::Eof | Self::Finished | Self::Transport => ErrorCode::NO_ERROR,
            Self::Limit(_) => ErrorCode::ENHANCE_YOUR_CALM,
            Self::Timeout(kind) => kind.code(),
            Self::Violation(violation) => violation.code(),
        }
    }

    /// Whether the peer is to blame.
    pub const fn is_peer_fault(self) -> bool {
        matches!(
            self,
            Self::NotHttp2(_) | Self::Limit(_) | Self::Violation(_)
        )
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(code) => write!(f, "closed by the program ({code})"),
            Self::NotHttp2(OtherProtocol::Http1) => f.write_str("the peer speaks HTTP/1"),
            Self::NotHttp2(OtherProtocol::Tls) => {
                f.write_str("the peer speaks TLS on a plain connection")
            }
            Self::NotHttp2(OtherProtocol::Unknown) => f.write_str("the peer does not speak HTTP/2"),
            Self::Eof => f.write_str("the peer ended the transport while streams were open"),
            Self::Finished => f.write_str("finished"),
            Self::GoAway(code) => write!(f, "the peer went away ({code})"),
            Self::Limit(limit) => write!(f, "the peer ran into the limit {limit}"),
            Self::Timeout(kind) => fmt::Display::fmt(kind, f),
            Self::Transport => f.write_str("the transport failed"),
            Self::Violation(violation) => write!(f, "the peer broke a rule: {violation}"),
        }
    }
}

impl core::error::Error for CloseReason {}
