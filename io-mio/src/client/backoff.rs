//! How long to wait before the next try to connect.

use std::time::Duration;

/// Grows with each failure, up to a bound, and is spread so that many clients do not come at once.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
    pub(crate) failures: u32,
    random: u64,
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration, seed: u64) -> Self {
        Self {
            first,
            longest,
            next: first,
            failures: 0,
            random: seed | 1,
        }
    }

    pub(crate) fn succeeded(&mut self) {
        self.next = self.first;
        self.failures = 0;
    }

    /// One more failure: the time to wait, within a fifth of the plan.
    pub(crate) fn failed(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let planned = self.next;
        self.next = planned.mul_f64(1.6).min(self.longest);
        // xorshift: jitter needs no better.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let part = (self.random % 400) as f64 / 1000.0;
        planned.mul_f64(0.8 + part)
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;
    use std::time::Duration;

    #[test]
    fn grows_to_its_bound_and_starts_anew_after_success() {
        let second = Duration::from_secs(1);
        let mut backoff = Backoff::new(second, 10 * second, 7);
        let mut planned = 1.0_f64;
        for _ in 0..20 {
            let wait = backoff.failed().as_secs_f64();
            assert!((planned * 0.8..planned * 1.2).contains(&wait), "{wait}");
            planned = (planned * 1.6).min(10.0);
        }
        assert_eq!(backoff.failures, 20);
        backoff.succeeded();
        assert!(backoff.failed() < 2 * second);
    }
}
