//! One connection that has far more to do than it may do in a turn, beside honest ones that ask once: how much
//! of the flood the loop does before it serves them. Counted in requests and octets, not in time. Each count is
//! taken once more without the budgets, which shows that the flood would have come first.

use bytes::Bytes;
use bywash_mio::proto::config::Config;
use bywash_mio::proto::event::Event;
use bywash_mio::{ConnId, Cx, EventLoop, Handler, Listen, LoopOptions};
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const HONEST: usize = 5;
/// Octets of a response that the flooder asks for.
const LARGE: usize = 64 << 20;

/// SETTINGS with the largest window for streams, WINDOW_UPDATE for the same of the connection.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\
    \x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x7f\xff\xff\xff\
    \x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\x00\x00";
const GET: &[u8] = b"\x82\x86\x84\x01\x09localhost";
const POST: &[u8] = b"\x83\x86\x84\x01\x09localhost";

/// What came of the flood.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Done {
    requests: usize,
    received: usize,
    /// Octets of responses that the connection took.
    given: usize,
}

#[derive(Default)]
struct Fair {
    conns: Vec<ConnId>,
    flood: Done,
    /// What was done of the flood when an honest request was served.
    served: Vec<Done>,
    /// How many requests of the flood were there at each end of a turn.
    turns: Vec<usize>,
    is_large: bool,
}

impl Fair {
    fn give(
        &mut self,
        cx: &mut Cx<'_>,
        conn: ConnId,
        stream: bywash_mio::proto::vocabulary::StreamRef,
    ) {
        let Some(server) = cx.server(conn) else {
            return;
        };
        while self.flood.given < LARGE {
            let mut piece = Bytes::from_static(&[0; 4096]);
            match server.send(stream).data(&mut piece, false) {
                Ok(1..) => self.flood.given += 4096,
                _ => return,
            }
        }
    }
}

impl Handler for Fair {
    type Message = ();

    fn on_open(&mut self, _cx: &mut Cx<'_>, conn: ConnId) {
        self.conns.push(conn);
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        let is_flooder = self.conns.first() == Some(&conn);
        match event {
            Event::Request { stream, .. } if is_flooder && self.is_large => {
                let server = cx.server(conn).unwrap();
                server
                    .response(stream, &[(":status", "200")], false)
                    .unwrap();
                self.give(cx, conn, stream);
            }
            Event::Request { stream, end, .. } => {
                let server = cx.server(conn).unwrap();
                if end {
                    server
                        .response(stream, &[(":status", "204")], true)
                        .unwrap();
                }
                match is_flooder {
                    true => self.flood.requests += 1,
                    false => self.served.push(self.flood),
                }
            }
            Event::Data { stream, data, .. } => {
                self.flood.received += data.len();
                let octets = data.len() as u32;
                cx.server(conn)
                    .unwrap()
                    .recv(stream)
                    .release(octets)
                    .unwrap();
            }
            Event::Writable { stream } => self.give(cx, conn, stream),
            _ => {}
        }
    }

    fn before_wait(&mut self, _cx: &mut Cx<'_>) {
        self.turns.push(self.flood.requests);
    }
}

fn headers(stream: u32, block: &[u8], end: bool) -> Vec<u8> {
    let mut frame = vec![0, 0, block.len() as u8, 1, 4 | u8::from(end)];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(block);
    frame
}

fn many_requests() -> Vec<u8> {
    (0..1000)
        .flat_map(|n| headers(2 * n + 1, GET, true))
        .collect()
}

fn one_upload() -> Vec<u8> {
    let mut all = headers(1, POST, false);
    for _ in 0..64 {
        all.extend_from_slice(&[0, 0x40, 0, 0, 0, 0, 0, 0, 1]);
        all.extend_from_slice(&[0; 16_384]);
    }
    all
}

/// Opens a connection and lets the loop say hello.
fn open(event_loop: &mut EventLoop, fair: &mut Fair, at: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(at).unwrap();
    socket.write_all(PREFACE).unwrap();
    socket.set_nonblocking(true).unwrap();
    let before = fair.conns.len();
    while fair.conns.len() == before {
        event_loop.turn(fair, Some(Duration::from_secs(5))).unwrap();
    }
    for _ in 0..3 {
        event_loop.turn(fair, Some(Duration::ZERO)).unwrap();
    }
    socket
}

/// What is done of `flood` when each of the honest ones is served.
fn served(flood: &[u8], is_large: bool, options: LoopOptions) -> Vec<Done> {
    flooded(flood, is_large, options, |fair| fair.served.len() == HONEST).served
}

/// Turns, with `flood` there and a request of each of the honest ones, until it is enough.
fn flooded(
    flood: &[u8],
    is_large: bool,
    options: LoopOptions,
    is_enough: impl Fn(&Fair) -> bool,
) -> Fair {
    let mut event_loop = EventLoop::<()>::new(options).unwrap();
    let mut config = Config::default();
    config.settings.initial_window_size = 16 << 20;
    config.settings.connection_window = 16 << 20;
    config.settings.max_concurrent_streams = 2000;
    let mut cx = event_loop.cx();
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config);
    let listener = cx.listen(listen).unwrap();
    let at = cx.listening_at(listener).unwrap().tcp().unwrap();
    let mut fair = Fair {
        is_large,
        ..Fair::default()
    };
    let mut sockets: Vec<TcpStream> = (0..=HONEST)
        .map(|_| open(&mut event_loop, &mut fair, at))
        .collect();
    // The flood is there first, so the system tells of it first.
    let mut flood = flood;
    while !flood.is_empty() {
        match sockets[0].write(flood) {
            Ok(n) => flood = &flood[n..],
            Err(e) if e.kind() == ErrorKind::WouldBlock => break,
            Err(e) => panic!("{e}"),
        }
    }
    for socket in &mut sockets[1..] {
        socket.write_all(&headers(1, GET, true)).unwrap();
    }
    // If all of the flood came first, this would still end.
    while !is_enough(&fair) {
        event_loop
            .turn(&mut fair, Some(Duration::from_secs(5)))
            .unwrap();
    }
    fair
}

const EVENTS: u32 = 8;
const OCTETS: usize = 16 * 1024;

/// A read is the least that is done at once.
fn options() -> LoopOptions {
    let mut options = LoopOptions::default();
    options.read_buffer = 4096;
    options
}

fn by_events(events: u32) -> LoopOptions {
    let mut options = options();
    options.events_per_turn = events;
    options.bytes_per_turn = usize::MAX;
    options
}

fn by_octets(octets: usize) -> LoopOptions {
    let mut options = options();
    options.events_per_turn = u32::MAX;
    options.bytes_per_turn = octets;
    options
}

#[test]
fn many_requests_do_not_come_before_those_of_others() {
    for done in served(&many_requests(), false, by_events(EVENTS)) {
        assert!(done.requests <= 2 * EVENTS as usize, "{done:?}");
    }
    let unbounded = served(&many_requests(), false, by_events(u32::MAX));
    assert_eq!(unbounded[0].requests, 1000);
}

#[test]
fn a_large_upload_does_not_come_before_the_requests_of_others() {
    for done in served(&one_upload(), false, by_octets(OCTETS)) {
        assert!(done.received <= 2 * OCTETS + 4096, "{done:?}");
    }
    let unbounded = served(&one_upload(), false, by_octets(usize::MAX));
    assert!(unbounded[0].received > 4 * OCTETS, "{unbounded:?}");
}

#[test]
fn a_large_response_does_not_come_before_the_requests_of_others() {
    let ask = headers(1, GET, true);
    // What is queued at once comes to what a turn may write.
    let most = 2 * OCTETS + 64 * 1024 + 128 * 1024;
    for done in served(&ask, true, by_octets(OCTETS)) {
        assert!(done.given <= most, "{done:?}");
    }
    let unbounded = served(&ask, true, by_octets(usize::MAX));
    assert!(unbounded[0].given > most, "{unbounded:?}");
}

#[test]
fn the_end_of_a_turn_does_not_wait_for_the_end_of_a_flood() {
    let all = |fair: &Fair| fair.flood.requests == 1000;
    let fair = flooded(&many_requests(), false, by_events(EVENTS), all);
    let gaps = fair.turns.windows(2).map(|pair| pair[1] - pair[0]);
    // Sixteen rounds are a turn.
    assert!(gaps.max() <= Some(16 * EVENTS as usize), "{:?}", fair.turns);
    assert!(fair.turns.last() > Some(&800), "{:?}", fair.turns);
}
