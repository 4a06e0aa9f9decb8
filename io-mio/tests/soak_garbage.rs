//! Peers that say anything at all and end in any way: garbage, other protocols, HTTP/2 with octets
//! changed or cut off, over plain connections and over TLS. The loop must outlive them, serve whoever
//! comes after them, and hold nothing of theirs.

mod soak;

use bywash_mio::Listen;
use bywash_mio::LoopOptions;
use bywash_mio::client::{Client, ClientOptions, Request as Ask};
use bywash_mio::proto::config::Config;
use bywash_mio::server::{Reply, Request, Server};
use soak::Chance;
use soak::wire::{PREFACE, Wire, frame, get, opening};
use std::io::Read;
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_millis(200);
const PEERS: usize = 30;

fn serve(is_tls: bool) -> (Server, SocketAddr) {
    let mut config = Config::default();
    config.secure = is_tls;
    config.timers.preface = Some(DEADLINE);
    config.timers.settings_ack = Some(DEADLINE);
    config.timers.block = Some(DEADLINE);
    config.timers.progress = Some(DEADLINE);
    config.timers.idle = Some(DEADLINE);
    config.timers.drain = Some(DEADLINE);
    config.timers.max_age = Some(DEADLINE * 5);
    config.timers.shutdown_round_trip = DEADLINE / 4;
    let mut options = LoopOptions::default();
    options.linger = DEADLINE;
    let mut listen = Listen::tcp("127.0.0.1:0".parse().unwrap())
        .config(config)
        .handshake_deadline(DEADLINE);
    if is_tls {
        listen = listen.tls(soak::tls().0);
    }
    let server = Server::builder()
        .loop_options(options)
        .listen(listen)
        .serve(|_| {
            |_: &mut Request, reply: &mut Reply<'_>| {
                // The peer may be gone.
                let _ = reply.send(200, &[("a", "b")], vec![b'x'; 100_000]);
            }
        })
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

/// A little of everything that a client may say.
fn session() -> Vec<u8> {
    [
        opening(1 << 20),
        frame(4, 1, 0, b""),
        frame(1, 4, 1, &get("/a")),
        frame(0, 0, 1, &[b'x'; 300]),
        frame(8, 0, 1, &[0, 0, 1, 0]),
        frame(6, 0, 0, b"8 octets"),
        frame(0, 8, 1, &[&[3], &b"padded"[..], &[0; 3]].concat()),
        frame(1, 0, 3, &get("/b")[..9]),
        frame(9, 4, 3, &get("/b")[9..]),
        frame(2, 0, 5, &[0, 0, 0, 1, 16]),
        frame(16, 0, 0, b"\0\0\0\x01u=1"),
        frame(3, 0, 3, &[0, 0, 0, 8]),
        frame(0, 1, 1, b"the end"),
        frame(0x77, 0x77, 9, b"nobody knows it"),
        frame(7, 0, 0, &[0; 8]),
    ]
    .concat()
}

fn words(chance: &mut Chance) -> Vec<u8> {
    let mut said = match chance.next() % 6 {
        0 => (0..chance.up_to(600))
            .map(|_| chance.next() as u8)
            .collect(),
        1 => b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        2 => Wire::client_hello(),
        3 => [PREFACE, &[0; 100]].concat(),
        _ => session(),
    };
    let changes = chance.up_to(8);
    for _ in 0..changes.min(said.len() as u32) {
        let at = chance.next() as usize % said.len();
        said[at] = chance.next() as u8;
    }
    if chance.next() % 3 == 0 {
        said.truncate(chance.up_to(said.len() as u32) as usize);
    }
    said
}

/// Ends a peer in one of many ways, or gives it back to be held.
fn end(chance: &mut Chance, mut wire: Wire) -> Option<Wire> {
    match chance.next() % 5 {
        // Octets of the server's that are not read make the kernel send RST.
        0 => None,
        1 => {
            let reset = socket2::SockRef::from(&wire.socket).set_linger(Some(Duration::ZERO));
            reset.unwrap();
            None
        }
        2 => {
            // It fails if the server was faster.
            let _ = wire.socket.shutdown(Shutdown::Write);
            read_to_the_end(&mut wire);
            None
        }
        3 => {
            read_to_the_end(&mut wire);
            None
        }
        _ => Some(wire),
    }
}

/// The server ends it, sooner or later, with FIN or RST.
fn read_to_the_end(wire: &mut Wire) {
    wire.socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let end = wire.socket.read_to_end(&mut Vec::new());
    let is_late = end.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!is_late, "the server never ends it");
}

fn honest(at: SocketAddr, is_tls: bool) {
    let mut options = ClientOptions::default();
    options.tls = Some(soak::tls().1);
    let client = Client::new(options).unwrap();
    let scheme = if is_tls { "https" } else { "http" };
    let ask = Ask::get(&format!("{scheme}://localhost:{}/", at.port())).unwrap();
    let mut response = client.send(ask).unwrap();
    assert_eq!(response.body().unwrap().len(), 100_000);
}

#[cfg(target_os = "linux")]
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[cfg(not(target_os = "linux"))]
fn descriptors() -> usize {
    0
}

fn storm(seed: u64, is_tls: bool) {
    let chance = &mut Chance::new(seed);
    let before = descriptors();
    let (server, at) = serve(is_tls);
    let mut held = Vec::new();
    for _ in 0..PEERS {
        let mut wire = match is_tls && chance.next() % 3 > 0 {
            true => Wire::tls(at),
            false => Wire::plain(at),
        };
        for piece in words(chance).chunks(1 + chance.up_to(2_000) as usize) {
            if !wire.say(piece) {
                break;
            }
        }
        held.extend(end(chance, wire));
    }
    honest(at, is_tls);
    // Those who neither read nor go end at a deadline.
    wait_until(|| server.connections() == [0], "connections", seed);
    drop(held);
    server.shutdown(Duration::ZERO);
    server.join().unwrap();
    // Threads of clients may still be at their ends.
    wait_until(|| descriptors() == before, "descriptors", seed);
}

fn wait_until(done: impl Fn() -> bool, what: &str, seed: u64) {
    let begun = Instant::now();
    while !done() {
        let elapsed = begun.elapsed();
        assert!(
            elapsed < Duration::from_secs(10),
            "seed {seed}: {what} are left"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// One test for both: each counts the descriptors of the process.
#[test]
fn nothing_that_is_said_harms_the_loop() {
    let most = std::env::var("BYWASH_SOAK_SEEDS").ok();
    for seed in 0..most.map_or(3, |text| text.parse().unwrap()) {
        storm(seed, false);
        storm(seed, true);
    }
}
