//! A token bucket in one number: the time at which it would be full again (GCRA).

use crate::config::Rate;
use crate::vocabulary::Instant;

/// A bucket: eight bytes, no refill work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket(u64);

const SECOND: u64 = 1_000_000_000;

/// At least 1: a rate beyond a token each nanosecond is one that is never felt.
fn nanos_per_token(rate: Rate) -> u64 {
    (SECOND / u64::from(rate.per_second.max(1))).max(1)
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
    use super::{Bucket, Instant, Rate, SECOND, nanos_per_token};
    use alloc::vec::Vec;

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

    #[test]
    fn any_rate_has_a_price() {
        for (per_second, nanos) in [
            (0, SECOND),
            (1, SECOND),
            (50, 20_000_000),
            (1_000_000_000, 1),
            (1_000_000_001, 1),
            (u32::MAX, 1),
        ] {
            let rate = Rate::new(10, per_second);
            assert_eq!(nanos_per_token(rate), nanos);
            let mut bucket = Bucket::default();
            assert_eq!(bucket.take(rate, Instant::from_nanos(7), 3), 3);
            assert_eq!(bucket.level(rate, Instant::from_nanos(7)), 3);
        }
    }

    #[test]
    fn full_is_when_the_last_token_is_back() {
        let rate = Rate::new(5, 1000);
        let mut bucket = Bucket::default();
        assert!(bucket.is_full(Instant::ZERO));
        bucket.take(rate, Instant::from_nanos(100), 2);
        for (at, full, level) in [
            (100, false, 2),
            (1_000_100, false, 1),
            (2_000_099, false, 1),
            (2_000_100, true, 0),
            (2_000_101, true, 0),
        ] {
            let at = Instant::from_nanos(at);
            assert_eq!((bucket.is_full(at), bucket.level(rate, at)), (full, level));
        }
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        let rate = Rate::new(5, 1);
        let mut bucket = Bucket::default();
        let end = Instant::from_nanos(u64::MAX);
        assert_eq!(bucket.take(rate, end, u32::MAX), 0);
        let mut bucket = Bucket::default();
        bucket.take(rate, Instant::from_nanos(u64::MAX - SECOND), u32::MAX);
        bucket.put_back(rate, u32::MAX);
        assert!(bucket.level(rate, Instant::ZERO) < u64::from(u32::MAX) * 5);
    }

    /// To the nanosecond what a bucket is that is refilled token by token: debts add up, time pays
    /// them, what is given back pays them too, and no time before or after a debt is saved up.
    #[test]
    fn the_level_is_exact() {
        fn law(per_second: u16, steps: Vec<(u8, u32, u16)>) -> bool {
            let rate = Rate::new(100, u32::from(per_second));
            let price = u128::from(SECOND / u64::from(per_second.max(1)));
            let (mut bucket, mut now, mut debt) = (Bucket::default(), 0_u64, 0_u128);
            for (what, wait, tokens) in steps {
                now += u64::from(wait);
                debt = debt.saturating_sub(u128::from(wait));
                let at = Instant::from_nanos(now);
                let tokens = tokens % 300;
                if what % 3 == 0 && !bucket.is_full(at) {
                    bucket.put_back(rate, u32::from(tokens));
                    debt = debt.saturating_sub(price * u128::from(tokens));
                } else {
                    debt += price * u128::from(tokens);
                    let gone = bucket.take(rate, at, u32::from(tokens));
                    if u128::from(gone) != debt.div_ceil(price) {
                        return false;
                    }
                }
                if u128::from(bucket.level(rate, at)) != debt.div_ceil(price)
                    || bucket.is_full(at) != (debt == 0)
                {
                    return false;
                }
            }
            true
        }
        quickcheck::quickcheck(law as fn(_, _) -> bool);
    }
}
