//! The clock that the core does not have.

use bywash_proto::vocabulary::Instant;
use std::time;

/// Converts the machine's monotonic time to the core's [`Instant`], counted from one origin.
///
/// Copies share the origin. Loops that exchange instants must share a clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: time::Instant,
}

impl Clock {
    /// A clock whose origin is now.
    pub fn new() -> Self {
        Self {
            origin: time::Instant::now(),
        }
    }

    /// The time now.
    pub fn now(&self) -> Instant {
        self.convert(time::Instant::now())
    }

    /// A point of the standard library's clock; what lies before the origin is read as the origin.
    pub fn convert(&self, at: time::Instant) -> Instant {
        let nanos = at.saturating_duration_since(self.origin).as_nanos();
        Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use bywash_proto::vocabulary::Instant;
    use std::time::Duration;

    #[test]
    fn time_counts_from_the_origin_and_never_below_it() {
        let clock = Clock::new();
        let later = clock.origin + Duration::from_millis(3);
        assert_eq!(clock.convert(later), Instant::from_nanos(3_000_000));
        if let Some(earlier) = clock.origin.checked_sub(Duration::from_secs(1)) {
            assert_eq!(clock.convert(earlier), Instant::ZERO);
        }
    }
}
