//! Calls a server as our blocking client does, or as a bare program writes the same octets, and says how long that took.
//!
//! ```text
//! grpc_client blocking ADDR:PORT CALLS [full]      one call at a time, by bywash-grpc
//! grpc_client raw ADDR:PORT CALLS [full]           the same octets by a bare epoll
//! grpc_client threads ADDR:PORT SECONDS THREADS    on one channel, by bywash-grpc
//! ```
//!
//! `full`: with a custom header and a deadline. Prints one JSON line: nanoseconds of a call, or calls per second.

use bytes::Bytes;
use bywash_benches::{epoll::Epoll, recorded_call::RecordedCall};
use bywash_grpc::{
    client::{Call, Channel},
    codec::Raw,
    method::{Method, Unary},
};
use std::{
    error::Error,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    os::fd::AsRawFd,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

enum Bench {}

const UNARY_CALL: Method<Bench, Unary, Bytes, Bytes> =
    Method::new("/grpc.testing.BenchmarkService/UnaryCall", &Raw, &Raw);

/// `SimpleRequest { response_size: 8, payload: { body: 8 zeros } }`.
const REQUEST: Bytes = Bytes::from_static(b"\x10\x08\x1a\x0a\x12\x08\0\0\0\0\0\0\0\0");

/// Calls before it is measured: connections are made, tables filled, memory is warm.
const WARM_UP: usize = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mode, address, count, rest @ ..] = &args[..] else {
        return Err("grpc_client blocking|raw|threads ADDR:PORT COUNT ...".into());
    };
    let (address, count) = (address.parse()?, count.parse()?);
    let full = rest.iter().any(|word| word == "full");
    match mode.as_str() {
        "blocking" => tell(blocking(address, count, full)?),
        "raw" => tell(raw(address, count, full)?),
        "threads" => {
            let threads = rest.first().ok_or("how many threads?")?.parse()?;
            let rate = threaded(address, Duration::from_secs(count as u64), threads)?;
            println!("{{\"calls_per_second\":{rate:.0}}}");
        }
        other => return Err(format!("there is no mode {other}").into()),
    }
    Ok(())
}

fn tell(mut nanoseconds: Vec<u64>) {
    nanoseconds.sort_unstable();
    let at = |hundredths: usize| {
        let last = nanoseconds.len().saturating_sub(1);
        nanoseconds.get(last * hundredths / 100).copied()
    };
    let [p50, p90, p99] = [50, 90, 99].map(|hundredths| at(hundredths).unwrap_or_default());
    println!("{{\"p50\":{p50},\"p90\":{p90},\"p99\":{p99}}}");
}

fn channel(address: SocketAddr) -> Result<Channel, Box<dyn Error>> {
    Ok(Channel::builder(&address.to_string()).plaintext().build()?)
}

fn call(channel: &Channel, full: bool) -> Call<'_, Unary, Bytes, Bytes> {
    static REQUESTED: Bytes = REQUEST;
    let call = channel.call(UNARY_CALL, Some(&REQUESTED));
    match full {
        true => call
            .meta("x-request-id", "7f9c2ba4e88f827d")
            .timeout(Duration::from_secs(10)),
        false => call,
    }
}

fn blocking(address: SocketAddr, calls: usize, full: bool) -> Result<Vec<u64>, Box<dyn Error>> {
    let channel = channel(address)?;
    for _ in 0..WARM_UP {
        call(&channel, full).call()?;
    }
    let mut nanoseconds = Vec::with_capacity(calls);
    for _ in 0..calls {
        let begun = Instant::now();
        call(&channel, full).call()?;
        nanoseconds.push(begun.elapsed().as_nanos() as u64);
    }
    Ok(nanoseconds)
}

/// One write, and reads until the response is complete: an epoll tells when, as it tells our client.
fn raw(address: SocketAddr, calls: usize, full: bool) -> Result<Vec<u64>, Box<dyn Error>> {
    const RECORDED: usize = 4;
    let recorded = RecordedCall::record(address, |at| {
        let made = channel(at).and_then(|channel| {
            for _ in 0..RECORDED {
                call(&channel, full).call()?;
            }
            Ok(())
        });
        if let Err(error) = made {
            eprintln!("grpc_client: {error}");
        }
    })?;
    let mut peer = Bare::connect(address)?;
    peer.socket.write_all(&recorded.opening)?;
    peer.await_ends(recorded.calls)?;
    let mut stream = recorded.stream;
    let mut nanoseconds = Vec::with_capacity(calls);
    for number in 0..WARM_UP + calls {
        let octets = recorded.on_stream(stream);
        stream += 2;
        let begun = Instant::now();
        peer.socket.write_all(&octets)?;
        peer.await_ends(1)?;
        let took = begun.elapsed().as_nanos() as u64;
        if number >= WARM_UP {
            nanoseconds.push(took);
        }
    }
    Ok(nanoseconds)
}

/// A socket and an epoll.
struct Bare {
    socket: TcpStream,
    epoll: Epoll,
    events: Vec<libc::epoll_event>,
    buffer: Vec<u8>,
    input: Vec<u8>,
}

impl Bare {
    fn connect(address: SocketAddr) -> io::Result<Bare> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let epoll = Epoll::new()?;
        let interest = libc::EPOLLIN | libc::EPOLLET;
        epoll.control(libc::EPOLL_CTL_ADD, socket.as_raw_fd(), interest)?;
        Ok(Bare {
            socket,
            epoll,
            events: Vec::with_capacity(16),
            buffer: vec![0; 64 * 1024],
            input: Vec::new(),
        })
    }

    /// Reads until so many streams have ended.
    fn await_ends(&mut self, ends: usize) -> io::Result<()> {
        let mut seen = 0;
        while seen < ends {
            self.epoll.wait(&mut self.events)?;
            match self.socket.read(&mut self.buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.input.extend_from_slice(&self.buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            }
            seen += self.ends();
        }
        Ok(())
    }

    /// Streams that end in what was read; what is not a whole frame stays.
    fn ends(&mut self) -> usize {
        let (mut at, mut ends) = (0, 0);
        while let Some(&[l2, l1, l0, kind, flags, ..]) = self
            .input
            .get(at..)
            .and_then(|rest| rest.first_chunk::<9>())
        {
            let length = 9 + u32::from_be_bytes([0, l2, l1, l0]) as usize;
            if self.input.len() < at + length {
                break;
            }
            at += length;
            ends += usize::from(kind <= 1 && flags & 1 == 1);
        }
        self.input.drain(..at);
        ends
    }
}

fn threaded(address: SocketAddr, time: Duration, threads: usize) -> Result<f64, Box<dyn Error>> {
    let channel = channel(address)?;
    for _ in 0..WARM_UP {
        call(&channel, false).call()?;
    }
    let (over, start) = (AtomicBool::new(false), Barrier::new(threads + 1));
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let mut calls = 0_u64;
                    while !over.load(Ordering::Relaxed) {
                        call(&channel, false).call()?;
                        calls += 1;
                    }
                    Ok::<_, bywash_grpc::Status>(calls)
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        let time = begun.elapsed();
        let mut calls = 0;
        for thread in running {
            calls += thread.join().map_err(|_| "a thread panicked")??;
        }
        Ok(calls as f64 / time.as_secs_f64())
    })
}
