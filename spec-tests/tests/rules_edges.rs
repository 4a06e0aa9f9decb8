//! What a run of coverage found nobody had walked: limits met from the other side, memory handed back, notices of
//! streams that end before them, and what an observer sees of refusals and goodbyes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use bywash_proto::config::{Config, Keepalive, LocalSettings, Rate};
use bywash_proto::connection::Close;
use bywash_proto::error::{
    CloseReason, ExtensionError, LimitName, OpenError, TimeoutKind, Violation,
};
use bywash_proto::event::{Event, Step};
use bywash_proto::headers::Head;
use bywash_proto::observer::{Content, Direction, Observer, Seen as Frame};
use bywash_proto::server;
use bywash_proto::vocabulary::{ErrorCode, FrameType, Instant, StreamId};
use bywash_spec_tests::pair::{Against, Feed, Seen, World, every_split};
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];
const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "example.com"),
    (":path", "/"),
];

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

/// Type, direction and what was shown of it.
struct Shown(Arc<Mutex<Vec<(FrameType, Direction, String)>>>);

impl Observer for Shown {
    fn frame(&mut self, seen: &Frame<'_>) {
        let what = match seen.content {
            Content::Data { octets } => format!("{octets} octets"),
            Content::Fields(Some(head)) => format!("{} fields", head.len()),
            Content::Fields(None) => "no fields".to_owned(),
            Content::Payload(payload) => {
                assert_eq!(payload.len(), seen.head.length as usize);
                format!("{payload:?}")
            }
            _ => "?".to_owned(),
        };
        self.0
            .lock()
            .unwrap()
            .push((seen.head.kind, seen.direction, what));
    }
}

#[test]
fn an_observer_sees_refusals_settings_and_goodbyes() {
    every_split(|feed| {
        let shown = Arc::new(Mutex::new(Vec::new()));
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.core.observe(Box::new(Shown(shown.clone())));
        let mut settings = LocalSettings::default();
        settings.max_concurrent_streams = 3;
        net.core.update_settings(settings).unwrap();
        net.pump();
        // One stream too many: its fields are decoded for the table's sake and not kept.
        net.ask(World::IDLE, "/", true);
        net.peer.send(&RawFrame::data(World::OPEN, "1234567890"));
        net.pump();
        net.core.close(net.now(), ErrorCode::INTERNAL_ERROR);
        net.pump();
        let shown = shown.lock().unwrap();
        let of = |kind, way| {
            let found = shown
                .iter()
                .filter(move |seen| seen.0 == kind && seen.1 == way);
            found.map(|seen| seen.2.as_str()).collect::<Vec<_>>()
        };
        let settings = of(FrameType::SETTINGS, Direction::Out);
        assert!(settings[0].starts_with("[0, 3, 0, 0, 0, 3"), "{settings:?}");
        assert_eq!(of(FrameType::HEADERS, Direction::In), ["no fields"]);
        assert_eq!(of(FrameType::DATA, Direction::In), ["10 octets"]);
        let goodbye = of(FrameType::GOAWAY, Direction::Out);
        assert!(
            goodbye[0].starts_with("[0, 0, 0, 13, 0, 0, 0, 2"),
            "{goodbye:?}"
        );
        Ok(net)
    });
}

#[test]
fn discarded_data_is_bound_by_the_connections_window() {
    for role in ROLES {
        for feed in Feed::STANDARD {
            let config = config(|c| c.settings.connection_window = 65_535);
            let mut net = World::new(role, Feed::Whole, config).net;
            net.feed(feed);
            let room = u32::try_from(net.peer.may_send(0)).unwrap();
            let mut octets = Vec::new();
            for size in [16_384, 16_384, 16_384, room - 3 * 16_384, 1] {
                let frame = RawFrame::data(World::RESET, vec![0; size as usize]);
                octets.extend_from_slice(&frame.encode());
            }
            // Nothing is written meanwhile, so no credit goes back.
            net.receive(&octets[..octets.len() - 10]);
            assert_eq!(net.events(), []);
            net.receive(&octets[octets.len() - 10..]);
            let fault = CloseReason::Violation(Violation::FlowConnection);
            assert_eq!(net.events().last(), Some(&Seen::Closed(fault)), "{role:?}");
        }
    }
}

#[test]
fn padded_data_of_no_content_is_read_to_its_end() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            net.peer.send(&RawFrame::data(World::RESET, "").padded(20));
            net.peer.send(&RawFrame::data(World::RESET, "x").padded(0));
            net.peer.send(&RawFrame::data(World::OPEN, "").padded(255));
            net.peer
                .send(&RawFrame::data(World::OPEN, "end").padded(0).end_stream());
            net.pump();
            assert_eq!(net.events(), [Seen::data(World::OPEN, "end", true)]);
            Ok(net)
        });
    }
}

/// A request with a field of so many octets, as a client writes it.
fn request(peer: &mut RawPeer, id: u32, size: usize) -> Vec<u8> {
    let block = BlockWriter::request("GET", "/").field("x-size", "v".repeat(size).as_str());
    peer.send_all(&RawFrame::headers(id, block).end_stream().split(&[16_000]));
    peer.take_output()
}

fn take_request(connection: &mut server::Connection, octets: &[u8]) -> Head {
    let mut input = octets;
    loop {
        match connection.next_event(Instant::ZERO, &mut input) {
            Step::Event(Event::Request { head, .. }) => return head,
            Step::Event(_) => {}
            Step::NeedInput | Step::NeedWrite => panic!("no request"),
        }
    }
}

#[test]
fn a_heads_memory_is_used_again() {
    let mut peer = RawPeer::client(&[]);
    let mut connection = server::Connection::new(Config::default(), Instant::ZERO).unwrap();
    let mut heads = Vec::new();
    for (n, size) in [500, 500, 300, 5000].into_iter().enumerate() {
        let octets = request(&mut peer, 2 * n as u32 + 1, size);
        heads.push(take_request(&mut connection, &octets));
    }
    let [first, second, third, large] = <[Head; 4]>::try_from(heads).unwrap();
    let size = first.heap_bytes();
    let before = connection.heap_bytes();
    connection.recycle(third);
    connection.recycle(first);
    assert_eq!(
        connection.heap_bytes(),
        before + size,
        "the larger one is kept"
    );
    connection.recycle(second);
    connection.recycle(large);
    assert_eq!(
        connection.heap_bytes(),
        before + size,
        "and one alone, and none that is large"
    );
    let octets = request(&mut peer, 9, 500);
    let head = take_request(&mut connection, &octets);
    assert_eq!((head.heap_bytes(), head.len()), (size, 5));
    assert!(
        connection.heap_bytes() < before + size,
        "it left with the head"
    );
}

#[test]
fn with_no_room_for_heads_a_stream_is_refused_and_the_tables_agree() {
    every_split(|feed| {
        let config = config(|c| c.limits.head_bytes = 1024);
        let mut net = Against::server(feed, config);
        let large = |id| {
            let block =
                BlockWriter::request("GET", "/").field("x-large", "v".repeat(1200).as_str());
            RawFrame::headers(id, block).end_stream()
        };
        net.peer.send(&large(1));
        net.pump();
        assert_eq!(net.events().len(), 1, "one head is always taken");
        net.peer.send(&large(3));
        let indexed = BlockWriter::request("GET", "/").incremental("x-later", "1");
        net.peer.send(&RawFrame::headers(5, indexed).end_stream());
        net.pump();
        assert_eq!(net.events(), []);
        net.peer.expect_rst(3, code::REFUSED_STREAM)?;
        net.peer.expect_rst(5, code::REFUSED_STREAM)?;
        net.respond(1, &[(":status", "204")], true);
        net.pump();
        net.peer.expect_status(1, "204")?;
        // What the refused head put into the table is there.
        let again = BlockWriter::request("GET", "/").indexed(62);
        net.peer.send(&RawFrame::headers(7, again).end_stream());
        net.pump();
        let seen = net.events();
        let [Seen::Request { fields, .. }] = &seen[..] else {
            panic!("{seen:?}")
        };
        assert_eq!(fields.last().unwrap().name, b"x-later");
        Ok(net)
    });
}

#[test]
fn a_full_output_refuses_heads_until_it_is_written() {
    every_split(|feed| {
        let config = config(|c| {
            c.limits.reply_bytes = 256;
            c.limits.output_bytes = 256;
        });
        let mut net = Against::client(feed, config);
        let refused = (0..50).find_map(|_| net.core.client().request(&GET, true).err());
        assert_eq!(refused, Some(OpenError::OutputFull));
        let core = &mut net.core;
        let mut extension = || core.send_extension(FrameType(0xfa), 0, StreamId::CONNECTION, b"x");
        let full = (0..50).find_map(|_| extension().err());
        assert_eq!(full, Some(ExtensionError::OutputFull));
        net.write_some(1);
        assert_eq!(net.events(), [], "an octet less is still full");
        net.pump();
        assert_eq!(net.events(), [Seen::CanOpen]);
        net.core.client().request(&GET, true).unwrap();
        let small = net
            .core
            .send_extension(FrameType(0xfa), 0, StreamId::CONNECTION, b"x");
        assert_eq!(small, Ok(()));
        net.pump();
        Ok(net)
    });
}

#[test]
fn a_stream_that_ends_before_it_is_drained_says_so_alone() {
    every_split(|feed| {
        let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 3)]);
        let mut net = Against::after_handshake(feed, Config::default(), peer);
        net.ask(1, "/", true);
        net.pump();
        net.events();
        net.respond(1, &[(":status", "200")], false);
        net.send(1, "more than fits", true);
        let stream = net.stream(1);
        assert!(!net.core.send(stream).is_open(), "its end is queued");
        net.core.send(stream).notify_drained().unwrap();
        net.pump();
        net.peer.send(&RawFrame::rst_stream(1, code::CANCEL));
        net.pump();
        let seen = net.events();
        assert!(
            matches!(seen[..], [Seen::Ended { stream: 1, .. }]),
            "{seen:?}"
        );
        // The slot is free again.
        net.ask(3, "/", false);
        net.pump();
        assert_eq!(net.stream(3).slot(), stream.slot());
        net.respond(3, &[(":status", "200")], false);
        let stream = net.stream(3);
        assert!(net.core.send(stream).is_open());
        Ok(net)
    });
}

#[test]
fn what_is_dropped_may_be_sent_anew_within_the_length() {
    let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 4)]);
    let mut net = Against::after_handshake(Feed::Whole, Config::default(), peer);
    net.ask(1, "/", true);
    net.pump();
    net.respond(1, &[(":status", "200"), ("content-length", "10")], false);
    net.send(1, "0123456789", true);
    net.pump();
    let stream = net.stream(1);
    assert_eq!(net.core.send(stream).discard_unsent(), Ok(4));
    let mut rest = Bytes::from_static(b"1234567");
    assert!(
        net.core.send(stream).data(&mut rest, true).is_err(),
        "eleven"
    );
    net.send(1, "abcdef", true);
    net.peer.send(&RawFrame::window_update(1, 6));
    net.pump();
    let sent: Vec<u8> = net
        .peer
        .drain()
        .into_iter()
        .fold(Vec::new(), |mut all, item| {
            if let Received::Data { data, .. } = item {
                all.extend_from_slice(&data);
            }
            all
        });
    assert_eq!(sent, b"0123abcdef");
}

#[test]
fn the_end_of_a_message_is_taken_by_a_full_queue() {
    let config = config(|c| c.send.stream_mark = 8);
    let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 0)]);
    let mut net = Against::after_handshake(Feed::Whole, config, peer);
    net.ask(1, "/", true);
    net.pump();
    net.events();
    net.respond(1, &[(":status", "200")], false);
    net.send(1, "12345678", false);
    let stream = net.stream(1);
    let mut more = Bytes::from_static(b"9");
    assert_eq!(net.core.send(stream).data(&mut more, true), Ok(0));
    assert_eq!(more.len(), 1, "nothing of it was taken, the end neither");
    assert!(net.core.send(stream).is_open());
    assert_eq!(net.core.send(stream).data(&mut Bytes::new(), true), Ok(0));
    assert!(!net.core.send(stream).is_open());
    net.peer.send(&RawFrame::window_update(1, 8));
    net.pump();
    let ended = net.peer.drain().iter().any(|item| {
        matches!(item, Received::Data { stream: 1, data, end_stream: true, .. } if data == b"12345678")
    });
    assert!(ended);
}

#[test]
fn keepalive_waits_while_all_pings_are_under_way() {
    let config = config(|c| {
        c.timers.keepalive = Some(Keepalive {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
            while_idle: true,
        });
    });
    let mut net = Against::new(Feed::Whole, config, RawPeer::client(&[]).with_windows());
    net.pump();
    net.peer.send(&RawFrame::settings_ack());
    net.pump();
    let mine = (0..100).take_while(|&n| net.core.ping(net.now(), [n; 8]).is_ok());
    let mine = mine.count();
    assert!((1..100).contains(&mine));
    net.advance(Duration::from_secs(16));
    net.peer.drain();
    assert!(!net.guard().is_closed(), "no answer was asked for");
    // They are answered: from the next silence on it asks.
    for n in 0..mine {
        net.peer.send(&RawFrame::ping_ack([n as u8; 8]));
    }
    net.advance(Duration::from_secs(11));
    assert!(
        net.peer
            .drain()
            .iter()
            .any(|item| matches!(item, Received::Ping { .. }))
    );
    net.advance(Duration::from_secs(5));
    let end = CloseReason::Timeout(TimeoutKind::Keepalive);
    assert_eq!(net.events().last(), Some(&Seen::Closed(end)));
}

#[test]
fn streams_stuck_beyond_the_limit_end_the_connection() {
    let config = config(|c| {
        c.limits.resets = Rate::new(2, 1);
        c.timers.progress = Some(Duration::from_millis(100));
    });
    let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 0)]);
    let mut net = Against::after_handshake(Feed::Whole, config, peer);
    for id in [1, 3, 5, 7] {
        net.ask(id, "/", true);
        net.pump();
        net.respond(id, &[(":status", "200")], false);
        net.send(id, "held", true);
    }
    net.pump();
    net.advance(Duration::from_millis(250));
    let end = CloseReason::Timeout(TimeoutKind::Progress);
    let seen = net.events();
    assert_eq!(seen.last(), Some(&Seen::Closed(end)), "{seen:?}");
    assert!(
        seen.contains(&Seen::Pressure(LimitName::Resets)),
        "{seen:?}"
    );
    assert_eq!(net.core.interest().close, Close::AfterFlush);
}

#[test]
fn a_wider_window_of_the_connection_is_announced() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        let before = net.peer.may_send(0);
        let window = Config::default().settings.connection_window;
        let mut settings = LocalSettings::default();
        settings.connection_window = 3 * window;
        net.core.update_settings(settings).unwrap();
        net.pump();
        assert_eq!(net.peer.may_send(0), before + 2 * i64::from(window));
        Ok(net)
    });
}

#[test]
fn of_many_gaps_the_latest_are_known() {
    for (id, known) in [(1, false), (5, true), (37, true)] {
        let mut net = Against::server(Feed::Whole, Config::default());
        // Ten gaps: 1, 5, 9 and so on were skipped.
        for n in 0..9 {
            net.ask(4 * n + 3, "/", true);
        }
        net.ask(39, "/", true);
        net.pump();
        net.events();
        net.peer.send(&RawFrame::data(id, "late"));
        net.pump();
        let closed = net
            .events()
            .iter()
            .any(|seen| matches!(seen, Seen::Closed(_)));
        let gaps: Vec<u32> = (0..10).map(|n| 4 * n + 1).collect();
        assert!(gaps.contains(&id));
        assert_eq!(
            closed,
            known && gaps.iter().rev().take(8).any(|&gap| gap == id),
            "{id}"
        );
    }
}

#[test]
fn slices_are_the_pieces_as_far_as_there_is_room() {
    let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 1 << 20)]);
    let mut net = Against::after_handshake(Feed::Whole, Config::default(), peer);
    assert_eq!(
        net.core
            .transmit(Instant::ZERO)
            .io_slices(&mut [std::io::IoSlice::new(b"")]),
        0
    );
    net.core.ping(net.now(), [7; 8]).unwrap();
    let now = net.now();
    let out = net.core.transmit(now);
    let mut slices = [std::io::IoSlice::new(b""); 2];
    assert_eq!(out.io_slices(&mut slices), 1);
    assert_eq!((slices[0].len(), out.len()), (17, 17));
    assert_eq!(format!("{out:?}"), "Transmit { len: 17 }");
    net.pump();
    net.ask(1, "/", true);
    net.pump();
    net.respond(1, &[(":status", "200")], false);
    net.send(1, vec![1; 40_000], true);
    let out = net.core.transmit(now);
    let mut slices = [std::io::IoSlice::new(b""); 9];
    for room in [0, 1, 3, 9] {
        let filled = out.io_slices(&mut slices[..room]);
        assert_eq!(filled, room.min(out.chunks().count()));
        let same = slices.iter().zip(out.chunks()).take(filled);
        assert!(same.into_iter().all(|(slice, chunk)| **slice == *chunk));
    }
    assert!(out.chunks().count() > 3, "heads and payloads lie apart");
}
