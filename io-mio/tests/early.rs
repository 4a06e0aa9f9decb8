//! Responses that come before the request is complete (RFC 9113 8.1).

mod common;

use bywash_mio::Listen;
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::EndedBy;
use bywash_mio::proto::vocabulary::{ErrorCode, FrameType, StreamRef};
use bywash_mio::server::{Exchange, Reply, Request, ServeOptions, Server};
use common::{GET, POST, Peer, Seen};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(60);
const NEVER: Duration = Duration::from_secs(100);

fn serve(
    call: fn(&mut Request, &mut Reply<'_>),
    change: impl FnOnce(&mut ServeOptions),
) -> (Server, SocketAddr) {
    let mut options = ServeOptions::default();
    change(&mut options);
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .options(options)
        .serve(move |_| call)
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

fn refuse(_: &mut Request, reply: &mut Reply<'_>) {
    reply.send(413, &[("a", "b")], "too long").unwrap();
}

/// The peer resets this stream without an error.
fn is_reset(peer: &mut Peer, stream: StreamRef) {
    match peer.next_of_stream() {
        Seen::Ended(of, end) => {
            assert_eq!(of, stream);
            assert_eq!((end.code, end.by), (ErrorCode::NO_ERROR, EndedBy::Peer));
        }
        other => panic!("{other:?}"),
    }
}

fn is_well(peer: &mut Peer, status: u16) {
    peer.request(&GET, true);
    assert_eq!(peer.response().0, status);
}

/// Whoever uploads too much has time to see the response: its window is shut, then it is reset.
#[test]
fn the_reset_comes_after_a_while_and_no_credit_before_it() {
    let (_server, at) = serve(refuse, |options| {
        options.discard = 10_000;
        options.reset_after = SOON;
        options.discard_for = NEVER;
    });
    let mut peer = Peer::connect(at);
    let stream = peer.request(&POST, false);
    assert_eq!(peer.response().0, 413);
    // More than the window: what does not fit waits for credit that never comes.
    let begun = Instant::now();
    peer.send(stream, &[1; 600_000], true);
    loop {
        match peer.next() {
            Seen::Ended(of, end) => {
                assert_eq!((of, end.code), (stream, ErrorCode::NO_ERROR));
                break;
            }
            Seen::Settings => {}
            other => panic!("{other:?}"),
        }
        assert!(peer.conn.send(stream).queued() >= 600_000 - 256 * 1024);
    }
    assert!(begun.elapsed() >= SOON);
    is_well(&mut peer, 413);
}

/// A long response to a slow reader: the reset waits for its end.
#[test]
fn no_response_is_cut_off() {
    let (_server, at) = serve(
        |_, reply| {
            reply.send(413, &[("a", "b")], vec![7; 50_000]).unwrap();
        },
        |options| {
            options.discard = 1;
            options.reset_after = Duration::ZERO;
        },
    );
    let mut config = Config::default();
    config.settings.initial_window_size = 100;
    let mut peer = Peer::with(at, config);
    peer.releases = false;
    let stream = peer.request(&POST, false);
    peer.send(stream, &[1; 1000], false);
    let mut got = 0;
    while got < 100 {
        match peer.next_of_stream() {
            Seen::Data(_, data, false) => got += data.len(),
            Seen::Response(_, head, false) => assert_eq!(head.status(), Some(413)),
            other => panic!("{other:?}"),
        }
    }
    // By now the server would like to reset it.
    std::thread::sleep(SOON);
    peer.releases = true;
    peer.conn.recv(stream).release(100).unwrap();
    peer.flush();
    assert_eq!(peer.response().1.len() + got, 50_000);
    is_reset(&mut peer, stream);
    is_well(&mut peer, 413);
}

#[test]
fn a_request_that_never_ends_has_its_time() {
    let (_server, at) = serve(refuse, |options| options.discard_for = SOON);
    let mut peer = Peer::connect(at);
    let begun = Instant::now();
    let stream = peer.request(&POST, false);
    assert_eq!(peer.response().0, 413);
    is_reset(&mut peer, stream);
    assert!(begun.elapsed() >= SOON);
    is_well(&mut peer, 413);
}

/// Answers of the server's own: the rest of the request runs out as well.
#[test]
fn what_the_server_answers_by_itself_is_no_exception() {
    struct Never;
    impl Exchange for Never {}
    let (_server, at) = serve(
        |_, reply| {
            reply.set_deadline(Duration::from_millis(10));
            reply.go_on(Never);
        },
        |options| {
            options.reset_after = NEVER;
            options.discard_for = NEVER;
        },
    );
    let mut peer = Peer::connect(at);
    let long = "x".repeat(17_000);
    let mut too_large = POST.to_vec();
    too_large.push(("x-long", &long));
    for (head, status) in [(&too_large[..], 431), (&POST[..], 503)] {
        let stream = peer.request(head, false);
        assert_eq!(peer.response().0, status);
        peer.send(stream, &[1; 30_000], true);
    }
    is_well(&mut peer, 503);
    // No reset was needed.
    let received = &peer.conn.stats().frames_received;
    assert_eq!(received.of(FrameType::RST_STREAM), 0);
}
