//! Sizes of the kernel's buffers, and TCP sockets that have them.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;

/// Octets; `None` leaves a buffer to the kernel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) send: Option<usize>,
    pub(crate) receive: Option<usize>,
}

impl Buffers {
    /// To be called before listening or connecting: it decides how windows are scaled.
    pub(crate) fn apply(self, socket: &Socket) -> io::Result<()> {
        if let Some(octets) = self.send {
            socket.set_send_buffer_size(octets)?;
        }
        if let Some(octets) = self.receive {
            socket.set_recv_buffer_size(octets)?;
        }
        Ok(())
    }
}

/// Begins to connect.
pub(crate) fn connect(to: SocketAddr, buffers: Buffers) -> io::Result<mio::net::TcpStream> {
    if buffers.send.is_none() && buffers.receive.is_none() {
        return mio::net::TcpStream::connect(to);
    }
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    buffers.apply(&socket)?;
    match socket.connect(&to.into()) {
        Ok(()) => {}
        Err(e) if is_under_way(&e) => {}
        Err(e) => return Err(e),
    }
    Ok(mio::net::TcpStream::from_std(socket.into()))
}

/// Listens.
pub(crate) fn listen(
    at: SocketAddr,
    buffers: Buffers,
    reuse_port: bool,
    backlog: i32,
) -> io::Result<mio::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
    if reuse_port {
        socket.set_reuse_port(true)?;
    }
    #[cfg(not(unix))]
    let _ = reuse_port;
    // Accepted sockets inherit these on Linux: system calls less for each.
    let _ = socket.set_tcp_nodelay(true);
    buffers.apply(&socket)?;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    socket.listen(backlog)?;
    Ok(mio::net::TcpListener::from_std(socket.into()))
}

/// A connect that has begun and not ended.
pub(crate) fn is_under_way(error: &io::Error) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const IN_PROGRESS: i32 = 115;
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    const IN_PROGRESS: i32 = 36;
    #[cfg(not(unix))]
    const IN_PROGRESS: i32 = 10036;
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(IN_PROGRESS)
}
