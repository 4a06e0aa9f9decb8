//! bywash's protocol machine through the cases of `machine`.

use crate::recorded;
use crate::run::{Mode, Outcome, Stopwatch, Task};
use crate::script::{self, HEAD};
use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::connection::Transmit;
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::{Instant, StreamRef};
use bywash_proto::{client, server};
use std::io::IoSlice;
use std::sync::Arc;

/// Runs one case.
///
/// # Panics
/// If the machine answers other than it should: the bench would be worthless.
#[must_use]
pub fn run(task: Task) -> Outcome {
    match task.mode {
        Mode::Srv => srv(task),
        Mode::Xchg => xchg(task),
        Mode::Data => data(task),
        Mode::Ctl => ctl(task),
        Mode::Conn => conn(task),
        Mode::Real => real(task),
    }
}

/// The configuration of both sides: large windows, and room for a batch.
fn config(batch: usize) -> Arc<Config> {
    let mut config = Config::default();
    config.settings.max_concurrent_streams = batch.max(100) as u32;
    config.settings.initial_window_size = script::RECEIVE_WINDOW;
    config.settings.connection_window = script::RECEIVE_WINDOW;
    config.limits.head_bytes = 1 << 28;
    config.limits.output_bytes = 1 << 28;
    Arc::new(config)
}

/// What is answered to each request.
enum Replies {
    /// Always the same.
    Plain {
        fields: [(&'static str, String); 3],
        body: Bytes,
    },
    /// As recorded, in order.
    Recorded {
        list: Vec<(Vec<Vec<recorded::Field>>, Bytes)>,
        next: usize,
    },
}

impl Replies {
    fn plain(size: usize) -> Self {
        Self::Plain {
            fields: [
                (":status", "200".into()),
                ("content-type", "text/plain".into()),
                ("content-length", size.to_string()),
            ],
            body: vec![b'x'; size].into(),
        }
    }

    fn recorded() -> Self {
        let list = recorded::responses().messages;
        let list = list
            .into_iter()
            .map(|message| (message.heads, vec![b'x'; message.body].into()));
        Self::Recorded {
            list: list.collect(),
            next: 0,
        }
    }

    fn send(&mut self, conn: &mut server::Connection, stream: StreamRef) {
        match self {
            Self::Plain { fields, body } => {
                conn.response(stream, fields, body.is_empty())
                    .expect("a response");
                if !body.is_empty() {
                    conn.send(stream)
                        .data(&mut body.clone(), true)
                        .expect("a body");
                }
            }
            Self::Recorded { list, next } => {
                let (heads, body) = &list[*next];
                *next = (*next + 1) % list.len();
                let trailers = heads.get(1);
                let empty = body.is_empty();
                conn.response(stream, &heads[0], empty && trailers.is_none())
                    .expect("a response");
                if !empty {
                    conn.send(stream)
                        .data(&mut body.clone(), trailers.is_none())
                        .expect("a body");
                }
                if let Some(trailers) = trailers {
                    conn.send(stream).trailers(trailers).expect("trailers");
                }
            }
        }
    }
}

/// A server, its program and its clock.
struct Server {
    conn: server::Connection,
    now: Instant,
    replies: Replies,
    requests: u64,
    /// The program looks at what it gets.
    seen: u64,
    written: u64,
}

impl Server {
    fn open(config: Arc<Config>, replies: Replies) -> Self {
        let now = Instant::ZERO;
        let conn = server::Connection::new(config, now).expect("a valid configuration");
        Self {
            conn,
            now,
            replies,
            requests: 0,
            seen: 0,
            written: 0,
        }
    }

    /// Opens a connection and takes it to the steady state.
    fn warm(batch: usize, replies: Replies) -> Self {
        let mut server = Self::open(config(batch), replies);
        let mut input = Vec::new();
        script::opening(&mut input);
        script::first_get(&mut input, 1);
        server.feed(&input);
        server.flush();
        input.clear();
        script::settings_ack(&mut input);
        script::get(&mut input, 3);
        server.feed(&input);
        server.flush();
        server.written = 0;
        server
    }

    /// Feeds bytes, and answers each request when its end is there.
    fn feed(&mut self, mut input: &[u8]) {
        self.now = self.now + std::time::Duration::from_micros(10);
        loop {
            match self.conn.next_event(self.now, &mut input) {
                Step::Event(event) => self.on_event(event),
                Step::NeedInput => return,
                Step::NeedWrite => self.flush(),
            }
        }
    }

    fn on_event(&mut self, event: Event<'_>) {
        match event {
            Event::Request {
                stream, head, end, ..
            } => {
                self.seen += head.path().map_or(0, <[u8]>::len) as u64;
                self.conn.recycle(head);
                self.answer_at(stream, end);
            }
            Event::Data { stream, data, end } => {
                self.seen += data.len() as u64;
                self.conn
                    .recv(stream)
                    .release(data.len() as u32)
                    .expect("credit");
                self.answer_at(stream, end);
            }
            Event::Trailers { stream, head, .. } => {
                self.conn.recycle(head);
                self.answer_at(stream, true);
            }
            Event::Ended { .. } | Event::Pressure(_) | Event::Closed(_) => panic!("{event:?}"),
            _ => {}
        }
    }

    fn answer_at(&mut self, stream: StreamRef, end: bool) {
        if end {
            self.requests += 1;
            self.replies.send(&mut self.conn, stream);
        }
    }

    /// Writes all there is to nowhere.
    fn flush(&mut self) {
        loop {
            let out = self.conn.transmit(self.now);
            if out.is_empty() {
                return;
            }
            self.written += drop_all(out);
        }
    }
}

/// Gathers the slices for one `writev`, and has all of them written.
fn drop_all(out: Transmit<'_>) -> u64 {
    let mut slices = [IoSlice::new(&[]); 16];
    let count = out.io_slices(&mut slices);
    let length = slices[..count].iter().map(|slice| slice.len()).sum();
    out.advance(length);
    length as u64
}

fn srv(task: Task) -> Outcome {
    let mut server = Server::warm(task.batch, Replies::plain(task.size));
    let (mut input, mut update) = (Vec::new(), Vec::new());
    (0..task.batch).for_each(|_| script::get(&mut input, 0));
    script::window_update(&mut update, (task.batch * task.size).max(1) as u32);
    let (mut stream, mut credit) = (5, u64::from(script::WINDOW) - 2 * task.size as u64);
    let each = HEAD + 5;
    let watch = Stopwatch::start();
    for now in task.batches() {
        for frame in input.chunks_exact_mut(each).take(now) {
            script::set_stream(frame, stream);
            stream += 2;
        }
        server.feed(&input[..now * each]);
        server.flush();
        credit -= (now * task.size) as u64;
        if credit < 2 * (task.batch * task.size) as u64 {
            server.feed(&update);
            credit += (task.batch * task.size) as u64;
        }
    }
    let cpu_ns = watch.stop();
    assert_eq!(server.requests, task.n + 2);
    Outcome {
        cpu_ns,
        out_bytes: server.written,
    }
}

/// A client and its program.
struct Client {
    conn: client::Connection,
    now: Instant,
    seen: u64,
    responses: u64,
    written: u64,
}

impl Client {
    const REQUEST: [(&'static str, &'static str); 5] = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "127.0.0.1:8080"),
        ("user-agent", "h2load nghttp2/1.52.0"),
    ];

    fn feed(&mut self, mut input: &[u8]) {
        loop {
            match self.conn.next_event(self.now, &mut input) {
                Step::Event(event) => self.on_event(event),
                Step::NeedInput => return,
                Step::NeedWrite => panic!("nothing was asked of the client"),
            }
        }
    }

    fn on_event(&mut self, event: Event<'_>) {
        match event {
            Event::Response { head, end, .. } => {
                self.responses += u64::from(end);
                self.conn.recycle(head);
            }
            Event::Data { stream, data, end } => {
                self.seen += data.len() as u64;
                self.responses += u64::from(end);
                self.conn
                    .recv(stream)
                    .release(data.len() as u32)
                    .expect("credit");
            }
            Event::Ended { .. } | Event::Pressure(_) | Event::Closed(_) => panic!("{event:?}"),
            _ => {}
        }
    }

    /// Sends `count` requests to the server and takes its answers.
    fn exchange(&mut self, server: &mut Server, count: usize) {
        self.now = self.now + std::time::Duration::from_micros(10);
        for _ in 0..count {
            self.conn.request(&Self::REQUEST, true).expect("a stream");
        }
        loop {
            let out = self.conn.transmit(self.now);
            let length = out.len();
            if length == 0 {
                break;
            }
            out.chunks().for_each(|chunk| server.feed(chunk));
            out.advance(length);
            self.written += length as u64;
        }
        loop {
            let out = server.conn.transmit(server.now);
            let length = out.len();
            if length == 0 {
                return;
            }
            out.chunks().for_each(|chunk| self.feed(chunk));
            out.advance(length);
            server.written += length as u64;
        }
    }
}

fn xchg(task: Task) -> Outcome {
    let config = config(task.batch);
    let mut server = Server::open(Arc::clone(&config), Replies::plain(task.size));
    let conn = client::Connection::new(config, Instant::ZERO).expect("a valid configuration");
    let mut client = Client {
        conn,
        now: Instant::ZERO,
        seen: 0,
        responses: 0,
        written: 0,
    };
    for count in [0, 1, 1, 0] {
        client.exchange(&mut server, count);
    }
    (client.written, server.written) = (0, 0);
    let watch = Stopwatch::start();
    for now in task.batches() {
        client.exchange(&mut server, now);
    }
    let cpu_ns = watch.stop();
    assert_eq!(client.responses, task.n + 2);
    assert_eq!(client.seen, (task.n + 2) * task.size as u64);
    Outcome {
        cpu_ns,
        out_bytes: client.written + server.written,
    }
}

/// Feeds `task.n` frames of one kind; `input` holds a batch of them.
fn frames(server: &mut Server, task: Task, input: &[u8]) -> Outcome {
    let each = input.len() / task.batch;
    let watch = Stopwatch::start();
    for now in task.batches() {
        server.feed(&input[..now * each]);
        server.flush();
    }
    Outcome {
        cpu_ns: watch.stop(),
        out_bytes: server.written,
    }
}

fn data(task: Task) -> Outcome {
    let mut server = Server::warm(task.batch, Replies::plain(0));
    let mut input = Vec::new();
    script::post(&mut input, 5);
    server.feed(&input);
    input.clear();
    let payload = vec![b'x'; task.size];
    (0..task.batch).for_each(|_| script::frame(&mut input, script::DATA, 0, 5, &payload));
    server.seen = 0;
    let outcome = frames(&mut server, task, &input);
    assert_eq!(server.seen, task.n * task.size as u64);
    outcome
}

fn ctl(task: Task) -> Outcome {
    let mut server = Server::open(config(task.batch), Replies::plain(12));
    let mut input = script::PREFACE.to_vec();
    script::frame(&mut input, script::SETTINGS, 0, 0, &[]);
    script::first_get(&mut input, 1);
    server.feed(&input);
    server.flush();
    input.clear();
    script::settings_ack(&mut input);
    server.feed(&input);
    server.written = 0;
    input.clear();
    (0..task.batch).for_each(|_| script::window_update(&mut input, 1));
    frames(&mut server, task, &input)
}

fn conn(task: Task) -> Outcome {
    let config = config(100);
    let mut out_bytes = 0;
    let (mut opening, mut closing) = (Vec::new(), Vec::new());
    script::opening(&mut opening);
    script::first_get(&mut opening, 1);
    script::settings_ack(&mut closing);
    script::goaway(&mut closing);
    let mut replies = Some(Replies::plain(task.size));
    let watch = Stopwatch::start();
    for _ in 0..task.n {
        let mut server = Server::open(Arc::clone(&config), replies.take().expect("put back"));
        server.feed(&opening);
        server.flush();
        assert_eq!(server.requests, 1);
        server.leave(&closing);
        out_bytes += server.written;
        replies = Some(server.replies);
    }
    Outcome {
        cpu_ns: watch.stop(),
        out_bytes,
    }
}

impl Server {
    /// The client's last bytes and its FIN: the connection closes.
    fn leave(&mut self, mut input: &[u8]) {
        let mut closed = false;
        for eof in [false, true] {
            if eof {
                self.conn.handle_eof(self.now);
            }
            while let Step::Event(event) = self.conn.next_event(self.now, &mut input) {
                closed |= matches!(event, Event::Closed(_));
            }
            self.flush();
        }
        assert!(closed, "the connection stays open");
    }
}

fn real(task: Task) -> Outcome {
    let mut script = script::Recorded::new();
    let mut server = Server::warm(task.batch, Replies::plain(0));
    server.replies = Replies::recorded();
    let mut input = Vec::new();
    let watch = Stopwatch::start();
    for now in task.batches() {
        input.clear();
        script.batch(&mut input, now);
        server.feed(&input);
        server.flush();
    }
    let cpu_ns = watch.stop();
    assert_eq!(server.requests, task.n + 2);
    Outcome {
        cpu_ns,
        out_bytes: server.written,
    }
}
