//! What must hold after every step, whatever the peer did.

use std::collections::BTreeMap;

use bywash_proto::connection::Close;
use bywash_proto::vocabulary::{Instant, StreamRef};

use super::core::Core;
use super::seen::Seen;

/// The largest window (RFC 9113 6.9.1).
const MAX_WINDOW: u32 = 0x7fff_ffff;

/// Watches one connection. Every check panics with what it found.
#[derive(Clone, Debug)]
pub struct Guard {
    worst: usize,
    most_heap: usize,
    closed: bool,
    ended: BTreeMap<u32, bool>,
}

impl Guard {
    /// For a connection whose configuration promises to hold at most `worst` octets of heap.
    pub fn new(worst: usize) -> Self {
        Self {
            worst,
            most_heap: 0,
            closed: false,
            ended: BTreeMap::new(),
        }
    }

    /// The most heap that was seen, octets.
    pub fn most_heap(&self) -> usize {
        self.most_heap
    }

    /// Whether `Closed` came.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// An event came.
    ///
    /// # Panics
    /// On an event after `Closed`, and on one for a stream after its `Ended`.
    pub fn on_event(&mut self, event: &Seen) {
        assert!(!self.closed, "{event:?} came after Closed");
        self.closed = matches!(event, Seen::Closed(_));
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
    /// If more heap is held than promised.
    pub fn after_step(&mut self, core: &Core) {
        let heap = core.heap_bytes();
        self.most_heap = self.most_heap.max(heap);
        assert!(
            heap <= self.worst,
            "{heap} octets of heap, {} are promised",
            self.worst
        );
    }

    /// After all input was consumed, all output written and all events taken.
    ///
    /// # Panics
    /// If the core still wants to say or write something, or a window is out of range.
    pub fn at_rest(&self, core: &mut Core, streams: &BTreeMap<u32, StreamRef>) {
        assert!(!core.has_events(), "events are left after draining");
        let interest = core.interest();
        assert!(!interest.write, "it wants to write but gives nothing");
        // With all replies written there is no reason not to read, but the end.
        assert_eq!(interest.read, !self.closed, "whether it wants to read");
        assert_eq!(interest.close != Close::No, self.closed, "{interest:?}");
        for (id, &stream) in streams {
            let (sends, receives) = (core.send(stream).window(), core.recv(stream).window());
            assert!(
                sends <= MAX_WINDOW && receives <= MAX_WINDOW,
                "windows of stream {id}: {sends}, {receives}"
            );
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
