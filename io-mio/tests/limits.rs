//! Bounds on connections, and what happens when descriptors run out.

mod common;

use bywash_mio::error::Notice;
use bywash_mio::proto::config::{Config, Rate};
use bywash_mio::proto::error::LimitName;
use bywash_mio::proto::vocabulary::ErrorCode;
use bywash_mio::server::{Reply, Request, ServeOptions, Server, Service, Serving};
use bywash_mio::{ConnId, Cx, EventLoop, Listen, LoopOptions};
use common::{GET, Peer, Seen};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

struct Teller(mpsc::Sender<String>);

impl Service for Teller {
    fn call(&mut self, _: &mut Request, reply: &mut Reply<'_>) {
        reply.send(200, &[("a", "b")], "well").unwrap();
    }

    /// Whoever pings much has to come again later.
    fn on_pressure(&mut self, cx: &mut Cx<'_>, conn: ConnId, limit: LimitName) {
        let mut conn = cx.conn(conn).unwrap();
        let _ = self.0.send(format!("{limit} of {}", conn.peer()));
        conn.shutdown();
    }

    fn on_notice(&mut self, notice: &Notice) {
        // The test may have ended.
        let _ = self.0.send(notice.to_string());
    }
}

fn serve(listen: Listen) -> (Server, SocketAddr, mpsc::Receiver<String>) {
    let (tell, hear) = mpsc::channel();
    let server = Server::builder()
        .listen(listen)
        .threads(2)
        .serve(move |_| Teller(tell.clone()))
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at, hear)
}

fn local() -> Listen {
    Listen::tcp("127.0.0.1:0".parse().unwrap())
}

fn notice(hear: &mpsc::Receiver<String>) -> String {
    hear.recv_timeout(Duration::from_secs(5)).unwrap()
}

fn ask(peer: &mut Peer) {
    peer.request(&GET, true);
    assert_eq!(peer.response().1, b"well");
}

#[test]
fn beyond_the_bound_peers_wait_until_a_place_is_free() {
    let (_server, at, hear) = serve(local().max_connections(2));
    let (mut first, mut second) = (Peer::connect(at), Peer::connect(at));
    ask(&mut first);
    ask(&mut second);
    let mut third = Peer::connect(at);
    third.request(&GET, true);
    assert!(notice(&hear).contains("accepting pauses"));
    drop(first);
    assert_eq!(third.response().1, b"well");
}

#[test]
fn an_address_at_its_bound_is_turned_away() {
    let (_server, at, hear) = serve(local().max_per_peer(2));
    let (mut first, mut second) = (Peer::connect(at), Peer::connect(at));
    ask(&mut first);
    ask(&mut second);
    let mut third = TcpStream::connect(at).unwrap();
    assert!(notice(&hear).contains("too many connections from this address"));
    assert!(!matches!(third.read(&mut [0; 9]), Ok(1..)));
    // Another address is not concerned.
    let other = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let from: SocketAddr = "127.0.0.2:0".parse().unwrap();
    if cfg!(target_os = "linux") {
        other.bind(&from.into()).unwrap();
        other.connect(&at.into()).unwrap();
        ask(&mut Peer::over(other.into()));
    }
    drop(first);
    let begun = Instant::now();
    loop {
        // The place is free once the server has seen the end.
        let mut again = TcpStream::connect(at).unwrap();
        again
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        if again.read(&mut [0; 9]).is_err_and(|e| is_timeout(&e)) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_loop_without_room_says_whom_it_turns_away() {
    let mut options = LoopOptions::default();
    // The waker, the listener, two connections.
    options.max_sockets = 4;
    let (tell, hear) = mpsc::channel();
    let mut event_loop = EventLoop::new(options).unwrap();
    let listener = event_loop.cx().listen(local()).unwrap();
    let at = event_loop.cx().listening_at(listener).unwrap();
    let at = at.tcp().unwrap();
    let mut serving = Serving::new(Teller(tell), event_loop.handle(), ServeOptions::default());
    let sockets: Vec<TcpStream> = (0..5).map(|_| TcpStream::connect(at).unwrap()).collect();
    let begun = Instant::now();
    while event_loop.cx().refused() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        let wait = Some(Duration::from_millis(50));
        event_loop.turn(&mut serving, wait).unwrap();
    }
    assert_eq!(event_loop.cx().connections(), 2);
    for socket in &sockets[2..] {
        let line = notice(&hear);
        let peer = socket.local_addr().unwrap().to_string();
        assert!(line.contains(&peer) && line.contains("no room"), "{line}");
    }
    // A place that is free is taken.
    drop(sockets);
    while event_loop.cx().connections() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        let wait = Some(Duration::from_millis(50));
        event_loop.turn(&mut serving, wait).unwrap();
    }
    let _again = TcpStream::connect(at).unwrap();
    while event_loop.cx().connections() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        let wait = Some(Duration::from_millis(50));
        event_loop.turn(&mut serving, wait).unwrap();
    }
    assert_eq!(event_loop.cx().refused(), 3);
}

fn is_timeout(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), TimedOut | WouldBlock)
}

#[test]
fn connections_are_spread_over_the_loops() {
    let (server, at, _hear) = serve(local());
    let mut peers: Vec<Peer> = (0..10).map(|_| Peer::connect(at)).collect();
    peers.iter_mut().for_each(ask);
    assert_eq!(server.connections(), [5, 5]);
}

#[test]
fn ports_in_use_and_files_in_the_way_are_errors() {
    let (server, at, _hear) = serve(local());
    let again = Server::builder()
        .listen(Listen::tcp(at))
        .serve(|_| |_: &mut Request, _: &mut Reply<'_>| {});
    assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    drop(server);
    #[cfg(unix)]
    {
        let file = std::env::temp_dir().join(format!("bywash-file-{}", std::process::id()));
        std::fs::write(&file, "precious").unwrap();
        let listen = Listen::unix(&file);
        let wrong = Server::builder()
            .listen(listen)
            .serve(|_| |_: &mut Request, _: &mut Reply<'_>| {});
        assert!(wrong.is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
        std::fs::remove_file(&file).unwrap();
    }
}

/// The same program again, with few descriptors.
#[cfg(unix)]
#[test]
fn accepting_goes_on_when_descriptors_are_free_again() {
    let own = std::env::current_exe().unwrap();
    let run = std::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -n 40 && exec \"$0\" --exact --ignored --nocapture with_few_descriptors",
        ])
        .arg(own)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "run by the test above, with few descriptors"]
fn with_few_descriptors() {
    let (_server, at, hear) = serve(local());
    let mut first = Peer::connect(at);
    ask(&mut first);
    let mut held = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        held.push(file);
    }
    // One for the client's end, none for the server's.
    held.pop();
    let mut waiting = Peer::connect(at);
    let text = notice(&hear);
    assert!(text.starts_with("accepting failed:"), "{text}");
    // Who is in is served.
    ask(&mut first);
    held.clear();
    ask(&mut waiting);
}

/// The core says when half of a limit is used; the service may act before the whole of it is.
#[test]
fn a_service_hears_of_pressure_and_may_act() {
    let mut config = Config::default();
    config.limits.control = Rate::new(64, 1);
    let (_server, at, hear) = serve(local().config(config));
    let mut peer = Peer::connect(at);
    ask(&mut peer);
    let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    for _ in 0..40 {
        peer.socket.write_all(&ping).unwrap();
    }
    let name = peer.socket.local_addr().unwrap();
    assert_eq!(notice(&hear), format!("control-frames of {name}"));
    loop {
        match peer.next() {
            Seen::GoAway(code) => break assert_eq!(code, ErrorCode::NO_ERROR),
            Seen::Closed(reason) => panic!("it ended by {reason}"),
            _ => {}
        }
    }
    assert!(hear.try_recv().is_err(), "told more than once");
}

#[test]
fn a_listener_that_is_full_says_so_once() {
    let (_server, at, hear) = serve(local().max_connections(1));
    let mut first = Peer::connect(at);
    ask(&mut first);
    let mut second = Peer::connect(at);
    second.request(&GET, true);
    assert!(notice(&hear).contains("accepting pauses"));
    std::thread::sleep(Duration::from_millis(200));
    assert!(hear.try_recv().is_err(), "it repeats itself");
    drop(first);
    assert_eq!(second.response().1, b"well");
    // The next time is news again.
    let _third = Peer::connect(at);
    assert!(notice(&hear).contains("accepting pauses"));
}

#[test]
#[cfg(unix)]
fn a_unix_socket_whose_owner_is_behind_is_in_use() {
    let path = std::env::temp_dir().join(format!("bywash-behind-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let owner = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    owner
        .bind(&socket2::SockAddr::unix(&path).unwrap())
        .unwrap();
    owner.listen(0).unwrap();
    // One waits to be accepted: the next would wait for that.
    let _waits = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let (tell, told) = mpsc::channel();
    let listen = Listen::unix(&path);
    std::thread::spawn(move || {
        let server = Server::builder()
            .listen(listen)
            .serve(|_| |_: &mut Request, _: &mut Reply<'_>| {});
        tell.send(server.map(drop).unwrap_err().kind()).unwrap();
    });
    let kind = told.recv_timeout(Duration::from_secs(5));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(kind, Ok(std::io::ErrorKind::AddrInUse));
}
