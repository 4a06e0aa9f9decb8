//! What must hold after every step, whatever the peer did.

use std::collections::BTreeMap;

use bywash_proto::config::Config;
use bywash_proto::connection::{Close, Queues};
use bywash_proto::error::{CloseReason, EndedBy};
use bywash_proto::vocabulary::{FrameType, Instant, StreamRef};

use super::core::Core;
use super::seen::Seen;
use super::tally::Tally;
use crate::raw::Role;

/// The largest window (RFC 9113 6.9.1).
const MAX_WINDOW: u32 = 0x7fff_ffff;

/// Watches one connection. Every check panics with what it found.
///
/// It is told of every octet that the core consumes ([`Self::received`]) and gives ([`Self::sent`]), and of every
/// event ([`Self::on_event`]): with these alone it counts what the core counts too.
#[derive(Clone, Debug)]
pub struct Guard {
    config: Config,
    role: Role,
    worst: usize,
    most_heap: usize,
    closed: Option<CloseReason>,
    eof: bool,
    ended: BTreeMap<u32, bool>,
    tally: Tally,
    requests: u64,
    violations: u64,
    holds: bool,
}

impl Guard {
    /// For a connection of this configuration, which may hold `extra` octets of heap beyond
    /// [`Config::worst_case_memory`], for what its program queues.
    pub fn new(role: Role, config: &Config, extra: usize) -> Self {
        Self {
            config: config.clone(),
            role,
            worst: config.worst_case_memory() + extra,
            most_heap: 0,
            closed: None,
            eof: false,
            ended: BTreeMap::new(),
            tally: Tally::new(role),
            requests: 0,
            violations: 0,
            holds: false,
        }
    }

    /// The program may hold streams that have ended: they count as open until it lets go.
    pub fn let_hold(&mut self) {
        self.holds = true;
    }

    /// The most heap that was seen, octets.
    pub fn most_heap(&self) -> usize {
        self.most_heap
    }

    /// Whether `Closed` came.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// The core consumed octets: to be told before the event that came of them.
    pub fn received(&mut self, octets: &[u8]) {
        if self.closed.is_some() || self.eof {
            // Nothing is read any more; the octets alone count.
            self.tally.came.octets += octets.len() as u64;
        } else {
            self.tally.received(octets);
        }
    }

    /// The transport took octets.
    ///
    /// # Panics
    /// On an answer to a PING that did not come, and on DATA beyond the connection's window.
    pub fn sent(&mut self, core: &Core, octets: &[u8]) {
        if core.stats().frames_sent.total() == 0 && core.role() == Role::Server {
            // An answer to what is no HTTP/2.
            self.tally.went.octets += octets.len() as u64;
        } else {
            self.tally.sent(octets);
        }
    }

    /// The peer has ended its side of the transport: from now on there is nothing to read.
    pub fn on_eof(&mut self) {
        self.eof = true;
    }

    /// An event came.
    ///
    /// # Panics
    /// On an event after `Closed`, and on one for a stream after its `Ended`.
    pub fn on_event(&mut self, event: &Seen) {
        assert!(!self.is_closed(), "{event:?} came after Closed");
        match event {
            Seen::Closed(reason) => self.closed = Some(*reason),
            Seen::Request { .. } => self.requests += 1,
            Seen::Ended { end, .. } if matches!(end.by, EndedBy::Violation(_)) => {
                self.violations += 1;
            }
            _ => {}
        }
        let stream = event.stream();
        if stream == 0 {
            return;
        }
        let ended = self.ended.entry(stream).or_default();
        assert!(!*ended, "{event:?} came after the stream's Ended");
        *ended = matches!(event, Seen::Ended { .. });
    }

    /// After a step.
    ///
    /// # Panics
    /// If more heap is held than promised, a queue is beyond its limit, or a counter is not what went over the wire.
    pub fn after_step(&mut self, core: &Core) {
        let heap = core.heap_bytes();
        self.most_heap = self.most_heap.max(heap);
        assert!(
            heap <= self.worst,
            "{heap} octets of heap, {} are promised",
            self.worst
        );
        self.queues(&core.queues());
        self.counters(core);
    }

    /// Every queue is within what its limit allows.
    fn queues(&self, held: &Queues) {
        let (limits, send) = (&self.config.limits, &self.config.send);
        let n = |value: u32| value as usize;
        // A block's first frame may be padded.
        let block = n(limits.block_bytes) + 300;
        let list = n(self.config.settings.max_header_list_size) + 64 * n(limits.fields);
        let heads = match self.role {
            Role::Server => n(limits.head_bytes).max(list),
            Role::Client => usize::MAX,
        };
        // One head of the program's, and what answers the rest of a read.
        let output =
            n(limits.output_bytes) + n(limits.reply_bytes) + n(send.commit_ahead) + 64 * 1024;
        let partial = block
            .max(n(limits.extension_bytes))
            .max(6 * n(limits.settings_entries));
        let most = [
            ("block_bytes", held.block_bytes, block),
            (
                "block_continuations",
                held.block_continuations,
                n(limits.block_continuations),
            ),
            ("partial_bytes", held.partial_bytes, partial),
            ("head_bytes", held.head_bytes, heads),
            ("output_bytes", held.output_bytes, output),
            (
                "shared_bytes",
                held.shared_bytes,
                n(send.commit_ahead) + n(send.frame_size),
            ),
            (
                "parked_priorities",
                held.parked_priorities,
                n(limits.parked_priorities),
            ),
            (
                "settings_in_flight",
                held.settings_in_flight,
                n(limits.settings_in_flight),
            ),
            ("pings_in_flight", held.pings_in_flight, 17),
        ];
        for (name, held, most) in most {
            assert!(held <= most, "{name}: {held}, {most} at most");
        }
    }

    /// The core's counters are what was counted from the octets; output that waits is counted already.
    fn counters(&self, core: &Core) {
        let (stats, tally) = (core.stats(), &self.tally);
        assert_eq!(stats.bytes_received, tally.came.octets, "octets received");
        assert_eq!(core.bytes_sent(), tally.went.octets, "octets sent");
        for (kind, (came, went)) in tally.came.frames.iter().zip(tally.went.frames).enumerate() {
            let kind = FrameType(kind as u8);
            assert_eq!(stats.frames_received.of(kind), *came, "{kind:?} received");
            let sent = stats.frames_sent.of(kind);
            assert!(sent >= went, "{kind:?} sent: {sent}, {went} are written");
        }
        assert_eq!(stats.streams_received, self.requests, "streams received");
        assert!(
            stats.stream_violations >= self.violations,
            "{} violations of streams, {} were told",
            stats.stream_violations,
            self.violations
        );
    }

    /// After all input was consumed, all output written and all events taken.
    ///
    /// # Panics
    /// If the core still wants to say or write something, a window is out of range, or what it says of itself is not
    /// what went over the wire.
    pub fn at_rest(&self, core: &mut Core, streams: &BTreeMap<u32, StreamRef>) {
        assert!(!core.has_events(), "events are left after draining");
        let interest = core.interest();
        assert!(!interest.write, "it wants to write but gives nothing");
        let closed = self.is_closed();
        // With all replies written there is no reason not to read, but the end.
        let reads = !closed && !self.eof;
        assert_eq!(interest.read, reads, "whether it wants to read");
        assert_eq!(interest.close != Close::No, closed, "{interest:?}");
        for (id, &stream) in streams {
            let (sends, receives) = (core.send(stream).window(), core.recv(stream).window());
            assert!(
                sends <= MAX_WINDOW && receives <= MAX_WINDOW,
                "windows of stream {id}: {sends}, {receives}"
            );
        }
        self.sent_all(core);
        let (ours, theirs) = core.open_streams();
        let (ours, theirs) = (ours as usize, theirs as usize);
        if closed {
            assert_eq!(ours, 0, "streams open after the end");
            assert!(theirs == 0 || self.holds, "{theirs} streams after the end");
        } else {
            self.lives(core, ours, theirs);
        }
    }

    /// All that was committed is written, but what went down with the transport.
    fn sent_all(&self, core: &Core) {
        if matches!(self.closed, Some(CloseReason::Transport | CloseReason::Eof)) {
            return;
        }
        for (kind, went) in self.tally.went.frames.iter().enumerate() {
            let kind = FrameType(kind as u8);
            let sent = core.stats().frames_sent.of(kind);
            assert_eq!(sent, *went, "{kind:?} sent, and written");
        }
        // Each has its RST_STREAM, but the one that was too much.
        let resets = core.stats().frames_sent.of(FrameType::RST_STREAM);
        let violations = core.stats().stream_violations;
        assert!(
            violations <= resets + u64::from(self.is_closed()),
            "{violations} violations of streams, {resets} resets"
        );
    }

    /// What an open connection at rest says of itself.
    fn lives(&self, core: &Core, ours: usize, theirs: usize) {
        let (tally, queues) = (&self.tally, core.queues());
        let open = tally.open();
        let (here, there) = match self.role {
            Role::Client => (ours, theirs),
            Role::Server => (theirs, ours),
        };
        assert_eq!(there, 0, "streams that nobody can open");
        assert!(
            here == open || (self.holds && here > open),
            "{here} streams open, {open} on the wire"
        );
        let most = match self.role {
            // An HTTP/1 preface may still come: nothing was said.
            Role::Server if tally.streams == 0 => self.config.settings.max_concurrent_streams,
            Role::Server => tally.streams,
            Role::Client => self.config.send.max_streams.min(
                tally
                    .theirs
                    .unwrap_or(0)
                    .max(self.config.send.initial_max_streams),
            ),
        };
        assert!(here <= most as usize, "{here} streams, {most} at most");
        let initial = core.stats().streams_sent;
        let opened = match self.role {
            Role::Client => tally.opened(),
            Role::Server => 0,
        };
        assert_eq!(initial, opened, "streams sent");
        assert!(tally.asked.is_empty(), "PINGs without an answer");
        assert_eq!(queues.pings_in_flight, tally.unanswered.len(), "PINGs");
        let (mine, yours) = tally.settings;
        assert_eq!(queues.settings_in_flight as i64, mine, "SETTINGS in flight");
        assert_eq!(yours, 0, "SETTINGS without an acknowledgement");
        assert_eq!(
            (queues.output_bytes, queues.shared_bytes),
            (0, 0),
            "output that waits"
        );
        let credit = tally.came.credit;
        assert!(
            (0..=i64::from(MAX_WINDOW)).contains(&credit),
            "a window of {credit}"
        );
        let (decoder, encoder) = core.hpack_sizes();
        assert!(
            decoder <= tally.table as usize,
            "the decoder's table: {decoder}"
        );
        let most = self.config.send.header_table_size as usize;
        assert!(encoder <= most, "the encoder's table: {encoder}");
        for (name, gone, burst) in core.limit_levels() {
            assert!(gone <= u64::from(burst), "{name}: {gone} of {burst}");
        }
    }

    /// After a deadline was handled at `now`.
    ///
    /// # Panics
    /// If there is another one that is not in the future.
    pub fn after_timeout(&self, core: &Core, now: Instant) {
        if let Some(next) = core.poll_timeout() {
            assert!(
                next > now,
                "handle_timeout({now:?}) left the deadline {next:?}"
            );
        }
    }
}

#[cfg(test)]
mod tests;
