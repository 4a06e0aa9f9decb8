//! How many streams may be open (RFC 9113 5.1.2), both ways.

use bywash_proto::config::Config;
use bywash_spec_tests::pair::{Against, Feed, Seen, World, every_split};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Role};

const OPEN: u32 = World::OPEN;

fn request(stream: u32) -> RawFrame {
    RawFrame::headers(stream, BlockWriter::request("GET", "/").build()).end_stream()
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
fn a_held_stream_keeps_its_place() {
    every_split(|feed| {
        let mut config = Config::default();
        config.settings.max_concurrent_streams = 1;
        let mut net = Against::server(feed, config);
        net.ask(1, "/", true);
        net.pump();
        let one = net.stream(1);
        net.let_hold();
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
