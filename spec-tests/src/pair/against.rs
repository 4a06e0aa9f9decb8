//! One connection of the core against the raw peer.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::event::Step;
use bywash_proto::headers::Fields;
use bywash_proto::vocabulary::{Instant, StreamRef};

use super::core::Core;
use super::feed::{Feed, Pieces};
use super::guard::Guard;
use super::program::Program;
use super::seen::{Log, Seen};
use crate::raw::{BlockWriter, Failure, RawFrame, RawPeer, Role};

/// Turns that one [`Against::pump`] may take: far more than any script needs.
const TURNS: usize = 10_000;

/// The core, the peer, what lies between them, and all that was seen.
pub struct Against {
    /// The core.
    pub core: Core,
    /// The peer. What it sends arrives with [`Self::pump`].
    pub peer: RawPeer,
    pieces: Pieces,
    writes: Pieces,
    now: Instant,
    log: Log,
    output: Vec<u8>,
    unheard: Vec<u8>,
    streams: BTreeMap<u32, StreamRef>,
    guard: Guard,
    program: Option<Program>,
    releases: bool,
    deaf: bool,
}

impl Against {
    /// A fresh connection: nothing was moved yet. The core plays the role that the peer does not.
    pub fn new(feed: Feed, config: Config, peer: RawPeer) -> Self {
        let role = match peer.role() {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        let guard = Guard::new(role, &config, 0);
        Self {
            core: Core::new(role, config, Instant::ZERO),
            peer,
            pieces: Pieces::new(feed),
            writes: Pieces::new(Feed::Whole),
            now: Instant::ZERO,
            log: Log::default(),
            output: Vec::new(),
            unheard: Vec::new(),
            streams: BTreeMap::new(),
            guard,
            program: None,
            releases: true,
            deaf: false,
        }
    }

    /// A server after the handshake: SETTINGS of both sides are acknowledged, the peer's queue and our events are
    /// empty. The peer acknowledges SETTINGS and answers PINGs by itself, and judges windows.
    pub fn server(feed: Feed, config: Config) -> Self {
        Self::after_handshake(feed, config, RawPeer::client(&[]))
    }

    /// A client after the handshake, likewise.
    pub fn client(feed: Feed, config: Config) -> Self {
        Self::after_handshake(feed, config, RawPeer::server(&[]))
    }

    /// Either of them, against a peer that has sent its first SETTINGS.
    pub fn after_handshake(feed: Feed, config: Config, peer: RawPeer) -> Self {
        let peer = peer.with_auto_ack().with_windows();
        let mut net = Self::new(feed, config, peer);
        net.pump();
        net.peer.drain();
        let seen = net.events();
        assert!(
            seen.contains(&Seen::Settings) && seen.contains(&Seen::SettingsAcknowledged),
            "the handshake gave {seen:?}"
        );
        net
    }

    /// Runs a program from now on.
    pub fn with_program(mut self, program: Program) -> Self {
        self.program = Some(program);
        self
    }

    /// Releases nothing by itself from now on: flow control is the test's.
    pub fn holding(mut self) -> Self {
        self.releases = false;
        self
    }

    /// The peer reads nothing: for answers that are no HTTP/2. Look at [`Self::output`].
    pub fn deaf(mut self) -> Self {
        self.deaf = true;
        self
    }

    /// Cuts the input in another way from now on.
    pub fn feed(&mut self, feed: Feed) {
        self.pieces.change(feed);
    }

    /// The transport takes output in such pieces from now on: partial writes are the normal case.
    pub fn writing(&mut self, feed: Feed) {
        self.writes.change(feed);
    }

    /// The transport takes this many octets at most, once; the peer reads them. How many it took.
    pub fn write_some(&mut self, most: usize) -> usize {
        let taken = self.write_once(most);
        self.take_events(&[]);
        let written = std::mem::take(&mut self.unheard);
        self.output.extend_from_slice(&written);
        self.peer.receive(&written);
        taken
    }

    /// The present time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// What the guard has found.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The program may hold streams that have ended.
    pub fn let_hold(&mut self) {
        self.guard.let_hold();
    }

    /// The events since the last call.
    pub fn events(&mut self) -> Vec<Seen> {
        self.log.take()
    }

    /// All events.
    pub fn all_events(&self) -> &[Seen] {
        self.log.all()
    }

    /// All octets that the core wrote.
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// A stream by its number.
    ///
    /// # Panics
    /// If the program has never heard of it.
    #[track_caller]
    pub fn stream(&self, id: u32) -> StreamRef {
        match self.streams.get(&id) {
            Some(&stream) => stream,
            None => panic!("the program does not know stream {id}"),
        }
    }

    /// Every stream that the program has heard of, open or not, by number.
    pub fn known(&self) -> Vec<StreamRef> {
        self.streams.values().copied().collect()
    }

    /// Moves octets both ways until nothing moves.
    ///
    /// # Panics
    /// On a fault of the core's on the wire, on a broken invariant, and if it never comes to rest.
    pub fn pump(&mut self) {
        for _ in 0..TURNS {
            let sent = self.peer.take_output();
            self.receive(&sent);
            let written = self.transmit();
            self.take_events(&[]);
            if !self.deaf {
                self.peer.receive(&written);
                if let Some(fault) = self.peer.fault() {
                    panic!("the core broke a rule on the wire: {fault}");
                }
            }
            if sent.is_empty() && written.is_empty() && !self.core.has_events() {
                self.guard.at_rest(&mut self.core, &self.streams);
                return;
            }
        }
        panic!("no rest after {TURNS} turns");
    }

    /// Gives octets to the core alone, cut as the feed says; nothing is written.
    pub fn receive(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(self.pieces.next_size(rest.len()));
            self.take_events(piece);
            rest = tail;
        }
    }

    /// The peer ended its side of the transport.
    pub fn eof(&mut self) {
        self.core.handle_eof(self.now);
        self.guard.on_eof();
        self.pump();
    }

    /// Lets time pass, deadline by deadline, with a [`Self::pump`] after each.
    pub fn advance(&mut self, by: Duration) {
        let target = self.now + by;
        self.pump();
        while let Some(at) = self.core.poll_timeout().filter(|&at| at <= target) {
            self.now = self.now.max(at);
            self.core.handle_timeout(self.now);
            self.guard.after_timeout(&self.core, self.now);
            self.pump();
        }
        self.now = target;
        self.pump();
    }

    /// Server: answers with fields.
    ///
    /// # Panics
    /// If the core does not take them.
    #[track_caller]
    pub fn respond<F: Fields + ?Sized>(&mut self, id: u32, fields: &F, end: bool) {
        let stream = self.stream(id);
        if let Err(error) = self.core.server().response(stream, fields, end) {
            panic!("response on {id}: {error}");
        }
    }

    /// Client: opens a request; returns its number.
    ///
    /// # Panics
    /// If the core does not take it.
    #[track_caller]
    pub fn request<F: Fields + ?Sized>(&mut self, fields: &F, end: bool) -> u32 {
        match self.core.client().request(fields, end) {
            Ok(stream) => {
                self.streams.insert(stream.id().get(), stream);
                stream.id().get()
            }
            Err(error) => panic!("request: {error}"),
        }
    }

    /// Client: opens a plain request for a path; with `end` a GET, else a POST.
    #[track_caller]
    pub fn open(&mut self, path: &str, end: bool) -> u32 {
        let method = if end { "GET" } else { "POST" };
        let head = [
            (":method", method),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", path),
        ];
        self.request(&head, end)
    }

    /// Queues a body, whole.
    ///
    /// # Panics
    /// If the core does not take all of it.
    #[track_caller]
    pub fn send(&mut self, id: u32, body: impl Into<Bytes>, end: bool) {
        let (stream, mut body) = (self.stream(id), body.into());
        let length = body.len();
        match self.core.send(stream).data(&mut body, end) {
            Ok(taken) => assert_eq!(taken, length, "octets taken on {id}"),
            Err(error) => panic!("data on {id}: {error}"),
        }
    }

    /// The peer opens a plain request: with `end` a GET, else a POST.
    pub fn ask(&mut self, id: u32, path: &str, end: bool) {
        let method = if end { "GET" } else { "POST" };
        let mut frame = RawFrame::headers(id, BlockWriter::request(method, path).build());
        if end {
            frame = frame.end_stream();
        }
        self.peer.send(&frame);
    }

    /// The peer answers with a status.
    pub fn answer(&mut self, id: u32, status: &str, end: bool) {
        let mut frame = RawFrame::headers(id, BlockWriter::response(status).build());
        if end {
            frame = frame.end_stream();
        }
        self.peer.send(&frame);
    }

    /// Takes events until the core wants input. What it wants written before that stays for [`Self::transmit`].
    fn take_events(&mut self, octets: &[u8]) {
        let mut input = octets;
        loop {
            let before = input;
            let step = self.core.next_event(self.now, &mut input);
            self.guard.received(&before[..before.len() - input.len()]);
            match step {
                Step::Event(event) => {
                    let (seen, stream) = Seen::of(&event);
                    self.on_event(seen, stream);
                }
                Step::NeedInput => break,
                Step::NeedWrite => {
                    let before = self.unheard.len();
                    self.write();
                    assert!(
                        self.unheard.len() > before,
                        "NeedWrite, but nothing to write"
                    );
                }
            }
            self.guard.after_step(&self.core);
        }
        assert!(input.is_empty(), "NeedInput with input left");
        self.guard.after_step(&self.core);
    }

    fn on_event(&mut self, seen: Seen, stream: Option<StreamRef>) {
        self.guard.on_event(&seen);
        if let Some(stream) = stream {
            self.streams.insert(stream.id().get(), stream);
        }
        if let (true, Seen::Data { data, .. }, Some(stream)) = (self.releases, &seen, stream) {
            // Under automatic flow control nothing is outstanding, and a release is refused.
            let _ = self.core.recv(stream).release(data.len() as u32);
        }
        if let Some(program) = &mut self.program {
            program(&mut self.core, stream, &seen);
        }
        self.log.push(seen);
    }

    fn write(&mut self) {
        while self.write_once(usize::MAX) > 0 {}
    }

    /// One write of at most so many octets, of those that the pieces of writing allow.
    fn write_once(&mut self, most: usize) -> usize {
        let out = self.core.transmit(self.now);
        let length = out.len();
        assert_eq!(length == 0, out.is_empty());
        let taken = self.writes.next_size(length.min(most));
        let (mut whole, mut left, start) = (0, taken, self.unheard.len());
        for chunk in out.chunks() {
            assert!(!chunk.is_empty(), "an empty chunk");
            whole += chunk.len();
            let n = left.min(chunk.len());
            self.unheard.extend_from_slice(&chunk[..n]);
            left -= n;
        }
        assert_eq!(whole, length, "len() of the output");
        out.advance(taken);
        self.guard.sent(&self.core, &self.unheard[start..]);
        self.guard.after_step(&self.core);
        taken
    }

    /// Takes all output, that written on demand first.
    fn transmit(&mut self) -> Vec<u8> {
        let wants = self.core.interest().write || !self.unheard.is_empty();
        self.write();
        assert!(
            wants || self.unheard.is_empty(),
            "it had output, but did not say so: {}",
            self.unheard.escape_ascii()
        );
        let written = std::mem::take(&mut self.unheard);
        self.output.extend_from_slice(&written);
        written
    }
}

impl Drop for Against {
    /// A test that fails says how the input was cut, and what had been seen.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("fed {:?}, the core is {:?}", self.pieces.feed(), self.core);
            let all = self.log.all();
            for event in &all[all.len().saturating_sub(12)..] {
                eprintln!("  seen: {event:?}");
            }
            for item in self.peer.queue() {
                eprintln!("  at the peer: {}", item.summary());
            }
        }
    }
}

/// Runs a scenario under each of [`Feed::STANDARD`], and holds the events and the output of each to those of the
/// first.
///
/// # Panics
/// If the scenario fails, or a cut of the input changes what comes of it.
#[track_caller]
pub fn every_split(scenario: impl Fn(Feed) -> Result<Against, Failure>) {
    let mut whole: Option<(Vec<Seen>, Vec<u8>)> = None;
    for feed in Feed::STANDARD {
        let net = match scenario(feed) {
            Ok(net) => net,
            Err(failure) => panic!("fed {feed:?}: {failure}"),
        };
        let outcome = (net.all_events().to_vec(), net.output().to_vec());
        match &whole {
            None => whole = Some(outcome),
            Some((events, output)) => {
                assert_eq!(events, &outcome.0, "events, whole and {feed:?}");
                assert!(
                    output == &outcome.1,
                    "output, whole and {feed:?}:\n{}\n{}",
                    output.escape_ascii(),
                    outcome.1.escape_ascii()
                );
            }
        }
    }
}
