//! Heads and trailers while as much waits to be written as may: they go once there is room.

use super::*;
use bywash_proto::vocabulary::{FrameType, StreamId};

/// A call whose request is there, on a connection of which the server has written all that it may.
fn full(before: impl FnOnce(&mut Pair)) -> Pair {
    let mut pair = Pair::new();
    pair.request(b"q", true);
    pair.open(true, &grpc(), b"1S");
    pair.run();
    before(&mut pair);
    let unknown = FrameType(0x7f);
    let some = vec![0; 16 * 1024];
    while pair
        .server
        .send_extension(unknown, 0, StreamId::CONNECTION, &some)
        .is_ok()
    {}
    pair
}

fn is_done(mut pair: Pair, code: u32, messages: &[&[u8]]) {
    assert_eq!(pair.at_client.len(), 0, "nothing is written yet");
    pair.run();
    assert_eq!(pair.status().0, code);
    assert_eq!(Pair::messages(&pair.at_client), messages);
    assert!(pair.served.as_ref().is_some_and(|served| served.is_over()));
    assert_eq!(pair.server.open_streams(), (0, 0));
    assert!(pair.closed.is_empty());
}

#[test]
fn a_call_that_fails_at_once_waits_with_its_status() {
    let mut pair = full(|_| {});
    let none = Metadata::new();
    pair.serve(|core, wire, _| {
        core.finish(wire, &Err(Status::not_found("no")), &none, &none);
    });
    assert!(pair.served.as_ref().is_some_and(|served| !served.is_over()));
    is_done(pair, 5, &[]);
}

#[test]
fn a_whole_answer_waits() {
    let mut pair = full(|_| {});
    pair.answer(&[b"one", b"two"]);
    is_done(pair, 0, &[b"one", b"two"]);
}

#[test]
fn trailers_wait_behind_a_head_that_is_written() {
    let none = Metadata::new();
    let mut pair = full(|pair| {
        pair.serve(|core, wire, _| core.send_head(wire, &none).unwrap());
        pair.run();
        assert!(matches!(pair.at_client.pop(), Some(Seen::Head(_))));
    });
    pair.serve(|core, wire, _| {
        core.finish(wire, &Err(Status::aborted("enough")), &none, &none);
    });
    is_done(pair, 10, &[]);
}

#[test]
fn a_handler_hears_that_there_is_room_again() {
    let none = Metadata::new();
    let mut pair = full(|_| {});
    pair.serve(|core, wire, _| {
        core.send_head(wire, &none).unwrap();
        core.send(wire, framed(b"one"));
    });
    pair.run();
    assert_eq!(pair.at_server.last(), Some(&Seen::Writable));
    assert_eq!(Pair::messages(&pair.at_client), [b"one"]);
    pair.serve(|core, wire, _| core.finish(wire, &Ok(()), &none, &none));
    pair.run();
    assert_eq!(pair.status().0, 0);
}

#[test]
fn a_deadline_while_the_head_waits_is_told_all_the_same() {
    let none = Metadata::new();
    let mut pair = full(|_| {});
    pair.serve(|core, wire, _| {
        core.send_head(wire, &none).unwrap();
        core.send(wire, framed(b"one"));
    });
    pair.later(Duration::from_secs(1));
    pair.serve(|core, wire, out| core.on_deadline(wire, out));
    is_done(pair, 4, &[]);
}
