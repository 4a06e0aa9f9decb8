//! Connections out: addresses are raced, the first to answer wins (RFC 8305).

use super::adapt::fit;
use super::dial::{Attempt, Dial};
use super::entry::{Bits, Entry, Phase};
use super::hub::{Hub, News};
use super::resolver::Ask;
use super::table::What;
use crate::address::Address;
use crate::buffers;
use crate::connect::{Connect, Dialed, Target};
use crate::error::{ConnectError, ConnectFault};
use crate::id::ConnId;
use crate::machine::Machine;
use crate::socket::{BOTH, Socket};
use bywash_proto::vocabulary::Instant;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;

impl Hub {
    pub(crate) fn connect(&mut self, spec: Connect) -> ConnId {
        let deadline = self.now + spec.timeout;
        let dial = Dial {
            spec,
            addresses: VecDeque::new(),
            attempts: Vec::new(),
            resolving: false,
            next_attempt: Instant::MAX,
            deadline,
            last: None,
        };
        let (id, mut dial) = match self.table.insert(What::Dial(Box::new(dial))) {
            Ok(id) => (id, None),
            Err(what) => {
                // A name that no slot will ever have.
                self.lost = self.lost.wrapping_add(1);
                (ConnId::new(u32::MAX, self.lost), Some(what))
            }
        };
        if let Some(What::Dial(dial)) = dial.take() {
            let error = ConnectError {
                target: dial.spec.target.to_string(),
                address: None,
                fault: ConnectFault::NoRoom,
            };
            self.news.push_back(News::ConnectFailed(id, error));
            return id;
        }
        if self.draining {
            self.fail_dial(id, ConnectFault::Cancelled);
            return id;
        }
        self.seek(id);
        id
    }

    /// Finds the first addresses.
    fn seek(&mut self, id: ConnId) {
        let Some(dial) = self.table.dial(id) else {
            return;
        };
        if let Some(dialer) = dial.spec.dialer.clone() {
            dial.resolving = true;
            let ask = Ask::Dial(dialer, dial.spec.target.clone());
            if let Err(error) = self.resolver.ask(ask, id) {
                return self.fail_dial(id, ConnectFault::Io(error));
            }
            return self.press_on(id);
        }
        match dial.spec.target.clone() {
            Target::Name(name, port) => match name.parse::<IpAddr>() {
                Ok(ip) => dial.addresses.push_back(SocketAddr::new(ip, port)),
                Err(_) => {
                    dial.resolving = true;
                    if let Err(error) = self.resolver.ask(Ask::Name(name, port), id) {
                        return self.fail_dial(id, ConnectFault::Resolve(error));
                    }
                }
            },
            Target::Addresses(list) => dial.addresses = interleave(list),
            #[cfg(unix)]
            Target::Unix(path) => {
                let socket = mio::net::UnixStream::connect(path).map(Socket::Unix);
                self.attempt(id, socket, None);
            }
        }
        self.press_on(id);
    }

    /// The resolver's answer.
    pub(crate) fn resolved(&mut self, id: ConnId, answer: io::Result<Vec<SocketAddr>>) {
        let Some(dial) = self.table.dial(id) else {
            return;
        };
        dial.resolving = false;
        match answer {
            Ok(list) if list.is_empty() => {
                let error = io::Error::new(io::ErrorKind::NotFound, "no address");
                self.fail_dial(id, ConnectFault::Resolve(error));
            }
            Ok(list) => {
                dial.addresses = interleave(list);
                self.press_on(id);
            }
            Err(error) => self.fail_dial(id, ConnectFault::Resolve(error)),
        }
    }

    /// A dialer's answer.
    pub(crate) fn dialed(&mut self, id: ConnId, answer: io::Result<Dialed>) {
        let Some(dial) = self.table.dial(id) else {
            return;
        };
        dial.resolving = false;
        match answer.and_then(Socket::adopt) {
            Ok(socket) => self.attempt(id, Ok(socket), None),
            Err(error) => dial.last = Some((None, ConnectFault::from_io(error))),
        }
        self.press_on(id);
    }

    /// Starts attempts until one is under way, and arms the deadline. Fails when nothing is left.
    fn press_on(&mut self, id: ConnId) {
        loop {
            let Some(dial) = self.table.dial(id) else {
                return;
            };
            if dial.resolving || !dial.attempts.is_empty() {
                break;
            }
            let Some(to) = dial.addresses.pop_front() else {
                let fault = dial.last.take().map(|(_, fault)| fault);
                let fault = fault.unwrap_or_else(|| {
                    ConnectFault::Resolve(io::Error::new(io::ErrorKind::NotFound, "no address"))
                });
                return self.fail_dial(id, fault);
            };
            self.attempt_tcp(id, to);
        }
        self.arm_dial(id);
    }

    fn arm_dial(&mut self, id: ConnId) {
        if let Some(dial) = self.table.dial(id) {
            let next = match dial.addresses.is_empty() {
                true => Instant::MAX,
                false => dial.next_attempt,
            };
            let at = next.min(dial.deadline);
            self.deadlines.set(id.slot(), at);
        }
    }

    fn attempt_tcp(&mut self, id: ConnId, to: SocketAddr) {
        let Some(dial) = self.table.dial(id) else {
            return;
        };
        let socket = buffers::connect(to, dial.spec.buffers);
        self.attempt(id, socket.map(Socket::Tcp), Some(to));
    }

    /// Registers a socket that has begun to connect.
    fn attempt(&mut self, id: ConnId, socket: io::Result<Socket>, to: Option<SocketAddr>) {
        let begun = socket.and_then(|socket| {
            let attempt = Attempt {
                dial: id,
                socket,
                to,
            };
            let slot = self
                .table
                .insert(What::Attempt(Box::new(attempt)))
                .map_err(|_| io::Error::other("the loop has no room for another socket"))?
                .slot();
            let token = self.token(slot);
            if let Some(What::Attempt(attempt)) = self.table.at(slot) {
                if let Err(error) = attempt.socket.register(&self.registry, token, BOTH) {
                    self.table.remove(slot);
                    return Err(error);
                }
            }
            Ok(slot)
        });
        let next_attempt = self.now;
        let Some(dial) = self.table.dial(id) else {
            return;
        };
        dial.next_attempt = next_attempt + dial.spec.attempt_delay;
        match begun {
            Ok(slot) => dial.attempts.push(slot),
            Err(error) => dial.last = Some((to, ConnectFault::from_io(error))),
        }
    }

    /// The system says something about an attempt.
    pub(crate) fn attempt_ready(&mut self, slot: u32) {
        let Some(What::Attempt(attempt)) = self.table.at(slot) else {
            return;
        };
        let (id, to) = (attempt.dial, attempt.to);
        match attempt.socket.connected() {
            Ok(false) => {}
            Ok(true) => self.win(id, slot),
            Err(error) => {
                self.drop_attempt(slot);
                if let Some(dial) = self.table.dial(id) {
                    dial.attempts.retain(|other| *other != slot);
                    dial.last = Some((to, ConnectFault::from_io(error)));
                    // Its successor need not wait (RFC 8305 5).
                    if let Some(to) = dial.addresses.pop_front() {
                        self.attempt_tcp(id, to);
                    }
                }
                self.press_on(id);
            }
        }
    }

    fn drop_attempt(&mut self, slot: u32) -> Option<Socket> {
        let Some(What::Attempt(_)) = self.table.at(slot) else {
            return None;
        };
        match self.table.remove(slot) {
            What::Attempt(attempt) => Some(attempt.socket),
            _ => None,
        }
    }

    /// An attempt has come through: the others are dropped, the search becomes a connection.
    fn win(&mut self, id: ConnId, slot: u32) {
        let to = match self.table.at(slot) {
            Some(What::Attempt(attempt)) => attempt.to,
            _ => None,
        };
        let Some(mut socket) = self.drop_attempt(slot) else {
            return;
        };
        let Some(dial) = self.table.dial(id) else {
            return;
        };
        let (spec, deadline) = (dial.spec.clone(), dial.deadline);
        let others = std::mem::take(&mut dial.attempts);
        dial.last = None;
        for other in others {
            self.drop_attempt(other);
        }
        socket.send_at_once();
        let interest = socket.first_interest();
        if let Err(error) = socket.reregister(&self.registry, self.token(id.slot()), interest) {
            return self.fail_dial(id, ConnectFault::Io(error));
        }
        let peer = match (to, &spec.target) {
            (Some(to), _) => Address::Tcp(to),
            (None, _) if spec.dialer.is_some() => socket.peer(),
            #[cfg(unix)]
            (None, Target::Unix(path)) => Address::Unix(Some(path.clone())),
            (None, _) => Address::Unix(None),
        };
        match self.begin(&spec, socket, peer, deadline) {
            Ok(entry) => {
                let is_open = entry.phase == Phase::Open;
                self.deadlines.clear(id.slot());
                self.table.replace(id.slot(), What::Conn(Box::new(entry)));
                self.load.fetch_add(1, Ordering::Relaxed);
                if is_open {
                    self.news.push_back(News::Opened(id));
                }
                self.touch(id);
                self.arm(id);
            }
            Err(fault) => self.fail_dial(id, fault),
        }
    }

    fn begin(
        &self,
        spec: &Connect,
        socket: Socket,
        peer: Address,
        deadline: Instant,
    ) -> Result<Entry, ConnectFault> {
        let config = fit(&spec.config, spec.tls.is_some());
        let mut entry = Entry::new(socket, peer, config);
        entry.bits.set(Bits::CLIENT);
        entry.rare_mut().target = Some(Box::new(spec.target.clone()));
        match &spec.tls {
            Some((connector, name)) => {
                entry.session = Some(connector.connect(name).map_err(ConnectFault::Tls)?);
                entry.deadline = deadline;
            }
            None => {
                let machine = Machine::new(true, &entry.config, self.now);
                entry.machine = Some(machine.map_err(ConnectFault::Config)?);
                entry.phase = Phase::Open;
            }
        }
        Ok(entry)
    }

    /// A deadline of a search: the next address is due, or time is up.
    pub(crate) fn dial_due(&mut self, id: ConnId) {
        let now = self.now;
        let Some(dial) = self.table.dial(id) else {
            return;
        };
        if now >= dial.deadline {
            let fault = match dial.resolving && dial.spec.dialer.is_none() {
                true => ConnectFault::Resolve(io::ErrorKind::TimedOut.into()),
                false => ConnectFault::TimedOut,
            };
            return self.fail_dial(id, fault);
        }
        if now >= dial.next_attempt {
            if let Some(to) = dial.addresses.pop_front() {
                self.attempt_tcp(id, to);
            }
        }
        self.press_on(id);
    }

    /// Ends a search.
    pub(crate) fn fail_dial(&mut self, id: ConnId, fault: ConnectFault) {
        let Some(dial) = self.table.dial(id) else {
            return;
        };
        if dial.resolving {
            self.resolver.forget(id);
        }
        let tried = dial.attempts.first().copied();
        let mut address = dial.last.take().and_then(|(to, _)| to);
        let attempts = std::mem::take(&mut dial.attempts);
        if let (None, Some(slot)) = (address, tried) {
            if let Some(What::Attempt(attempt)) = self.table.at(slot) {
                address = attempt.to;
            }
        }
        for slot in attempts {
            self.drop_attempt(slot);
        }
        self.deadlines.clear(id.slot());
        if let What::Dial(dial) = self.table.remove(id.slot()) {
            let error = ConnectError {
                target: dial.spec.target.to_string(),
                address: address.map(Address::Tcp),
                fault,
            };
            self.news.push_back(News::ConnectFailed(id, error));
        }
    }
}

/// Families take turns, beginning with that of the first address (RFC 8305 4).
fn interleave(list: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = list.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        list.into_iter().partition(|at| at.is_ipv6() == first_is_v6);
    let mut out = VecDeque::with_capacity(one.len() + other.len());
    while let Some(at) = one.pop_front() {
        out.push_back(at);
        std::mem::swap(&mut one, &mut other);
        if one.is_empty() {
            std::mem::swap(&mut one, &mut other);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::interleave;

    #[test]
    fn families_take_turns_from_the_first() {
        let at = |text: &str| text.parse().unwrap();
        let list = vec![at("[::1]:1"), at("[::2]:1"), at("[::3]:1"), at("1.1.1.1:1")];
        let order: Vec<String> = interleave(list).iter().map(ToString::to_string).collect();
        assert_eq!(order, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
        assert!(interleave(Vec::new()).is_empty());
    }
}
