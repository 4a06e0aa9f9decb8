//! What a call of the program could not do. Nothing was sent, nothing was lost.

use super::HeadError;
use core::fmt;

/// Why a request could not be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The connection is shutting down, or the peer sent GOAWAY: use another connection.
    Draining,
    /// The head breaks a rule.
    Head(HeadError),
    /// The head is larger than the peer's MAX_HEADER_LIST_SIZE: sizes in octets.
    HeadTooLarge {
        /// Size of this head (RFC 9113 6.5.2).
        size: u32,
        /// What the peer accepts.
        limit: u32,
    },
    /// All identifiers are used up: use another connection.
    IdsExhausted,
    /// The peer allows no further stream now; [`Event::CanOpen`](crate::event::Event::CanOpen) follows.
    Limit,
    /// The peer did not enable extended CONNECT (RFC 8441 3).
    NoExtendedConnect,
    /// Too many bytes wait to be written; [`Event::CanOpen`](crate::event::Event::CanOpen) follows.
    OutputFull,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draining => {
                f.write_str("the connection is going away: open the request on another one")
            }
            Self::Head(error) => fmt::Display::fmt(error, f),
            Self::HeadTooLarge { size, limit } => {
                write!(
                    f,
                    "the head has {size} octets, but the peer takes at most {limit}"
                )
            }
            Self::IdsExhausted => {
                f.write_str("the connection has no stream identifier left: open another one")
            }
            Self::Limit => f.write_str("the peer allows no further stream now: wait for CanOpen"),
            Self::NoExtendedConnect => f.write_str("the peer did not enable extended CONNECT"),
            Self::OutputFull => {
                f.write_str("too many bytes wait to be written: flush, then wait for CanOpen")
            }
        }
    }
}

impl core::error::Error for OpenError {}

/// Why something could not be sent on a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SendError {
    /// The stream has ended, or never existed on this connection.
    Gone,
    /// The head breaks a rule.
    Head(HeadError),
    /// The head is larger than the peer's MAX_HEADER_LIST_SIZE: sizes in octets.
    HeadTooLarge {
        /// Size of this head (RFC 9113 6.5.2).
        size: u32,
        /// What the peer accepts.
        limit: u32,
    },
    /// The body would not match the content-length that the head announced.
    Length,
    /// The final head has not been sent yet.
    NoHead,
    /// Too many bytes wait to be written: flush first.
    OutputFull,
    /// The sending side has ended already, or the final head was sent already.
    Sequence,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the stream has ended"),
            Self::Head(error) => fmt::Display::fmt(error, f),
            Self::HeadTooLarge { size, limit } => {
                write!(
                    f,
                    "the head has {size} octets, but the peer takes at most {limit}"
                )
            }
            Self::Length => f.write_str("the body would not match the announced content-length"),
            Self::NoHead => f.write_str("the final head must be sent before the body"),
            Self::OutputFull => f.write_str("too many bytes wait to be written: flush first"),
            Self::Sequence => f.write_str("this part of the message was sent already"),
        }
    }
}

impl core::error::Error for SendError {}

/// Why flow-control credit could not be given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReleaseError {
    /// More than the connection has outstanding, octets.
    Connection {
        /// What was outstanding.
        outstanding: u32,
    },
    /// More than the stream has outstanding, octets.
    Stream {
        /// What was outstanding.
        outstanding: u32,
    },
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { outstanding } => {
                write!(
                    f,
                    "only {outstanding} octets are outstanding on the connection"
                )
            }
            Self::Stream { outstanding } => {
                write!(f, "only {outstanding} octets are outstanding on the stream")
            }
        }
    }
}

impl core::error::Error for ReleaseError {}

/// What is wrong with a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The connection has ended: there is nobody to be told.
    Closed,
    /// The connection's receive window must be from 65 535 to 2^31-1.
    ConnectionWindow(u32),
    /// A setting that this crate knows was given as a custom one.
    CustomSetting(u16),
    /// ENABLE_CONNECT_PROTOCOL was 1 and cannot be taken back (RFC 8441 3).
    EnableConnectRevoked,
    /// A limit is too small for the protocol to work: its field's name.
    LimitTooSmall(&'static str),
    /// INITIAL_WINDOW_SIZE must be at most 2^31-1.
    InitialWindow(u32),
    /// MAX_FRAME_SIZE must be from 16 384 to 16 777 215.
    MaxFrameSize(u32),
    /// NO_RFC7540_PRIORITIES can only be sent in the first SETTINGS (RFC 9218 2.1).
    PrioritiesLate,
    /// Too many SETTINGS wait for their acknowledgement.
    TooManyInFlight,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the connection has ended"),
            Self::ConnectionWindow(n) => {
                write!(f, "connection window {n} is outside of 65535 to 2147483647")
            }
            Self::CustomSetting(id) => {
                write!(f, "setting {id:#x} is no custom one: use its own field")
            }
            Self::EnableConnectRevoked => {
                f.write_str("ENABLE_CONNECT_PROTOCOL cannot be taken back")
            }
            Self::LimitTooSmall(name) => {
                write!(f, "limit {name} is too small for the protocol to work")
            }
            Self::InitialWindow(n) => write!(f, "INITIAL_WINDOW_SIZE {n} is above 2147483647"),
            Self::MaxFrameSize(n) => {
                write!(f, "MAX_FRAME_SIZE {n} is outside of 16384 to 16777215")
            }
            Self::PrioritiesLate => {
                f.write_str("NO_RFC7540_PRIORITIES can only stand in the first SETTINGS")
            }
            Self::TooManyInFlight => {
                f.write_str("too many SETTINGS wait for their acknowledgement")
            }
        }
    }
}

impl core::error::Error for ConfigError {}

/// Too many PINGs wait for their answers, or the connection has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PingError;

impl fmt::Display for PingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many PINGs wait for their answers, or the connection has ended")
    }
}

impl core::error::Error for PingError {}

/// Why an extension frame could not be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ExtensionError {
    /// The connection has ended.
    Closed,
    /// The type is one of RFC 9113's own.
    Core,
    /// Too many bytes wait to be written: flush first.
    OutputFull,
    /// The payload is larger than the peer's MAX_FRAME_SIZE, octets.
    TooLarge {
        /// What the peer takes.
        limit: u32,
    },
}

impl fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the connection has ended"),
            Self::Core => f.write_str("frames of RFC 9113 itself cannot be sent as extensions"),
            Self::OutputFull => f.write_str("too many bytes wait to be written: flush first"),
            Self::TooLarge { limit } => {
                write!(f, "the peer takes frames of at most {limit} octets")
            }
        }
    }
}

impl core::error::Error for ExtensionError {}
