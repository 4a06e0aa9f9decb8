//! One direction of a link.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::rng::Rng;

/// How what is written is cut into the pieces that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// Each write arrives as one piece.
    Whole,
    /// Pieces of so many octets; the last of a write may be shorter. 0 counts as 1.
    Fixed(usize),
    /// Pieces of these sizes in turn, over and over. Without any size, whole writes; 0 counts as 1.
    Sizes(Vec<usize>),
    /// Pieces of 1 to so many octets, by chance.
    Random(usize),
}

/// The conditions of one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipeConfig {
    /// How writes are cut.
    pub split: Split,
    /// The time from a write to its arrival in nanoseconds, drawn for each piece; a piece never overtakes another.
    pub delay: RangeInclusive<u64>,
    /// Octets that may be under way or unread; a write beyond that is short. At least 1.
    pub capacity: usize,
}

impl Default for PipeConfig {
    /// Whole writes, no delay, no limit.
    fn default() -> Self {
        Self {
            split: Split::Whole,
            delay: 0..=0,
            capacity: usize::MAX,
        }
    }
}

impl PipeConfig {
    /// Conditions drawn from chance: mostly nasty ones. Delays are below 50 ms, capacities from 1 octet to 256 KiB.
    pub fn random(rng: &mut Rng) -> Self {
        let split = match rng.range(0, 5) {
            0 => Split::Whole,
            1 => Split::Fixed(1),
            2 => Split::Fixed(rng.range(2, 16) as usize),
            3 => Split::Sizes(
                (0..rng.range(1, 6))
                    .map(|_| rng.range(1, 40) as usize)
                    .collect(),
            ),
            4 => Split::Random(rng.range(2, 64) as usize),
            _ => Split::Random(rng.range(64, 65_536) as usize),
        };
        let shortest = rng.range(0, 25_000_000);
        let delay = if rng.chance(1, 3) {
            0..=0
        } else {
            shortest..=shortest + rng.range(0, 25_000_000)
        };
        let capacity = match rng.range(0, 4) {
            0 => rng.range(1, 64) as usize,
            1 => rng.range(64, 4_096) as usize,
            2 => rng.range(4_096, 262_144) as usize,
            _ => usize::MAX,
        };
        Self {
            split,
            delay,
            capacity,
        }
    }
}

/// What a read gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many octets, at least 1.
    Octets(usize),
    /// Nothing has arrived yet.
    Pending,
    /// The writer closed its half, and all octets were read. Every further read says so again.
    Fin,
    /// The connection broke. Every further read says so again.
    Reset,
}

/// Why nothing can be written any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The writer closed its half itself.
    Finished,
    /// The connection broke.
    Reset,
}

/// A piece under way.
#[derive(Clone, Debug)]
struct Piece {
    arrives: u64,
    octets: VecDeque<u8>,
}

/// How a direction ended, and when the reader learns of it.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Open,
    Fin(u64),
    Reset(u64),
}

/// One direction: written at one end, read at the other. The caller passes the time, in nanoseconds.
#[derive(Clone, Debug)]
pub struct Pipe {
    config: PipeConfig,
    rng: Rng,
    pieces: VecDeque<Piece>,
    held: usize,
    last_arrival: u64,
    turn: usize,
    ending: Ending,
    stalled_until: u64,
    written: u64,
    read: u64,
}

impl Pipe {
    /// An empty pipe.
    pub fn new(config: PipeConfig, rng: Rng) -> Self {
        Self {
            config,
            rng,
            pieces: VecDeque::new(),
            held: 0,
            last_arrival: 0,
            turn: 0,
            ending: Ending::Open,
            stalled_until: 0,
            written: 0,
            read: 0,
        }
    }

    /// Takes octets, all or the first part of them: how many. 0 means full, unless `octets` is empty.
    ///
    /// # Errors
    /// [`WriteError`] after [`Self::finish`], [`Self::reset`] or [`Self::cut`].
    pub fn write(&mut self, now: u64, octets: &[u8]) -> Result<usize, WriteError> {
        match self.ending {
            Ending::Open => {}
            Ending::Fin(_) => return Err(WriteError::Finished),
            Ending::Reset(_) => return Err(WriteError::Reset),
        }
        let taken = octets.len().min(self.writable());
        let mut rest = &octets[..taken];
        while !rest.is_empty() {
            let size = self.next_size(rest.len());
            let (piece, tail) = rest.split_at(size);
            let arrives = self.arrival(now);
            self.pieces.push_back(Piece {
                arrives,
                octets: piece.iter().copied().collect(),
            });
            rest = tail;
        }
        self.held += taken;
        self.written += taken as u64;
        Ok(taken)
    }

    /// Reads at most one piece, or the part of it that `buffer` has room for.
    pub fn read(&mut self, now: u64, buffer: &mut [u8]) -> Read {
        if let Ending::Reset(at) = self.ending {
            return if now >= at {
                Read::Reset
            } else {
                Read::Pending
            };
        }
        if now < self.stalled_until {
            return Read::Pending;
        }
        match (self.pieces.front_mut(), self.ending) {
            (Some(piece), _) if piece.arrives <= now => {
                let count = piece.octets.len().min(buffer.len());
                for (to, from) in buffer.iter_mut().zip(piece.octets.drain(..count)) {
                    *to = from;
                }
                if piece.octets.is_empty() {
                    self.pieces.pop_front();
                }
                self.held -= count;
                self.read += count as u64;
                if count == 0 {
                    Read::Pending
                } else {
                    Read::Octets(count)
                }
            }
            (None, Ending::Fin(at)) if at <= now => Read::Fin,
            _ => Read::Pending,
        }
    }

    /// How many octets a write would take.
    pub fn writable(&self) -> usize {
        match self.ending {
            Ending::Open => self.config.capacity.max(1).saturating_sub(self.held),
            _ => 0,
        }
    }

    /// When the next octets, FIN or reset can be read; in the past if they wait already. `None` if nothing is under
    /// way, or all is stalled without an end.
    pub fn next_event_time(&self) -> Option<u64> {
        let arrives = match (self.pieces.front(), self.ending) {
            (_, Ending::Reset(at)) => return Some(at),
            (Some(piece), _) => piece.arrives,
            (None, Ending::Fin(at)) => at,
            (None, Ending::Open) => return None,
        };
        (self.stalled_until != u64::MAX).then(|| arrives.max(self.stalled_until))
    }

    /// The writer closes its half: FIN arrives behind all octets. Nothing changes if the direction has ended already.
    pub fn finish(&mut self, now: u64) {
        if matches!(self.ending, Ending::Open) {
            self.ending = Ending::Fin(self.arrival(now));
        }
    }

    /// The writer resets: what was not read is lost, and the reader learns of it after the delay of the way.
    pub fn reset(&mut self, now: u64) {
        if !matches!(self.ending, Ending::Reset(_)) {
            let at = now.saturating_add(self.delay());
            self.lose(at);
        }
    }

    /// The direction breaks: what was not read is lost, and the reader learns of it at once.
    pub fn cut(&mut self, now: u64) {
        match self.ending {
            Ending::Reset(at) if at <= now => {}
            _ => self.lose(now),
        }
    }

    /// Nothing can be read until [`Self::resume`]. Writing goes on while there is room.
    pub fn stall(&mut self) {
        self.stalled_until = u64::MAX;
    }

    /// Nothing can be read until `time`.
    pub fn stall_until(&mut self, time: u64) {
        self.stalled_until = time;
    }

    /// Ends a stall.
    pub fn resume(&mut self) {
        self.stalled_until = 0;
    }

    /// Octets written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Octets that were read so far.
    pub fn delivered(&self) -> u64 {
        self.read
    }

    fn lose(&mut self, at: u64) {
        self.pieces.clear();
        self.held = 0;
        self.ending = Ending::Reset(at);
    }

    fn delay(&mut self) -> u64 {
        self.rng
            .range(*self.config.delay.start(), *self.config.delay.end())
    }

    fn arrival(&mut self, now: u64) -> u64 {
        self.last_arrival = now.saturating_add(self.delay()).max(self.last_arrival);
        self.last_arrival
    }

    fn next_size(&mut self, left: usize) -> usize {
        let size = match &self.config.split {
            Split::Whole => left,
            Split::Fixed(size) => *size,
            Split::Sizes(sizes) if sizes.is_empty() => left,
            Split::Sizes(sizes) => {
                let size = sizes[self.turn % sizes.len()];
                self.turn += 1;
                size
            }
            Split::Random(most) => self.rng.range(1, *most as u64) as usize,
        };
        size.clamp(1, left)
    }
}
