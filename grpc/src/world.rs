//! A whole world for a test: channels, servers, network, threads and clock, from one seed.
//!
//! Nothing here touches a socket or the system's clock. One thread runs at a time; which is next, how the network splits
//! what it carries and how long it takes, the seed decides; time moves when all wait. An hour's deadline passes in
//! microseconds, and what fails once fails again.
//!
//! ```
//! use bywash_grpc::{codec::Raw, method::{Method, Unary}, server::Service, world::World};
//! use bytes::Bytes;
//!
//! enum Tag {}
//! const ECHO: Method<Tag, Unary, Bytes, Bytes> = Method::new("/test.Echo/Echo", &Raw, &Raw);
//!
//! let world = World::new(7);
//! let node = world.serve(Service::new("test.Echo").unary(ECHO, |_, request| Ok(request)));
//! let channel = world.channel(&node);
//! world.run(|| {
//!     let reply = channel.call(ECHO, Some(&Bytes::from_static(b"hello"))).call().unwrap();
//!     assert_eq!(&*reply, b"hello");
//! });
//! ```

mod baton;
mod link;
mod net;
mod sim;
#[cfg(test)]
mod tests;

use crate::{
    channel::ChannelSpec,
    client::{Channel, ChannelParts},
    host::{Host, Slot},
    server::{Endings, ServerSpec, Service},
    wire::{Addr, Endpoint, Instant, proto},
};
use baton::Baton;
use bywash_proto::config::Config;
use sim::Sim;
use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Channels, servers, network, clock and threads of one test. Clones are the same world.
#[derive(Clone)]
pub struct World {
    baton: Arc<Baton>,
    _end: Arc<End>,
}

/// Lets the threads of a world go with its last handle.
struct End(Arc<Baton>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A server in a world, and the network around it.
#[derive(Clone)]
pub struct Node {
    baton: Arc<Baton>,
    index: usize,
}

impl World {
    /// A world whose chances are all drawn from `seed`.
    pub fn new(seed: u64) -> World {
        let baton = Baton::new(seed);
        World {
            _end: Arc::new(End(Arc::clone(&baton))),
            baton,
        }
    }

    /// A server of one service.
    pub fn serve<S>(&self, service: Service<S>) -> Node {
        let mut spec = ServerSpec::default();
        spec.add(service);
        self.serve_spec(spec)
    }

    /// A server with choices. It does not ping.
    pub fn serve_spec(&self, spec: ServerSpec) -> Node {
        let mut config = proto::server_config();
        // A world in which all wait should say so, and not ping for ever.
        config.timers.keepalive = None;
        self.serve_with(spec, config)
    }

    /// A server with choices, HTTP/2's included.
    ///
    /// # Panics
    /// If the choices contradict one another: see [`ServerSpec::check`].
    pub fn serve_with(&self, spec: ServerSpec, config: Config) -> Node {
        if let Err(text) = spec.check() {
            panic!("{text}");
        }
        let host: Arc<dyn Host> = self.baton.clone();
        let index = self.baton.sim().add_node(spec, config, host);
        Node {
            baton: Arc::clone(&self.baton),
            index,
        }
    }

    /// How the connections of channels speak HTTP/2 from here on.
    pub fn set_client_config(&self, config: Config) {
        self.baton.sim().set_client_config(config);
    }

    /// A channel to a server.
    pub fn channel(&self, to: &Node) -> Channel {
        self.channel_with(&[to], |parts| parts)
    }

    /// A channel to servers that are tried in turn, with choices.
    pub fn channel_with(
        &self,
        to: &[&Node],
        choose: impl FnOnce(ChannelParts) -> ChannelParts,
    ) -> Channel {
        let spec = ChannelSpec::new("world", "world", false);
        let home = self.baton.sim().next_home();
        let host: Arc<dyn Host> = self.baton.clone();
        let mail = self.baton.sim().mail();
        let mut parts = ChannelParts::new(home, spec, mail, host);
        parts.addresses = Some(to.iter().map(|node| node.endpoint()).collect());
        Channel::from_parts(choose(parts))
    }

    /// Runs a test as the world's first thread. Its panics are passed on.
    ///
    /// # Panics
    /// If code wanted to wait on a loop's thread, after `f` has returned: what a program's calls get as a status, and its
    /// log as a line, fails a test.
    pub fn run<T>(&self, f: impl FnOnce() -> T) -> T {
        let result = self.baton.enter(f);
        self.baton.check_refused();
        result
    }

    /// Starts another thread of this world. Threads made otherwise are not the world's, and must not call into it.
    pub fn spawn<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Task<T> {
        let task = Arc::new(Shared {
            result: Mutex::new(None),
            done: Slot::new(),
        });
        let (there, host) = (Arc::clone(&task), Arc::clone(&self.baton));
        let body = Box::new(move || {
            let result = f();
            *there.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            host.unpark(&there.done);
        });
        let spawned = self.baton.spawn("task", body);
        assert!(spawned.is_ok(), "the system has no more threads");
        Task {
            shared: task,
            baton: Arc::clone(&self.baton),
        }
    }

    /// Lets time pass. Only within [`run`](World::run) or [`spawn`](World::spawn).
    pub fn advance(&self, by: Duration) {
        let until = self.baton.now() + by;
        let slot = Slot::new();
        while self.baton.now() < until {
            self.baton.park(&slot, Some(until));
        }
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.baton.now()
    }

    /// The clock and the threads, for code that wants a [`Host`].
    pub fn host(&self) -> Arc<dyn Host> {
        self.baton.clone()
    }

    /// Calls that have not ended: at clients, at servers.
    pub fn open_calls(&self) -> (usize, usize) {
        self.baton.sim().open_calls()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "World({} ns)", self.now().as_nanos())
    }
}

struct Shared<T> {
    result: Mutex<Option<T>>,
    done: Slot,
}

/// A thread of a world.
pub struct Task<T> {
    shared: Arc<Shared<T>>,
    baton: Arc<Baton>,
}

impl<T> Task<T> {
    /// Waits for the thread's end.
    pub fn join(self) -> T {
        loop {
            let result = &self.shared.result;
            if let Some(result) = result.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return result;
            }
            self.baton.park(&self.shared.done, None);
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

impl Node {
    fn endpoint(&self) -> Endpoint {
        let port = u16::try_from(self.index + 1).unwrap_or(u16::MAX);
        Endpoint {
            addr: Addr::Ip(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut Sim) -> T) -> T {
        f(&mut self.baton.sim())
    }

    /// Breaks all connections to this node.
    pub fn cut(&self) {
        self.with(|sim| sim.cut(self.index));
    }

    /// Carries nothing to or from this node any more.
    pub fn stall(&self) {
        self.with(|sim| sim.set_stalled(self.index, true));
    }

    /// Carries what waits, and goes on.
    pub fn resume(&self) {
        self.with(|sim| sim.set_stalled(self.index, false));
    }

    /// Refuses new connections, or takes them again.
    pub fn refuse(&self, refuse: bool) {
        self.with(|sim| sim.set_refusing(self.index, refuse));
    }

    /// Carries at most so many octets at once.
    pub fn split_every(&self, octets: usize) {
        self.with(|sim| sim.set_chunk(self.index, octets.max(1)));
    }

    /// Takes so long for each way.
    pub fn latency(&self, each_way: Duration) {
        self.with(|sim| sim.set_latency(self.index, each_way));
    }

    /// Sends GOAWAY on all connections; what runs may finish.
    pub fn drain(&self) {
        self.with(|sim| sim.drain(self.index));
    }

    /// Drains, and after `grace` gives up what still runs.
    pub fn shutdown(&self, grace: Duration) {
        self.with(|sim| sim.shutdown(self.index, grace));
    }

    /// Times at which calls are to be woken, of those that have ended too.
    #[cfg(test)]
    pub(crate) fn wakes(&self) -> usize {
        self.with(|sim| sim.wakes(self.index))
    }

    /// How calls ended so far.
    pub fn endings(&self) -> Endings {
        self.with(|sim| sim.endings(self.index))
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.index)
    }
}
