//! Our client against a server that misbehaves on HTTP/2's level.

use bywash_grpc::client::Channel;
use bywash_interop::negative::{Case, Seen, Server, check};
use std::time::Duration;

/// Runs a case; what the server has seen.
fn run(case: Case) -> Seen {
    let server = Server::start("127.0.0.1:0", case).unwrap();
    let target = server.address().to_string();
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    if let Err(failure) = check(case, &channel, Duration::from_millis(1)) {
        panic!(
            "{case:?}: {failure}, the server has seen {:?}",
            server.seen()
        );
    }
    let seen = server.seen();
    assert!(seen.faults.is_empty(), "{case:?}: {seen:?}");
    seen
}

#[test]
fn a_call_after_goaway_goes_to_another_connection() {
    assert_eq!(run(Case::Goaway).requests, [1, 1]);
}

#[test]
fn a_reset_is_no_response_wherever_it_comes() {
    for case in [
        Case::RstAfterHeader,
        Case::RstDuringData,
        Case::RstAfterData,
    ] {
        assert_eq!(run(case).requests, [1], "{case:?}");
    }
}

#[test]
fn pings_are_answered() {
    let server = Server::start("127.0.0.1:0", Case::Ping).unwrap();
    let target = server.address().to_string();
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    check(Case::Ping, &channel, Duration::ZERO).unwrap();
    // The last answers may still be on their way.
    for _ in 0..1000 {
        if server.seen().unanswered == [0] {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let seen = server.seen();
    assert_eq!((seen.requests, seen.unanswered), (vec![1], vec![0]));
    assert!(seen.faults.is_empty());
}

#[test]
fn no_more_streams_are_opened_than_the_server_takes() {
    assert_eq!(run(Case::MaxStreams).requests, [16]);
}

#[test]
fn cases_have_names() {
    assert_eq!("ping".parse(), Ok(Case::Ping));
    assert!("pong".parse::<Case>().is_err());
}
