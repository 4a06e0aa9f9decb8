//! A byte stream between two ends, in memory, on a virtual clock: what TCP may do, and nothing it may not.
//!
//! Octets arrive in order or not at all. They may arrive in any pieces, late, after a stall, until a cut; an end may
//! close its half, and a full link takes only part of a write. All chance comes from one seed, so every run repeats.

pub mod pipe;
pub mod rng;

pub use pipe::{Pipe, PipeConfig, Read, Split, WriteError};
pub use rng::Rng;

/// One of the two ends of a [`Link`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The first end.
    A,
    /// The second end.
    B,
}

impl End {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Two pipes and a clock in nanoseconds, which starts at 0 and moves only by [`Self::advance_to`].
#[derive(Clone, Debug)]
pub struct Link {
    now: u64,
    from_a: Pipe,
    from_b: Pipe,
}

impl Link {
    /// A link with the same conditions in both directions, each with chance of its own drawn from `seed`.
    pub fn new(config: PipeConfig, seed: u64) -> Self {
        Self::asymmetric(config.clone(), config, seed)
    }

    /// A link with conditions of its own for what A writes and for what B writes.
    pub fn asymmetric(from_a: PipeConfig, from_b: PipeConfig, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        Self {
            now: 0,
            from_a: Pipe::new(from_a, rng.fork()),
            from_b: Pipe::new(from_b, rng.fork()),
        }
    }

    /// The present time in nanoseconds.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Moves the clock. A time in the past changes nothing.
    pub fn advance_to(&mut self, time: u64) {
        self.now = self.now.max(time);
    }

    /// When the next octets, FIN or cut can be read at either end: now, if something waits already; `None` if nothing
    /// is under way, or what is waits for [`Pipe::resume`].
    pub fn next_event_time(&self) -> Option<u64> {
        let times = [self.from_a.next_event_time(), self.from_b.next_event_time()];
        times
            .into_iter()
            .flatten()
            .min()
            .map(|time| time.max(self.now))
    }

    /// Writes at one end: how many of the octets were taken, 0 if the link is full.
    ///
    /// # Errors
    /// [`WriteError`] once this end closed its half, or the link was cut.
    pub fn write(&mut self, end: End, octets: &[u8]) -> Result<usize, WriteError> {
        let now = self.now;
        self.outgoing(end).write(now, octets)
    }

    /// Reads at one end into `buffer`: at most one piece.
    pub fn read(&mut self, end: End, buffer: &mut [u8]) -> Read {
        let now = self.now;
        self.outgoing(end.other()).read(now, buffer)
    }

    /// How many octets a write at this end would take now.
    pub fn writable(&self, end: End) -> usize {
        match end {
            End::A => self.from_a.writable(),
            End::B => self.from_b.writable(),
        }
    }

    /// One end closes its half: the other reads FIN after all octets.
    pub fn finish(&mut self, end: End) {
        let now = self.now;
        self.outgoing(end).finish(now);
    }

    /// The link breaks: what was not read is lost, writes fail, and both ends read a reset.
    pub fn cut(&mut self) {
        self.from_a.cut(self.now);
        self.from_b.cut(self.now);
    }

    /// One end resets: it is gone at once, and the other end reads the reset after the delay of the way.
    pub fn reset(&mut self, end: End) {
        let now = self.now;
        self.outgoing(end).reset(now);
        self.outgoing(end.other()).cut(now);
    }

    /// The pipe that this end writes to, for stalls and counts.
    pub fn outgoing(&mut self, end: End) -> &mut Pipe {
        match end {
            End::A => &mut self.from_a,
            End::B => &mut self.from_b,
        }
    }
}

#[cfg(test)]
mod tests;
