//! Ends: lingering, giving up, and the loop's own.

use super::entry::{Bits, Entry, Phase};
use super::flush::write_records;
use super::hub::{Hub, News};
use super::table::What;
use crate::error::{ConnectError, ConnectFault, Notice, TlsFault};
use crate::id::{ConnId, ListenerId};
use bywash_proto::connection::Close;
use bywash_proto::error::CloseReason;
use bywash_proto::vocabulary::{ErrorCode, Instant};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What is left of a loop's end once its grace is over: time to write the last GOAWAYs.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// Time for output that its reader leaves standing, where the configuration names none.
const PROGRESS: Duration = Duration::from_secs(60);

/// Warm connections that are looked at for a quiet one, when one has to make room.
const LOOKS: u32 = 4;

/// Gives back what a connection needs only while something happens on it.
fn cool(entry: &mut Entry) {
    entry.bits.clear(Bits::WARM);
    if let Some(machine) = &mut entry.machine {
        machine.trim();
    }
}

/// How long the last output may take. A connection that has ended in good order has streams of the
/// program's in it, complete but not written: they have the time that all output has.
#[cold]
fn time_to_flush(entry: &Entry) -> Duration {
    match entry.rare().and_then(|rare| rare.reason) {
        // Beside streams that the peer's end of file cut short there may be others.
        Some(CloseReason::Finished | CloseReason::Eof) => {
            entry.config.timers.progress.unwrap_or(PROGRESS)
        }
        _ => Duration::ZERO,
    }
}

/// So few may always keep their scratch memory, new or not.
const SEVERAL: usize = 4;

impl Hub {
    /// After a connection was pumped and nothing more can progress: closes what is to be closed.
    #[inline]
    pub(crate) fn settle(&mut self, id: ConnId) {
        let (linger, stopped) = (self.options.linger, self.stopped);
        let now = self.now;
        let Some(entry) = self.conn(id) else { return };
        entry.bits.set(Bits::ACTIVE);
        let is_warm = entry.bits.has(Bits::WARM);
        if let Some(machine) = &entry.machine {
            let interest = machine.interest();
            if interest.close != Close::No {
                if entry.phase == Phase::Open {
                    entry.phase = Phase::Closing;
                    entry.deadline = now
                        + match stopped {
                            true => linger,
                            false => time_to_flush(entry).max(linger),
                        };
                    entry.take_carry();
                }
                let sealed = entry.session.as_ref().is_some_and(|s| s.wants_write());
                if interest.close == Close::Now {
                    if let Some(session) = &mut entry.session {
                        // An alert may wait: the peer should know.
                        let _ = write_records(&mut **session, &entry.socket);
                    }
                    return self.destroy(id);
                }
                if entry.phase == Phase::Closing && !interest.write && !sealed {
                    return self.begin_linger(id);
                }
            }
        }
        if !is_warm {
            self.keep_or_cool(id);
        }
        self.arm(id);
    }

    /// Most connections that have just come ask once and idle, and what a crowd of them gives back later leaves
    /// holes: where several keep their scratch memory, one that is new gives it back at once.
    fn keep_or_cool(&mut self, id: ConnId) {
        let several = self.warm.len() >= (self.options.warm_connections / 4).max(SEVERAL);
        let Some(entry) = self.conn(id) else { return };
        let new = entry.turns < Entry::NEW;
        entry.turns += u8::from(new);
        if new && several {
            cool(entry);
        } else {
            self.warm_up(id);
        }
    }

    /// Puts a connection on the list of those to be trimmed when they are quiet.
    fn warm_up(&mut self, id: ConnId) {
        if let Some(entry) = self.conn(id) {
            entry.bits.set(Bits::WARM);
        }
        if self.warm.is_empty() {
            let at = self.now + self.options.trim_after;
            self.deadlines.set(super::hub::WAKER, at);
        }
        if self.warm.len() < self.options.warm_connections.max(1) {
            self.warm.push(id);
        } else {
            self.take_place_of_a_quiet_one(id);
        }
    }

    /// Scratch of many connections at once would leave holes all over the heap: so the list is
    /// bounded, and one that was quiet for a round of the hand makes room, or else the next one.
    fn take_place_of_a_quiet_one(&mut self, id: ConnId) {
        for _ in 0..LOOKS {
            self.hand = (self.hand + 1) % self.warm.len();
            let other = self.warm[self.hand];
            match self.table.conn(other) {
                Some(entry) if entry.bits.has(Bits::ACTIVE) => entry.bits.clear(Bits::ACTIVE),
                _ => break,
            }
        }
        let other = std::mem::replace(&mut self.warm[self.hand], id);
        if let Some(entry) = self.table.conn(other) {
            cool(entry);
        }
    }

    /// Trims the connections that were quiet since the last sweep.
    pub(crate) fn sweep(&mut self) {
        let mut warm = std::mem::take(&mut self.warm);
        warm.retain(|id| {
            let Some(entry) = self.table.conn(*id) else {
                return false;
            };
            if entry.bits.has(Bits::ACTIVE) {
                entry.bits.clear(Bits::ACTIVE);
                return true;
            }
            cool(entry);
            false
        });
        if warm.is_empty() {
            // After a crowd has left, its lists go too.
            self.shrink();
            warm = Vec::new();
        } else {
            let at = self.now + self.options.trim_after;
            self.deadlines.set(super::hub::WAKER, at);
        }
        self.warm = warm;
    }

    fn shrink(&mut self) {
        self.table.shrink();
        self.deadlines.shrink();
        self.timers.shrink();
        if self.ready.is_empty() {
            self.ready = VecDeque::new();
        }
        if self.news.is_empty() {
            self.news = VecDeque::new();
        }
    }

    /// Shuts our side; what still comes is read and discarded for a while. Closing a socket with
    /// unread input makes the system send a reset, and the peer would lose our last octets.
    pub(crate) fn begin_linger(&mut self, id: ConnId) {
        let at = self.now + self.options.linger;
        let Some(entry) = self.conn(id) else { return };
        if let Some(session) = &mut entry.session {
            session.end();
            let _ = write_records(&mut **session, &entry.socket);
        }
        let shut = entry.socket.shutdown_write();
        if entry.bits.has(Bits::EOF) || shut.is_err() {
            return self.destroy(id);
        }
        entry.phase = Phase::Linger;
        entry.deadline = at;
        entry.take_carry();
        entry.bits.set(Bits::READABLE);
        self.arm(id);
        self.touch(id);
    }

    /// Reads and discards.
    pub(crate) fn linger(&mut self, id: ConnId, buffer: &mut [u8]) {
        let most = self.options.linger_bytes;
        let Some(entry) = self.conn(id) else { return };
        loop {
            match (&entry.socket).read(buffer) {
                Ok(0) => break,
                Ok(n) => {
                    let rare = entry.rare_mut();
                    rare.lingered = rare.lingered.saturating_add(n as u32);
                    if rare.lingered == u32::MAX || u64::from(rare.lingered) > most {
                        break;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    entry.bits.clear(Bits::READABLE | Bits::QUEUED);
                    return;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.destroy(id);
    }

    /// TLS has failed before the connection was open: the program is told, the peer gets its alert.
    pub(crate) fn fail_handshake(&mut self, id: ConnId, fault: TlsFault) {
        let Some(entry) = self.conn(id) else { return };
        if entry.phase != Phase::Handshake {
            return;
        }
        if let Some(session) = &mut entry.session {
            let _ = write_records(&mut **session, &entry.socket);
        }
        // A failed session must not be asked again.
        entry.session = None;
        let peer = entry.peer.clone();
        let target = entry.rare_mut().target.take();
        let news = match target {
            Some(target) => {
                let error = ConnectError {
                    target: target.to_string(),
                    address: Some(peer),
                    fault: ConnectFault::Tls(fault),
                };
                News::ConnectFailed(id, error)
            }
            None => News::Notice(Notice::HandshakeFailed { peer, fault }),
        };
        self.news.push_back(news);
        self.begin_linger(id);
    }

    /// A connection's deadline has come, or seems to.
    pub(crate) fn conn_due(&mut self, id: ConnId) {
        let now = self.now;
        let Some(entry) = self.conn(id) else { return };
        entry.armed = Instant::MAX;
        if entry.deadline <= now {
            match entry.phase {
                Phase::Handshake => return self.fail_handshake(id, TlsFault::Timeout),
                Phase::Closing | Phase::Linger => return self.destroy(id),
                Phase::Open => entry.deadline = Instant::MAX,
            }
        }
        if let Some(machine) = &mut entry.machine {
            if machine.poll_timeout().is_some_and(|at| at <= now) {
                machine.handle_timeout(now);
                self.touch(id);
            }
        }
        self.arm(id);
    }

    /// The program gives a connection up.
    pub(crate) fn abort(&mut self, id: ConnId) {
        if self.table.dial(id).is_some() {
            return self.fail_dial(id, ConnectFault::Cancelled);
        }
        if let Some(entry) = self.touch(id) {
            entry.bits.set(Bits::ABORT);
        }
    }

    /// The loop is to end.
    pub(crate) fn shutdown(&mut self, grace: Duration) {
        let stop = self.now + grace;
        self.hard_stop = if self.draining {
            self.hard_stop.min(stop)
        } else {
            stop
        };
        if self.draining {
            return;
        }
        self.draining = true;
        self.leaving.store(true, Ordering::Relaxed);
        for slot in self.table.slots() {
            let id = self.table.name(slot);
            match self.table.at(slot) {
                Some(What::Listener(_)) => {
                    self.unlisten(ListenerId::new(id.slot(), id.generation()));
                }
                Some(What::Dial(_)) => self.fail_dial(id, ConnectFault::Cancelled),
                Some(What::Conn(_)) => self.shut_down_conn(id),
                _ => {}
            }
        }
    }

    fn shut_down_conn(&mut self, id: ConnId) {
        let now = self.now;
        let Some(entry) = self.touch(id) else { return };
        match &mut entry.machine {
            Some(machine) => machine.shutdown(now),
            None => entry.deadline = entry.deadline.min(now + LAST_WORDS),
        }
        self.arm(id);
    }

    /// The grace is over: what is open is closed, what is closing has little time left.
    pub(crate) fn stop_hard(&mut self) {
        let now = self.now;
        let last = now + LAST_WORDS;
        if self.stopped {
            return;
        }
        self.stopped = true;
        self.hard_stop = Instant::MAX;
        self.options.linger = self.options.linger.min(LAST_WORDS);
        for slot in self.table.slots() {
            let id = self.table.name(slot);
            let Some(entry) = self.touch(id) else {
                continue;
            };
            if let (Phase::Open, Some(machine)) = (entry.phase, &mut entry.machine) {
                machine.close(now, ErrorCode::NO_ERROR);
            }
            if entry.phase != Phase::Open {
                entry.deadline = entry.deadline.min(last);
            }
            self.arm(id);
        }
    }

    /// Whether a loop that is ending has nothing left.
    pub(crate) fn is_over(&self) -> bool {
        self.draining && self.table.live == 0 && self.news.is_empty()
    }
}
