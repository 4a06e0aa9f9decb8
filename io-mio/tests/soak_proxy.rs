//! The proxy of the examples between a client and a server, with tiny windows, buffers and budgets on
//! all three, over many seeds: whatever a request is, it comes to the end that it would come to
//! without a proxy, nothing stalls, and nothing is left behind.
//!
//! The three loops turn by turns on one thread, so that the seed decides what happens.

mod soak;

#[path = "../examples/proxy/relay/mod.rs"]
mod relay;

use bytes::Bytes;
use bywash_mio::error::{ConnectError, End};
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::{EndedBy, OpenError, StreamEnd};
use bywash_mio::proto::event::Event;
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::{ErrorCode, StreamRef};
use bywash_mio::server::{Exchange, Note, Reply, Request, ServeOptions, Serving};
use bywash_mio::{ConnId, Connect, Cx, EventLoop, Handler, Listen, Target};
use relay::{Pool, Proxy};
use soak::Chance;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

// --- the server ---------------------------------------------------------------------------------------

/// What a request asks the server to do, and what must come of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// The body comes back.
    Echo,
    /// 103 comes, then the body, then trailers with its length.
    Trailers,
    /// The answer comes before the body has.
    Early,
    /// Some of the body comes back, then a reset.
    Reset,
    /// No request body, a large response.
    Download,
    /// As an echo, but the client goes away in the middle.
    Cancel,
}

const KINDS: [(Kind, &str); 6] = [
    (Kind::Echo, "/echo"),
    (Kind::Trailers, "/trailers"),
    (Kind::Early, "/early"),
    (Kind::Reset, "/reset"),
    (Kind::Download, "/download"),
    (Kind::Cancel, "/echo"),
];
/// Octets of a body, each way.
const MOST: u32 = 10_000;

/// The n-th octet of every body.
fn octet(n: usize) -> u8 {
    (n % 241) as u8
}

/// Sends back what it gets, giving credit only for what the peer has taken.
#[derive(Default)]
struct Echo {
    waiting: VecDeque<Bytes>,
    got: usize,
    is_whole: bool,
    with_trailers: bool,
    reset_after: Option<usize>,
}

impl Exchange for Echo {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.got += data.len();
        self.waiting.push_back(Bytes::copy_from_slice(data));
        self.is_whole = end;
        if self.reset_after.is_some_and(|octets| self.got > octets) {
            reply.reset(ErrorCode::ENHANCE_YOUR_CALM);
            return 0;
        }
        self.on_writable(reply);
        0
    }

    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        while let Some(piece) = self.waiting.front_mut() {
            let octets = piece.len();
            if !reply.write(piece).unwrap() {
                return;
            }
            reply.release(octets);
            self.waiting.pop_front();
        }
        if self.is_whole && self.with_trailers {
            let got = self.got.to_string();
            reply.trailers(&[("length", got.as_str())]).unwrap();
        } else if self.is_whole {
            reply.finish().unwrap();
        }
    }
}

struct Download(Bytes);

impl Exchange for Download {
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        while !self.0.is_empty() {
            let mut piece = self.0.slice(..self.0.len().min(7_000));
            let whole = piece.len();
            if !reply.write(&mut piece).unwrap() {
                return;
            }
            drop(self.0.split_to(whole));
        }
        reply.finish().unwrap();
    }
}

fn serve(request: &mut Request, reply: &mut Reply<'_>) {
    assert_eq!(request.field("via"), Some(&b"2.0 bywash-proxy"[..]));
    match request.path() {
        b"/early" => reply.send(200, &[("a", "b")], "early").unwrap(),
        b"/download" => {
            reply.start(200, &[("a", "b")]).unwrap();
            let octets = std::str::from_utf8(request.field("octets").unwrap()).unwrap();
            let octets: usize = octets.parse().unwrap();
            reply.go_on(Download((0..octets).map(octet).collect()));
        }
        path => {
            let with_trailers = path == b"/trailers";
            if with_trailers {
                reply.inform(103, &[("link", "</>")]).unwrap();
            }
            reply.start(200, &[("a", "b")]).unwrap();
            reply.go_on(Echo {
                with_trailers,
                reset_after: (path == b"/reset").then_some(500),
                ..Echo::default()
            });
        }
    }
}

// --- the client ---------------------------------------------------------------------------------------

/// One request: what is still to be sent, and what came.
struct Asked {
    kind: Kind,
    length: usize,
    sent: usize,
    got: usize,
    informed: bool,
    answered: bool,
}

struct Client {
    waiting: Vec<(Kind, usize)>,
    asked: HashMap<StreamRef, Asked>,
    piece: usize,
    done: usize,
    /// Grows with everything that happens.
    progress: u64,
    fault: Option<String>,
}

impl Client {
    fn new(waiting: Vec<(Kind, usize)>, piece: usize) -> Self {
        Self {
            waiting,
            asked: HashMap::new(),
            piece,
            done: 0,
            progress: 0,
            fault: None,
        }
    }

    fn fail(&mut self, what: impl std::fmt::Display) {
        self.fault.get_or_insert(what.to_string());
    }

    fn open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        while let Some((kind, length)) = self.waiting.pop() {
            let path = KINDS.iter().find(|(k, _)| *k == kind).unwrap().1;
            let is_get = kind == Kind::Download;
            let head = [
                (":method", if is_get { "GET" } else { "POST" }),
                (":scheme", "http"),
                (":authority", "localhost"),
                (":path", path),
                ("octets", &length.to_string()),
            ];
            match cx.client(conn).unwrap().request(&head, is_get) {
                Ok(stream) => {
                    let asked = Asked {
                        kind,
                        length,
                        sent: if is_get { length } else { 0 },
                        got: 0,
                        informed: false,
                        answered: false,
                    };
                    self.asked.insert(stream, asked);
                    self.push(cx, conn, stream);
                }
                Err(OpenError::Limit | OpenError::OutputFull) => {
                    return self.waiting.push((kind, length));
                }
                Err(error) => return self.fail(error),
            }
        }
    }

    fn push(&mut self, cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef) {
        let Some(asked) = self.asked.get_mut(&stream) else {
            return;
        };
        while asked.sent < asked.length {
            let to = asked.length.min(asked.sent + self.piece);
            let mut piece: Bytes = (asked.sent..to).map(octet).collect();
            let (whole, end) = (piece.len(), to == asked.length);
            let taken = cx.client(conn).unwrap().send(stream).data(&mut piece, end);
            if taken.unwrap() < whole {
                return;
            }
            asked.sent = to;
        }
    }

    fn data(&mut self, cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef, data: &[u8], end: bool) {
        let client = cx.client(conn).unwrap();
        client.recv(stream).release(data.len() as u32).unwrap();
        let Some(asked) = self.asked.get_mut(&stream) else {
            return;
        };
        let expected = |n: usize| match asked.kind {
            Kind::Early => b"early".get(n).copied(),
            _ => Some(octet(n)),
        };
        let is_right = data
            .iter()
            .enumerate()
            .all(|(n, byte)| expected(asked.got + n) == Some(*byte));
        asked.got += data.len();
        if !is_right || !asked.answered {
            let what = format!("{:?}: wrong octets", asked.kind);
            return self.fail(what);
        }
        if end {
            self.end(cx, conn, stream, None);
        } else if self.asked[&stream].kind == Kind::Cancel {
            cx.client(conn)
                .unwrap()
                .send(stream)
                .reset(ErrorCode::CANCEL);
            self.asked.remove(&stream);
            self.one_done(cx, conn);
        }
    }

    /// The response is whole.
    fn end(&mut self, cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef, trailers: Option<&Head>) {
        let Some(asked) = self.asked.remove(&stream) else {
            return;
        };
        let length = match asked.kind {
            Kind::Early => 5,
            _ => asked.length,
        };
        let announced = trailers.and_then(|head| head.get("length"));
        let is_right = match asked.kind {
            Kind::Trailers => {
                asked.informed && announced == Some(asked.length.to_string().as_bytes())
            }
            Kind::Reset => asked.length <= 500,
            _ => trailers.is_none(),
        };
        if !is_right || asked.got != length {
            let (kind, got) = (asked.kind, asked.got);
            return self.fail(format!("{kind:?}: ended after {got} of {length} octets"));
        }
        if asked.sent < asked.length {
            let mut conn = cx.conn(conn).unwrap();
            conn.send(stream).reset(ErrorCode::NO_ERROR);
        }
        self.one_done(cx, conn);
    }

    fn ended(&mut self, cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef, end: StreamEnd) {
        let Some(asked) = self.asked.remove(&stream) else {
            return;
        };
        let is_right = asked.kind == Kind::Reset
            && end.by == EndedBy::Peer
            && end.code == ErrorCode::ENHANCE_YOUR_CALM;
        if !is_right {
            return self.fail(format!("{:?}: {end}", asked.kind));
        }
        self.one_done(cx, conn);
    }

    fn one_done(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        self.done += 1;
        self.open(cx, conn);
    }
}

impl Handler for Client {
    type Message = ();

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        self.open(cx, conn);
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        self.progress += 1;
        match event {
            Event::Informational { stream, head } => {
                if let Some(asked) = self.asked.get_mut(&stream) {
                    asked.informed = head.status() == Some(103) && head.get("link").is_some();
                }
            }
            Event::Response {
                stream, head, end, ..
            } => {
                if let Some(asked) = self.asked.get_mut(&stream) {
                    asked.answered = head.status() == Some(200) && head.get("a") == Some(b"b");
                }
                if end {
                    self.end(cx, conn, stream, None);
                }
            }
            Event::Data { stream, data, end } => self.data(cx, conn, stream, data, end),
            Event::Trailers { stream, head, .. } => self.end(cx, conn, stream, Some(&head)),
            Event::Ended { stream, end } => self.ended(cx, conn, stream, end),
            Event::Writable { stream } => self.push(cx, conn, stream),
            Event::CanOpen | Event::Settings => self.open(cx, conn),
            Event::Closed(reason) => self.fail(reason),
            _ => {}
        }
    }

    fn on_close(&mut self, _: &mut Cx<'_>, _: ConnId, end: &End, _: u64) {
        self.fail(end);
    }

    fn on_connect_failed(&mut self, _: &mut Cx<'_>, _: ConnId, error: ConnectError) {
        self.fail(error);
    }
}

// --- the hunt -----------------------------------------------------------------------------------------

type Service = fn(&mut Request, &mut Reply<'_>);

struct Three {
    server: (EventLoop<Note>, Serving<Service>),
    proxy: (EventLoop, Proxy),
    client: (EventLoop, Client),
}

impl Three {
    fn new(chance: &mut Chance, is_tls: bool) -> Self {
        let configs = [(); 4].map(|()| soak::small_config(chance));
        // A window of one octet makes round trips enough with a short body.
        let windows = configs.iter().map(|c| c.settings.initial_window_size);
        let most = MOST.min(windows.min().unwrap_or(1).saturating_mul(300));
        let [at_server, at_front, at_back, at_client] = configs;
        // A receive buffer below a few segments makes TCP itself wait, for its own timers.
        let buffers = (chance.up_to(20_000) as usize, 200_000);

        let mut event_loop = EventLoop::new(soak::small_loop(chance)).unwrap();
        let server = listen(at_server, buffers, is_tls, &mut event_loop);
        let handle = event_loop.handle();
        let serving = Serving::new(serve as Service, handle, ServeOptions::default());
        let three_server = (event_loop, serving);

        let mut event_loop = EventLoop::new(soak::small_loop(chance)).unwrap();
        let front = listen(at_front, buffers, is_tls, &mut event_loop);
        let pool = Pool::new(connect(at_back, buffers, is_tls, server));
        let three_proxy = (event_loop, Proxy::new(pool));

        let mut event_loop = EventLoop::new(soak::small_loop(chance)).unwrap();
        event_loop
            .cx()
            .connect(connect(at_client, buffers, is_tls, front));
        let waiting = (0..1 + chance.next() % 20)
            .map(|_| {
                let (kind, _) = KINDS[chance.next() as usize % KINDS.len()];
                (kind, 1 + chance.up_to(most) as usize)
            })
            .collect();
        let piece = 1 + chance.up_to(9_000) as usize;
        Self {
            server: three_server,
            proxy: three_proxy,
            client: (event_loop, Client::new(waiting, piece)),
        }
    }

    /// What the proxy holds.
    fn left(&mut self) -> usize {
        let (event_loop, proxy) = &mut self.proxy;
        proxy.open(&mut event_loop.cx())
    }

    fn turn(&mut self) {
        let at_once = Some(Duration::ZERO);
        let (event_loop, client) = &mut self.client;
        event_loop.turn(client, at_once).unwrap();
        let (event_loop, proxy) = &mut self.proxy;
        event_loop.turn(proxy, at_once).unwrap();
        let (event_loop, serving) = &mut self.server;
        event_loop.turn(serving, at_once).unwrap();
    }
}

/// Sizes of the kernel's buffers, for sending and receiving.
type Buffers = (usize, usize);

fn listen<M>(
    config: Config,
    (send, receive): Buffers,
    is_tls: bool,
    event_loop: &mut EventLoop<M>,
) -> SocketAddr {
    let mut listen = Listen::tcp("127.0.0.1:0".parse().unwrap())
        .config(config)
        .socket_buffers(Some(send), Some(receive));
    if is_tls {
        listen = listen.tls(soak::tls().0);
    }
    let mut cx = event_loop.cx();
    let listener = cx.listen(listen).unwrap();
    cx.listening_at(listener).unwrap().tcp().unwrap()
}

fn connect(config: Config, (send, receive): Buffers, is_tls: bool, to: SocketAddr) -> Connect {
    let connect = Connect::new(Target::Addresses(vec![to]))
        .config(config)
        .socket_buffers(Some(send), Some(receive));
    match is_tls {
        true => connect.tls(soak::tls().1, "localhost"),
        false => connect,
    }
}

fn hunt(seed: u64, is_tls: bool) {
    let mut three = Three::new(&mut Chance::new(seed), is_tls);
    let wanted = three.client.1.waiting.len();
    let (mut seen, mut since) = (0, Instant::now());
    while three.client.1.done < wanted {
        three.turn();
        let client = &three.client.1;
        if let Some(fault) = &client.fault {
            panic!("seed {seed}, TLS {is_tls}: {fault}");
        }
        if client.progress != seen {
            (seen, since) = (client.progress, Instant::now());
        }
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "seed {seed}, TLS {is_tls}: a stall after {} of {wanted} requests; open: {:?}",
            client.done,
            client
                .asked
                .values()
                .map(|asked| asked.kind)
                .collect::<Vec<_>>()
        );
    }
    // What the client has given up is forgotten everywhere.
    let since = Instant::now();
    while three.left() > 0 {
        three.turn();
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "seed {seed}, TLS {is_tls}: {} things are left in the proxy",
            three.left()
        );
    }
}

/// BYWASH_SOAK_SEEDS=5000 hunts longer.
fn seeds() -> std::ops::Range<u64> {
    let most = std::env::var("BYWASH_SOAK_SEEDS").ok();
    0..most.map_or(60, |text| text.parse().unwrap())
}

#[test]
fn requests_through_a_proxy_end_as_they_must_in_cleartext() {
    seeds().for_each(|seed| hunt(seed, false));
}

#[test]
fn requests_through_a_proxy_end_as_they_must_over_tls() {
    seeds().for_each(|seed| hunt(seed, true));
}
