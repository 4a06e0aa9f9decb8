//! What bywash's connections hold on the heap, and how often they allocate.

use crate::counting::{calls, live};
use crate::script;
use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::event::{Event, Step};
use bywash_proto::headers::Head;
use bywash_proto::server::Connection;
use bywash_proto::vocabulary::{Instant, StreamRef};
use std::sync::Arc;

/// A figure and its name.
pub type Figure = (&'static str, f64);

/// What the program does with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Answers, and gives the head back.
    Recycle,
    /// Answers, and drops the head.
    Drop,
    /// Keeps the stream open, drops the head.
    Hold,
    /// Keeps the stream open and the head.
    Keep,
}

struct Program {
    conn: Connection,
    habit: Habit,
    body: Bytes,
    kept: Vec<(StreamRef, Head)>,
    /// Most bytes that were live when the program had taken a request.
    peak: usize,
    closed: bool,
}

impl Program {
    fn new(config: Arc<Config>, habit: Habit) -> Self {
        let conn = Connection::new(config, Instant::ZERO).expect("a valid configuration");
        let body = Bytes::from_static(b"hello, world");
        Self {
            conn,
            habit,
            body,
            kept: Vec::new(),
            peak: 0,
            closed: false,
        }
    }

    /// A connection whose SETTINGS are through.
    fn settled(config: &Arc<Config>, habit: Habit) -> Self {
        let mut program = Self::new(Arc::clone(config), habit);
        let mut input = Vec::new();
        script::opening(&mut input);
        program.turn(&input);
        input.clear();
        script::settings_ack(&mut input);
        program.turn(&input);
        program.conn.trim();
        program
    }

    /// Feeds what was read and writes what is due.
    fn turn(&mut self, mut input: &[u8]) {
        loop {
            match self.conn.next_event(Instant::ZERO, &mut input) {
                Step::Event(Event::Request { stream, head, .. }) => self.request(stream, head),
                Step::Event(Event::Ended { stream, .. }) => {
                    self.kept.retain(|kept| kept.0 != stream)
                }
                Step::Event(Event::Closed(_)) => self.closed = true,
                Step::Event(_) => {}
                Step::NeedInput => break,
                Step::NeedWrite => self.flush(),
            }
        }
        self.flush();
    }

    fn request(&mut self, stream: StreamRef, head: Head) {
        match self.habit {
            Habit::Recycle => self.conn.recycle(head),
            Habit::Drop | Habit::Hold => drop(head),
            Habit::Keep => {
                self.kept.push((stream, head));
                self.peak = self.peak.max(live());
            }
        }
        if matches!(self.habit, Habit::Recycle | Habit::Drop) {
            let fields = [
                (":status", "200"),
                ("content-type", "text/plain"),
                ("content-length", "12"),
            ];
            self.conn
                .response(stream, &fields, false)
                .expect("a response");
            self.conn
                .send(stream)
                .data(&mut self.body.clone(), true)
                .expect("a body");
        }
    }

    fn flush(&mut self) {
        loop {
            let out = self.conn.transmit(Instant::ZERO);
            let length = out.len();
            if length == 0 {
                return;
            }
            out.advance(length);
        }
    }

    /// GETs on streams `first` and up, the first of them with literals.
    fn gets(&mut self, input: &mut Vec<u8>, first: u32, count: u32) {
        input.clear();
        for stream in (first..).step_by(2).take(count as usize) {
            if stream == 1 {
                script::first_get(input, stream)
            } else {
                script::get(input, stream)
            }
        }
        self.turn(input);
    }
}

/// Measures everything. The global allocator must be [`Counting`](crate::counting::Counting).
#[must_use]
pub fn figures() -> Vec<Figure> {
    let mut config = Config::default();
    config.settings.max_concurrent_streams = 2000;
    let config = Arc::new(config);
    vec![
        ("idle connection, bytes", idle(&config, 0)),
        (
            "idle connection after 1000 requests, bytes",
            idle(&config, 1000),
        ),
        ("open stream, bytes", open_stream(&config, false)),
        (
            "open stream with an unfinished body, bytes",
            open_stream(&config, true),
        ),
        (
            "allocations per request, 100 in a batch",
            allocations(&config, Habit::Drop, 100),
        ),
        (
            "allocations, 100 in a batch, heads recycled",
            allocations(&config, Habit::Recycle, 100),
        ),
        (
            "allocations per request, 1 at a time",
            allocations(&config, Habit::Drop, 1),
        ),
        (
            "allocations, 1 at a time, heads recycled",
            allocations(&config, Habit::Recycle, 1),
        ),
        ("held by the bomb, bytes", bomb()),
    ]
}

/// After `requests` and `trim`.
fn idle(config: &Arc<Config>, requests: u32) -> f64 {
    let before = live();
    let mut program = Program::settled(config, Habit::Drop);
    let mut input = Vec::new();
    for first in (1..requests * 2).step_by(200) {
        program.gets(&mut input, first, 100);
    }
    drop(input);
    program.conn.trim();
    (live() - before) as f64
}

/// (Heap of 1 000 - heap of 0) / 1 000.
fn open_stream(config: &Arc<Config>, with_body: bool) -> f64 {
    let mut program = Program::settled(config, Habit::Hold);
    let mut input = Vec::new();
    for stream in (5..).step_by(2).take(1000) {
        if with_body {
            script::post(&mut input, stream)
        } else {
            script::get(&mut input, stream)
        }
    }
    let mut warm = Vec::new();
    script::first_get(&mut warm, 1);
    program.habit = Habit::Drop;
    program.turn(&warm);
    program.conn.trim();
    program.habit = Habit::Hold;
    let before = live();
    program.turn(&input);
    program.conn.trim();
    assert_eq!(program.conn.open_streams(), (0, 1000));
    (live() - before) as f64 / 1000.0
}

/// In the steady state.
fn allocations(config: &Arc<Config>, habit: Habit, batch: u32) -> f64 {
    let mut program = Program::settled(config, habit);
    let mut input = Vec::with_capacity(8192);
    let mut first = 1;
    let mut round = |program: &mut Program| {
        program.gets(&mut input, first, batch);
        first += 2 * batch;
    };
    for _ in 0..200 {
        round(&mut program);
    }
    let before = calls();
    for _ in 0..100 {
        round(&mut program);
    }
    (calls() - before) as f64 / 100.0 / f64::from(batch)
}

/// What a program that keeps every head holds at most, its connection included, while a client
/// sends 300 KB of references to a field of 4 000 octets.
fn bomb() -> f64 {
    let (config, input) = (Arc::new(Config::default()), script::bomb(300_000));
    let before = live();
    let mut program = Program::settled(&config, Habit::Keep);
    for read in input.chunks(16_384) {
        if program.closed {
            break;
        }
        program.turn(read);
    }
    (program.peak - before) as f64
}
