//! Frames drawn from chance, legal and not, in any order: however they are cut, the same comes of them, no invariant
//! breaks, and what the core writes is legal.

use bytes::Bytes;
use bywash_proto::config::{Config, FlowControl, Rate};
use bywash_spec_tests::link::Rng;
use bywash_spec_tests::pair::{Feed, Program, Seen, World};
use bywash_spec_tests::raw::build::PriorityFields;
use bywash_spec_tests::raw::wire::setting;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, Role};

const SEEDS: u64 = 300;

/// What the peer has done so far, by its own account.
struct Script {
    rng: Rng,
    role: Role,
    /// Streams whose side it has not ended.
    open: Vec<u32>,
    next: u32,
}

impl Script {
    fn new(role: Role, seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            role,
            open: vec![World::SIBLING, World::OPEN],
            next: World::IDLE,
        }
    }

    /// Mostly a stream on which it may still send; now and then any.
    fn stream(&mut self) -> u32 {
        if self.rng.chance(1, 150) || self.open.is_empty() {
            return self.rng.range(0, u64::from(self.next) + 2) as u32;
        }
        *self.rng.pick(&self.open)
    }

    /// A stream for a head: a new one, if it is a client.
    fn head_stream(&mut self) -> u32 {
        if self.role == Role::Client || self.rng.chance(1, 4) {
            return self.stream();
        }
        self.next += 2;
        self.open.push(self.next - 2);
        self.next - 2
    }

    fn end(&mut self, stream: u32) {
        self.open.retain(|&id| id != stream);
    }
}

fn block(rng: &mut Rng, role: Role) -> Vec<u8> {
    let start = match (rng.range(0, 5), role) {
        (0, _) => BlockWriter::new(),
        (1, _) => BlockWriter::response("200"),
        (_, Role::Server) => BlockWriter::request(rng.pick::<&str>(&["GET", "POST", "HEAD"]), "/"),
        (_, Role::Client) => BlockWriter::response(rng.pick::<&str>(&["200", "103", "204", "304"])),
    };
    let more = (0..rng.range(0, 3)).fold(start, |b, n| match rng.range(0, 11) {
        0 => b.field("Upper", "x"),
        1 => b.incremental(format!("x-{n}"), "value"),
        2 if rng.chance(1, 10) => b.indexed(62),
        3 => b.field("content-length", *rng.pick(&["0", "3", "5"])),
        4 => b.field("priority", *rng.pick(&["u=0", "u=7, i"])),
        5 => b.field("cookie", "a=b"),
        6 => b.never("secret", "s"),
        _ => b.field("x", "y".repeat(rng.range(0, 200) as usize)),
    });
    more.build()
}

/// One or a few frames. Faults of the connection are rare, or nothing would come after them.
fn frames(script: &mut Script) -> Vec<RawFrame> {
    let kind = script.rng.range(0, 19);
    let (id, role) = match kind {
        0..=5 => (script.head_stream(), script.role),
        _ => (script.stream(), script.role),
    };
    let ends = kind == 11 || (kind <= 10 && script.rng.chance(1, 3));
    if ends {
        script.end(id);
    }
    let rng = &mut script.rng;
    let frame = match kind {
        0..=5 => {
            let mut frame = RawFrame::headers(id, block(rng, role));
            let plain = rng.chance(2, 3);
            if ends {
                frame = frame.end_stream();
            }
            if plain && rng.chance(1, 4) {
                return frame.split(&[rng.range(0, 9) as usize, rng.range(0, 9) as usize]);
            }
            if rng.chance(1, 4) {
                frame = frame.with_priority(PriorityFields {
                    exclusive: false,
                    dependency: 0,
                    weight: 1,
                });
            }
            if rng.chance(1, 6) {
                frame = frame.padded(rng.range(0, 20) as u8);
            }
            frame
        }
        6..=10 => {
            let size = *rng.pick(&[0, 1, 3, 5, 100, 2_000]);
            let mut frame = RawFrame::data(id, vec![b'd'; size]);
            if ends {
                frame = frame.end_stream();
            }
            if rng.chance(1, 4) {
                frame = frame.padded(rng.range(0, 255) as u8);
            }
            frame
        }
        11 => RawFrame::rst_stream(id, rng.range(0, 13) as u32),
        12 => RawFrame::window_update(id.max(1), *rng.pick(&[0, 1, 1_000, 0x7fff_ffff])),
        13 => RawFrame::window_update(0, rng.range(1, 1_000) as u32),
        14 => RawFrame::settings(&[
            (
                setting::INITIAL_WINDOW_SIZE,
                *rng.pick(&[0, 10, 65_535, 100_000]),
            ),
            (setting::HEADER_TABLE_SIZE, *rng.pick(&[0, 100, 4_096])),
            (setting::MAX_FRAME_SIZE, *rng.pick(&[16_384, 20_000])),
        ]),
        15 => RawFrame::ping(rng.next_u64().to_be_bytes()),
        16 if role == Role::Server => {
            RawFrame::priority_update(id, rng.pick(&["u=1", "i", "?"]).as_bytes())
        }
        17 => RawFrame::new(
            rng.range(0x11, 0xff) as u8,
            0xff,
            id,
            vec![7; rng.range(0, 50) as usize],
        ),
        18 if rng.chance(1, 4) => RawFrame::goaway(rng.range(0, 20) as u32, 0, b"bye"),
        _ => RawFrame::priority(
            id.max(1),
            PriorityFields {
                exclusive: true,
                dependency: 0,
                weight: 0,
            },
        ),
    };
    vec![frame]
}

/// A program that does something on most events, by chance of its own.
fn program(seed: u64) -> Program {
    let mut rng = Rng::new(seed);
    Box::new(move |core, stream, event| {
        // DATA comes in as many pieces as the cut makes: chance must not depend on it.
        let (Some(stream), false) = (stream, matches!(event, Seen::Data { .. })) else {
            return;
        };
        let mut body = Bytes::from(vec![b'b'; rng.range(0, 3_000) as usize]);
        match (rng.range(0, 9), core.role()) {
            (0, _) => core
                .send(stream)
                .reset(bywash_proto::vocabulary::ErrorCode::CANCEL),
            (1..=5, Role::Server) => {
                let end = rng.chance(1, 3);
                if core
                    .server()
                    .response(stream, &[(":status", "200")], end)
                    .is_ok()
                    && !end
                {
                    let _ = core.send(stream).data(&mut body, rng.chance(1, 2));
                    let _ = core.send(stream).notify_drained();
                }
            }
            (6, Role::Server) => {
                let _ = core.server().informational(stream, &[(":status", "103")]);
            }
            (1..=6, Role::Client) => {
                let _ = core.send(stream).data(&mut body, rng.chance(1, 3));
            }
            (7, _) => {
                let _ = core.send(stream).trailers(&[("x-t", "1")]);
            }
            (8, _) => core.recv(stream).expect(rng.range(0, 500_000) as u32),
            _ => {
                let _ = core.send(stream).discard_unsent();
            }
        }
    })
}

fn run(role: Role, seed: u64, feed: Feed) -> (Vec<Seen>, Vec<u8>) {
    let mut script = Script::new(role, seed);
    let rng = &mut script.rng;
    let mut config = Config::default();
    config.flow = *rng.pick(&[FlowControl::Automatic, FlowControl::Streams]);
    config.settings.initial_window_size = *rng.pick(&[100, 65_535, 262_144]);
    config.settings.max_concurrent_streams = *rng.pick(&[4, 100]);
    if rng.chance(1, 2) {
        // Limits so low that plain play runs into some of them.
        let limits = &mut config.limits;
        let rate = Rate::new(rng.range(16, 40) as u32, 1);
        for limit in [
            &mut limits.resets,
            &mut limits.control,
            &mut limits.priority,
            &mut limits.unknown,
            &mut limits.empty,
            &mut limits.tiny_data,
            &mut limits.dribble,
            &mut limits.informational,
        ] {
            *limit = rate;
        }
        limits.reply_bytes = 256;
        limits.block_bytes = 1_024;
        limits.head_bytes = 2_000;
    }
    let mut net = World::new(role, feed, config)
        .net
        .with_program(program(seed));
    for _ in 0..script.rng.range(5, 40) {
        if role == Role::Client && !net.guard().is_closed() {
            let head = [
                (":method", "POST"),
                (":scheme", "https"),
                (":authority", "a"),
                (":path", "/"),
            ];
            if let Ok(stream) = net.core.client().request(&head, false) {
                script.open.push(stream.id().get());
            }
        }
        for _ in 0..script.rng.range(1, 4) {
            let sent = frames(&mut script);
            // Not by the peer's own account: it may not know what a lie of its own entitles the core to.
            let octets: Vec<u8> = sent.iter().flat_map(RawFrame::encode).collect();
            net.peer.send_bytes(&octets);
        }
        net.pump();
    }
    (net.all_events().to_vec(), net.output().to_vec())
}

fn all(role: Role) {
    let mut closed = 0;
    for seed in 0..SEEDS {
        let whole = run(role, seed, Feed::Whole);
        closed += u64::from(matches!(whole.0.last(), Some(Seen::Closed(_))));
        for feed in [Feed::Bytes, Feed::Seeded(seed)] {
            let cut = run(role, seed, feed);
            assert_eq!(
                whole.0, cut.0,
                "events of seed {seed}, {feed:?}, at {role:?}"
            );
            assert!(
                whole.1 == cut.1,
                "output of seed {seed}, {feed:?}, at {role:?}"
            );
        }
    }
    assert!(
        (SEEDS / 10..SEEDS * 9 / 10).contains(&closed),
        "{closed} connections of {SEEDS} ended: neither all nor none should"
    );
}

#[test]
fn at_a_server() {
    all(Role::Server);
}

#[test]
fn at_a_client() {
    all(Role::Client);
}
