//! One core under attack: a raw peer before it, a small program behind it, a virtual clock, and an eye on every octet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::connection::{Interest, Stats};
use bywash_proto::error::{CloseReason, LimitName, OpenError, StreamEnd};
use bywash_proto::event::{Event, Step};
use bywash_proto::headers::Head;
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};
use bywash_proto::{client, server};
use bywash_spec_tests::raw::{RawPeer, Received};

use crate::allocator::{Account, booked};
use crate::neighbour::CHUNK;

/// Body octets that cost no heap.
pub(crate) static BODY: [u8; 256 * 1024] = [b'x'; 256 * 1024];

/// Either role.
#[derive(Debug)]
pub(crate) enum Core {
    Client(client::Connection),
    Server(server::Connection),
}

/// Runs an expression on the connection, whatever its role, and books its allocations.
macro_rules! on {
    ($rig:expr, $conn:ident => $work:expr) => {{
        let core = &mut $rig.core;
        $crate::allocator::booked(&mut $rig.account, || match core {
            $crate::rig::Core::Client($conn) => $work,
            $crate::rig::Core::Server($conn) => $work,
        })
    }};
}
pub(crate) use on;

/// What the program behind the core does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct App {
    /// Octets of body that answer each request; `None`: no answer ever comes.
    pub(crate) answer: Option<usize>,
    /// Whether DATA is consumed as it comes.
    pub(crate) drains: bool,
    /// Whether each request keeps its place until it is let go.
    pub(crate) holds: bool,
    /// Whether heads are kept until their streams end.
    pub(crate) keeps_heads: bool,
}

impl Default for App {
    fn default() -> Self {
        Self {
            answer: Some(CHUNK),
            drains: true,
            holds: false,
            keeps_heads: false,
        }
    }
}

/// What the program was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) requests: u64,
    pub(crate) responses: u64,
    pub(crate) informational: u64,
    pub(crate) trailers: u64,
    pub(crate) overlong: u64,
    pub(crate) data: u64,
    pub(crate) extensions: u64,
    pub(crate) goaways: u64,
    pub(crate) can_open: u64,
    pub(crate) settings_acknowledged: u64,
    pub(crate) ended: Vec<(u32, StreamEnd)>,
    pub(crate) pressure: Vec<LimitName>,
    pub(crate) closed: Option<CloseReason>,
    /// Octets read before the call in which it ended, and when that was.
    pub(crate) at_close: Option<(u64, u64)>,
    /// DATA of the honest stream.
    pub(crate) honest: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) core: Core,
    pub(crate) account: Account,
    pub(crate) peer: RawPeer,
    pub(crate) config: Arc<Config>,
    pub(crate) now: u64,
    pub(crate) app: App,
    pub(crate) told: Told,
    pub(crate) names: BTreeMap<u32, StreamRef>,
    heads: BTreeMap<u32, Head>,
    /// Whether the first stream is the honest neighbour's.
    pub(crate) neighbour: bool,
    /// Whether the peer reads what the core writes.
    pub(crate) peer_reads: bool,
    /// Octets that the core did not take because it wants to write first.
    pub(crate) untaken: usize,
    pub(crate) wire_out: u64,
    /// The most that the connection and the heads of its open streams held.
    pub(crate) peak: usize,
    /// What the peer received, without DATA and WINDOW_UPDATE.
    pub(crate) got: Vec<Received>,
    /// Body octets that the peer received, by stream.
    pub(crate) bodies: BTreeMap<u32, usize>,
}

impl Rig {
    /// A server and a raw client; SETTINGS are exchanged.
    pub(crate) fn server(config: Config) -> Self {
        Self::server_with(config, RawPeer::client(&[]).with_auto_ack())
    }

    /// A server and this client, which has sent its preface.
    pub(crate) fn server_with(config: Config, peer: RawPeer) -> Self {
        let mut rig = Self::unmet(config, peer, false);
        rig.pump();
        rig.pump();
        rig
    }

    /// A client and a raw server; SETTINGS are exchanged.
    pub(crate) fn client(config: Config) -> Self {
        Self::client_with(config, RawPeer::server(&[]).with_auto_ack())
    }

    /// A client and this server, which has sent its SETTINGS.
    pub(crate) fn client_with(config: Config, peer: RawPeer) -> Self {
        let mut rig = Self::unmet(config, peer, true);
        rig.pump();
        rig.pump();
        rig
    }

    /// Nothing was exchanged yet.
    pub(crate) fn unmet(config: Config, peer: RawPeer, is_client: bool) -> Self {
        let config = Arc::new(config);
        let mut account = Account::default();
        let core = {
            let config = config.clone();
            booked(&mut account, || {
                if is_client {
                    Core::Client(client::Connection::new(config, Instant::ZERO).unwrap())
                } else {
                    Core::Server(server::Connection::new(config, Instant::ZERO).unwrap())
                }
            })
        };
        let mut rig = Self {
            core,
            account,
            peer,
            config,
            now: 0,
            app: App::default(),
            told: Told::default(),
            names: BTreeMap::new(),
            heads: BTreeMap::new(),
            neighbour: false,
            peer_reads: true,
            untaken: 0,
            wire_out: 0,
            peak: 0,
            got: Vec::new(),
            bodies: BTreeMap::new(),
        };
        rig.check();
        rig
    }

    pub(crate) fn at(&self) -> Instant {
        Instant::from_nanos(self.now)
    }

    pub(crate) fn is_client(&self) -> bool {
        matches!(self.core, Core::Client(_))
    }

    /// Gives the core what the peer has sent, and the peer what the core writes.
    pub(crate) fn pump(&mut self) {
        let octets = self.peer.take_output();
        self.feed(&octets);
    }

    /// Gives the core these octets, in one read, and the peer what the core writes.
    pub(crate) fn feed(&mut self, octets: &[u8]) {
        let now = self.at();
        let mut input = octets;
        loop {
            match on!(self, conn => conn.next_event(now, &mut input)) {
                Step::Event(event) => self.on_event(event),
                Step::NeedInput => break,
                Step::NeedWrite if self.peer_reads => self.flush(),
                Step::NeedWrite => break,
            }
            self.check();
        }
        self.untaken += input.len();
        self.flush();
        self.check();
    }

    /// Takes the events that need no input.
    pub(crate) fn drain_events(&mut self) {
        let now = self.at();
        while on!(self, conn => conn.has_events()) {
            let mut nothing: &[u8] = &[];
            if let Step::Event(event) = on!(self, conn => conn.next_event(now, &mut nothing)) {
                self.on_event(event);
            }
        }
        self.check();
    }

    /// Writes all there is, if the peer reads.
    pub(crate) fn flush(&mut self) {
        let now = self.at();
        loop {
            let mut written = Vec::new();
            let reads = self.peer_reads;
            // What is copied here is the test's own: room is made outside of the account.
            let len = on!(self, conn => conn.transmit(now).len());
            if len == 0 || !reads {
                break;
            }
            written.reserve_exact(len);
            on!(self, conn => {
                let out = conn.transmit(now);
                for chunk in out.chunks() {
                    written.extend_from_slice(chunk);
                }
                out.advance(len);
            });
            self.wire_out += len as u64;
            self.peer.receive(&written);
            self.drain_events();
        }
        self.collect();
    }

    /// Time passes; every deadline on the way is kept.
    pub(crate) fn advance(&mut self, by: Duration) {
        let target = self.now + by.as_nanos() as u64;
        let mut stood = 0;
        while let Some(at) = on!(self, conn => conn.poll_timeout()) {
            if at.as_nanos() > target {
                break;
            }
            stood = if at.as_nanos() <= self.now {
                stood + 1
            } else {
                0
            };
            assert!(stood < 12, "the same deadline again and again");
            self.now = self.now.max(at.as_nanos());
            let now = self.at();
            on!(self, conn => conn.handle_timeout(now));
            self.drain_events();
            self.flush();
            self.pump();
        }
        self.now = target;
    }

    /// The balance of the account is what the core says, and both stay below the bound.
    pub(crate) fn check(&mut self) {
        let core = &self.core;
        let heap = match core {
            Core::Client(conn) => conn.heap_bytes(),
            Core::Server(conn) => conn.heap_bytes(),
        };
        let heads: usize = self.heads.values().map(Head::heap_bytes).sum();
        assert_eq!(
            self.account.balance,
            (heap + heads) as i64,
            "heap_bytes() and the allocator disagree"
        );
        let most = self.config.worst_case_memory();
        assert!(heap <= most, "{heap} octets of heap, {most} at worst");
        self.peak = self.peak.max(heap + heads);
    }

    pub(crate) fn stats(&self) -> Stats {
        match &self.core {
            Core::Client(conn) => *conn.stats(),
            Core::Server(conn) => *conn.stats(),
        }
    }

    pub(crate) fn interest(&self) -> Interest {
        match &self.core {
            Core::Client(conn) => conn.interest(),
            Core::Server(conn) => conn.interest(),
        }
    }

    fn on_event(&mut self, event: Event<'_>) {
        match event {
            Event::Request {
                stream,
                head,
                end,
                overlong,
            } => {
                self.told.requests += 1;
                self.told.overlong += u64::from(overlong);
                self.keep(stream, head);
                if let (true, Core::Server(conn)) = (self.app.holds, &mut self.core) {
                    conn.hold(stream);
                }
                if self.is_honest(stream) {
                    self.respond(stream, None);
                } else if let (true, Some(body)) = (end, self.app.answer) {
                    self.respond(stream, Some(body));
                }
            }
            Event::Response {
                stream,
                head,
                end,
                overlong,
            } => {
                self.told.responses += 1;
                self.told.overlong += u64::from(overlong);
                self.keep(stream, head);
                if end {
                    self.forget(stream);
                }
            }
            Event::Informational { head, .. } => {
                self.told.informational += 1;
                booked(&mut self.account, move || drop(head));
            }
            Event::Trailers { stream, head, .. } => {
                self.told.trailers += 1;
                booked(&mut self.account, move || drop(head));
                self.on_end(stream);
            }
            Event::Data { stream, data, end } => self.on_data(stream, data.len(), end),
            Event::Ended { stream, end } => {
                self.told.ended.push((stream.id().get(), end));
                self.forget(stream);
            }
            Event::Pressure(limit) => self.told.pressure.push(limit),
            Event::Closed(reason) => {
                assert_eq!(self.told.closed, None, "closed twice");
                self.told.closed = Some(reason);
                self.told.at_close = Some((self.stats().bytes_received, self.now));
            }
            Event::CanOpen => self.told.can_open += 1,
            Event::SettingsAcknowledged => self.told.settings_acknowledged += 1,
            Event::GoAway { debug, .. } => {
                self.told.goaways += 1;
                booked(&mut self.account, move || drop(debug));
            }
            Event::Extension(extension) => {
                self.told.extensions += 1;
                booked(&mut self.account, move || drop(extension));
            }
            _ => {}
        }
    }

    fn on_data(&mut self, stream: StreamRef, octets: usize, end: bool) {
        self.told.data += octets as u64;
        let honest = self.is_honest(stream);
        if self.app.drains || honest {
            let _ = on!(self, conn => conn.recv(stream).release(octets as u32));
        }
        if honest {
            self.told.honest += octets;
            if !self.is_client() {
                let mut echo = Bytes::from_static(&BODY[..octets]);
                let _ = on!(self, conn => conn.send(stream).data(&mut echo, false));
            }
        }
        if end {
            self.on_end(stream);
        }
    }

    /// The peer's message is whole.
    fn on_end(&mut self, stream: StreamRef) {
        if self.is_client() {
            self.forget(stream);
        } else if let Some(body) = self.app.answer {
            self.respond(stream, Some(body));
        }
    }

    fn keep(&mut self, stream: StreamRef, head: Head) {
        self.names.insert(stream.id().get(), stream);
        if self.app.keeps_heads {
            self.heads.insert(stream.id().get(), head);
        } else {
            booked(&mut self.account, move || drop(head));
        }
    }

    fn forget(&mut self, stream: StreamRef) {
        let head = self.heads.remove(&stream.id().get());
        booked(&mut self.account, move || drop(head));
    }

    /// Gives the memory of a stream's head back to the core, if it was kept.
    pub(crate) fn recycle(&mut self, stream: u32) {
        if let Some(head) = self.heads.remove(&stream) {
            on!(self, conn => conn.recycle(head));
        }
    }

    /// Answers with 200 and a body, or with a head alone whose body is to follow. What the core refuses is dropped.
    pub(crate) fn respond(&mut self, stream: StreamRef, body: Option<usize>) {
        let Core::Server(conn) = &mut self.core else {
            return;
        };
        booked(&mut self.account, || {
            let end = body == Some(0);
            if conn.response(stream, &[(":status", "200")], end).is_err() {
                conn.send(stream).reset(ErrorCode::INTERNAL_ERROR);
            } else if let Some(octets) = body.filter(|_| !end) {
                let mut body = Bytes::from_static(&BODY[..octets]);
                let _ = conn.send(stream).data(&mut body, true);
            }
        });
        if body.is_some() {
            self.forget(stream);
        }
    }

    /// Opens a request at a client.
    pub(crate) fn request(&mut self, path: &str, end: bool) -> Result<StreamRef, OpenError> {
        let method = if end { "GET" } else { "POST" };
        let fields = [
            (":method", method),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", path),
        ];
        let Core::Client(conn) = &mut self.core else {
            panic!("servers open nothing");
        };
        let opened = booked(&mut self.account, || conn.request(&fields, end));
        if let Ok(stream) = opened {
            self.names.insert(stream.id().get(), stream);
        }
        opened
    }

    /// The name of a stream that was opened.
    pub(crate) fn name(&self, stream: u32) -> StreamRef {
        self.names[&stream]
    }

    /// Sorts what the peer received: bodies are counted, credit is dropped, the rest is kept.
    fn collect(&mut self) {
        for item in self.peer.drain() {
            match item {
                Received::Data { stream, data, .. } => {
                    *self.bodies.entry(stream).or_default() += data.len();
                }
                Received::WindowUpdate { .. } => {}
                other => self.got.push(other),
            }
        }
    }
}
