//! A listening socket.

use super::permit::Admission;
use crate::address::Address;
use crate::listen::Treatment;
use crate::socket::Socket;
use mio::net::TcpListener;
#[cfg(unix)]
use mio::net::UnixListener;
use mio::{Interest, Registry, Token, event::Source};
use std::io;
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(crate) enum Acceptable {
    Tcp(TcpListener),
    #[cfg(unix)]
    /// With the file that goes with it, if it is ours to remove.
    Unix(UnixListener, Option<PathBuf>),
}

pub(crate) struct Listener {
    pub(crate) socket: Acceptable,
    pub(crate) treat: Arc<Treatment>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) spread: bool,
    /// An accept may find something.
    pub(crate) ready: bool,
    /// It waits before it accepts again: descriptors or places are used up.
    pub(crate) resting: bool,
    /// The program was told that all places are taken.
    pub(crate) told_full: bool,
    /// How long the next rest is, while accepting fails.
    pub(crate) back_off: Duration,
}

impl Acceptable {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(socket) => socket,
            #[cfg(unix)]
            Self::Unix(socket, _) => socket,
        }
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(self.source(), token, Interest::READABLE)
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        registry.deregister(self.source())
    }

    pub(crate) fn accept(&self) -> io::Result<(Socket, Address)> {
        match self {
            Self::Tcp(socket) => {
                let (socket, peer) = socket.accept()?;
                // Elsewhere the listener's option was inherited.
                #[cfg(not(target_os = "linux"))]
                socket.set_nodelay(true)?;
                Ok((Socket::Tcp(socket), Address::Tcp(peer)))
            }
            #[cfg(unix)]
            Self::Unix(socket, _) => {
                let (socket, peer) = socket.accept()?;
                let path = peer.as_pathname().map(Into::into);
                Ok((Socket::Unix(socket), Address::Unix(path)))
            }
        }
    }

    pub(crate) fn local(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(socket) => socket.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Self::Unix(_, Some(path)) => Ok(Address::Unix(Some(path.clone()))),
            #[cfg(unix)]
            Self::Unix(socket, None) => {
                let at = socket.local_addr()?;
                Ok(Address::Unix(at.as_pathname().map(Into::into)))
            }
        }
    }
}

#[cfg(unix)]
impl Drop for Acceptable {
    /// A Unix socket's file outlives the socket unless somebody removes it.
    fn drop(&mut self) {
        if let Self::Unix(_, Some(path)) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}
