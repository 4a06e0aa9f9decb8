//! What many connections and many streams cost a server, and whether all of it comes back.
//!
//! The server is a process of its own, so that nobody else's memory is counted; its peer is one, too,
//! because the limit of descriptors has to be raised for it. Where that cannot be, the tests say so
//! and do nothing. BYWASH_SOAK_CHURN=100000 opens and closes more connections.
#![cfg(target_os = "linux")]

#[path = "soak/counting.rs"]
#[allow(unreachable_pub)]
mod counting;
mod soak;

use bywash_mio::Listen;
use bywash_mio::server::{Exchange, Reply, Request, Server};
use soak::wire::{Wire, frame, get, opening};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What is held may differ by so many octets from what was held before.
const LEFT: usize = 256 * 1024;
/// What an idle connection may have on average.
const IDLE: Memory = Memory {
    held: 2_000,
    resident: 2_300,
};
/// What an open stream may have on average, its share of the connection included.
const STREAM: Memory = Memory {
    held: 400,
    resident: 500,
};

// --- the server's process -----------------------------------------------------------------------------

/// Answers when the request is whole.
struct Wait;

impl Exchange for Wait {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        if end {
            reply.send(200, &[("a", "b")], "well").unwrap();
        }
        data.len()
    }
}

#[test]
#[ignore = "a process that the other tests start"]
fn server_process() {
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).backlog(4096))
        .serve(|_| {
            |request: &mut Request, reply: &mut Reply<'_>| match request.has_body() {
                true => reply.go_on(Wait),
                false => reply.send(200, &[("a", "b")], "well").unwrap(),
            }
        })
        .unwrap();
    println!("\nserving at {}", server.addresses()[0]);
    // A line asks what is held; the end of the input is the end.
    for _ in std::io::stdin().lines() {
        println!("held {}", counting::held());
    }
}

struct Remote {
    process: Child,
    output: BufReader<ChildStdout>,
    at: SocketAddr,
}

/// What memory it has.
#[derive(Clone, Copy)]
struct Memory {
    /// Octets that its program has allocated.
    held: usize,
    /// Octets of its pages that are in memory.
    resident: usize,
}

/// Waits for a line that begins like this; the rest of it.
fn hear(output: &mut impl BufRead, beginning: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(
            output.read_line(&mut line).unwrap(),
            0,
            "the server is gone"
        );
        if let Some(rest) = line.trim_end().strip_prefix(beginning) {
            return rest.to_owned();
        }
    }
}

impl Remote {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "server_process"])
            // What is freed goes back to the system: glibc keeps a few small pieces of every size for
            // later, and with them all pages below.
            .env(
                "GLIBC_TUNABLES",
                "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0",
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let at = hear(&mut output, "serving at ").parse().unwrap();
        Self {
            process,
            output,
            at,
        }
    }

    fn memory(&mut self) -> Memory {
        writeln!(self.process.stdin.as_mut().unwrap()).unwrap();
        let held = hear(&mut self.output, "held ").parse().unwrap();
        let path = format!("/proc/{}/statm", self.process.id());
        let text = std::fs::read_to_string(path).unwrap();
        let pages: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
        Memory {
            held,
            resident: pages * 4096,
        }
    }

    /// What each of so many has of its memory; all of it may be so much on average.
    fn share(&mut self, before: Memory, count: usize, most: Memory, what: &str) {
        let now = self.memory();
        let held = (now.held - before.held) / count;
        let resident = (now.resident - before.resident) / count;
        println!("{what} has {held} octets, {resident} of resident memory");
        assert!(held <= most.held && resident <= most.resident, "{what}");
    }

    fn descriptors(&self) -> usize {
        let path = format!("/proc/{}/fd", self.process.id());
        std::fs::read_dir(path).unwrap().count()
    }

    /// Checks that its descriptors and memory are what they were, once its peers are gone.
    fn is_as_before(&mut self, before: Memory, descriptors: usize) {
        let begun = Instant::now();
        while self.descriptors() > descriptors {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{} descriptors are left, {descriptors} were there before",
                self.descriptors()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        // Quiet connections are trimmed after a second.
        std::thread::sleep(Duration::from_millis(1_500));
        let now = self.memory();
        let left = now.held.saturating_sub(before.held);
        let kept = now.resident.saturating_sub(before.resident);
        println!("{left} octets more than before, {kept} of resident memory");
        assert!(left <= LEFT, "{left} octets more than before");
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

// --- its peer's process -------------------------------------------------------------------------------

/// Runs a part of this file in a process that may have that many descriptors.
fn with_descriptors(limit: u32, part: &str) {
    let script = format!("ulimit -n {limit} || exit 77; exec \"$0\" \"$@\"");
    let status = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", part])
        .status()
        .unwrap();
    match status.code() {
        Some(77) => eprintln!("SKIPPED: {part} needs {limit} descriptors: raise the hard limit"),
        code => assert_eq!(code, Some(0)),
    }
}

/// Reads frames until that many streams have ended; all must be answered.
fn read_answers(socket: &mut TcpStream, mut wanted: usize) {
    let mut socket = BufReader::with_capacity(16 * 1024, socket);
    while wanted > 0 {
        let mut head = [0; 9];
        socket.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        socket.read_exact(&mut payload).unwrap();
        let (kind, flags) = (head[3], head[4]);
        assert!(kind != 3 && kind != 7, "RST_STREAM or GOAWAY: {payload:?}");
        if kind == 0 {
            assert!(flags & 1 == 1 && payload == b"well");
            wanted -= 1;
        }
    }
}

/// A connection from an address of its own for each ten thousand: one has too few ports. The port is
/// chosen here, too: the kernel searches long for one when many are in use.
fn connect(to: SocketAddr) -> TcpStream {
    use socket2::{Domain, Socket, Type};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = Ipv4Addr::new(127, 0, 1, 1 + (number / 10_000) as u8);
        let from = SocketAddr::from((address, 20_000 + (number % 10_000) as u16));
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        match socket.bind(&from.into()) {
            Ok(()) => {}
            // Somebody listens there.
            Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => continue,
            Err(e) => panic!("{from}: {e}"),
        }
        socket.connect(&to.into()).unwrap();
        return socket.into();
    }
}

fn ask(to: SocketAddr) -> TcpStream {
    let mut wire = Wire::over(connect(to));
    let request = frame(1, 5, 1, &get("/"));
    assert!(wire.say(&[opening(65_535), request].concat()));
    read_answers(&mut wire.socket, 1);
    assert!(wire.say(&frame(4, 1, 0, b"")));
    wire.socket
}

#[test]
#[ignore = "a process that another test starts"]
fn idle_connections_process() {
    const MANY: usize = 10_000;
    let mut remote = Remote::start();
    drop(ask(remote.at));
    let (before, descriptors) = (remote.memory(), remote.descriptors());
    let held: Vec<_> = (0..MANY).map(|_| ask(remote.at)).collect();
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(remote.descriptors() >= MANY);
    remote.share(before, MANY, IDLE, "an idle connection");
    drop(held);
    remote.is_as_before(before, descriptors);
}

/// Connections with that many requests each, which the server cannot answer yet.
fn open_streams(to: SocketAddr, connections: usize, streams: usize) -> Vec<Wire> {
    let mut block = get("/");
    block[0] = 0x83;
    let mut said = opening(65_535);
    for stream in 0..streams as u32 {
        said.extend(frame(1, 4, 2 * stream + 1, &block));
        said.extend(frame(0, 0, 2 * stream + 1, &[b'x'; 100]));
    }
    let open = |_| {
        let mut wire = Wire::over(connect(to));
        assert!(wire.say(&said));
        wire
    };
    (0..connections).map(open).collect()
}

/// Ends the requests, and reads what they are answered.
fn finish_streams(held: &mut [Wire], streams: usize) {
    let mut said = frame(4, 1, 0, b"");
    for stream in 0..streams as u32 {
        said.extend(frame(0, 1, 2 * stream + 1, b""));
    }
    for wire in held.iter_mut() {
        assert!(wire.say(&said));
    }
    for wire in held {
        read_answers(&mut wire.socket, streams);
    }
}

#[test]
#[ignore = "a process that another test starts"]
fn open_streams_process() {
    const CONNECTIONS: usize = 1_000;
    const STREAMS: usize = 100;
    let mut remote = Remote::start();
    finish_streams(&mut open_streams(remote.at, 1, STREAMS), STREAMS);
    let (before, descriptors) = (remote.memory(), remote.descriptors());
    let mut held = open_streams(remote.at, CONNECTIONS, STREAMS);
    std::thread::sleep(Duration::from_millis(1_500));
    remote.share(before, CONNECTIONS * STREAMS, STREAM, "an open stream");
    finish_streams(&mut held, STREAMS);
    drop(held);
    remote.is_as_before(before, descriptors);
}

#[test]
#[ignore = "a process that another test starts"]
fn churn_process() {
    let most = std::env::var("BYWASH_SOAK_CHURN").ok();
    let most: usize = most.map_or(10_000, |text| text.parse().unwrap());
    let mut remote = Remote::start();
    (0..100).for_each(|_| drop(ask(remote.at)));
    let (before, descriptors) = (remote.memory(), remote.descriptors());
    let begun = Instant::now();
    (0..most).for_each(|_| drop(ask(remote.at)));
    println!("{most} connections in {:?}", begun.elapsed());
    remote.is_as_before(before, descriptors);
}

#[test]
fn idle_connections_are_small_and_leave_nothing() {
    with_descriptors(10_100, "idle_connections_process");
}

#[test]
fn many_streams_are_bounded_and_leave_nothing() {
    with_descriptors(1_100, "open_streams_process");
}

#[test]
fn connections_that_come_and_go_leave_nothing() {
    with_descriptors(1_000, "churn_process");
}
