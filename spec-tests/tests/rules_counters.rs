//! What an operator can read: counters, levels, the observer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bywash_proto::config::Config;
use bywash_proto::error::LimitName;
use bywash_proto::observer::{Content, Direction, Observer, Seen as Frame};
use bywash_proto::vocabulary::FrameType;
use bywash_spec_tests::pair::{Against, Feed, World, every_split};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, Role};

#[test]
fn frames_are_counted_by_type() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        let before = *net.core.stats();
        net.peer.send(&RawFrame::data(World::OPEN, "x"));
        net.peer.send(&RawFrame::ping([0; 8]));
        net.peer.send(&RawFrame::ping([1; 8]));
        net.peer.send(&RawFrame::new(0xfa, 0, 0, vec![]));
        net.peer
            .send(&RawFrame::priority_update(World::OPEN, b"u=1"));
        net.ask(World::IDLE, "/", true);
        net.pump();
        net.respond(World::IDLE, &[(":status", "200")], false);
        net.send(World::IDLE, "hello", true);
        net.pump();
        let after = net.core.stats();
        let came = |kind| after.frames_received.of(kind) - before.frames_received.of(kind);
        let went = |kind| after.frames_sent.of(kind) - before.frames_sent.of(kind);
        assert_eq!((came(FrameType::DATA), came(FrameType::PING)), (1, 2));
        assert_eq!((came(FrameType::HEADERS), came(FrameType(0xfa))), (1, 2));
        assert_eq!((went(FrameType::PING), went(FrameType::HEADERS)), (2, 1));
        assert_eq!(went(FrameType::DATA), 1);
        assert_eq!(after.streams_received - before.streams_received, 1);
        assert_eq!(after.streams_sent, 0);
        Ok(net)
    });
}

#[test]
fn octets_are_counted() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        let before = net.core.stats().bytes_received;
        let stream = net.stream(World::OPEN);
        net.peer
            .send(&RawFrame::data(World::OPEN, "12345").padded(10));
        net.pump();
        assert_eq!(net.core.stats().bytes_received - before, 9 + 16);
        assert_eq!(net.core.recv(stream).received(), 9 + 16);
        net.respond(World::OPEN, &[(":status", "200")], false);
        net.send(World::OPEN, "123", false);
        assert_eq!(net.core.send(stream).queued(), 3);
        net.pump();
        assert_eq!(net.core.send(stream).framed(), 3);
        assert_eq!(net.core.send(stream).queued(), 0);
        Ok(net)
    });
}

#[test]
fn the_time_blocked_on_each_window_is_counted() {
    // The stream's window is the brake.
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer.send(&RawFrame::window_update(0, 1_000_000));
        net.respond(World::OPEN, &[(":status", "200")], false);
        net.send(World::OPEN, vec![0; 65_536], false);
        net.pump();
        net.advance(Duration::from_secs(3));
        net.peer.send(&RawFrame::window_update(World::OPEN, 10));
        net.pump();
        assert_eq!(net.core.stats().blocked_by_streams, Duration::from_secs(3));
        assert_eq!(net.core.stats().blocked_by_connection, Duration::ZERO);
        Ok(net)
    });
    // The connection's is.
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer
            .send(&RawFrame::window_update(World::OPEN, 1_000_000));
        net.respond(World::OPEN, &[(":status", "200")], false);
        net.send(World::OPEN, vec![0; 65_536], false);
        net.pump();
        net.advance(Duration::from_secs(4));
        net.peer.send(&RawFrame::window_update(0, 10));
        net.pump();
        assert_eq!(
            net.core.stats().blocked_by_connection,
            Duration::from_secs(4)
        );
        assert_eq!(net.core.stats().blocked_by_streams, Duration::ZERO);
        Ok(net)
    });
}

#[test]
fn violations_of_streams_are_counted_and_charged() {
    let level = |net: &Against| {
        let levels = net.core.limit_levels();
        levels.iter().find(|l| l.0 == LimitName::Resets).unwrap().1
    };
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        let (violations, charged) = (net.core.stats().stream_violations, level(&net));
        // Two that it provoked, one that it sent itself, one of the program's.
        net.peer.send(&RawFrame::window_update(World::OPEN, 0));
        let bad = BlockWriter::fields(&[("A", "b")]).build();
        net.peer
            .send(&RawFrame::headers(World::IDLE, bad).end_stream());
        net.peer
            .send(&RawFrame::rst_stream(World::HALF, code::CANCEL));
        net.pump();
        let stream = net.stream(World::SIBLING);
        net.core
            .send(stream)
            .reset(bywash_proto::vocabulary::ErrorCode::CANCEL);
        net.pump();
        assert_eq!(net.core.stats().stream_violations - violations, 2);
        assert_eq!(level(&net) - charged, 3);
        Ok(net)
    });
}

/// One line per frame.
struct Lines(Arc<Mutex<Vec<String>>>);

impl Observer for Lines {
    fn frame(&mut self, seen: &Frame<'_>) {
        let way = if seen.direction == Direction::In {
            '<'
        } else {
            '>'
        };
        let content = match seen.content {
            Content::Data { octets } => format!("{octets} octets"),
            Content::Fields(Some(head)) => format!("{} fields", head.len()),
            Content::Fields(None) => "no fields".to_owned(),
            Content::Payload(payload) => format!("payload of {}", payload.len()),
            _ => "?".to_owned(),
        };
        let (kind, stream) = (seen.head.kind.name().unwrap_or("?"), seen.head.stream.get());
        self.0
            .lock()
            .unwrap()
            .push(format!("{way} {kind} {stream} {content}"));
    }
}

#[test]
fn an_observer_sees_every_frame_both_ways() {
    let all = Mutex::new(Vec::new());
    every_split(|feed| {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.core.observe(Box::new(Lines(lines.clone())));
        net.peer.send(&RawFrame::ping([0; 8]));
        let block = BlockWriter::request("POST", "/").build();
        net.peer
            .send_all(&RawFrame::headers(World::IDLE, block).split(&[5]));
        net.peer
            .send(&RawFrame::data(World::IDLE, "12345").padded(2).end_stream());
        net.peer.send(&RawFrame::data(World::RESET, "dropped"));
        net.pump();
        net.respond(World::IDLE, &[(":status", "200")], false);
        net.send(World::IDLE, "1234567", true);
        net.pump();
        all.lock().unwrap().push(lines.lock().unwrap().clone());
        Ok(net)
    });
    let all = all.into_inner().unwrap();
    assert_eq!(
        all[0],
        [
            "< PING 0 payload of 8",
            "> PING 0 payload of 8",
            "< HEADERS 13 4 fields",
            "< DATA 13 5 octets",
            "< DATA 9 7 octets",
            "> HEADERS 13 1 fields",
            "> DATA 13 7 octets",
        ]
    );
    assert!(all.iter().all(|lines| *lines == all[0]));
}

/// An idle connection gives its scratch back.
#[test]
fn trim_leaves_little() {
    let mut net = Against::server(Feed::Whole, Config::default());
    net.core.trim();
    let heap = net.core.heap_bytes();
    assert!(heap <= 1_536, "{heap} octets");
}
