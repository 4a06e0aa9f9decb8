//! What a listener is to do.

use crate::buffers::Buffers;
use crate::session::Acceptor;
use bywash_proto::config::Config;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, net};

/// Where to listen.
#[derive(Debug)]
pub(crate) enum Bind {
    Tcp(SocketAddr),
    Std(net::TcpListener),
    #[cfg_attr(not(unix), allow(dead_code))]
    Unix(PathBuf),
    #[cfg(unix)]
    StdUnix(std::os::unix::net::UnixListener),
}

/// A listener to be: where, and how its connections are to be treated.
#[derive(Debug)]
pub struct Listen {
    pub(crate) bind: Bind,
    pub(crate) backlog: i32,
    pub(crate) reuse_port: bool,
    pub(crate) max_connections: usize,
    pub(crate) max_per_peer: Option<u32>,
    pub(crate) spread: bool,
    pub(crate) buffers: Buffers,
    pub(crate) treat: Treatment,
}

/// How the connections of a listener are treated: goes with each of them.
#[derive(Clone)]
pub(crate) struct Treatment {
    pub(crate) config: Arc<Config>,
    pub(crate) tls: Option<Arc<dyn Acceptor>>,
    pub(crate) handshake: Duration,
}

impl fmt::Debug for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Treatment")
            .field("tls", &self.tls.is_some())
            .field("handshake", &self.handshake)
            .finish_non_exhaustive()
    }
}

impl Listen {
    fn new(bind: Bind) -> Self {
        Self {
            bind,
            backlog: 1024,
            reuse_port: false,
            max_connections: usize::MAX,
            max_per_peer: None,
            spread: true,
            buffers: Buffers::default(),
            treat: Treatment {
                config: Arc::default(),
                tls: None,
                handshake: Duration::from_secs(10),
            },
        }
    }

    /// TCP. Port 0 lets the system choose one.
    pub fn tcp(at: SocketAddr) -> Self {
        Self::new(Bind::Tcp(at))
    }

    /// A listening socket that exists already, inherited as a rule.
    pub fn inherited(listener: net::TcpListener) -> Self {
        Self::new(Bind::Std(listener))
    }

    /// A Unix socket. A socket that nobody listens on any more is replaced; any other file is not.
    #[cfg(unix)]
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::new(Bind::Unix(path.into()))
    }

    /// A listening Unix socket that exists already. Its file is left alone: whoever made it removes it.
    #[cfg(unix)]
    pub fn inherited_unix(listener: std::os::unix::net::UnixListener) -> Self {
        Self::new(Bind::StdUnix(listener))
    }

    /// How the connections speak HTTP/2. With TLS, set [`Config::secure`].
    #[must_use]
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.treat.config = config.into();
        self
    }

    /// TLS for all connections; `h2` must be agreed on by ALPN.
    #[must_use]
    pub fn tls(mut self, tls: Arc<dyn Acceptor>) -> Self {
        self.treat.tls = Some(tls);
        self
    }

    /// Time for the TLS handshake. Default 10 s.
    #[must_use]
    pub fn handshake_deadline(mut self, time: Duration) -> Self {
        self.treat.handshake = time;
        self
    }

    /// Connections at once. When they are taken, further ones wait in the kernel's queue. Default:
    /// no bound but the loop's.
    #[must_use]
    pub fn max_connections(mut self, most: usize) -> Self {
        self.max_connections = most;
        self
    }

    /// Connections at once from one peer: one IPv4 address (also where a socket for both shows it as
    /// ::ffff:a.b.c.d), or one /64 network of IPv6, whose host may have any address of it. More are
    /// closed at once, and [`Notice::TooManyFromPeer`](crate::error::Notice::TooManyFromPeer) says so.
    /// Default: no bound.
    #[must_use]
    pub fn max_per_peer(mut self, most: u32) -> Self {
        self.max_per_peer = Some(most);
        self
    }

    /// Connections that the kernel keeps for us. Default 1 024.
    #[must_use]
    pub fn backlog(mut self, connections: i32) -> Self {
        self.backlog = connections;
        self
    }

    /// Octets of the kernel's buffers for each TCP connection; `None` leaves them to the kernel,
    /// which sizes them by need. Smaller send buffers keep priorities and resets fresh.
    #[must_use]
    pub fn socket_buffers(mut self, send: Option<usize>, receive: Option<usize>) -> Self {
        self.buffers = Buffers { send, receive };
        self
    }

    /// Lets several listeners share the port, where the system can.
    #[must_use]
    pub fn reuse_port(mut self, share: bool) -> Self {
        self.reuse_port = share;
        self
    }

    /// Whether connections may go to other loops of the same group
    /// ([`EventLoop::join`](crate::EventLoop::join)). Default true.
    #[must_use]
    pub fn spread(mut self, spread: bool) -> Self {
        self.spread = spread;
        self
    }
}
