//! Bodies and trailers (RFC 9113 8.1, 8.1.1, 8.5; RFC 9110 6.4.1, 8.6).

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::error::{EndedBy, SendError, Violation as V};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::pair::{Against, Case, Feed, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, Failure, RawFrame, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];
const OPEN: u32 = World::OPEN;
const IDLE: u32 = World::IDLE;

fn fields(stream: u32, fields: &[(&str, &str)]) -> RawFrame {
    RawFrame::headers(stream, BlockWriter::fields(fields).build())
}

/// What must come of `frames` on a request (POST, for a server; with `method`, for a client), in a world of its own.
fn exchange(
    role: Role,
    method: &str,
    frames: &[RawFrame],
    check: impl Fn(&mut Against, &[Seen]) -> Result<(), Failure>,
) {
    every_split(|feed| {
        let mut net = World::new(role, feed, Config::default()).net;
        if role == Role::Client {
            let all = [
                (":method", method),
                (":authority", "a"),
                (":scheme", "https"),
                (":path", "/"),
            ];
            let head = if method == "CONNECT" {
                &all[..2]
            } else {
                &all[..]
            };
            assert_eq!(net.request(head, false), IDLE);
            net.pump();
            net.peer.drain();
        }
        net.peer.send_all(frames);
        net.pump();
        let seen = net.events();
        check(&mut net, &seen)?;
        net.peer.expect_nothing()?;
        Ok(net)
    });
}

fn post(length: &str) -> RawFrame {
    let head = BlockWriter::request("POST", "/");
    RawFrame::headers(IDLE, head.field("content-length", length).build())
}

fn ok(length: &str) -> RawFrame {
    let head = BlockWriter::response("200");
    RawFrame::headers(IDLE, head.field("content-length", length).build())
}

fn is_ended(seen: Option<&Seen>, violation: V) -> bool {
    matches!(seen, Some(Seen::Ended { stream: IDLE, end }) if end.by == EndedBy::Violation(violation) && end.code == violation.code())
}

#[test]
fn trailers_that_break_a_rule() {
    for role in ROLES {
        let stream = |name: &str, frame: RawFrame, violation| {
            let verdict = Verdict::Stream(OPEN, violation);
            judge(&Case::new(name, role, [frame.clone()], verdict));
            judge(&Case::new(name, role, frame.split(&[1, 0]), verdict));
        };
        for pseudo in [
            ":status",
            ":path",
            ":method",
            ":scheme",
            ":authority",
            ":protocol",
            ":x",
        ] {
            let frame = fields(OPEN, &[(pseudo, "200")]).end_stream();
            stream(pseudo, frame, V::PseudoInTrailers);
            let frame = fields(OPEN, &[("a", "b"), (pseudo, "200")]).end_stream();
            stream(pseudo, frame, V::PseudoInTrailers);
        }
        stream(
            "no END_STREAM",
            fields(OPEN, &[("a", "b")]),
            V::TrailersNoEndStream,
        );
        let upper = fields(OPEN, &[("A", "b")]).end_stream();
        stream("name", upper, V::FieldNameInvalid);
        let hop = fields(OPEN, &[("connection", "close")]).end_stream();
        stream("hop", hop, V::ConnectionSpecificField);
        let value = fields(OPEN, &[("a", "\r")]).end_stream();
        stream("value", value, V::FieldValueInvalid);
    }
    // A second head of a response is as wrong.
    let verdict = Verdict::Stream(OPEN, V::PseudoInTrailers);
    for frame in [
        fields(OPEN, &[(":status", "200")]),
        fields(OPEN, &[(":status", "103")]),
    ] {
        judge(&Case::new("second head", Role::Client, [frame], verdict));
    }
}

#[test]
fn trailers_end_a_message() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            net.peer.send(&RawFrame::data(OPEN, "body"));
            net.peer
                .send(&fields(OPEN, &[("a", "b"), ("c", "")]).end_stream());
            net.pump();
            let seen = net.events();
            let [
                data,
                Seen::Trailers {
                    stream: OPEN,
                    fields,
                    overlong: false,
                },
            ] = &seen[..]
            else {
                panic!("{seen:?}");
            };
            assert_eq!(*data, Seen::data(OPEN, "body", false));
            assert!(fields[0].is("a", "b") && fields[1].is("c", ""));
            Ok(net)
        });
    }
}

#[test]
fn bodies_against_their_content_length() {
    for (role, head) in [
        (Role::Server, post as fn(&str) -> RawFrame),
        (Role::Client, ok as fn(&str) -> RawFrame),
    ] {
        let data = |text: &str| RawFrame::data(IDLE, text);
        let trailers = || fields(IDLE, &[("a", "b")]).end_stream();
        let bad: [(&str, Vec<RawFrame>); 7] = [
            ("beyond", vec![head("3"), data("abcd")]),
            (
                "beyond in the end",
                vec![head("3"), data("abc"), data("d").end_stream()],
            ),
            ("beyond nothing", vec![head("0"), data("x")]),
            ("short", vec![head("3"), data("ab").end_stream()]),
            (
                "short, empty end",
                vec![head("3"), data("ab"), data("").end_stream()],
            ),
            ("short, trailers", vec![head("3"), data("ab"), trailers()]),
            ("none, trailers", vec![head("3"), trailers()]),
        ];
        for (name, frames) in bad {
            exchange(role, "GET", &frames, |net, seen| {
                assert!(
                    is_ended(seen.last(), V::ContentLengthMismatch),
                    "{name}: {seen:?}"
                );
                net.peer.expect_rst(IDLE, code::PROTOCOL_ERROR)
            });
        }
        let good: [Vec<RawFrame>; 6] = [
            vec![head("3"), data("abc").end_stream()],
            vec![
                head("3"),
                data("a"),
                data(""),
                data("bc").padded(9).end_stream(),
            ],
            vec![head("3"), data("abc"), data("").end_stream()],
            vec![head("3"), data("abc"), trailers()],
            vec![head("0"), data("").end_stream()],
            vec![head("0"), trailers()],
        ];
        for frames in good {
            exchange(role, "GET", &frames, |_, seen| {
                let last = seen.last();
                assert!(
                    matches!(
                        last,
                        Some(Seen::Data { end: true, .. } | Seen::Trailers { .. })
                    ),
                    "{seen:?}"
                );
                Ok(())
            });
        }
    }
}

/// Excess is refused at the head of the frame: none of its octets is delivered, and its credit comes back.
#[test]
fn excess_is_refused_before_it_comes() {
    for feed in [Feed::Whole, Feed::Bytes] {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.peer.send(&post("3"));
        net.peer.send(&RawFrame::data(IDLE, "ab"));
        net.pump();
        net.events();
        net.receive(&RawFrame::data(IDLE, "cd").encode()[..9]);
        assert!(is_ended(net.events().first(), V::ContentLengthMismatch));
    }
}

#[test]
fn responses_that_have_no_body() {
    let head = |status: &str, length: &str| {
        let head = BlockWriter::response(status);
        RawFrame::headers(IDLE, head.field("content-length", length).build())
    };
    for (method, status) in [
        ("HEAD", "200"),
        ("GET", "304"),
        ("GET", "204"),
        ("HEAD", "404"),
    ] {
        let length = if status == "204" { "0" } else { "42" };
        let body = [head(status, length), RawFrame::data(IDLE, "x")];
        exchange(Role::Client, method, &body, |net, seen| {
            assert!(matches!(seen[0], Seen::Response { .. }));
            assert!(
                is_ended(seen.last(), V::ContentNotAllowed),
                "{method} {status}: {seen:?}"
            );
            net.peer.expect_rst(IDLE, code::PROTOCOL_ERROR)
        });
        // The length is that of a body that is not there; an empty frame or trailers may still end it.
        for frames in [
            vec![head(status, length).end_stream()],
            vec![head(status, length), RawFrame::data(IDLE, "").end_stream()],
            vec![
                head(status, length),
                fields(IDLE, &[("a", "b")]).end_stream(),
            ],
        ] {
            exchange(Role::Client, method, &frames, |_, seen| {
                assert!(
                    !seen.iter().any(|e| matches!(e, Seen::Ended { .. })),
                    "{seen:?}"
                );
                assert!(matches!(seen[0], Seen::Response { .. }));
                Ok(())
            });
        }
    }
}

#[test]
fn a_tunnel_has_no_length_and_no_trailers() {
    let opened = RawFrame::headers(
        IDLE,
        BlockWriter::response("200")
            .field("content-length", "3")
            .build(),
    );
    let frames = [
        opened.clone(),
        RawFrame::data(IDLE, "much more").end_stream(),
    ];
    exchange(Role::Client, "CONNECT", &frames, |_, seen| {
        assert_eq!(seen[1], Seen::data(IDLE, "much more", true));
        Ok(())
    });
    let frames = [opened, fields(IDLE, &[("a", "b")]).end_stream()];
    exchange(Role::Client, "CONNECT", &frames, |net, seen| {
        assert!(is_ended(seen.last(), V::ConnectTunnelHeaders), "{seen:?}");
        net.peer.expect_rst(IDLE, code::PROTOCOL_ERROR)
    });
    // A refusal is a plain response.
    let refused = RawFrame::headers(
        IDLE,
        BlockWriter::response("403")
            .field("content-length", "3")
            .build(),
    );
    let frames = [refused, RawFrame::data(IDLE, "much more")];
    exchange(Role::Client, "CONNECT", &frames, |net, seen| {
        assert!(is_ended(seen.last(), V::ContentLengthMismatch), "{seen:?}");
        net.peer.expect_rst(IDLE, code::PROTOCOL_ERROR)
    });
    // At a server the tunnel begins with our 2xx.
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        let connect = [
            (":method", "CONNECT"),
            (":authority", "a:1"),
            ("content-length", "2"),
        ];
        net.peer.send(&fields(IDLE, &connect));
        net.pump();
        net.respond(IDLE, &[(":status", "200")], false);
        net.peer.send(&RawFrame::data(IDLE, "up and up"));
        net.pump();
        net.peer.expect_status(IDLE, "200")?;
        assert_eq!(net.events()[1], Seen::data(IDLE, "up and up", false));
        let stream = net.stream(IDLE);
        let refused = net.core.send(stream).trailers(&[("a", "b")]);
        assert_eq!(refused, Err(SendError::Sequence));
        net.peer.send(&fields(IDLE, &[("a", "b")]).end_stream());
        net.pump();
        assert!(is_ended(net.events().last(), V::ConnectTunnelHeaders));
        net.peer.expect_rst(IDLE, code::PROTOCOL_ERROR)?;
        Ok(net)
    });
}

#[test]
fn data_before_the_head_of_a_response() {
    let data = RawFrame::data(IDLE, "x");
    let early = RawFrame::headers(IDLE, BlockWriter::response("103").build());
    for frames in [
        vec![data.clone()],
        vec![data.clone().end_stream()],
        vec![early, data],
    ] {
        exchange(Role::Client, "GET", &frames, |net, seen| {
            assert!(is_ended(seen.last(), V::DataBeforeHeaders), "{seen:?}");
            net.peer.expect_rst(IDLE, code::PROTOCOL_ERROR)
        });
    }
}

#[test]
fn our_own_bodies_are_held_to_their_length() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.ask(IDLE, "/", true);
        net.pump();
        net.respond(IDLE, &[(":status", "200"), ("content-length", "3")], false);
        let stream = net.stream(IDLE);
        let mut send = net.core.send(stream);
        for (body, end) in [("abcd", false), ("ab", true), ("", true)] {
            let mut body = Bytes::from_static(body.as_bytes());
            assert_eq!(send.data(&mut body, end), Err(SendError::Length));
        }
        assert_eq!(send.trailers(&[("a", "b")]), Err(SendError::Length));
        let mut body = Bytes::from_static(b"abc");
        assert_eq!(send.data(&mut body, false), Ok(3));
        assert_eq!(
            send.trailers(&[(":status", "200")])
                .map_err(|e| matches!(e, SendError::Head(_))),
            Err(true)
        );
        assert_eq!(send.trailers(&[("a", "b")]), Ok(()));
        assert_eq!(
            send.data(&mut Bytes::from_static(b"x"), true),
            Err(SendError::Sequence)
        );
        net.pump();
        net.peer.expect_status(IDLE, "200")?;
        assert!(!net.peer.expect_data(IDLE, b"abc")?);
        assert!(net.peer.expect_fields(IDLE, &[("a", "b")])?.end_stream);
        net.peer.expect_nothing()?;
        let gone = net.core.send(stream).trailers(&[("a", "b")]);
        assert_eq!(gone, Err(SendError::Gone));
        Ok(net)
    });
}

/// Trailers that wait behind a window keep their place in HPACK's order.
#[test]
fn trailers_wait_for_their_body_and_the_table_stays_in_step() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        for id in [IDLE, 15] {
            net.ask(id, "/", true);
        }
        net.pump();
        net.respond(IDLE, &[(":status", "200")], false);
        // More than the connection's window of 65 535 and the stream's.
        net.send(IDLE, vec![b'x'; 65_540], false);
        let stream = net.stream(IDLE);
        let trailers = [("x-checksum", "12345"), ("x-again", "a")];
        net.core.send(stream).trailers(&trailers).unwrap();
        net.respond(
            15,
            &[(":status", "200"), ("x-again", "a"), ("x-other", "b")],
            true,
        );
        net.pump();
        net.peer.expect_status(IDLE, "200")?;
        net.peer.expect_fields(
            15,
            &[(":status", "200"), ("x-again", "a"), ("x-other", "b")],
        )?;
        assert!(!net.peer.expect_body(IDLE, &[b'x'; 65_535])?);
        net.peer.send(&RawFrame::window_update(0, 10));
        net.peer.send(&RawFrame::window_update(IDLE, 10));
        net.pump();
        assert!(!net.peer.expect_data(IDLE, b"xxxxx")?);
        assert!(net.peer.expect_fields(IDLE, &trailers)?.end_stream);
        Ok(net)
    });
}

#[test]
fn unsent_data_may_be_dropped_for_trailers() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default()).net;
        net.ask(IDLE, "/", true);
        net.pump();
        net.respond(IDLE, &[(":status", "200")], false);
        net.send(IDLE, vec![b'x'; 70_000], true);
        net.pump();
        let stream = net.stream(IDLE);
        assert_eq!(net.core.send(stream).discard_unsent(), Ok(65_535));
        net.core
            .send(stream)
            .trailers(&[("grpc-status", "4")])
            .unwrap();
        net.pump();
        net.peer.expect_status(IDLE, "200")?;
        assert!(!net.peer.expect_body(IDLE, &[b'x'; 65_535])?);
        assert!(net.peer.expect_headers(IDLE)?.end_stream);
        net.peer.expect_nothing()?;
        let gone = net.core.send(stream).discard_unsent();
        assert_eq!(gone, Err(SendError::Gone));
        Ok(net)
    });
}

#[test]
fn the_end_of_the_transport_in_mid_message() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            net.peer.send(&RawFrame::data(OPEN, "half"));
            net.pump();
            net.eof();
            let mut seen = net.events();
            assert_eq!(seen[0], Seen::data(OPEN, "half", false), "not lost");
            if role == Role::Server {
                // What cannot come to its end is reset; what was asked for whole is still answered.
                net.peer.expect_rst(World::SIBLING, code::CANCEL)?;
                net.peer.expect_rst(OPEN, code::CANCEL)?;
                net.peer.expect_goaway(code::NO_ERROR)?;
                net.respond(World::HALF, &[(":status", "204")], true);
                net.pump();
                net.peer.expect_status(World::HALF, "204")?;
                seen = net.events();
            }
            let reason = bywash_proto::error::CloseReason::Eof;
            assert_eq!(seen.last(), Some(&Seen::Closed(reason)));
            assert_eq!(reason.code(), ErrorCode::NO_ERROR);
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}
