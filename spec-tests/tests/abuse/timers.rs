//! Every deadline of `Timers`: it bites, it spares its look-alike, and `None` switches it off.

use std::time::Duration;

use bytes::Bytes;
use bywash_proto::config::{Config, Keepalive};
use bywash_proto::error::{CloseReason, TimeoutKind};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::raw::wire::{PREFACE, code};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received, Role};

use crate::rig::{BODY, Rig, on};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

fn get(end: bool) -> RawFrame {
    let frame = RawFrame::headers(1, BlockWriter::request("GET", "/").build());
    if end { frame.end_stream() } else { frame }
}

#[track_caller]
fn timed_out(rig: &Rig, kind: TimeoutKind, wanted: ErrorCode) {
    assert_eq!(rig.told.closed, Some(CloseReason::Timeout(kind)));
    rig.assert_goaway(wanted.0, "");
}

#[test]
fn a_preface_may_take_its_time() {
    let mut rig = Rig::unmet(Config::default(), RawPeer::new(Role::Client), false);
    rig.peer.send_bytes(PREFACE);
    rig.peer.send(&RawFrame::settings(&[]));
    let octets = rig.peer.take_output();
    for octet in octets.chunks(4) {
        rig.feed(octet);
        rig.advance(SECOND);
    }
    rig.assert_alive();
}

#[test]
fn without_a_preface_deadline_silence_is_borne() {
    let config = config(|c| c.timers.preface = None);
    let mut rig = Rig::unmet(config, RawPeer::new(Role::Client), false);
    rig.advance(24 * HOUR);
    rig.assert_alive();
}

#[test]
fn an_acknowledgement_may_take_its_time() {
    let mut rig = Rig::server_with(Config::default(), RawPeer::client(&[]));
    rig.advance(Duration::from_millis(9999));
    rig.peer.send(&RawFrame::settings_ack());
    rig.pump();
    rig.advance(HOUR);
    rig.assert_alive();
    assert_eq!(rig.told.settings_acknowledged, 1);
    let config = config(|c| c.timers.settings_ack = None);
    let mut rig = Rig::server_with(config, RawPeer::client(&[]));
    rig.advance(HOUR);
    rig.assert_alive();
}

#[test]
fn a_head_may_take_its_time() {
    for after in [Some(10 * SECOND), None] {
        let mut rig = Rig::server(config(|c| c.timers.block = after));
        rig.peer.send_bytes(&[]);
        let octets = get(true).encode();
        let (first, rest) = octets.split_at(20);
        rig.feed(first);
        rig.advance(after.map_or(HOUR, |_| 9 * SECOND));
        rig.feed(rest);
        rig.advance(HOUR);
        assert_eq!(rig.told.requests, 1);
        rig.assert_alive();
    }
}

#[test]
fn idle_connections_end_in_good_order() {
    let mut rig = Rig::server(config(|c| c.timers.idle = Some(60 * SECOND)));
    rig.advance(59 * SECOND);
    rig.peer.send(&get(true));
    rig.pump();
    rig.advance(59 * SECOND);
    rig.assert_alive();
    rig.advance(2 * SECOND);
    assert_eq!(rig.told.closed, Some(CloseReason::Finished));
    rig.assert_goaway(code::NO_ERROR, "max_idle");
}

#[test]
fn a_long_poll_is_not_idle() {
    let mut rig = Rig::server(config(|c| c.timers.idle = Some(60 * SECOND)));
    rig.app.answer = None;
    rig.peer.send(&get(true));
    rig.pump();
    rig.advance(10 * HOUR);
    rig.assert_alive();
    let stream = rig.name(1);
    rig.respond(stream, Some(10));
    rig.flush();
    assert_eq!(rig.bodies[&1], 10, "answered after ten hours");
    rig.advance(61 * SECOND);
    assert_eq!(rig.told.closed, Some(CloseReason::Finished));
}

/// The peer takes 16 KiB in 50 seconds, and another body waits behind.
#[test]
fn a_slow_reader_is_not_stuck() {
    let mut rig = Rig::server(Config::default());
    rig.app.answer = Some(BODY.len());
    for stream in [1, 3] {
        let block = BlockWriter::request("GET", "/").build();
        rig.peer
            .send(&RawFrame::headers(stream, block).end_stream());
    }
    rig.pump();
    for _ in 0..40 {
        rig.advance(50 * SECOND);
        rig.peer.send(&RawFrame::window_update(0, 16 * 1024));
        rig.peer.send(&RawFrame::window_update(1, 16 * 1024));
        rig.peer.send(&RawFrame::window_update(3, 16 * 1024));
        rig.pump();
    }
    rig.assert_alive();
    assert!(rig.told.ended.is_empty(), "{:?}", rig.told.ended);
    assert_eq!((rig.bodies[&1], rig.bodies[&3]), (BODY.len(), BODY.len()));
}

/// The second body has its window, but waits its turn for longer than the deadline.
#[test]
fn a_body_behind_another_is_not_stuck() {
    let mut rig = Rig::server(Config::default());
    rig.app.answer = None;
    for stream in [1, 3] {
        let block = BlockWriter::request("GET", "/").build();
        rig.peer
            .send(&RawFrame::headers(stream, block).end_stream());
        rig.peer.send(&RawFrame::window_update(stream, 0x3fff_ffff));
    }
    rig.pump();
    for stream in [1, 3] {
        let name = rig.name(stream);
        rig.respond(name, None);
    }
    let (first, second) = (rig.name(1), rig.name(3));
    let mut one = Bytes::from_static(&BODY[..1000]);
    on!(rig, conn => conn.send(first).data(&mut Bytes::from_static(&BODY), false)).unwrap();
    on!(rig, conn => conn.send(second).data(&mut one, true)).unwrap();
    rig.flush();
    for _ in 0..60 {
        on!(rig, conn => conn.send(first).data(&mut Bytes::from_static(&BODY[..9000]), false))
            .unwrap();
        rig.peer.send(&RawFrame::window_update(0, 9000));
        rig.pump();
        rig.advance(10 * SECOND);
    }
    rig.assert_alive();
    assert!(rig.told.ended.is_empty(), "{:?}", rig.told.ended);
    assert!(!rig.bodies.contains_key(&3), "it did wait all the time");
}

#[test]
fn without_a_progress_deadline_a_stuck_stream_stays() {
    let mut rig = Rig::server(config(|c| c.timers.progress = None));
    rig.app.answer = Some(BODY.len());
    rig.peer.send(&get(true));
    rig.pump();
    rig.advance(10 * HOUR);
    rig.assert_alive();
    assert!(rig.told.ended.is_empty());
}

fn age_at_end(seed: u64, jitter: u8) -> Duration {
    let mut rig = Rig::server(config(|c| {
        c.timers.max_age = Some(1000 * SECOND);
        c.timers.max_age_jitter = jitter;
        c.seed = seed;
    }));
    while rig.told.closed.is_none() {
        assert!(rig.now < 2_000_000_000_000, "never");
        rig.advance(Duration::from_millis(100));
    }
    assert_eq!(rig.told.closed, Some(CloseReason::Finished));
    Duration::from_nanos(rig.now)
}

#[test]
fn old_connections_end_each_at_its_own_time() {
    let ages: Vec<Duration> = (0..20).map(|seed| age_at_end(seed, 10)).collect();
    assert!(
        ages.iter().all(|age| (900..=1101).contains(&age.as_secs())),
        "{ages:?}"
    );
    let (least, most) = (ages.iter().min().unwrap(), ages.iter().max().unwrap());
    assert!(
        most.as_secs() - least.as_secs() > 100,
        "spread over {least:?} to {most:?}"
    );
    assert_eq!(age_at_end(7, 0).as_secs(), 1000);
}

#[test]
fn an_old_connection_finishes_its_work() {
    let mut rig = Rig::server(config(|c| c.timers.max_age = Some(100 * SECOND)));
    rig.app.answer = None;
    rig.peer.send(&get(true));
    rig.pump();
    rig.advance(HOUR);
    assert_eq!(rig.told.closed, None);
    let goaways = rig.count(|item| matches!(item, Received::GoAway { .. }));
    assert_eq!(goaways, 2, "the announcement, and the last identifier");
    let stream = rig.name(1);
    rig.respond(stream, Some(10));
    rig.flush();
    assert_eq!(rig.told.closed, Some(CloseReason::Finished));
    assert_eq!(rig.bodies[&1], 10);
}

#[test]
fn the_second_goaway_waits_for_a_round_trip_or_its_deadline() {
    for (answers, wait) in [(true, Duration::ZERO), (false, SECOND)] {
        let peer = RawPeer::client(&[]);
        let mut rig = Rig::server_with(Config::default(), peer);
        rig.peer.send(&RawFrame::settings_ack());
        rig.pump();
        let now = rig.at();
        on!(rig, conn => conn.shutdown(now));
        rig.flush();
        let ping = rig.got.iter().find_map(|item| match item {
            Received::Ping(payload) => Some(*payload),
            _ => None,
        });
        if answers {
            rig.peer.send(&RawFrame::ping_ack(ping.unwrap()));
            rig.pump();
        } else {
            rig.advance(Duration::from_millis(999));
            assert_eq!(rig.told.closed, None);
            rig.advance(Duration::from_millis(1));
        }
        assert_eq!(rig.told.closed, Some(CloseReason::Finished));
        assert_eq!(rig.now, wait.as_nanos() as u64);
    }
}

#[test]
fn a_shutdown_ends_at_its_deadline_or_before() {
    for finishes in [true, false] {
        let mut rig = Rig::server(config(|c| c.timers.drain = Some(30 * SECOND)));
        rig.app.answer = None;
        rig.peer.send(&get(true));
        rig.pump();
        let now = rig.at();
        on!(rig, conn => conn.shutdown(now));
        rig.flush();
        rig.advance(29 * SECOND);
        assert_eq!(rig.told.closed, None);
        if finishes {
            let stream = rig.name(1);
            rig.respond(stream, Some(10));
            rig.flush();
            assert_eq!(rig.told.closed, Some(CloseReason::Finished));
        } else {
            rig.advance(SECOND);
            let ended = CloseReason::Timeout(TimeoutKind::Shutdown);
            assert_eq!(rig.told.closed, Some(ended));
            rig.assert_goaway(code::NO_ERROR, "graceful_stop");
            assert_eq!(rig.told.ended.len(), 1);
        }
    }
}

fn keepalive(while_idle: bool) -> Config {
    config(|c| {
        c.timers.keepalive = Some(Keepalive {
            interval: 30 * SECOND,
            timeout: 10 * SECOND,
            while_idle,
        });
    })
}

fn pings(rig: &Rig) -> usize {
    rig.count(|item| matches!(item, Received::Ping(_)))
}

#[test]
fn a_dead_peer_is_found() {
    let mut rig = Rig::client_with(keepalive(false), RawPeer::server(&[]));
    rig.peer.send(&RawFrame::settings_ack());
    rig.pump();
    rig.request("/", true).unwrap();
    rig.flush();
    rig.advance(39 * SECOND);
    assert_eq!((pings(&rig), rig.told.closed), (1, None));
    rig.advance(SECOND);
    timed_out(&rig, TimeoutKind::Keepalive, ErrorCode::NO_ERROR);
}

#[test]
fn a_watch_lives_by_its_pings() {
    let mut rig = Rig::client(keepalive(false));
    rig.request("/watch", true).unwrap();
    rig.flush();
    rig.peer
        .send(&RawFrame::headers(1, BlockWriter::response("200").build()));
    rig.pump();
    rig.advance(5 * HOUR);
    rig.assert_alive();
    assert_eq!(pings(&rig), 5 * 120);
}

#[test]
fn pings_while_idle_only_if_asked_for() {
    for (while_idle, sent) in [(false, 0), (true, 120)] {
        let mut rig = Rig::client(keepalive(while_idle));
        rig.advance(HOUR);
        rig.assert_alive();
        assert_eq!(pings(&rig), sent);
    }
}

/// The answer waits behind a body that trickles: whoever sends is alive.
#[test]
fn a_slow_upload_is_a_sign_of_life() {
    let mut rig = Rig::server_with(keepalive(false), RawPeer::client(&[]));
    rig.peer.send(&RawFrame::settings_ack());
    rig.peer.send(&get(false));
    rig.pump();
    rig.advance(35 * SECOND);
    assert_eq!(pings(&rig), 1);
    for octet in BODY.chunks(1).take(1000) {
        rig.peer.send(&RawFrame::data(1, octet));
        rig.pump();
        rig.advance(4 * SECOND);
    }
    rig.assert_alive();
    assert_eq!(rig.told.data, 1000);
}
