//! A token bucket in one number: the time at which it would be full again (GCRA).

use crate::config::Rate;
use crate::vocabulary::Instant;

/// A bucket: eight bytes, no refill work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket(u64);

const SECOND: u64 = 1_000_000_000;

fn nanos_per_token(rate: Rate) -> u64 {
    SECOND / u64::from(rate.per_second.max(1))
}

impl Bucket {
    /// Takes tokens out and tells how many are gone now, of `rate.burst`; may exceed it.
    #[inline]
    pub(crate) fn take(&mut self, rate: Rate, now: Instant, tokens: u32) -> u64 {
        let per_token = nanos_per_token(rate);
        let now = now.as_nanos();
        self.0 = self
            .0
            .max(now)
            .saturating_add(per_token.saturating_mul(u64::from(tokens)));
        (self.0 - now).div_ceil(per_token)
    }

    /// Whether no token is gone.
    #[inline]
    pub(crate) const fn is_full(self, now: Instant) -> bool {
        self.0 <= now.as_nanos()
    }

    /// Puts tokens back, at most what was taken.
    #[inline]
    pub(crate) fn put_back(&mut self, rate: Rate, tokens: u32) {
        self.0 = self
            .0
            .saturating_sub(nanos_per_token(rate).saturating_mul(u64::from(tokens)));
    }

    /// Tokens gone at `now`.
    pub(crate) fn level(self, rate: Rate, now: Instant) -> u64 {
        self.0
            .saturating_sub(now.as_nanos())
            .div_ceil(nanos_per_token(rate))
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Instant, Rate};

    #[test]
    fn burst_then_rate() {
        let rate = Rate::new(10, 2);
        let mut bucket = Bucket::default();
        let at = |ms: u64| Instant::from_nanos(ms * 1_000_000);
        assert_eq!(bucket.take(rate, at(1000), 10), 10);
        assert_eq!(bucket.take(rate, at(1000), 1), 11);
        assert_eq!(bucket.level(rate, at(1500)), 10);
        assert_eq!(bucket.level(rate, at(9000)), 0);
        bucket.put_back(rate, 11);
        assert_eq!(bucket.level(rate, at(1000)), 0);
    }

    #[test]
    fn never_more_than_burst_plus_rate() {
        fn law(steps: Vec<(u16, u8)>) -> bool {
            let rate = Rate::new(50, 10);
            let (mut bucket, mut now, mut granted) = (Bucket::default(), 0_u64, 0_u64);
            for (wait, tokens) in steps {
                now += u64::from(wait) * 1_000_000;
                if bucket.take(rate, Instant::from_nanos(now), u32::from(tokens)) <= 50 {
                    granted += u64::from(tokens);
                } else {
                    bucket.put_back(rate, u32::from(tokens));
                }
            }
            granted <= 50 + now / 100_000_000 + 1
        }
        quickcheck::quickcheck(law as fn(_) -> bool);
    }
    use alloc::vec::Vec;
}
