//! Malformed heads (RFC 9113 8.1 to 8.5, RFC 8441 4): RST_STREAM PROTOCOL_ERROR, and the connection lives on.

use bywash_proto::config::{AuthorityPolicy, Config, Level};
use bywash_proto::error::{CloseReason, LimitName, Violation as V};
use bywash_spec_tests::pair::{Case, Feed, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::{code, flag};
use bywash_spec_tests::raw::{BlockWriter, Field, RawFrame, Role};

type Pairs<'a> = &'a [(&'a str, &'a str)];

const IDLE: u32 = World::IDLE;
const GET: Pairs<'static> = &[
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "example.com"),
    (":path", "/"),
];

fn block(fields: Pairs<'_>) -> BlockWriter {
    BlockWriter::fields(fields)
}

/// GET with more fields.
fn get(more: Pairs<'_>) -> Vec<u8> {
    more.iter()
        .fold(block(GET), |b, (name, value)| b.field(name, value))
        .build()
}

fn request(block: Vec<u8>) -> RawFrame {
    RawFrame::headers(IDLE, block).end_stream()
}

/// A request that must be answered by RST_STREAM, whether its block comes in one frame or in several.
fn bad_request_with(name: &str, block: Vec<u8>, violation: V, change: fn(&mut Config)) {
    let frame = request(block);
    let verdict = Verdict::Stream(IDLE, violation);
    let whole = Case::new(name, Role::Server, [frame.clone()], verdict).with(change);
    judge(&whole);
    judge(&Case::new(name, Role::Server, frame.split(&[1, 0, 7]), verdict).with(change));
}

fn bad_request(name: &str, block: Vec<u8>, violation: V) {
    bad_request_with(name, block, violation, |_| {});
}

/// A request that the program must get, with these fields.
fn good_request_with(name: &str, octets: Vec<u8>, change: fn(&mut Config)) -> Vec<Field> {
    let mut got = Vec::new();
    let cell = std::cell::RefCell::new(&mut got);
    every_split(|feed| {
        let mut config = Config::default();
        change(&mut config);
        let mut net = World::new(Role::Server, feed, config).net;
        net.peer.send(&request(octets.clone()));
        net.pump();
        let seen = net.events();
        let [
            Seen::Request {
                stream: IDLE,
                fields,
                overlong: false,
                ..
            },
        ] = &seen[..]
        else {
            panic!("{name}: {seen:?}");
        };
        **cell.borrow_mut() = fields.clone();
        net.peer.expect_nothing()?;
        Ok(net)
    });
    got
}

fn good_request(name: &str, octets: Vec<u8>) -> Vec<Field> {
    good_request_with(name, octets, |_| {})
}

/// What comes of a response head on a request that waits for it. `method` is that of the request.
fn response(
    method: &str,
    octets: &[u8],
    end: bool,
    feed: Feed,
) -> bywash_spec_tests::pair::Against {
    let mut net = World::new(Role::Client, feed, Config::default()).net;
    let head = [
        (":method", method),
        (":scheme", "https"),
        (":authority", "example.com"),
        (":path", "/"),
    ];
    let skip = if method == "CONNECT" {
        &[head[0], head[2]][..]
    } else {
        &head[..]
    };
    assert_eq!(net.request(skip, false), IDLE);
    net.pump();
    net.peer.drain();
    let mut frame = RawFrame::headers(IDLE, octets.to_vec());
    if end {
        frame = frame.end_stream();
    }
    net.peer.send(&frame);
    net.pump();
    net
}

fn bad_response(name: &str, octets: Vec<u8>, end: bool, violation: V) {
    every_split(|feed| {
        let mut net = response("GET", &octets, end, feed);
        net.peer.expect_rst(IDLE, violation.code().0)?;
        net.peer
            .send(&RawFrame::data(World::SIBLING, "lives").end_stream());
        net.pump();
        net.peer.expect_nothing()?;
        let seen = net.events();
        let [Seen::Ended { stream: IDLE, end }, sibling] = &seen[..] else {
            panic!("{name}: {seen:?}");
        };
        assert_eq!(
            end.by,
            bywash_proto::error::EndedBy::Violation(violation),
            "{name}"
        );
        assert_eq!(*sibling, Seen::data(World::SIBLING, "lives", true));
        Ok(net)
    });
}

#[test]
fn names_that_hold_what_they_must_not() {
    for octet in (0..=0x20)
        .chain(b'A'..=b'Z')
        .chain(0x7f..=0xff)
        .chain([b':'])
    {
        let name = [b'x', octet, b'y'];
        let block = block(GET).field(name, "v").build();
        let case = Case::new(
            &format!("octet {octet:#x}"),
            Role::Server,
            [request(block)],
            Verdict::Stream(IDLE, V::FieldNameInvalid),
        );
        judge(&case);
    }
    for octet in *b"\"(),/;<=>?@[\\]{}" {
        let block = block(GET).field([b'x', octet], "v").build();
        bad_request("not a token", block.clone(), V::FieldNameInvalid);
        good_request_with("compatible", block, |c| c.level = Level::Compatible);
    }
    bad_request(
        "empty",
        block(GET).field("", "v").build(),
        V::FieldNameInvalid,
    );
    bad_request(
        "upper case",
        block(GET).field("X-A", "v").build(),
        V::FieldNameInvalid,
    );
    bad_request(
        "upper case in a known name",
        block(GET).field("Content-Type", "v").build(),
        V::FieldNameInvalid,
    );
    bad_request(
        "in Huffman code",
        block(GET).field_huffman("X-A", "v").build(),
        V::FieldNameInvalid,
    );
    // Every character of a token is legal.
    good_request("token", get(&[("!#$%&'*+-.^_`|~09az", "v")]));
    // In a response too.
    let field = |name: &[u8]| BlockWriter::response("200").field(name, "v").build();
    bad_response("response", field(b"X"), true, V::FieldNameInvalid);
    bad_response("response", field(b"a b"), true, V::FieldNameInvalid);
}

#[test]
fn values_that_hold_what_they_must_not() {
    for octet in 0..=0xffu8 {
        let block = block(GET).field("x", [b'a', octet, b'b']).build();
        let legal = octet == b'\t' || (octet >= 0x20 && octet != 0x7f);
        if legal {
            let verdict = good_one(&block);
            assert!(verdict, "octet {octet:#x}");
        } else {
            let verdict = Verdict::Stream(IDLE, V::FieldValueInvalid);
            judge(&Case::new(
                &format!("octet {octet:#x}"),
                Role::Server,
                [request(block)],
                verdict,
            ));
        }
    }
    for octet in [0, b'\r', b'\n'] {
        for level in [Level::Compatible, Level::Off] {
            let block = block(GET).field("x", [octet]).build();
            let verdict = Verdict::Stream(IDLE, V::FieldValueInvalid);
            let case = Case::new("any level", Role::Server, [request(block)], verdict);
            judge(&case.with(|c| c.level = level));
        }
    }
    let field = BlockWriter::response("200").field("x", "a\nb").build();
    bad_response("response", field, true, V::FieldValueInvalid);
}

/// Whether a block is delivered as a request; fed whole only.
fn good_one(octets: &[u8]) -> bool {
    let mut net = World::new(Role::Server, Feed::Whole, Config::default()).net;
    net.peer.send(&request(octets.to_vec()));
    net.pump();
    matches!(net.events()[..], [Seen::Request { .. }])
}

#[test]
fn white_space_at_the_edges_of_a_value() {
    for value in [" a", "a ", "\ta", "a\t", " ", "\t"] {
        bad_request("edge", get(&[("x", value)]), V::FieldValueEdgeSpace);
        bad_request(
            "edge",
            get(&[("user-agent", value)]),
            V::FieldValueEdgeSpace,
        );
        let fields = good_request_with("trimmed", get(&[("x", value)]), |c| {
            c.level = Level::Compatible
        });
        assert_eq!(fields[4].value, value.trim().as_bytes());
        let fields = good_request_with("kept", get(&[("x", value)]), |c| c.level = Level::Off);
        assert_eq!(fields[4].value, value.as_bytes());
    }
    good_request("inside", get(&[("x", "a \t b")]));
    good_request("empty", get(&[("x", "")]));
    let field = BlockWriter::response("200").field("x", " v").build();
    bad_response("response", field, true, V::FieldValueEdgeSpace);
}

#[test]
fn fields_of_one_hop() {
    for name in [
        "connection",
        "proxy-connection",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
    ] {
        let field = [(name, "x")];
        bad_request(name, get(&field), V::ConnectionSpecificField);
        let block = BlockWriter::response("200").field(name, "x").build();
        bad_response(name, block, true, V::ConnectionSpecificField);
        let compatible = |c: &mut Config| c.level = Level::Compatible;
        bad_request_with(name, get(&field), V::ConnectionSpecificField, compatible);
        good_request_with(name, get(&field), |c| c.level = Level::Off);
    }
    for value in ["gzip", "trailers, gzip", "", "trailers;q=1"] {
        bad_request("te", get(&[("te", value)]), V::TeInvalid);
    }
    for value in ["trailers", "Trailers", "TRAILERS"] {
        good_request("te", get(&[("te", value)]));
        let block = BlockWriter::response("200").field("te", value).build();
        bad_response("te", block, true, V::TeInvalid);
    }
}

#[test]
fn pseudo_headers_of_requests() {
    let with = |more: Pairs<'_>| get(more);
    bad_request(
        "unknown",
        block(&[
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/"),
            (":x", "y"),
        ])
        .build(),
        V::PseudoUnknown,
    );
    bad_request(
        "a lone colon",
        block(&[(":", "y")]).build(),
        V::PseudoUnknown,
    );
    bad_request(
        "of a response",
        block(&[(":status", "200"), (":method", "GET")]).build(),
        V::PseudoUnknown,
    );
    for (name, value) in [
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "/"),
        (":authority", "example.com"),
    ] {
        bad_request("twice", with(&[(name, value)]), V::PseudoDuplicate);
        // Missing, or empty where it must not be.
        let without: Vec<_> = GET.iter().copied().filter(|f| f.0 != name).collect();
        let (missing, empty) = (block(&without).build(), {
            let all: Vec<_> = GET
                .iter()
                .map(|f| if f.0 == name { (f.0, "") } else { *f })
                .collect();
            block(&all).build()
        });
        let late = without
            .iter()
            .fold(BlockWriter::new(), |b, f| b.field(f.0, f.1))
            .field("x", "y")
            .field(name, value)
            .build();
        bad_request("late", late, V::PseudoLate);
        match name {
            ":authority" => bad_request("missing", missing, V::AuthorityMissing),
            ":path" => {
                bad_request("missing", missing, V::PseudoMissing);
                bad_request("empty", empty, V::PathInvalid);
            }
            _ => {
                bad_request("missing", missing, V::PseudoMissing);
                bad_request("empty", empty, V::PseudoMissing);
            }
        }
    }
    bad_request("none at all", BlockWriter::new().build(), V::PseudoMissing);
    bad_request(
        "after a late one",
        with(&[("x", "y"), (":method", "GET")]),
        V::PseudoDuplicate,
    );
}

#[test]
fn connect() {
    let connect = |more: Pairs<'_>| {
        more.iter()
            .fold(block(&[(":method", "CONNECT")]), |b, f| b.field(f.0, f.1))
            .build()
    };
    good_request("connect", connect(&[(":authority", "a:443")]));
    let bad = [
        connect(&[]),
        connect(&[(":authority", "")]),
        connect(&[(":authority", "a:1"), (":scheme", "https")]),
        connect(&[(":authority", "a:1"), (":path", "/")]),
        connect(&[(":authority", "a:1"), (":path", "/"), (":scheme", "https")]),
    ];
    for block in bad {
        bad_request("connect", block, V::ConnectPseudo);
    }
}

#[test]
fn extended_connect() {
    let enabled = |c: &mut Config| c.settings.enable_connect_protocol = true;
    let all = [
        (":method", "CONNECT"),
        (":scheme", "https"),
        (":authority", "a"),
        (":path", "/chat"),
        (":protocol", "websocket"),
    ];
    let without = |name: &str| {
        let left: Vec<_> = all.iter().copied().filter(|f| f.0 != name).collect();
        block(&left).build()
    };
    good_request_with("all", block(&all).build(), enabled);
    bad_request(
        "not enabled",
        block(&all).build(),
        V::ExtendedConnectInvalid,
    );
    bad_request_with(
        "scheme",
        without(":scheme"),
        V::ExtendedConnectInvalid,
        enabled,
    );
    bad_request_with("path", without(":path"), V::ExtendedConnectInvalid, enabled);
    let get = block(&all).build();
    let get = {
        let mut fields = all;
        fields[0].1 = "GET";
        assert_ne!(get, block(&fields).build());
        block(&fields).build()
    };
    bad_request_with("GET", get, V::ExtendedConnectInvalid, enabled);
    let mut path = all;
    path[3].1 = "chat";
    bad_request_with("path", block(&path).build(), V::PathInvalid, enabled);
    path[3].1 = "*";
    bad_request_with("asterisk", block(&path).build(), V::PathInvalid, enabled);
    let twice = block(&all).field(":protocol", "x").build();
    bad_request_with("twice", twice, V::PseudoDuplicate, enabled);
}

#[test]
fn paths() {
    let path = |method, scheme, path| {
        block(&[
            (":method", method),
            (":scheme", scheme),
            (":authority", "a"),
            (":path", path),
        ])
        .build()
    };
    for scheme in ["http", "https", "HTTP", "Https"] {
        for bad in ["", "x", "http://a/", "*a", "?q", " /"] {
            let violation = if bad == " /" {
                V::FieldValueEdgeSpace
            } else {
                V::PathInvalid
            };
            bad_request(bad, path("GET", scheme, bad), violation);
        }
        bad_request("asterisk", path("GET", scheme, "*"), V::PathInvalid);
        good_request("asterisk", path("OPTIONS", scheme, "*"));
        good_request("slash", path("GET", scheme, "/a?b"));
    }
    bad_request("space inside", path("GET", "https", "/a b"), V::PathInvalid);
    good_request("another scheme", path("GET", "urn", "x:y"));
}

#[test]
fn authorities() {
    let with = |authority: &str, host: &[&str]| {
        let base = block(&[(":method", "GET"), (":scheme", "https"), (":path", "/")]);
        let base = if authority.is_empty() {
            base
        } else {
            base.field(":authority", authority)
        };
        host.iter()
            .fold(base, |b, host| b.field("host", host))
            .build()
    };
    bad_request("differs", with("a", &["b"]), V::HostDiffers);
    bad_request("port", with("a:444", &["a:443"]), V::HostDiffers);
    bad_request("twice", with("a", &["a", "a"]), V::HostDuplicate);
    bad_request("userinfo", with("user@a", &[]), V::AuthorityUserinfo);
    bad_request("userinfo", with("user:pw@a", &[]), V::AuthorityUserinfo);
    bad_request("none", with("", &[]), V::AuthorityMissing);
    good_request("same", with("a", &["a"]));
    good_request("case", with("Example.COM", &["example.com"]));
    good_request("default port", with("a:443", &["a"]));
    good_request("Host alone", with("", &["a"]));
    let asterisk = block(&[(":method", "OPTIONS"), (":scheme", "https"), (":path", "*")]);
    good_request("OPTIONS *", asterisk.build());
    for (octets, name) in [(with("a", &["b"]), "differs"), (with("", &[]), "none")] {
        good_request_with(name, octets, |c| c.level = Level::Compatible);
    }
    let optional = |c: &mut Config| c.authority = AuthorityPolicy::Optional;
    good_request_with("optional", with("", &[]), optional);
    let grpc = |c: &mut Config| c.authority = AuthorityPolicy::Grpc;
    let fields = good_request_with("dropped", with("a", &["b"]), grpc);
    assert!(fields.iter().all(|f| f.name != b"host"), "{fields:?}");
    let fields = good_request_with("promoted", with("", &["b"]), grpc);
    assert!(fields.iter().any(|f| f.is(":authority", "b")), "{fields:?}");
    good_request_with("absent", with("", &[]), grpc);
    bad_request_with("twice", with("", &["a", "b"]), V::HostDuplicate, grpc);
}

#[test]
fn content_lengths() {
    for value in [
        "",
        "x",
        "-1",
        "+1",
        "1 2",
        "0x1",
        "18446744073709551616",
        "42, 42",
        "42,42",
    ] {
        let field = [("content-length", value)];
        bad_request(value, get(&field), V::ContentLengthInvalid);
    }
    let two = |a, b| get(&[("content-length", a), ("content-length", b)]);
    bad_request("differ", two("1", "2"), V::ContentLengthInvalid);
    bad_request("repeated", two("42", "42"), V::ContentLengthInvalid);
    bad_request(
        "no body",
        get(&[("content-length", "1")]),
        V::ContentLengthMismatch,
    );
    good_request("no body", get(&[("content-length", "0")]));
    let compatible = |c: &mut Config| c.level = Level::Compatible;
    let fields = good_request_with("folded", get(&[("content-length", "0, 0")]), compatible);
    assert!(fields[4].is("content-length", "0"), "{fields:?}");
    good_request_with("folded", two("0", "0"), compatible);
    bad_request_with("differ", two("1", "2"), V::ContentLengthInvalid, compatible);
    let response = |value| {
        BlockWriter::response("200")
            .field("content-length", value)
            .build()
    };
    bad_response("none", response("x"), true, V::ContentLengthInvalid);
    bad_response("no body", response("5"), true, V::ContentLengthMismatch);
}

#[test]
fn statuses() {
    for status in [
        "", "20", "2000", "99", "0", "abc", "2 0", "+20", "099", "000", "101",
    ] {
        bad_response(
            status,
            BlockWriter::response(status).build(),
            true,
            V::StatusInvalid,
        );
    }
    let bad = [
        (block(&[]).build(), V::StatusInvalid),
        (block(&[("x", "y")]).build(), V::StatusInvalid),
        (
            block(&[(":status", "200"), (":status", "200")]).build(),
            V::PseudoDuplicate,
        ),
        (
            block(&[("x", "y"), (":status", "200")]).build(),
            V::PseudoLate,
        ),
        (
            block(&[(":status", "200"), (":path", "/")]).build(),
            V::PseudoUnknown,
        ),
        (
            block(&[(":method", "GET"), (":status", "200")]).build(),
            V::PseudoUnknown,
        ),
        (
            block(&[(":status", "200"), (":protocol", "x")]).build(),
            V::PseudoUnknown,
        ),
    ];
    for (octets, violation) in bad {
        bad_response("response", octets.clone(), true, violation);
        bad_response("response", octets, false, violation);
    }
    for status in ["200", "299", "404", "599", "999", "600"] {
        every_split(|feed| {
            let mut net = response("GET", &BlockWriter::response(status).build(), true, feed);
            let seen = net.events();
            assert!(
                matches!(seen[..], [Seen::Response { end: true, .. }]),
                "{seen:?}"
            );
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}

#[test]
fn informational_heads_that_end_the_stream() {
    for status in ["100", "103", "199"] {
        bad_response(
            status,
            BlockWriter::response(status).build(),
            true,
            V::InformationalEndStream,
        );
    }
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
