//! Hundreds of peers that are too slow, each in its own way, at one loop: each ends at its deadline,
//! and whoever is honest gets answers in time meanwhile.

mod soak;

use bytes::Bytes;
use bywash_mio::client::{Client, ClientOptions, Request as Ask};
use bywash_mio::error::{End, Notice, TlsFault};
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::{CloseReason, EndedBy, StreamEnd, TimeoutKind};
use bywash_mio::proto::event::Event;
use bywash_mio::server::{Ended, Exchange, Reply, Request, Server, Service};
use bywash_mio::{ConnId, Cx, EventLoop, Handler, Listen, LoopOptions};
use soak::wire::{PREFACE, Wire, frame, get, opening};
use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Peers of each kind.
const EACH: usize = 40;
/// Every deadline of the server but that of idle connections.
const DEADLINE: Duration = Duration::from_millis(1_000);
const LINGER: Duration = Duration::from_millis(200);
/// A machine that does other things, too.
const SLACK: Duration = Duration::from_millis(1_500);
/// What an honest client waits for 99 of 100 answers, unless the machine is slower than that
/// without any slow peer.
const P99: Duration = Duration::from_millis(50);

/// What the server tells of its peers.
#[derive(Debug)]
enum Told {
    Closed(CloseReason, Duration),
    Handshake(TlsFault),
    Stream(StreamEnd),
}

/// Writes without end.
struct Flood(mpsc::Sender<Told>);

impl Exchange for Flood {
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        let mut piece = Bytes::from_static(&[b'x'; 16_384]);
        while reply.write(&mut piece).unwrap_or(false) {
            piece = Bytes::from_static(&[b'x'; 16_384]);
        }
    }

    fn on_end(&mut self, end: &Ended) {
        if let Ended::Stream(end) = end {
            let _ = self.0.send(Told::Stream(*end));
        }
    }
}

struct Teller {
    tell: mpsc::Sender<Told>,
    since: HashMap<ConnId, Instant>,
}

impl Service for Teller {
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>) {
        if request.path() == b"/flood" {
            reply.start(200, &[("a", "b")]).unwrap();
            return reply.go_on(Flood(self.tell.clone()));
        }
        reply.send(200, &[("a", "b")], "well").unwrap();
    }

    fn on_open(&mut self, _: &mut Cx<'_>, conn: ConnId) {
        self.since.insert(conn, Instant::now());
    }

    fn on_close(&mut self, conn: ConnId, end: &End) {
        let lived = self.since.remove(&conn).unwrap().elapsed();
        // Nobody listens any more once the test is over.
        let _ = self.tell.send(Told::Closed(end.reason, lived));
    }

    fn on_notice(&mut self, notice: &Notice) {
        if let Notice::HandshakeFailed { fault, .. } = notice {
            self.tell.send(Told::Handshake(fault.clone())).unwrap();
        }
    }
}

fn serve(is_tls: bool) -> (Server, SocketAddr, mpsc::Receiver<Told>) {
    let (tell, hear) = mpsc::channel();
    let mut config = Config::default();
    config.secure = is_tls;
    config.timers.preface = Some(DEADLINE);
    config.timers.progress = Some(DEADLINE);
    config.timers.block = Some(DEADLINE);
    // Before a head is whole there is no stream: its own deadline must come first.
    config.timers.idle = Some(DEADLINE * 2);
    config.timers.shutdown_round_trip = Duration::from_millis(100);
    let mut options = LoopOptions::default();
    options.linger = LINGER;
    let mut listen = Listen::tcp("127.0.0.1:0".parse().unwrap())
        .config(config)
        .handshake_deadline(DEADLINE);
    if is_tls {
        listen = listen.tls(soak::tls().0);
    }
    let server = Server::builder()
        .loop_options(options)
        .listen(listen)
        .serve(move |_| Teller {
            tell: tell.clone(),
            since: HashMap::new(),
        })
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at, hear)
}

/// Asks without a pause until it is told to stop; how long each answer took.
fn honest(at: SocketAddr, is_tls: bool, stop: &'static AtomicBool) -> JoinHandle<Vec<Duration>> {
    std::thread::spawn(move || {
        let mut options = ClientOptions::default();
        options.tls = Some(soak::tls().1);
        let client = Client::new(options).unwrap();
        let scheme = if is_tls { "https" } else { "http" };
        let url = format!("{scheme}://localhost:{}/", at.port());
        let mut took = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let mut response = client.send(Ask::get(&url).unwrap()).unwrap();
            assert_eq!(response.body().unwrap(), b"well");
            took.push(begun.elapsed());
            std::thread::sleep(Duration::from_millis(1));
        }
        took
    })
}

fn p99(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    assert!(took.len() > 100, "only {} answers", took.len());
    took[took.len() * 99 / 100]
}

/// Peers that get as far as HTTP/2. What has to be said slowly is said by the caller.
struct Slow {
    held: Vec<Wire>,
    dribbling: Vec<Wire>,
}

impl Slow {
    fn begin(connect: impl Fn() -> Wire) -> Self {
        let (mut held, mut dribbling) = (Vec::new(), Vec::new());
        let mut hold = |octets: &[u8]| {
            let mut wire = connect();
            assert!(octets.is_empty() || wire.say(octets));
            held.push(wire);
        };
        let (most, none) = (opening(0x7fff_ffff), opening(0));
        let head = frame(1, 5, 1, &get("/flood"));
        for _ in 0..EACH {
            hold(&[]);
            hold(&PREFACE[..10]);
            hold(&[&most[..], &frame(1, 1, 1, &get("/"))].concat());
            hold(&[&most[..], &head[..head.len() - 1]].concat());
            // It never reads what it asks for without end.
            hold(&[&most[..], &head].concat());
            // It reads, but its window stays shut.
            hold(&[&none[..], &head].concat());
            let mut wire = connect();
            assert!(wire.say(&[&most[..], &[0, 64, 0, 1, 5, 0, 0, 0, 1, 0x82]].concat()));
            dribbling.push(wire);
        }
        Self { held, dribbling }
    }

    /// One octet more of each head that never ends.
    fn dribble(&mut self) {
        self.dribbling.retain_mut(|wire| wire.say(&[0x86]));
    }
}

/// How many ended in which way, when all have ended that must.
#[derive(Default, Debug, PartialEq, Eq)]
struct Ends {
    preface: usize,
    block: usize,
    progress: usize,
    idle: usize,
    shut_windows: usize,
    handshakes: usize,
}

impl Ends {
    fn count(&mut self, told: Told) {
        if let Told::Closed(reason, lived) = &told {
            let looks = match reason {
                // A shut window is seen by the second look, and the idle time comes after it.
                CloseReason::Finished => 4,
                CloseReason::Timeout(TimeoutKind::Progress) => 2,
                _ => 1,
            };
            assert!(*lived < DEADLINE * looks + LINGER + SLACK, "{told:?}");
        }
        match told {
            Told::Closed(CloseReason::Timeout(TimeoutKind::Preface), _) => self.preface += 1,
            Told::Closed(CloseReason::Timeout(TimeoutKind::Block), _) => self.block += 1,
            Told::Closed(CloseReason::Timeout(TimeoutKind::Progress), _) => self.progress += 1,
            // An idle connection is shut down in good order.
            Told::Closed(CloseReason::Finished, _) => self.idle += 1,
            Told::Handshake(TlsFault::Timeout) => self.handshakes += 1,
            Told::Stream(end) if end.by == EndedBy::Timeout(TimeoutKind::Progress) => {
                self.shut_windows += 1;
            }
            Told::Stream(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn all_slow_peers_end(is_tls: bool, stop: &'static AtomicBool) {
    let (_server, at, hear) = serve(is_tls);
    let alone = honest(at, is_tls, {
        static ALONE: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];
        let alone = &ALONE[usize::from(is_tls)];
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(1));
            alone.store(true, Ordering::Relaxed);
        });
        alone
    });
    let alone = p99(alone.join().unwrap());
    assert!(matches!(
        hear.recv(),
        Ok(Told::Closed(CloseReason::Finished, _))
    ));

    let client = honest(at, is_tls, stop);
    let mut shaking = Vec::new();
    let mut slow = match is_tls {
        false => Slow::begin(|| Wire::plain(at)),
        true => {
            let hello = Wire::client_hello();
            for said in [&[][..], &hello[..hello.len() / 2]] {
                for _ in 0..EACH {
                    let mut wire = Wire::plain(at);
                    wire.socket.write_all(said).unwrap();
                    shaking.push(wire);
                }
            }
            Slow::begin(|| Wire::tls(at))
        }
    };
    let wanted = Ends {
        preface: EACH * 2,
        block: EACH * 3,
        progress: EACH,
        idle: EACH,
        shut_windows: EACH,
        handshakes: shaking.len(),
    };
    let mut ends = Ends::default();
    let begun = Instant::now();
    while ends != wanted {
        assert!(begun.elapsed() < Duration::from_secs(20), "{ends:?}");
        if let Ok(told) = hear.recv_timeout(Duration::from_millis(50)) {
            ends.count(told);
            hear.try_iter().for_each(|told| ends.count(told));
        }
        slow.dribble();
    }
    stop.store(true, Ordering::Relaxed);
    let beside = p99(client.join().unwrap());
    println!("TLS {is_tls}: 99 of 100 within {alone:?} alone, {beside:?} beside slow peers");
    assert!(beside < P99.max(alone * 3), "{alone:?} alone, {beside:?}");
    drop(slow.held);
}

#[test]
fn slow_peers_end_at_their_deadlines_in_cleartext() {
    static STOP: AtomicBool = AtomicBool::new(false);
    all_slow_peers_end(false, &STOP);
}

#[test]
fn slow_peers_end_at_their_deadlines_over_tls() {
    static STOP: AtomicBool = AtomicBool::new(false);
    all_slow_peers_end(true, &STOP);
}

/// Remembers what became of connections.
#[derive(Default)]
struct Witness {
    settings: usize,
    ends: Vec<CloseReason>,
}

impl Handler for Witness {
    type Message = ();

    fn on_event(&mut self, _: &mut Cx<'_>, _: ConnId, event: Event<'_>) {
        self.settings += usize::from(matches!(event, Event::Settings));
    }

    fn on_close(&mut self, _: &mut Cx<'_>, _: ConnId, end: &End, _: u64) {
        self.ends.push(end.reason);
    }
}

#[test]
fn a_loop_that_was_held_up_does_not_blame_its_peers() {
    let mut config = Config::default();
    config.timers.preface = Some(Duration::from_millis(100));
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let mut cx = event_loop.cx();
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config);
    let listener = cx.listen(listen).unwrap();
    let at = cx.listening_at(listener).unwrap().tcp().unwrap();
    let mut wire = Wire::plain(at);
    let mut witness = Witness::default();
    let mut turn = |witness: &mut Witness| {
        let wait = Some(Duration::from_millis(20));
        event_loop.turn(witness, wait).unwrap();
        event_loop.cx().connections()
    };
    while turn(&mut witness) == 0 {}
    // The peer is in time; the loop is not.
    assert!(wire.say(&opening(65_535)));
    std::thread::sleep(Duration::from_millis(150));
    turn(&mut witness);
    turn(&mut witness);
    assert_eq!((witness.settings, &witness.ends[..]), (1, &[][..]));
}
