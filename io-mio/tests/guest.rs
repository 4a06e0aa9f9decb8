//! The loop as a guest in a foreign `mio::Poll`, beside another protocol's socket; and messages from
//! other threads.

mod common;

use bywash_mio::proto::event::Event;
use bywash_mio::server::{Note, Reply, Request, ServeOptions, Serving};
use bywash_mio::{ConnId, Cx, EventLoop, Guest, Handler, Listen, LoopOptions, SendFailure};
use common::{GET, Peer};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const OWN: Token = Token(7);
const WAKE: Token = Token(8);

#[test]
fn two_protocols_share_a_poll() {
    let mut poll = Poll::new().unwrap();
    let waker = Arc::new(mio::Waker::new(poll.registry(), WAKE).unwrap());
    let mut udp = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let udp_at = udp.local_addr().unwrap();
    poll.registry()
        .register(&mut udp, OWN, Interest::READABLE)
        .unwrap();
    let guest = Guest {
        registry: poll.registry().try_clone().unwrap(),
        tokens: 1000..1020,
        wake: Arc::new(move || waker.wake().unwrap()),
    };
    let mut event_loop = EventLoop::<Note>::guest(LoopOptions::default(), guest);
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap());
    let id = event_loop.cx().listen(listen).unwrap();
    let at = event_loop.cx().listening_at(id).unwrap().tcp().unwrap();
    let service = |_: &mut Request, reply: &mut Reply<'_>| {
        reply.send(200, &[("a", "b")], "a guest").unwrap();
    };
    let handle = event_loop.handle();
    let mut serving = Serving::new(service, handle, ServeOptions::default());
    let done = Arc::new(AtomicBool::new(false));
    let (tell, end) = (Arc::clone(&done), event_loop.shutdown_handle());
    let client = std::thread::spawn(move || {
        // More than there are tokens, one after the other.
        for _ in 0..50 {
            let mut peer = Peer::connect(at);
            peer.request(&GET, true);
            assert_eq!(peer.response().1, b"a guest");
        }
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(b"ping", udp_at).unwrap();
        let mut answer = [0; 10];
        assert_eq!(socket.recv(&mut answer).unwrap(), 4);
        tell.store(true, Ordering::SeqCst);
        end(Duration::from_secs(1));
    });
    let mut events = Events::with_capacity(64);
    while !event_loop.is_over() {
        let patience = event_loop.finish_turn(&mut serving);
        if event_loop.is_over() {
            break;
        }
        poll.poll(&mut events, patience).unwrap();
        for event in &events {
            match event.token() {
                OWN => {
                    let mut octets = [0; 100];
                    while let Ok((n, from)) = udp.recv_from(&mut octets) {
                        udp.send_to(&octets[..n], from).unwrap();
                    }
                }
                WAKE => {}
                _ => assert!(event_loop.handle_event(event)),
            }
        }
    }
    client.join().unwrap();
    assert!(done.load(Ordering::SeqCst));
}

/// Adds up what it is told.
#[derive(Default)]
struct Sum(u64, u32);

impl Handler for Sum {
    type Message = u64;

    fn on_event(&mut self, _: &mut Cx<'_>, _: ConnId, _: Event<'_>) {}

    fn on_message(&mut self, cx: &mut Cx<'_>, message: u64) {
        self.0 += message;
        if message == 0 {
            self.1 += 1;
            if self.1 == 4 {
                cx.shutdown(Duration::ZERO);
            }
        }
    }
}

#[test]
fn messages_of_many_threads_arrive_once_each() {
    let mut options = LoopOptions::default();
    options.mailbox = 16;
    let mut event_loop = EventLoop::<u64>::new(options).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let handle = event_loop.handle();
            std::thread::spawn(move || {
                for number in (1..=1000).rev().chain([0]) {
                    let mut message = number;
                    while let Err(SendFailure::Full(back)) = handle.send(message) {
                        message = back;
                        std::thread::yield_now();
                    }
                }
                handle
            })
        })
        .collect();
    let mut sum = Sum::default();
    event_loop.run(&mut sum).unwrap();
    assert_eq!(sum.0, 4 * 500_500);
    drop(event_loop);
    for thread in threads {
        let handle = thread.join().unwrap();
        assert_eq!(handle.send(1), Err(SendFailure::Closed(1)));
    }
}
