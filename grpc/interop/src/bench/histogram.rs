//! Latencies in buckets that grow by a hundredth, as gRPC's benchmarks count them.

use std::time::Duration;

/// By how much one bucket is wider than the one before.
const GROWTH: f64 = 1.01;

/// Nanoseconds that are told apart at most; longer ones count as these.
const MOST: f64 = 60e9;

/// Counts latencies; each is known to a hundredth.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram {
            buckets: vec![0; bucket_of(MOST) + 1],
            count: 0,
        }
    }
}

fn bucket_of(nanoseconds: f64) -> usize {
    // A float becomes the nearest integer that fits: nothing is lost below 60 s.
    (nanoseconds.clamp(1.0, MOST).ln() / GROWTH.ln()) as usize
}

impl Histogram {
    /// One latency more.
    pub fn add(&mut self, latency: Duration) {
        self.buckets[bucket_of(latency.as_nanos() as f64)] += 1;
        self.count += 1;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The latency that so many hundredths of all do not exceed; zero of none.
    pub fn percentile(&self, hundredths: f64) -> Duration {
        let wanted = (self.count as f64 * hundredths / 100.0).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return Duration::from_nanos(GROWTH.powi(bucket as i32 + 1) as u64);
            }
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_a_hundredth() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50.0), Duration::ZERO);
        for microseconds in 1..=1000 {
            histogram.add(Duration::from_micros(microseconds));
        }
        assert_eq!(histogram.count(), 1000);
        for (hundredths, microseconds) in [(50.0, 500.0), (99.0, 990.0), (100.0, 1000.0)] {
            let found = histogram.percentile(hundredths).as_nanos() as f64 / 1000.0;
            let error = (found / microseconds - 1.0).abs();
            assert!(error < 0.011, "{hundredths}: {found}");
        }
        histogram.add(Duration::ZERO);
        histogram.add(Duration::from_secs(3600));
        assert!(histogram.percentile(100.0) >= Duration::from_secs(59));
    }
}
