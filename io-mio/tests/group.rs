//! Loops that share the connections of one listener.

mod common;

use bywash_mio::proto::config::Config;
use bywash_mio::proto::event::Event;
use bywash_mio::{ConnId, Cx, EventLoop, Group, Handler, Listen, LoopOptions};
use common::Peer;
use std::time::Duration;

#[test]
fn a_loop_that_is_ending_is_given_no_connections() {
    let group = Group::new();
    let mut loops: Vec<EventLoop<()>> = (0..2)
        .map(|_| EventLoop::new(LoopOptions::default()).unwrap())
        .collect();
    for event_loop in &mut loops {
        event_loop.join(&group);
    }
    let mut config = Config::default();
    config.timers.shutdown_round_trip = Duration::from_secs(60);
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config);
    let listener = loops[0].cx().listen(listen);
    let at = loops[0].cx().listening_at(listener.unwrap()).unwrap();
    let at = at.tcp().unwrap();
    let mut answers = Answers;
    // The second one has a connection, so that its end takes as long as that.
    let mut peers = vec![Peer::connect(at), Peer::connect(at)];
    while group.loads() != [1, 1] {
        for event_loop in &mut loops {
            let wait = Some(Duration::from_millis(10));
            event_loop.turn(&mut answers, wait).unwrap();
        }
    }
    loops[1].shutdown(Duration::from_secs(60));
    peers.extend((0..3).map(|_| Peer::connect(at)));
    for _ in 0..100 {
        for event_loop in &mut loops {
            let wait = Some(Duration::from_millis(1));
            event_loop.turn(&mut answers, wait).unwrap();
        }
    }
    assert_eq!(group.loads(), [4, 1]);
}

/// Has nothing to say.
struct Answers;

impl Handler for Answers {
    type Message = ();

    fn on_event(&mut self, _: &mut Cx<'_>, _: ConnId, _: Event<'_>) {}
}
