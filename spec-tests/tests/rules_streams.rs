//! Stream states (RFC 9113 5.1, 5.1.1, 5.1.2): what may come on a stream that is idle, ended or over.

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, EndedBy, Retry, StreamEnd, Violation as V};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::pair::{Case, Feed, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, Received, Role};

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
