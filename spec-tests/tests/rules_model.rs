//! A program that does everything it may, in any order, while time passes and an honest peer answers: no invariant
//! breaks, what is written is legal and within the windows, and no cut of the input or the output changes what comes.

use std::time::Duration;

use bytes::Bytes;
use bywash_proto::config::{Config, FlowControl, Keepalive, LocalSettings};
use bywash_proto::vocabulary::{ErrorCode, FrameType, Priority, StreamId};
use bywash_spec_tests::link::Rng;
use bywash_spec_tests::pair::{Against, Feed, Seen};
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received, Role};

const SEEDS: u64 = 100;

/// The peer's account of a stream.
#[derive(Clone, Copy)]
struct Mine {
    id: u32,
    /// It may still send on it.
    sends: bool,
    /// Its head went out.
    head: bool,
}

/// A run: chance, and what the honest peer knows.
struct Run {
    rng: Rng,
    net: Against,
    role: Role,
    mine: Vec<Mine>,
    next: u32,
    settings: LocalSettings,
    /// The core's limit on the peer's table: the smallest since its last block, and the present one.
    table: Option<(u32, u32)>,
}

impl Run {
    fn new(role: Role, seed: u64, feed: Feed, writes: Feed) -> Self {
        let mut rng = Rng::new(seed);
        let mut config = Config::default();
        config.flow = *rng.pick(&[
            FlowControl::Automatic,
            FlowControl::Streams,
            FlowControl::Manual,
        ]);
        config.settings.initial_window_size = *rng.pick(&[1_000, 65_535, 262_144]);
        config.settings.max_concurrent_streams = *rng.pick(&[3, 100]);
        config.settings.connection_window = *rng.pick(&[65_535, 1 << 20]);
        config.bdp_max_window = *rng.pick(&[None, Some(1 << 22)]);
        config.send.stream_mark = *rng.pick(&[1, 1_000, 65_536]);
        config.send.commit_ahead = *rng.pick(&[1_024, 131_072]);
        config.timers.keepalive = *rng.pick(&[
            None,
            Some(Keepalive {
                interval: Duration::from_secs(2),
                timeout: Duration::from_secs(1),
                while_idle: true,
            }),
        ]);
        let settings = config.settings.clone();
        let limits = [
            (
                setting::INITIAL_WINDOW_SIZE,
                *rng.pick(&[0, 10, 65_535, 200_000]),
            ),
            (setting::MAX_CONCURRENT_STREAMS, *rng.pick(&[1, 5, 100])),
            (
                setting::HEADER_TABLE_SIZE,
                *rng.pick(&[0, 200, 4_096, 65_536]),
            ),
        ];
        let peer = match role {
            Role::Server => RawPeer::client(&limits),
            Role::Client => RawPeer::server(&limits),
        };
        let mut net = Against::after_handshake(feed, config, peer).holding();
        net.writing(writes);
        net.let_hold();
        Self {
            rng,
            net,
            role,
            mine: Vec::new(),
            next: 1,
            settings,
            table: None,
        }
    }

    /// A block of the peer's, which starts with what a change of the table asks for (RFC 7541 4.2).
    fn block(&mut self) -> BlockWriter {
        match self.table.take() {
            Some((least, now)) => BlockWriter::new()
                .size_update(u64::from(least.min(4_096)))
                .size_update(u64::from(now.min(4_096))),
            None => BlockWriter::new(),
        }
    }

    /// The peer does something that it may.
    fn peer_acts(&mut self) {
        match self.rng.range(0, 9) {
            0..=2 if self.role == Role::Server => self.peer_opens(),
            0..=5 => self.peer_sends(),
            6 => self.peer_grants(),
            7 if !self.mine.is_empty() => {
                let id = self.rng.pick(&self.mine).id;
                self.mine.retain(|mine| mine.id != id);
                self.net.peer.send(&RawFrame::rst_stream(id, code::CANCEL));
            }
            8 => {
                let entries = [
                    (
                        setting::INITIAL_WINDOW_SIZE,
                        self.rng.range(0, 100_000) as u32,
                    ),
                    (setting::HEADER_TABLE_SIZE, self.rng.range(0, 5_000) as u32),
                    (
                        setting::MAX_FRAME_SIZE,
                        self.rng.range(16_384, 40_000) as u32,
                    ),
                ];
                let n = self.rng.range(0, 3) as usize;
                self.net.peer.send(&RawFrame::settings(&entries[..n]));
            }
            _ => {
                let payload = self.rng.next_u64().to_be_bytes();
                self.net.peer.send(&RawFrame::ping(payload));
            }
        }
    }

    fn peer_opens(&mut self) {
        let ends = self.rng.chance(1, 3);
        let priority = format!("u={}", self.next % 8);
        let head = self
            .block()
            .raw(BlockWriter::request("POST", "/").build())
            .field("priority", priority);
        let mut frame = RawFrame::headers(self.next, head.build());
        if ends {
            frame = frame.end_stream();
        }
        self.net.peer.send(&frame);
        self.mine.push(Mine {
            id: self.next,
            sends: !ends,
            head: true,
        });
        self.next += 2;
    }

    /// Its next frame on a stream: a head first, then DATA within the windows, at last an end.
    fn peer_sends(&mut self) {
        let open: Vec<usize> = (0..self.mine.len())
            .filter(|&i| self.mine[i].sends)
            .collect();
        if open.is_empty() {
            return;
        }
        let at = *self.rng.pick(&open);
        let Mine { id, head, .. } = self.mine[at];
        let end = self.rng.chance(1, 4);
        let mut frame = if !head {
            self.mine[at].head = true;
            RawFrame::headers(
                id,
                self.block()
                    .field(":status", "200")
                    .incremental("x-a", "b")
                    .build(),
            )
        } else if end && self.rng.chance(1, 2) {
            RawFrame::headers(id, self.block().field("x-t", "1").build())
        } else {
            let window = self
                .net
                .peer
                .may_send(id)
                .min(self.net.peer.may_send(0))
                .max(0);
            let size = self.rng.range(0, 16_000).min(window as u64) as usize;
            RawFrame::data(id, vec![b'p'; size])
        };
        if end {
            frame = frame.end_stream();
            self.mine[at].sends = false;
        }
        self.net.peer.send(&frame);
    }

    fn peer_grants(&mut self) {
        let amount = self.rng.range(1, 50_000) as u32;
        self.net.peer.send(&RawFrame::window_update(0, amount));
        if !self.mine.is_empty() {
            let id = self.rng.pick(&self.mine).id;
            self.net.peer.send(&RawFrame::window_update(id, amount));
        }
    }

    /// The program does something, allowed or not: errors are typed and harmless.
    fn program_acts(&mut self) {
        let known = self.net.known();
        if known.is_empty() || self.rng.chance(1, 8) {
            return self.program_acts_on_the_connection();
        }
        let stream = *self.rng.pick(&known);
        let size = self.rng.range(0, 20_000);
        let end = self.rng.chance(1, 5);
        let core = &mut self.net.core;
        match self.rng.range(0, 13) {
            0..=2 if self.role == Role::Server => {
                let _ = core.server().response(stream, &[(":status", "200")], end);
            }
            0..=5 => {
                let mut body = Bytes::from(vec![b'b'; size as usize]);
                let _ = core.send(stream).data(&mut body, end);
            }
            6 => {
                let _ = core.send(stream).trailers(&[("x-trailer", "t")]);
            }
            7 if end => core.send(stream).reset(ErrorCode::CANCEL),
            8 => {
                let _ = core.send(stream).notify_drained();
            }
            9 if end => {
                let _ = core.send(stream).discard_unsent();
            }
            10 => core.recv(stream).expect(size as u32),
            11 => core
                .send(stream)
                .set_priority(Priority::new((size % 8) as u8, end)),
            12 if self.role == Role::Server => {
                if end {
                    core.server().hold(stream);
                } else {
                    core.server().let_go(stream);
                }
            }
            _ => self.program_releases(stream),
        }
    }

    fn program_releases(&mut self, stream: bywash_proto::vocabulary::StreamRef) {
        let core = &mut self.net.core;
        let outstanding = core.recv(stream).outstanding();
        let part = self.rng.range(0, u64::from(outstanding)) as u32;
        let _ = match self.role {
            Role::Server => core.server().release(stream, part, part),
            Role::Client => core.client().release(stream, part, part),
        };
    }

    fn program_acts_on_the_connection(&mut self) {
        let now = self.net.now();
        match self.rng.range(0, 9) {
            0..=5 if self.role == Role::Client => {
                let head = [
                    (":method", "POST"),
                    (":scheme", "https"),
                    (":authority", "a"),
                    (":path", "/"),
                ];
                let end = self.rng.chance(1, 3);
                if let Ok(stream) = self.net.core.client().request(&head, end) {
                    self.mine.push(Mine {
                        id: stream.id().get(),
                        sends: true,
                        head: false,
                    });
                }
            }
            6 => {
                let _ = self.net.core.ping(now, self.rng.next_u64().to_be_bytes());
            }
            7 => {
                self.settings.initial_window_size = self.rng.range(0, 300_000) as u32;
                self.settings.header_table_size = self.rng.range(0, 8_000) as u32;
                self.settings.max_frame_size = self.rng.range(16_384, 30_000) as u32;
                let _ = self.net.core.update_settings(self.settings.clone());
            }
            8 => {
                let stream = StreamId::new(self.rng.range(0, 9) as u32);
                let _ = self
                    .net
                    .core
                    .send_extension(FrameType(0xfa), 0, stream, b"ext");
            }
            9 if self.rng.chance(1, 20) => self.net.core.shutdown(now),
            _ => self.net.core.trim(),
        }
    }

    /// Streams that the core reset or refused are over for the peer too.
    fn read(&mut self) {
        for item in self.net.peer.drain() {
            match item {
                Received::Rst { stream, .. } => self.mine.retain(|mine| mine.id != stream),
                Received::Settings(entries) => {
                    for (_, now) in entries.iter().filter(|e| e.0 == setting::HEADER_TABLE_SIZE) {
                        let least = self.table.map_or(*now, |(least, _)| least.min(*now));
                        self.table = Some((least, *now));
                    }
                }
                Received::GoAway { last_stream, .. } => {
                    self.mine
                        .retain(|mine| mine.id <= last_stream || self.role == Role::Client);
                }
                _ => {}
            }
        }
    }

    /// The peer ends its side: a server goes on until the last of its streams is over, and no longer.
    fn half_close(&mut self) {
        self.net.eof();
        assert!(self.role == Role::Server || self.net.guard().is_closed());
        for _ in 0..self.rng.range(0, 30) {
            self.program_acts();
            self.net.pump();
            let open = self.net.core.open_streams().1;
            assert!(self.net.guard().is_closed() || open > 0);
        }
        for stream in self.net.known() {
            self.net.core.send(stream).reset(ErrorCode::CANCEL);
        }
    }

    /// The connection ends in some way; whatever the program asks of it then harms nobody.
    fn end(&mut self) {
        let now = self.net.now();
        match self.rng.range(0, 2) {
            0 => self.half_close(),
            1 => self.net.core.handle_transport_error(now),
            _ => self.net.core.close(now, ErrorCode::INTERNAL_ERROR),
        }
        self.net.pump();
        assert!(self.net.guard().is_closed());
        for _ in 0..10 {
            self.program_acts();
        }
        self.net.pump();
        assert_eq!(self.net.core.poll_timeout(), None);
        assert_eq!(self.net.core.open_streams().0, 0);
    }

    fn go(mut self) -> (Vec<Seen>, Vec<u8>) {
        for _ in 0..self.rng.range(20, 60) {
            for _ in 0..self.rng.range(0, 4) {
                self.peer_acts();
            }
            for _ in 0..self.rng.range(0, 4) {
                self.program_acts();
            }
            self.net.pump();
            self.read();
            if self.rng.chance(1, 6) {
                let wait = self.rng.range(0, 3_000);
                self.net.advance(Duration::from_millis(wait));
                self.read();
            }
        }
        let violation = self
            .net
            .all_events()
            .iter()
            .find(|event| format!("{event:?}").contains("Violation"));
        assert_eq!(violation, None, "an honest peer");
        self.end();
        (self.net.all_events().to_vec(), self.net.output().to_vec())
    }
}

fn all(role: Role) {
    let mut events = 0;
    for seed in 0..SEEDS {
        let run = |feed, writes| Run::new(role, seed, feed, writes).go();
        let whole = run(Feed::Whole, Feed::Whole);
        events += whole.0.len();
        let feed = if seed % 8 == 0 {
            Feed::Bytes
        } else {
            Feed::Seeded(seed + 1)
        };
        for (feed, writes) in [
            (feed, Feed::Whole),
            (Feed::Seeded(seed), Feed::Seeded(seed)),
        ] {
            let cut = run(feed, writes);
            // When `Drained` and `Writable` come, among themselves too, hangs on when the transport takes octets.
            let told = |events: &[Seen]| -> Vec<Seen> {
                let timed = |e: &&Seen| matches!(e, Seen::Drained(_) | Seen::Writable(_));
                events
                    .iter()
                    .filter(|e| writes == Feed::Whole || !timed(e))
                    .cloned()
                    .collect()
            };
            assert_eq!(
                told(&whole.0),
                told(&cut.0),
                "events of seed {seed}, {feed:?}, at {role:?}"
            );
            assert!(
                whole.1 == cut.1,
                "output of seed {seed}, {feed:?}, at {role:?}"
            );
        }
    }
    assert!(events as u64 > 20 * SEEDS, "{events}");
}

#[test]
fn at_a_server() {
    all(Role::Server);
}

#[test]
fn at_a_client() {
    all(Role::Client);
}
