//! All deadlines of a connection in one small table.

use crate::vocabulary::Instant;

/// A deadline's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    Block,
    Drain,
    Idle,
    Keepalive,
    KeepaliveAnswer,
    MaxAge,
    Preface,
    Progress,
    SettingsAck,
    ShutdownRoundTrip,
}

const COUNT: usize = 10;

const ALL: [Timer; COUNT] = [
    Timer::Block,
    Timer::Drain,
    Timer::Idle,
    Timer::Keepalive,
    Timer::KeepaliveAnswer,
    Timer::MaxAge,
    Timer::Preface,
    Timer::Progress,
    Timer::SettingsAck,
    Timer::ShutdownRoundTrip,
];

/// The table.
#[derive(Debug)]
pub(crate) struct TimerTable([Instant; COUNT]);

impl TimerTable {
    pub(crate) const fn new() -> Self {
        Self([Instant::MAX; COUNT])
    }

    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = at;
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = Instant::MAX;
    }

    pub(crate) fn stop_all(&mut self) {
        *self = Self::new();
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize] != Instant::MAX
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0
            .iter()
            .copied()
            .min()
            .filter(|&at| at != Instant::MAX)
    }

    /// Takes one deadline that has passed.
    pub(crate) fn take_passed(&mut self, now: Instant) -> Option<Timer> {
        let timer = ALL
            .into_iter()
            .find(|&timer| self.0[timer as usize] <= now && self.is_set(timer))?;
        self.stop(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Instant, Timer, TimerTable};

    #[test]
    fn each_deadline_has_its_place() {
        for (n, timer) in ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, n);
        }
    }

    #[test]
    fn passed_once() {
        let mut table = TimerTable::new();
        assert_eq!(table.next(), None);
        table.set(Timer::Idle, Instant::from_nanos(9));
        table.set(Timer::Preface, Instant::from_nanos(5));
        assert_eq!(table.next(), Some(Instant::from_nanos(5)));
        assert_eq!(table.take_passed(Instant::from_nanos(4)), None);
        assert_eq!(
            table.take_passed(Instant::from_nanos(5)),
            Some(Timer::Preface)
        );
        assert_eq!(table.take_passed(Instant::from_nanos(5)), None);
    }
}
