mod deadlines;
mod full;
mod malformed;
mod points;

use crate::{
    Metadata, Status,
    cancel::Cancel,
    pair::{Pair, Seen, framed},
    wire::{ErrorCode, RequestHead, proto::config},
};
use std::time::Duration;

fn grpc() -> Metadata {
    let mut fields = Metadata::new();
    fields
        .push_reserved("content-type", b"application/grpc")
        .unwrap();
    fields
}

#[test]
fn all_four_kinds_at_every_split() {
    for chunk in [1, 2, 3, 5, 9, 14, usize::MAX] {
        for (single, streams) in [(true, false), (true, true), (false, false), (false, true)] {
            let mut pair = Pair::new();
            pair.chunk = chunk;
            pair.serving_single = single;
            let requests: &[&[u8]] = if single {
                &[b"one"]
            } else {
                &[b"one", b"", b"three"]
            };
            let replies: &[&[u8]] = if streams {
                &[b"a", b"", &[7; 40_000]]
            } else {
                &[b"a"]
            };
            for (at, message) in requests.iter().enumerate() {
                let last = single && at + 1 == requests.len();
                pair.outgoing.push(framed(message), last);
            }
            pair.open(streams, &grpc(), b"");
            pair.run();
            if !single {
                pair.half_close();
                pair.run();
            }
            assert_eq!(Pair::messages(&pair.at_server), requests, "{chunk}");
            assert_eq!(pair.at_server.last(), Some(&Seen::HalfClosed));
            pair.answer(replies);
            pair.run();
            assert_eq!(Pair::messages(&pair.at_client), replies);
            assert_eq!(pair.status(), (0, String::new()));
            assert_eq!(
                (pair.client.open_streams(), pair.server.open_streams()),
                ((0, 0), (0, 0))
            );
            assert!(pair.closed.is_empty());
        }
    }
}

#[test]
fn metadata_goes_both_ways() {
    let mut pair = Pair::new();
    let mut fields = grpc();
    fields.append("x-user", "7").unwrap();
    fields.append_bin("x-id-bin", &[0, 255]).unwrap();
    pair.request(b"q", true);
    pair.open(false, &fields, b"");
    pair.run();
    let incoming = pair.incoming.clone().unwrap();
    assert_eq!(
        (incoming.get("x-user"), incoming.get_bin("x-id-bin")),
        (Some("7"), Some(&[0, 255][..]))
    );
    let (mut head, mut trailers) = (Metadata::new(), Metadata::new());
    head.append("x-head", "h").unwrap();
    trailers.append("x-trailer", "t").unwrap();
    pair.serve(|core, wire, _| {
        core.send_head(wire, &head).unwrap();
        core.send(wire, framed(b"r"));
        core.finish(
            wire,
            &Err(Status::not_found("n\u{e9}")),
            &Metadata::new(),
            &trailers,
        );
    });
    pair.run();
    assert_eq!(pair.status(), (5, "n\u{e9}".into()));
    let Some(Seen::Head(seen)) = pair.at_client.first() else {
        panic!()
    };
    assert_eq!(seen.get("x-head"), Some("h"));
    let outcome = pair.outcome.unwrap();
    assert_eq!(outcome.trailers.get("x-trailer"), Some("t"));
}

#[test]
fn an_error_without_head_is_trailers_only() {
    let mut pair = Pair::new();
    pair.request(b"q", false);
    pair.open(true, &grpc(), b"");
    pair.run();
    let none = Metadata::new();
    pair.serve(|core, wire, _| {
        core.finish(wire, &Err(Status::aborted("no")), &none, &none);
    });
    pair.run();
    assert_eq!(pair.at_client, [Seen::Ended(10, "no".into())]);
    assert_eq!(
        pair.client.open_streams(),
        (0, 0),
        "the unfinished request was reset"
    );
    assert_eq!(pair.server.open_streams(), (0, 0));
}

#[test]
fn cardinality_is_unimplemented_both_ways() {
    for (requests, replies) in [(0, 1), (2, 1), (1, 0), (1, 2)] {
        let mut pair = Pair::new();
        pair.serving_single = true;
        for _ in 0..requests {
            pair.outgoing.push(framed(b"m"), false);
        }
        pair.outgoing.end();
        pair.open(false, &grpc(), b"");
        pair.run();
        if requests == 1 {
            let messages: Vec<&[u8]> = vec![b"r"; replies];
            pair.answer(&messages);
            pair.run();
        } else {
            assert!(matches!(pair.at_server.last(), Some(Seen::Ended(12, _))));
        }
        assert_eq!(pair.status().0, 12, "{requests} {replies}");
        assert_eq!(
            (pair.client.open_streams().0, pair.server.open_streams().1),
            (0, 0)
        );
    }
}

/// A head as it is, with octets behind it, and what comes back.
fn raw(head: RequestHead<'_>, body: &[u8], end: bool) -> Pair {
    let mut pair = Pair::new();
    let response = crate::attempt::Response {
        registry: crate::compress::Registry::standard(),
        max_receive: 1 << 20,
        streams: true,
    };
    let attempt =
        crate::attempt::AttemptCore::open(&mut pair.client, &head, response, &pair.unread).unwrap();
    let stream = attempt.stream();
    pair.attempt = Some(attempt);
    pair.want(u32::MAX);
    let sent = pair
        .client
        .send(stream)
        .data(&mut bytes::Bytes::copy_from_slice(body), end);
    sent.unwrap();
    pair.run();
    pair
}

fn head(fields: &Metadata) -> RequestHead<'_> {
    RequestHead {
        path: b"/s/m",
        authority: b"a",
        https: false,
        fields,
        timeout: b"",
    }
}

#[test]
fn heads_that_are_no_grpc_are_answered_in_http() {
    let mut html = Metadata::new();
    html.push_reserved("content-type", b"text/html").unwrap();
    for (fields, timeout, code, text) in [
        (&html, &b""[..], 2, "HTTP status 415"),
        (&Metadata::new(), b"", 2, "HTTP status 415"),
        (&grpc(), b"5x", 13, "grpc-timeout"),
        (&grpc(), b"0S", 4, "deadline"),
    ] {
        for end in [false, true] {
            let pair = raw(
                RequestHead {
                    timeout,
                    ..head(fields)
                },
                &framed(b"q"),
                end,
            );
            let status = pair.status();
            assert_eq!(status.0, code, "{status:?}");
            assert!(status.1.contains(text), "{status:?}");
            assert!(pair.served.is_none());
        }
    }
}

#[test]
fn unknown_encodings_are_refused_with_those_known() {
    let mut fields = grpc();
    fields.push_reserved("grpc-encoding", b"zstd").unwrap();
    let pair = raw(head(&fields), &framed(b"q"), true);
    assert_eq!(pair.status().0, 12);
    let trailers = pair.outcome.unwrap().trailers;
    assert_eq!(
        trailers.reserved("grpc-accept-encoding"),
        Some(&b"gzip,deflate,identity"[..])
    );
}

#[test]
fn broken_framing_ends_the_call() {
    for (body, code) in [
        (&b"\x02\0\0\0\0"[..], 13),
        (b"\x01\0\0\0\0", 13),
        (b"\0\xff\xff\xff\xff", 8),
        (b"\0\0\0\0\x05ab", 13),
        (b"\0\0", 13),
    ] {
        let pair = raw(head(&grpc()), body, true);
        assert_eq!(pair.status().0, code, "{body:?}");
        assert_eq!(
            pair.at_server.last(),
            Some(&Seen::Ended(code, "Local".into()))
        );
    }
}

#[test]
fn cancellation_has_a_reason() {
    type Act = fn(&mut Pair);
    let reasons: [(Act, Cancel); 3] = [
        (
            |pair| pair.attempt.as_mut().unwrap().cancel(&mut pair.client),
            Cancel::PeerReset(8),
        ),
        (
            |pair| {
                pair.client.close(pair.now, ErrorCode::NO_ERROR);
                pair.run();
                pair.server.handle_eof(pair.now);
            },
            Cancel::ConnectionLost,
        ),
        (
            |pair| pair.server.handle_transport_error(pair.now),
            Cancel::ConnectionLost,
        ),
    ];
    for (act, reason) in reasons {
        let mut pair = Pair::new();
        pair.request(b"q", false);
        pair.open(true, &grpc(), b"");
        pair.run();
        act(&mut pair);
        pair.run();
        let Some(Seen::Ended(_, why)) = pair.at_server.last() else {
            panic!("{:?}", pair.at_server)
        };
        assert_eq!(why, &format!("{reason:?}"));
        let ended = pair
            .at_server
            .iter()
            .filter(|seen| matches!(seen, Seen::Ended(..)));
        assert_eq!(ended.count(), 1);
    }
}

#[test]
fn unwanted_messages_wait_within_the_window() {
    let mut small = config();
    small.settings.initial_window_size = 4096;
    let mut pair = Pair::with(config(), small);
    pair.wanted = 0;
    for n in 0..100 {
        pair.request(&[n; 200], false);
    }
    pair.open(false, &grpc(), b"");
    pair.half_close();
    pair.run();
    assert!(pair.at_server.is_empty());
    for n in 1..=100 {
        pair.serve(|core, wire, out| core.want(wire, 1, out));
        pair.run();
        assert_eq!(Pair::messages(&pair.at_server).len(), n);
    }
    assert_eq!(Pair::messages(&pair.at_server)[99], [99; 200]);
    assert_eq!(pair.at_server.last(), Some(&Seen::HalfClosed));
}

#[test]
fn a_message_larger_than_every_window_arrives() {
    let mut pair = Pair::new();
    pair.limit = 4 << 20;
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    pair.request(&large, true);
    pair.open(false, &grpc(), b"");
    pair.run();
    assert!(Pair::messages(&pair.at_server) == std::slice::from_ref(&large));
    pair.answer(&[&large]);
    pair.run();
    assert_eq!(Pair::messages(&pair.at_client), [large]);
    assert_eq!(pair.status().0, 0);
}

#[test]
fn a_full_stream_says_when_there_is_room() {
    let mut pair = Pair::new();
    pair.wanted = 0;
    pair.request(b"q", true);
    pair.open(true, &grpc(), b"");
    pair.run();
    let none = Metadata::new();
    pair.serve(|core, wire, _| core.send_head(wire, &none).unwrap());
    // The client's window and the queue take a bounded part; then nothing is writable until the client reads.
    let mut rounds = 0;
    loop {
        pair.serve(
            |core, wire, _| {
                while core.send(wire, framed(&[0; 10_000])) == super::SendState::Room {}
            },
        );
        pair.run();
        if pair.at_server.pop() != Some(Seen::Writable) {
            break;
        }
        rounds += 1;
        assert!(rounds < 100);
    }
    pair.at_server.clear();
    pair.want(u32::MAX - 1);
    pair.run();
    assert!(pair.at_server.contains(&Seen::Writable));
}

#[test]
fn compressed_messages_are_read_and_answered_in_kind() {
    let mut fields = grpc();
    fields.push_reserved("grpc-encoding", b"gzip").unwrap();
    fields
        .push_reserved("grpc-accept-encoding", b"gzip")
        .unwrap();
    let gzip = crate::compress::Gzip::default();
    let message = vec![9; 10_000];
    let packed = crate::compress::pack(&message, &gzip).unwrap().unwrap();
    let mut pair = raw(head(&fields), packed.as_bytes(), true);
    assert!(Pair::messages(&pair.at_server) == std::slice::from_ref(&message));
    let none = Metadata::new();
    pair.serve(|core, wire, _| {
        assert_eq!(core.compressor().unwrap().name(), "gzip");
        core.send_head(wire, &none).unwrap();
        core.send(wire, packed.clone().into_bytes());
        core.finish(wire, &Ok(()), &none, &none);
    });
    pair.run();
    assert_eq!(Pair::messages(&pair.at_client), [message]);
    assert_eq!(pair.status().0, 0);
}

/// A bomb is stopped at the limit.
#[test]
fn what_inflates_beyond_the_limit_is_resource_exhausted() {
    let mut fields = grpc();
    fields.push_reserved("grpc-encoding", b"gzip").unwrap();
    let gzip = crate::compress::Gzip::default();
    let packed = crate::compress::pack(&vec![0; 2 << 20], &gzip)
        .unwrap()
        .unwrap();
    let pair = raw(head(&fields), packed.as_bytes(), true);
    assert_eq!(pair.status().0, 8);
}

/// Above the bound the connection's credit, too, waits for readers; a call that ends gives back what it owes.
#[test]
fn what_nobody_reads_is_bounded_over_the_connection() {
    const MIB: usize = 1 << 20;
    let start = || {
        let mut wide = config();
        wide.settings.initial_window_size = 64 << 20;
        let mut pair = Pair::with(config(), wide);
        pair.wanted = 0;
        for _ in 0..24 {
            pair.request(&vec![7; MIB - 5], false);
        }
        pair.open(false, &grpc(), b"");
        pair.half_close();
        pair.run();
        let held = pair.unread.octets();
        assert!((16 * MIB..=18 * MIB).contains(&held), "{held}");
        pair
    };
    let mut pair = start();
    pair.serve(|core, wire, out| core.want(wire, 100, out));
    pair.run();
    assert_eq!(Pair::messages(&pair.at_server).len(), 24);
    assert_eq!(
        (pair.at_server.last(), pair.unread.octets()),
        (Some(&Seen::HalfClosed), 0)
    );

    let mut pair = start();
    let none = Metadata::new();
    pair.serve(|core, wire, _| core.finish(wire, &Err(Status::aborted("no")), &none, &none));
    pair.run();
    assert_eq!((pair.status().0, pair.unread.octets()), (10, 0));
    // The window is whole again: as much as before fits.
    (pair.outgoing, pair.served) = (Default::default(), None);
    pair.at_client.clear();
    pair.wanted = u32::MAX;
    for _ in 0..24 {
        pair.request(&vec![7; MIB - 5], false);
    }
    pair.at_server.clear();
    pair.open(false, &grpc(), b"");
    pair.run();
    assert_eq!(Pair::messages(&pair.at_server).len(), 24);
}
