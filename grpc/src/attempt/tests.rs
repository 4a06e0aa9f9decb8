use crate::{
    Metadata,
    pair::{Pair, Seen},
    wire::ErrorCode,
};
use bywash_proto::event::{Event, Step};

/// A call whose response is written by hand: head, body, trailers.
fn scripted(
    head: &[(&str, &str)],
    body: &[u8],
    trailers: Option<&[(&str, &str)]>,
    end_on_data: bool,
) -> Pair {
    let mut pair = Pair::new();
    let mut fields = Metadata::new();
    fields
        .push_reserved("content-type", b"application/grpc")
        .unwrap();
    pair.request(b"q", true);
    pair.open(true, &fields, b"");
    let mut wire = Vec::new();
    let transmit = pair.client.transmit(pair.now);
    transmit
        .chunks()
        .for_each(|chunk| wire.extend_from_slice(chunk));
    transmit.advance(wire.len());
    let mut input = &wire[..];
    let only_head = body.is_empty() && trailers.is_none() && !end_on_data;
    while let Step::Event(event) = pair.server.next_event(pair.now, &mut input) {
        let Event::Request { stream, .. } = event else {
            continue;
        };
        pair.server.response(stream, head, only_head).unwrap();
        if !body.is_empty() || end_on_data {
            let mut body = bytes::Bytes::copy_from_slice(body);
            pair.server
                .send(stream)
                .data(&mut body, end_on_data)
                .unwrap();
        }
        if let Some(trailers) = trailers {
            pair.server.send(stream).trailers(trailers).unwrap();
        }
    }
    pair.run();
    pair
}

/// Head, body, trailers, whether DATA ends it, and the code expected.
type Case<'a> = (Fields<'a>, &'a [u8], Option<Fields<'a>>, bool, u32);
type Fields<'a> = &'a [(&'a str, &'a str)];

const OK: (&str, &str) = (":status", "200");
const GRPC: (&str, &str) = ("content-type", "application/grpc");
const FINE: &[(&str, &str)] = &[("grpc-status", "0")];

#[test]
fn ends_that_say_nothing_have_their_codes() {
    let head: &[(&str, &str)] = &[OK, GRPC];
    let cases: [Case; 14] = [
        (head, b"\0\0\0\0\x01a", Some(FINE), false, 0),
        (head, b"\0\0\0\0\x02a", Some(FINE), false, 13),
        (head, b"\0\0\0\0\x01a", None, true, 13),
        (head, b"\0\0\0\0\x01a", Some(&[("x", "y")]), false, 2),
        (
            head,
            b"\0\0\0\0\x01a",
            Some(&[("grpc-status", "0"), ("grpc-status", "5")]),
            false,
            2,
        ),
        (
            head,
            b"\0\0\0\0\x01a",
            Some(&[("grpc-status", "77")]),
            false,
            77,
        ),
        (head, b"", None, false, 2),
        (&[OK, GRPC, ("grpc-status", "0")], b"", None, false, 0),
        (&[(":status", "503")], b"", None, false, 14),
        (
            &[(":status", "404"), ("content-type", "text/html")],
            b"lost",
            None,
            true,
            12,
        ),
        (&[(":status", "431")], b"x", None, true, 13),
        (
            &[(":status", "503"), GRPC, ("grpc-status", "7")],
            b"",
            None,
            false,
            7,
        ),
        (
            &[OK, ("content-type", "text/plain")],
            b"hello",
            None,
            true,
            2,
        ),
        (&[OK, GRPC, ("grpc-encoding", "zstd")], b"x", None, true, 13),
    ];
    for (head, body, trailers, end_on_data, code) in cases {
        let pair = scripted(head, body, trailers, end_on_data);
        assert_eq!(
            pair.status().0,
            code,
            "{head:?} {trailers:?}: {:?}",
            pair.at_client
        );
    }
    let pair = scripted(&[OK, ("content-type", "text/plain")], b"hello", None, true);
    assert!(pair.status().1.contains("hello"));
}

#[test]
fn messages_come_before_the_status_that_follows_them() {
    let pair = scripted(
        &[OK, GRPC],
        b"\0\0\0\0\x01a\0\0\0\0\0",
        Some(&[("grpc-status", "9")]),
        false,
    );
    assert!(matches!(
        &pair.at_client[..],
        [Seen::Head(_), Seen::Message(a), Seen::Message(b), Seen::Ended(9, _)] if a == b"a" && b.is_empty()
    ));
}

#[test]
fn a_reset_has_the_code_of_its_reason() {
    for (code, expected) in [(0, 13), (1, 13), (7, 14), (8, 1), (11, 8), (12, 7), (99, 2)] {
        let mut pair = Pair::new();
        let mut fields = Metadata::new();
        fields
            .push_reserved("content-type", b"application/grpc")
            .unwrap();
        pair.open(true, &fields, b"");
        pair.run();
        let stream = pair.served.as_ref().unwrap().stream();
        pair.server.send(stream).reset(ErrorCode(code));
        pair.run();
        assert_eq!(pair.status().0, expected, "{code}");
        assert_eq!(pair.outcome.unwrap().reset, Some(code));
    }
}

/// The frames of the client's stream: type, flags and octets.
fn frames(pair: &mut Pair) -> Vec<(u8, u8, usize)> {
    let mut wire = Vec::new();
    let transmit = pair.client.transmit(pair.now);
    transmit
        .chunks()
        .for_each(|chunk| wire.extend_from_slice(chunk));
    transmit.advance(wire.len());
    let mut rest = &wire[..];
    let mut seen = Vec::new();
    while let [a, b, c, kind, flags, s1, s2, s3, s4, more @ ..] = rest {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        if [*s1, *s2, *s3, *s4] == [0, 0, 0, 1] {
            seen.push((*kind, *flags, length));
        }
        rest = &more[length..];
    }
    seen
}

/// Servers there are that wait for DATA where a head ended the request: that never does.
#[test]
fn a_request_ends_with_its_last_message_or_with_empty_data() {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const END_STREAM: u8 = 1;
    let fields = Metadata::new();

    // The last message is known to be the last.
    let mut pair = Pair::new();
    pair.request(b"q", true);
    pair.open(false, &fields, b"");
    let seen = frames(&mut pair);
    assert!(
        matches!(seen[0], (HEADERS, flags, _) if flags & END_STREAM == 0),
        "{seen:?}"
    );
    assert_eq!(seen[1..], [(DATA, END_STREAM, 6)]);

    // It is not.
    let mut pair = Pair::new();
    pair.request(b"q", false);
    pair.open(true, &fields, b"");
    assert_eq!(frames(&mut pair)[1..], [(DATA, 0, 6)]);
    pair.half_close();
    assert_eq!(frames(&mut pair), [(DATA, END_STREAM, 0)]);

    // There is none.
    let mut pair = Pair::new();
    pair.outgoing.end();
    pair.open(true, &fields, b"");
    let seen = frames(&mut pair);
    assert!(
        matches!(seen[0], (HEADERS, flags, _) if flags & END_STREAM == 0),
        "{seen:?}"
    );
    assert_eq!(seen[1..], [(DATA, END_STREAM, 0)]);
}
