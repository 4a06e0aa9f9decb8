//! The hunt for stalls: small buffers, small windows and small budgets, over many seeds. Every echo
//! must come back although nothing but progress itself brings more events.
//!
//! Server and client share a loop, so that no thread's timing hides a stall: when nothing can
//! progress any more and echoes are missing, the loop waits for ever, and the test sees it.

mod common;

use bytes::Bytes;
use bywash_mio::error::{ConnectError, End};
use bywash_mio::proto::config::{Config, FlowControl};
use bywash_mio::proto::event::Event;
use bywash_mio::proto::vocabulary::{ErrorCode, StreamRef};
use bywash_mio::server::{Exchange, Note, Reply, Request, ServeOptions, Serving};
use bywash_mio::tls::{Certificates, ClientTls, ServerTls};
use bywash_mio::{ConnId, Connect, Cx, EventLoop, Handler, Listen, LoopOptions, Target};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

type Call = fn(&mut Request, &mut Reply<'_>);

/// Sends back what it gets, giving credit only for what the peer has taken.
#[derive(Default)]
struct Echo(VecDeque<Bytes>, bool);

impl Exchange for Echo {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.0.push_back(Bytes::copy_from_slice(data));
        self.1 = end;
        self.on_writable(reply);
        0
    }

    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        while let Some(piece) = self.0.front_mut() {
            let octets = piece.len();
            if !reply.write(piece).unwrap() {
                return;
            }
            reply.release(octets);
            self.0.pop_front();
        }
        if self.1 {
            reply.finish().unwrap();
        }
    }
}

fn echo(_: &mut Request, reply: &mut Reply<'_>) {
    reply.start(200, &[("a", "b")]).unwrap();
    reply.go_on(Echo::default());
}

/// What one request of the client still has to send, and what it got.
struct Asked {
    body: Bytes,
    sent: usize,
    got: usize,
    wrong: bool,
}

struct Both {
    serving: Serving<Call>,
    client: Option<ConnId>,
    bodies: Vec<Bytes>,
    asked: HashMap<StreamRef, Asked>,
    done: usize,
    failed: Option<String>,
    piece: usize,
}

impl Both {
    fn open_all(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        let head = [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", "/"),
        ];
        while let Some(body) = self.bodies.pop() {
            match cx.client(conn).unwrap().request(&head, false) {
                Ok(stream) => {
                    let asked = Asked {
                        body,
                        sent: 0,
                        got: 0,
                        wrong: false,
                    };
                    self.asked.insert(stream, asked);
                    self.push(cx, conn, stream);
                }
                Err(_) => return self.bodies.push(body),
            }
        }
    }

    fn push(&mut self, cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef) {
        let Some(asked) = self.asked.get_mut(&stream) else {
            return;
        };
        let client = cx.client(conn).unwrap();
        while asked.sent < asked.body.len() {
            let to = asked.body.len().min(asked.sent + self.piece);
            let mut piece = asked.body.slice(asked.sent..to);
            let (whole, end) = (piece.len(), to == asked.body.len());
            if client.send(stream).data(&mut piece, end).unwrap() < whole {
                return;
            }
            asked.sent = to;
        }
    }

    fn take(&mut self, cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef, data: &[u8], end: bool) {
        let asked = self.asked.get_mut(&stream).unwrap();
        let expected = asked.body.get(asked.got..asked.got + data.len());
        asked.wrong |= expected != Some(data);
        asked.got += data.len();
        let client = cx.client(conn).unwrap();
        client.recv(stream).release(data.len() as u32).unwrap();
        if end {
            let asked = self.asked.remove(&stream).unwrap();
            if asked.wrong || asked.got != asked.body.len() {
                self.failed = Some("another body came back".into());
            }
            self.done += 1;
            self.open_all(cx, conn);
        }
    }
}

impl Handler for Both {
    type Message = Note;

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        if self.client != Some(conn) {
            return self.serving.on_event(cx, conn, event);
        }
        match event {
            Event::Data { stream, data, end } => self.take(cx, conn, stream, data, end),
            Event::Writable { stream } => self.push(cx, conn, stream),
            Event::CanOpen => self.open_all(cx, conn),
            Event::Ended { end, .. } => self.failed = Some(end.to_string()),
            Event::Closed(reason) => self.failed = Some(reason.to_string()),
            _ => {}
        }
    }

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        if self.client == Some(conn) {
            self.open_all(cx, conn);
        }
    }

    fn on_close(&mut self, _: &mut Cx<'_>, _: ConnId, end: &End, _: u64) {
        self.failed = Some(end.to_string());
    }

    fn on_connect_failed(&mut self, _: &mut Cx<'_>, _: ConnId, error: ConnectError) {
        self.failed = Some(error.to_string());
    }
}

struct Random(u64);

impl Random {
    /// From 0 to `most`, small values as likely as large ones.
    fn up_to(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bits = (self.0 >> 32) as u32 % (usize::BITS - most.leading_zeros() + 1);
        (self.0 as usize & ((1_usize << bits) - 1)).min(most)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.up_to(1 << 20);
        self.0 % n == 0
    }
}

fn config(random: &mut Random) -> Config {
    let mut config = Config::default();
    config.settings.initial_window_size = 1 + random.up_to(70_000) as u32;
    config.settings.max_concurrent_streams = 1 + random.up_to(9) as u32;
    config.settings.connection_window = 65_535 + random.up_to(100_000) as u32;
    // Until the server's limit is known: no refusals.
    config.send.initial_max_streams = 1;
    config.send.stream_mark = 1 + random.up_to(40_000) as u32;
    config.send.commit_ahead = 1024 + random.up_to(100_000) as u32;
    config.send.frame_size = 1 + random.up_to(16_383) as u32;
    config.send.copy_below = random.up_to(5_000) as u32;
    config.limits.reply_bytes = 256 + random.up_to(16_000) as u32;
    // Small windows make small updates; the seeds look for stalls, not for abuse.
    config.limits.dribble.burst = 1 << 24;
    config.limits.tiny_data.burst = 1 << 24;
    if random.one_in(4) {
        config.flow = FlowControl::Streams;
    }
    config
}

fn tls() -> &'static (Arc<ServerTls>, Arc<ClientTls>) {
    static TLS: OnceLock<(Arc<ServerTls>, Arc<ClientTls>)> = OnceLock::new();
    TLS.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let own = Certificates::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        let server = ServerTls::builder(&own).build().unwrap();
        let client = ClientTls::insecure().build().unwrap();
        (Arc::new(server), Arc::new(client))
    })
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Plain,
    Tls,
    #[cfg(unix)]
    Unix,
}

fn hunt(seed: u64, kind: Kind) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut options = LoopOptions::default();
    options.read_buffer = 4096 + random.up_to(60_000);
    options.events_per_turn = 1 + random.up_to(64) as u32;
    options.bytes_per_turn = 1 + random.up_to(100_000);
    let mut event_loop = EventLoop::<Note>::new(options).unwrap();
    // Smaller ones make TCP itself wait, for its own timers of 40 and 200 ms.
    let (send, receive) = (12_000 + random.up_to(20_000), 200_000);
    let (listen, folder) = match kind {
        #[cfg(unix)]
        Kind::Unix => {
            let folder = std::env::temp_dir();
            let path = folder.join(format!("bywash-stall-{}-{seed}", std::process::id()));
            (Listen::unix(&path), Some(path))
        }
        _ => (Listen::tcp("127.0.0.1:0".parse().unwrap()), None),
    };
    let mut listen = listen
        .config(config(&mut random))
        .socket_buffers(Some(send), Some(receive));
    if kind == Kind::Tls {
        listen = listen.tls(tls().0.clone());
    }
    let id = event_loop.cx().listen(listen).unwrap();
    let target = match folder {
        #[cfg(unix)]
        Some(path) => Target::Unix(path),
        _ => Target::Addresses(vec![
            event_loop.cx().listening_at(id).unwrap().tcp().unwrap(),
        ]),
    };
    let mut connect = Connect::new(target)
        .config(config(&mut random))
        .socket_buffers(Some(receive), Some(send));
    if kind == Kind::Tls {
        connect = connect.tls(tls().1.clone(), "localhost");
    }
    let bodies: Vec<Bytes> = (0..1 + random.up_to(12))
        .map(|_| {
            let length = 1 + random.up_to(30_000);
            (0..length).map(|n| (n % 241) as u8).collect()
        })
        .collect();
    let wanted = bodies.len();
    let mut both = Both {
        serving: Serving::new(echo as Call, event_loop.handle(), ServeOptions::default()),
        client: Some(event_loop.cx().connect(connect)),
        bodies,
        asked: HashMap::new(),
        done: 0,
        failed: None,
        piece: 1 + random.up_to(9_000),
    };
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    while both.done < wanted {
        let turn = Instant::now();
        event_loop
            .turn(&mut both, Some(Duration::from_secs(2)))
            .unwrap();
        longest = longest.max(turn.elapsed());
        assert_eq!(both.failed, None, "seed {seed}, {kind:?}");
        assert!(
            // Timers of the loop or of the core would hide a stall from a longer wait.
            longest < Duration::from_millis(900) && begun.elapsed().as_secs() < 60,
            "seed {seed}, {kind:?}: a stall with {} of {wanted} echoes",
            both.done
        );
    }
    let mut conn = event_loop.cx();
    conn.conn(both.client.unwrap())
        .unwrap()
        .close(ErrorCode::NO_ERROR);
}

/// BYWASH_STALL_SEEDS=5000 hunts longer.
fn seeds() -> std::ops::Range<u64> {
    let most = std::env::var("BYWASH_STALL_SEEDS").ok();
    0..most.map_or(60, |text| text.parse().unwrap())
}

#[test]
fn no_echo_stalls_in_cleartext() {
    seeds().for_each(|seed| hunt(seed, Kind::Plain));
}

#[test]
fn no_echo_stalls_over_tls() {
    seeds().for_each(|seed| hunt(seed, Kind::Tls));
}

#[cfg(unix)]
#[test]
fn no_echo_stalls_over_a_unix_socket() {
    seeds().for_each(|seed| hunt(seed, Kind::Unix));
}
