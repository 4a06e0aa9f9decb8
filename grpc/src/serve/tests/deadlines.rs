//! Calls that are given up at their deadline.

use super::*;

#[test]
fn a_deadline_between_messages_sends_its_status() {
    let mut pair = Pair::new();
    pair.request(b"q", false);
    pair.open(true, &grpc(), b"1S");
    pair.run();
    let none = Metadata::new();
    pair.serve(|core, wire, _| {
        core.send_head(wire, &none).unwrap();
        core.send(wire, framed(b"r"));
    });
    pair.run();
    pair.later(Duration::from_secs(1));
    assert_eq!(pair.served.as_ref().unwrap().deadline(), Some(pair.now));
    pair.serve(|core, wire, out| core.on_deadline(wire, out));
    assert_eq!(
        pair.at_server.last(),
        Some(&Seen::Ended(4, "Deadline".into()))
    );
    pair.run();
    assert_eq!(pair.status().0, 4);
    assert_eq!(Pair::messages(&pair.at_client), [b"r"]);
    assert_eq!(
        (pair.client.open_streams().0, pair.server.open_streams().1),
        (0, 0)
    );
}

/// Data that waits for a window does not hold the status up.
#[test]
fn a_deadline_behind_a_closed_window_resets_inside_a_message() {
    for whole in [false, true] {
        let mut small = config();
        small.settings.initial_window_size = 1000;
        let mut pair = Pair::with(small, config());
        pair.wanted = 0;
        pair.request(b"q", true);
        pair.open(true, &grpc(), b"1S");
        pair.wanted = u32::MAX;
        pair.run();
        let none = Metadata::new();
        let first = if whole { 1000 - 5 } else { 2000 };
        pair.serve(|core, wire, _| {
            core.send_head(wire, &none).unwrap();
            core.send(wire, framed(&vec![1; first]));
            core.send(wire, framed(&[2; 3000]));
        });
        pair.run();
        pair.serve(|core, wire, out| core.on_deadline(wire, out));
        pair.run();
        pair.want(10);
        pair.run();
        let (code, text) = pair.status();
        // The peer's CANCEL: what it means beside a deadline is for the call to say.
        assert_eq!(code, if whole { 4 } else { 1 }, "{text}");
        assert_eq!(Pair::messages(&pair.at_client).len(), usize::from(whole));
    }
}

/// A handler that is done does not make its call immortal: the trailers may wait for a window too.
#[test]
fn a_deadline_ends_a_call_whose_trailers_are_stuck() {
    for (octets, request_ended, code) in [(1000 - 5, true, 4), (3000, true, 1), (3000, false, 1)] {
        let mut small = config();
        small.settings.initial_window_size = 1000;
        let mut pair = Pair::with(small, config());
        pair.wanted = 0;
        pair.request(b"q", request_ended);
        pair.open(true, &grpc(), b"1S");
        pair.wanted = u32::MAX;
        pair.run();
        let message = vec![1; octets];
        pair.answer(&[&message, &[2; 100]]);
        pair.run();
        assert!(!pair.served.as_ref().unwrap().is_over());
        pair.serve(|core, wire, out| core.on_deadline(wire, out));
        pair.run();
        assert!(pair.served.as_ref().unwrap().is_over(), "{octets}");
        pair.want(10);
        pair.run();
        assert_eq!(pair.status().0, code, "{octets}");
        assert_eq!(
            (pair.client.open_streams().0, pair.server.open_streams().1),
            (0, 0)
        );
    }
}

#[test]
fn what_gets_through_is_over_before_its_deadline() {
    for request_ended in [true, false] {
        let mut pair = Pair::new();
        pair.request(b"q", request_ended);
        pair.open(true, &grpc(), b"1S");
        pair.run();
        pair.answer(&[b"one", &[2; 30_000]]);
        pair.run();
        assert!(pair.served.as_ref().unwrap().is_over());
        assert_eq!(pair.status().0, 0);
        assert_eq!(pair.server.open_streams(), (0, 0));
    }
}

/// The client counts from where it sent the request, which no clock at the server is earlier than.
#[test]
fn a_deadline_counts_from_when_the_request_is_read() {
    let mut pair = Pair::new();
    pair.behind = Duration::from_millis(20);
    pair.request(b"q", true);
    pair.open(true, &grpc(), b"300m");
    pair.run();
    let deadline = pair.served.as_ref().and_then(|served| served.deadline());
    assert_eq!(deadline, Some(pair.now + Duration::from_millis(320)));
}

#[test]
fn a_call_without_any_time_is_over_before_it_begins() {
    let mut pair = Pair::new();
    pair.request(b"q", true);
    pair.open(true, &grpc(), b"0n");
    pair.run();
    assert!(pair.served.is_none());
    assert_eq!(pair.status().0, 4);
}
