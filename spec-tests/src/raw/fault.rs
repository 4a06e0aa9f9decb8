//! What the implementation under test can do wrong on the wire: one variant per rule.

use std::fmt;

use super::hpack::reader::BlockFault;
use super::wire::kind;

/// A frame whose octets break its own format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameFault {
    /// Longer than the SETTINGS_MAX_FRAME_SIZE we gave (RFC 9113 4.2).
    TooLong {
        /// The largest payload allowed.
        max: u32,
    },
    /// The reserved bit of the head is set (RFC 9113 4.1).
    ReservedBit,
    /// A flag without a meaning for this type is set (RFC 9113 4.1). The unknown flags.
    UndefinedFlags(u8),
    /// Stream 0 where a stream is needed.
    StreamZero,
    /// A stream where the connection is meant.
    StreamNotZero,
    /// A length that this type cannot have.
    Length,
    /// Padding as long as the payload or longer (RFC 9113 6.1, 6.2).
    PaddingTooLong,
    /// Padding that is not zero (RFC 9113 6.1: a sender must not).
    PaddingNotZero,
    /// A reserved bit inside the payload is set.
    ReservedBitInside,
    /// A window increment of 0 (RFC 9113 6.9).
    ZeroIncrement,
    /// A SETTINGS acknowledgement with a payload (RFC 9113 6.5).
    AckWithPayload,
    /// A setting outside its range (RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1).
    SettingValue {
        /// Its identifier.
        id: u16,
        /// The value sent.
        value: u32,
    },
    /// A stream that depends on itself (RFC 7540 5.3.1).
    SelfDependency,
    /// A promised or prioritised stream of 0.
    TargetZero,
    /// A length field inside the payload that points beyond it (ALTSVC, ORIGIN).
    InnerLength,
    /// ALTSVC with an origin on a stream, or without one on stream 0 (RFC 7838 4).
    AltSvcOrigin,
}

/// Everything an implementation can do wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerFault {
    /// A malformed frame.
    Frame {
        /// Its type.
        kind: u8,
        /// Its stream.
        stream: u32,
        /// What is wrong.
        fault: FrameFault,
    },
    /// A malformed header block.
    Block {
        /// Its stream.
        stream: u32,
        /// What is wrong.
        fault: BlockFault,
    },
    /// A client whose first octets are not the preface (RFC 9113 3.4). The octets that came.
    Preface(Vec<u8>),
    /// The first frame is not SETTINGS (RFC 9113 3.4). Its type.
    FirstFrame(u8),
    /// A frame other than the block's CONTINUATION inside a header block (RFC 9113 4.3). Its type.
    InsideBlock(u8),
    /// CONTINUATION without a block in progress (RFC 9113 6.10).
    StrayContinuation(u32),
    /// An acknowledgement of SETTINGS that we did not send.
    UnaskedSettingsAck,
    /// An answer to a PING that we did not send.
    UnaskedPingAck([u8; 8]),
    /// A frame other than PRIORITY on a stream after its RST_STREAM (RFC 9113 5.1).
    AfterReset {
        /// The stream.
        stream: u32,
        /// The frame's type.
        kind: u8,
    },
    /// DATA or HEADERS after END_STREAM (RFC 9113 5.1).
    AfterEnd {
        /// The stream.
        stream: u32,
        /// The frame's type.
        kind: u8,
    },
    /// DATA before a final head (RFC 9113 8.1).
    DataBeforeHead(u32),
    /// A second final head: trailers without END_STREAM (RFC 9113 8.1).
    TrailersWithoutEnd(u32),
    /// An informational head with END_STREAM (RFC 9113 8.1).
    InformationalWithEnd(u32),
    /// A frame on a stream that nobody opened (RFC 9113 5.1).
    OnIdleStream {
        /// The stream.
        stream: u32,
        /// The frame's type.
        kind: u8,
    },
    /// A stream opened with an even identifier by a client, or with one not above all before (RFC 9113 5.1.1).
    StreamId(u32),
    /// More streams open than our SETTINGS_MAX_CONCURRENT_STREAMS allows (RFC 9113 5.1.2).
    TooManyStreams {
        /// Open now, the new one included.
        open: u32,
        /// The limit.
        limit: u32,
    },
    /// GOAWAY with a last stream above that of an earlier one (RFC 9113 6.8).
    GoAwayGrew {
        /// The earlier one.
        before: u32,
        /// The one that came now.
        now: u32,
    },
    /// PUSH_PROMISE by a client, or after ENABLE_PUSH=0 was acknowledged, or of an unfit stream (RFC 9113 6.6, 8.4).
    Push(u32),
    /// DATA beyond the window we gave (RFC 9113 6.9.1); stream 0 is the connection.
    BeyondWindow {
        /// The stream, or 0.
        stream: u32,
        /// By how many octets.
        excess: u64,
    },
    /// Credit that lifts our window above 2^31-1 (RFC 9113 6.9.1); stream 0 is the connection.
    WindowOverflow(u32),
    /// The byte stream ended inside a frame.
    EofInsideFrame,
}

impl fmt::Display for PeerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame {
                kind: k,
                stream,
                fault,
            } => {
                write!(
                    f,
                    "malformed {} ({k:#x}) on stream {stream}: {fault:?}",
                    kind::name(*k)
                )
            }
            Self::Block { stream, fault } => {
                write!(f, "malformed header block on stream {stream}: {fault:?}")
            }
            Self::Preface(octets) => {
                write!(f, "no preface but {:?}", octets.escape_ascii().to_string())
            }
            Self::FirstFrame(k) => write!(f, "the first frame is {} ({k:#x})", kind::name(*k)),
            Self::InsideBlock(k) => write!(f, "{} ({k:#x}) inside a header block", kind::name(*k)),
            Self::AfterReset { stream, kind: k } => {
                write!(
                    f,
                    "{} ({k:#x}) on stream {stream} after RST_STREAM",
                    kind::name(*k)
                )
            }
            Self::AfterEnd { stream, kind: k } => {
                write!(
                    f,
                    "{} ({k:#x}) on stream {stream} after END_STREAM",
                    kind::name(*k)
                )
            }
            Self::OnIdleStream { stream, kind: k } => {
                write!(
                    f,
                    "{} ({k:#x}) on stream {stream}, which is idle",
                    kind::name(*k)
                )
            }
            other => write!(f, "{other:?}"),
        }
    }
}

impl std::error::Error for PeerFault {}
