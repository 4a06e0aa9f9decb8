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
    use alloc::vec::Vec;

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

    /// A round trip of this many octets in this many nanoseconds; the answer.
    fn sample(tuner: &mut Tuner, at: u64, octets: u32, nanos: u64) -> Option<u32> {
        tuner.on_data(1);
        assert!(tuner.take_ping(Instant::from_nanos(at)));
        tuner.on_data(octets);
        tuner.on_pong(Instant::from_nanos(at + nanos))
    }

    #[test]
    fn two_thirds_of_the_window_are_enough_and_less_is_not() {
        let mut tuner = Tuner::new(90_000, 1 << 20);
        assert_eq!(sample(&mut tuner, 0, 59_999, 1000), None);
        assert_eq!(sample(&mut tuner, 5000, 60_000, 1000), Some(120_000));
    }

    #[test]
    fn only_a_faster_path_is_a_reason_to_grow() {
        let mut tuner = Tuner::new(1000, 1 << 20);
        assert_eq!(sample(&mut tuner, 0, 1000, 1_000_000), Some(2000));
        assert_eq!(sample(&mut tuner, 0, 2000, 2_000_000), None, "as fast");
        assert_eq!(sample(&mut tuner, 0, 2000, 1_999_000), Some(4000));
        assert_eq!(sample(&mut tuner, 0, 4000, 0), Some(8000), "no time at all");
        let slower = sample(&mut tuner, 0, 8000, 4000);
        assert_eq!(slower, None, "slower than in no time");
    }

    #[test]
    fn it_only_grows() {
        let mut tuner = Tuner::new(1000, 1 << 20);
        // Two thirds of the window, doubled, is more; but half of it, doubled, would not be.
        assert_eq!(sample(&mut tuner, 0, 667, 1000), Some(1334));
        let mut full = Tuner::new(2000, 2000);
        full.on_data(2000);
        assert!(!full.wants_ping());
        assert_eq!(full.on_pong(Instant::from_nanos(1)), None, "nobody asked");
    }

    #[test]
    fn data_before_the_ping_is_no_sample() {
        let mut tuner = Tuner::new(1000, 1 << 20);
        tuner.on_data(900);
        assert!(tuner.wants_ping());
        assert!(tuner.take_ping(Instant::ZERO));
        assert!(!tuner.wants_ping());
        tuner.on_data(300);
        tuner.on_data(299);
        assert_eq!(tuner.on_pong(Instant::from_nanos(10)), None);
        tuner.on_data(1);
        assert!(tuner.take_ping(Instant::from_nanos(20)));
        tuner.on_data(300);
        tuner.on_data(367);
        assert_eq!(tuner.on_pong(Instant::from_nanos(30)), Some(1334));
    }

    /// Whatever arrives whenever: windows grow, each is news, and none passes the maximum.
    #[test]
    fn windows_grow_within_the_maximum() {
        fn law(first: u16, room: u16, rounds: Vec<(u32, u32, u16)>) -> bool {
            let max = u32::from(first) + u32::from(room);
            let mut tuner = Tuner::new(u32::from(first), max);
            let (mut window, mut now) = (u32::from(first), 0);
            for (before, octets, nanos) in rounds {
                tuner.on_data(before);
                let asks = tuner.take_ping(Instant::from_nanos(now));
                if asks != (window < max) {
                    return false;
                }
                tuner.on_data(octets);
                now += u64::from(nanos);
                match tuner.on_pong(Instant::from_nanos(now)) {
                    Some(wider) if !asks || wider <= window || wider > max => return false,
                    Some(wider) if u64::from(wider) > 2 * u64::from(octets) => return false,
                    Some(wider) => window = wider,
                    None => {}
                }
            }
            true
        }
        quickcheck::quickcheck(law as fn(_, _, _) -> bool);
    }
}
