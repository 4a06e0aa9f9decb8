//! The clock of a loop, and the threads of the system.

use crate::{
    host::{Host, Slot, ThreadHost},
    wire::Instant,
};
use bywash_mio::{Clock, LoopOptions};

/// How loops of this crate are made. A call stands in its loop's mailbox at most twice, so that the calls themselves are
/// the mailbox's bound; a lower one would lose rings, or stop a loop that rings itself.
pub(super) fn options() -> LoopOptions {
    let mut options = LoopOptions::default();
    options.mailbox = usize::MAX;
    options
}

/// Tells the time of a loop: deadlines made by threads and by the loop must agree.
pub(super) struct LoopHost {
    pub(super) clock: Clock,
    pub(super) threads: ThreadHost,
}

impl LoopHost {
    pub(super) fn new(clock: Clock) -> LoopHost {
        LoopHost {
            clock,
            threads: ThreadHost::new(),
        }
    }
}

impl Host for LoopHost {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn park(&self, slot: &Slot, until: Option<Instant>) {
        // The two clocks have different origins; what is left of the time is the same by both.
        let until = until.map(|until| {
            let left = until.saturating_since(self.clock.now());
            self.threads.now() + left
        });
        self.threads.park(slot, until);
    }

    fn unpark(&self, slot: &Slot) {
        self.threads.unpark(slot);
    }

    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
        self.threads.spawn(name, body)
    }
}
