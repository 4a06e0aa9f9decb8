//! Stream sockets of every kind, as one.

use crate::address::Address;
use crate::buffers::is_under_way;
use crate::connect::Dialed;
use mio::event::Source;
use mio::net::TcpStream;
#[cfg(unix)]
use mio::net::UnixStream;
use mio::{Interest, Registry, Token};
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;

/// A connected or connecting stream socket. Non-blocking.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Edges of TCP for writing come only after a write that found the socket full, so both directions
/// are registered once and for all. A Unix socket tells of room after every read of its peer: there
/// writing is registered only while a write waits.
pub(crate) const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

impl Socket {
    /// What is registered at first.
    pub(crate) fn first_interest(&self) -> Interest {
        match self {
            Self::Tcp(_) => BOTH,
            #[cfg(unix)]
            Self::Unix(_) => Interest::READABLE,
        }
    }

    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(socket) => socket,
            #[cfg(unix)]
            Self::Unix(socket) => socket,
        }
    }

    pub(crate) fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        registry.register(self.source(), token, interest)
    }

    pub(crate) fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        registry.reregister(self.source(), token, interest)
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        registry.deregister(self.source())
    }

    /// Ends our side: the peer reads an end of file.
    pub(crate) fn shutdown_write(&self) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(socket) => socket.shutdown(Shutdown::Write),
        }
    }

    /// Small pieces are sent without waiting for more, where there is such a wait.
    pub(crate) fn send_at_once(&self) {
        match self {
            Self::Tcp(socket) => {
                // Without it all works, later.
                let _ = socket.set_nodelay(true);
            }
            #[cfg(unix)]
            Self::Unix(_) => {}
        }
    }

    /// Whether a connect that was begun has succeeded: an error, or not yet.
    pub(crate) fn connected(&self) -> io::Result<bool> {
        let (error, peer) = match self {
            Self::Tcp(socket) => (socket.take_error()?, socket.peer_addr().map(drop)),
            #[cfg(unix)]
            Self::Unix(socket) => (socket.take_error()?, socket.peer_addr().map(drop)),
        };
        match (error, peer) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(true),
            (None, Err(e)) if e.kind() == io::ErrorKind::NotConnected => Ok(false),
            (None, Err(e)) if is_under_way(&e) => Ok(false),
            (None, Err(e)) => Err(e),
        }
    }

    /// A socket that is connected, made by somebody else.
    pub(crate) fn adopt(dialed: Dialed) -> io::Result<Socket> {
        match dialed {
            Dialed::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                Ok(Self::Tcp(TcpStream::from_std(socket)))
            }
            #[cfg(unix)]
            Dialed::Unix(socket) => {
                socket.set_nonblocking(true)?;
                Ok(Self::Unix(UnixStream::from_std(socket)))
            }
        }
    }

    /// The other end; one that cannot be told is unnamed.
    pub(crate) fn peer(&self) -> Address {
        match self {
            Self::Tcp(socket) => socket.peer_addr().map_or(Address::Unix(None), Address::Tcp),
            #[cfg(unix)]
            Self::Unix(socket) => {
                let at = socket.peer_addr().ok();
                Address::Unix(at.and_then(|at| at.as_pathname().map(Into::into)))
            }
        }
    }

    /// Our own end.
    pub(crate) fn local(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(socket) => socket.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Self::Unix(socket) => socket
                .local_addr()
                .map(|at| Address::Unix(at.as_pathname().map(Into::into))),
        }
    }
}

impl Read for &Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(socket) => (&*socket).read(buf),
            #[cfg(unix)]
            Socket::Unix(socket) => (&*socket).read(buf),
        }
    }
}

impl Write for &Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(socket) => (&*socket).write(buf),
            #[cfg(unix)]
            Socket::Unix(socket) => (&*socket).write(buf),
        }
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Socket::Tcp(socket) => (&*socket).write_vectored(bufs),
            #[cfg(unix)]
            Socket::Unix(socket) => (&*socket).write_vectored(bufs),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
