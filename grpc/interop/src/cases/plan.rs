//! What a soak test is to do.

use crate::flags::{Flags, Usage};
use std::time::Duration;

/// What a soak test does and what it lets pass.
#[derive(Clone, Debug)]
pub struct Soak {
    pub(super) iterations: u64,
    pub(super) max_failures: u64,
    pub(super) acceptable: Duration,
    pub(super) overall: Duration,
    pub(super) pause: Duration,
    pub(super) request: usize,
    pub(super) response: usize,
    pub(super) threads: usize,
}

impl Soak {
    /// Reads the flags `soak_*`.
    ///
    /// # Errors
    /// A number that is none.
    pub fn of(flags: &Flags) -> Result<Soak, Usage> {
        let milliseconds = |name| flags.number(name).map(Duration::from_millis);
        let threads: usize = flags.number("soak_num_threads")?;
        Ok(Soak {
            iterations: flags.number("soak_iterations")?,
            max_failures: flags.number("soak_max_failures")?,
            acceptable: milliseconds("soak_per_iteration_max_acceptable_latency_ms")?,
            overall: flags
                .number("soak_overall_timeout_seconds")
                .map(Duration::from_secs)?,
            pause: milliseconds("soak_min_time_ms_between_rpcs")?,
            request: flags.number("soak_request_size")?,
            response: flags.number("soak_response_size")?,
            threads: threads.max(1),
        })
    }
}
