//! What can be set about a loop.

use crate::clock::Clock;
use std::time::Duration;

/// Sizes and times of a loop. Sizes of 0 are read as 1: with nothing at all a loop would turn for ever.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoopOptions {
    /// Octets of the read buffer, of which a loop has one. Default 64 KiB; at least 4 KiB.
    pub read_buffer: usize,
    /// Events of one connection after which others come first. Default 64.
    pub events_per_turn: u32,
    /// Octets of one connection, each way, after which others come first. Default 256 KiB.
    pub bytes_per_turn: usize,
    /// How long a closed connection lingers: our side is shut, what comes is read and discarded, so
    /// that the peer gets our last octets. Default 1 s. Before that, what is left of a connection that
    /// ended in good order has the time that all output has (the configuration's `progress`, else
    /// 60 s) to be written, what is left of any other has this time.
    pub linger: Duration,
    /// Octets that a lingering connection reads at most. Default 1 MiB.
    pub linger_bytes: u64,
    /// Quiet time after which a connection gives its scratch memory back. Default 1 s.
    pub trim_after: Duration,
    /// Connections that keep scratch memory until then, at most: about 5 KiB each. Beyond them the
    /// quietest give it back at once; where a quarter of them keep it, new connections do, for their
    /// first turns. Default 128.
    pub warm_connections: usize,
    /// Messages that wait for the loop at most. Default 65 536.
    pub mailbox: usize,
    /// Ready events taken from the system at once. Default 1 024.
    pub poll_events: usize,
    /// Connections, listeners and attempts to connect at once, at most. What is accepted beyond them
    /// is closed at once ([`Notice::NoRoom`](crate::error::Notice::NoRoom),
    /// [`Cx::refused`](crate::Cx::refused)); to leave it to the kernel's queue, bound the listener
    /// ([`Listen::max_connections`](crate::Listen::max_connections)). Default 1 048 576.
    pub max_sockets: u32,
    /// Connections taken from a listener before others get their turn. Default 64.
    pub accepts_per_turn: u32,
    /// The clock whose time the loop tells. Loops that exchange instants must share one. Default
    /// `None`: one of its own, whose origin is the loop's making.
    pub clock: Option<Clock>,
}

impl LoopOptions {
    /// The same with sizes that let something happen.
    pub(crate) fn at_least_one(mut self) -> Self {
        self.events_per_turn = self.events_per_turn.max(1);
        self.bytes_per_turn = self.bytes_per_turn.max(1);
        self.mailbox = self.mailbox.max(1);
        self.poll_events = self.poll_events.max(1);
        self.accepts_per_turn = self.accepts_per_turn.max(1);
        self
    }
}

impl Default for LoopOptions {
    fn default() -> Self {
        Self {
            read_buffer: 64 * 1024,
            events_per_turn: 64,
            bytes_per_turn: 256 * 1024,
            linger: Duration::from_secs(1),
            linger_bytes: 1024 * 1024,
            trim_after: Duration::from_secs(1),
            warm_connections: 128,
            mailbox: 65_536,
            poll_events: 1024,
            max_sockets: 1 << 20,
            accepts_per_turn: 64,
            clock: None,
        }
    }
}
