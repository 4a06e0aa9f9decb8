//! Field blocks (RFC 9113 4.3, 6.10, 10.5.1): broken ones, endless ones, and lists that are too long.

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, LimitName, Violation as V};
use bywash_spec_tests::pair::heads::{GET, Pairs, request};
use bywash_spec_tests::pair::{Case, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::{code, flag};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, Role};

const IDLE: u32 = World::IDLE;

fn block(fields: Pairs<'_>) -> BlockWriter {
    BlockWriter::fields(fields)
}

#[test]
fn broken_blocks_end_the_connection() {
    let broken = [
        ("index 0", BlockWriter::new().indexed(0)),
        ("beyond the tables", BlockWriter::new().indexed(62)),
        (
            "name beyond the tables",
            BlockWriter::new().field_named(200, "x"),
        ),
        ("integer", BlockWriter::new().integer(0x80, 7, 1 << 40)),
        ("cut string", BlockWriter::new().raw(b"\x00\x05abc")),
        ("cut integer", BlockWriter::new().raw(b"\xff\x80")),
        (
            "Huffman EOS",
            BlockWriter::new()
                .raw([0])
                .string_coded([0xff; 4])
                .string(""),
        ),
        (
            "Huffman padding",
            BlockWriter::new()
                .raw([0])
                .string_coded([0xff, 0xff])
                .string(""),
        ),
        (
            "late update",
            BlockWriter::request("GET", "/").size_update(0),
        ),
        ("update too large", BlockWriter::new().size_update(4_097)),
    ];
    for (name, writer) in broken {
        let octets = writer.build();
        for stream in [IDLE, World::OPEN, World::HALF, World::RESET] {
            let frame = RawFrame::headers(stream, octets.clone()).end_stream();
            let verdict = Verdict::Connection(V::HpackFault);
            judge(&Case::new(name, Role::Server, [frame.clone()], verdict));
            judge(&Case::new(
                name,
                Role::Server,
                frame.clone().split(&[1]),
                verdict,
            ));
            if stream != IDLE {
                judge(&Case::new(name, Role::Client, [frame], verdict));
            }
        }
    }
}

#[test]
fn a_block_of_updates_alone_is_legal() {
    for octets in [
        vec![],
        BlockWriter::new().size_update(0).size_update(4_096).build(),
    ] {
        for role in [Role::Server, Role::Client] {
            every_split(|feed| {
                let mut net = World::new(role, feed, Config::default()).net;
                let frame = RawFrame::headers(World::OPEN, octets.clone()).end_stream();
                net.peer.send(&frame);
                net.pump();
                let fields = vec![];
                let (stream, overlong) = (World::OPEN, false);
                assert_eq!(
                    net.events(),
                    [Seen::Trailers {
                        stream,
                        fields,
                        overlong
                    }]
                );
                net.peer.expect_nothing()?;
                Ok(net)
            });
        }
    }
}

/// A malformed head is decoded to its end: later blocks name what it put into the table.
#[test]
fn a_malformed_block_still_changes_the_table() {
    let bad = block(GET)
        .field("Bad", "x")
        .incremental("x-kept", "1")
        .build();
    for frames in [vec![request(bad.clone())], request(bad).split(&[2, 9])] {
        every_split(|feed| {
            let mut net = World::new(Role::Server, feed, Config::default()).net;
            net.peer.send_all(&frames);
            let next = block(GET).indexed(62).build();
            net.peer
                .send(&RawFrame::headers(15, next).flag(flag::END_STREAM));
            net.pump();
            net.peer.expect_rst(IDLE, code::PROTOCOL_ERROR)?;
            net.peer.expect_nothing()?;
            let seen = net.events();
            let [
                Seen::Request {
                    stream: 15, fields, ..
                },
            ] = &seen[..]
            else {
                panic!("{seen:?}");
            };
            assert!(fields[4].is("x-kept", "1"));
            Ok(net)
        });
    }
}

#[test]
fn a_list_that_is_too_long_is_delivered_and_marked() {
    let octets = block(GET)
        .field("x", "y".repeat(20_000))
        .field("z", "1")
        .build();
    for sizes in [&[][..], &[16_000]] {
        every_split(|feed| {
            let mut net = World::new(Role::Server, feed, Config::default()).net;
            for frame in
                request(octets.clone()).split(if sizes.is_empty() { &[9_000] } else { sizes })
            {
                net.peer.send(&frame);
            }
            net.pump();
            let seen = net.events();
            let [
                Seen::Request {
                    fields,
                    overlong: true,
                    ..
                },
            ] = &seen[..]
            else {
                panic!("{seen:?}");
            };
            assert_eq!(fields.len(), 4, "what fitted");
            net.respond(IDLE, &[(":status", "431")], true);
            net.pump();
            assert!(net.peer.expect_status(IDLE, "431")?.end_stream);
            Ok(net)
        });
    }
    let many: Vec<_> = (0..600).map(|i| (format!("x{i}"), "")).collect();
    let octets = many
        .iter()
        .fold(block(GET), |b, f| b.field(&f.0, f.1))
        .build();
    every_split(|feed| {
        let config = |c: &mut Config| c.settings.max_header_list_size = 100_000;
        let mut settings = Config::default();
        config(&mut settings);
        let mut net = World::new(Role::Server, feed, settings).net;
        net.peer.send(&request(octets.clone()));
        net.pump();
        let seen = net.events();
        assert!(
            matches!(&seen[..], [Seen::Request { overlong: true, fields, .. }] if fields.len() == 512)
        );
        Ok(net)
    });
}

#[test]
fn a_list_beyond_the_hard_limit_ends_the_connection() {
    // A bomb: one entry of 4 000 octets, named again and again.
    let bomb = (0..100).fold(block(GET).incremental("x", "y".repeat(4_000)), |b, _| {
        b.indexed(62)
    });
    let octets = bomb.build();
    for stream in [IDLE, World::OPEN, World::RESET] {
        let frame = RawFrame::headers(stream, octets.clone()).end_stream();
        let verdict = Verdict::Limit(LimitName::HeaderList);
        judge(&Case::new("bomb", Role::Server, [frame.clone()], verdict));
        if stream != IDLE {
            judge(&Case::new("bomb", Role::Client, [frame], verdict));
        }
    }
}

#[test]
fn a_block_that_never_ends_is_bounded() {
    let begun = RawFrame::headers(IDLE, block(GET).build()).unfinished();
    let mut frames = vec![begun.clone()];
    for _ in 0..64 {
        frames.push(RawFrame::continuation(IDLE, vec![]).unfinished());
    }
    // The 64th closes it: that many are allowed.
    let last = frames.len() - 1;
    frames[last] = RawFrame::continuation(IDLE, vec![]);
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer.send_all(&frames);
        net.pump();
        assert!(matches!(net.events()[..], [Seen::Request { .. }]));
        Ok(net)
    });
    frames[last] = frames[1].clone();
    frames.push(frames[1].clone());
    let limit = Verdict::Limit(LimitName::BlockSize);
    judge(&Case::new("65 of them", Role::Server, frames, limit));
    let large = RawFrame::continuation(IDLE, vec![0x40; 16_384]).unfinished();
    let frames = [vec![begun], vec![large; 5]].concat();
    judge(&Case::new("64 KiB", Role::Server, frames, limit));
}

#[test]
fn a_block_that_does_not_end_in_time() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer.send(&RawFrame::headers(IDLE, vec![]).unfinished());
        net.pump();
        net.advance(std::time::Duration::from_secs(9));
        net.peer
            .send(&RawFrame::continuation(IDLE, vec![]).unfinished());
        net.pump();
        net.peer.expect_nothing()?;
        net.advance(std::time::Duration::from_secs(1));
        net.peer.expect_goaway(code::ENHANCE_YOUR_CALM)?;
        let kind = bywash_proto::error::TimeoutKind::Block;
        assert_eq!(
            net.events().last(),
            Some(&Seen::Closed(CloseReason::Timeout(kind)))
        );
        Ok(net)
    });
}
