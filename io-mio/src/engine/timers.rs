//! The program's own timers.

use crate::deadlines::Deadlines;
use crate::id::TimerId;
use bywash_proto::vocabulary::Instant;

#[derive(Default)]
struct Timer {
    generation: u32,
    /// The program's key, while it runs.
    key: Option<u64>,
}

/// Timers by name; one that has fired or was cancelled is gone.
#[derive(Default)]
pub(crate) struct Timers {
    slots: Vec<Timer>,
    free: Vec<u32>,
    deadlines: Deadlines,
}

impl Timers {
    pub(crate) fn set(&mut self, at: Instant, key: u64) -> TimerId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Timer::default());
            (self.slots.len() - 1) as u32
        });
        let timer = &mut self.slots[slot as usize];
        timer.key = Some(key);
        self.deadlines.set(slot, at);
        TimerId::new(slot, timer.generation)
    }

    pub(crate) fn cancel(&mut self, id: TimerId) -> bool {
        match self.slots.get(id.slot() as usize) {
            Some(timer) if timer.generation == id.generation() && timer.key.is_some() => {}
            _ => return false,
        }
        self.deadlines.clear(id.slot());
        self.give_back(id.slot());
        true
    }

    fn give_back(&mut self, slot: u32) -> Option<(TimerId, u64)> {
        let timer = self.slots.get_mut(slot as usize)?;
        let id = TimerId::new(slot, timer.generation);
        timer.generation = timer.generation.wrapping_add(1);
        let key = timer.key.take();
        self.free.push(slot);
        Some((id, key?))
    }

    /// How many run.
    pub(crate) fn running(&self) -> usize {
        self.deadlines.len()
    }

    pub(crate) fn shrink(&mut self) {
        self.deadlines.shrink();
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.deadlines.next()
    }

    /// Takes a timer whose time has come, with its key.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(TimerId, u64)> {
        let slot = self.deadlines.pop(now)?;
        self.give_back(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::Timers;
    use bywash_proto::vocabulary::Instant;

    #[test]
    fn a_stale_name_cancels_nothing() {
        let mut timers = Timers::default();
        let first = timers.set(Instant::from_nanos(5), 50);
        assert_eq!(timers.pop(Instant::from_nanos(4)), None);
        assert_eq!(timers.pop(Instant::from_nanos(5)), Some((first, 50)));
        let second = timers.set(Instant::from_nanos(9), 90);
        assert!(!timers.cancel(first));
        assert_eq!(timers.next(), Some(Instant::from_nanos(9)));
        assert!(timers.cancel(second));
        assert!(!timers.cancel(second));
        assert_eq!(timers.next(), None);
    }
}
