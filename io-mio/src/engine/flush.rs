//! Octets out: what the machine has, as far as the socket takes it.

use super::entry::{Bits, Entry};
use crate::session::Session;
use crate::socket::{BOTH, Socket};
use bywash_proto::connection::Transmit;
use bywash_proto::vocabulary::Instant;
use mio::{Interest, Registry, Token};
use std::io::{self, IoSlice, Write};

/// Pieces of one write. 128 KiB of DATA in frames of 16 KiB are 16.
const PIECES: usize = 64;
/// Octets of plaintext in one record of TLS (RFC 8446 5.1).
const RECORD: usize = 16 * 1024;

/// How far a flush came.
#[derive(Debug)]
pub(crate) enum Flushed {
    /// Nothing waits any more.
    Empty,
    /// The socket is full: an event will come.
    Blocked,
    /// The budget is used up; no event will come.
    Spent,
    Failed(io::Error),
}

/// Writes what waits, at most about `budget` octets of it.
pub(crate) fn flush(entry: &mut Entry, now: Instant, budget: &mut usize) -> Flushed {
    if !entry.bits.has(Bits::WRITABLE) {
        return Flushed::Blocked;
    }
    let flushed = match entry.session.take() {
        None => plain(entry, now, budget),
        Some(mut session) => {
            let flushed = sealed(entry, &mut *session, now, budget);
            entry.session = Some(session);
            flushed
        }
    };
    if matches!(flushed, Flushed::Blocked) {
        entry.bits.clear(Bits::WRITABLE);
    }
    flushed
}

fn plain(entry: &mut Entry, now: Instant, budget: &mut usize) -> Flushed {
    let Some(machine) = &mut entry.machine else {
        return Flushed::Empty;
    };
    loop {
        let out = machine.transmit(now);
        if out.is_empty() {
            return Flushed::Empty;
        }
        if *budget == 0 {
            return Flushed::Spent;
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let filled = out.io_slices(&mut slices);
        match (&entry.socket).write_vectored(&slices[..filled]) {
            Ok(0) => return Flushed::Failed(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                *budget = budget.saturating_sub(written);
                out.advance(written);
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Flushed::Blocked,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Flushed::Failed(e),
        }
        // Usually that was all, and asking is cheaper than another transmit.
        if !machine.interest().write {
            return Flushed::Empty;
        }
    }
}

/// One record at a time: what is sealed can no longer be overtaken or dropped, so the next one is
/// sealed only when the socket has taken the one before.
fn sealed(
    entry: &mut Entry,
    session: &mut dyn Session,
    now: Instant,
    budget: &mut usize,
) -> Flushed {
    loop {
        match write_records(session, &entry.socket) {
            Flushed::Empty => {}
            other => return other,
        }
        let Some(machine) = &mut entry.machine else {
            return Flushed::Empty;
        };
        let out = machine.transmit(now);
        if out.is_empty() {
            return Flushed::Empty;
        }
        if *budget == 0 {
            return Flushed::Spent;
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let filled = record(&out, &mut slices);
        let taken = session.seal(&slices[..filled]);
        if taken == 0 {
            return Flushed::Failed(io::ErrorKind::WriteZero.into());
        }
        *budget = budget.saturating_sub(taken);
        out.advance(taken);
    }
}

/// Writes the ciphertext that waits.
pub(crate) fn write_records(session: &mut dyn Session, socket: &Socket) -> Flushed {
    while session.wants_write() {
        match session.write_to(&mut &*socket) {
            Ok(0) => return Flushed::Failed(io::ErrorKind::WriteZero.into()),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Flushed::Blocked,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Flushed::Failed(e),
        }
    }
    Flushed::Empty
}

/// Fills `slices` with the front of the output, at most a record's worth; returns how many.
fn record<'a>(out: &'a Transmit<'_>, slices: &mut [IoSlice<'a>]) -> usize {
    let mut room = RECORD;
    let mut filled = 0;
    for (place, chunk) in slices.iter_mut().zip(out.chunks()) {
        let piece = chunk.get(..room).unwrap_or(chunk);
        *place = IoSlice::new(piece);
        filled += 1;
        room -= piece.len();
        if room == 0 {
            break;
        }
    }
    filled
}

/// Where writing is not always registered, registers it while a write waits.
pub(crate) fn follow_interest(
    entry: &mut Entry,
    registry: &Registry,
    token: Token,
) -> io::Result<()> {
    if entry.socket.first_interest() == BOTH {
        return Ok(());
    }
    let waits = !entry.bits.has(Bits::WRITABLE);
    if waits == entry.bits.has(Bits::WRITE_REGISTERED) {
        return Ok(());
    }
    let interest = if waits { BOTH } else { Interest::READABLE };
    if waits {
        entry.bits.set(Bits::WRITE_REGISTERED);
    } else {
        entry.bits.clear(Bits::WRITE_REGISTERED);
    }
    entry.socket.reregister(registry, token, interest)
}
