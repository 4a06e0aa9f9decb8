//! What a server is made of.

use super::{
    routes::Routes,
    service::{Limits, Service},
};
use crate::{
    codec::Raw,
    compress::{DEFAULT_THRESHOLD, Registry},
    ctx::Ctx,
    filter::{Around, ServerFilter},
    framing::{DEFAULT_MAX_RECEIVE, DEFAULT_MAX_SEND},
    listeners,
    method::{Bidi, Method},
    pool::Pool,
    reactor::Reactor,
    stats::{Stats, StatsList},
    status::Status,
    stream::{Receiver, Sender},
};
use bytes::Bytes;
use std::fmt;

/// What a server is: its services and its choices. Shared by all loops.
pub struct ServerSpec {
    pub(super) routes: Routes,
    pub(super) filters: Vec<Box<dyn ServerFilter>>,
    pub(super) arounds: Vec<Box<dyn Around>>,
    pub(super) registry: Registry,
    pub(super) pool: Pool,
    /// Messages of fewer octets are not compressed.
    pub(super) threshold: usize,
    pub(super) stats: StatsList,
    limits: Limits,
}

impl Default for ServerSpec {
    fn default() -> ServerSpec {
        ServerSpec {
            routes: Routes::default(),
            filters: Vec::new(),
            arounds: Vec::new(),
            registry: Registry::default(),
            pool: Pool::default(),
            threshold: DEFAULT_THRESHOLD,
            stats: listeners::usual(),
            limits: Limits::default(),
        }
    }
}

/// Whatever nobody else has.
enum Any {}

/// Stands for every method of it; the path is the call's.
const ANY: Method<Any, Bidi, Bytes, Bytes> = Method::new("/any/any", &Raw, &Raw);

impl ServerSpec {
    /// Adds a service.
    ///
    /// # Panics
    /// If there is one of that name: a programmer's mistake, seen at the start.
    pub fn add<S>(&mut self, service: Service<S>) {
        let name = service.name();
        assert!(
            self.routes.add(service),
            "the service {name} is there twice"
        );
    }

    /// Serves calls of methods that no service has by a function on a thread of the pool: proxies and gateways. The
    /// method is [`Ctx::path`]; messages are what the client sent, inflated. A path that is none is still refused.
    pub fn set_fallback(
        &mut self,
        f: impl Fn(&Ctx, Receiver<Bytes>, Sender<Bytes>) -> Result<(), Status> + Send + Sync + 'static,
    ) {
        let service = Service::new("").bidi(ANY, f);
        self.add_fallback(service);
    }

    /// The same by an object per call, on the loop.
    pub fn set_fallback_reactor<H: Reactor<Bytes, Bytes>>(
        &mut self,
        new: impl Fn(&Ctx) -> Result<H, Status> + Send + Sync + 'static,
    ) {
        let service = Service::new("").reactor(ANY, new);
        self.add_fallback(service);
    }

    fn add_fallback(&mut self, service: Service<Any>) {
        for mut entry in service.into_entries() {
            entry.path = "".into();
            self.routes.set_fallback(entry);
        }
    }

    /// Sends messages of fewer octets as they are, whatever encoding was agreed. Default
    /// [`DEFAULT_THRESHOLD`].
    pub fn set_threshold(&mut self, octets: usize) {
        self.threshold = octets;
    }

    /// Adds a filter, inside of those before it.
    pub fn add_filter(&mut self, filter: impl ServerFilter) {
        self.filters.push(Box::new(filter));
    }

    /// Tells of calls and connections.
    pub fn add_stats(&mut self, stats: impl Stats) {
        self.stats.add(stats);
    }

    /// Wraps handlers, inside of what was added before.
    pub fn add_around(&mut self, around: impl Around) {
        self.arounds.push(Box::new(around));
    }

    /// Checks what only the whole can tell.
    ///
    /// # Errors
    /// A method that runs on the loop cannot be wrapped by an [`Around`], which may block: the text names it.
    pub fn check(&self) -> Result<(), String> {
        match self.routes.on_loop().next() {
            Some(path) if !self.arounds.is_empty() => Err(format!(
                "{path} runs on the loop, where nothing may be around it: use a filter, or move it to a pool"
            )),
            _ => Ok(()),
        }
    }

    /// Sets the encodings known.
    pub fn set_registry(&mut self, registry: Registry) {
        self.registry = registry;
    }

    /// Sets the pool of methods that have none of their own.
    pub fn set_pool(&mut self, pool: Pool) {
        self.pool = pool;
    }

    /// The pool of methods that have none of their own.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// All pools that handlers run on.
    pub(crate) fn pools(&self) -> impl Iterator<Item = &Pool> {
        [&self.pool].into_iter().chain(self.routes.pools())
    }

    pub(super) fn max_receive(&self, own: &Limits) -> usize {
        let limit = own.max_recv.or(self.limits.max_recv);
        limit.unwrap_or(DEFAULT_MAX_RECEIVE)
    }

    pub(super) fn max_send(&self, own: &Limits) -> usize {
        let limit = own.max_send.or(self.limits.max_send);
        limit.unwrap_or(DEFAULT_MAX_SEND)
    }

    /// Sets the limits of methods that have none of their own.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }
}

impl fmt::Debug for ServerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSpec")
    }
}
