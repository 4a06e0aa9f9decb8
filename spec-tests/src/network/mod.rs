//! Many connections at once, each a client and a server of the core with a [`Link`] between them, on one virtual clock.
//!
//! The links cut what they carry into pieces of any size, delay it, take only part of a write, stall, break, and close
//! by halves; a [`Guard`](crate::pair::Guard) watches each of the cores after every step. All of it comes from one
//! seed, which a failure prints.

mod side;

use bywash_proto::config::{Config, FlowControl};
use bywash_proto::error::CloseReason;
use bywash_proto::vocabulary::Instant;

use crate::link::{End, Link, PipeConfig, Rng};
use side::Side;

/// Moves that one network may take: far more than any seed needs.
const MOVES: usize = 4_000_000;

/// What befalls a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing but pieces and delays.
    Fair,
    /// Nothing can be read at one end for a while.
    Stall,
    /// It breaks.
    Cut,
    /// One end resets it.
    Reset,
    /// The client closes its half, with requests on their way.
    HalfClose,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Fair,
        Self::Stall,
        Self::Cut,
        Self::Reset,
        Self::HalfClose,
    ];

    /// Whether everything arrives all the same.
    pub fn is_kind(self) -> bool {
        matches!(self, Self::Fair | Self::Stall)
    }
}

/// One connection.
struct Connection {
    link: Link,
    client: Side,
    server: Side,
    fate: Fate,
    /// When it strikes, nanoseconds; `None` once it has.
    strikes: Option<u64>,
}

/// What came of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What befell its link.
    pub fate: Fate,
    /// How client and server ended.
    pub closed: (CloseReason, CloseReason),
    /// Exchanges that were begun, and that both sides completed.
    pub exchanges: (usize, usize),
    /// The most heap that client and server held, octets.
    pub most_heap: (usize, usize),
}

/// See the module.
pub struct Network {
    seed: u64,
    now: u64,
    connections: Vec<Connection>,
    moves: usize,
}

/// A configuration by chance. What runs out of time is another test's affair: some links need minutes.
fn config(rng: &mut Rng) -> Config {
    let mut config = Config::default();
    config.timers.preface = None;
    config.timers.settings_ack = None;
    config.timers.block = None;
    config.timers.progress = None;
    config.settings.initial_window_size = *rng.pick(&[300, 65_535, 200_000]);
    config.settings.max_concurrent_streams = *rng.pick(&[1, 3, 100]);
    config.flow = *rng.pick(&[FlowControl::Automatic, FlowControl::Streams]);
    config.send.frame_size = *rng.pick(&[100, 1_000, 16_384]);
    config.send.copy_below = *rng.pick(&[0, 4_096]);
    config
}

impl Connection {
    fn new(rng: &mut Rng, fate: Fate) -> Self {
        let (up, down) = (PipeConfig::random(rng), PipeConfig::random(rng));
        let exchanges = (0..rng.range(1, 8))
            .map(|_| (rng.range(0, 2_000) as usize, rng.range(0, 2_000) as usize))
            .collect();
        Self {
            link: Link::asymmetric(up, down, rng.next_u64()),
            client: Side::client(config(rng), exchanges),
            server: Side::server(config(rng)),
            fate,
            strikes: (fate != Fate::Fair).then(|| rng.range(0, 2_000_000_000)),
        }
    }

    /// When something will happen next, nanoseconds.
    fn next_time(&mut self) -> Option<u64> {
        let times = [
            self.client.next_time(&mut self.link, End::A),
            self.server.next_time(&mut self.link, End::B),
            self.strikes,
        ];
        times.into_iter().flatten().min()
    }

    fn strike(&mut self, rng: &mut Rng) {
        self.strikes = None;
        let end = if rng.chance(1, 2) { End::A } else { End::B };
        let later = self.link.now() + rng.range(1, 5_000_000_000);
        match self.fate {
            Fate::Fair => {}
            Fate::Stall => self.link.outgoing(end).stall_until(later),
            Fate::Cut => self.link.cut(),
            Fate::Reset => self.link.reset(end),
            Fate::HalfClose => self.client.leave(&mut self.link, End::A),
        }
    }

    /// Moves all that can be moved now. Whether anything was.
    fn step(&mut self, now: Instant, rng: &mut Rng) -> bool {
        if self.strikes.is_some_and(|at| at <= now.as_nanos()) {
            self.strike(rng);
        }
        let mut moved = false;
        for (side, end) in [(&mut self.client, End::A), (&mut self.server, End::B)] {
            moved |= side.step(&mut self.link, end, now);
        }
        if !moved && self.link.next_event_time().is_none() {
            self.client.at_rest(&mut self.link, End::A);
            self.server.at_rest(&mut self.link, End::B);
        }
        moved
    }

    fn is_over(&self) -> bool {
        self.client.closed().is_some() && self.server.closed().is_some()
    }

    /// # Panics
    /// If a side got what was not sent, or a kind link lost anything.
    fn outcome(&self) -> Outcome {
        let (Some(client), Some(server)) = (self.client.closed(), self.server.closed()) else {
            panic!("a connection that never ends: {:?}", self.fate);
        };
        let exchanges = self.client.judge(&self.server);
        if self.fate.is_kind() {
            assert_eq!(exchanges.0, exchanges.1, "exchanges that were completed");
            assert_eq!(client, CloseReason::Finished);
            assert_eq!(server, CloseReason::Finished);
        }
        Outcome {
            fate: self.fate,
            closed: (client, server),
            exchanges,
            most_heap: (self.client.most_heap(), self.server.most_heap()),
        }
    }
}

impl Network {
    /// So many connections, all of their chance drawn from the seed; each fate is some connection's, if there are
    /// enough.
    pub fn new(seed: u64, connections: usize) -> Self {
        let mut rng = Rng::new(seed);
        let fates = Fate::ALL.iter().cycle();
        Self {
            seed,
            now: 0,
            connections: fates
                .take(connections)
                .map(|fate| Connection::new(&mut rng.fork(), *fate))
                .collect(),
            moves: 0,
        }
    }

    /// Runs until every connection has ended: what came of each.
    ///
    /// # Panics
    /// On a broken invariant, on octets that are not those that were sent, and if it never ends.
    pub fn run(mut self) -> Vec<Outcome> {
        let mut rng = Rng::new(!self.seed);
        while !self.connections.iter().all(Connection::is_over) {
            let now = Instant::from_nanos(self.now);
            let mut moved = false;
            for connection in &mut self.connections {
                connection.link.advance_to(self.now);
                moved |= connection.step(now, &mut rng);
            }
            self.moves += 1;
            assert!(self.moves < MOVES, "no end after {MOVES} moves");
            if !moved {
                let open = self.connections.iter_mut().filter(|one| !one.is_over());
                let next = open.filter_map(Connection::next_time).min();
                let next = next.expect("nothing will ever happen, and not all is over");
                assert!(next > self.now, "a time in the past: {next}, {}", self.now);
                self.now = next;
            }
        }
        self.connections.iter().map(Connection::outcome).collect()
    }
}

impl Drop for Network {
    /// A failure names the seed, and what it was about.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the network of seed {} at {} ns:", self.seed, self.now);
            for connection in &self.connections {
                let (client, server) = (&connection.client, &connection.server);
                eprintln!("  {:?}: client {client}; server {server}", connection.fate);
            }
        }
    }
}
