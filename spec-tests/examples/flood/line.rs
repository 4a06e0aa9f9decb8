//! A socket, plain or under TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use bywash_spec_tests::tester::tls;
use rustls::Connection;

/// How long a read or write that waits may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What octets go over. It waits, until its socket is told not to.
pub(crate) trait Line: Read + Write + Send {
    fn socket(&self) -> &TcpStream;
}

impl Line for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

/// TLS. What the peer has said can be read even if nothing can be written any more.
struct Secure {
    conn: Connection,
    socket: TcpStream,
}

impl Read for Secure {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.conn.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            if self.conn.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            let read = self.conn.process_new_packets();
            read.map_err(std::io::Error::other)?;
        }
    }
}

impl Write for Secure {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.flush()?;
        let taken = self.conn.writer().write(octets)?;
        match self.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(taken),
            outcome => outcome.map(|()| taken),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        while self.conn.wants_write() {
            self.conn.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}

impl Line for Secure {
    fn socket(&self) -> &TcpStream {
        &self.socket
    }
}

/// Certificate and key of a malicious server, in PEM.
pub(crate) struct Identity {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

fn prepare(socket: &TcpStream) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(PATIENCE))
}

/// A connection to a server.
pub(crate) fn connect(address: &str, secure: bool) -> std::io::Result<Box<dyn Line>> {
    let socket = TcpStream::connect(address)?;
    prepare(&socket)?;
    let line: Box<dyn Line> = match secure {
        true => {
            let tls = tls::connect(socket, address).map_err(std::io::Error::other)?;
            Box::new(Secure {
                conn: tls.conn.into(),
                socket: tls.sock,
            })
        }
        false => Box::new(socket),
    };
    line.socket().set_read_timeout(Some(PATIENCE))?;
    Ok(line)
}

/// The connection of a client.
pub(crate) fn accept(
    listener: &TcpListener,
    identity: Option<&Identity>,
) -> std::io::Result<Box<dyn Line>> {
    let (socket, _) = listener.accept()?;
    prepare(&socket)?;
    let line: Box<dyn Line> = match identity {
        Some(Identity { cert, key }) => {
            let tls = tls::accept(socket, cert, key).map_err(std::io::Error::other)?;
            Box::new(Secure {
                conn: tls.conn.into(),
                socket: tls.sock,
            })
        }
        None => Box::new(socket),
    };
    line.socket().set_read_timeout(Some(PATIENCE))?;
    Ok(line)
}
