//! HPACK as it shows on the wire (RFC 7541, RFC 9113 4.3): what our encoder sends, what our decoder is held to.

use bywash_proto::config::{Config, LocalSettings};
use bywash_proto::error::{CloseReason, Violation as V};
use bywash_proto::headers::Field;
use bywash_spec_tests::pair::{Against, Feed, Program, Seen, World, every_split};
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

/// The sizes of the blocks of so many responses with these fields, each on a stream of its own.
fn blocks(net: &mut Against, fields: &[(&str, &str)], count: u32) -> Vec<usize> {
    let first = 2_001;
    (0..count)
        .map(|n| {
            let id = first + 2 * n;
            net.ask(id, "/", true);
            net.pump();
            net.respond(id, fields, true);
            net.pump();
            let head = net.peer.expect_headers(id).unwrap();
            assert_eq!(head.pairs().len(), fields.len());
            head.encoded
        })
        .collect()
}

#[test]
fn repeated_fields_shrink_to_an_octet_each() {
    let mut net = Against::server(Feed::Whole, Config::default());
    let fields = [
        (":status", "200"),
        ("content-type", "text/html; charset=utf-8"),
        ("server", "bywash"),
        ("x-frame-options", "deny"),
    ];
    let sizes = blocks(&mut net, &fields, 3);
    assert_eq!(sizes[1..], [4, 4], "{sizes:?}");
}

/// Names whose values seldom repeat enter the table at second sight only.
#[test]
fn values_that_seldom_repeat_do_not_flood_the_table() {
    let mut net = Against::server(Feed::Whole, Config::default());
    for n in 0..50u32 {
        let (etag, length) = (format!("\"{n}\""), (n * 97).to_string());
        let fields = [
            (":status", "200"),
            ("etag", etag.as_str()),
            ("content-length", "0"),
        ];
        let fields = [&fields[..], &[("last-modified", length.as_str())]].concat();
        net.ask(2 * n + 1, "/", true);
        net.pump();
        net.respond(2 * n + 1, &fields, true);
        net.pump();
    }
    assert!(net.peer.table_size() < 200, "{}", net.peer.table_size());
}

#[test]
fn huffman_code_only_where_it_is_shorter() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        let sizes = blocks(
            &mut net,
            &[(":status", "200"), ("x-a", "www.example.com")],
            1,
        );
        assert!(sizes[0] < 1 + 1 + 4 + 1 + 15, "{sizes:?}");
        // Octets whose code is long go as they are: 1 octet of index or prefix, 1 of length each.
        let sizes = blocks(
            &mut net,
            &[(":status", "200"), ("x-b", "\\~^|<>\\~^|<>")],
            0,
        );
        assert_eq!(sizes, []);
        net.ask(5_001, "/", true);
        net.pump();
        net.respond(
            5_001,
            &[(":status", "200"), ("x-b", "\\~^|<>\\~^|<>")],
            true,
        );
        net.pump();
        let head = net.peer.expect_headers(5_001)?;
        assert!(head.encoded <= 1 + 1 + 4 + 1 + 12, "{}", head.encoded);
        Ok(net)
    });
}

/// A program that answers with the request's own regular fields, as a proxy would.
fn mirror() -> Program {
    Box::new(|core, stream, event| {
        if let (Some(stream), Seen::Request { fields, .. }) = (stream, event) {
            let status = [Field::new(b":status", b"200")];
            let mut all = status.to_vec();
            for field in fields.iter().filter(|f| !f.name.starts_with(b":")) {
                let one = Field::new(&field.name, &field.value);
                all.push(if field.never_indexed {
                    one.sensitive()
                } else {
                    one
                });
            }
            core.server().response(stream, &all, true).unwrap();
        }
    })
}

#[test]
fn never_indexed_is_kept_from_peer_to_program_and_back() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default()).with_program(mirror());
        let head = BlockWriter::request("GET", "/")
            .never("x-secret", "hunter2")
            .never_named(23, "Basic abc")
            .field("x-open", "1");
        net.peer
            .send(&RawFrame::headers(1, head.build()).end_stream());
        net.pump();
        let head = net.peer.expect_headers(1)?;
        let flags: Vec<_> = head.fields.iter().map(|f| f.never_indexed).collect();
        assert_eq!(flags, [false, true, true, false], "{:?}", head.fields);
        let seen = net.events();
        let Seen::Request { fields, .. } = &seen[0] else {
            panic!("{seen:?}");
        };
        assert!(fields[4].never_indexed && fields[5].never_indexed && !fields[6].never_indexed);
        Ok(net)
    });
}

/// The peer's table shrinks, then grows: our next block starts with the smallest and the final size (RFC 7541 4.2).
#[test]
fn our_encoder_sends_the_smallest_and_the_final_size() {
    let table = |n| RawFrame::settings(&[(setting::HEADER_TABLE_SIZE, n)]);
    for (sizes, updates) in [
        (&[0][..], &[0][..]),
        (&[0, 4_096], &[0, 4_096]),
        (&[2_000, 100, 1_000], &[100, 1_000]),
        (&[4_096], &[]),
        // Larger than what we use: nothing to say.
        (&[65_536], &[]),
        (&[100, 65_536], &[100, 4_096]),
    ] {
        every_split(|feed| {
            let mut net = Against::server(feed, Config::default());
            net.ask(1, "/", true);
            net.ask(3, "/", true);
            net.pump();
            net.respond(1, &[(":status", "200"), ("x-a", "b")], true);
            net.pump();
            net.peer.expect_status(1, "200")?;
            for &size in sizes {
                net.peer.send(&table(size));
            }
            net.pump();
            for _ in sizes {
                net.peer.expect_settings_ack()?;
            }
            net.respond(3, &[(":status", "200"), ("x-a", "b")], true);
            net.pump();
            let head = net.peer.expect_status(3, "200")?;
            assert_eq!(head.size_updates, updates, "after {sizes:?}");
            Ok(net)
        });
    }
}

#[test]
fn our_encoder_obeys_a_table_of_nothing() {
    every_split(|feed| {
        let peer = RawPeer::client(&[(setting::HEADER_TABLE_SIZE, 0)]);
        let mut net = Against::after_handshake(feed, Config::default(), peer);
        let sizes = blocks(&mut net, &[(":status", "200"), ("x-a", "b")], 3);
        assert_eq!(net.peer.table_size(), 0);
        assert_eq!(sizes[1], sizes[2]);
        Ok(net)
    });
}

#[test]
fn a_larger_table_is_used_if_we_are_told_to() {
    every_split(|feed| {
        let peer = RawPeer::client(&[(setting::HEADER_TABLE_SIZE, 20_000)]);
        let large = config(|c| c.send.header_table_size = 16_384);
        let mut net = Against::after_handshake(feed, large, peer);
        net.ask(1, "/", true);
        net.pump();
        net.respond(1, &[(":status", "200")], true);
        net.pump();
        assert_eq!(net.peer.expect_status(1, "200")?.size_updates, [16_384]);
        Ok(net)
    });
}

/// A reduction that the peer acknowledged: its next block must start with an update (RFC 9113 4.3.1).
#[test]
fn the_peer_is_held_to_a_reduction_it_acknowledged() {
    let trailers =
        |b: BlockWriter| RawFrame::headers(World::OPEN, b.field("x", "y").build()).end_stream();
    let reduced = |role, feed| {
        let mut net = World::new(role, feed, config(|c| c.settings.header_table_size = 8_192)).net;
        let mut less = LocalSettings::default();
        less.header_table_size = 100;
        net.core.update_settings(less).unwrap();
        net.pump();
        net.peer.drain();
        net.events();
        net
    };
    for role in ROLES {
        // Its own table has the size of the start, 4 096, which is above 100.
        let bad = [
            BlockWriter::new(),
            BlockWriter::new().size_update(101),
            BlockWriter::new().size_update(4_096),
            BlockWriter::new().size_update(8_192),
        ];
        for block in bad {
            every_split(|feed| {
                let mut net = reduced(role, feed);
                net.peer.send(&trailers(block.clone()));
                net.pump();
                net.peer.expect_goaway(code::COMPRESSION_ERROR)?;
                let reason = CloseReason::Violation(V::HpackFault);
                assert_eq!(net.events().last(), Some(&Seen::Closed(reason)));
                Ok(net)
            });
        }
        for block in [
            BlockWriter::new().size_update(100),
            BlockWriter::new().size_update(0),
            BlockWriter::new().size_update(0).size_update(100),
        ] {
            every_split(|feed| {
                let mut net = reduced(role, feed);
                net.peer.send(&trailers(block.clone()));
                net.pump();
                assert!(matches!(net.events()[..], [Seen::Trailers { .. }]));
                net.peer.expect_nothing()?;
                Ok(net)
            });
        }
    }
}

/// Before its acknowledgement the peer may use what it had.
#[test]
fn a_reduction_binds_from_the_acknowledgement_on() {
    every_split(|feed| {
        let mut net = Against::new(
            feed,
            config(|c| c.settings.header_table_size = 0),
            RawPeer::client(&[]),
        );
        let head = |b: BlockWriter| b.indexed(62);
        net.peer.send(
            &RawFrame::headers(
                1,
                BlockWriter::request("GET", "/")
                    .incremental("x-a", "b")
                    .build(),
            )
            .end_stream(),
        );
        net.peer.send(
            &RawFrame::headers(3, head(BlockWriter::request("GET", "/")).build()).end_stream(),
        );
        net.peer.send(&RawFrame::settings_ack());
        let block = BlockWriter::new()
            .size_update(0)
            .raw(BlockWriter::request("GET", "/").build());
        net.peer
            .send(&RawFrame::headers(5, block.build()).end_stream());
        net.pump();
        let seen = net.events();
        let requests = seen
            .iter()
            .filter(|e| matches!(e, Seen::Request { .. }))
            .count();
        assert_eq!(requests, 3, "{seen:?}");
        let block = BlockWriter::request("GET", "/").indexed(62).build();
        net.peer.send(&RawFrame::headers(7, block).end_stream());
        net.pump();
        assert!(net.guard().is_closed(), "the table is gone");
        Ok(net)
    });
}

/// A table above the default may be used once it was acknowledged, up to what we announced.
#[test]
fn a_raise_may_be_used_up_to_its_size() {
    for (size, closed) in [(8_192, false), (8_193, true)] {
        every_split(|feed| {
            let large = config(|c| c.settings.header_table_size = 8_192);
            let mut net = Against::server(feed, large);
            let block = BlockWriter::new()
                .size_update(size)
                .raw(BlockWriter::request("GET", "/").build());
            net.peer
                .send(&RawFrame::headers(1, block.build()).end_stream());
            net.pump();
            assert_eq!(net.guard().is_closed(), closed);
            Ok(net)
        });
    }
}

#[test]
fn the_sizes_of_both_tables_are_visible() {
    let mut net = Against::server(Feed::Whole, Config::default());
    assert_eq!(net.core.hpack_sizes(), (0, 0));
    let head = BlockWriter::request("GET", "/").incremental("x-a", "12345");
    net.peer
        .send(&RawFrame::headers(1, head.build()).end_stream());
    net.pump();
    net.respond(1, &[(":status", "200"), ("x-bb", "1")], true);
    net.pump();
    assert_eq!(net.core.hpack_sizes(), (3 + 5 + 32, 4 + 1 + 32));
    assert_eq!(net.peer.table_size(), 37);
}
