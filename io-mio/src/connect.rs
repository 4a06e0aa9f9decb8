//! What a connection to be is to do.

use crate::buffers::Buffers;
use crate::session::Connector;
use bywash_proto::config::Config;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Whom to connect to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Target {
    /// A name, resolved on a thread, or an address in text; and a port.
    Name(String, u16),
    /// Addresses, tried as they stand.
    Addresses(Vec<SocketAddr>),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name, port) if name.contains(':') => write!(f, "[{name}]:{port}"),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
            Self::Addresses(list) => match &list[..] {
                [one] => one.fmt(f),
                list => write!(f, "{list:?}"),
            },
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Makes connections in the program's own way: through a proxy, from a socket that was handed over.
///
/// Functions of the same shape are dialers too.
pub trait Dial: Send + Sync {
    /// Connects. May block: it runs on a thread of its own. What comes after the connection's deadline is dropped.
    ///
    /// # Errors
    /// Whatever it is that failed.
    fn dial(&self, target: &Target) -> io::Result<Dialed>;
}

impl<F: Fn(&Target) -> io::Result<Dialed> + Send + Sync> Dial for F {
    fn dial(&self, target: &Target) -> io::Result<Dialed> {
        self(target)
    }
}

/// A connected socket of a [`Dial`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Dialed {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(UnixStream),
}

/// A client's connection to be.
#[derive(Clone)]
pub struct Connect {
    pub(crate) target: Target,
    pub(crate) config: Arc<Config>,
    pub(crate) tls: Option<(Arc<dyn Connector>, String)>,
    pub(crate) timeout: Duration,
    pub(crate) attempt_delay: Duration,
    pub(crate) buffers: Buffers,
    pub(crate) dialer: Option<Arc<dyn Dial>>,
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("target", &self.target)
            .field("tls", &self.tls.as_ref().map(|(_, name)| name))
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Connect {
    /// A connection to `target`, in cleartext with prior knowledge unless [`tls`](Self::tls) is set.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            config: Arc::default(),
            tls: None,
            timeout: Duration::from_secs(10),
            attempt_delay: Duration::from_millis(250),
            buffers: Buffers::default(),
            dialer: None,
        }
    }

    /// How the connection speaks HTTP/2. With TLS, set [`Config::secure`].
    #[must_use]
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    /// TLS with the server of this name; `h2` must be agreed on by ALPN.
    #[must_use]
    pub fn tls(mut self, tls: Arc<dyn Connector>, server_name: impl Into<String>) -> Self {
        self.tls = Some((tls, server_name.into()));
        self
    }

    /// Time for all of it: resolving, connecting, the TLS handshake. Default 10 s.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Time before the next address is tried beside the one before it (RFC 8305 8). Default 250 ms.
    #[must_use]
    pub fn attempt_delay(mut self, time: Duration) -> Self {
        self.attempt_delay = time;
        self
    }

    /// Connects by this dialer; the target is for it to understand. TLS and HTTP/2 follow as usual.
    #[must_use]
    pub fn dialer(mut self, dialer: Arc<dyn Dial>) -> Self {
        self.dialer = Some(dialer);
        self
    }

    /// Octets of the kernel's buffers; `None` leaves them to the kernel.
    #[must_use]
    pub fn socket_buffers(mut self, send: Option<usize>, receive: Option<usize>) -> Self {
        self.buffers = Buffers { send, receive };
        self
    }
}
