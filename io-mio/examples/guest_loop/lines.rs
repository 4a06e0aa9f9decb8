//! The other protocol: lines of text over TCP. What one says, all hear.

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::ops::Range;

/// Longest line, octets; who sends a longer one is disconnected.
const LINE: usize = 1024;
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
        let index = event.token().0.wrapping_sub(self.tokens.start);
        let Some(Some(client)) = self.clients.get_mut(index) else {
            return;
        };
        let still_there = read(client, &mut self.said) && write(client);
        if !still_there {
            self.drop_client(index);
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
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return eprintln!("accepting failed: {error}"),
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

/// Reads all there is, and takes the lines out. False at the end.
fn read(client: &mut Client, said: &mut Vec<String>) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match client.socket.read(&mut buffer) {
            Ok(0) => return false,
            Ok(n) => client.input.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return true,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
        while let Some(end) = client.input.iter().position(|octet| *octet == b'\n') {
            let line = String::from_utf8_lossy(&client.input[..end]);
            said.push(line.trim_end_matches('\r').to_owned());
            client.input.drain(..=end);
        }
        if client.input.len() > LINE {
            return false;
        }
    }
}

/// Writes as much as the socket takes. False if it fails.
fn write(client: &mut Client) -> bool {
    while !client.output.is_empty() {
        match client.socket.write(&client.output) {
            Ok(n) => drop(client.output.drain(..n)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return true,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}
