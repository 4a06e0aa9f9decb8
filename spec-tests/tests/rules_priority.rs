//! Priorities: RFC 9218's in force, RFC 7540's decoded and ignored.

use bywash_proto::config::Config;
use bywash_proto::error::{LimitName, Violation as V};
use bywash_proto::vocabulary::Priority;
use bywash_spec_tests::pair::{Against, Case, Feed, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::build::PriorityFields;
use bywash_spec_tests::raw::wire::kind;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, Received, Role};

const OPEN: u32 = World::OPEN;

fn server(name: &str, frames: impl Into<Vec<RawFrame>>, verdict: Verdict) {
    judge(&Case::new(name, Role::Server, frames, verdict));
}

fn update(stream: u32, value: &str) -> RawFrame {
    RawFrame::priority_update(stream, value.as_bytes())
}

#[test]
fn priority_update_where_it_must_not_be() {
    for stream in [OPEN, World::CLOSED, World::IDLE] {
        server(
            "off stream 0",
            [update(OPEN, "u=1").on(stream)],
            Verdict::Connection(V::PriorityUpdateOnStream),
        );
    }
    for named in [0, 2, 0x7fff_fffe] {
        let verdict = Verdict::Connection(V::PriorityUpdateStream);
        server(
            "for a stream it may not name",
            [update(named, "u=1")],
            verdict,
        );
    }
    for length in 0..4 {
        let frame = RawFrame::new(kind::PRIORITY_UPDATE, 0, 0, vec![0; length]);
        server("cut", [frame], Verdict::Connection(V::PriorityUpdateLength));
    }
    for frame in [
        update(OPEN, "u=1"),
        update(OPEN, "u=1").on(OPEN),
        update(0, ""),
    ] {
        let verdict = Verdict::Connection(V::PriorityUpdateAtClient);
        judge(&Case::new("at a client", Role::Client, [frame], verdict));
    }
}

#[test]
fn priority_update_of_streams_that_are_over_is_ignored() {
    let frames = [World::CLOSED, World::RESET, World::LOST].map(|id| update(id, "u=0"));
    server("over", frames, Verdict::Ignored);
}

#[test]
fn values_that_cannot_be_read_are_ignored() {
    for value in [
        "", "u=8", "u=-1", "u", "i=3", "x=1, y", "u=3", "!", "u=1;", "\u{80}",
    ] {
        every_split(|feed| {
            let mut net = World::new(Role::Server, feed, Config::default()).net;
            net.peer.send(&update(OPEN, value));
            net.pump();
            assert!(!net.guard().is_closed(), "{value}");
            let stream = net.stream(OPEN);
            let priority = net.core.send(stream).priority();
            if value != "u=1;" {
                assert_eq!(priority, Some(Priority::DEFAULT), "{value}");
            }
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}

#[test]
fn a_live_update_is_told_once_and_in_force() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer.send(&update(OPEN, "u=1, i, unknown=\"x\""));
        net.peer.send(&update(OPEN, "u=1, i"));
        net.pump();
        let priority = Priority::new(1, true);
        assert_eq!(
            net.events(),
            [Seen::Priority {
                stream: OPEN,
                priority
            }]
        );
        let stream = net.stream(OPEN);
        assert_eq!(net.core.send(stream).priority(), Some(priority));
        // The program's own word holds against later ones (RFC 9218 8).
        net.core.send(stream).set_priority(Priority::new(5, false));
        net.peer.send(&update(OPEN, "u=0"));
        net.pump();
        assert_eq!(net.events(), []);
        assert_eq!(
            net.core.send(stream).priority(),
            Some(Priority::new(5, false))
        );
        Ok(net)
    });
}

#[test]
fn a_parked_update_waits_for_its_stream() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer.send(&update(World::IDLE, "u=6"));
        net.peer.send(&update(World::IDLE, "u=2, i"));
        net.peer.send(&update(15, "u=7"));
        net.ask(World::IDLE, "/", true);
        // Its own field is older than the update and gives way (RFC 9218 7: the update takes precedence).
        let head = BlockWriter::request("GET", "/").field("priority", "u=1");
        net.peer
            .send(&RawFrame::headers(15, head.build()).end_stream());
        net.pump();
        for (id, priority) in [
            (World::IDLE, Priority::new(2, true)),
            (15, Priority::new(7, false)),
        ] {
            let stream = net.stream(id);
            assert_eq!(net.core.send(stream).priority(), Some(priority));
        }
        Ok(net)
    });
}

#[test]
fn updates_for_more_streams_than_may_be_opened() {
    // The world has 3 streams open, so 5 more may be named (RFC 9218 7.1).
    let few = |c: &mut Config| c.settings.max_concurrent_streams = 8;
    let named = |n: u32| {
        (0..n)
            .map(|i| update(World::IDLE + 2 * i, "u=1"))
            .collect::<Vec<_>>()
    };
    judge(
        &Case::new(
            "as many",
            Role::Server,
            [named(5), named(5)].concat(),
            Verdict::Ignored,
        )
        .with(few),
    );
    let verdict = Verdict::Connection(V::PriorityUpdateStream);
    judge(&Case::new("one more", Role::Server, named(6), verdict).with(few));
    // What is kept has a bound of its own; beyond it updates are legal and forgotten.
    judge(&Case::new(
        "many",
        Role::Server,
        named(100),
        Verdict::Ignored,
    ));
}

#[test]
fn the_field_of_a_request_counts() {
    for (value, priority) in [
        ("u=0", Priority::new(0, false)),
        ("u=5, i", Priority::new(5, true)),
        ("i", Priority::new(3, true)),
        ("u=9", Priority::DEFAULT),
        ("garbage", Priority::DEFAULT),
        ("u=1, new=(1 2)", Priority::new(1, false)),
    ] {
        every_split(|feed| {
            let mut net = World::new(Role::Server, feed, Config::default()).net;
            let head = BlockWriter::request("GET", "/").field("priority", value);
            net.peer
                .send(&RawFrame::headers(World::IDLE, head.build()).end_stream());
            net.pump();
            let stream = net.stream(World::IDLE);
            assert_eq!(net.core.send(stream).priority(), Some(priority), "{value}");
            Ok(net)
        });
    }
}

/// A server with answers queued on streams of the given priorities, and windows that let all go at once; the streams
/// of the DATA frames in order of sending.
fn order(feed: Feed, priorities: &[&str], size: usize) -> (Against, Vec<u32>) {
    let mut net = Against::server(feed, Config::default());
    for (i, value) in priorities.iter().enumerate() {
        let head = BlockWriter::request("GET", "/").field("priority", value);
        let id = 2 * i as u32 + 1;
        net.peer
            .send(&RawFrame::headers(id, head.build()).end_stream());
    }
    net.pump();
    for i in 0..priorities.len() {
        let id = 2 * i as u32 + 1;
        net.respond(id, &[(":status", "200")], false);
        net.send(id, vec![b'x'; size], true);
    }
    net.pump();
    let sent = net.peer.drain();
    let order = sent.iter().filter_map(|item| match item {
        Received::Data { stream, .. } => Some(*stream),
        _ => None,
    });
    let order = order.collect();
    (net, order)
}

#[test]
fn urgent_streams_go_first() {
    every_split(|feed| {
        let (net, order) = order(feed, &["u=7", "u=0", "u=3", "", "u=1"], 5_000);
        assert_eq!(order, [3, 9, 5, 7, 1]);
        Ok(net)
    });
}

#[test]
fn streams_of_one_urgency_are_served_in_turn_or_one_by_one() {
    every_split(|feed| {
        let (net, order) = order(feed, &["u=3", "u=3"], 30_000);
        assert_eq!(order, [1, 1, 3, 3], "not incremental: one after the other");
        Ok(net)
    });
    every_split(|feed| {
        let (net, order) = order(feed, &["u=3, i", "u=3, i"], 30_000);
        assert_eq!(order, [1, 3, 1, 3], "incremental: in turn");
        Ok(net)
    });
}

#[test]
fn an_update_moves_what_is_queued() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        for id in [OPEN, World::HALF] {
            net.respond(id, &[(":status", "200")], false);
            net.send(id, vec![b'x'; 40_000], true);
        }
        net.peer.send(&update(OPEN, "u=7"));
        net.peer.send(&update(World::HALF, "u=0"));
        // The windows are those of the protocol's start, so not all fits: what does is the urgent one's.
        net.pump();
        let sent = net.peer.drain();
        let first = sent
            .iter()
            .find(|item| matches!(item, Received::Data { .. }));
        assert_eq!(first.map(Received::stream), Some(World::HALF));
        let octets: u32 = sent
            .iter()
            .map(|item| match item {
                Received::Data { stream, flow, .. } if *stream == OPEN => *flow,
                _ => 0,
            })
            .sum();
        assert_eq!(octets, 65_535 - 40_000);
        Ok(net)
    });
}

#[test]
fn a_client_sends_updates_too() {
    every_split(|feed| {
        let mut net = World::new(Role::Client, feed, Config::default()).net;
        let stream = net.stream(OPEN);
        net.core
            .client()
            .update_priority(stream, Priority::new(1, true))
            .unwrap();
        net.pump();
        let Some(Received::PriorityUpdate { prioritized, value }) = net.peer.next_received() else {
            panic!("no update came");
        };
        assert_eq!(prioritized, OPEN);
        assert_eq!(Priority::parse(&value), Some(Priority::new(1, true)));
        Ok(net)
    });
}

#[test]
fn rfc7540_priorities_are_decoded_and_ignored() {
    let fields = PriorityFields {
        exclusive: true,
        dependency: 77,
        weight: 3,
    };
    for case in Case::both(
        "PRIORITY",
        [
            OPEN,
            World::HALF,
            World::CLOSED,
            World::RESET,
            World::IDLE,
            2,
            99,
        ]
        .map(|id| RawFrame::priority(id, fields)),
        Verdict::Ignored,
    ) {
        judge(&case);
    }
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        let head = RawFrame::headers(World::IDLE, BlockWriter::request("GET", "/").build());
        net.peer
            .send(&head.with_priority(fields).padded(9).end_stream());
        net.pump();
        assert!(matches!(
            net.events()[..],
            [Seen::Request { end: true, .. }]
        ));
        Ok(net)
    });
}

#[test]
fn floods_of_priorities_end() {
    let fields = PriorityFields {
        exclusive: false,
        dependency: 0,
        weight: 0,
    };
    for frame in [RawFrame::priority(World::IDLE, fields), update(OPEN, "u=3")] {
        let frames = vec![frame; 2_049];
        let mut net = World::new(Role::Server, Feed::Whole, Config::default()).net;
        net.peer.send_all(&frames[..2_048]);
        net.pump();
        assert_eq!(net.events(), [Seen::Pressure(LimitName::Priority)]);
        net.peer.send(&frames[0]);
        net.pump();
        let reason = bywash_proto::error::CloseReason::Limit(LimitName::Priority);
        assert_eq!(net.events().last(), Some(&Seen::Closed(reason)));
    }
}
