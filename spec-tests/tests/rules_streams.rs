//! Stream states (RFC 9113 5.1, 5.1.1, 5.1.2): what may come on a stream that is idle, ended or over.

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, EndedBy, Retry, StreamEnd, Violation as V};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::pair::{Against, Case, Feed, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];
const OPEN: u32 = World::OPEN;

fn both(name: &str, frames: impl Into<Vec<RawFrame>>, verdict: Verdict) {
    for case in Case::both(name, frames, verdict) {
        judge(&case);
    }
}

fn server(name: &str, frames: impl Into<Vec<RawFrame>>, verdict: Verdict) {
    judge(&Case::new(name, Role::Server, frames, verdict));
}

fn client(name: &str, frames: impl Into<Vec<RawFrame>>, verdict: Verdict) {
    judge(&Case::new(name, Role::Client, frames, verdict));
}

fn request(stream: u32) -> RawFrame {
    RawFrame::headers(stream, BlockWriter::request("GET", "/").build()).end_stream()
}

fn trailers(stream: u32) -> RawFrame {
    RawFrame::headers(stream, BlockWriter::fields(&[("x", "y")]).build()).end_stream()
}

#[test]
fn frames_on_idle_streams() {
    for stream in [World::IDLE, 2, 0x7fff_ffff] {
        let idle = Verdict::Connection(V::IdleStream);
        both("DATA", [RawFrame::data(stream, "x")], idle);
        both("DATA", [RawFrame::data(stream, "").end_stream()], idle);
        both("RST_STREAM", [RawFrame::rst_stream(stream, 8)], idle);
        both("WINDOW_UPDATE", [RawFrame::window_update(stream, 1)], idle);
    }
    for stream in [World::IDLE, 0x7fff_ffff] {
        let idle = Verdict::Connection(V::IdleStream);
        client("HEADERS", [trailers(stream)], idle);
    }
}

#[test]
fn state_comes_before_content() {
    // A broken head on a stream that is over, or on one that must not be opened, is not looked at.
    let bad = |stream| RawFrame::headers(stream, BlockWriter::fields(&[("A", "b")]).build());
    both(
        "closed",
        [bad(World::CLOSED)],
        Verdict::Connection(V::StreamClosed),
    );
    both("reset", [bad(World::RESET)], Verdict::Ignored);
    both(
        "half-closed",
        [bad(World::HALF).end_stream()],
        Verdict::Stream(World::HALF, V::StreamHalfClosed),
    );
    server("even", [bad(2)], Verdict::Connection(V::HeadersBadStreamId));
    client(
        "idle",
        [bad(World::IDLE)],
        Verdict::Connection(V::IdleStream),
    );
    both(
        "window",
        [RawFrame::data(World::HALF, vec![0; 16_384])],
        Verdict::Stream(World::HALF, V::StreamHalfClosed),
    );
}

#[test]
fn frames_on_a_half_closed_stream() {
    let verdict = Verdict::Stream(World::HALF, V::StreamHalfClosed);
    both("DATA", [RawFrame::data(World::HALF, "x")], verdict);
    both(
        "empty DATA",
        [RawFrame::data(World::HALF, "").end_stream()],
        verdict,
    );
    both("HEADERS", [trailers(World::HALF)], verdict);
    // These are legal.
    both(
        "WINDOW_UPDATE",
        [RawFrame::window_update(World::HALF, 5)],
        Verdict::Ignored,
    );
}

#[test]
fn frames_on_a_stream_that_both_sides_ended() {
    for stream in [World::CLOSED, World::LOST] {
        let verdict = Verdict::Connection(V::StreamClosed);
        both("DATA", [RawFrame::data(stream, "x")], verdict);
        both("DATA", [RawFrame::data(stream, "").end_stream()], verdict);
        both("HEADERS", [trailers(stream)], verdict);
        let frames = [
            RawFrame::window_update(stream, 5),
            RawFrame::rst_stream(stream, code::NO_ERROR),
        ];
        both("late but harmless", frames, Verdict::Ignored);
    }
}

#[test]
fn frames_on_a_stream_that_we_reset() {
    let frames = [
        RawFrame::data(World::RESET, "x"),
        RawFrame::window_update(World::RESET, 1),
        RawFrame::data(World::RESET, "").padded(7),
        trailers(World::RESET),
        RawFrame::data(World::RESET, "more").end_stream(),
        RawFrame::rst_stream(World::RESET, code::CANCEL),
    ];
    both("on their way", frames, Verdict::Ignored);
}

#[test]
fn late_blocks_are_decoded_for_the_tables_sake() {
    // The block on the reset stream adds an entry, which the next one names.
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            let late = BlockWriter::new()
                .incremental("x-late", "remembered")
                .build();
            let next = BlockWriter::new().indexed(62).build();
            net.peer
                .send(&RawFrame::headers(World::RESET, late).end_stream());
            net.peer.send(&RawFrame::headers(OPEN, next).end_stream());
            net.pump();
            let seen = net.events();
            let [
                Seen::Trailers {
                    stream: OPEN,
                    fields,
                    ..
                },
            ] = &seen[..]
            else {
                panic!("{seen:?}");
            };
            assert!(fields[0].is("x-late", "remembered"));
            Ok(net)
        });
    }
}

#[test]
fn identifiers_of_new_streams() {
    let bad = Verdict::Connection(V::HeadersBadStreamId);
    server("even", [request(2)], bad);
    server("even, large", [request(0x7fff_fffe)], bad);
    client("even", [request(2)], bad);
    // 15 is skipped by 17, and closed by that (5.1.1).
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer.send(&request(17));
        net.pump();
        assert!(matches!(
            net.events()[..],
            [Seen::Request { stream: 17, .. }]
        ));
        net.peer.send(&request(15));
        net.pump();
        assert_eq!(
            net.events().last(),
            Some(&Seen::Closed(CloseReason::Violation(V::HeadersBadStreamId)))
        );
        net.peer.expect_goaway(code::PROTOCOL_ERROR)?;
        Ok(net)
    });
}

#[test]
fn a_skipped_stream_is_closed_for_all_other_frames() {
    let skip = |frame: RawFrame| vec![request(17), RawFrame::rst_stream(17, code::CANCEL), frame];
    for (frame, violation) in [
        (RawFrame::data(15, "x"), Some(V::StreamClosed)),
        (RawFrame::window_update(15, 1), None),
        (RawFrame::rst_stream(15, code::CANCEL), None),
    ] {
        every_split(|feed| {
            let mut net = World::new(Role::Server, feed, Config::default()).net;
            net.peer.send_all(&skip(frame.clone()));
            net.pump();
            match violation {
                Some(violation) => {
                    net.peer.expect_goaway(violation.code().0)?;
                }
                None => net.peer.expect_nothing()?,
            }
            Ok(net)
        });
    }
}

#[test]
fn the_last_identifier_of_all() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer.send(&request(0x7fff_ffff));
        net.pump();
        net.respond(0x7fff_ffff, &[(":status", "204")], true);
        net.pump();
        net.peer.expect_status(0x7fff_ffff, "204")?;
        net.peer.send(&request(0x7fff_ffff));
        net.pump();
        net.peer.expect_goaway(code::STREAM_CLOSED)?;
        Ok(net)
    });
}

/// A server that allows four streams, with 1, 3, 5 and 13 open.
fn with_room_for_none(feed: Feed) -> Against {
    let mut config = Config::default();
    config.settings.max_concurrent_streams = 4;
    let mut net = World::new(Role::Server, feed, config).net;
    net.ask(World::IDLE, "/", true);
    net.pump();
    net.events();
    net
}

#[test]
fn more_streams_than_allowed() {
    const NEXT: u32 = 15;
    for frames in [
        vec![request(NEXT)],
        request(NEXT).split(&[0, 5]),
        // A broken head is not looked at: the stream was refused before.
        vec![RawFrame::headers(
            NEXT,
            BlockWriter::fields(&[("A", "b")]).build(),
        )],
        // What follows on it is dropped.
        vec![
            RawFrame::headers(NEXT, BlockWriter::request("POST", "/").build()),
            RawFrame::data(NEXT, "body").end_stream(),
        ],
    ] {
        every_split(|feed| {
            let mut net = with_room_for_none(feed);
            net.peer.send_all(&frames);
            net.pump();
            assert_eq!(net.events(), []);
            net.peer.expect_rst(NEXT, code::REFUSED_STREAM)?;
            net.peer.expect_nothing()?;
            // One ends: there is room again.
            net.respond(World::HALF, &[(":status", "204")], true);
            net.peer.send(&request(17));
            net.pump();
            assert!(matches!(
                net.events()[..],
                [Seen::Request { stream: 17, .. }]
            ));
            Ok(net)
        });
    }
}

#[test]
fn a_refused_block_is_decoded() {
    every_split(|feed| {
        let mut net = with_room_for_none(feed);
        let block = BlockWriter::request("GET", "/")
            .incremental("x-a", "1")
            .build();
        net.peer.send(&RawFrame::headers(15, block).end_stream());
        let block = BlockWriter::new().indexed(62).build();
        net.peer.send(&RawFrame::headers(OPEN, block).end_stream());
        net.pump();
        let seen = net.events();
        let [Seen::Trailers { fields, .. }] = &seen[..] else {
            panic!("{seen:?}");
        };
        assert!(fields[0].is("x-a", "1"));
        Ok(net)
    });
}

#[test]
fn refusals_are_charged_from_the_acknowledgement_on() {
    let level = |net: &Against| {
        let levels = net.core.limit_levels();
        let name = bywash_proto::error::LimitName::Resets;
        levels.iter().find(|level| level.0 == name).unwrap().1
    };
    every_split(|feed| {
        let mut config = Config::default();
        config.settings.max_concurrent_streams = 1;
        let mut net = Against::new(feed, config, RawPeer::client(&[]));
        for id in [1, 3, 5] {
            net.ask(id, "/", true);
        }
        net.pump();
        assert_eq!(level(&net), 0, "the client could not know");
        net.peer.send(&RawFrame::settings_ack());
        net.ask(7, "/", true);
        net.pump();
        assert_eq!(level(&net), 1);
        net.peer.skip_settings();
        net.peer.skip_window_updates();
        net.peer.skip_settings();
        for id in [3, 5, 7] {
            net.peer.expect_rst(id, code::REFUSED_STREAM)?;
        }
        Ok(net)
    });
}

/// A lower limit that the client has not acknowledged is no fault of its either.
#[test]
fn refusals_under_a_limit_in_flight_are_not_charged() {
    every_split(|feed| {
        let mut net = Against::new(Feed::Whole, Config::default(), RawPeer::client(&[]));
        net.peer.send(&RawFrame::settings_ack());
        net.ask(1, "/", true);
        net.pump();
        net.feed(feed);
        let mut less = bywash_proto::config::LocalSettings::default();
        less.max_concurrent_streams = 1;
        net.core.update_settings(less).unwrap();
        net.ask(3, "/", true);
        net.pump();
        let level = |net: &Against| {
            let levels = net.core.limit_levels();
            let name = bywash_proto::error::LimitName::Resets;
            levels.iter().find(|level| level.0 == name).unwrap().1
        };
        assert_eq!(level(&net), 0, "it could not know");
        net.peer.send(&RawFrame::settings_ack());
        net.ask(5, "/", true);
        net.pump();
        assert_eq!(level(&net), 1);
        Ok(net)
    });
}

#[test]
fn the_peers_reset_says_whether_a_retry_is_safe() {
    for (code, retry) in [
        (ErrorCode::REFUSED_STREAM, Retry::NotProcessed),
        (ErrorCode::CANCEL, Retry::MayHaveBeenProcessed),
        (ErrorCode::NO_ERROR, Retry::MayHaveBeenProcessed),
        (ErrorCode(0xdead_beef), Retry::MayHaveBeenProcessed),
    ] {
        for role in ROLES {
            every_split(|feed| {
                let mut net = World::new(role, feed, Config::default()).net;
                net.peer.send(&RawFrame::rst_stream(OPEN, code.0));
                net.pump();
                let retry = if role == Role::Client {
                    retry
                } else {
                    Retry::MayHaveBeenProcessed
                };
                let by = EndedBy::Peer;
                let end = StreamEnd { code, by, retry };
                assert_eq!(net.events(), [Seen::Ended { stream: OPEN, end }]);
                net.peer.expect_nothing()?;
                Ok(net)
            });
        }
    }
}

#[test]
fn a_held_stream_keeps_its_place() {
    every_split(|feed| {
        let mut config = Config::default();
        config.settings.max_concurrent_streams = 1;
        let mut net = Against::server(feed, config);
        net.ask(1, "/", true);
        net.pump();
        let one = net.stream(1);
        net.core.server().hold(one);
        net.peer.send(&RawFrame::rst_stream(1, code::CANCEL));
        net.ask(3, "/", true);
        net.pump();
        net.peer.expect_rst(3, code::REFUSED_STREAM)?;
        net.core.server().let_go(one);
        net.ask(5, "/", true);
        net.pump();
        net.peer.expect_nothing()?;
        assert!(matches!(
            net.events().last(),
            Some(Seen::Request { stream: 5, .. })
        ));
        Ok(net)
    });
}

#[test]
fn the_peers_limit_on_streams_is_obeyed() {
    every_split(|feed| {
        let limit = [(
            bywash_spec_tests::raw::wire::setting::MAX_CONCURRENT_STREAMS,
            2,
        )];
        let mut net = Against::after_handshake(feed, Config::default(), RawPeer::server(&limit));
        let get = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "a"),
            (":path", "/"),
        ];
        assert_eq!((net.open("/", true), net.open("/", true)), (1, 3));
        for _ in 0..2 {
            let refused = net.core.client().request(&get, true);
            assert_eq!(refused, Err(bywash_proto::error::OpenError::Limit));
        }
        net.pump();
        assert_eq!(net.events(), []);
        net.answer(1, "204", true);
        net.answer(3, "204", true);
        net.pump();
        let offers = net.events().iter().filter(|e| **e == Seen::CanOpen).count();
        assert_eq!(offers, 1, "once, not for each");
        assert_eq!(net.open("/", true), 5);
        net.pump();
        Ok(net)
    });
}

#[test]
fn a_limit_of_no_streams_is_legal_and_may_be_lifted() {
    every_split(|feed| {
        let id = bywash_spec_tests::raw::wire::setting::MAX_CONCURRENT_STREAMS;
        let mut net =
            Against::after_handshake(feed, Config::default(), RawPeer::server(&[(id, 0)]));
        let get = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "a"),
            (":path", "/"),
        ];
        assert_eq!(
            net.core.client().request(&get, true),
            Err(bywash_proto::error::OpenError::Limit)
        );
        net.peer.send(&RawFrame::settings(&[(id, 1)]));
        net.pump();
        assert_eq!(net.events(), [Seen::Settings, Seen::CanOpen]);
        net.open("/", true);
        net.pump();
        Ok(net)
    });
}

#[test]
fn forgotten_streams_are_ignored() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            net.feed(Feed::Whole);
            for n in 0..70 {
                let id = World::IDLE + 2 * n;
                match role {
                    Role::Server => net.ask(id, "/", true),
                    Role::Client => assert_eq!(net.open("/", true), id),
                }
                net.pump();
                match role {
                    Role::Server => net.respond(id, &[(":status", "204")], true),
                    Role::Client => net.answer(id, "204", true),
                }
                net.pump();
            }
            net.events();
            net.peer.drain();
            net.feed(feed);
            net.peer.send(&RawFrame::data(World::CLOSED, "x"));
            net.peer.send(&trailers(World::CLOSED));
            net.peer.send(&RawFrame::window_update(World::CLOSED, 0));
            net.pump();
            assert_eq!(net.events(), []);
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}

#[test]
fn an_abrupt_end_tells_every_stream() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            net.core.close(net.now(), ErrorCode::INTERNAL_ERROR);
            net.pump();
            let seen = net.events();
            let ends: Vec<u32> = seen
                .iter()
                .filter(|e| matches!(e, Seen::Ended { end, .. } if end.by == EndedBy::Connection))
                .map(Seen::stream)
                .collect();
            assert_eq!(ends, [1, 3, 5]);
            let reason = CloseReason::Closed(ErrorCode::INTERNAL_ERROR);
            assert_eq!(seen.last(), Some(&Seen::Closed(reason)));
            net.peer.expect_goaway(code::INTERNAL_ERROR)?;
            assert!(
                net.peer
                    .find(|item| matches!(item, Received::Rst { .. }))
                    .is_none()
            );
            Ok(net)
        });
    }
}
