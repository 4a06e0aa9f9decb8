//! What may be switched on or asked for: a 400 before a reset, padding, unknown settings, a look at frames.

use std::sync::{Arc, Mutex};

use bywash_proto::client::Connection;
use bywash_proto::config::Config;
use bywash_proto::observer::{Direction, Observer, Seen as Frame};
use bywash_proto::vocabulary::{FrameType, Instant, SettingId};
use bywash_spec_tests::pair::{Against, every_split};
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer};

fn malformed() -> RawFrame {
    let block = BlockWriter::request("GET", "/").field("Upper", "case");
    RawFrame::headers(1, block).end_stream()
}

#[test]
fn a_malformed_request_is_answered_400_where_that_is_wanted() {
    every_split(|feed| {
        let mut config = Config::default();
        config.answer_malformed = true;
        let mut net = Against::server(feed, config);
        net.peer.send(&malformed());
        net.ask(3, "/sibling", true);
        net.pump();
        net.peer.expect_status(1, "400")?;
        net.peer.expect_rst(1, code::PROTOCOL_ERROR)?;
        assert_eq!(net.events().len(), 1, "the sibling alone is told of");
        Ok(net)
    });
}

#[test]
fn by_default_the_reset_is_all() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        net.peer.send(&malformed());
        net.pump();
        net.peer.expect_rst(1, code::PROTOCOL_ERROR)?;
        net.peer.expect_nothing()?;
        Ok(net)
    });
}

struct Kinds(Arc<Mutex<Vec<FrameType>>>);

impl Observer for Kinds {
    fn frame(&mut self, seen: &Frame<'_>) {
        assert_eq!(seen.direction, Direction::Out);
        self.0.lock().unwrap().push(seen.head.kind);
    }
}

#[test]
fn an_observer_sees_what_was_committed_before_it_came() {
    let kinds = Arc::new(Mutex::new(Vec::new()));
    let mut connection = Connection::new(Config::default(), Instant::ZERO).unwrap();
    connection.observe(Box::new(Kinds(kinds.clone())));
    assert_eq!(
        *kinds.lock().unwrap(),
        [FrameType::SETTINGS, FrameType::WINDOW_UPDATE]
    );
}

#[test]
fn padding_goes_out_where_it_was_asked_for() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        net.ask(1, "/", true);
        net.pump();
        net.respond(1, &[(":status", "200")], false);
        let stream = net.stream(1);
        net.core.send(stream).set_padding(5);
        net.send(1, "hello", true);
        net.pump();
        let sent = net.output().to_vec();
        // Length 11: the padding's length, "hello", five zeros. END_STREAM and PADDED.
        let frame = b"\0\0\x0b\0\x09\0\0\0\x01\x05hello\0\0\0\0\0";
        assert!(sent.ends_with(frame), "{sent:02x?}");
        net.peer.expect_status(1, "200")?;
        assert!(net.peer.expect_data(1, b"hello")?, "the end");
        Ok(net)
    });
}

#[test]
fn a_window_too_small_for_padding_is_used_for_data() {
    every_split(|feed| {
        let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 4)]);
        let mut net = Against::after_handshake(feed, Config::default(), peer);
        net.ask(1, "/", true);
        net.pump();
        net.respond(1, &[(":status", "200")], false);
        let stream = net.stream(1);
        net.core.send(stream).set_padding(9);
        net.send(1, "hello", true);
        net.pump();
        net.peer.expect_status(1, "200")?;
        assert!(!net.peer.expect_data(1, b"hell")?);
        net.peer.send(&RawFrame::window_update(1, 100));
        net.pump();
        assert!(net.peer.expect_data(1, b"o")?);
        Ok(net)
    });
}

#[test]
fn unknown_settings_are_visible() {
    every_split(|feed| {
        let peer = RawPeer::client(&[(0xfafa, 7), (0x4, 70_000), (0xfafa, 8)]);
        let mut net = Against::after_handshake(feed, Config::default(), peer);
        net.pump();
        assert_eq!(net.core.server().peer_setting(SettingId(0xfafa)), Some(8));
        assert_eq!(net.core.server().peer_setting(SettingId(0xfafb)), None);
        Ok(net)
    });
}

#[test]
fn a_request_that_cannot_be_decoded_is_not_claimed() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        net.ask(1, "/", true);
        net.peer
            .send(&RawFrame::headers(3, vec![0x80]).end_stream());
        net.pump();
        let goaway = net.peer.expect_goaway(code::COMPRESSION_ERROR)?;
        assert_eq!(goaway.last_stream, 1);
        Ok(net)
    });
}
