//! What looks like an attack and is none: no limit may touch it.

use std::time::Duration;

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::error::LimitName;
use bywash_spec_tests::raw::build::PriorityFields;
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received};

use crate::rig::{BODY, Rig, on};
use crate::servers::id;

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn request() -> BlockWriter {
    BlockWriter::request("GET", "/")
}

fn get(stream: u32) -> RawFrame {
    RawFrame::headers(stream, request().build()).end_stream()
}

/// Alive, and the program was not even told of pressure.
#[track_caller]
fn unpunished(rig: &Rig) {
    rig.assert_alive();
    assert_eq!(rig.told.pressure, [], "pressure");
}

#[test]
fn a_browser_cancels_50_downloads_at_once() {
    let mut rig = Rig::server(Config::default());
    rig.app.answer = Some(BODY.len());
    for round in 0..4 {
        for n in round * 50..(round + 1) * 50 {
            rig.peer.send(&get(id(n)));
        }
        rig.pump();
        for n in round * 50..(round + 1) * 50 {
            rig.peer.send(&RawFrame::rst_stream(id(n), code::CANCEL));
        }
        rig.pump();
        rig.advance(10 * SECOND);
    }
    unpunished(&rig);
}

#[test]
fn a_thousand_deadlines_pass_together() {
    let mut config = Config::default();
    config.settings.max_concurrent_streams = 2000;
    let mut rig = Rig::server(config);
    rig.app.answer = None;
    for n in 0..1000 {
        rig.peer.send(&get(id(n)));
    }
    rig.pump();
    for n in 0..1000 {
        rig.peer.send(&RawFrame::rst_stream(id(n), code::CANCEL));
    }
    rig.pump();
    rig.assert_alive();
    assert_eq!(rig.told.ended.len(), 1000);
    assert_eq!(rig.told.pressure, [LimitName::Resets], "told, not ended");
}

/// Three hundred requests a second for ten minutes, of which every third is given up: hedged calls, a proxy's impatient
/// users.
#[test]
fn every_third_request_is_given_up() {
    let mut rig = Rig::server(Config::default());
    let mut next = 0;
    for _ in 0..600 {
        for third in 0..100 {
            for n in [next, next + 1] {
                rig.peer.send(&get(id(n)));
            }
            rig.peer
                .send(&RawFrame::headers(id(next + 2), request().build()));
            rig.peer
                .send(&RawFrame::rst_stream(id(next + 2), code::CANCEL));
            next += 3;
            if third % 10 == 9 {
                rig.peer.send(&RawFrame::window_update(0, 2000));
                rig.pump();
            }
        }
        rig.advance(SECOND);
        rig.got.clear();
        rig.bodies.clear();
        rig.names.clear();
    }
    unpunished(&rig);
    assert_eq!(rig.told.requests, 180_000);
}

/// A server under load refuses ten thousand requests: the client has nothing to complain of.
#[test]
fn a_server_refuses_what_it_cannot_take() {
    let mut rig = Rig::client(Config::default());
    for n in 0..10_000 {
        let stream = rig.request("/", true).unwrap().id().get();
        assert_eq!(stream, 1 + 2 * n);
        rig.flush();
        rig.peer
            .send(&RawFrame::rst_stream(stream, code::REFUSED_STREAM));
        rig.pump();
    }
    unpunished(&rig);
}

/// A gRPC server resets each call that ends before the client has finished (RFC 9113 8.1).
#[test]
fn a_server_needs_no_more_of_the_body() {
    let mut rig = Rig::client(Config::default());
    for _ in 0..5000 {
        let stream = rig.request("/", false).unwrap().id().get();
        rig.flush();
        let block = BlockWriter::response("200").build();
        rig.peer
            .send(&RawFrame::headers(stream, block).end_stream());
        rig.peer.send(&RawFrame::rst_stream(stream, code::NO_ERROR));
        rig.pump();
    }
    unpunished(&rig);
    assert_eq!(rig.told.responses, 5000);
}

#[test]
fn a_cookie_of_100_crumbs() {
    let mut rig = Rig::server(Config::default());
    for n in 0..100 {
        let crumbs = (0..100).fold(request(), |block, crumb| {
            block.incremental("cookie", format!("crumb{crumb}=value-{n}"))
        });
        rig.peer
            .send(&RawFrame::headers(id(n), crumbs.build()).end_stream());
        rig.pump();
    }
    unpunished(&rig);
    assert_eq!((rig.told.requests, rig.told.overlong), (100, 0));
}

#[test]
fn twenty_thousand_octets_one_by_one_to_a_reader() {
    for client in [false, true] {
        let mut rig = if client {
            let mut rig = Rig::client(Config::default());
            rig.request("/", true).unwrap();
            rig.flush();
            rig.peer
                .send(&RawFrame::headers(1, BlockWriter::response("200").build()));
            rig
        } else {
            let mut rig = Rig::server(Config::default());
            rig.peer.send(&RawFrame::headers(3, request().build()));
            rig
        };
        let stream = if client { 1 } else { 3 };
        for octet in BODY.chunks(1).take(20_000) {
            rig.peer.send(&RawFrame::data(stream, octet));
        }
        rig.pump();
        unpunished(&rig);
        assert_eq!(rig.told.data, 20_000);
    }
}

/// The reader takes nothing before a whole read of 64 KiB is over: one burst, then all of it is released.
#[test]
fn octets_one_by_one_to_a_reader_that_takes_them_later() {
    let mut rig = Rig::server(Config::default());
    rig.app.drains = false;
    rig.peer.send(&RawFrame::headers(3, request().build()));
    rig.pump();
    for _ in 0..20 {
        for octet in BODY.chunks(1).take(6553) {
            rig.peer.send(&RawFrame::data(3, octet));
        }
        rig.pump();
        let stream = rig.name(3);
        on!(rig, conn => conn.recv(stream).release(6553)).unwrap();
        rig.advance(MILLI);
    }
    rig.assert_alive();
    assert_eq!(rig.told.data, 20 * 6553);
}

#[test]
fn priority_with_each_of_10_000_requests() {
    let fields = PriorityFields {
        exclusive: true,
        dependency: 0,
        weight: 200,
    };
    let mut rig = Rig::server(Config::default());
    for n in 0..10_000 {
        rig.peer.send(&RawFrame::priority(id(n), fields));
        rig.peer.send(&RawFrame::priority_update(id(n), b"u=2, i"));
        rig.peer.send(&get(id(n)));
        rig.peer.send(&RawFrame::window_update(0, 100));
        if n % 50 == 49 {
            rig.pump();
        }
    }
    unpunished(&rig);
    assert_eq!(rig.told.requests, 10_000);
}

#[test]
fn long_polls_idle_for_hours() {
    let mut rig = Rig::server(Config::default());
    rig.app.answer = None;
    for n in 0..200 {
        rig.peer.send(&get(id(n)));
    }
    rig.pump();
    rig.advance(12 * 3600 * SECOND);
    for n in 0..200 {
        let stream = rig.name(id(n));
        rig.respond(stream, Some(100));
    }
    rig.flush();
    unpunished(&rig);
    assert!((0..200).all(|n| rig.bodies[&id(n)] == 100));
}

/// A gRPC watch: a message now and then, and the client's keepalive PINGs, one in ten seconds.
#[test]
fn a_watch_with_keepalive_pings() {
    let mut rig = Rig::server(Config::default());
    rig.app.answer = None;
    rig.peer.send(&RawFrame::headers(1, request().build()));
    rig.pump();
    let stream = rig.name(1);
    rig.respond(stream, None);
    for n in 0..2000 {
        rig.peer.send(&RawFrame::ping([9; 8]));
        rig.pump();
        if n % 100 == 0 {
            let stream = rig.name(1);
            let mut message = Bytes::from_static(&BODY[..20]);
            on!(rig, conn => conn.send(stream).data(&mut message, false)).unwrap();
            rig.flush();
        }
        rig.advance(10 * SECOND);
    }
    unpunished(&rig);
    assert_eq!(rig.count(|item| matches!(item, Received::PingAck(_))), 2000);
}

/// A peer that measures the path (gRPC's BDP estimator) sends a PING for each DATA that it gets, and credit.
#[test]
fn pings_that_measure_the_path() {
    for client in [false, true] {
        let mut rig = if client {
            Rig::client(Config::default())
        } else {
            Rig::server(Config::default())
        };
        rig.open_honest();
        for _ in 0..20_000 {
            rig.peer.send(&RawFrame::ping([2, 4, 16, 16, 9, 14, 7, 7]));
            assert!(rig.honest_round().is_some());
            rig.advance(Duration::from_micros(50));
        }
        unpunished(&rig);
    }
}

/// SETTINGS that follow a tuned window, once a second.
#[test]
fn settings_that_follow_a_tuned_window() {
    let mut rig = Rig::server(Config::default());
    for n in 0..3600 {
        rig.peer.send(&RawFrame::settings(&[(
            setting::INITIAL_WINDOW_SIZE,
            65_535 + n,
        )]));
        rig.pump();
        rig.advance(SECOND);
    }
    unpunished(&rig);
}

/// Frames of types that nobody knows, as Chromium sends them to keep peers honest: one with each request.
#[test]
fn grease() {
    let mut rig = Rig::server(Config::default());
    for n in 0..500 {
        rig.peer.send(&RawFrame::new(
            0x0b + 0x1f * (n % 7) as u8,
            0,
            id(n),
            &BODY[..8],
        ));
        rig.peer.send(&get(id(n)));
        rig.peer.send(&RawFrame::window_update(0, 100));
        rig.pump();
        rig.advance(50 * MILLI);
    }
    unpunished(&rig);
}

/// Empty DATA to show that a quiet upload lives, one a second.
#[test]
fn empty_data_as_a_sign_of_life() {
    let mut rig = Rig::server(Config::default());
    rig.peer.send(&RawFrame::headers(3, request().build()));
    for _ in 0..3600 {
        rig.peer.send(&RawFrame::data(3, &b""[..]));
        rig.pump();
        rig.advance(SECOND);
    }
    unpunished(&rig);
}

/// Uploads of 64 octets a second on each of 100 streams, for an hour.
#[test]
fn slow_but_honest_uploads() {
    let mut rig = Rig::server(Config::default());
    for n in 0..100 {
        rig.peer.send(&RawFrame::headers(id(n), request().build()));
    }
    for _ in 0..3600 {
        for n in 0..100 {
            rig.peer.send(&RawFrame::data(id(n), &BODY[..20]));
        }
        rig.pump();
        rig.advance(SECOND);
    }
    for n in 0..100 {
        rig.peer.send(&RawFrame::data(id(n), &b""[..]).end_stream());
    }
    rig.pump();
    unpunished(&rig);
    assert_eq!(rig.told.data, 100 * 3600 * 20);
    assert!((0..100).all(|n| rig.bodies[&id(n)] > 0));
}

/// A reader that takes messages of 10 octets, a thousand a second, from a window that is used up.
#[test]
fn small_messages_read_one_by_one() {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 100)];
    let peer = RawPeer::client(settings).with_auto_ack();
    let mut rig = Rig::server_with(Config::default(), peer);
    rig.app.answer = Some(BODY.len());
    rig.peer.send(&RawFrame::window_update(0, 1 << 20));
    rig.peer.send(&get(3));
    rig.pump();
    for _ in 0..20_000 {
        rig.peer.send(&RawFrame::window_update(3, 10));
        rig.pump();
        rig.advance(MILLI);
    }
    unpunished(&rig);
    assert_eq!(rig.bodies[&3], 200_100.min(BODY.len()));
}

/// Every one of a thousand uploads gets its 100 (Continue).
#[test]
fn a_thousand_uploads_told_to_continue() {
    let mut rig = Rig::client(Config::default());
    for _ in 0..1000 {
        rig.request("/", false).unwrap();
        rig.flush();
    }
    for n in 0..1000 {
        let block = BlockWriter::response("100").build();
        rig.peer.send(&RawFrame::headers(1 + 2 * n, block));
    }
    rig.pump();
    unpunished(&rig);
    assert_eq!(rig.told.informational, 1000);
}

/// Progress told by 102 (Processing) or 103, once a second, for an hour.
#[test]
fn informational_responses_as_a_sign_of_life() {
    let mut rig = Rig::client(Config::default());
    rig.request("/", true).unwrap();
    rig.flush();
    for _ in 0..3600 {
        rig.peer
            .send(&RawFrame::headers(1, BlockWriter::response("102").build()));
        rig.pump();
        rig.advance(SECOND);
    }
    unpunished(&rig);
}

/// A client that tunes its windows and opens streams as fast as they end.
#[test]
fn a_hundred_thousand_requests() {
    let mut rig = Rig::server(Config::default());
    for n in 0..100_000 {
        rig.peer.send(&get(id(n)));
        rig.peer.send(&RawFrame::window_update(0, 100));
        if n % 100 == 99 {
            rig.pump();
            rig.got.clear();
            rig.bodies.clear();
            rig.names.clear();
        }
    }
    unpunished(&rig);
    assert_eq!(rig.told.requests, 100_000);
}
