//! One flood on one connection.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use bywash_spec_tests::raw::wire::PREFACE;
use bywash_spec_tests::raw::{RawFrame, Role};

use crate::attack::{Attack, End, Round};
use crate::heard::Heard;
use crate::line::Line;

/// How long a harmless flood goes on, and how long one may go on that is not.
pub(crate) const LENGTH: Duration = Duration::from_millis(300);
/// Between writes that found no room, and between rounds of nothing.
const PAUSE: Duration = Duration::from_micros(200);

/// What came of one flood.
pub(crate) struct Outcome {
    /// The code and debug data of the last GOAWAY, if it tells of an error.
    pub(crate) end: Option<(u32, String)>,
    pub(crate) octets: usize,
}

/// Sends to `victim` what the attack sends, until that ends it or the time is over.
pub(crate) fn flood(
    line: &mut dyn Line,
    victim: Role,
    attack: &Attack,
) -> std::io::Result<Outcome> {
    let mut heard = greet(line, victim, attack)?;
    line.socket().set_nonblocking(true)?;
    let (began, mut octets) = (Instant::now(), 0);
    let (mut number, mut waiting, mut over) = (0, Vec::new(), false);
    while !over && began.elapsed() < LENGTH {
        if waiting.is_empty() {
            let opened = heard.opened();
            let frames = (attack.frames)(&Round { number, opened });
            waiting = frames.iter().flat_map(RawFrame::encode).collect();
            number = number.saturating_add(1);
        }
        match line.write(&waiting) {
            Ok(n) => {
                octets += n;
                waiting.drain(..n);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(PAUSE),
            Err(_) => over = true,
        }
        over |= !take(line, &mut heard, false) || heard.goaway.is_some();
        if waiting.is_empty() && (attack.end == End::Lives || number > 100) {
            // It need not be as fast as it can: what is harmless has no end, and others ended long ago.
            std::thread::sleep(PAUSE);
        }
    }
    line.socket().set_nonblocking(false)?;
    while attack.end != End::Lives && heard.goaway.is_none() && take(line, &mut heard, true) {}
    Ok(Outcome {
        end: heard.goaway,
        octets,
    })
}

/// The preface; a client's requests are waited for.
fn greet(line: &mut dyn Line, victim: Role, attack: &Attack) -> std::io::Result<Heard> {
    let mut greeting = Vec::new();
    let mut heard = match victim {
        Role::Server => {
            greeting.extend_from_slice(PREFACE);
            Heard::after(0)
        }
        Role::Client => Heard::after(PREFACE.len()),
    };
    RawFrame::settings(attack.settings).encode_into(&mut greeting);
    RawFrame::settings_ack().encode_into(&mut greeting);
    line.write_all(&greeting)?;
    line.flush()?;
    while victim == Role::Client && heard.is_idle() {
        if !take(line, &mut heard, true) {
            return Err(std::io::Error::other("no request came"));
        }
    }
    Ok(heard)
}

/// Reads what there is, or what comes if the socket waits; whether more may come.
fn take(line: &mut dyn Line, heard: &mut Heard, waits: bool) -> bool {
    let mut buffer = [0; 64 * 1024];
    match line.read(&mut buffer) {
        Ok(0) => false,
        Ok(n) => {
            heard.take(&buffer[..n]);
            true
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock && !waits,
    }
}
