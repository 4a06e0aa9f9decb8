//! The server: a thread per connection.

use super::{case::Case, session::Session};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// What a server has seen of its clients.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Requests that were complete, for each connection.
    pub requests: Vec<u32>,
    /// PINGs that are not answered, for each connection.
    pub unanswered: Vec<usize>,
    /// What clients did wrong.
    pub faults: Vec<String>,
}

/// A server that misbehaves. It serves for as long as the program lives.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    /// Listens and serves.
    ///
    /// # Errors
    /// The system's.
    pub fn start(at: impl ToSocketAddrs, case: Case) -> io::Result<Server> {
        let listener = TcpListener::bind(at)?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(socket, case, &shared));
            }
        });
        Ok(Server { address, seen })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has seen until now.
    pub fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut socket: TcpStream, case: Case, seen: &Mutex<Seen>) {
    let number = {
        let mut seen = lock(seen);
        seen.requests.push(0);
        seen.unanswered.push(0);
        seen.requests.len() - 1
    };
    let mut session = Session::new(case);
    let mut octets = [0; 16 * 1024];
    loop {
        // A client may go at any time; that is no fault.
        if socket.write_all(&session.take_output()).is_err() {
            return;
        }
        let read = match socket.read(&mut octets) {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let result = session.receive(&octets[..read]);
        let mut seen = lock(seen);
        seen.requests[number] = session.requests;
        seen.unanswered[number] = session.unanswered;
        if let Err(fault) = result {
            eprintln!("connection {number}: {fault}");
            seen.faults.push(fault);
            return;
        }
    }
}
