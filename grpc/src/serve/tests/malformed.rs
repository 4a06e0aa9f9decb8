//! What is malformed, at every point of every kind of call, to a client and to a server: frames written by hand.

use super::*;
use crate::{
    code::Code,
    malformed::{
        FINE, GRPC, GZIP, LIMIT, MESSAGES, OK, data, head, message, of_clients, of_servers,
    },
};

/// Both kinds of each side.
const KINDS: [(bool, bool); 4] = [(true, false), (true, true), (false, false), (false, true)];

fn pair(single: bool, chunk: usize) -> Pair {
    let mut pair = Pair::new();
    pair.limit = LIMIT;
    pair.serving_single = single;
    pair.chunk = chunk;
    pair
}

fn in_pieces(octets: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    octets.chunks(size.min(octets.len().max(1)))
}

/// A call at whose client `frames` come; the call's end there.
fn at_client(kind: (bool, bool), frames: &[u8], chunk: usize) -> (Pair, u32) {
    let (single, streams) = kind;
    let mut pair = pair(single, usize::MAX);
    pair.request(b"q", single);
    pair.open(streams, &grpc(), b"");
    pair.run();
    for piece in in_pieces(frames, chunk) {
        pair.feed_client(piece);
    }
    pair.run();
    let (code, _) = pair.status();
    (pair, code)
}

#[test]
fn a_client_ends_a_malformed_response_once_with_its_code() {
    let mut cases = 0;
    for kind in KINDS {
        let messages = if kind.1 {
            &MESSAGES[..]
        } else {
            &MESSAGES[..1]
        };
        for (points, case) in
            (0..=messages.len()).flat_map(|n| of_servers().into_iter().map(move |case| (n, case)))
        {
            let mut frames = head(false, &[OK, GRPC]);
            for text in &messages[..points] {
                frames.extend(data(false, &message(0, text.len(), text)));
            }
            for wrong in &case.frames {
                frames.extend_from_slice(wrong);
            }
            for chunk in [1, 7, usize::MAX] {
                let (pair, code) = at_client(kind, &frames, chunk);
                let what = format!("{kind:?}, {} after {points}, by {chunk}", case.name);
                assert_eq!(code, case.code.as_u32(), "{what}");
                let came = Pair::messages(&pair.at_client);
                // The one message of a call that fails is nobody's.
                if kind.1 {
                    assert_eq!(came, &messages[..points], "{what}");
                }
                assert_eq!(pair.client.open_streams(), (0, 0), "{what}");
                assert!(pair.closed.is_empty(), "{what}: {:?}", pair.closed);
                assert_eq!(pair.unread.octets(), 0, "{what}");
                cases += 1;
            }
        }
    }
    assert!(cases > 500, "{cases}");
}

/// What comes behind an end is not the call's.
#[test]
fn what_follows_trailers_changes_nothing() {
    for kind in KINDS {
        let whole = [
            head(false, &[OK, GRPC]),
            data(false, &message(0, 1, b"m")),
            head(true, &[FINE]),
        ]
        .concat();
        for more in [
            head(true, &[("grpc-status", "5")]),
            head(true, &[FINE]),
            data(true, &message(0, 1, b"m")),
        ] {
            let frames = [whole.clone(), more].concat();
            for chunk in [1, usize::MAX] {
                let (pair, code) = at_client(kind, &frames, chunk);
                assert_eq!(code, 0);
                assert_eq!(Pair::messages(&pair.at_client).len(), 1);
            }
        }
    }
}

/// Where the head should be.
#[test]
fn what_comes_before_a_head_is_no_response() {
    for kind in KINDS {
        for (frames, code) in [
            (data(false, &message(0, 1, b"m")), Code::Internal),
            (head(true, &[FINE]), Code::Internal),
            (head(true, &[OK, GRPC]), Code::Unknown),
            (head(true, &[("x-a", "b")]), Code::Internal),
            (
                head(false, &[OK, GRPC, ("grpc-encoding", "none-such")]),
                Code::Internal,
            ),
            (
                [
                    head(false, &[OK, GRPC, GZIP]),
                    data(false, &message(1, 4, b"junk")),
                ]
                .concat(),
                Code::Internal,
            ),
        ] {
            for chunk in [1, usize::MAX] {
                let (pair, got) = at_client(kind, &frames, chunk);
                assert_eq!(got, code.as_u32(), "{kind:?} {frames:?}");
                assert_eq!(pair.client.open_streams(), (0, 0));
            }
        }
    }
}

#[test]
fn a_server_ends_a_malformed_request_once_with_its_code() {
    let mut cases = 0;
    for kind in KINDS {
        let (single, streams) = kind;
        let messages = if single {
            &MESSAGES[..1]
        } else {
            &MESSAGES[..]
        };
        for (points, case) in
            (0..=messages.len()).flat_map(|n| of_clients().into_iter().map(move |case| (n, case)))
        {
            let mut frames = Vec::new();
            for text in &messages[..points] {
                frames.extend(data(false, &message(0, text.len(), text)));
            }
            for wrong in &case.frames {
                frames.extend_from_slice(wrong);
            }
            for chunk in [1, 7, usize::MAX] {
                let what = format!("{kind:?}, {} after {points}, by {chunk}", case.name);
                let mut pair = pair(single, usize::MAX);
                pair.open(streams, &grpc(), b"");
                pair.run();
                for piece in in_pieces(&frames, chunk) {
                    pair.feed_server(piece);
                }
                pair.run();
                let ends = pair.at_server.iter();
                let ends = ends.filter(|seen| matches!(seen, Seen::Ended(..)));
                assert_eq!(ends.count(), 1, "{what}: {:?}", pair.at_server);
                assert!(
                    matches!(pair.at_server.last(), Some(Seen::Ended(..))),
                    "{what}"
                );
                assert_eq!(
                    pair.status().0,
                    case.code.as_u32(),
                    "{what}: {:?}",
                    pair.status()
                );
                let came = Pair::messages(&pair.at_server);
                assert_eq!(came, &messages[..points], "{what}");
                assert!(!pair.at_server.contains(&Seen::HalfClosed), "{what}");
                assert_eq!(pair.server.open_streams(), (0, 0), "{what}");
                assert!(pair.closed.is_empty(), "{what}: {:?}", pair.closed);
                assert_eq!(pair.unread.octets(), 0, "{what}");
                cases += 1;
            }
        }
    }
    assert!(cases > 300, "{cases}");
}

/// A client that has ended its request and goes on breaks HTTP/2: the call ends, once, unless it had.
#[test]
fn what_follows_the_end_of_a_request_is_refused() {
    for (kind, answered) in KINDS
        .iter()
        .flat_map(|kind| [(*kind, false), (*kind, true)])
    {
        for more in [
            head(true, &[("x-a", "b")]),
            data(true, b""),
            data(false, b"x"),
        ] {
            let mut pair = pair(kind.0, usize::MAX);
            pair.open(kind.1, &grpc(), b"");
            pair.run();
            pair.feed_server(&data(true, &message(0, 1, b"m")));
            assert_eq!(pair.at_server.last(), Some(&Seen::HalfClosed));
            if answered {
                pair.answer(&[b"r"]);
                pair.run();
            }
            pair.feed_server(&more);
            pair.run();
            let ended = matches!(pair.at_server.last(), Some(Seen::Ended(..)));
            assert_eq!(ended, !answered, "{:?}", pair.at_server);
            let (code, text) = pair.status();
            let expected = if answered { Code::Ok } else { Code::Internal };
            assert_eq!(code, expected.as_u32(), "{kind:?} {more:?}: {text}");
        }
    }
}
