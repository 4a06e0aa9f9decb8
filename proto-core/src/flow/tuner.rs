//! BDP tuning: windows that grow with the bandwidth-delay product of the path.
//!
//! A PING goes out with the first DATA after the last sample; what arrives until its answer is the
//! sample. PINGs follow new DATA only: peers count others as strikes.

use crate::vocabulary::Instant;

/// The estimator of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuner {
    /// Present window, octets.
    window: u32,
    max: u32,
    sample: u64,
    sent: Option<Instant>,
    wanted: bool,
    best_bandwidth: u64,
}

impl Tuner {
    pub(crate) const fn new(window: u32, max: u32) -> Self {
        Self {
            window,
            max,
            sample: 0,
            sent: None,
            wanted: false,
            best_bandwidth: 0,
        }
    }

    /// DATA arrived.
    #[inline]
    pub(crate) fn on_data(&mut self, octets: u32) {
        if self.sent.is_some() {
            self.sample += u64::from(octets);
        } else {
            self.wanted = self.window < self.max;
        }
    }

    /// Whether a PING should go out now.
    pub(crate) const fn wants_ping(&self) -> bool {
        self.wanted && self.sent.is_none()
    }

    /// The same; from then on the sample runs.
    pub(crate) fn take_ping(&mut self, now: Instant) -> bool {
        if !self.wants_ping() {
            return false;
        }
        self.wanted = false;
        self.sent = Some(now);
        self.sample = 0;
        true
    }

    /// The answer came: the new window, if it grows.
    pub(crate) fn on_pong(&mut self, now: Instant) -> Option<u32> {
        let sent = self.sent.take()?;
        let nanos = u64::try_from(now.saturating_since(sent).as_nanos())
            .unwrap_or(u64::MAX)
            .max(1);
        let bandwidth = self.sample.saturating_mul(1_000_000_000) / nanos;
        // Two thirds of the window in one round trip, faster than ever: the window is the brake.
        if self.sample * 3 < u64::from(self.window) * 2 || bandwidth <= self.best_bandwidth {
            return None;
        }
        self.best_bandwidth = bandwidth;
        let window = u32::try_from((self.sample * 2).min(u64::from(self.max))).unwrap_or(self.max);
        (window > self.window).then(|| {
            self.window = window;
            window
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Instant, Tuner};

    #[test]
    fn grows_while_the_window_is_the_brake() {
        let mut tuner = Tuner::new(65_535, 1 << 20);
        tuner.on_data(100);
        assert!(tuner.take_ping(Instant::from_nanos(0)));
        assert!(!tuner.take_ping(Instant::from_nanos(0)), "one at a time");
        tuner.on_data(65_535);
        assert_eq!(tuner.on_pong(Instant::from_nanos(1_000_000)), Some(131_070));
        assert!(
            !tuner.take_ping(Instant::from_nanos(2_000_000)),
            "only after new DATA"
        );
        tuner.on_data(1);
        assert!(tuner.take_ping(Instant::from_nanos(2_000_000)));
        tuner.on_data(1000);
        assert_eq!(
            tuner.on_pong(Instant::from_nanos(3_000_000)),
            None,
            "far below the window"
        );
    }

    #[test]
    fn never_beyond_the_maximum() {
        let mut tuner = Tuner::new(65_535, 70_000);
        tuner.on_data(1);
        assert!(tuner.take_ping(Instant::ZERO));
        tuner.on_data(65_535);
        assert_eq!(tuner.on_pong(Instant::from_nanos(10)), Some(70_000));
        tuner.on_data(1);
        assert!(
            !tuner.take_ping(Instant::from_nanos(20)),
            "nothing left to gain"
        );
    }
}
