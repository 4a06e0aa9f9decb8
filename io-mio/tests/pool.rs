//! Handlers on threads of their own, which may block.

mod common;

use bywash_mio::Listen;
use bywash_mio::proto::config::Config;
use bywash_mio::proto::vocabulary::ErrorCode;
use bywash_mio::server::{Call, Pool, Server, Slowest};
use common::{GET, POST, Peer, Seen};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn serve(
    threads: usize,
    waiting: usize,
    config: Config,
    handler: impl Fn(Call) + Send + Sync + 'static,
) -> (Server, SocketAddr) {
    let pool = Pool::new(threads, waiting, handler).unwrap();
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config))
        .serve(move |_| pool.clone())
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

#[test]
fn a_handler_reads_and_writes_as_from_a_file() {
    let (_server, at) = serve(2, 10, Config::default(), |mut call| {
        assert!(call.peer().unwrap().ip().unwrap().is_loopback());
        call.inform(103, &[("link", "x")]).unwrap();
        call.start(200, &[("x-path", call.path().to_vec())])
            .unwrap();
        let mut buffer = [0; 1000];
        loop {
            match call.read(&mut buffer).unwrap() {
                0 => break,
                n => call.write_all(&buffer[..n]).unwrap(),
            }
        }
        let trailers = call.trailers().cloned().unwrap();
        call.finish_with(&trailers).unwrap();
    });
    let mut config = Config::default();
    config.settings.initial_window_size = 4_000;
    let mut peer = Peer::with(at, config);
    let stream = peer.request(&POST, false);
    let body: Vec<u8> = (0..500_000_u32).map(|n| (n % 239) as u8).collect();
    let (mut sent, mut got, mut ended) = (0, Vec::new(), false);
    loop {
        if sent < body.len() {
            sent += peer.send(stream, &body[sent..body.len().min(sent + 30_000)], false);
        } else if !ended {
            ended = true;
            peer.conn.send(stream).trailers(&[("x-sum", "9")]).unwrap();
        }
        match peer.next_of_stream() {
            Seen::Data(_, data, false) => got.extend_from_slice(&data),
            Seen::Trailers(_, head) => {
                assert_eq!(head.get("x-sum").unwrap(), b"9");
                break;
            }
            Seen::Informational(_, 103) | Seen::Response(..) | Seen::Writable(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(got == body, "{} octets came back", got.len());
}

#[test]
fn handlers_that_fail_are_answered_for() {
    let (_server, at) = serve(1, 10, Config::default(), |mut call| match call.path() {
        b"/panic" => panic!("a handler's panic, and no failure of the test"),
        b"/half" => {
            call.start(200, &[("a", "b")]).unwrap();
            call.write_bytes("half").unwrap();
        }
        b"/none" => {}
        _ => call.send(200, &[("a", "b")], "well").unwrap(),
    });
    let mut peer = Peer::connect(at);
    let mut head = GET;
    for path in ["/panic", "/none"] {
        head[3].1 = path;
        peer.request(&head, true);
        assert_eq!(peer.response().0, 500);
    }
    head[3].1 = "/half";
    peer.request(&head, true);
    loop {
        match peer.next_of_stream() {
            Seen::Response(..) | Seen::Data(..) => {}
            Seen::Ended(_, end) => {
                assert_eq!(end.code, ErrorCode::INTERNAL_ERROR);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    peer.request(&GET, true);
    assert_eq!(peer.response().1, b"well");
    head[0].1 = "HEAD";
    head[3].1 = "/";
    peer.request(&head, true);
    assert!(matches!(peer.next_of_stream(), Seen::Response(_, _, true)));
}

#[test]
fn a_full_pool_says_so_and_a_reset_stream_keeps_its_place() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let (begun, begins) = mpsc::channel();
    let mut config = Config::default();
    config.settings.max_concurrent_streams = 2;
    let (_server, at) = serve(1, 1, config, move |mut call| {
        begun.send(()).unwrap();
        wait.lock().unwrap().recv().unwrap();
        let read = call.read(&mut [0; 10]);
        // The one that was cancelled is told so; the other has no body.
        let text = format!("{}", read.is_err());
        let _ = call.send(200, &[("a", "b")], text);
    });
    let mut peer = Peer::connect(at);
    peer.flush();
    while !matches!(peer.next(), Seen::Settings) {}
    // Our limit binds the peer once it has acknowledged it.
    let first = peer.request(&POST, false);
    begins.recv().unwrap();
    peer.conn.send(first).reset(ErrorCode::CANCEL);
    // The work on it goes on, so it counts: one more is taken, the next is not.
    let second = peer.request(&GET, true);
    let third = peer.request(&GET, true);
    match peer.next_of_stream() {
        Seen::Ended(stream, end) => {
            assert_eq!((stream, end.code), (third, ErrorCode::REFUSED_STREAM));
        }
        other => panic!("{other:?}"),
    }
    go.send(()).unwrap();
    begins.recv().unwrap();
    // The place is free again.
    let fourth = peer.request(&GET, true);
    go.send(()).unwrap();
    go.send(()).unwrap();
    assert_ne!(second, fourth);
    // One thread: one after the other.
    for _ in 0..2 {
        assert_eq!(peer.response().1, b"false");
    }
    begins.recv().unwrap();
    // One runs, one waits, the third is turned away.
    peer.request(&GET, true);
    begins.recv().unwrap();
    let mut other = Peer::connect(at);
    let waiting = other.request(&GET, true);
    let late = other.request(&GET, true);
    assert_ne!(waiting, late);
    assert_eq!(other.response().0, 503);
    go.send(()).unwrap();
    go.send(()).unwrap();
    assert_eq!(peer.response().0, 200);
    assert_eq!(other.response().0, 200);
}

#[test]
fn a_handler_that_leaves_while_much_of_its_body_waits_ends_its_stream() {
    let (_server, at) = serve(1, 10, Config::default(), |mut call| {
        if call.path() == b"/well" {
            return call.send(200, &[("a", "b")], "well").unwrap();
        }
        call.start(200, &[("a", "b")]).unwrap();
        for _ in 0..2 {
            // Far more than the peer's window: the second one waits at the loop's end.
            call.write_bytes(vec![7; 300_000]).unwrap();
        }
    });
    let mut config = Config::default();
    config.settings.initial_window_size = 4_000;
    let mut peer = Peer::with(at, config);
    peer.releases = false;
    let stream = peer.request(&GET, true);
    let (mut got, mut ended) = (0, false);
    while got < 4_000 {
        match peer.next_of_stream() {
            Seen::Response(..) => {}
            Seen::Data(_, data, _) => got += data.len(),
            other => panic!("{other:?}"),
        }
    }
    // The one thread has answered another request: so the handler has left by now.
    let mut other = Peer::connect(at);
    let mut well = GET;
    well[3].1 = "/well";
    other.request(&well, true);
    assert_eq!(other.response().1, b"well");
    peer.releases = true;
    peer.conn.recv(stream).release(4_000).unwrap();
    while !ended {
        match peer.next_of_stream() {
            Seen::Data(_, _, end) => {
                assert!(!end, "it is cut short, and no peer may think otherwise");
            }
            Seen::Ended(_, end) => {
                assert_eq!(end.code, ErrorCode::INTERNAL_ERROR);
                ended = true;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Peers that hold a thread up for more than `grace`, ahead of an octet a millisecond, are too slow.
fn hurried(grace: u64, handler: impl Fn(Call) + Send + Sync + 'static) -> (Server, SocketAddr) {
    let pool = Pool::new(1, 10, handler).unwrap().slowest(Some(Slowest {
        per_second: 1000,
        grace: Duration::from_millis(grace),
    }));
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .serve(move |_| pool.clone())
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

#[test]
fn a_body_that_trickles_holds_no_thread_for_ever() {
    let (tell, hear) = mpsc::channel();
    let (_server, at) = hurried(200, move |mut call| {
        let mut body = Vec::new();
        let outcome = call.read_to_end(&mut body).map_err(|e| e.kind());
        // It fails if the test has.
        let _ = tell.send(outcome);
    });
    let mut peer = Peer::connect(at);
    let stream = peer.request(&POST, false);
    let begun = Instant::now();
    let outcome = loop {
        match hear.recv_timeout(Duration::from_millis(20)) {
            Ok(outcome) => break outcome,
            Err(_) => assert!(begun.elapsed() < Duration::from_secs(10)),
        }
        peer.send(stream, b"x", false);
    };
    assert_eq!(outcome, Err(std::io::ErrorKind::TimedOut));
    assert_eq!(peer.response().0, 408);
    // The thread is there for others.
    peer.request(&GET, true);
    assert_eq!(hear.recv_timeout(Duration::from_secs(10)), Ok(Ok(0)));
}

#[test]
fn a_response_that_nobody_takes_holds_no_thread_for_ever() {
    let (tell, hear) = mpsc::channel();
    let (_server, at) = hurried(200, move |mut call| {
        call.start(200, &[("a", "b")]).unwrap();
        let mut pieces = (0..1000).map(|_| call.write_all(&[0; 16_384]));
        let outcome = pieces.find_map(Result::err).map(|e| e.kind());
        drop(pieces);
        let _ = tell.send(outcome);
    });
    let mut peer = Peer::connect(at);
    peer.releases = false;
    peer.request(&GET, true);
    let outcome = hear.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(outcome, Some(std::io::ErrorKind::TimedOut));
}

#[test]
fn a_handler_may_take_its_time() {
    let (_server, at) = hurried(1000, |mut call| {
        let mut body = Vec::new();
        let mut piece = [0; 1000];
        loop {
            std::thread::sleep(Duration::from_millis(300));
            match call.read(&mut piece).unwrap() {
                0 => break,
                n => body.extend_from_slice(&piece[..n]),
            }
        }
        let _ = call.send(200, &[("a", "b")], body);
    });
    let mut peer = Peer::connect(at);
    let stream = peer.request(&POST, false);
    peer.send(stream, &[7; 4000], true);
    assert_eq!(peer.response().1, [7; 4000]);
}
