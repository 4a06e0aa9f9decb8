//! The clock of a loop, and the threads of the system.

use super::{client::Loop, drive::Drive};
use crate::{
    host::{Host, Slot, ThreadHost},
    wire::Instant,
};
use bywash_mio::{Clock, LoopOptions};
use std::sync::{Arc, LazyLock};

/// Loops share pools, which hold times of all of them.
static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::new);

/// How loops of this crate are made. A call stands in its loop's mailbox at most twice, so that the calls themselves are
/// the mailbox's bound; a lower one would lose rings, or stop a loop that rings itself.
pub(super) fn options() -> LoopOptions {
    let mut options = LoopOptions::default();
    options.mailbox = usize::MAX;
    options.clock = Some(*CLOCK);
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
        slot.wake();
    }

    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
        self.threads.spawn(name, body)
    }
}

/// The same for channels: a thread that waits drives their loop meanwhile, if nobody else does.
pub(super) struct EngineHost {
    clock: Clock,
    threads: ThreadHost,
    drive: Arc<Drive<Loop>>,
}

impl EngineHost {
    pub(super) fn new(clock: Clock, drive: Arc<Drive<Loop>>) -> EngineHost {
        EngineHost {
            clock,
            threads: ThreadHost::new(),
            drive,
        }
    }
}

impl Host for EngineHost {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn park(&self, slot: &Slot, until: Option<Instant>) {
        self.drive.park(slot, &|| {
            until.map(|until| until.saturating_since(self.clock.now()))
        });
    }

    fn unpark(&self, slot: &Slot) {
        slot.wake();
    }

    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
        self.threads.spawn(name, body)
    }
}
