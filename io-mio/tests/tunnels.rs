//! CONNECT: what its answers may say (RFC 9110 9.3.6), by each of the ways that there are to answer it.

mod common;

// Not all of what other tests use of it is used here.
#[allow(dead_code)]
#[path = "../examples/proxy/relay/mod.rs"]
mod relay;

use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::{HeadError, SendError};
use bywash_mio::proto::headers::{Head, Level};
use bywash_mio::server::{Call, Pool, Reply, Request, Server, Service};
use bywash_mio::{Connect, EventLoop, Listen, LoopOptions, Target};
use common::{Peer, Seen};
use std::net::SocketAddr;
use std::time::Duration;

const PLAIN: [(&str, &str); 2] = [(":method", "CONNECT"), (":authority", "a.example:22")];
const EXTENDED: [(&str, &str); 5] = [
    (":method", "CONNECT"),
    (":protocol", "chat"),
    (":scheme", "http"),
    (":authority", "a.example"),
    (":path", "/"),
];

fn config() -> Config {
    let mut config = Config::default();
    config.settings.enable_connect_protocol = true;
    config
}

fn serve<S: Service + Send + Clone + 'static>(service: S, config: Config) -> (Server, SocketAddr) {
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config))
        .serve(move |_| service.clone())
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

fn connect(at: SocketAddr) -> Peer {
    let mut peer = Peer::connect(at);
    peer.flush();
    while !matches!(peer.next(), Seen::Settings) {}
    peer
}

/// The head of the answer to a request that goes on, and the whole body.
fn ask(peer: &mut Peer, head: &[(&str, &str)]) -> (Head, Vec<u8>) {
    let stream = peer.request(head, false);
    let Seen::Response(_, head, mut end) = peer.next_of_stream() else {
        panic!("no response");
    };
    let mut body = Vec::new();
    while !end {
        match peer.next_of_stream() {
            Seen::Data(_, data, last) => {
                body.extend_from_slice(&data);
                end = last;
            }
            other => panic!("{other:?} in a body"),
        }
    }
    peer.conn
        .send(stream)
        .reset(bywash_mio::proto::vocabulary::ErrorCode::CANCEL);
    peer.flush();
    (head, body)
}

fn answer(request: &mut Request, reply: &mut Reply<'_>) {
    match request.authority() {
        Some(b"nobody.example:22") => reply.send(403, &[("a", "b")], "no").unwrap(),
        _ => reply.send(200, &[("a", "b")], "hello").unwrap(),
    }
}

#[test]
fn a_whole_answer_to_connect_has_no_content_length() {
    let (_server, at) = serve(answer, config());
    let mut peer = connect(at);
    for request in [&PLAIN[..], &EXTENDED[..]] {
        let (head, body) = ask(&mut peer, request);
        assert_eq!(head.get("content-length"), None, "{head:?}");
        assert_eq!((head.get("a"), &body[..]), (Some(&b"b"[..]), &b"hello"[..]));
    }
    // What is no tunnel is a response like any other.
    let (head, body) = ask(&mut peer, &[PLAIN[0], (":authority", "nobody.example:22")]);
    assert_eq!(head.get("content-length"), Some(&b"2"[..]));
    assert_eq!(body, b"no");
}

#[test]
fn nor_has_one_of_a_thread() {
    let pool = Pool::new(1, 10, |call: Call| {
        // It fails only when the client is gone.
        let _ = call.send(200, &[("a", "b")], "hello");
    });
    let (_server, at) = serve(pool.unwrap(), config());
    let (head, body) = ask(&mut connect(at), &PLAIN);
    assert_eq!(head.get("content-length"), None, "{head:?}");
    assert_eq!(body, b"hello");
}

#[test]
fn a_program_that_names_one_is_told() {
    let (_server, at) = serve(
        |_: &mut Request, reply: &mut Reply<'_>| {
            let refused = Err(SendError::Head(HeadError::ContentLengthForbidden));
            for length in ["0", "5"] {
                assert_eq!(reply.start(200, &[("content-length", length)]), refused);
            }
            assert_eq!(
                reply.send(299, &[("content-length", "5")], "hello"),
                refused
            );
            // Nothing was sent: another answer may follow.
            reply.send(502, &[("a", "b")], "").unwrap();
        },
        config(),
    );
    let mut peer = connect(at);
    for request in [&PLAIN[..], &EXTENDED[..]] {
        assert_eq!(ask(&mut peer, request).0.status(), Some(502));
    }
}

#[test]
fn a_proxy_does_not_pass_one_on() {
    // Such a server exists: this one is not held to the rules.
    let mut lax = config();
    lax.level = Level::Off;
    let (_server, to) = serve(
        |_: &mut Request, reply: &mut Reply<'_>| {
            let fields = [("content-length", "70"), ("a", "b")];
            reply.send(200, &fields, "hello").unwrap();
        },
        lax,
    );
    let (at, end) = proxy(to);
    let (head, body) = ask(&mut connect(at), &PLAIN);
    assert_eq!(head.get("content-length"), None, "{head:?}");
    assert_eq!((head.get("a"), &body[..]), (Some(&b"b"[..]), &b"hello"[..]));
    end();
}

#[test]
fn a_proxy_waits_for_what_its_server_enables() {
    let (_server, to) = serve(answer, config());
    let (at, end) = proxy(to);
    // It makes its first connection for this.
    let (head, body) = ask(&mut connect(at), &EXTENDED);
    assert_eq!((head.status(), &body[..]), (Some(200), &b"hello"[..]));
    end();
}

/// The proxy before a server: where it listens, and what ends it.
fn proxy(to: SocketAddr) -> (SocketAddr, impl FnOnce()) {
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config());
    let listener = event_loop.cx().listen(listen).unwrap();
    let at = event_loop.cx().listening_at(listener).unwrap();
    let stop = event_loop.shutdown_handle();
    let thread = std::thread::spawn(move || {
        let connect = Connect::new(Target::Addresses(vec![to]));
        event_loop.run(&mut relay::Proxy::new(relay::Pool::new(connect)))
    });
    let end = move || {
        stop(Duration::ZERO);
        thread.join().unwrap().unwrap();
    };
    (at.tcp().unwrap(), end)
}
