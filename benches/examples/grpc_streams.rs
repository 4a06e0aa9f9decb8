//! Many streams that idle, and many connections that come and go: what they cost a gRPC server of reactors, and what
//! stays of them.
//!
//! `grpc_streams` starts itself anew as the server, so that the heap of each side is its own, counted octet by octet
//! as it was asked for. It holds 100 connections of 1 000 streams, each of which has exchanged messages and idles;
//! then, twice, 1 000 connections come, are used and leave. It prints what it measured and ends with status 1 if that
//! is more than it may be.

use bytes::Bytes;
use bywash_benches::counting::{self, Counting};
use bywash_grpc::{
    Engine, Metadata, Server, Status,
    client::{Canceller, Channel},
    codec::Raw,
    method::{Bidi, Method, Unary},
    reactor::{ClientReactor, Reactor, Stream},
    server::Service,
};
use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    sync::mpsc::{self, Sender},
    thread,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CONNECTIONS: usize = 100;
const STREAMS: usize = 1000;
/// Octets of heap that an idle stream may cost the server, its share of the connection included.
const PER_STREAM: isize = 2048;
/// Connections that come and go in a round.
const VISITS: usize = 1000;
/// Octets by which the second round may leave more than the first: a table that grows by chance.
const STAYS: isize = 64 * 1024;
/// Messages that a stream exchanges, one after another, before it idles.
const MESSAGES: u32 = 5;
/// For anything that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

enum Crowd {}

const CHAT: Method<Crowd, Bidi, Bytes, Bytes> = Method::new("/test.Crowd/Chat", &Raw, &Raw);
const SAY: Method<Crowd, Unary, Bytes, Bytes> = Method::new("/test.Crowd/Say", &Raw, &Raw);

type Fails<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Sends back what comes.
struct Echo;

impl Reactor<Bytes, Bytes> for Echo {
    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, message: Bytes) {
        stream.send(&message);
        stream.request(1);
    }

    fn on_half_close(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.finish(Ok(()));
    }
}

/// Tells of the last answer, and of the end.
struct Guest {
    tell: Sender<Result<(), Status>>,
    answers: u32,
}

impl ClientReactor<Bytes, Bytes> for Guest {
    fn on_start(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.send(&Bytes::from_static(b"hello"));
        stream.request(MESSAGES);
    }

    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, message: Bytes) {
        self.answers += 1;
        if self.answers < MESSAGES {
            stream.send(&message);
        } else {
            let _ = self.tell.send(Ok(()));
        }
    }

    fn on_end(&mut self, result: Result<(), Status>, _: Metadata) {
        let _ = self.tell.send(result);
    }
}

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    heap: isize,
    threads: usize,
    descriptors: usize,
}

impl Held {
    fn here() -> io::Result<Held> {
        Ok(Held {
            heap: counting::live() as isize,
            threads: fs::read_dir("/proc/self/task")?.count(),
            descriptors: fs::read_dir("/proc/self/fd")?.count(),
        })
    }

    fn read(line: &str) -> Fails<Held> {
        let numbers: Vec<isize> = line
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [heap, threads, descriptors] = numbers[..] else {
            return Err(format!("the server says {line:?}").into());
        };
        Ok(Held {
            heap,
            threads: threads.try_into()?,
            descriptors: descriptors.try_into()?,
        })
    }

    fn as_much_as(&self, other: &Held) -> bool {
        (self.heap - other.heap) <= STAYS
            && (self.threads, self.descriptors) == (other.threads, other.descriptors)
    }
}

/// The server, in this process: says what it holds whenever it is asked.
fn serve() -> Fails<()> {
    let service = Service::new("test.Crowd")
        .reactor(CHAT, |_| Ok(Echo))
        .unary(SAY, |_, message| Ok(message))
        .inline(SAY);
    let running = Server::builder()
        .service(service)
        .listen("127.0.0.1:0")?
        .start()?;
    println!("{}", running.addrs()[0]);
    for line in io::stdin().lock().lines() {
        line?;
        let held = Held::here()?;
        println!("{} {} {}", held.heap, held.threads, held.descriptors);
    }
    running.shutdown(Duration::from_secs(1));
    Ok(())
}

/// The server, in a process of its own.
struct There {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    target: String,
}

impl There {
    fn start() -> Fails<There> {
        let mut child = Command::new(env::current_exe()?)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (ask, answers) = (child.stdin.take(), child.stdout.take());
        let mut there = There {
            ask: ask.ok_or("no way to the server")?,
            answers: BufReader::new(answers.ok_or("no way from the server")?),
            child,
            target: String::new(),
        };
        there.target = there.line()?;
        Ok(there)
    }

    fn line(&mut self) -> Fails<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    fn held(&mut self) -> Fails<Held> {
        writeln!(self.ask, "held")?;
        let line = self.line()?;
        Held::read(&line)
    }

    /// Octets of memory that are the server's alone.
    fn memory(&self) -> Fails<isize> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let sizes = fs::read_to_string(path)?;
        let private = sizes.lines().filter(|line| line.starts_with("Private_"));
        let kib = private.map(|line| {
            line.split_whitespace()
                .nth(1)
                .unwrap_or("0")
                .parse::<isize>()
        });
        Ok(kib.sum::<Result<isize, _>>()? * 1024)
    }

    /// What both hold once that changes no more.
    fn settled(&mut self) -> Fails<[Held; 2]> {
        let begun = Instant::now();
        let mut before = [self.held()?, Held::here()?];
        let mut same = 0;
        while same < 5 && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(200));
            let now = [self.held()?, Held::here()?];
            same = if now == before { same + 1 } else { 0 };
            before = now;
        }
        Ok(before)
    }

    fn end(mut self) -> Fails<()> {
        drop(self.ask);
        self.child.wait()?;
        Ok(())
    }
}

/// Starts a stream that tells `tell` of its last answer and of its end.
fn chat(channel: &Channel, tell: &Sender<Result<(), Status>>) -> Canceller {
    let tell = tell.clone();
    channel.call(CHAT, None).start(Guest { tell, answers: 0 })
}

/// Holds all streams while `look` looks; then they end.
fn hold<T>(target: &str, engine: &Engine, look: impl FnOnce() -> Fails<T>) -> Fails<T> {
    let (tell, told) = mpsc::channel();
    let mut channels = Vec::new();
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        let channel = Channel::builder(target)
            .plaintext()
            .engine(engine)
            .build()?;
        streams.extend((0..STREAMS).map(|_| chat(&channel, &tell)));
        for _ in 0..STREAMS {
            told.recv_timeout(PATIENCE)??;
        }
        channels.push(channel);
    }
    let seen = look()?;
    for stream in &streams {
        stream.cancel();
    }
    for _ in &streams {
        // They were cancelled.
        told.recv_timeout(PATIENCE)?.err();
    }
    Ok(seen)
}

/// Connections that come, are used and leave; every second one in the middle of a stream.
fn visit(target: &str, engine: &Engine, visits: usize) -> Fails<()> {
    for number in 0..visits {
        let channel = Channel::builder(target)
            .plaintext()
            .engine(engine)
            .build()?;
        let message = Bytes::from_static(b"hello");
        let reply = channel
            .call(SAY, Some(&message))
            .timeout(PATIENCE)
            .call()
            .map_err(|status| format!("visit {number}: {status}"))?;
        assert_eq!(reply, message);
        let (tell, told) = mpsc::channel();
        let stream = chat(&channel, &tell);
        told.recv_timeout(PATIENCE)??;
        if number % 2 == 0 {
            stream.cancel();
            told.recv_timeout(PATIENCE)?.err();
        }
        channel.close();
    }
    Ok(())
}

fn verdict(name: &str, seen: isize, most: isize) -> bool {
    let holds = seen <= most;
    let word = if holds { "ok" } else { "FAILED" };
    println!("{word}: {name}: {seen}, at most {most}");
    holds
}

fn run() -> Fails<bool> {
    let mut server = There::start()?;
    let target = server.target.clone();
    let engine = Engine::new()?;
    visit(&target, &engine, 20)?;
    let [before, _] = server.settled()?;
    let memory_before = server.memory()?;

    let begun = Instant::now();
    let ([during, here], memory) = hold(&target, &engine, || {
        let held = server.settled()?;
        Ok((held, server.memory()?))
    })?;
    println!(
        "{CONNECTIONS} connections x {STREAMS} streams: {:.1} s; the server's heap {} KiB, the client's {} KiB",
        begun.elapsed().as_secs_f64(),
        during.heap / 1024,
        here.heap / 1024
    );
    let streams = (CONNECTIONS * STREAMS) as isize;
    let each = (during.heap - before.heap) / streams;
    let mut holds = verdict("octets of heap per idle stream", each, PER_STREAM);
    println!(
        "octets of the server's memory per idle stream: {}",
        (memory - memory_before) / streams
    );
    let [after, _] = server.settled()?;
    println!(
        "when they are gone: {} KiB of heap more than before",
        (after.heap - before.heap) / 1024
    );

    let mut rounds = Vec::new();
    for _ in 0..2 {
        let begun = Instant::now();
        visit(&target, &engine, VISITS)?;
        let took = begun.elapsed().as_secs_f64();
        let held = server.settled()?;
        println!(
            "{VISITS} connections came and left: {took:.1} s; server {:?}, client {:?}",
            held[0], held[1]
        );
        rounds.push(held);
    }
    for (side, name) in ["server", "client"].into_iter().enumerate() {
        let (first, second) = (&rounds[0][side], &rounds[1][side]);
        let grown = second.heap - first.heap;
        holds &= verdict(
            &format!("octets that the second round left at the {name}"),
            grown,
            STAYS,
        );
        if !second.as_much_as(first) {
            println!(
                "FAILED: the {name} holds {second:?}, and after the first round it held {first:?}"
            );
            holds = false;
        }
    }
    server.end()?;
    Ok(holds)
}

fn main() -> ExitCode {
    let ended = match env::args().nth(1).as_deref() {
        None => run(),
        Some("serve") => serve().map(|()| true),
        Some(_) => Err("usage: grpc_streams".into()),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("grpc_streams: {error}");
            ExitCode::FAILURE
        }
    }
}
