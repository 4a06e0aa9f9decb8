//! Floods a server over sockets, attack by attack, while an honest client works beside it.
//!
//! `flood HOST:PORT [PID]`, in cleartext. For each attack, again and again for a second: what ended it and when, how long the honest client's requests
//! took meanwhile, and how much the process PID grew. Ends with 1 if a flood is not ended by the limit that it should run
//! into, if the honest client is not served or waits too long, or if the process grows too much.

mod attacks;
mod honest;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use attacks::{ALL, Attack};
use bywash_spec_tests::raw::RawFrame;
use bywash_spec_tests::raw::wire::{HEAD, PREFACE, code, kind};
use honest::Honest;

/// How long an attack goes on: a flood that is ended begins anew, on another connection.
const FLOOD: Duration = Duration::from_secs(1);
/// Connections that one attack makes at most.
const CONNECTIONS: u32 = 100;
/// How long the server may take to end it after that.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a request of the honest client may take. Machines that do much else have pauses of their own.
const LONGEST: Duration = Duration::from_secs(2);
/// What the process may grow by, in KiB: the bound of one connection, twice.
const GROWTH: u64 = 10 * 1024;

/// What came of one flood.
struct Outcome {
    /// The code and debug data of the last GOAWAY.
    end: Option<(u32, String)>,
    took: Duration,
    octets: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (address, pid) = match &arguments[..] {
        [address] => (address, None),
        [address, pid] => (address, Some(pid.as_str())),
        _ => {
            eprintln!("usage: flood HOST:PORT [PID]");
            return ExitCode::from(2);
        }
    };
    match ALL.iter().try_fold(true, |well, attack| {
        Ok::<_, std::io::Error>(report(address, pid, attack)? && well)
    }) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("flood: {address}: {error}");
            ExitCode::from(1)
        }
    }
}

/// Runs one attack and prints its line; whether all is as it should be.
fn report(address: &str, pid: Option<&str>, attack: &Attack) -> std::io::Result<bool> {
    let before = resident(pid);
    let honest = Honest::start(address)?;
    let named = |name: &str| (code::ENHANCE_YOUR_CALM, name.to_owned());
    let (began, mut floods) = (Instant::now(), 1);
    let mut outcome = flood(address, attack)?;
    while outcome.end == attack.end.map(named) && floods < CONNECTIONS && began.elapsed() < FLOOD {
        outcome = flood(address, attack)?;
        floods += 1;
    }
    let mut waits = honest.stop()?;
    waits.sort();
    let (middle, longest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    let grown = resident(pid).saturating_sub(before);
    let well = outcome.end == attack.end.map(named) && longest < LONGEST && grown <= GROWTH;
    let end = match &outcome.end {
        Some((code, debug)) => format!("GOAWAY {code} {debug:?}"),
        None => "it lives".to_owned(),
    };
    println!(
        "{}: {}: {floods} times, the last: {end} after {} ms and {} octets; honest: {} requests, {} us in the middle, {} us at most; grown by {grown} KiB",
        if well { "ok" } else { "FAILED" },
        attack.name,
        outcome.took.as_millis(),
        outcome.octets,
        waits.len(),
        middle.as_micros(),
        longest.as_micros(),
    );
    Ok(well)
}

/// Sends what the attack sends until the server ends it, or its time is over.
fn flood(address: &str, attack: &Attack) -> std::io::Result<Outcome> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    socket.write_all(PREFACE)?;
    socket.write_all(&RawFrame::settings(attack.settings).encode())?;
    socket.write_all(&RawFrame::settings_ack().encode())?;
    socket.set_nonblocking(true)?;
    let (began, mut octets, mut read) = (Instant::now(), 0, Vec::new());
    let (mut round, mut waiting, mut over) = (0, Vec::new(), false);
    while !over && began.elapsed() < FLOOD {
        if waiting.is_empty() {
            let frames = (attack.frames)(round);
            waiting = frames.iter().flat_map(RawFrame::encode).collect();
            round = round.saturating_add(1);
        }
        match socket.write(&waiting) {
            Ok(n) => {
                octets += n;
                waiting.drain(..n);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_micros(200));
            }
            Err(_) => over = true,
        }
        over |= !take(&mut socket, &mut read);
        over |= goaway(&read).is_some();
        if waiting.is_empty() && attack.end.is_none() {
            // A harmless flood has no end: it need not be as fast as it can.
            std::thread::sleep(Duration::from_micros(500));
        }
    }
    let took = began.elapsed();
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    while attack.end.is_some() && goaway(&read).is_none() && take(&mut socket, &mut read) {}
    Ok(Outcome {
        end: goaway(&read),
        took,
        octets,
    })
}

/// Reads what there is; whether more may come.
fn take(socket: &mut TcpStream, read: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 64 * 1024];
    match socket.read(&mut buffer) {
        Ok(0) => false,
        Ok(n) => {
            read.extend_from_slice(&buffer[..n]);
            true
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

/// The code and the debug data of the last GOAWAY that tells of an error, among whole frames.
fn goaway(mut octets: &[u8]) -> Option<(u32, String)> {
    let mut found = None;
    while let Some((&[a, b, c, frame, ..], rest)) = octets.split_first_chunk::<HEAD>() {
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        let Some((payload, rest)) = rest.split_at_checked(length) else {
            break;
        };
        if let (kind::GOAWAY, [_, _, _, _, a, b, c, d, debug @ ..]) = (frame, payload) {
            let code = u32::from_be_bytes([*a, *b, *c, *d]);
            let debug = String::from_utf8_lossy(debug).into_owned();
            found = (code != code::NO_ERROR).then_some((code, debug));
        }
        octets = rest;
    }
    found
}

/// What a process holds of memory of its own, in KiB; 0 if that cannot be read.
fn resident(pid: Option<&str>) -> u64 {
    let text = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/status")).ok());
    let line = text.as_deref().and_then(|text| {
        text.lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
    });
    line.and_then(|number| number.parse().ok()).unwrap_or(0)
}
