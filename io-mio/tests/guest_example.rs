//! The two protocols of the example `guest_loop`, each with clients that ask too much.

mod common;

// Not all of what the example uses of them is used here.
#[allow(dead_code)]
#[path = "../examples/guest_loop/lines.rs"]
mod lines;
#[allow(dead_code)]
#[path = "../examples/guest_loop/web.rs"]
mod web;

use bywash_mio::{EventLoop, Listen, LoopOptions};
use common::{GET, POST, Peer, Seen};
use lines::Lines;
use mio::{Events, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

struct World {
    poll: Poll,
    lines: Lines,
}

impl World {
    fn new() -> Self {
        let poll = Poll::new().unwrap();
        let registry = poll.registry().try_clone().unwrap();
        let at = "127.0.0.1:0".parse().unwrap();
        let lines = Lines::listen(at, registry, Token(0), 10..20).unwrap();
        Self { poll, lines }
    }

    fn connect(&mut self) -> TcpStream {
        let socket = TcpStream::connect(self.lines.address().unwrap()).unwrap();
        self.turn();
        socket
    }

    /// One wait, and what came of it.
    fn turn(&mut self) {
        let mut events = Events::with_capacity(16);
        let wait = self.lines.patience().unwrap_or(Duration::from_secs(5));
        self.poll.poll(&mut events, Some(wait)).unwrap();
        for event in &events {
            self.lines.handle_event(event);
        }
        self.lines.go_on();
    }
}

#[test]
fn who_never_stops_talking_lets_others_speak() {
    let mut world = World::new();
    let mut flooder = world.connect();
    flooder.set_nonblocking(true).unwrap();
    let (flood, mut sent) = (b"x\n".repeat(500_000), 0);
    while sent < flood.len() {
        match flooder.write(&flood[sent..]) {
            Ok(n) => sent += n,
            Err(e) if e.kind() == ErrorKind::WouldBlock => break,
            Err(e) => panic!("{e}"),
        }
    }
    assert!(sent > 100_000);
    let mut said = 0;
    while said < sent / 2 {
        world.turn();
        let now = world.lines.take_said().len();
        // An event and the turn after it: 16 KiB each, and a read more.
        assert!(now <= 2 * (16 + 4) * 1024 / 2, "{now} lines at once");
        said += now;
    }
    assert_eq!(said, sent / 2);
}

#[test]
fn a_line_that_is_too_long_ends_its_client() {
    let mut world = World::new();
    let mut client = world.connect();
    let longest = [&[b'a'; 1024][..], b"\n"].concat();
    client.write_all(&longest).unwrap();
    world.turn();
    assert_eq!(world.lines.take_said(), ["a".repeat(1024)]);
    // At one go: it is no shorter for its end being there already.
    let longer = [&[b'a'; 1025][..], b"\n"].concat();
    client.write_all(&longer).unwrap();
    world.turn();
    assert!(world.lines.take_said().is_empty());
    client
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    assert!(!matches!(client.read(&mut [0; 1]), Ok(1)));
}

#[test]
fn requests_are_held_to_the_same_length() {
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap());
    let listener = event_loop.cx().listen(listen).unwrap();
    let at = event_loop.cx().listening_at(listener).unwrap();
    let stop = event_loop.shutdown_handle();
    let thread = std::thread::spawn(move || {
        let mut web = web::Web::default();
        event_loop.run(&mut web).unwrap();
        web.take_posted()
    });
    let mut peer = Peer::connect(at.tcp().unwrap());
    for (length, status) in [(1024, 204), (1025, 413)] {
        let stream = peer.request(&POST, false);
        peer.send(stream, &vec![b'a'; length], true);
        assert_eq!(peer.response().0, status);
    }
    // RFC 9110 15.5.6.
    let mut head = GET;
    head[0].1 = "DELETE";
    peer.request(&head, true);
    let Seen::Response(_, head, true) = peer.next_of_stream() else {
        panic!("no response");
    };
    assert_eq!(head.status(), Some(405));
    assert_eq!(head.get("allow"), Some(&b"GET, POST"[..]));
    stop(Duration::ZERO);
    assert_eq!(thread.join().unwrap(), ["a".repeat(1024)]);
}
