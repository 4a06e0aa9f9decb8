//! Building, running and ending a server.

use super::{
    host::{LoopHost, options},
    lead::Lead,
    server::{Bell, Driven, Loop, Message},
};
use crate::{
    compress::Registry,
    ctx::Ctx,
    filter::{Around, ServerFilter},
    host::Host,
    pipe::Ring,
    pool::Pool,
    server::{Endings, Limits, Receiver, Sender, ServerCore, ServerSpec, Service},
    stats::Stats,
    status::Status,
    wire::proto,
};
use bytes::Bytes;
use bywash_mio::{Acceptor, EventLoop, Group, Handle, Listen};
use bywash_proto::config::{Config, Keepalive, PingPolicy};
use std::{
    fmt, io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// A server: see [`builder`](Server::builder).
#[derive(Debug)]
pub enum Server {}

impl Server {
    /// A server without services and addresses.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            spec: ServerSpec::default(),
            listeners: Vec::new(),
            loops: 1,
            config: proto::server_config(),
            max_connections: usize::MAX,
            handshake: Duration::from_secs(120),
        }
    }
}

/// A server to be.
pub struct ServerBuilder {
    spec: ServerSpec,
    listeners: Vec<Listener>,
    loops: usize,
    config: Config,
    max_connections: usize,
    handshake: Duration,
}

enum Listener {
    Tcp(TcpListener, Option<Arc<dyn Acceptor>>),
    Unix(PathBuf),
    OpenUnix(UnixListener),
}

impl ServerBuilder {
    /// Adds a service.
    ///
    /// # Panics
    /// If there is one of that name.
    #[must_use]
    pub fn service<S>(mut self, service: Service<S>) -> Self {
        self.spec.add(service);
        self
    }

    /// Adds a filter, inside of those before it.
    #[must_use]
    pub fn filter(mut self, filter: impl ServerFilter) -> Self {
        self.spec.add_filter(filter);
        self
    }

    /// Tells of calls and connections.
    #[must_use]
    pub fn stats(mut self, stats: impl Stats) -> Self {
        self.spec.add_stats(stats);
        self
    }

    /// Wraps the handlers of methods that run on pools, inside of what was added before.
    #[must_use]
    pub fn around(mut self, around: impl Around) -> Self {
        self.spec.add_around(around);
        self
    }

    /// Runs handlers on this pool. Default: [`Pool::elastic`].
    #[must_use]
    pub fn handlers(mut self, pool: Pool) -> Self {
        self.spec.set_pool(pool);
        self
    }

    /// Knows these encodings. Default: gzip and deflate.
    #[must_use]
    pub fn encodings(mut self, registry: Registry) -> Self {
        self.spec.set_registry(registry);
        self
    }

    /// Serves calls of methods that no service has: see [`ServerSpec::set_fallback`].
    ///
    /// A proxy for one method of many:
    ///
    /// ```
    /// use bywash_grpc::{Server, client::Channel, codec::Raw, method::{Bidi, Method}};
    /// use bytes::Bytes;
    ///
    /// enum Any {}
    /// const CHAT: Method<Any, Bidi, Bytes, Bytes> = Method::new("/chat.Chat/Talk", &Raw, &Raw);
    ///
    /// let behind = Channel::builder("127.0.0.1:50052").plaintext().build()?;
    /// let builder = Server::builder().fallback(move |cx, requests, mut out| {
    ///     if cx.path() != CHAT.path {
    ///         return Err(bywash_grpc::Status::unimplemented(cx.path().to_owned()));
    ///     }
    ///     let (mut tx, rx) = behind.call(CHAT, None).within(cx).open().split();
    ///     for request in requests {
    ///         if tx.send(&request?).is_err() {
    ///             break;
    ///         }
    ///     }
    ///     tx.close();
    ///     for response in rx {
    ///         out.send(&response?)?;
    ///     }
    ///     Ok(())
    /// });
    /// # drop(builder);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn fallback(
        mut self,
        f: impl Fn(&Ctx, Receiver<Bytes>, Sender<Bytes>) -> Result<(), Status> + Send + Sync + 'static,
    ) -> Self {
        self.spec.set_fallback(f);
        self
    }

    /// Sends messages of fewer octets as they are, whatever encoding was agreed. Default 128.
    #[must_use]
    pub fn compress_above(mut self, octets: usize) -> Self {
        self.spec.set_threshold(octets);
        self
    }

    /// Bounds messages of methods that have no limits of their own. Default: 4 MiB in, no bound out.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.spec.set_limits(limits);
        self
    }

    /// Spreads connections over so many threads. Default 1.
    #[must_use]
    pub fn loops(mut self, threads: usize) -> Self {
        self.loops = threads.max(1);
        self
    }

    /// Calls that one connection may have at once. Default 1 000. Their heads have room for 1 KiB each, of up to 65 536
    /// calls; calls beyond that are refused like those beyond the number. It is also how many requests a connection can
    /// make the server hold: see [`Limits::max_recv`].
    #[must_use]
    pub fn max_concurrent_streams(mut self, streams: u32) -> Self {
        self.config.settings.max_concurrent_streams = streams;
        self.config.limits.head_bytes = proto::heads_of(streams);
        self
    }

    /// Connections at once on each address; further ones wait in the kernel. Default: no bound.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Pings a connection that was silent for `interval`, and ends it without an answer within `timeout`. Default: 2 h and
    /// 20 s. An interval of less than a second is one of a second.
    #[must_use]
    pub fn keepalive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.config.timers.keepalive = Some(Keepalive {
            interval: interval.max(Duration::from_secs(1)),
            timeout,
            while_idle: true,
        });
        self
    }

    /// Lets clients ping once in `min_interval`, without calls only if `while_idle`. One that pings more often loses its
    /// connection at the third time: GOAWAY ENHANCE_YOUR_CALM, `too_many_pings`. Default: five minutes, only with calls.
    #[must_use]
    pub fn ping_policy(mut self, min_interval: Duration, while_idle: bool) -> Self {
        self.config.limits.pings = Some(PingPolicy {
            min_interval,
            while_idle,
        });
        self
    }

    /// Ends a connection without calls after this time. Default: none.
    #[must_use]
    pub fn max_idle(mut self, time: Duration) -> Self {
        self.config.timers.idle = Some(time);
        self
    }

    /// Ends a connection of this age, give or take 10 %; its calls have `grace` to end. Default: none.
    #[must_use]
    pub fn max_age(mut self, age: Duration, grace: Duration) -> Self {
        self.config.timers.max_age = Some(age);
        self.config.timers.drain = Some(grace);
        self
    }

    /// Changes how connections speak HTTP/2. Credit stays in gRPC's hands.
    #[must_use]
    pub fn http2(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        let ours = proto::config();
        self.config.flow = ours.flow;
        self.config.authority = ours.authority;
        self
    }

    /// Listens in cleartext.
    ///
    /// # Errors
    /// The system's: the port is in use.
    pub fn listen(mut self, at: impl ToSocketAddrs) -> io::Result<Self> {
        self.listeners
            .push(Listener::Tcp(TcpListener::bind(at)?, None));
        Ok(self)
    }

    /// Listens with TLS. Clients must choose `h2` by ALPN.
    ///
    /// # Errors
    /// The system's: the port is in use.
    pub fn listen_tls(
        mut self,
        at: impl ToSocketAddrs,
        tls: impl Acceptor + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(at)?;
        self.listeners
            .push(Listener::Tcp(listener, Some(Arc::new(tls))));
        Ok(self)
    }

    /// Listens on a socket that exists already, such as one that was inherited.
    #[must_use]
    pub fn listener(mut self, socket: TcpListener) -> Self {
        self.listeners.push(Listener::Tcp(socket, None));
        self
    }

    /// The same with TLS.
    #[must_use]
    pub fn listener_tls(mut self, socket: TcpListener, tls: impl Acceptor + 'static) -> Self {
        self.listeners
            .push(Listener::Tcp(socket, Some(Arc::new(tls))));
        self
    }

    /// Listens on a Unix socket. Errors show at the start.
    #[must_use]
    pub fn listen_unix(mut self, path: impl AsRef<Path>) -> Self {
        self.listeners
            .push(Listener::Unix(path.as_ref().to_owned()));
        self
    }

    /// Listens on a Unix socket that exists already, such as one that was inherited. Its file stays when the server ends.
    #[must_use]
    pub fn listener_unix(mut self, socket: UnixListener) -> Self {
        self.listeners.push(Listener::OpenUnix(socket));
        self
    }

    /// Runs the server until one of its loops fails.
    ///
    /// # Errors
    /// As [`start`](ServerBuilder::start), and what ended a loop.
    pub fn run(self) -> io::Result<()> {
        let running = self.start()?;
        running.join().0.map(drop)
    }

    /// Runs the server on threads of its own.
    ///
    /// # Errors
    /// The system's; `InvalidInput` for a configuration that does not fit.
    pub fn start(self) -> io::Result<Running> {
        let checked = self.spec.check();
        checked.map_err(|text| io::Error::new(io::ErrorKind::InvalidInput, text))?;
        let spec = Arc::new(self.spec);
        let group = Group::new();
        let mut loops: Vec<EventLoop<Message>> = Vec::new();
        for _ in 0..self.loops {
            let mut one = EventLoop::new(options())?;
            one.join(&group);
            loops.push(one);
        }
        let mut addresses = Vec::new();
        for listener in self.listeners {
            let mut config = self.config.clone();
            if config.seed == 0 {
                // Servers that start together do not all send their old connections away together.
                config.seed = fastrand::u64(..);
            }
            let listen = match listener {
                Listener::Tcp(socket, tls) => {
                    addresses.push(socket.local_addr()?);
                    socket.set_nonblocking(true)?;
                    config.secure = tls.is_some();
                    let listen = Listen::inherited(socket);
                    match tls {
                        Some(tls) => listen.tls(tls),
                        None => listen,
                    }
                }
                Listener::Unix(path) => Listen::unix(path),
                Listener::OpenUnix(socket) => Listen::inherited_unix(socket),
            };
            let listen = listen
                .config(config)
                .max_connections(self.max_connections)
                .handshake_deadline(self.handshake);
            loops[0].cx().listen(listen)?;
        }
        let mut members = Vec::new();
        for (number, event_loop) in loops.into_iter().enumerate() {
            members.push(Member::start(number, event_loop, &spec)?);
        }
        Ok(Running {
            addresses,
            members,
            spec,
        })
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("loops", &self.loops)
            .finish_non_exhaustive()
    }
}

/// One loop with its thread.
struct Member {
    handle: Handle<Message>,
    endings: Arc<Mutex<Endings>>,
    host: Arc<dyn Host>,
    lead: Arc<Lead<Driven>>,
    thread: JoinHandle<()>,
}

impl Member {
    fn start(
        number: usize,
        event_loop: EventLoop<Message>,
        spec: &Arc<ServerSpec>,
    ) -> io::Result<Member> {
        let handle = event_loop.handle();
        let host: Arc<dyn Host> = Arc::new(LoopHost::new(event_loop.clock()));
        let ring: Arc<dyn Ring> = Arc::new(Bell(handle.clone()));
        let endings = Arc::new(Mutex::new(Endings::default()));
        let core = ServerCore::new(Arc::clone(spec), Arc::clone(&host), ring);
        let driven = Driven {
            event_loop,
            handler: Loop::new(core, Arc::clone(&endings)),
        };
        let lead = Lead::new(spec.pool().clone(), Arc::clone(&host));
        let leads = Arc::clone(&lead);
        let thread = thread::Builder::new()
            .name(format!("bywash-server-{number}"))
            .spawn(move || leads.run(driven))?;
        Ok(Member {
            lead,
            handle,
            endings,
            host,
            thread,
        })
    }
}

/// A server at work. Dropped, it goes on for as long as the program does.
pub struct Running {
    addresses: Vec<SocketAddr>,
    members: Vec<Member>,
    spec: Arc<ServerSpec>,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// Calls that their handlers ended, over the server's life.
    pub completed: u64,
    /// Calls that were given up, over the server's life.
    pub cancelled: u64,
    /// Handlers that had not returned: threads cannot be killed.
    pub abandoned: usize,
}

impl Running {
    /// The TCP addresses listened on, in the order of their listeners.
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Ends the server: takes no new connections and calls, lets calls run for `grace`, gives up those that still run
    /// with UNAVAILABLE, and closes. Takes little more than `grace`, whatever peers and handlers do.
    pub fn shutdown(self, grace: Duration) -> Shutdown {
        for member in &self.members {
            // A loop that is gone has nothing to end.
            let _ = member.handle.send(Message::Shutdown(grace));
        }
        let spec = Arc::clone(&self.spec);
        let busy = || spec.pools().map(Pool::busy_threads).sum();
        let hosts: Vec<_> = self.members.iter().map(|m| Arc::clone(&m.host)).collect();
        let (ended, threads) = self.join();
        let mut ended = ended.unwrap_or(Shutdown {
            completed: 0,
            cancelled: 0,
            abandoned: 0,
        });
        for host in &hosts {
            spec.pool().dismiss(host);
        }
        // A handler that has just said its last word is still on its way back.
        let patience = Duration::from_millis(100);
        let asked = std::time::Instant::now();
        ended.abandoned = busy();
        let are_away = || !threads.iter().all(JoinHandle::is_finished);
        while (ended.abandoned > 0 || are_away()) && asked.elapsed() < patience {
            thread::sleep(Duration::from_millis(1));
            ended.abandoned = busy();
        }
        ended
    }

    /// Waits until all loops have ended. Returns how, and the threads that led them first.
    fn join(self) -> (io::Result<Shutdown>, Vec<JoinHandle<()>>) {
        let mut all = Shutdown {
            completed: 0,
            cancelled: 0,
            abandoned: 0,
        };
        let (mut result, mut threads) = (Ok(()), Vec::new());
        for member in self.members {
            result = result.and(member.lead.wait());
            threads.push(member.thread);
            let endings = *member
                .endings
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            all.completed += endings.completed;
            all.cancelled += endings.cancelled;
        }
        (result.map(|()| all), threads)
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("addrs", &self.addresses)
            .finish_non_exhaustive()
    }
}
