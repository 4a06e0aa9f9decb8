//! The seam between calls and connections.
//!
//! The machines of calls import this and nothing of a transport. The transport is an argument, like the time, and never
//! a field: the machines have no lifetimes, and a fake fits a page. [`proto`] puts the HTTP/2 core behind it.

pub mod proto;

pub use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};

use crate::{
    metadata::{Metadata, MetadataError},
    status::{ConnError, Status},
};
use bytes::Bytes;
use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

/// A connection. Never used twice, so that late events of a closed one are told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnId(pub u64);

/// A question for the addresses of a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ResolveId(pub u64);

/// The head of a request to be opened.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// `:path`.
    pub path: &'a [u8],
    /// `:authority`.
    pub authority: &'a [u8],
    /// Whether `:scheme` is `https`.
    pub https: bool,
    /// All other fields, the protocol's own included.
    pub fields: &'a Metadata,
    /// `grpc-timeout`, sent last; empty for none. It differs from call to call, so that it has no place in a table.
    pub timeout: &'a [u8],
}

/// One HTTP/2 connection as a call sees it.
pub trait Wire {
    /// Opens a stream with a request's head. It is never the end of the request.
    ///
    /// # Errors
    /// See [`OpenRefused`]. After [`OpenRefused::NoCapacity`] the event [`NetEvent::Capacity`] follows.
    fn open(&mut self, head: &RequestHead<'_>) -> Result<StreamRef, OpenRefused>;

    /// Sends the final head of a response; with `end` nothing follows.
    ///
    /// # Errors
    /// See [`SendRefused`].
    fn respond(
        &mut self,
        stream: StreamRef,
        status: u16,
        fields: &Metadata,
        end: bool,
    ) -> Result<(), SendRefused>;

    /// Takes `data` whole, and leaves it empty, while the stream's queue is below its mark; else it takes nothing, says
    /// `false`, and [`StreamEvent::Writable`] follows. `end` counts once `data` is taken. What is taken is shared, not
    /// copied.
    ///
    /// # Errors
    /// The stream has ended.
    fn send(&mut self, stream: StreamRef, data: &mut Bytes, end: bool)
    -> Result<bool, SendRefused>;

    /// Ends the message with trailers, behind all that is queued.
    ///
    /// # Errors
    /// See [`SendRefused`].
    fn trailers(&mut self, stream: StreamRef, fields: &Metadata) -> Result<(), SendRefused>;

    /// Drops what was taken and has not gone into a frame; returns the octets of the stream that have.
    ///
    /// # Errors
    /// The stream has ended.
    fn discard_unsent(&mut self, stream: StreamRef) -> Result<u64, SendRefused>;

    /// The octets of the stream's messages that have gone into frames; `u64::MAX` if the stream is gone, so that nothing
    /// can wait.
    fn framed(&mut self, stream: StreamRef) -> u64;

    /// Asks for [`StreamEvent::Drained`] once all that was taken is written.
    fn notify_drained(&mut self, stream: StreamRef);

    /// Resets the stream. Nothing more comes of it. Does nothing to a stream that has ended.
    fn reset(&mut self, stream: StreamRef, code: ErrorCode);

    /// Gives receive credit back. `connection` on receipt, `octets` (the stream's) when they are consumed. All received
    /// octets must come back once in each, also after the stream's end.
    fn release(&mut self, stream: StreamRef, octets: u32, connection: u32);

    /// Makes room for so many octets that a reader waits for.
    fn expect(&mut self, stream: StreamRef, octets: u32);

    /// Keeps the stream's place among those that the peer may have open, also after its end: its handler still works.
    fn hold(&mut self, stream: StreamRef);

    /// The handler is done with a stream that was [`hold`](Wire::hold).
    fn let_go(&mut self, stream: StreamRef);

    /// The largest head that the peer takes, in octets (RFC 9113 section 6.5.2); `u32::MAX` if it did not say.
    fn max_head(&self) -> u32;
}

/// Finds connections.
pub trait Wires {
    /// A connection that is open.
    fn wire(&mut self, id: ConnId) -> Option<&mut dyn Wire>;
}

/// Why a stream was not opened. Nothing was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenRefused {
    /// Not now: wait for [`NetEvent::Capacity`].
    NoCapacity,
    /// Never again on this connection: it goes away, or its identifiers are used up.
    Draining,
    /// The peer takes heads of at most this many octets.
    HeadTooLarge {
        /// What the peer takes, in octets.
        limit: u32,
    },
    /// A field could not be sent.
    BadHead,
}

/// Why nothing was sent on a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendRefused {
    /// The stream has ended, or this was sent already.
    Gone,
    /// The peer takes heads of at most this many octets.
    HeadTooLarge {
        /// What the peer takes, in octets.
        limit: u32,
    },
    /// Too much waits to be written: [`StreamEvent::Drained`] follows once [`Wire::notify_drained`] was called.
    Full,
    /// A field could not be sent.
    Refused,
}

/// What happened to a stream.
#[derive(Debug)]
pub enum StreamEvent<'i> {
    /// Server: a request.
    Request(Request<'i>),
    /// Client: the final head of the response.
    Response {
        /// `:status`.
        status: u16,
        /// All other fields.
        fields: Metadata,
        /// Whether nothing follows.
        end: bool,
    },
    /// A head or trailers that could be read by HTTP/2 but not by gRPC, or that were too large.
    BadHead {
        /// Whether the peer's side ends with it.
        end: bool,
        /// What is wrong.
        why: BadHead,
    },
    /// Octets of messages.
    Data {
        /// The octets.
        bytes: &'i [u8],
        /// Whether the peer's side ends with them.
        end: bool,
    },
    /// Trailers: the peer's side ends.
    Trailers(Metadata),
    /// `send` takes octets again.
    Writable,
    /// All that was taken when [`Wire::notify_drained`] was called is written.
    Drained,
    /// The stream ended before both sides had ended it. Nothing follows. A stream that both sides have ended, or that
    /// this side has reset, ends without an event.
    Ended {
        /// Who or what ended it.
        why: Why,
        /// Whether the peer may have acted on the request.
        processed: Processed,
    },
}

/// The head of a request that came in.
#[derive(Debug)]
pub struct Request<'i> {
    /// `:method`.
    pub method: &'i [u8],
    /// `:path`.
    pub path: &'i [u8],
    /// `:authority`; empty if there is none.
    pub authority: &'i [u8],
    /// All other fields.
    pub fields: Metadata,
    /// Whether nothing follows.
    pub end: bool,
}

/// What is wrong with a head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadHead {
    /// It is larger than what was advertised.
    TooLarge,
    /// A field breaks gRPC's rules.
    Field(MetadataError),
}

impl fmt::Display for BadHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadHead::TooLarge => f.write_str("received header block larger than max"),
            BadHead::Field(error) => error.fmt(f),
        }
    }
}

/// Who or what ended a stream.
#[derive(Clone, Debug)]
pub enum Why {
    /// The peer reset it with this code.
    PeerReset(u32),
    /// The transport reset it with this code: the peer broke a rule, or a limit was passed. The text says which.
    Faulted(u32, String),
    /// The peer's GOAWAY does not cover it.
    GoAway,
    /// The connection is lost; the event [`NetEvent::Closed`] says why.
    ConnectionLost,
}

/// Whether the peer may have acted on a request that ended early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Processed {
    /// Its head was never sent: it may be sent again any number of times.
    NeverSent,
    /// The peer says that it did not act on it: it may be sent again once.
    No,
    /// It may have.
    Perhaps,
}

/// What a channel needs of the world beside streams.
pub trait Net {
    /// Starts to connect. [`NetEvent::Connected`] or [`NetEvent::ConnectFailed`] follows, never before this returns.
    fn connect(&mut self, id: ConnId, to: &Endpoint, deadline: Instant);
    /// A connection that is open.
    fn wire(&mut self, id: ConnId) -> Option<&mut dyn Wire>;
    /// Ends a connection, or the attempt to make one.
    fn close(&mut self, id: ConnId, how: Close);
    /// Asks for the addresses of a name; [`NetEvent::Resolved`] follows, never before this returns.
    fn resolve(&mut self, id: ResolveId, target: &str);
    /// A number of which all are as likely; from a seed in tests.
    fn random(&mut self) -> u64;
}

/// How to end a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Close {
    /// Once its streams have ended.
    Drain,
    /// At once.
    Now,
}

/// Where a server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// Its address.
    pub addr: Addr,
}

/// An address.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Addr {
    /// TCP.
    Ip(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
    /// A name and a port, for the transport to resolve.
    Name(String, u16),
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Addr::Ip(at) => at.fmt(f),
            Addr::Unix(path) => write!(f, "unix:{}", path.display()),
            Addr::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// What happened to a channel's world.
#[derive(Debug)]
pub enum NetEvent<'i> {
    /// The transport is there, TLS included.
    Connected {
        /// Which.
        id: ConnId,
    },
    /// The peer's SETTINGS are here: it speaks HTTP/2.
    Ready {
        /// Which.
        id: ConnId,
    },
    /// The connection could not be made. Nothing more comes of it.
    ConnectFailed {
        /// Which.
        id: ConnId,
        /// Why.
        why: Arc<ConnError>,
    },
    /// Streams may be opened again.
    Capacity {
        /// Where.
        id: ConnId,
    },
    /// The peer opens no more streams here and takes none.
    GoAway {
        /// Which.
        id: ConnId,
        /// The HTTP/2 error code.
        code: u32,
        /// What the peer adds.
        debug: Bytes,
    },
    /// The connection has ended. All its streams' `Ended` came before.
    Closed {
        /// Which.
        id: ConnId,
        /// Why.
        why: Arc<ConnError>,
    },
    /// Something happened to a stream.
    Stream {
        /// The connection.
        id: ConnId,
        /// The stream.
        stream: StreamRef,
        /// What.
        event: StreamEvent<'i>,
    },
    /// The addresses of a name.
    Resolved {
        /// The question.
        id: ResolveId,
        /// The answer.
        result: Result<Vec<Endpoint>, Status>,
    },
}
