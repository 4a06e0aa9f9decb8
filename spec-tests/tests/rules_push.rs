//! Push is refused (RFC 9113 6.6, 8.4): by SETTINGS, by RST_STREAM until they are acknowledged, by GOAWAY after.

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, Violation as V};
use bywash_spec_tests::pair::{Against, Case, Feed, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Role};

/// A client with a request on 1, whose SETTINGS the server has not acknowledged.
fn unacknowledged(feed: Feed) -> Against {
    let mut net = Against::new(Feed::Whole, Config::default(), RawPeer::server(&[]));
    net.open("/", true);
    net.pump();
    net.peer.drain();
    net.events();
    net.feed(feed);
    net
}

fn promise(parent: u32, promised: u32) -> RawFrame {
    let block = BlockWriter::request("GET", "/pushed").build();
    RawFrame::push_promise(parent, promised, &block)
}

#[test]
fn push_is_switched_off_from_the_start() {
    every_split(|feed| {
        let mut net = Against::new(feed, Config::default(), RawPeer::server(&[]));
        net.pump();
        let entries = net.peer.expect_settings()?;
        assert!(entries.contains(&(setting::ENABLE_PUSH, 0)));
        Ok(net)
    });
}

#[test]
fn a_promise_on_its_way_is_refused_and_decoded() {
    for frames in [
        vec![promise(1, 2)],
        promise(1, 2).split(&[4, 0, 3]),
        vec![promise(1, 2).padded(5)],
    ] {
        every_split(|feed| {
            let mut net = unacknowledged(feed);
            net.peer.send_all(&frames);
            // What the server sends on the promised stream before it reads the refusal is dropped.
            let head = BlockWriter::response("200")
                .incremental("x-pushed", "1")
                .build();
            net.peer.send(&RawFrame::headers(2, head));
            net.peer.send(&RawFrame::data(2, "pushed").end_stream());
            let answer = BlockWriter::response("200").indexed(62).build();
            net.peer.send(&RawFrame::headers(1, answer).end_stream());
            net.pump();
            net.peer.expect_rst(2, code::REFUSED_STREAM)?;
            net.peer.expect_nothing()?;
            let seen = net.events();
            let [
                Seen::Response {
                    stream: 1,
                    fields,
                    end: true,
                    ..
                },
            ] = &seen[..]
            else {
                panic!("{seen:?}");
            };
            assert!(fields[1].is("x-pushed", "1"), "{fields:?}");
            Ok(net)
        });
    }
}

#[test]
fn after_the_acknowledgement_a_promise_ends_the_connection() {
    for frame in [
        promise(World::OPEN, 2),
        promise(World::IDLE, 2),
        promise(0, 2),
    ] {
        let verdict = Verdict::Connection(V::PushDisabled);
        judge(&Case::new("promise", Role::Client, [frame], verdict));
    }
    every_split(|feed| {
        let mut net = unacknowledged(feed);
        net.peer.send(&promise(1, 2));
        net.peer.send(&RawFrame::settings_ack());
        net.peer.send(&promise(1, 4));
        net.pump();
        net.peer.expect_rst(2, code::REFUSED_STREAM)?;
        net.peer.expect_goaway(code::PROTOCOL_ERROR)?;
        Ok(net)
    });
}

#[test]
fn promises_that_name_what_they_must_not() {
    // An odd stream, stream 0, on an idle stream, on stream 0, on a pushed one.
    let bad = [
        vec![promise(1, 3)],
        vec![promise(1, 0)],
        vec![promise(3, 2)],
        vec![promise(0, 2)],
        vec![promise(2, 4)],
        vec![promise(1, 4), promise(1, 2)],
        vec![promise(1, 4), promise(1, 4)],
        vec![promise(1, 2), promise(2, 4)],
    ];
    for frames in bad {
        every_split(|feed| {
            let mut net = unacknowledged(feed);
            net.peer.send_all(&frames);
            net.pump();
            let seen = net.events();
            let reason = CloseReason::Violation(V::PushStream);
            assert_eq!(seen.last(), Some(&Seen::Closed(reason)), "{frames:?}");
            Ok(net)
        });
    }
}

/// RFC 9113 6.6: the parent must be open or half-closed (local) to us.
#[test]
fn a_promise_on_a_stream_that_the_server_ended() {
    every_split(|feed| {
        let mut net = unacknowledged(feed);
        net.answer(1, "204", true);
        net.peer.send(&promise(1, 2));
        net.pump();
        let reason = CloseReason::Violation(V::PushStream);
        assert_eq!(net.events().last(), Some(&Seen::Closed(reason)));
        net.peer.expect_goaway(code::PROTOCOL_ERROR)?;
        Ok(net)
    });
}

/// But one that we reset may still carry promises that were on their way.
#[test]
fn a_promise_on_a_stream_that_we_reset() {
    every_split(|feed| {
        let mut net = unacknowledged(feed);
        let stream = net.stream(1);
        net.core
            .send(stream)
            .reset(bywash_proto::vocabulary::ErrorCode::CANCEL);
        net.peer.send(&promise(1, 2));
        net.pump();
        net.peer.expect_rst(1, code::CANCEL)?;
        net.peer.expect_rst(2, code::REFUSED_STREAM)?;
        net.peer.expect_nothing()?;
        Ok(net)
    });
}

#[test]
fn promises_that_are_cut() {
    for length in 0..4 {
        every_split(|feed| {
            let mut net = unacknowledged(feed);
            net.peer.send(&promise(1, 2).truncated(length));
            net.pump();
            net.peer.expect_goaway(code::FRAME_SIZE_ERROR)?;
            Ok(net)
        });
    }
    every_split(|feed| {
        let mut net = unacknowledged(feed);
        let frame = RawFrame::new(5, 0xc, 1, vec![200, 0, 0, 0, 2]);
        net.peer.send(&frame);
        net.pump();
        net.peer.expect_goaway(code::PROTOCOL_ERROR)?;
        Ok(net)
    });
}

#[test]
fn a_broken_promise_block_ends_the_connection() {
    every_split(|feed| {
        let mut net = unacknowledged(feed);
        net.peer.send(&RawFrame::push_promise(1, 2, &[0xff, 0xff]));
        net.pump();
        net.peer.expect_goaway(code::COMPRESSION_ERROR)?;
        Ok(net)
    });
}

#[test]
fn streams_that_were_never_promised_are_idle() {
    for (frame, violation) in [
        (RawFrame::data(2, "x"), V::IdleStream),
        (RawFrame::window_update(2, 1), V::IdleStream),
        (RawFrame::rst_stream(2, 8), V::IdleStream),
    ] {
        let verdict = Verdict::Connection(violation);
        judge(&Case::new("even", Role::Client, [frame], verdict));
    }
}
