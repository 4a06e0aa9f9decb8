//! The server, seen by a client that is not the driver's.

mod common;

use bytes::Bytes;
use bywash_mio::Listen;
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::{EndedBy, StreamEnd};
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::ErrorCode;
use bywash_mio::server::{Ended, Exchange, Reply, Request, ServeOptions, Server, Waker};
use common::{GET, POST, Peer, Seen};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};

type Call = fn(&mut Request, &mut Reply<'_>);

fn serve(call: Call) -> (Server, SocketAddr) {
    serve_with(call, Config::default(), ServeOptions::default())
}

fn serve_with(call: Call, config: Config, options: ServeOptions) -> (Server, SocketAddr) {
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config);
    let server = Server::builder()
        .listen(listen)
        .options(options)
        .serve(move |_| call)
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

fn path(path: &str) -> [(&str, &str); 4] {
    let mut head = GET;
    head[3].1 = path;
    head
}

#[test]
fn a_whole_response() {
    let (_server, at) = serve(|request, reply| {
        let text = request.path().to_vec();
        assert!(reply.peer().unwrap().ip().unwrap().is_loopback());
        reply.send(200, &[("x-kind", "whole")], text).unwrap();
    });
    let mut peer = Peer::connect(at);
    peer.request(&path("/a"), true);
    let (status, body, _) = peer.response();
    assert_eq!((status, &body[..]), (200, &b"/a"[..]));
    // The body of a HEAD stays at home, its length does not.
    let mut head = path("/four");
    head[0].1 = "HEAD";
    peer.request(&head, true);
    match peer.next_of_stream() {
        Seen::Response(_, head, true) => assert_eq!(head.get("content-length").unwrap(), b"5"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_that_forgets_to_answer() {
    let (_server, at) = serve(|_, _| {});
    let mut peer = Peer::connect(at);
    peer.request(&GET, true);
    assert_eq!(peer.response().0, 500);
    let (_server, at) = serve(|_, reply| reply.start(200, &[("a", "b")]).unwrap());
    let mut peer = Peer::connect(at);
    peer.request(&GET, true);
    assert!(matches!(peer.next_of_stream(), Seen::Response(_, _, false)));
    match peer.next_of_stream() {
        Seen::Ended(_, end) => assert_eq!(end.code, ErrorCode::INTERNAL_ERROR),
        other => panic!("{other:?}"),
    }
}

/// Sends back what it gets, trailers too, as the peer takes it.
#[derive(Default)]
struct Echo {
    held: Vec<Bytes>,
    trailers: Option<Head>,
    ended: bool,
}

impl Echo {
    fn push(&mut self, reply: &mut Reply<'_>) {
        while let Some(piece) = self.held.first_mut() {
            let octets = piece.len();
            if !reply.write(piece).unwrap() {
                return;
            }
            reply.release(octets);
            self.held.remove(0);
        }
        match self.trailers.take() {
            Some(trailers) => reply.trailers(&trailers).unwrap(),
            None if self.ended => reply.finish().unwrap(),
            None => {}
        }
    }
}

impl Exchange for Echo {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.held.push(Bytes::copy_from_slice(data));
        self.ended = end;
        self.push(reply);
        0
    }

    fn on_trailers(&mut self, reply: &mut Reply<'_>, trailers: Head) {
        self.trailers = Some(trailers);
        self.push(reply);
    }

    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        self.push(reply);
    }
}

fn echo(_: &mut Request, reply: &mut Reply<'_>) {
    reply.start(200, &[("x-kind", "echo")]).unwrap();
    reply.go_on(Echo::default());
}

#[test]
fn bodies_and_trailers_go_both_ways() {
    let (_server, at) = serve(echo);
    let mut config = Config::default();
    config.settings.initial_window_size = 5_000;
    let mut peer = Peer::with(at, config);
    let stream = peer.request(&POST, false);
    let body: Vec<u8> = (0..400_000_u32).map(|n| (n % 253) as u8).collect();
    let (mut sent, mut got, mut ended) = (0, Vec::new(), false);
    loop {
        if sent < body.len() {
            sent += peer.send(stream, &body[sent..body.len().min(sent + 30_000)], false);
        } else if !ended {
            ended = true;
            let mut half = peer.conn.send(stream);
            half.trailers(&[("x-sum", "7")]).unwrap();
        }
        match peer.next_of_stream() {
            Seen::Data(_, data, false) => got.extend_from_slice(&data),
            Seen::Trailers(_, head) => {
                assert_eq!(head.get("x-sum").unwrap(), b"7");
                break;
            }
            Seen::Response(..) | Seen::Writable(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(got == body, "{} octets came back", got.len());
}

#[test]
fn an_early_response_lets_the_upload_run_out_in_bounds() {
    let options = {
        let mut options = ServeOptions::default();
        options.discard = 10_000;
        options.reset_after = Duration::from_millis(50);
        options
    };
    let early: Call = |_, reply| reply.send(413, &[("a", "b")], "too long").unwrap();
    let (_server, at) = serve_with(early, Config::default(), options);
    let mut peer = Peer::connect(at);
    // A short one runs out: no reset follows, and the connection goes on.
    let stream = peer.request(&POST, false);
    assert_eq!(peer.response().0, 413);
    peer.send(stream, &[1; 9_000], true);
    // A long one is cut short, without an error.
    let stream = peer.request(&POST, false);
    assert_eq!(peer.response().0, 413);
    peer.send(stream, &[1; 11_000], false);
    match peer.next_of_stream() {
        Seen::Ended(of, end) => {
            assert_eq!(of, stream);
            assert_eq!((end.code, end.by), (ErrorCode::NO_ERROR, EndedBy::Peer));
        }
        other => panic!("{other:?}"),
    }
    peer.request(&GET, true);
    assert_eq!(peer.response().0, 413);
}

#[test]
fn whoever_expects_100_is_told_to_go_on_or_gets_the_answer() {
    let (_server, at) = serve(|request, reply| match request.path() {
        b"/no" => reply.send(403, &[("a", "b")], "").unwrap(),
        _ => reply.go_on(Count(0)),
    });
    struct Count(usize);
    impl Exchange for Count {
        fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
            self.0 += data.len();
            if end {
                let text = self.0.to_string();
                reply.send(200, &[("a", "b")], text).unwrap();
            }
            data.len()
        }
    }
    let mut peer = Peer::connect(at);
    let mut head = POST.to_vec();
    head.push(("expect", "100-continue"));
    let stream = peer.request(&head, false);
    assert!(matches!(peer.next_of_stream(), Seen::Informational(_, 100)));
    peer.send(stream, b"12345", true);
    assert_eq!(peer.response().1, b"5");
    head[3].1 = "/no";
    peer.request(&head, false);
    assert!(matches!(peer.next_of_stream(), Seen::Response(_, _, true)));
}

#[test]
fn a_deadline_answers_for_the_service() {
    struct Never;
    impl Exchange for Never {}
    let (_server, at) = serve(|request, reply| {
        reply.set_deadline(Duration::from_millis(50));
        if request.path() == b"/begun" {
            reply.start(200, &[("a", "b")]).unwrap();
        }
        reply.go_on(Never);
    });
    let mut peer = Peer::connect(at);
    let begun = Instant::now();
    peer.request(&GET, true);
    assert_eq!(peer.response().0, 503);
    assert!(begun.elapsed() >= Duration::from_millis(50));
    peer.request(&path("/begun"), true);
    assert!(matches!(peer.next_of_stream(), Seen::Response(..)));
    match peer.next_of_stream() {
        Seen::Ended(_, end) => assert_eq!(end.code, ErrorCode::CANCEL),
        other => panic!("{other:?}"),
    }
}

/// Tells a test what becomes of it, and answers when it is woken.
struct Told(mpsc::Sender<Result<Waker, Ended>>);

impl Exchange for Told {
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        self.0.send(Ok(reply.waker())).unwrap();
    }

    fn on_wake(&mut self, reply: &mut Reply<'_>) {
        reply.send(200, &[("a", "b")], "woken").unwrap();
    }

    fn on_end(&mut self, end: &Ended) {
        self.0.send(Err(*end)).unwrap();
    }
}

#[test]
fn exchanges_are_woken_and_told_of_their_end() {
    let (tell, hear) = mpsc::channel();
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .serve(move |_| {
            let tell = tell.clone();
            move |_: &mut Request, reply: &mut Reply<'_>| reply.go_on(Told(tell.clone()))
        })
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    let mut peer = Peer::connect(at);
    peer.request(&GET, true);
    assert!(hear.recv().unwrap().unwrap().wake());
    assert_eq!(peer.response().1, b"woken");
    // The peer cancels.
    let stream = peer.request(&GET, true);
    let waker = hear.recv().unwrap().unwrap();
    peer.conn.send(stream).reset(ErrorCode::CANCEL);
    peer.flush();
    let end = hear.recv().unwrap().unwrap_err();
    assert!(matches!(
        end,
        Ended::Stream(StreamEnd {
            code: ErrorCode::CANCEL,
            by: EndedBy::Peer,
            ..
        })
    ));
    // Nobody is there to be woken; nothing happens.
    assert!(waker.wake());
    // The peer vanishes.
    peer.request(&GET, true);
    let _waker = hear.recv().unwrap().unwrap();
    drop(peer);
    assert!(matches!(
        hear.recv().unwrap().unwrap_err(),
        Ended::Stream(StreamEnd {
            by: EndedBy::Connection,
            ..
        })
    ));
}

#[test]
fn a_tunnel_carries_octets_both_ways_and_half_closes() {
    struct Tunnel(Echo);
    impl Exchange for Tunnel {
        fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
            self.0.on_data(reply, data, end)
        }

        fn reads_on(&self) -> bool {
            true
        }
    }
    let mut config = Config::default();
    config.settings.enable_connect_protocol = true;
    let call: Call = |request, reply| {
        assert!(request.is_tunnel());
        assert_eq!(request.protocol(), Some(&b"chat"[..]));
        reply.start(200, &[("a", "b")]).unwrap();
        reply.go_on(Tunnel(Echo::default()));
    };
    let (_server, at) = serve_with(call, config, ServeOptions::default());
    let mut peer = Peer::connect(at);
    peer.flush();
    while !matches!(peer.next(), Seen::Settings) {}
    let mut head = GET.to_vec();
    head[0].1 = "CONNECT";
    head.insert(1, (":protocol", "chat"));
    let stream = peer.request(&head, false);
    assert!(matches!(peer.next_of_stream(), Seen::Response(_, _, false)));
    peer.send(stream, b"ping", false);
    assert!(matches!(peer.next_of_stream(), Seen::Data(_, d, false) if d == b"ping"));
    peer.send(stream, b"bye", true);
    assert!(matches!(peer.next_of_stream(), Seen::Data(_, d, _) if d == b"bye"));
}

#[test]
fn a_head_that_is_too_large() {
    let (_server, at) = serve(|_, reply| reply.send(200, &[("a", "b")], "").unwrap());
    let mut peer = Peer::connect(at);
    let long = "x".repeat(17_000);
    let mut head = GET.to_vec();
    head.push(("x-long", &long));
    peer.request(&head, true);
    assert_eq!(peer.response().0, 431);
    peer.request(&GET, true);
    assert_eq!(peer.response().0, 200);
}

#[test]
fn a_shutdown_lets_requests_finish() {
    let (tell, hear) = mpsc::channel();
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .threads(2)
        .serve(move |_| {
            let tell = tell.clone();
            move |_: &mut Request, reply: &mut Reply<'_>| reply.go_on(Told(tell.clone()))
        })
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    let mut peers = [Peer::connect(at), Peer::connect(at)];
    for peer in &mut peers {
        peer.request(&GET, true);
    }
    let wakers = [hear.recv().unwrap().unwrap(), hear.recv().unwrap().unwrap()];
    assert_eq!(server.connections(), [1, 1]);
    server.shutdown(Duration::from_secs(10));
    for peer in &mut peers {
        while !matches!(peer.next(), Seen::GoAway(ErrorCode::NO_ERROR)) {}
    }
    assert!(wakers.iter().all(Waker::wake));
    for peer in &mut peers {
        assert_eq!(peer.response().1, b"woken");
        while !matches!(peer.next(), Seen::Closed(_)) {}
    }
    drop(peers);
    server.join().unwrap();
}
