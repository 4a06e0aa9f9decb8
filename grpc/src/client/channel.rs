//! A channel, as callers hold it.

use super::{
    letter::{Kind, Letter, Post, Ringing},
    watch::Watch,
};
use crate::{
    channel::{ChannelSpec, ChannelState},
    compress::{DEFAULT_THRESHOLD, Registry},
    content_type,
    credentials::CallCredentials,
    filter::ClientFilter,
    framing::{DEFAULT_MAX_RECEIVE, DEFAULT_MAX_SEND},
    host::{Host, Slot, on_loop},
    listeners,
    metadata::{Metadata, MetadataError},
    pipe::Ring,
    stats::StatsList,
    wire::Endpoint,
};
use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// A channel to one target. One pointer; clones are the same channel. Does no I/O until its first call or
/// [`connect`](Channel::connect). With its last clone it is closed: keep one for as long as its calls shall go on.
#[derive(Clone)]
pub struct Channel(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) home: u64,
    pub(super) post: Arc<dyn Post>,
    pub(super) ring: Arc<dyn Ring>,
    pub(super) host: Arc<dyn Host>,
    pub(super) registry: Registry,
    /// What every request says, with the content type of protobuf's messages.
    pub(super) common: Result<Metadata, MetadataError>,
    pub(super) filters: Vec<Box<dyn ClientFilter>>,
    pub(super) max_recv: usize,
    pub(super) max_send: usize,
    pub(super) threshold: usize,
    pub(super) credentials: Vec<Arc<dyn CallCredentials>>,
    pub(super) stats: StatsList,
    pub(super) authority: Arc<str>,
    pub(super) secure: bool,
    pub(super) calls: AtomicU64,
    watch: Arc<Watch>,
    _keeps: Option<Box<dyn Any + Send + Sync>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.post.post(Letter(Kind::Close(self.home)));
    }
}

/// What a channel is made of.
pub struct ChannelParts {
    /// Its number on its loop, below 2^32.
    pub home: u64,
    /// The target and how it is connected to.
    pub spec: ChannelSpec,
    /// The target's addresses, if they need not be asked for.
    pub addresses: Option<Vec<Endpoint>>,
    /// The way to the loop.
    pub post: Arc<dyn Post>,
    /// Clock and threads.
    pub host: Arc<dyn Host>,
    /// The encodings known.
    pub registry: Registry,
    /// What stands before the library's name in `user-agent`; may be empty.
    pub user_agent: String,
    /// Filters, the outermost first.
    pub filters: Vec<Box<dyn ClientFilter>>,
    /// The most octets of a received message.
    pub max_recv: usize,
    /// The most octets of a sent message.
    pub max_send: usize,
    /// Messages of fewer octets are not compressed.
    pub threshold: usize,
    /// Credentials of every call.
    pub credentials: Vec<Arc<dyn CallCredentials>>,
    /// What is told of calls and connections.
    pub stats: StatsList,
    /// Lives as long as the channel.
    pub keeps: Option<Box<dyn Any + Send + Sync>>,
}

impl ChannelParts {
    /// The usual choices.
    pub fn new(
        home: u64,
        spec: ChannelSpec,
        post: Arc<dyn Post>,
        host: Arc<dyn Host>,
    ) -> ChannelParts {
        ChannelParts {
            home,
            spec,
            addresses: None,
            post,
            host,
            registry: Registry::standard(),
            user_agent: String::new(),
            filters: Vec::new(),
            max_recv: DEFAULT_MAX_RECEIVE,
            max_send: DEFAULT_MAX_SEND,
            threshold: DEFAULT_THRESHOLD,
            credentials: Vec::new(),
            stats: listeners::usual(),
            keeps: None,
        }
    }
}

/// Bits of a connection's name that tell connections of one channel apart.
pub(super) const HOME_SHIFT: u32 = 32;

impl Channel {
    /// Makes a channel on a loop.
    pub fn from_parts(parts: ChannelParts) -> Channel {
        let watch = Arc::new(Watch::default());
        let spec = ChannelSpec {
            first_conn: parts.home << HOME_SHIFT,
            ..parts.spec
        };
        let (authority, secure) = (Arc::clone(&spec.authority), spec.https);
        let added = parts.post.post(Letter(Kind::Add {
            home: parts.home,
            stats: parts.stats.clone(),
            spec,
            addresses: parts.addresses,
            watch: Arc::clone(&watch),
        }));
        if !added {
            watch.set(ChannelState::Shutdown, None);
        }
        let library = concat!("bywash/", env!("CARGO_PKG_VERSION"));
        let user_agent = [parts.user_agent.as_str(), library].join(" ");
        let common = common_head(user_agent.trim_start(), parts.registry.accept());
        Channel(Arc::new(Inner {
            home: parts.home,
            ring: Arc::new(Ringing(Arc::clone(&parts.post))),
            post: parts.post,
            host: parts.host,
            registry: parts.registry,
            common,
            filters: parts.filters,
            max_recv: parts.max_recv,
            max_send: parts.max_send,
            threshold: parts.threshold,
            credentials: parts.credentials,
            stats: parts.stats,
            authority,
            secure,
            calls: AtomicU64::new(0),
            watch,
            _keeps: parts.keeps,
        }))
    }

    pub(super) fn next_call(&self) -> u64 {
        self.0.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// How the channel is, as far as its loop has told.
    pub fn state(&self) -> ChannelState {
        self.0.watch.state()
    }

    /// Waits until the channel is in another state than `from`, for so long at most; returns the state. On a loop's
    /// thread, which must not wait, it returns at once.
    pub fn wait_for_state_change(&self, from: ChannelState, longest: Duration) -> ChannelState {
        let host = &self.0.host;
        let until = host.now() + longest;
        loop {
            let slot = Arc::new(Slot::new());
            let state = self.0.watch.wait_in(from, &slot);
            let waits = state == from && host.now() < until && !on_loop();
            if waits {
                host.park(&slot, Some(until));
            }
            self.0.watch.leave(&slot);
            if !waits {
                return state;
            }
        }
    }

    /// Threads that are said to wait for another state.
    #[cfg(test)]
    pub(crate) fn watchers(&self) -> usize {
        self.0.watch.waiting()
    }

    /// Connects, if the channel is idle, without waiting for it.
    pub fn connect(&self) {
        self.0.post.post(Letter(Kind::Connect(self.0.home)));
    }

    /// Closes the channel, for all its clones: calls end with CANCELLED.
    pub fn close(&self) {
        self.0.post.post(Letter(Kind::Close(self.0.home)));
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({:?})", self.state())
    }
}

fn common_head(user_agent: &str, accept: &str) -> Result<Metadata, MetadataError> {
    let mut head = Metadata::new();
    head.push_reserved("content-type", content_type::BASE.as_bytes())?;
    head.push_reserved("te", b"trailers")?;
    head.push_reserved("user-agent", user_agent.as_bytes())?;
    head.push_reserved("grpc-accept-encoding", accept.as_bytes())?;
    Ok(head)
}
