//! `heap_bytes()` against the allocator over long random sessions: equal after every call, within the bound, and little
//! at the end.

use std::time::Duration;

use bytes::Bytes;
use bywash_proto::config::{Config, LocalSettings};
use bywash_proto::vocabulary::{ErrorCode, FrameType, StreamId};
use bywash_spec_tests::link::Rng;
use bywash_spec_tests::raw::wire::{code, flag};
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

use crate::rig::{BODY, Core, Rig, on};

/// A number below `n`.
fn below(rng: &mut Rng, n: u64) -> u64 {
    rng.range(0, n - 1)
}

/// A random session of one core.
struct Session {
    rig: Rig,
    rng: Rng,
    next: u32,
}

impl Session {
    fn new(seed: u64, client: bool) -> Self {
        let mut rng = Rng::new(seed);
        let mut config = Config::default();
        config.raw_extensions = true;
        config.bdp_max_window = (below(&mut rng, 2) == 0).then_some(1 << 20);
        config.settings.initial_window_size = 1 << rng.range(8, 18);
        config.send.copy_below = 1 << rng.range(4, 12);
        let mut rig = if client {
            Rig::client(config)
        } else {
            Rig::server(config)
        };
        rig.app.answer = None;
        rig.app.drains = below(&mut rng, 2) == 0;
        rig.app.keeps_heads = below(&mut rng, 2) == 0;
        rig.app.holds = below(&mut rng, 2) == 0;
        Self { rig, rng, next: 3 }
    }

    /// A stream that was opened some time, or one that was not.
    fn some(&mut self) -> u32 {
        let back = 2 * below(&mut self.rng, 12) as u32;
        self.next.saturating_sub(back).max(1)
    }

    fn block(&mut self, mut block: BlockWriter) -> Vec<u8> {
        for _ in 0..below(&mut self.rng, 12) {
            let name = format!("name-{}", below(&mut self.rng, 40));
            let value = &BODY[..below(&mut self.rng, 200) as usize];
            block = match below(&mut self.rng, 4) {
                0 => block.field(name, value),
                1 => block.never(name, value),
                _ => block.incremental(name, value),
            };
        }
        block.build()
    }

    fn peer_acts(&mut self) {
        let stream = self.some();
        let n = below(&mut self.rng, 3000) as usize;
        let frame = match below(&mut self.rng, 14) {
            0..=3 => return self.peer_sends_head(),
            4..=6 => RawFrame::data(stream, &BODY[..n]).padded((n % 7) as u8),
            7 => RawFrame::data(stream, &BODY[..n]).end_stream(),
            8 => RawFrame::rst_stream(stream, code::CANCEL),
            9 => RawFrame::ping([n as u8; 8]),
            10 => RawFrame::settings(&[(1, n as u32 * 3), (4, n as u32 * 30), (3, 100)]),
            11 => RawFrame::new(0x70, 0, stream, &BODY[..n]),
            12 if !self.rig.is_client() => RawFrame::priority_update(self.next + 2, b"u=2"),
            _ => {
                self.rig
                    .peer
                    .send(&RawFrame::window_update(0, 1 + n as u32));
                RawFrame::window_update(stream, 1 + n as u32)
            }
        };
        self.rig.peer.send(&frame);
    }

    fn peer_sends_head(&mut self) {
        let (stream, head) = if self.rig.is_client() {
            let status = if below(&mut self.rng, 4) == 0 {
                "103"
            } else {
                "200"
            };
            (self.some(), BlockWriter::response(status))
        } else {
            self.next += 2;
            (self.next, BlockWriter::request("POST", "/"))
        };
        let block = self.block(head);
        let cut = below(&mut self.rng, 60) as usize;
        let frame = RawFrame::headers(stream, block);
        let frame = if below(&mut self.rng, 3) == 0 {
            frame.flag(flag::END_STREAM)
        } else {
            frame
        };
        let pieces = if below(&mut self.rng, 3) == 0 {
            vec![cut; 3]
        } else {
            vec![]
        };
        self.rig.peer.send_all(&frame.split(&pieces));
    }

    fn program_acts(&mut self) {
        let number = self.some();
        let Some(&stream) = self.rig.names.get(&number) else {
            return self.program_opens();
        };
        let n = below(&mut self.rng, 9000) as usize;
        let rig = &mut self.rig;
        match below(&mut self.rng, 16) {
            0..=2 => rig.respond(stream, None),
            3..=5 => {
                let mut data = Bytes::from_static(&BODY[..n]);
                let _ = on!(rig, conn => conn.send(stream).data(&mut data, n % 9 == 0));
            }
            6 => {
                let _ = on!(rig, conn => conn.send(stream).trailers(&[("grpc-status", "0")]));
            }
            7 => on!(rig, conn => conn.send(stream).reset(ErrorCode::CANCEL)),
            8 => {
                let _ = on!(rig, conn => conn.send(stream).notify_drained());
            }
            9 => {
                let _ = on!(rig, conn => conn.send(stream).discard_unsent());
            }
            10 => on!(rig, conn => conn.recv(stream).expect(n as u32 * 100)),
            11 => {
                let some = on!(rig, conn => conn.recv(stream).outstanding());
                let _ = on!(rig, conn => conn.recv(stream).release(some));
            }
            12 => {
                if let Core::Server(conn) = &mut rig.core {
                    crate::allocator::booked(&mut rig.account, || conn.let_go(stream));
                }
            }
            13 => on!(rig, conn => conn.trim()),
            14 => rig.recycle(number),
            _ => self.program_tells(n),
        }
        self.rig.check();
    }

    fn program_opens(&mut self) {
        if self.rig.is_client() {
            let end = below(&mut self.rng, 2) == 0;
            if let Ok(stream) = self.rig.request("/", end) {
                self.next = stream.id().get();
            }
        }
    }

    fn program_tells(&mut self, n: usize) {
        let rig = &mut self.rig;
        let now = rig.at();
        match below(&mut self.rng, 3) {
            0 => {
                let _ = on!(rig, conn => conn.ping(now, [n as u8; 8]));
            }
            1 => {
                let mut settings = LocalSettings::default();
                settings.max_header_list_size = 10_000 + n as u32;
                settings.initial_window_size = rig.config.settings.initial_window_size;
                settings.connection_window = rig.config.settings.connection_window;
                let _ = on!(rig, conn => conn.update_settings(settings.clone()));
            }
            _ => {
                let payload = &BODY[..n % 500];
                let _ = on!(rig, conn => {
                    conn.send_extension(FrameType(0x42), 0, StreamId::CONNECTION, payload)
                });
            }
        }
    }

    /// What the peer has sent arrives, in pieces of any size.
    fn arrives(&mut self) {
        let octets = self.rig.peer.take_output();
        let mut rest = &octets[..];
        while !rest.is_empty() {
            let most = if below(&mut self.rng, 3) == 0 {
                5
            } else {
                3000
            };
            let (piece, tail) = rest.split_at((self.rng.range(1, most) as usize).min(rest.len()));
            self.rig.feed(piece);
            rest = tail;
        }
    }
}

fn session(seed: u64, client: bool) {
    let mut session = Session::new(seed, client);
    for _ in 0..1500 {
        match below(&mut session.rng, 10) {
            0..=3 => session.peer_acts(),
            4..=7 => session.program_acts(),
            8 => session.arrives(),
            _ => {
                let millis = below(&mut session.rng, 2000);
                session.rig.advance(Duration::from_millis(millis));
            }
        }
        if session.rig.told.closed.is_some() {
            break;
        }
    }
    session.arrives();
    let rig = &mut session.rig;
    let now = rig.at();
    on!(rig, conn => conn.close(now, ErrorCode::NO_ERROR));
    rig.flush();
    rig.drain_events();
    assert!(rig.told.closed.is_some());
    assert_eq!(rig.peer.fault(), None, "seed {seed}");
    on!(rig, conn => conn.trim());
    rig.check();
}

#[test]
fn servers_count_every_octet() {
    for seed in 0..60 {
        session(seed, false);
    }
}

#[test]
fn clients_count_every_octet() {
    for seed in 0..60 {
        session(seed, true);
    }
}
