//! The other protocol: lines of text over TCP. What one says, all hear.

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use std::fmt::Display;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

/// Longest line, octets; who sends a longer one is disconnected.
pub(crate) const LINE: usize = 1024;
/// What is read of one client before others, and HTTP/2, come in between, octets.
const TURN: usize = 16 * 1024;
/// How long accepting rests after it failed, for want of descriptors as a rule.
const REST: Duration = Duration::from_millis(100);
/// What may wait for one client when there is more, octets.
const OUTPUT: usize = 64 * 1024;

struct Client {
    socket: TcpStream,
    input: Vec<u8>,
    output: Vec<u8>,
}

pub(crate) struct Lines {
    listener: TcpListener,
    registry: Registry,
    listener_token: Token,
    tokens: Range<usize>,
    clients: Vec<Option<Client>>,
    said: Vec<String>,
    /// Clients of which there is more to read: no event says so again.
    again: Vec<usize>,
    /// Accepting failed, and somebody may still wait.
    rests: bool,
}

impl Lines {
    pub(crate) fn listen(
        at: SocketAddr,
        registry: Registry,
        listener_token: Token,
        tokens: Range<usize>,
    ) -> io::Result<Self> {
        let mut listener = TcpListener::bind(at)?;
        registry.register(&mut listener, listener_token, Interest::READABLE)?;
        Ok(Self {
            listener,
            registry,
            listener_token,
            clients: tokens.clone().map(|_| None).collect(),
            tokens,
            said: Vec::new(),
            again: Vec::new(),
            rests: false,
        })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// An event of the poll that is not the guest's.
    pub(crate) fn handle_event(&mut self, event: &Event) {
        if event.token() == self.listener_token {
            return self.accept();
        }
        self.progress(event.token().0.wrapping_sub(self.tokens.start));
    }

    /// How long the poll may wait for the sake of this side; `None` is for ever.
    pub(crate) fn patience(&self) -> Option<Duration> {
        match (self.again.is_empty(), self.rests) {
            (false, _) => Some(Duration::ZERO),
            (true, true) => Some(REST),
            (true, false) => None,
        }
    }

    /// Goes on with what no event will tell of. To be called after every poll.
    pub(crate) fn go_on(&mut self) {
        if std::mem::take(&mut self.rests) {
            self.accept();
        }
        for index in std::mem::take(&mut self.again) {
            self.progress(index);
        }
    }

    fn progress(&mut self, index: usize) {
        let Some(Some(client)) = self.clients.get_mut(index) else {
            return;
        };
        let found = read(client, &mut self.said);
        if found == Found::End || !write(client) {
            self.drop_client(index);
        } else if found == Found::More && !self.again.contains(&index) {
            self.again.push(index);
        }
    }

    /// The lines that came since the last call.
    pub(crate) fn take_said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    /// Tells every client. Who still has not read what was said long before is disconnected.
    pub(crate) fn tell(&mut self, lines: &[String]) {
        for index in 0..self.clients.len() {
            let Some(client) = &mut self.clients[index] else {
                continue;
            };
            let is_slow = client.output.len() > OUTPUT;
            for line in lines {
                client.output.extend_from_slice(line.as_bytes());
                client.output.push(b'\n');
            }
            if is_slow || !write(client) {
                self.drop_client(index);
            }
        }
    }

    /// Accepts all who wait: the next edge comes only with somebody new.
    fn accept(&mut self) {
        loop {
            match self.listener.accept() {
                Ok((socket, _)) => self.add(socket),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                // Who has left the queue again does not concern those behind.
                Err(e) if is_peers(&e) => {}
                Err(error) => {
                    tell(format_args!("accepting failed: {error}"));
                    self.rests = true;
                    return;
                }
            }
        }
    }

    /// Who finds no place is disconnected.
    fn add(&mut self, mut socket: TcpStream) {
        let Some(index) = self.clients.iter().position(Option::is_none) else {
            return;
        };
        let token = Token(self.tokens.start + index);
        let both = Interest::READABLE | Interest::WRITABLE;
        if self.registry.register(&mut socket, token, both).is_ok() {
            self.clients[index] = Some(Client {
                socket,
                input: Vec::new(),
                output: Vec::new(),
            });
        }
    }

    fn drop_client(&mut self, index: usize) {
        if let Some(mut client) = self.clients[index].take() {
            // It is closed with the socket at the latest.
            let _ = self.registry.deregister(&mut client.socket);
        }
    }
}

/// A line on standard error, which nobody may be reading: that ends no program.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn is_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}

/// What a read has come to.
#[derive(PartialEq, Eq)]
enum Found {
    /// There is nothing more now.
    Nothing,
    /// There may be more.
    More,
    /// The client is gone, or has to go.
    End,
}

/// Reads what there is, up to a turn's worth, and takes the lines out.
fn read(client: &mut Client, said: &mut Vec<String>) -> Found {
    let mut buffer = [0; 4096];
    let mut left = TURN;
    while left > 0 {
        match client.socket.read(&mut buffer) {
            Ok(0) => return Found::End,
            Ok(n) => {
                client.input.extend_from_slice(&buffer[..n]);
                left = left.saturating_sub(n);
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Found::Nothing,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Found::End,
        }
        let mut taken = 0;
        for line in client.input.split_inclusive(|octet| *octet == b'\n') {
            if line.len() > LINE + 1 {
                return Found::End;
            }
            let Some(line) = line.strip_suffix(b"\n") else {
                break;
            };
            taken += line.len() + 1;
            let line = String::from_utf8_lossy(line);
            said.push(line.trim_end_matches('\r').to_owned());
        }
        client.input.drain(..taken);
    }
    Found::More
}

/// Writes as much as the socket takes. False if it fails.
fn write(client: &mut Client) -> bool {
    while !client.output.is_empty() {
        match client.socket.write(&client.output) {
            Ok(0) => return false,
            Ok(n) => drop(client.output.drain(..n)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return true,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}
