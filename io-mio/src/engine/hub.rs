//! All that a loop owns. The files beside it say what is done with it.

use super::entry::{Bits, Entry};
use super::group::Group;
use super::letter::Letter;
use super::resolver::Resolver;
use super::table::{Table, What};
use super::timers::Timers;
use crate::clock::Clock;
use crate::deadlines::Deadlines;
use crate::error::{ConnectError, End, Notice};
use crate::id::{ConnId, ListenerId};
use crate::mailbox::{Bell, Mailbox};
use crate::options::LoopOptions;
use bywash_proto::vocabulary::Instant;
use mio::{Registry, Token};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The slot of the waker; its deadline is the sweep's.
pub(crate) const WAKER: u32 = 0;

/// What the program has yet to hear.
pub(crate) enum News {
    Opened(ConnId),
    ConnectFailed(ConnId, ConnectError),
    Closed(ConnId, End, u64),
    Notice(Notice),
}

pub(crate) struct Hub {
    pub(crate) table: Table,
    /// Connections that may make progress.
    pub(crate) ready: VecDeque<ConnId>,
    /// Listeners that may have something to accept.
    pub(crate) knocking: Vec<ListenerId>,
    pub(crate) news: VecDeque<News>,
    /// By slot.
    pub(crate) deadlines: Deadlines,
    pub(crate) timers: Timers,
    /// Connections that were active lately and have not been trimmed since.
    pub(crate) warm: Vec<ConnId>,
    /// Where in `warm` a quiet one was last looked for.
    pub(crate) hand: usize,
    pub(crate) registry: Registry,
    pub(crate) first_token: usize,
    pub(crate) clock: Clock,
    pub(crate) now: Instant,
    pub(crate) options: LoopOptions,
    pub(crate) bell: Arc<Bell>,
    pub(crate) letters: Arc<Mailbox<Letter>>,
    pub(crate) resolver: Resolver,
    pub(crate) group: Group,
    pub(crate) load: Arc<AtomicUsize>,
    /// Tells the group that the loop is ending.
    pub(crate) leaving: Arc<AtomicBool>,
    /// Whether the loop is ending.
    pub(crate) draining: bool,
    /// When patience with what is open ends. `MAX` for never, or for past.
    pub(crate) hard_stop: Instant,
    pub(crate) stopped: bool,
    /// Connections that never got a slot.
    pub(crate) lost: u32,
    /// Accepted and closed at once, for a bound was reached.
    pub(crate) refused: u64,
}

impl Hub {
    pub(crate) fn token(&self, slot: u32) -> Token {
        Token(self.first_token + slot as usize)
    }

    #[inline]
    pub(crate) fn conn(&mut self, id: ConnId) -> Option<&mut Entry> {
        self.table.conn(id)
    }

    /// The connection with this name, which will be looked at before the next poll.
    #[inline]
    pub(crate) fn touch(&mut self, id: ConnId) -> Option<&mut Entry> {
        let entry = self.table.conn(id)?;
        if !entry.bits.has(Bits::QUEUED) {
            entry.bits.set(Bits::QUEUED);
            self.ready.push_back(id);
        }
        Some(entry)
    }

    /// Puts the earliest of a connection's deadlines into the heap. A deadline that moved away stays
    /// where it is: it fires early, finds nothing due, and is set anew. So the usual turn, which
    /// only moves deadlines away, leaves the heap alone.
    #[inline]
    pub(crate) fn arm(&mut self, id: ConnId) {
        let Some(entry) = self.table.conn(id) else {
            return;
        };
        let machine = entry.machine.as_ref().and_then(|m| m.poll_timeout());
        let wanted = machine.unwrap_or(Instant::MAX).min(entry.deadline);
        if wanted < entry.armed {
            entry.armed = wanted;
            self.deadlines.set(id.slot(), wanted);
        }
    }

    /// Closes a connection's socket and tells the program, if the program knew of it.
    pub(crate) fn destroy(&mut self, id: ConnId) {
        if self.table.conn(id).is_none() {
            return;
        }
        self.deadlines.clear(id.slot());
        let What::Conn(mut entry) = self.table.remove(id.slot()) else {
            return;
        };
        // Closing the socket deregisters it on most systems, not on all.
        let _ = entry.socket.deregister(&self.registry);
        self.load.fetch_sub(1, Ordering::Relaxed);
        if self.warm.is_empty() {
            // Nobody else asks for a sweep, and this may be the last of a crowd.
            let at = self.now + self.options.trim_after;
            self.deadlines.set(WAKER, at);
        }
        if entry.machine.is_some() {
            let rare = entry.take_rare();
            let end = End {
                reason: rare
                    .reason
                    .unwrap_or(bywash_proto::error::CloseReason::Transport),
                transport: rare.transport.map(|error| *error),
            };
            self.news.push_back(News::Closed(id, end, entry.tag));
        }
    }

    /// When the loop must act although nothing is ready.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let stop = (self.hard_stop != Instant::MAX).then_some(self.hard_stop);
        [self.deadlines.next(), self.timers.next(), stop]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether something can progress without an event of the system.
    pub(crate) fn is_busy(&self) -> bool {
        !self.ready.is_empty() || !self.knocking.is_empty() || !self.news.is_empty()
    }
}
