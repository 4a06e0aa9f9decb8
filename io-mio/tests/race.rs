//! Names and addresses: resolved on a thread, raced, and named in errors.

mod common;

use bywash_mio::error::{ConnectError, ConnectFault, End};
use bywash_mio::proto::event::Event;
use bywash_mio::server::{Reply, Request, Server};
use bywash_mio::{ConnId, Connect, Cx, EventLoop, Handler, Listen, LoopOptions, Target};
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Seen {
    opened: Option<SocketAddr>,
    failed: Option<ConnectError>,
}

impl Handler for Seen {
    type Message = ();

    fn on_event(&mut self, _: &mut Cx<'_>, _: ConnId, _: Event<'_>) {}

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        self.opened = cx.conn(conn).unwrap().peer().tcp();
    }

    fn on_connect_failed(&mut self, _: &mut Cx<'_>, _: ConnId, error: ConnectError) {
        self.failed = Some(error);
    }

    fn on_close(&mut self, _: &mut Cx<'_>, _: ConnId, _: &End, _: u64) {}
}

type Answer = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

fn try_with(connect: Connect, resolve: Option<Answer>) -> (Seen, Duration) {
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    if let Some(resolve) = resolve {
        event_loop.set_resolver(Arc::new(resolve));
    }
    let mut seen = Seen::default();
    event_loop.cx().connect(connect);
    let begun = Instant::now();
    while seen.opened.is_none() && seen.failed.is_none() {
        event_loop
            .turn(&mut seen, Some(Duration::from_secs(5)))
            .unwrap();
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    (seen, begun.elapsed())
}

fn serve() -> (Server, SocketAddr) {
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .serve(|_| |_: &mut Request, _: &mut Reply<'_>| {})
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

/// An address at which nobody answers: its queue is full. Keep what comes with it.
fn hung() -> (SocketAddr, (Socket, Vec<Socket>)) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let at = listener.local_addr().unwrap().as_socket().unwrap();
    let fill = (0..4)
        .map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&at.into());
            socket
        })
        .collect();
    std::thread::sleep(Duration::from_millis(20));
    (at, (listener, fill))
}

fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn the_next_address_need_not_wait_for_one_that_hangs() {
    let (_server, good) = serve();
    let (at, _keep) = hung();
    let delay = Duration::from_millis(40);
    let connect = Connect::new(Target::Addresses(vec![at, good])).attempt_delay(delay);
    let (seen, took) = try_with(connect, None);
    assert_eq!(seen.opened, Some(good));
    assert!(took >= delay, "{took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn the_next_address_follows_a_refusal_at_once() {
    let (_server, good) = serve();
    let list = vec![closed(), closed(), good];
    let connect = Connect::new(Target::Addresses(list)).attempt_delay(Duration::from_secs(60));
    assert_eq!(try_with(connect, None).0.opened, Some(good));
}

#[test]
fn time_is_bounded_over_all_addresses() {
    let (at, _keep) = hung();
    let connect = Connect::new(Target::Addresses(vec![at])).timeout(Duration::from_millis(100));
    let error = try_with(connect, None).0.failed.unwrap();
    assert!(matches!(error.fault, ConnectFault::TimedOut), "{error}");
    assert_eq!(error.address.unwrap().tcp(), Some(at));
}

#[test]
fn names_are_resolved_on_a_thread() {
    let (_server, good) = serve();
    // `localhost` by the system, whichever family it prefers.
    let connect = Connect::new(Target::Name("localhost".into(), good.port()));
    let (seen, _) = try_with(connect, None);
    assert_eq!(seen.opened, Some(good), "{:?}", seen.failed);
    let failing: Answer = |_, _| Err(io::ErrorKind::NotFound.into());
    let nowhere = || Connect::new(Target::Name("nowhere.example".into(), 7));
    let error = try_with(nowhere(), Some(failing)).0.failed.unwrap();
    assert!(matches!(error.fault, ConnectFault::Resolve(_)));
    assert!(
        error
            .to_string()
            .starts_with("nowhere.example:7: the name does not resolve")
    );
    // A resolver that hangs holds up nobody.
    let hanging: Answer = |_, _| {
        std::thread::sleep(Duration::from_millis(400));
        Ok(Vec::new())
    };
    let soon = nowhere().timeout(Duration::from_millis(50));
    let (seen, took) = try_with(soon, Some(hanging));
    assert!(matches!(
        seen.failed.unwrap().fault,
        ConnectFault::Resolve(_)
    ));
    assert!(took < Duration::from_millis(350), "{took:?}");
    let none: Answer = |_, _| Ok(Vec::new());
    let error = try_with(nowhere(), Some(none)).0.failed.unwrap();
    assert!(matches!(error.fault, ConnectFault::Resolve(_)));
    drop(TcpStream::connect(good).unwrap());
}
