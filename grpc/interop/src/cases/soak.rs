//! The same call again and again.

use super::{
    payloads::{check_unary, unary},
    plan::Soak,
    setting::{Failure, Outcome, Setting, ensure},
};
use crate::pb::test_service;
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// The value that so many hundredths of the sorted ones do not exceed; zero of none.
pub fn percentile(sorted: &[Duration], hundredths: usize) -> Duration {
    let at = (sorted.len() * hundredths).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

#[derive(Default)]
struct Tally {
    taken: Vec<Duration>,
    failures: Vec<String>,
}

pub(super) fn rpc_soak(setting: &Setting) -> Outcome {
    let soak = &setting.soak;
    let until = Instant::now() + soak.overall;
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..soak.threads {
            scope.spawn(|| {
                loop {
                    let iteration = next.fetch_add(1, Ordering::Relaxed);
                    if iteration >= soak.iterations || Instant::now() >= until {
                        return;
                    }
                    let begun = Instant::now();
                    let result = once(&setting.test, soak, until);
                    let took = begun.elapsed();
                    note(&tally, iteration, took, result, soak);
                    thread::sleep(soak.pause.saturating_sub(took));
                }
            });
        }
    });
    judge(
        tally.into_inner().unwrap_or_else(PoisonError::into_inner),
        setting,
    )
}

fn once(test: &test_service::Client, soak: &Soak, until: Instant) -> Outcome {
    let request = unary(soak.request, soak.response);
    let left = until.saturating_duration_since(Instant::now());
    let reply = test.unary_call(&request).timeout(left).call()?;
    check_unary(&reply, soak.response)
}

fn note(tally: &Mutex<Tally>, iteration: u64, took: Duration, result: Outcome, soak: &Soak) {
    let failure = match result {
        Err(Failure(text)) => Some(text),
        Ok(()) if took > soak.acceptable => Some(format!("took {took:?}")),
        Ok(()) => None,
    };
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.taken.push(took);
    if let Some(text) = failure {
        eprintln!(
            "soak iteration: {iteration} elapsed_ms: {} failed: {text}",
            took.as_millis()
        );
        tally.failures.push(text);
    }
}

fn judge(mut tally: Tally, setting: &Setting) -> Outcome {
    let soak = &setting.soak;
    tally.taken.sort();
    let done = tally.taken.len() as u64;
    let failures = tally.failures.len() as u64;
    eprintln!(
        "(server_uri: {}) soak test ran: {done} / {} iterations. total_failures: {failures}. max_failures_threshold: {}. \
         median_soak_iteration_latency: {} ms. 90th_soak_iteration_latency: {} ms. 100th_soak_iteration_latency: {} ms",
        setting.target.address(),
        soak.iterations,
        soak.max_failures,
        percentile(&tally.taken, 50).as_millis(),
        percentile(&tally.taken, 90).as_millis(),
        percentile(&tally.taken, 100).as_millis(),
    );
    ensure(done == soak.iterations, || {
        format!(
            "{done} of {} iterations were done in {:?}",
            soak.iterations, soak.overall
        )
    })?;
    ensure(failures <= soak.max_failures, || {
        format!("{failures} iterations failed, {} may", soak.max_failures)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let sorted: Vec<_> = (1..=10).map(Duration::from_secs).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_secs(5));
        assert_eq!(percentile(&sorted, 90), Duration::from_secs(9));
        assert_eq!(percentile(&sorted, 100), Duration::from_secs(10));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
