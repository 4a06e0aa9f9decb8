//! Peers that speak something else, half of it, too slowly, or never listen: each ends in bounded
//! time, and harms nobody else.

mod common;

use bytes::Bytes;
use bywash_mio::Listen;
use bywash_mio::error::End;
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::{CloseReason, OtherProtocol, TimeoutKind, Violation};
use bywash_mio::server::{Exchange, Reply, Request, Server, Service};
use bywash_mio::{ConnId, LoopOptions};
use common::{GET, Peer, Seen};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Writes without end.
struct Flood;

impl Exchange for Flood {
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        let mut piece = Bytes::from_static(&[b'x'; 16_384]);
        while reply.write(&mut piece).unwrap_or(false) {
            piece = Bytes::from_static(&[b'x'; 16_384]);
        }
    }
}

struct Teller(mpsc::Sender<CloseReason>);

impl Service for Teller {
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>) {
        if request.path() == b"/flood" {
            reply.start(200, &[("a", "b")]).unwrap();
            return reply.go_on(Flood);
        }
        reply.send(200, &[("a", "b")], "well").unwrap();
    }

    fn on_close(&mut self, _: ConnId, end: &End) {
        self.0.send(end.reason).unwrap();
    }
}

fn serve() -> (Server, SocketAddr, mpsc::Receiver<CloseReason>) {
    let (tell, hear) = mpsc::channel();
    let mut config = Config::default();
    config.timers.preface = Some(Duration::from_millis(150));
    config.timers.progress = Some(Duration::from_millis(300));
    config.timers.block = Some(Duration::from_millis(150));
    let mut options = LoopOptions::default();
    options.linger = Duration::from_millis(300);
    let server = Server::builder()
        .loop_options(options)
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config))
        .serve(move |_| Teller(tell.clone()))
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at, hear)
}

fn reason(hear: &mpsc::Receiver<CloseReason>) -> CloseReason {
    hear.recv_timeout(Duration::from_secs(5)).unwrap()
}

fn honest(at: SocketAddr) {
    let mut peer = Peer::connect(at);
    peer.request(&GET, true);
    assert_eq!(peer.response().1, b"well");
}

/// Writes, and reads to the end.
fn say(at: SocketAddr, words: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(at).unwrap();
    socket.write_all(words).unwrap();
    let mut answer = Vec::new();
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    socket.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn other_protocols_are_answered_in_their_own_words() {
    let (_server, at, hear) = serve();
    let answer = say(at, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 505 "));
    let other = |kind| CloseReason::NotHttp2(kind);
    assert_eq!(reason(&hear), other(OtherProtocol::Http1));
    let hello = [22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3];
    let answer = say(at, &[&hello[..], &[7; 250]].concat());
    assert_eq!(answer[..2], [21, 3]);
    assert_eq!(reason(&hear), other(OtherProtocol::Tls));
    let answer = say(at, &[0xfe; 5_000]);
    // SETTINGS, then GOAWAY PROTOCOL_ERROR: all of it arrives although more was sent than was read.
    assert_eq!(answer[3], 4);
    assert!(answer.windows(4).any(|four| four == [0, 0, 0, 1]));
    assert_eq!(
        reason(&hear),
        CloseReason::Violation(Violation::PrefaceInvalid)
    );
    honest(at);
}

#[test]
fn slow_beginners_end_at_their_deadline() {
    let (_server, at, hear) = serve();
    let begun = Instant::now();
    let mut silent = TcpStream::connect(at).unwrap();
    let mut half = TcpStream::connect(at).unwrap();
    half.write_all(b"PRI * HTTP/2.0\r\n").unwrap();
    // A head without end.
    let mut slow = Peer::connect(at);
    slow.flush();
    slow.socket
        .write_all(&[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82])
        .unwrap();
    honest(at);
    let mut reasons: Vec<_> = (0..4).map(|_| reason(&hear)).collect();
    reasons.retain(|reason| *reason != CloseReason::Finished);
    reasons.sort_by_key(|reason| format!("{reason:?}"));
    assert_eq!(
        reasons,
        [
            CloseReason::Timeout(TimeoutKind::Block),
            CloseReason::Timeout(TimeoutKind::Preface),
            CloseReason::Timeout(TimeoutKind::Preface)
        ]
    );
    assert!(begun.elapsed() < Duration::from_secs(3));
    let mut rest = Vec::new();
    silent.read_to_end(&mut rest).unwrap();
}

#[test]
fn a_peer_that_never_reads_ends_and_harms_nobody() {
    let (_server, at, hear) = serve();
    let mut config = Config::default();
    config.settings.initial_window_size = 1 << 30;
    config.settings.connection_window = 1 << 30;
    let mut deaf = Peer::with(at, config);
    let mut flood = GET;
    flood[3].1 = "/flood";
    deaf.request(&flood, true);
    // Its windows are opened.
    deaf.next();
    deaf.flush();
    let mut slowest = Duration::ZERO;
    let begun = Instant::now();
    let end = loop {
        let asked = Instant::now();
        honest(at);
        slowest = slowest.max(asked.elapsed());
        match hear.recv_timeout(Duration::from_secs(5)).unwrap() {
            CloseReason::Finished => {}
            other => break other,
        }
        assert!(begun.elapsed() < Duration::from_secs(5));
    };
    assert_eq!(end, CloseReason::Timeout(TimeoutKind::Progress));
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

#[test]
fn half_closed_and_vanishing_peers_leave_nothing_behind() {
    let (server, at, hear) = serve();
    let mut peer = Peer::connect(at);
    let mut flood = GET;
    flood[3].1 = "/flood";
    peer.request(&flood, true);
    peer.socket.shutdown(Shutdown::Write).unwrap();
    assert_eq!(reason(&hear), CloseReason::Eof);
    let mut peer = Peer::connect(at);
    peer.request(&flood, true);
    assert!(matches!(peer.next_of_stream(), Seen::Response(..)));
    // Unread octets: the kernel resets the connection.
    drop(peer);
    let end = reason(&hear);
    assert!(
        matches!(end, CloseReason::Transport | CloseReason::Eof),
        "{end}"
    );
    let begun = Instant::now();
    while server.connections() != [0] {
        assert!(begun.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_shutdown_is_bounded_whatever_peers_do() {
    let (server, at, _hear) = serve();
    let silent = TcpStream::connect(at).unwrap();
    let mut deaf = Peer::connect(at);
    let mut flood = GET;
    flood[3].1 = "/flood";
    deaf.request(&flood, true);
    deaf.next_of_stream();
    let begun = Instant::now();
    server.shutdown(Duration::from_millis(100));
    server.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
    drop((silent, deaf));
}
