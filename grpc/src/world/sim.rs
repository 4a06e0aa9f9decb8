//! The network and the loops of the world.

use super::{
    link::{Link, Piece},
    net::{Asked, ClientNet, Links, client_end},
};
use crate::{
    cancel::Cancel,
    client::{ClientCore, Letter, Post},
    ctx::Peer,
    host::Host,
    pipe::{Pipe, Ring},
    server::{Endings, ServerCore, ServerSpec},
    status::{ConnError, ConnFault},
    wire::{ConnId, Instant, NetEvent, StreamEvent, Wires, proto},
};
use bywash_proto::{config::Config, event::Event, event::Step, server};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// Letters on their way to a loop.
#[derive(Default)]
pub(super) struct Mail {
    letters: Mutex<VecDeque<Letter>>,
    rings: Mutex<VecDeque<Arc<Pipe>>>,
}

impl Post for Mail {
    fn post(&self, letter: Letter) -> bool {
        let letters = &self.letters;
        letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(letter);
        true
    }
}

impl Ring for Mail {
    fn ring(&self, call: Arc<Pipe>) {
        let rings = &self.rings;
        rings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(call);
    }
}

impl Mail {
    fn letter(&self) -> Option<Letter> {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.pop_front()
    }

    fn rung(&self) -> Option<Arc<Pipe>> {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.pop_front()
    }
}

struct NodeState {
    core: ServerCore,
    config: Arc<Config>,
    mail: Arc<Mail>,
    stalled: bool,
    refusing: bool,
    chunk: Option<usize>,
    latency: Duration,
    /// When what still runs is given up.
    hard_stop: Option<Instant>,
}

/// How long a piece takes unless a node says otherwise.
const LATENCY: Duration = Duration::from_micros(50);

pub(super) struct Sim {
    random: fastrand::Rng,
    host: Weak<dyn Host>,
    nodes: Vec<NodeState>,
    pub(super) links: Links,
    client: Option<ClientCore>,
    mail: Arc<Mail>,
    homes: u64,
    client_config: Arc<Config>,
}

impl Sim {
    pub(super) fn new(seed: u64, host: Weak<dyn Host>) -> Sim {
        Sim {
            random: fastrand::Rng::with_seed(seed.rotate_left(17)),
            host,
            nodes: Vec::new(),
            links: Links::default(),
            client: None,
            mail: Arc::default(),
            homes: 0,
            client_config: Arc::new(proto::config()),
        }
    }

    pub(super) fn mail(&self) -> Arc<Mail> {
        Arc::clone(&self.mail)
    }

    pub(super) fn set_client_config(&mut self, config: Config) {
        self.client_config = Arc::new(config);
    }

    pub(super) fn next_home(&mut self) -> u64 {
        self.homes += 1;
        self.homes
    }

    pub(super) fn add_node(
        &mut self,
        spec: ServerSpec,
        config: Config,
        host: Arc<dyn Host>,
    ) -> usize {
        let mail = Arc::new(Mail::default());
        let ring: Arc<dyn Ring> = mail.clone();
        self.nodes.push(NodeState {
            core: ServerCore::new(Arc::new(spec), host, ring),
            config: Arc::new(config),
            mail,
            stalled: false,
            refusing: false,
            chunk: None,
            latency: LATENCY,
            hard_stop: None,
        });
        self.nodes.len() - 1
    }

    pub(super) fn open_calls(&self) -> (usize, usize) {
        let servers = self.nodes.iter().map(|node| node.core.open_calls()).sum();
        let clients = self.client.as_ref().map_or(0, ClientCore::open_calls);
        (clients, servers)
    }

    #[cfg(test)]
    pub(super) fn wakes(&self, node: usize) -> usize {
        self.nodes[node].core.wakes()
    }

    pub(super) fn endings(&self, node: usize) -> Endings {
        self.nodes[node].core.endings()
    }

    pub(super) fn set_stalled(&mut self, node: usize, stalled: bool) {
        self.nodes[node].stalled = stalled;
    }

    pub(super) fn set_refusing(&mut self, node: usize, refusing: bool) {
        self.nodes[node].refusing = refusing;
    }

    pub(super) fn set_chunk(&mut self, node: usize, octets: usize) {
        self.nodes[node].chunk = Some(octets);
    }

    pub(super) fn set_latency(&mut self, node: usize, latency: Duration) {
        self.nodes[node].latency = latency;
    }

    fn now(&self) -> Instant {
        self.host.upgrade().map_or(Instant::ZERO, |host| host.now())
    }

    pub(super) fn cut(&mut self, node: usize) {
        let now = self.now();
        let links = self.links.links.values_mut();
        for link in links.filter(|link| link.node == node) {
            link.up.clear();
            link.down.clear();
            if let Some(conn) = &mut link.client {
                conn.handle_transport_error(now);
            }
            if let Some(conn) = &mut link.server {
                conn.handle_transport_error(now);
            }
        }
    }

    pub(super) fn drain(&mut self, node: usize) {
        let now = self.now();
        let links = self.links.links.values_mut();
        for link in links.filter(|link| link.node == node) {
            if let Some(conn) = &mut link.server {
                conn.shutdown(now);
            }
        }
    }

    pub(super) fn shutdown(&mut self, node: usize, grace: Duration) {
        self.nodes[node].refusing = true;
        self.nodes[node].hard_stop = Some(self.now() + grace);
        self.drain(node);
    }

    /// Does what can be done now; whether that was something, and when there is more.
    pub(super) fn step(&mut self, now: Instant) -> (bool, Option<Instant>) {
        let mut progress = self.open_mail(now);
        progress |= self.answer(now);
        let ids: Vec<ConnId> = self.links.links.keys().copied().collect();
        for id in &ids {
            progress |= self.carry(now, *id);
        }
        self.links.links.retain(|_, link| !link.is_over());
        let due = self.next_time().is_some_and(|at| at <= now);
        if !progress && due {
            self.on_time(now);
            progress = true;
        }
        self.with_client(now, |client, _| client.flush());
        for node in &mut self.nodes {
            node.core.flush();
        }
        (progress, self.next_time())
    }

    fn next_time(&self) -> Option<Instant> {
        let links = self.links.links.values();
        let links = links.filter_map(|link| link.next_time(self.nodes[link.node].stalled));
        let asked = self.links.asked.iter().map(|asked| match asked {
            Asked::Connect(_, _, at) => *at,
            Asked::Resolve(_) => Instant::ZERO,
        });
        let nodes = self.nodes.iter();
        let nodes = nodes.flat_map(|node| node.core.next_time().into_iter().chain(node.hard_stop));
        let client = self.client.as_ref().and_then(ClientCore::next_time);
        links.chain(asked).chain(nodes).chain(client).min()
    }

    fn on_time(&mut self, now: Instant) {
        for link in self.links.links.values_mut() {
            link.on_time(now);
        }
        for node in 0..self.nodes.len() {
            let state = &mut self.nodes[node];
            if state.core.next_time().is_some_and(|at| at <= now) {
                state.core.on_time(now, &mut self.links);
            }
            if state.hard_stop.is_some_and(|at| at <= now) {
                state.hard_stop = None;
                state.core.cancel_all(&mut self.links, Cancel::Shutdown);
            }
        }
        self.with_client(now, |client, net| client.on_time(now, net));
    }

    fn with_client<R: Default>(
        &mut self,
        now: Instant,
        f: impl FnOnce(&mut ClientCore, &mut ClientNet<'_>) -> R,
    ) -> R {
        if self.client.is_none() {
            let Some(host) = self.host.upgrade() else {
                return R::default();
            };
            self.client = Some(ClientCore::new(host));
        }
        let Some(client) = &mut self.client else {
            return R::default();
        };
        let nodes = &self.nodes;
        let mut net = ClientNet {
            links: &mut self.links,
            now,
            latency: &|node| nodes.get(node).map_or(LATENCY, |node| node.latency),
            random: &mut self.random,
        };
        f(client, &mut net)
    }

    fn open_mail(&mut self, now: Instant) -> bool {
        let mut progress = false;
        while let Some(letter) = self.mail.letter() {
            self.with_client(now, |client, net| client.on_letter(now, net, letter));
            progress = true;
        }
        for node in &mut self.nodes {
            while let Some(call) = node.mail.rung() {
                let id = ConnId(call.origin().home);
                node.core
                    .on_ring(now, Wires::wire(&mut self.links, id), &call);
                progress = true;
            }
        }
        progress
    }

    /// What channels have asked for and can be told now.
    fn answer(&mut self, now: Instant) -> bool {
        let mut progress = false;
        for _ in 0..self.links.asked.len() {
            let Some(asked) = self.links.asked.pop_front() else {
                break;
            };
            match asked {
                Asked::Connect(id, node, at) if at <= now => self.connect(now, id, node),
                Asked::Resolve(id) => {
                    let result = Ok(Vec::new());
                    self.tell(now, NetEvent::Resolved { id, result });
                }
                waits => {
                    self.links.asked.push_back(waits);
                    continue;
                }
            }
            progress = true;
        }
        progress
    }

    fn tell(&mut self, now: Instant, event: NetEvent<'_>) {
        self.with_client(now, |client, net| client.on_net(now, net, event));
    }

    fn connect(&mut self, now: Instant, id: ConnId, node: usize) {
        let server = self.nodes.get(node).filter(|node| !node.refusing);
        let server = server.and_then(|node| server::Connection::new(node.config.clone(), now).ok());
        let (Some(server), Some(client)) = (server, client_end(&self.client_config, now)) else {
            let why = Arc::new(ConnError {
                address: format!("node {node}"),
                fault: ConnFault::Refused,
            });
            return self.tell(now, NetEvent::ConnectFailed { id, why });
        };
        let link = Link {
            node,
            client: Some(client),
            server: Some(server),
            up: VecDeque::new(),
            down: VecDeque::new(),
            goaway: None,
        };
        self.links.links.insert(id, link);
        let peer = Peer::at(format!("channel {}", id.0));
        self.nodes[node].core.on_open(id, Arc::new(peer));
        self.tell(now, NetEvent::Connected { id });
    }

    /// Moves one link on.
    fn carry(&mut self, now: Instant, id: ConnId) -> bool {
        let Some(link) = self.links.links.get_mut(&id) else {
            return false;
        };
        let node = link.node;
        let state = &self.nodes[node];
        // Up to a half more, by chance. What was sent first arrives first all the same.
        let jitter = state.latency.mul_f64(self.random.f64() / 2.0);
        let mut progress = link.send(now, now + state.latency + jitter);
        let most = state.chunk.unwrap_or_else(|| 1 << self.random.u32(0..=16));
        if !state.stalled {
            if let Some(piece) = Link::arrive(&mut link.up, now, most) {
                self.feed_server(now, id, node, piece);
                progress = true;
            }
            let link = self.links.links.get_mut(&id);
            if let Some(piece) = link.and_then(|link| Link::arrive(&mut link.down, now, most)) {
                self.feed_client(now, id, piece);
                progress = true;
            }
        }
        // Events that need no octets.
        let link = self.links.links.get(&id);
        if link.is_some_and(|link| link.client.as_ref().is_some_and(|conn| conn.has_events())) {
            self.feed_client(now, id, Piece::Octets(Vec::new()));
            progress = true;
        }
        let link = self.links.links.get(&id);
        if link.is_some_and(|link| link.server.as_ref().is_some_and(|conn| conn.has_events())) {
            self.feed_server(now, id, node, Piece::Octets(Vec::new()));
            progress = true;
        }
        progress
    }

    fn feed_client(&mut self, now: Instant, id: ConnId, piece: Piece) {
        let octets = match piece {
            Piece::Octets(octets) => octets,
            Piece::End => {
                let link = self.links.links.get_mut(&id);
                if let Some(conn) = link.and_then(|link| link.client.as_mut()) {
                    conn.handle_eof(now);
                }
                Vec::new()
            }
        };
        let mut input = &octets[..];
        loop {
            let link = self.links.links.get_mut(&id);
            let Some(conn) = link.and_then(|link| link.client.as_mut()) else {
                return;
            };
            match conn.next_event(now, &mut input) {
                Step::Event(event) => self.on_client_event(now, id, event),
                Step::NeedInput => return,
                Step::NeedWrite => {
                    let due = now + LATENCY;
                    if let Some(link) = self.links.links.get_mut(&id) {
                        link.send(now, due);
                    }
                }
            }
        }
    }

    fn on_client_event(&mut self, now: Instant, id: ConnId, event: Event<'_>) {
        let told = proto::stream_event(event, &mut None, |stream, event| {
            self.tell(now, NetEvent::Stream { id, stream, event });
        });
        let Err(event) = told else {
            return;
        };
        if let Event::Closed(reason) = event {
            let link = self.links.links.get_mut(&id);
            let Some(link) = link else {
                return;
            };
            link.send(now, now + LATENCY);
            link.client = None;
            link.up.push_back((now + LATENCY, Piece::End));
            let goaway = link.goaway.take();
            let why = proto::closed(format!("node {}", link.node), reason, goaway);
            return self.tell(now, NetEvent::Closed { id, why });
        }
        if let Some(event) = proto::connection_event(id, event) {
            if let (NetEvent::GoAway { code, debug, .. }, Some(link)) =
                (&event, self.links.links.get_mut(&id))
            {
                link.goaway = Some((*code, debug.clone()));
            }
            self.tell(now, event);
        }
    }

    fn feed_server(&mut self, now: Instant, id: ConnId, node: usize, piece: Piece) {
        let octets = match piece {
            Piece::Octets(octets) => octets,
            Piece::End => {
                let link = self.links.links.get_mut(&id);
                if let Some(conn) = link.and_then(|link| link.server.as_mut()) {
                    conn.handle_eof(now);
                }
                Vec::new()
            }
        };
        let mut input = &octets[..];
        loop {
            let link = self.links.links.get_mut(&id);
            let Some(conn) = link.and_then(|link| link.server.as_mut()) else {
                return;
            };
            match conn.next_event(now, &mut input) {
                Step::Event(event) => self.on_server_event(now, id, node, event),
                Step::NeedInput => return,
                Step::NeedWrite => {
                    if let Some(link) = self.links.links.get_mut(&id) {
                        link.send(now, now + LATENCY);
                    }
                }
            }
        }
    }

    fn on_server_event(&mut self, now: Instant, id: ConnId, node: usize, event: Event<'_>) {
        let Sim { nodes, links, .. } = self;
        let core = &mut nodes[node].core;
        let told = proto::stream_event(event, &mut None, |stream, event: StreamEvent<'_>| {
            if let Some(wire) = Wires::wire(links, id) {
                core.on_stream(wire, id, stream, event);
            }
        });
        if let Err(Event::Closed(reason)) = told {
            core.on_close(id, proto::fault(reason, None));
            if let Some(link) = links.links.get_mut(&id) {
                link.send(now, now + LATENCY);
                link.server = None;
                link.down.push_back((now + LATENCY, Piece::End));
            }
        }
    }
}
