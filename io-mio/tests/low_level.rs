//! The low level: one handler, one loop, both roles.

use bytes::Bytes;
use bywash_mio::error::{ConnectError, End};
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::CloseReason;
use bywash_mio::proto::event::Event;
use bywash_mio::proto::vocabulary::StreamRef;
use bywash_mio::{ConnId, Connect, Cx, EventLoop, Handler, Listen, LoopOptions, Target};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Serves an echo and asks for it.
#[derive(Default)]
struct Both {
    /// What the server has read and could not send yet.
    waiting: HashMap<(ConnId, StreamRef), (Bytes, bool)>,
    body: Bytes,
    client: Option<ConnId>,
    got: Vec<u8>,
    status: Option<u16>,
    failed: Option<ConnectError>,
    closed: Vec<(ConnId, CloseReason)>,
    opened: usize,
    requests: usize,
}

impl Both {
    fn ask(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        let client = cx.client(conn).unwrap();
        let head = [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", "/"),
        ];
        let stream = client.request(&head, self.body.is_empty()).unwrap();
        self.push(cx, conn, stream);
    }

    fn push(&mut self, cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef) {
        while !self.body.is_empty() {
            let mut piece = self.body.split_to(self.body.len().min(10_000));
            let whole = piece.len();
            let end = self.body.is_empty();
            let taken = cx.conn(conn).unwrap().send(stream).data(&mut piece, end);
            if taken.unwrap() < whole {
                self.body = [&piece[..], &self.body[..]].concat().into();
                return;
            }
        }
    }
}

impl Handler for Both {
    type Message = ();

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        self.opened += 1;
        if self.client == Some(conn) {
            self.ask(cx, conn);
        }
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        match event {
            Event::Request { stream, end, .. } => {
                self.requests += 1;
                let server = cx.server(conn).unwrap();
                server.response(stream, &[(":status", "200")], end).unwrap();
            }
            Event::Response { head, end, .. } => {
                self.status = head.status();
                if end {
                    cx.conn(conn).unwrap().shutdown();
                }
            }
            Event::Data { stream, data, end } if self.client == Some(conn) => {
                self.got.extend_from_slice(data);
                let mut conn = cx.conn(conn).unwrap();
                conn.recv(stream).release(data.len() as u32).unwrap();
                if end {
                    conn.shutdown();
                }
            }
            Event::Data { stream, data, end } => {
                let mut held = self
                    .waiting
                    .remove(&(conn, stream))
                    .map_or(Vec::new(), |(bytes, _)| bytes.to_vec());
                held.extend_from_slice(data);
                self.echo(cx, conn, stream, held.into(), end);
            }
            Event::Writable { stream } if self.client == Some(conn) => self.push(cx, conn, stream),
            Event::Writable { stream } => {
                if let Some((bytes, end)) = self.waiting.remove(&(conn, stream)) {
                    self.echo(cx, conn, stream, bytes, end);
                }
            }
            _ => {}
        }
    }

    fn on_close(&mut self, _: &mut Cx<'_>, conn: ConnId, end: &End, _: u64) {
        self.closed.push((conn, end.reason));
    }

    fn on_connect_failed(&mut self, _: &mut Cx<'_>, _: ConnId, error: ConnectError) {
        self.failed = Some(error);
    }
}

impl Both {
    fn echo(
        &mut self,
        cx: &mut Cx<'_>,
        conn: ConnId,
        stream: StreamRef,
        mut bytes: Bytes,
        end: bool,
    ) {
        let whole = bytes.len();
        let mut conn_ref = cx.conn(conn).unwrap();
        let taken = conn_ref.send(stream).data(&mut bytes, end).unwrap();
        conn_ref.recv(stream).release(taken as u32).unwrap();
        if taken < whole {
            self.waiting.insert((conn, stream), (bytes, end));
        }
    }
}

fn until(event_loop: &mut EventLoop, both: &mut Both, done: impl Fn(&Both) -> bool) {
    let begun = Instant::now();
    while !done(both) {
        assert!(begun.elapsed() < Duration::from_secs(20), "it stalls");
        event_loop
            .turn(both, Some(Duration::from_millis(100)))
            .unwrap();
    }
}

fn round_trip(listen: Listen, body: Vec<u8>, config: Config, target: Option<Target>) -> Both {
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let mut both = Both {
        body: body.into(),
        ..Both::default()
    };
    let mut cx = event_loop.cx();
    let listener = cx.listen(listen).unwrap();
    let target = target.unwrap_or_else(|| {
        Target::Addresses(vec![cx.listening_at(listener).unwrap().tcp().unwrap()])
    });
    both.client = Some(cx.connect(Connect::new(target).config(config)));
    until(&mut event_loop, &mut both, |both| both.closed.len() == 2);
    assert_eq!(event_loop.cx().connections(), 0);
    both
}

#[test]
fn a_body_comes_back_over_tcp() {
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap());
    let both = round_trip(listen, body.clone(), Config::default(), None);
    assert_eq!(both.status, Some(200));
    assert!(both.got == body, "{} octets came back", both.got.len());
    assert_eq!(both.opened, 2);
    assert!(both.closed.iter().all(|(_, r)| *r == CloseReason::Finished));
}

#[cfg(unix)]
#[test]
fn a_body_comes_back_over_a_unix_socket() {
    let folder = std::env::temp_dir().join(format!("bywash-low-level-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("socket");
    let body = vec![7; 2_000_000];
    let target = Target::Unix(path.clone());
    let both = round_trip(
        Listen::unix(&path),
        body.clone(),
        Config::default(),
        Some(target),
    );
    assert!(both.got == body, "{} octets came back", both.got.len());
    assert!(!path.exists(), "the socket's file is left behind");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn nobody_listens() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let connect = Connect::new(Target::Addresses(vec![at]));
    let mut both = Both {
        client: Some(event_loop.cx().connect(connect)),
        ..Both::default()
    };
    until(&mut event_loop, &mut both, |both| both.failed.is_some());
    let error = both.failed.unwrap().to_string();
    assert_eq!(error, format!("{at}: connection refused"));
}

#[test]
fn a_shutdown_ends_the_loop() {
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let mut both = Both::default();
    let mut cx = event_loop.cx();
    let listener = cx
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .unwrap();
    let at = cx.listening_at(listener).unwrap().tcp().unwrap();
    // It never says a word: the preface's deadline is far off.
    let silent = std::net::TcpStream::connect(at).unwrap();
    until(&mut event_loop, &mut both, |both| both.opened == 1);
    let begun = Instant::now();
    event_loop.shutdown(Duration::from_millis(100));
    event_loop.run(&mut both).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(both.closed.len(), 1);
    drop(silent);
}
