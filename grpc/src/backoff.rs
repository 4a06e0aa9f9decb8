//! How long to wait between attempts to connect (gRPC `doc/connection-backoff.md`).

use std::{fmt, time::Duration};

/// Exponential back-off with jitter. `Default` is gRPC's: 1 s, times 1.6, plus or minus 20 %, at most 120 s.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Backoff {
    base: Duration,
    multiplier: f64,
    jitter: f64,
    max: Duration,
}

/// A back-off that would not back off: the multiplier is below 1 or no number, the jitter is outside 0..=1, the base is
/// zero, or the maximum is less than the base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidBackoff;

impl fmt::Display for InvalidBackoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "back-off needs 0 < base <= max, a multiplier of at least 1 and a jitter in 0..=1",
        )
    }
}

impl std::error::Error for InvalidBackoff {}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff {
            base: Duration::from_secs(1),
            multiplier: 1.6,
            jitter: 0.2,
            max: Duration::from_secs(120),
        }
    }
}

impl Backoff {
    /// A back-off of `base` after the first failure, `multiplier` times as long after every further one, at most `max`,
    /// each but the first moved at random by up to the part `jitter` of itself, either way.
    ///
    /// # Errors
    /// See [`InvalidBackoff`].
    pub fn new(
        base: Duration,
        multiplier: f64,
        jitter: f64,
        max: Duration,
    ) -> Result<Backoff, InvalidBackoff> {
        let finite = multiplier.is_finite() && multiplier >= 1.0;
        if !finite || !(0.0..=1.0).contains(&jitter) || base.is_zero() || max < base {
            return Err(InvalidBackoff);
        }
        Ok(Backoff {
            base,
            multiplier,
            jitter,
            max,
        })
    }

    /// How long to wait after `retries` + 1 failures in a row. `random` may be any number; all should be as likely.
    ///
    /// Exactly the base for 0 `retries`. Otherwise at most the maximum and its jitter.
    pub fn delay(&self, retries: u32, random: u64) -> Duration {
        if retries == 0 {
            return self.base;
        }
        let exponent = i32::try_from(retries).unwrap_or(i32::MAX);
        let max = self.max.as_secs_f64();
        let plain = (self.base.as_secs_f64() * self.multiplier.powi(exponent)).min(max);
        // The upper 53 bits are what f64 holds: 0.0 <= unit < 1.0.
        let unit = (random >> 11) as f64 / (1_u64 << 53) as f64;
        let moved = plain * (1.0 + self.jitter * (2.0 * unit - 1.0));
        Duration::try_from_secs_f64(moved).unwrap_or(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    const MIDDLE: u64 = 1 << 63;

    #[test]
    fn grpcs_numbers() {
        let backoff = Backoff::default();
        let seconds = |retries| backoff.delay(retries, MIDDLE).as_secs_f64();
        let expected = [1.0, 1.6, 2.56, 4.096, 6.5536];
        for (retries, expected) in (0..).zip(expected) {
            assert!(
                (seconds(retries) - expected).abs() < 1e-6,
                "{retries} retries: {} s",
                seconds(retries)
            );
        }
        assert_eq!(backoff.delay(11, MIDDLE), Duration::from_secs(120));
        assert_eq!(backoff.delay(u32::MAX, MIDDLE), Duration::from_secs(120));
        // No jitter at first, 20 % either way later.
        assert_eq!(backoff.delay(0, 0), Duration::from_secs(1));
        assert_eq!(backoff.delay(100, 0), Duration::from_secs(96));
        assert!((backoff.delay(100, u64::MAX).as_secs_f64() - 144.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_back_off() {
        let second = Duration::from_secs(1);
        let cases = [
            (Duration::ZERO, 1.6, 0.2, second),
            (second, 0.9, 0.2, second),
            (second, f64::NAN, 0.2, second),
            (second, f64::INFINITY, 0.2, second),
            (second, 1.6, -0.1, second),
            (second, 1.6, 1.1, second),
            (second, 1.6, f64::NAN, second),
            (second * 2, 1.6, 0.2, second),
        ];
        for (base, multiplier, jitter, max) in cases {
            assert_eq!(
                Backoff::new(base, multiplier, jitter, max),
                Err(InvalidBackoff)
            );
        }
        let d = Backoff::default();
        assert_eq!(Backoff::new(d.base, d.multiplier, d.jitter, d.max), Ok(d));
        let longest = Backoff::new(Duration::MAX, 1.0, 1.0, Duration::MAX).unwrap();
        assert_eq!(longest.delay(1, u64::MAX), Duration::MAX);
    }

    quickcheck! {
        fn grows_and_stays_in_its_bounds(retries: u32, random: u64) -> bool {
            let backoff = Backoff::default();
            let delay = backoff.delay(retries, random);
            let longest = Duration::from_secs(144) + Duration::from_nanos(1);
            delay >= Duration::from_secs(1) && delay <= longest
                && backoff.delay(retries.saturating_add(1), MIDDLE) >= backoff.delay(retries, MIDDLE)
        }
    }
}
