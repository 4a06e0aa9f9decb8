//! Connections in.

use super::adapt::fit;
use super::entry::{Bits, Entry, Phase};
use super::hub::{Hub, News};
use super::letter::Adopted;
use super::listener::{Acceptable, Listener};
use super::permit::Admission;
use super::table::What;
use crate::address::Address;
use crate::buffers;
use crate::error::{Notice, TlsFault};
use crate::id::{ConnId, ListenerId};
use crate::listen::{Bind, Listen, Treatment};
use crate::machine::Machine;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The first rest after an accept that failed; it doubles up to [`LONGEST_REST`].
const SHORTEST_REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_secs(1);
/// How often a listener whose places are taken looks whether one is free again.
const FULL_REST: Duration = Duration::from_millis(10);

impl Hub {
    pub(crate) fn listen(&mut self, listen: Listen) -> io::Result<ListenerId> {
        listen
            .treat
            .config
            .validate()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let mut socket = match listen.bind {
            Bind::Tcp(at) => Acceptable::Tcp(buffers::listen(
                at,
                listen.buffers,
                listen.reuse_port,
                listen.backlog,
            )?),
            Bind::Std(socket) => {
                socket.set_nonblocking(true)?;
                let _ = socket2::SockRef::from(&socket).set_tcp_nodelay(true);
                Acceptable::Tcp(mio::net::TcpListener::from_std(socket))
            }
            #[cfg(unix)]
            Bind::Unix(path) => {
                remove_stale(&path);
                Acceptable::Unix(mio::net::UnixListener::bind(&path)?, Some(path))
            }
            #[cfg(unix)]
            Bind::StdUnix(socket) => {
                socket.set_nonblocking(true)?;
                Acceptable::Unix(mio::net::UnixListener::from_std(socket), None)
            }
            #[cfg(not(unix))]
            Bind::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        let treat = Treatment {
            config: fit(&listen.treat.config, listen.treat.tls.is_some()),
            ..listen.treat
        };
        // Registered under the slot that it is about to get.
        let id = self
            .table
            .insert(What::Waker)
            .map_err(|_| io::Error::other("the loop has no room for another socket"))?;
        if let Err(error) = socket.register(&self.registry, self.token(id.slot())) {
            self.table.remove(id.slot());
            return Err(error);
        }
        let listener = Listener {
            socket,
            treat: Arc::new(treat),
            admission: Admission::new(listen.max_connections, listen.max_per_peer),
            spread: listen.spread,
            ready: false,
            resting: false,
            told_full: false,
            back_off: SHORTEST_REST,
        };
        self.table
            .replace(id.slot(), What::Listener(Box::new(listener)));
        Ok(ListenerId::new(id.slot(), id.generation()))
    }

    fn listener(&mut self, id: ListenerId) -> Option<&mut Listener> {
        if self.table.name(id.slot()) != ConnId::new(id.slot(), id.generation()) {
            return None;
        }
        match self.table.at(id.slot()) {
            Some(What::Listener(listener)) => Some(listener),
            _ => None,
        }
    }

    pub(crate) fn listening_at(&mut self, id: ListenerId) -> io::Result<Address> {
        match self.listener(id) {
            Some(listener) => listener.socket.local(),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(crate) fn unlisten(&mut self, id: ListenerId) {
        if self.listener(id).is_none() {
            return;
        }
        self.deadlines.clear(id.slot());
        if let What::Listener(mut listener) = self.table.remove(id.slot()) {
            let _ = listener.socket.deregister(&self.registry);
        }
    }

    /// The system says, or time has passed: an accept may find something.
    pub(crate) fn knock(&mut self, slot: u32, rested: bool) {
        let name = self.table.name(slot);
        let Some(What::Listener(listener)) = self.table.at(slot) else {
            return;
        };
        listener.resting &= !rested;
        if !listener.ready && !listener.resting {
            listener.ready = true;
            self.knocking
                .push(ListenerId::new(name.slot(), name.generation()));
        }
    }

    /// Takes what waits at a listener, up to the turn's bound.
    pub(crate) fn accept_from(&mut self, id: ListenerId) {
        for _ in 0..self.options.accepts_per_turn {
            let Some(listener) = self.listener(id) else {
                return;
            };
            if listener.admission.is_full() {
                // It looks again a hundred times a second; that is told once.
                if !std::mem::replace(&mut listener.told_full, true) {
                    self.news
                        .push_back(News::Notice(Notice::Full { listener: id }));
                }
                return self.rest(id, FULL_REST);
            }
            match listener.socket.accept() {
                Ok((socket, peer)) => {
                    listener.back_off = SHORTEST_REST;
                    listener.told_full = false;
                    let Some(permit) = listener.admission.admit(peer.ip()) else {
                        self.refused += 1;
                        let notice = Notice::TooManyFromPeer { peer };
                        self.news.push_back(News::Notice(notice));
                        continue;
                    };
                    let treat = Arc::clone(&listener.treat);
                    let spread = listener.spread;
                    let adopted = Box::new(Adopted {
                        socket,
                        peer,
                        treat,
                        permit,
                    });
                    let group = if spread {
                        self.group.clone()
                    } else {
                        Default::default()
                    };
                    if let Some(adopted) = group.place(&self.letters, adopted) {
                        self.load.fetch_add(1, Ordering::Relaxed);
                        self.adopt(*adopted);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    listener.ready = false;
                    return;
                }
                // The peer has left the queue; the next one is not concerned.
                Err(e) if is_peers(&e) => {}
                Err(error) => {
                    let retry_in = listener.back_off;
                    listener.back_off = (retry_in * 2).min(LONGEST_REST);
                    self.news.push_back(News::Notice(Notice::AcceptFailed {
                        listener: id,
                        error,
                        retry_in,
                    }));
                    return self.rest(id, retry_in);
                }
            }
        }
        self.knocking.push(id);
    }

    fn rest(&mut self, id: ListenerId, time: Duration) {
        let at = self.now + time;
        if let Some(listener) = self.listener(id) {
            listener.ready = false;
            listener.resting = true;
            self.deadlines.set(id.slot(), at);
        }
    }

    /// Makes a connection of an accepted socket, which is counted in `load` already.
    pub(crate) fn adopt(&mut self, adopted: Adopted) {
        if self.draining {
            self.load.fetch_sub(1, Ordering::Relaxed);
            // It was on its way when the end began: another loop may go on.
            let group = self.group.clone();
            drop(group.place(&self.letters, Box::new(adopted)));
            return;
        }
        let Adopted {
            socket,
            peer,
            treat,
            permit,
        } = adopted;
        let mut entry = Entry::new(socket, peer, Arc::clone(&treat.config));
        entry.permit = Some(permit);
        let begun = match &treat.tls {
            Some(acceptor) => acceptor.accept().map(|session| {
                entry.session = Some(session);
                entry.deadline = self.now + treat.handshake;
            }),
            None => Machine::new(false, &treat.config, self.now)
                .map(|machine| {
                    entry.machine = Some(machine);
                    entry.phase = Phase::Open;
                })
                .map_err(|error| TlsFault::Local(error.to_string())),
        };
        if let Err(fault) = begun {
            self.load.fetch_sub(1, Ordering::Relaxed);
            let peer = entry.peer;
            let notice = Notice::HandshakeFailed { peer, fault };
            return self.news.push_back(News::Notice(notice));
        }
        let interest = entry.socket.first_interest();
        let is_open = entry.phase == Phase::Open;
        let id = match self.table.insert(What::Conn(Box::new(entry))) {
            Ok(id) => id,
            // Dropping the socket closes it: the loop's own bound is reached.
            Err(what) => return self.refuse(what),
        };
        let token = self.token(id.slot());
        let Some(entry) = self.table.conn(id) else {
            return;
        };
        if let Err(error) = entry.socket.register(&self.registry, token, interest) {
            let peer = entry.peer.clone();
            self.table.remove(id.slot());
            self.load.fetch_sub(1, Ordering::Relaxed);
            let fault = TlsFault::Local(error.to_string());
            let notice = Notice::HandshakeFailed { peer, fault };
            return self.news.push_back(News::Notice(notice));
        }
        debug_assert!(!entry.bits.has(Bits::CLIENT));
        if is_open {
            self.news.push_back(News::Opened(id));
        }
        self.arm(id);
    }

    /// A connection that finds no slot. Its socket goes with it.
    #[cold]
    fn refuse(&mut self, what: What) {
        self.load.fetch_sub(1, Ordering::Relaxed);
        if let What::Conn(entry) = what {
            self.refused += 1;
            let peer = entry.peer;
            self.news.push_back(News::Notice(Notice::NoRoom { peer }));
        }
    }
}

/// Whether an accept failed for the sake of one peer: it has gone, or its network failed
/// (accept(2), 'Error handling').
fn is_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::TimedOut
    )
}

/// A socket's file that nobody listens on: the program that made it has died.
#[cfg(unix)]
fn remove_stale(path: &std::path::Path) {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = std::fs::metadata(path).is_ok_and(|m| m.file_type().is_socket());
    if is_socket {
        // Without waiting: a program that lives and is behind has a queue that is full.
        let refused = mio::net::UnixStream::connect(path)
            .is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
        if refused {
            let _ = std::fs::remove_file(path);
        }
    }
}
