//! Messages (RFC 9113 8, RFC 8441, RFC 9110): informational heads, early answers, tunnels, cookies, sizes.

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::error::{EndedBy, HeadError, OpenError, Retry, SendError};
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::{ErrorCode, Instant};
use bywash_spec_tests::pair::{Against, Feed, Seen, World, answering, echo, every_split};
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received, Role};

const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "example.com"),
    (":path", "/"),
];

fn response(stream: u32, status: &str) -> RawFrame {
    RawFrame::headers(stream, BlockWriter::response(status).build())
}

#[test]
fn a_plain_exchange() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default()).with_program(echo());
        net.ask(1, "/echo", false);
        net.peer.send(&RawFrame::data(1, "hello, "));
        net.peer
            .send(&RawFrame::data(1, "world").padded(3).end_stream());
        net.pump();
        net.peer.expect_status(1, "200")?;
        assert!(net.peer.expect_data(1, b"hello, world")?);
        net.peer.expect_nothing()?;
        assert_eq!(net.core.open_streams(), (0, 0));
        Ok(net)
    });
}

#[test]
fn many_at_once() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default()).with_program(answering(b"body"));
        for n in 0..100 {
            net.ask(2 * n + 1, "/", true);
        }
        net.pump();
        let sent = net.peer.drain();
        let ends = sent.iter().filter(
            |item| matches!(item, Received::Data { end_stream: true, data, .. } if data == b"body"),
        );
        assert_eq!(ends.count(), 100);
        Ok(net)
    });
}

#[test]
fn informational_heads_come_before_the_final_one() {
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        assert_eq!(net.open("/", true), 1);
        net.pump();
        let hints = BlockWriter::response("103")
            .field("link", "</a.css>")
            .build();
        net.peer.send(&response(1, "100"));
        net.peer.send(&RawFrame::headers(1, hints));
        net.peer.send(&response(1, "200").end_stream());
        net.pump();
        let seen = net.events();
        let [
            Seen::Informational { stream: 1, .. },
            Seen::Informational { fields, .. },
            Seen::Response { end: true, .. },
        ] = &seen[..]
        else {
            panic!("{seen:?}");
        };
        assert!(fields[0].is(":status", "103") && fields[1].is("link", "</a.css>"));
        Ok(net)
    });
}

#[test]
fn a_server_sends_informational_heads() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        let head = BlockWriter::request("POST", "/").field("expect", "100-continue");
        net.peer.send(&RawFrame::headers(1, head.build()));
        net.pump();
        let seen = net.events();
        let [
            Seen::Request {
                fields, end: false, ..
            },
        ] = &seen[..]
        else {
            panic!("{seen:?}");
        };
        assert!(fields[4].is("expect", "100-continue"));
        let stream = net.stream(1);
        let server = net.core.server();
        let head = |status| [(":status", status)];
        assert_eq!(server.informational(stream, &head("100")), Ok(()));
        assert_eq!(
            server.informational(stream, &head("200")),
            Err(SendError::Sequence)
        );
        assert_eq!(
            server.informational(stream, &head("101")),
            Err(SendError::Head(HeadError::StatusInvalid))
        );
        assert_eq!(
            server.response(stream, &head("103"), false),
            Err(SendError::Sequence)
        );
        let mut body = Bytes::from_static(b"x");
        assert_eq!(
            server.send(stream).data(&mut body, true),
            Err(SendError::NoHead)
        );
        assert_eq!(server.response(stream, &head("200"), false), Ok(()));
        assert_eq!(
            server.informational(stream, &head("103")),
            Err(SendError::Sequence)
        );
        assert_eq!(
            server.response(stream, &head("200"), true),
            Err(SendError::Sequence)
        );
        assert_eq!(server.send(stream).data(&mut body, true), Ok(1));
        net.peer.send(&RawFrame::data(1, "late body").end_stream());
        net.pump();
        assert!(!net.peer.expect_status(1, "100")?.end_stream);
        net.peer.expect_status(1, "200")?;
        assert!(net.peer.expect_data(1, b"x")?);
        assert_eq!(net.events(), [Seen::data(1, "late body", true)]);
        Ok(net)
    });
}

/// RFC 9113 8.1: the whole response, then RST_STREAM(NO_ERROR): nothing of it may be lost.
#[test]
fn an_early_response_is_complete() {
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        assert_eq!(net.open("/", false), 1);
        net.send(1, vec![b'x'; 70_000], false);
        net.pump();
        net.peer.drain();
        net.peer.send(&response(1, "413"));
        net.peer.send(&RawFrame::data(1, "too large").end_stream());
        net.peer.send(&RawFrame::rst_stream(1, code::NO_ERROR));
        net.pump();
        let seen = net.events();
        let [Seen::Response { .. }, body, Seen::Ended { stream: 1, end }] = &seen[..] else {
            panic!("{seen:?}");
        };
        assert_eq!(*body, Seen::data(1, "too large", true));
        assert_eq!((end.code, end.by), (ErrorCode::NO_ERROR, EndedBy::Peer));
        net.peer.expect_nothing()?;
        Ok(net)
    });
    // With the request complete, there is nothing left to end.
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        net.open("/", true);
        net.pump();
        net.peer.drain();
        net.peer.send(&response(1, "200").end_stream());
        net.peer.send(&RawFrame::rst_stream(1, code::NO_ERROR));
        net.pump();
        assert!(matches!(
            net.events()[..],
            [Seen::Response { end: true, .. }]
        ));
        net.peer.expect_nothing()?;
        Ok(net)
    });
}

#[test]
fn no_error_in_mid_response_is_an_error() {
    for frames in [
        vec![],
        vec![response(1, "100")],
        vec![response(1, "200")],
        vec![response(1, "200"), RawFrame::data(1, "half")],
    ] {
        every_split(|feed| {
            let mut net = Against::client(feed, Config::default());
            net.open("/", true);
            net.pump();
            net.peer.send_all(&frames);
            net.peer.send(&RawFrame::rst_stream(1, code::NO_ERROR));
            net.pump();
            let seen = net.events();
            assert!(
                matches!(seen.last(), Some(Seen::Ended { end, .. }) if end.retry == Retry::MayHaveBeenProcessed),
                "{seen:?}"
            );
            let ended = |e: &Seen| {
                matches!(
                    e,
                    Seen::Data { end: true, .. } | Seen::Response { end: true, .. }
                )
            };
            assert!(!seen.iter().any(ended), "never the end of a body");
            Ok(net)
        });
    }
}

#[test]
fn a_server_answers_early_and_resets() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        net.ask(1, "/", false);
        net.pump();
        net.respond(1, &[(":status", "413")], false);
        net.send(1, "too large", true);
        net.pump();
        net.peer.expect_status(1, "413")?;
        assert!(net.peer.expect_data(1, b"too large")?);
        let stream = net.stream(1);
        net.core.send(stream).reset(ErrorCode::NO_ERROR);
        net.peer.send(&RawFrame::data(1, "more").end_stream());
        net.pump();
        net.peer.expect_rst(1, code::NO_ERROR)?;
        net.peer.expect_nothing()?;
        assert!(matches!(net.events()[..], [Seen::Request { .. }]));
        Ok(net)
    });
}

#[test]
fn extended_connect_end_to_end() {
    let chat = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":authority", "a"),
        (":path", "/chat"),
    ];
    every_split(|feed| {
        let mut config = Config::default();
        config.settings.enable_connect_protocol = true;
        let mut net = Against::server(feed, config);
        net.peer
            .send(&RawFrame::headers(1, BlockWriter::fields(&chat).build()));
        net.pump();
        net.respond(1, &[(":status", "200")], false);
        net.send(1, "server speaks", false);
        net.peer.send(&RawFrame::data(1, "client speaks"));
        net.pump();
        net.peer.expect_status(1, "200")?;
        assert!(!net.peer.expect_data(1, b"server speaks")?);
        let seen = net.events();
        assert!(
            matches!(&seen[..], [Seen::Request { fields, .. }, Seen::Data { .. }] if fields[1].is(":protocol", "websocket"))
        );
        Ok(net)
    });
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        let refused = net.core.client().request(&chat, false);
        assert_eq!(refused, Err(OpenError::NoExtendedConnect));
        net.peer.send(&RawFrame::settings(&[(
            setting::ENABLE_CONNECT_PROTOCOL,
            1,
        )]));
        net.pump();
        assert_eq!(net.request(&chat, false), 1);
        net.pump();
        net.peer.expect_settings_ack()?;
        net.peer.expect_fields(1, &chat)?;
        Ok(net)
    });
}

/// Crumbs come as they are and are joined by "; " where they are asked for as one (RFC 9113 8.2.3).
#[test]
fn cookie_crumbs_are_joined_on_demand() {
    let head = BlockWriter::request("GET", "/")
        .field("cookie", "a=1")
        .field("x", "y")
        .field("cookie", "b=2")
        .field("cookie", "c=3");
    let mut net = Against::server(Feed::Whole, Config::default());
    let octets = RawFrame::headers(1, head.build()).end_stream().encode();
    let mut input = &octets[..];
    let step = net.core.next_event(Instant::ZERO, &mut input);
    let Step::Event(Event::Request { head, .. }) = step else {
        panic!("{step:?}");
    };
    assert_eq!(head.cookie().as_deref(), Some(&b"a=1; b=2; c=3"[..]));
    assert_eq!(head.get_all("cookie").count(), 3);
}

/// A cookie of 100 crumbs is legitimate.
#[test]
fn a_hundred_crumbs_pass() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default()).with_program(answering(b""));
        let head = (0..100).fold(BlockWriter::request("GET", "/"), |b, i| {
            b.field("cookie", format!("crumb{i}=value{i}"))
        });
        net.peer
            .send(&RawFrame::headers(1, head.build()).end_stream());
        net.pump();
        net.peer.expect_status(1, "200")?;
        Ok(net)
    });
}

#[test]
fn the_peers_limit_on_lists_is_obeyed() {
    // GET's four fields have 3 + 7, 5 + 7, 11 + 10, 1 + 5 octets and 32 each: 177.
    let size = GET
        .iter()
        .map(|(n, v)| n.len() + v.len() + 32)
        .sum::<usize>() as u32;
    every_split(|feed| {
        let peer = RawPeer::server(&[(setting::MAX_HEADER_LIST_SIZE, size)]);
        let mut net = Against::after_handshake(feed, Config::default(), peer);
        let long = [GET.to_vec(), vec![("a", "")]].concat();
        assert_eq!(
            net.core.client().request(&long, true),
            Err(OpenError::HeadTooLarge {
                size: size + 33,
                limit: size
            })
        );
        assert_eq!(
            net.request(&GET, false),
            1,
            "the refused one took no number"
        );
        let stream = net.stream(1);
        let trailers = [("x", "y".repeat(size as usize))];
        let refused = net.core.send(stream).trailers(&trailers);
        assert!(
            matches!(refused, Err(SendError::HeadTooLarge { .. })),
            "{refused:?}"
        );
        net.core.send(stream).trailers(&[("x", "y")]).unwrap();
        net.pump();
        net.peer.expect_fields(1, &GET)?;
        net.peer.expect_fields(1, &[("x", "y")])?;
        Ok(net)
    });
    every_split(|feed| {
        let peer = RawPeer::client(&[(setting::MAX_HEADER_LIST_SIZE, 50)]);
        let mut net = Against::after_handshake(feed, Config::default(), peer);
        net.ask(1, "/", true);
        net.pump();
        let stream = net.stream(1);
        let long = [(":status", "200"), ("server", "x")];
        let refused = net.core.server().response(stream, &long, true);
        assert_eq!(
            refused,
            Err(SendError::HeadTooLarge {
                size: 81,
                limit: 50
            })
        );
        net.respond(1, &[(":status", "200")], true);
        net.pump();
        net.peer.expect_status(1, "200")?;
        Ok(net)
    });
}

#[test]
fn an_overlong_response_is_marked() {
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        net.open("/", true);
        net.pump();
        let head = BlockWriter::response("200")
            .field("x", "y".repeat(16_300))
            .field("z", "z".repeat(90));
        for frame in RawFrame::headers(1, head.build())
            .end_stream()
            .split(&[10_000])
        {
            net.peer.send(&frame);
        }
        net.pump();
        let seen = net.events();
        assert!(
            matches!(seen[..], [Seen::Response { overlong: true, .. }]),
            "{seen:?}"
        );
        Ok(net)
    });
}

#[test]
fn what_a_program_must_not_send_is_a_typed_error() {
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        let with =
            |name: &'static str, value: &'static str| [GET.to_vec(), vec![(name, value)]].concat();
        for (head, error) in [
            (with("Upper", "x"), HeadError::FieldNameUpperCase),
            (with("", "x"), HeadError::FieldNameInvalid),
            (with("x", "a\r\nb"), HeadError::FieldValueInvalid),
            (with("x", " a"), HeadError::FieldValueEdgeSpace),
            (
                with("connection", "close"),
                HeadError::ConnectionSpecificField,
            ),
            (with("te", "gzip"), HeadError::TeInvalid),
            (with(":path", "/"), HeadError::PseudoDuplicate),
            (with(":status", "200"), HeadError::PseudoUnknown),
            (GET[..3].to_vec(), HeadError::PseudoMissing),
            (with("host", "other"), HeadError::HostDiffers),
            (with("content-length", "x"), HeadError::ContentLengthInvalid),
        ] {
            let refused = net.core.client().request(&head, true);
            assert_eq!(refused, Err(OpenError::Head(error)), "{head:?}");
        }
        net.pump();
        net.peer.expect_nothing()?;
        assert_eq!(net.open("/", true), 1, "no number was used up");
        net.pump();
        Ok(net)
    });
}

#[test]
fn writable_follows_a_short_count() {
    for role in [Role::Server, Role::Client] {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            let id = World::OPEN;
            if role == Role::Server {
                net.respond(id, &[(":status", "200")], false);
            }
            net.send(id, vec![b'a'; 65_536], false);
            let stream = net.stream(id);
            let mut more = Bytes::from(vec![b'b'; 10]);
            assert_eq!(
                net.core.send(stream).data(&mut more, true),
                Ok(0),
                "the mark is reached"
            );
            assert_eq!(more.len(), 10, "nothing was lost");
            net.pump();
            assert_eq!(net.events(), [Seen::Writable(id)]);
            assert_eq!(net.core.send(stream).data(&mut more, true), Ok(10));
            net.core.send(stream).notify_drained().unwrap();
            net.peer.send(&RawFrame::window_update(0, 100));
            net.peer.send(&RawFrame::window_update(id, 100));
            net.pump();
            assert_eq!(net.events(), [Seen::Drained(id)]);
            let sent: usize = net
                .peer
                .drain()
                .iter()
                .map(|item| match item {
                    Received::Data { data, .. } => data.len(),
                    _ => 0,
                })
                .sum();
            assert_eq!(sent, 65_546);
            Ok(net)
        });
    }
}

/// What is framed late can still be taken back: a reset drops what is queued.
#[test]
fn a_reset_drops_what_is_queued() {
    for by_us in [true, false] {
        every_split(|feed| {
            let mut net = World::new(Role::Server, feed, Config::default()).net;
            let id = World::OPEN;
            net.respond(id, &[(":status", "200")], false);
            net.send(id, vec![b'a'; 80_000], true);
            net.pump();
            net.peer.drain();
            if by_us {
                let stream = net.stream(id);
                net.core.send(stream).reset(ErrorCode::CANCEL);
            } else {
                net.peer.send(&RawFrame::rst_stream(id, code::CANCEL));
            }
            net.peer.send(&RawFrame::window_update(0, 100_000));
            net.pump();
            let rest = net.peer.drain();
            let resets = usize::from(by_us);
            assert_eq!(rest.len(), resets, "{rest:?}");
            Ok(net)
        });
    }
}
