//! A client that holds connections, to see what they cost a server.
//!
//! `holding ADDR:PORT idle N`: N connections, a GET over each. `holding ADDR:PORT streams N M`: N
//! connections with M requests each that never end. `holding ADDR:PORT churn N`: N connections one
//! after another, a GET over each, closed. When they stand (or are gone) it prints `ready`; at the end
//! of its input it closes what it holds.
//!
//! It comes from many addresses of 127.0.0.0/8, because one has too few ports, and it raises its limit
//! of descriptors as far as it may. Status 77 if that is not far enough.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

/// Connections from one address: fewer than there are ports.
const PER_ADDRESS: u32 = 10_000;
/// Descriptors for other things than connections.
const SPARE: u64 = 64;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
/// GET / and POST /sink as HPACK without the dynamic table; `:authority` is `localhost`.
const GET: &[u8] = b"\x82\x86\x84\x01\x09localhost";
const POST: &[u8] = b"\x83\x86\x04\x05/sink\x01\x09localhost";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("holding: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> io::Result<ExitCode> {
    let usage = || io::Error::other("ADDR:PORT idle N | streams N M | churn N");
    let number = |text: &str| text.parse::<u32>().map_err(|_| usage());
    let [at, mode, rest @ ..] = args else {
        return Err(usage());
    };
    let at: SocketAddrV4 = at.parse().map_err(|_| usage())?;
    let mut held = Vec::new();
    match (*mode, rest) {
        ("idle", [count]) | ("churn", [count]) => {
            let (count, keeps) = (number(count)?, *mode == "idle");
            if keeps && !descriptors(count.into()) {
                return Ok(ExitCode::from(77));
            }
            for n in 0..count {
                let mut peer = Peer::connect(at, n)?;
                peer.get()?;
                if keeps {
                    held.push(peer);
                }
            }
        }
        ("streams", [count, streams]) => {
            let (count, streams) = (number(count)?, number(streams)?);
            if !descriptors(count.into()) {
                return Ok(ExitCode::from(77));
            }
            for n in 0..count {
                let mut peer = Peer::connect(at, n)?;
                peer.open(streams)?;
                held.push(peer);
            }
        }
        _ => return Err(usage()),
    }
    println!("ready");
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(ExitCode::SUCCESS)
}

/// Raises the limit of descriptors; false, and a line that says so, if it does not go so far.
fn descriptors(wanted: u64) -> bool {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the struct lives for the length of the call.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: as above.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
    let enough = limit.rlim_max >= wanted + SPARE;
    if !enough {
        let most = limit.rlim_max;
        eprintln!("SKIPPED: {wanted} connections need more than the {most} descriptors allowed");
    }
    enough
}

/// A socket from one of the addresses of 127.0.0.0/8.
fn socket(at: SocketAddrV4, number: u32) -> io::Result<TcpStream> {
    // SAFETY: no pointers are passed.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    check(fd)?;
    // SAFETY: the descriptor is new, and nobody else's.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let on: libc::c_int = 1;
    let size = size_of::<libc::c_int>() as libc::socklen_t;
    // Without it the port is chosen before the peer is known, and there are too few for all peers.
    let option = libc::IP_BIND_ADDRESS_NO_PORT;
    // SAFETY: the pointer is to as many octets as are said.
    check(unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_IP,
            option,
            (&raw const on).cast(),
            size,
        )
    })?;
    let own = Ipv4Addr::from(0x7f00_0001 + number / PER_ADDRESS);
    let (own, at) = (address(SocketAddrV4::new(own, 0)), address(at));
    let size = size_of::<libc::sockaddr_in>() as libc::socklen_t;
    // SAFETY: the pointer is to as many octets as are said.
    check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const own).cast(), size) })?;
    // SAFETY: as above.
    check(unsafe { libc::connect(fd.as_raw_fd(), (&raw const at).cast(), size) })?;
    Ok(fd.into())
}

fn check(result: libc::c_int) -> io::Result<()> {
    match result {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn address(at: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: at.port().to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from(*at.ip()).to_be(),
        },
        sin_zero: [0; 8],
    }
}

struct Peer {
    socket: TcpStream,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8], into: &mut Vec<u8>) {
    let length = (payload.len() as u32).to_be_bytes();
    into.extend_from_slice(&[length[1], length[2], length[3], kind, flags]);
    into.extend_from_slice(&stream.to_be_bytes());
    into.extend_from_slice(payload);
}

impl Peer {
    fn connect(at: SocketAddrV4, number: u32) -> io::Result<Self> {
        let socket = socket(at, number)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self { socket })
    }

    /// One request, its whole answer, and a PING after it.
    fn get(&mut self) -> io::Result<()> {
        let mut out = PREFACE.to_vec();
        frame(HEADERS, END_STREAM | END_HEADERS, 1, GET, &mut out);
        self.socket.write_all(&out)?;
        self.settle(true)
    }

    /// Requests whose bodies never come.
    fn open(&mut self, streams: u32) -> io::Result<()> {
        let mut out = PREFACE.to_vec();
        for n in 0..streams {
            frame(HEADERS, END_HEADERS, 2 * n + 1, POST, &mut out);
        }
        self.socket.write_all(&out)?;
        self.settle(false)
    }

    /// Acknowledges the peer's SETTINGS, and waits until it has seen all that was sent.
    fn settle(&mut self, mut answer: bool) -> io::Result<()> {
        let (mut settings, mut ping) = (true, true);
        while settings || answer || ping {
            let mut head = [0; 9];
            self.socket.read_exact(&mut head)?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            self.socket.read_exact(&mut payload)?;
            match (head[3], head[4]) {
                (SETTINGS, flags) if flags & ACK == 0 => {
                    settings = false;
                    let mut out = Vec::new();
                    frame(SETTINGS, ACK, 0, &[], &mut out);
                    frame(PING, 0, 0, &[7; 8], &mut out);
                    self.socket.write_all(&out)?;
                }
                (PING, flags) if flags & ACK != 0 => ping = false,
                (DATA | HEADERS, flags) if flags & END_STREAM != 0 => answer = false,
                (GOAWAY, _) => return Err(io::Error::other("the server went away")),
                _ => {}
            }
        }
        Ok(())
    }
}
