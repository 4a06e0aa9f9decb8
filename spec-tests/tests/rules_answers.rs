//! What we send ourselves (RFC 9113 8, RFC 9110): heads of any size, answers without a body, tunnels.

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::error::SendError;
use bywash_proto::vocabulary::{ErrorCode, FrameType, Instant};
use bywash_spec_tests::pair::{Against, Feed, Seen, every_split};
use bywash_spec_tests::raw::wire::setting;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Role};

#[test]
fn a_long_head_goes_in_several_frames() {
    // Octets whose Huffman code is longer, so that they go as they are.
    let value = "|".repeat(40_000);
    for (limit, frames) in [(16_384, 3), (30_000, 2), (50_000, 1)] {
        every_split(|feed| {
            let peer = RawPeer::client(&[(setting::MAX_FRAME_SIZE, limit)]);
            let mut net = Against::after_handshake(feed, Config::default(), peer);
            net.ask(1, "/", true);
            net.pump();
            net.respond(1, &[(":status", "200"), ("x-long", &value)], false);
            let stream = net.stream(1);
            net.core
                .send(stream)
                .trailers(&[("x-long", &value)])
                .unwrap();
            net.pump();
            let head = net.peer.expect_headers(1)?;
            assert_eq!((head.frames, head.end_stream), (frames, false));
            assert_eq!(head.get("x-long"), Some(value.as_bytes()));
            assert!(net.peer.expect_headers(1)?.end_stream);
            let sent = net.core.stats().frames_sent;
            assert!(sent.of(FrameType::CONTINUATION) >= frames as u64 - 1);
            Ok(net)
        });
    }
}

#[test]
fn answers_without_a_body() {
    for (method, status, length) in [
        ("HEAD", "200", "42"),
        ("GET", "304", "42"),
        ("GET", "204", ""),
    ] {
        every_split(|feed| {
            let mut net = Against::server(feed, Config::default());
            for id in [1, 3] {
                let head = BlockWriter::request(method, "/");
                net.peer
                    .send(&RawFrame::headers(id, head.build()).end_stream());
            }
            net.pump();
            let all = [(":status", status), ("content-length", length)];
            let head = if length.is_empty() {
                &all[..1]
            } else {
                &all[..]
            };
            net.respond(1, head, true);
            net.respond(3, head, false);
            let three = net.stream(3);
            let mut body = Bytes::from_static(b"x");
            let refused = net.core.send(three).data(&mut body, true);
            assert_eq!(refused, Err(SendError::Length), "{method} {status}");
            net.send(3, "", true);
            net.pump();
            assert!(net.peer.expect_status(1, status)?.end_stream);
            net.peer.expect_status(3, status)?;
            assert!(net.peer.expect_data(3, b"")?);
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}

#[test]
fn an_end_at_once_must_match_the_length() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        net.ask(1, "/", true);
        net.pump();
        let stream = net.stream(1);
        let head = [(":status", "200"), ("content-length", "3")];
        let refused = net.core.server().response(stream, &head, true);
        assert_eq!(refused, Err(SendError::Length));
        net.respond(1, &head, false);
        net.send(1, "abc", true);
        net.pump();
        net.peer.expect_status(1, "200")?;
        assert!(net.peer.expect_data(1, b"abc")?);
        Ok(net)
    });
}

#[test]
fn a_client_opens_a_tunnel() {
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        let connect = [(":method", "CONNECT"), (":authority", "a:443")];
        let id = net.request(&connect, false);
        net.send(id, "before the answer", false);
        net.pump();
        net.peer.expect_fields(id, &connect)?;
        assert!(!net.peer.expect_data(id, b"before the answer")?);
        net.answer(id, "200", false);
        net.peer.send(&RawFrame::data(id, "down"));
        net.pump();
        net.send(id, "up", true);
        net.pump();
        assert!(net.peer.expect_data(id, b"up")?);
        net.peer.send(&RawFrame::data(id, "").end_stream());
        net.pump();
        let seen = net.events();
        assert!(matches!(seen[0], Seen::Response { end: false, .. }));
        assert_eq!(seen[1..], [Seen::data(id, "down", true)]);
        Ok(net)
    });
}

/// A time that goes back is read as the latest seen.
#[test]
fn time_never_goes_back() {
    for role in [Role::Server, Role::Client] {
        let peer = match role {
            Role::Server => RawPeer::client(&[]),
            Role::Client => RawPeer::server(&[]),
        };
        let mut net = Against::new(Feed::Whole, Config::default(), peer);
        net.pump();
        let late = Instant::from_nanos(9_000_000_000);
        net.core.handle_timeout(late);
        assert_eq!(net.now(), Instant::ZERO);
        net.receive(&RawFrame::settings_ack().encode());
        net.core.ping(Instant::ZERO, [1; 8]).unwrap();
        net.core.handle_timeout(Instant::from_nanos(1));
        let at = net.core.poll_timeout();
        assert!(at.is_none_or(|at| at > late), "{at:?}");
        net.core.close(Instant::ZERO, ErrorCode::NO_ERROR);
        net.pump();
        assert!(net.guard().is_closed());
    }
}
