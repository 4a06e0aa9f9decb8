//! What a server may say before it resets a malformed request, and what an observer sees of it.

use std::sync::{Arc, Mutex};

use bywash_proto::client::Connection;
use bywash_proto::config::Config;
use bywash_proto::observer::{Direction, Observer, Seen as Frame};
use bywash_proto::vocabulary::{FrameType, Instant};
use bywash_spec_tests::pair::{Against, every_split};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

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
