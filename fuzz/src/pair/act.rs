//! The operations, each as a program would do it.

use bytes::Bytes;
use bywash_proto::error::{OpenError, SendError};
use bywash_proto::vocabulary::{ErrorCode, FrameType, Priority, StreamId};
use bywash_spec_tests::pair::Core;

use super::side::Side;
use super::track::{Fields, Track};
use super::{Op, Pair, Who, settings};
use crate::pattern::body;

/// Fields to send, some of them known to the tables, some not.
fn some_fields(first: &[(&str, &str)], choice: u8) -> Fields {
    let mut fields: Fields = first
        .iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect();
    for n in 0..choice % 6 {
        let name = format!("x-{}", (choice / 6 + n) % 9);
        let value = "v".repeat(usize::from(choice) * usize::from(n));
        fields.push((name.into_bytes(), value.into_bytes()));
    }
    fields
}

/// One of a side's streams; most often one of the latest.
fn pick(side: &Side, which: u8) -> Option<u32> {
    let count = side.tracks.len();
    let back = usize::from(which) % count.clamp(1, 8);
    side.tracks.keys().rev().nth(back).copied()
}

impl Pair {
    pub(crate) fn act(&mut self, op: &Op) {
        match *op {
            Op::Open { end, fields } => self.open(end, fields),
            Op::Respond { which, end, fields } => self.respond(which, end, fields),
            Op::Inform { which } => self.inform(which),
            Op::Send {
                who,
                which,
                octets,
                end,
            } => send(self.side(who), which, octets, end),
            Op::Trailers { who, which } => trailers(self.side(who), which),
            Op::Reset { who, which } => {
                let side = self.side(who);
                if let Some(number) = pick(side, which) {
                    side.reset(number);
                }
            }
            Op::Ping { who } => {
                let now = self.now();
                let side = self.side(who);
                side.pings += u32::from(side.core.ping(now, *b"a ping !").is_ok());
            }
            Op::Settings {
                who,
                window,
                table,
                streams,
            } => {
                let side = self.side(who);
                let new = settings(&side.config, window, table, streams);
                let _ = side.core.update_settings(new);
            }
            Op::Extension { who, octets } => {
                let payload = body(0, 0, usize::from(octets));
                let core = &mut self.side(who).core;
                let _ = core.send_extension(FrameType(0x42), 1, StreamId::CONNECTION, payload);
            }
            Op::Trim { who } => self.side(who).core.trim(),
            Op::Time { millis } => self.wait(millis),
            Op::Deliver { from, octets } => drop(self.deliver(from, usize::from(octets))),
            Op::Settle => self.settle(),
            Op::Shutdown { who } => {
                let now = self.now();
                let side = self.side(who);
                side.core.shutdown(now);
                side.going = true;
            }
            Op::Close { who } => self.close(who),
            Op::Cut => self.cut(),
            Op::Hold { which } | Op::LetGo { which } => {
                let lets_go = matches!(op, Op::LetGo { .. });
                let Some(number) = pick(&self.server, which) else {
                    return;
                };
                let name = self.server.tracks[&number].name;
                if let Core::Server(server) = &mut self.server.core {
                    if lets_go {
                        server.let_go(name);
                    } else {
                        server.hold(name);
                    }
                }
            }
            Op::Release { .. }
            | Op::Expect { .. }
            | Op::Discard { .. }
            | Op::Drained { .. }
            | Op::Prioritize { .. } => self.act_on_half(op),
        }
        self.hear();
    }

    /// Operations on one half of a stream that is there.
    fn act_on_half(&mut self, op: &Op) {
        let (Op::Release { who, which, .. }
        | Op::Expect { who, which, .. }
        | Op::Discard { who, which }
        | Op::Drained { who, which }
        | Op::Prioritize { who, which, .. }) = *op
        else {
            return;
        };
        let side = self.side(who);
        let Some(number) = pick(side, which) else {
            return;
        };
        let name = side.tracks[&number].name;
        match *op {
            Op::Release { share, .. } => {
                let all = side.tracks[&number].unreleased;
                side.release(number, all / u32::from(share).max(1));
            }
            Op::Expect { octets, .. } => side.core.recv(name).expect(octets % 10_000_000),
            Op::Discard { .. } => discard(side, number),
            Op::Drained { .. } => {
                let asked = side.core.send(name).notify_drained().is_ok();
                if let Some(track) = side.tracks.get_mut(&number) {
                    track.wants_drained |= asked;
                }
            }
            Op::Prioritize { urgency, .. } => {
                let priority = Priority::new(urgency % 8, urgency > 128);
                match &mut side.core {
                    Core::Client(client) => drop(client.update_priority(name, priority)),
                    Core::Server(server) => server.send(name).set_priority(priority),
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, end: bool, choice: u8) {
        let first = [
            (":method", if end { "GET" } else { "POST" }),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/"),
        ];
        let fields = some_fields(&first, choice);
        let side = &mut self.client;
        let Core::Client(client) = &mut side.core else {
            return;
        };
        match client.request(&fields, end) {
            Ok(name) => {
                let mut track = Track::new(name);
                track.head = Some(fields);
                track.sent_end = end;
                side.tracks.insert(name.id().get(), track);
            }
            Err(OpenError::Limit | OpenError::OutputFull) => side.wants_open = true,
            Err(OpenError::Draining) => assert!(side.going || side.closed.is_some()),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn respond(&mut self, which: u8, end: bool, choice: u8) {
        let side = &mut self.server;
        let Some(number) = pick(side, which) else {
            return;
        };
        let Core::Server(server) = &mut side.core else {
            return;
        };
        let fields = some_fields(&[(":status", "200")], choice);
        let Some(track) = side.tracks.get_mut(&number) else {
            return;
        };
        match server.response(track.name, &fields, end) {
            Ok(()) => {
                assert!(track.head.is_none() && !track.is_over());
                track.head = Some(fields);
                track.sent_end = end;
            }
            Err(SendError::Gone) => assert!(track.is_over() || side.closed.is_some()),
            Err(SendError::Sequence) => assert!(track.head.is_some()),
            Err(SendError::OutputFull) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    fn inform(&mut self, which: u8) {
        let side = &mut self.server;
        let Some(number) = pick(side, which) else {
            return;
        };
        let Some(track) = side.tracks.get_mut(&number) else {
            return;
        };
        // More than one is what a limit is for.
        if std::mem::replace(&mut track.informed, true) {
            return;
        }
        let name = track.name;
        if let Core::Server(server) = &mut side.core {
            let _ = server.informational(name, &[(":status", "103"), ("link", "</a>")]);
        }
    }

    fn close(&mut self, who: Who) {
        let now = self.now();
        let side = self.side(who);
        side.core.close(now, ErrorCode::NO_ERROR);
        side.going = true;
    }
}

fn send(side: &mut Side, which: u8, octets: u16, end: bool) {
    let Some(number) = pick(side, which) else {
        return;
    };
    let closed = side.closed.is_some();
    let Some(track) = side.tracks.get_mut(&number) else {
        return;
    };
    let length = usize::from(octets);
    let mut data = Bytes::from_static(body(number, track.sent, length));
    match side.core.send(track.name).data(&mut data, end) {
        Ok(taken) => {
            assert_eq!(taken + data.len(), length);
            assert!(!track.sent_end && !track.is_over());
            track.sent += taken as u64;
            track.wants_writable |= taken < length;
            track.sent_end = end && taken == length;
        }
        Err(SendError::Gone) => assert!(track.is_over() || closed),
        Err(SendError::NoHead) => assert!(track.head.is_none()),
        Err(SendError::Sequence) => assert!(track.sent_end),
        Err(other) => panic!("{other:?}"),
    }
}

fn trailers(side: &mut Side, which: u8) {
    let Some(number) = pick(side, which) else {
        return;
    };
    let closed = side.closed.is_some();
    let Some(track) = side.tracks.get_mut(&number) else {
        return;
    };
    let fields = some_fields(&[("grpc-status", "0")], which);
    match side.core.send(track.name).trailers(&fields) {
        Ok(()) => {
            assert!(!track.sent_end && !track.is_over());
            track.trailers = Some(fields);
            track.sent_end = true;
        }
        Err(SendError::Gone) => assert!(track.is_over() || closed),
        Err(SendError::NoHead) => assert!(track.head.is_none()),
        Err(SendError::Sequence) => assert!(track.sent_end),
        Err(SendError::OutputFull) => {}
        Err(other) => panic!("{other:?}"),
    }
}

/// What was queued and not framed is taken back, the end included.
fn discard(side: &mut Side, number: u32) {
    let Some(track) = side.tracks.get_mut(&number) else {
        return;
    };
    let queued = side.core.send(track.name).queued();
    if let Ok(framed) = side.core.send(track.name).discard_unsent() {
        if queued > 0 {
            track.sent = framed;
            track.sent_end = false;
            track.trailers = None;
        }
        assert_eq!(track.sent, framed, "what is left is what was framed");
    }
}
