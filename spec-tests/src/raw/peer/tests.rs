use super::super::hpack::reader::BlockFault;
use super::super::hpack::{BlockWriter, Field};
use super::super::wire::{self, code};
use super::*;

/// A raw server that has read a client's preface and SETTINGS.
fn server(entries: &[(u16, u32)]) -> RawPeer {
    let mut peer = RawPeer::server(entries).with_windows();
    peer.receive(PREFACE);
    peer.receive(&RawFrame::settings(&[]).encode());
    peer.skip_settings();
    peer
}

/// A raw client that has read a server's SETTINGS and opened stream 1.
fn client() -> RawPeer {
    let mut peer = RawPeer::client(&[]).with_windows();
    peer.receive(&RawFrame::settings(&[]).encode());
    peer.skip_settings();
    peer.send(&RawFrame::headers(1, BlockWriter::request("GET", "/")).end_stream());
    peer
}

fn fault(mut peer: RawPeer, frames: &[RawFrame]) -> PeerFault {
    for frame in frames {
        assert_eq!(peer.fault(), None);
        peer.receive(&frame.encode());
    }
    peer.fault().cloned().unwrap()
}

#[test]
fn two_raw_peers_talk() {
    let mut client = RawPeer::client(&[(setting::MAX_CONCURRENT_STREAMS, 7)])
        .with_auto_ack()
        .with_windows();
    let mut server = RawPeer::server(&[]).with_auto_ack().with_windows();
    let exchange = |client: &mut RawPeer, server: &mut RawPeer| {
        while !(client.output().is_empty() && server.output().is_empty()) {
            // One octet at a time: no split may matter.
            client
                .take_output()
                .chunks(1)
                .for_each(|octet| server.receive(octet));
            server
                .take_output()
                .chunks(1)
                .for_each(|octet| client.receive(octet));
        }
    };
    exchange(&mut client, &mut server);
    assert_eq!(server.expect_settings().unwrap(), [(3, 7)]);
    server.expect_settings_ack().unwrap();
    assert_eq!(client.skip_settings(), 2);

    let block = BlockWriter::request("POST", "/a")
        .never("secret", "1")
        .build();
    client.send_all(&RawFrame::headers(1, block).split(&[3, 0]));
    client.send(&RawFrame::data(1, b"hello").padded(3).end_stream());
    client.send(&RawFrame::ping(*b"12345678"));
    exchange(&mut client, &mut server);
    let head = server.expect_headers(1).unwrap();
    assert_eq!(
        (head.frames, head.end_stream, head.get(":path")),
        (3, false, Some(&b"/a"[..]))
    );
    assert_eq!(head.fields.last(), Some(&Field::never("secret", "1")));
    assert!(server.expect_data(1, b"hello").unwrap());
    assert_eq!(server.expect_ping().unwrap(), *b"12345678");
    client.expect_ping_ack(*b"12345678").unwrap();
    assert_eq!((client.may_send(1), client.may_send(0)), (65_526, 65_526));
    assert_eq!(server.may_receive(1), 65_526);

    server.send(&RawFrame::window_update(0, 9));
    server.send(&RawFrame::headers(1, BlockWriter::response("200")));
    server.send(&RawFrame::data(1, b"wo"));
    server.send(&RawFrame::data(1, b"rld"));
    server.send(&RawFrame::headers(1, BlockWriter::fields(&[("t", "1")])).end_stream());
    server.send(&RawFrame::goaway(1, code::NO_ERROR, b"bye"));
    exchange(&mut client, &mut server);
    assert_eq!(client.expect_window_update(0).unwrap(), 9);
    client.expect_status(1, "200").unwrap();
    assert!(!client.expect_body(1, b"world").unwrap());
    assert!(client.expect_fields(1, &[("t", "1")]).unwrap().end_stream);
    assert_eq!(client.expect_goaway(code::NO_ERROR).unwrap().debug, b"bye");
    client.expect_nothing().unwrap();
    server.expect_nothing().unwrap();
    assert_eq!(server.open_streams(), 0);
    client.receive_eof();
    client.expect_eof().unwrap();
}

#[test]
fn failures_tell_all() {
    let mut peer = client();
    peer.receive(&RawFrame::rst_stream(1, code::CANCEL).encode());
    peer.receive(&RawFrame::ping([0; 8]).encode());
    peer.receive(&RawFrame::data(1, b"x").encode());
    let failure = peer
        .expect_rst(1, code::PROTOCOL_ERROR)
        .unwrap_err()
        .to_string();
    for part in [
        "RST_STREAM stream=1 PROTOCOL_ERROR",
        "got RST_STREAM stream=1 CANCEL",
        "waiting: Ping",
        "after RST",
    ] {
        assert!(failure.contains(part), "{part} is not in {failure}");
    }
    assert!(failure.contains("peer/tests.rs"), "{failure}");
    assert!(peer.expect_nothing().is_err());
    // An item that was not wanted is taken all the same, but not by expect_nothing.
    assert_eq!(peer.drain(), [Received::Ping([0; 8])]);
}

#[test]
fn find_leaves_the_others() {
    let mut peer = client();
    peer.receive(&RawFrame::ping([1; 8]).encode());
    peer.receive(&RawFrame::ping([2; 8]).encode());
    assert_eq!(
        peer.find(|item| *item == Received::Ping([2; 8])),
        Some(Received::Ping([2; 8]))
    );
    assert_eq!(peer.find(|item| *item == Received::Ping([2; 8])), None);
    assert_eq!(peer.expect_ping().unwrap(), [1; 8]);
}

#[test]
fn starts_are_judged() {
    let mut peer = RawPeer::server(&[]);
    peer.receive(b"PRI * HTTP/1");
    assert_eq!(
        peer.fault(),
        Some(&PeerFault::Preface(b"PRI * HTTP/1".to_vec()))
    );
    let peer = RawPeer::client(&[]);
    assert_eq!(
        fault(peer, &[RawFrame::settings_ack()]),
        PeerFault::FirstFrame(kind::SETTINGS)
    );
    let peer = RawPeer::new(Role::Client);
    let frames = [RawFrame::settings(&[]), RawFrame::settings_ack()];
    assert_eq!(fault(peer, &frames), PeerFault::UnaskedSettingsAck);
    assert_eq!(
        fault(client(), &[RawFrame::ping_ack([3; 8])]),
        PeerFault::UnaskedPingAck([3; 8])
    );
    let mut peer = client();
    peer.receive(&RawFrame::ping([0; 8]).encode()[..12]);
    peer.receive_eof();
    assert_eq!(peer.fault(), Some(&PeerFault::EofInsideFrame));
}

#[test]
fn blocks_are_judged() {
    let head = RawFrame::headers(1, BlockWriter::response("200"));
    let inside = [head.clone().unfinished(), RawFrame::ping([0; 8])];
    assert_eq!(fault(client(), &inside), PeerFault::InsideBlock(kind::PING));
    let other = [head.clone().unfinished(), RawFrame::continuation(3, vec![])];
    assert_eq!(
        fault(client(), &other),
        PeerFault::InsideBlock(kind::CONTINUATION)
    );
    assert_eq!(
        fault(client(), &[RawFrame::continuation(1, vec![])]),
        PeerFault::StrayContinuation(1)
    );
    let broken = RawFrame::headers(1, BlockWriter::new().indexed(0));
    assert_eq!(
        fault(client(), &[broken]),
        PeerFault::Block {
            stream: 1,
            fault: BlockFault::IndexZero
        }
    );
}

#[test]
fn a_table_reduction_binds_from_its_acknowledgement() {
    let reply = RawFrame::headers(1, BlockWriter::response("200"));
    let mut peer = client();
    peer.send(&RawFrame::settings(&[(setting::HEADER_TABLE_SIZE, 0)]));
    peer.receive(&RawFrame::settings_ack().encode()); // the first, empty SETTINGS
    peer.receive(&reply.encode());
    assert_eq!(peer.fault(), None);
    let trailers = |block: BlockWriter| RawFrame::headers(1, block.field("t", "1")).end_stream();
    let missing = PeerFault::Block {
        stream: 1,
        fault: BlockFault::MissingSizeUpdate { at_most: 0 },
    };
    assert_eq!(
        fault(
            peer.clone(),
            &[RawFrame::settings_ack(), trailers(BlockWriter::new())]
        ),
        missing
    );
    peer.receive(&RawFrame::settings_ack().encode());
    peer.receive(&trailers(BlockWriter::new().size_update(0)).encode());
    assert_eq!(peer.fault(), None);
}

#[test]
fn order_on_streams_is_judged() {
    let head = RawFrame::headers(1, BlockWriter::response("200"));
    let after = |frame: RawFrame| fault(client(), &[head.clone(), frame]);
    assert_eq!(after(head.clone()), PeerFault::TrailersWithoutEnd(1));
    let early = RawFrame::headers(1, BlockWriter::response("103"));
    assert_eq!(
        fault(client(), &[early.clone().end_stream()]),
        PeerFault::InformationalWithEnd(1)
    );
    assert_eq!(
        fault(client(), &[early, RawFrame::data(1, b"")]),
        PeerFault::DataBeforeHead(1)
    );
    let ended = [head.clone().end_stream(), RawFrame::data(1, b"")];
    assert_eq!(
        fault(client(), &ended),
        PeerFault::AfterEnd {
            stream: 1,
            kind: kind::DATA
        }
    );
    let reset = [RawFrame::rst_stream(1, 0), RawFrame::window_update(1, 1)];
    assert_eq!(
        fault(client(), &reset),
        PeerFault::AfterReset {
            stream: 1,
            kind: kind::WINDOW_UPDATE
        }
    );
    assert_eq!(
        fault(client(), &[head.clone().on(3)]),
        PeerFault::OnIdleStream {
            stream: 3,
            kind: kind::HEADERS
        }
    );
    let goaways = [RawFrame::goaway(1, 0, b""), RawFrame::goaway(3, 0, b"")];
    assert_eq!(
        fault(client(), &goaways),
        PeerFault::GoAwayGrew { before: 1, now: 3 }
    );
    // A server may ask to stop after its response is complete (RFC 9113 8.1).
    let mut peer = client();
    peer.receive(&head.end_stream().encode());
    peer.receive(&RawFrame::rst_stream(1, code::NO_ERROR).encode());
    assert_eq!(peer.fault(), None);
}

#[test]
fn clients_open_streams_by_the_rules() {
    let request = |stream| RawFrame::headers(stream, BlockWriter::request("GET", "/"));
    assert_eq!(fault(server(&[]), &[request(2)]), PeerFault::StreamId(2));
    assert_eq!(
        fault(server(&[]), &[request(5), request(3)]),
        PeerFault::StreamId(3)
    );
    assert_eq!(
        fault(server(&[]), &[RawFrame::push_promise(1, 2, &[0x82])]),
        PeerFault::Push(2)
    );
    let entries = [(setting::MAX_CONCURRENT_STREAMS, 1)];
    let mut peer = server(&entries);
    peer.receive(&request(1).encode());
    peer.receive(&request(3).encode()); // the limit is not acknowledged yet
    assert_eq!((peer.fault(), peer.open_streams()), (None, 2));
    peer.send(&RawFrame::rst_stream(1, 0));
    let over = PeerFault::TooManyStreams { open: 2, limit: 1 };
    assert_eq!(fault(peer, &[RawFrame::settings_ack(), request(5)]), over);
}

#[test]
fn pushes_are_judged() {
    let push = RawFrame::push_promise(1, 2, &BlockWriter::request("GET", "/p").build());
    let mut peer = client();
    peer.receive(&push.encode());
    peer.receive(
        &RawFrame::headers(2, BlockWriter::response("200"))
            .end_stream()
            .encode(),
    );
    assert_eq!(peer.fault(), None);
    assert!(matches!(
        peer.next_received(),
        Some(Received::PushPromise {
            stream: 1,
            promised: 2,
            ..
        })
    ));
    assert_eq!(
        fault(client(), &[push.clone(), push.clone()]),
        PeerFault::Push(2)
    );
    let mut peer = client();
    peer.send(&RawFrame::settings(&[(setting::ENABLE_PUSH, 0)]));
    let frames = [RawFrame::settings_ack(), RawFrame::settings_ack(), push];
    assert_eq!(fault(peer, &frames), PeerFault::Push(2));
}

#[test]
fn windows_are_judged_if_asked() {
    let mut peer = client();
    peer.send(&RawFrame::settings(&[(setting::INITIAL_WINDOW_SIZE, 10)]));
    peer.receive(&RawFrame::settings_ack().encode());
    peer.receive(&RawFrame::headers(1, BlockWriter::response("200")).encode());
    peer.receive(&RawFrame::data(1, [0; 11]).encode()); // the smaller window is not acknowledged yet
    assert_eq!(peer.fault(), None);
    let beyond = PeerFault::BeyondWindow {
        stream: 1,
        excess: 2,
    };
    assert_eq!(
        fault(
            peer.clone(),
            &[RawFrame::settings_ack(), RawFrame::data(1, b"x")]
        ),
        beyond
    );
    peer.send(&RawFrame::window_update(1, 2));
    peer.receive(&RawFrame::settings_ack().encode());
    peer.receive(&RawFrame::data(1, b"x").encode());
    assert_eq!((peer.fault(), peer.may_receive(1)), (None, 0));
    let overflow = RawFrame::window_update(0, wire::MAX_31);
    assert_eq!(fault(client(), &[overflow]), PeerFault::WindowOverflow(0));
}

#[test]
fn untracked_octets_relax_what_depends_on_them() {
    let mut peer = client();
    let mut octets = RawFrame::headers(3, BlockWriter::request("GET", "/"))
        .end_stream()
        .encode();
    octets.extend(RawFrame::ping([9; 8]).encode());
    peer.send_bytes(&octets);
    peer.receive(&RawFrame::ping_ack([9; 8]).encode());
    peer.receive(
        &RawFrame::headers(3, BlockWriter::response("200"))
            .end_stream()
            .encode(),
    );
    assert_eq!(peer.fault(), None);
    let late = fault(peer, &[RawFrame::data(3, b"")]);
    assert_eq!(
        late,
        PeerFault::AfterEnd {
            stream: 3,
            kind: kind::DATA
        }
    );
}
