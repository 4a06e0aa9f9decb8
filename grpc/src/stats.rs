//! What is told of calls and connections, for metrics and traces.
//!
//! A [`Stats`] is given to a server or a channel. It is asked at the beginning of each call for an object that hears of
//! the rest of it; nothing is paid for calls it does not want.
//!
//! ```
//! use bywash_grpc::{Server, stats::{Begin, CallStats, Event, Stats}, wire::Instant};
//! use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
//!
//! /// Counts the octets that a server has sent.
//! #[derive(Clone, Default)]
//! struct Sent(Arc<AtomicU64>);
//!
//! impl Stats for Sent {
//!     fn on_call(&self, _: &Begin<'_>) -> Option<Box<dyn CallStats>> {
//!         Some(Box::new(self.clone()))
//!     }
//! }
//!
//! impl CallStats for Sent {
//!     fn on_event(&mut self, _: Instant, event: &Event<'_>) {
//!         if let Event::OutPayload(payload) = event {
//!             self.0.fetch_add(payload.packed as u64, Ordering::Relaxed);
//!         }
//!     }
//! }
//!
//! let sent = Sent::default();
//! let builder = Server::builder().stats(sent.clone());
//! # drop(builder);
//! ```

use crate::{
    code::Code,
    host::Host,
    metadata::Metadata,
    panics::caught,
    status::{ConnError, Status},
    wire::Instant,
};
use std::{fmt, sync::Arc};

/// Which side tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The one that makes calls.
    Client,
    /// The one that serves them.
    Server,
}

/// A call that begins. A client tells of it where it is made, once filters and credentials have let it pass; a server
/// when its head has come and is one of gRPC's.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// Who tells.
    pub side: Side,
    /// `/package.Service/Method`.
    pub path: &'a str,
    /// Server: a service has this method, or the fallback takes it. Where that is not so, the path is whatever the client
    /// likes, and metrics should count all such calls as one method.
    pub known: bool,
    /// The time, by the clock that all events of this channel or server go by.
    pub at: Instant,
    /// The client's address at a server, the channel's authority at a client.
    pub peer: &'a str,
    /// When the call ends at the latest.
    pub deadline: Option<Instant>,
    /// Whether the client sends any number of messages, as far as this side knows.
    pub client_streams: bool,
    /// Whether the server sends any number of messages, as far as this side knows; a server does not.
    pub server_streams: bool,
}

/// A message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payload {
    /// Its octets.
    pub size: usize,
    /// Its octets on the wire, compressed as they may be, without the prefix of five.
    pub packed: usize,
}

/// Something that happened to a call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Client: the call has a stream. More than once for a call that the library made again.
    Attempt {
        /// Which attempt, from 0.
        number: u32,
    },
    /// The head was sent: a client's request, a server's response.
    OutHeader(&'a Metadata),
    /// The head has come.
    InHeader(&'a Metadata),
    /// Client: the call was given a message, which is sent once there is a stream. Server: the transport was.
    OutPayload(Payload),
    /// A message has come.
    InPayload(Payload),
    /// A server sends trailers; these are the application's.
    OutTrailer(&'a Metadata),
    /// Trailers have come.
    InTrailer(&'a Metadata),
    /// The call is over. Once, and last.
    End(&'a Result<(), Status>),
}

/// Something that happened to a connection.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ConnEvent<'a> {
    /// It is there, TLS included.
    Begin,
    /// Client: it could not be made.
    Failed(&'a ConnError),
    /// Client: the server takes no more calls on it.
    GoAway {
        /// The HTTP/2 error code.
        code: u32,
        /// What the server adds.
        debug: &'a [u8],
    },
    /// It has ended, and why.
    End(&'a ConnError),
}

/// A connection.
#[derive(Clone, Copy, Debug)]
pub struct Conn<'a> {
    /// Who tells.
    pub side: Side,
    /// Its number, never used twice by one channel or loop.
    pub id: u64,
    /// The client's address at a server, the channel's target at a client.
    pub peer: &'a str,
}

/// Hears of calls and connections. Runs on loop threads, and where calls are made: it must not block. Panics harm nobody
/// else: a call is not told to one that panics at its beginning.
pub trait Stats: Send + Sync + 'static {
    /// A call begins. What is returned hears of the rest of it; `None` costs nothing more.
    fn on_call(&self, begin: &Begin<'_>) -> Option<Box<dyn CallStats>>;

    /// Something happened to a connection.
    fn on_connection(&self, _at: Instant, _conn: &Conn<'_>, _event: &ConnEvent<'_>) {}
}

/// Hears of one call. Must not block. One that panics hears no more.
pub trait CallStats: Send {
    /// Something happened.
    fn on_event(&mut self, at: Instant, event: &Event<'_>);
}

/// Those who hear, in the order in which they were added. Clones are cheap.
#[derive(Clone, Default)]
pub struct StatsList(Option<Arc<Vec<Arc<dyn Stats>>>>);

impl StatsList {
    /// Adds one.
    pub fn add(&mut self, stats: impl Stats) {
        let list = self.0.get_or_insert_default();
        Arc::make_mut(list).push(Arc::new(stats));
    }

    /// Whether nobody hears.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|list| list.is_empty())
    }

    fn iter(&self) -> impl Iterator<Item = &Arc<dyn Stats>> {
        self.0.iter().flat_map(|list| list.iter())
    }

    pub(crate) fn begin(&self, begin: &Begin<'_>, host: &Arc<dyn Host>) -> Recorders {
        let hear = |one: &Arc<dyn Stats>| caught(|| one.on_call(begin)).flatten();
        let list: Vec<_> = self.iter().filter_map(hear).collect();
        Recorders {
            host: (!list.is_empty()).then(|| Arc::clone(host)),
            list,
        }
    }

    pub(crate) fn connection(&self, at: Instant, conn: &Conn<'_>, event: &ConnEvent<'_>) {
        for one in self.iter() {
            // What it did not hear is its own loss.
            let _ = caught(|| one.on_connection(at, conn, event));
        }
    }
}

impl fmt::Debug for StatsList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatsList({})", self.iter().count())
    }
}

/// Those who hear of one call. Dropped before its end they hear of one all the same.
#[derive(Default)]
pub(crate) struct Recorders {
    list: Vec<Box<dyn CallStats>>,
    host: Option<Arc<dyn Host>>,
}

impl Recorders {
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn tell(&mut self, event: &Event<'_>) {
        if let Some(host) = &self.host {
            let now = host.now();
            self.list
                .retain_mut(|one| caught(|| one.on_event(now, event)).is_some());
        }
    }

    pub(crate) fn end(&mut self, result: &Result<(), Status>) {
        self.tell(&Event::End(result));
        self.host = None;
        self.list.clear();
    }
}

impl Drop for Recorders {
    fn drop(&mut self) {
        if self.host.is_some() {
            let text = "the loop has ended under the call";
            self.end(&Err(Status::local(Code::Unavailable, text)));
        }
    }
}
