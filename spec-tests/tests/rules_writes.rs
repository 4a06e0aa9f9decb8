//! Output taken in pieces of any size: the same octets, and what waits for a write hears of it when it is true.

use bywash_proto::config::Config;
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::pair::{Against, Feed, Seen, World};
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{RawFrame, RawPeer, Received, Role};

const WRITES: [Feed; 4] = [
    Feed::Bytes,
    Feed::Seeded(1),
    Feed::Seeded(2),
    Feed::At(60_000),
];

/// Five streams of different priorities with bodies, trailers, a reset and PINGs between; all written as told.
fn busy(writes: Feed) -> Against {
    let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 1 << 20)]);
    let mut net = Against::after_handshake(Feed::Whole, Config::default(), peer);
    net.peer.send(&RawFrame::window_update(0, 1 << 20));
    net.writing(writes);
    for id in [1, 3, 5, 7, 9] {
        net.ask(id, "/", true);
    }
    net.peer.send(&RawFrame::priority_update(5, b"u=0"));
    net.peer.send(&RawFrame::priority_update(7, b"u=1, i"));
    net.peer.send(&RawFrame::priority_update(9, b"u=1, i"));
    let sent = net.peer.take_output();
    net.receive(&sent);
    for (id, size) in [(1, 10), (3, 30_000), (5, 20_000), (7, 40_000), (9, 50_000)] {
        net.respond(id, &[(":status", "200"), ("x", "y")], false);
        net.send(id, vec![id as u8; size], id != 3);
    }
    let three = net.stream(3);
    net.core.send(three).trailers(&[("x-t", "1")]).unwrap();
    net.peer.send(&RawFrame::ping(*b"12345678"));
    net.pump();
    net
}

#[test]
fn pieces_change_nothing() {
    let whole = busy(Feed::Whole);
    for writes in WRITES {
        let cut = busy(writes);
        assert_eq!(whole.all_events(), cut.all_events(), "{writes:?}");
        assert!(whole.output() == cut.output(), "{writes:?}");
    }
    let mut peer = whole;
    let sent = peer.peer.drain();
    for (id, size) in [(1, 10), (3, 30_000), (5, 20_000), (7, 40_000), (9, 50_000)] {
        let octets: usize = sent
            .iter()
            .map(|item| match item {
                Received::Data { stream, data, .. } if *stream == id => {
                    assert!(data.iter().all(|&octet| octet == id as u8));
                    data.len()
                }
                _ => 0,
            })
            .sum();
        assert_eq!(octets, size, "stream {id}");
    }
}

/// More than is committed ahead: what is framed late still comes whole and in order.
#[test]
fn more_than_is_committed_ahead() {
    for ahead in [1_024, 16_384, 131_072] {
        for writes in [Feed::Whole, Feed::Seeded(3), Feed::At(100_000)] {
            let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 1 << 24)]);
            let mut config = Config::default();
            config.send.commit_ahead = ahead;
            config.send.stream_mark = 1 << 20;
            let mut net = Against::after_handshake(Feed::Whole, config, peer);
            net.peer.send(&RawFrame::window_update(0, 1 << 24));
            net.writing(writes);
            net.ask(1, "/", true);
            net.pump();
            net.respond(1, &[(":status", "200")], false);
            let body: Vec<u8> = (0..600_000u32).map(|n| n as u8).collect();
            net.send(1, body.clone(), true);
            net.pump();
            net.peer.expect_status(1, "200").unwrap();
            assert!(
                net.peer.expect_body(1, &body).unwrap(),
                "{ahead} {writes:?}"
            );
        }
    }
}

#[test]
fn drained_comes_with_the_last_octet() {
    let mut net = World::new(Role::Server, Feed::Whole, Config::default()).net;
    let id = World::OPEN;
    net.respond(id, &[(":status", "200")], false);
    net.send(id, vec![b'x'; 1_000], false);
    let stream = net.stream(id);
    net.core.send(stream).notify_drained().unwrap();
    // A head of one octet, two frame heads, the body.
    let mut left = 1 + 9 + 9 + 1_000;
    while left > 1 {
        let taken = net.write_some((left - 1).min(70));
        assert!(taken > 0);
        left -= taken;
        assert_eq!(net.events(), [], "{left} octets are left");
    }
    net.pump();
    assert_eq!(net.events(), [Seen::Drained(id)]);
}

/// With nothing left to be written, it comes at once; with the end of the message alone, after that.
#[test]
fn drained_does_not_wait_for_what_never_comes() {
    let mut net = World::new(Role::Server, Feed::Whole, Config::default()).net;
    let id = World::OPEN;
    net.respond(id, &[(":status", "200")], false);
    net.pump();
    let stream = net.stream(id);
    net.core.send(stream).notify_drained().unwrap();
    net.pump();
    assert_eq!(net.events(), [Seen::Drained(id)]);
    net.send(id, Vec::<u8>::new(), true);
    net.core.send(stream).notify_drained().unwrap();
    assert_eq!(net.write_some(5), 5);
    assert_eq!(net.events(), [], "half of a frame head is left");
    net.pump();
    assert_eq!(net.events(), [Seen::Drained(id)]);
}

/// What is in the output already is sent, though its stream was reset; nothing more of the stream is.
#[test]
fn a_reset_in_mid_frame_keeps_the_frame_whole() {
    for cut in [1, 9, 10, 11, 20, 30, 5_000, 16_000] {
        let mut net = World::new(Role::Server, Feed::Whole, Config::default()).net;
        let id = World::OPEN;
        net.respond(id, &[(":status", "200"), ("x-new", "entry")], false);
        net.send(id, vec![b'x'; 40_000], true);
        assert_eq!(net.write_some(cut), cut);
        let stream = net.stream(id);
        net.core.send(stream).reset(ErrorCode::CANCEL);
        net.pump();
        let sent = net.peer.drain();
        assert_eq!(
            sent.last(),
            Some(&Received::Rst {
                stream: id,
                code: code::CANCEL
            })
        );
        // The table is in step.
        net.ask(World::IDLE, "/", true);
        net.pump();
        net.respond(World::IDLE, &[(":status", "200"), ("x-new", "entry")], true);
        net.pump();
        net.peer
            .expect_fields(World::IDLE, &[(":status", "200"), ("x-new", "entry")])
            .unwrap();
    }
}

/// A request whose head is not all on the transport is safe to retry, for nobody can act on a part of it.
#[test]
fn a_cut_tells_which_requests_were_sent() {
    let mut net = Against::client(Feed::Whole, Config::default());
    net.open("/first", true);
    let first = net.core.transmit(net.now()).len();
    net.open("/second", true);
    assert_eq!(net.write_some(first + 3), first + 3);
    net.core.handle_transport_error(net.now());
    net.pump();
    let seen = net.events();
    let retries: Vec<_> = seen
        .iter()
        .filter_map(|event| match event {
            Seen::Ended { stream, end } => Some((*stream, end.retry.is_safe())),
            _ => None,
        })
        .collect();
    assert_eq!(retries, [(1, false), (3, true)]);
}

/// `Closed` is the last event, though the last octets may be written after it.
#[test]
fn nothing_is_drained_after_the_end() {
    let mut net = Against::server(Feed::Whole, Config::default());
    net.ask(1, "/", true);
    net.pump();
    net.core.shutdown(net.now());
    net.pump();
    net.respond(1, &[(":status", "200")], false);
    let stream = net.stream(1);
    net.core.send(stream).notify_drained().unwrap();
    net.send(1, "", true);
    net.receive(&[0]);
    let closed = Seen::Closed(bywash_proto::error::CloseReason::Finished);
    assert_eq!(net.events().last(), Some(&closed));
    net.pump();
    assert_eq!(net.events(), []);
    assert!(
        net.peer
            .find(|item| matches!(
                item,
                Received::Data {
                    end_stream: true,
                    ..
                }
            ))
            .is_some()
    );
}
