//! A run: loops are started, measured and stopped.

use super::{
    histogram::Histogram,
    loops::{self, One},
    tally::Tally,
    threads,
};
use crate::{
    connect::Target,
    flags::{Flags, Usage},
    pb::{SimpleRequest, benchmark_service::Client},
    service::zeros,
};
use bywash_grpc::status::Status;
use std::{
    fmt,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

/// How long loops may take to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Connections.
    pub channels: usize,
    /// Calls at once on each.
    pub calls: usize,
    /// Before it is measured.
    pub warm_up: Duration,
    /// While it is measured.
    pub duration: Duration,
    /// Octets of a request's payload.
    pub request: usize,
    /// Octets of a response's payload.
    pub response: i32,
    /// Messages in lock step on streams, not unary calls.
    pub streaming: bool,
    /// A thread for each call at once, not callbacks.
    pub blocking: bool,
}

impl Plan {
    /// Reads the flags of [`CLIENT`](super::CLIENT).
    ///
    /// # Errors
    /// A number that is none; a type of call that is neither `unary` nor `streaming`.
    pub fn of(flags: &Flags) -> Result<Plan, Usage> {
        let streaming = match flags.text("rpc_type") {
            "unary" => false,
            "streaming" => true,
            other => {
                return Err(Usage(format!(
                    "--rpc_type is unary or streaming, not {other:?}"
                )));
            }
        };
        Ok(Plan {
            channels: flags.number("r")?,
            calls: flags.number("c")?,
            warm_up: flags.number("w").map(Duration::from_secs)?,
            duration: flags.number("d").map(Duration::from_secs)?,
            request: flags.number("req")?,
            response: flags.number("resp")?,
            streaming,
            blocking: flags.is_on("blocking"),
        })
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The time that was measured.
    pub time: Duration,
    /// The latencies of the exchanges that ended in it.
    pub latency: Histogram,
    /// Loops that ended by a failure, before it and in it.
    pub failures: Vec<Status>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.latency.count();
        let rate = count as f64 / self.time.as_secs_f64();
        writeln!(
            f,
            "qps: {rate:.1} ({count} in {:.1} s)",
            self.time.as_secs_f64()
        )?;
        f.write_str("Latency: (50/90/99/99.9 %ile): ")?;
        for (at, hundredths) in [50.0, 90.0, 99.0, 99.9].into_iter().enumerate() {
            let between = if at == 0 { "" } else { "/" };
            write!(f, "{between}{:?}", self.latency.percentile(hundredths))?;
        }
        if let Some(first) = self.failures.first() {
            write!(
                f,
                "\nfailed: {} loops, the first by {first}",
                self.failures.len()
            )?;
        }
        Ok(())
    }
}

/// Runs a plan.
///
/// # Errors
/// The target is none, or calls do not end.
pub fn run(plan: &Plan, target: &Target) -> Result<Report, Usage> {
    let tally = Arc::new(Tally::default());
    let request = Arc::new(SimpleRequest {
        response_size: plan.response,
        payload: Some(zeros(plan.request)),
        ..SimpleRequest::default()
    });
    let (ends, ended) = mpsc::channel();
    // A channel that nobody has is closed, with the calls on it.
    let mut channels = Vec::new();
    for _ in 0..plan.channels {
        let channel = target.channel()?;
        let client = Client::new(&channel);
        channels.push(channel);
        for _ in 0..plan.calls {
            let one = One {
                tally: Arc::clone(&tally),
                request: Arc::clone(&request),
                _ends: ends.clone(),
            };
            match (plan.blocking, plan.streaming) {
                (true, streaming) => threads::start(one, client.clone(), streaming),
                (false, true) => loops::streaming(one, &client),
                (false, false) => loops::unary(one, client.clone()),
            }
        }
    }
    drop(ends);
    thread::sleep(plan.warm_up);
    let begun = Instant::now();
    tally.measure();
    thread::sleep(plan.duration);
    tally.stop();
    let time = begun.elapsed();
    match ended.recv_timeout(FAREWELL) {
        // No loop says anything: they all have gone.
        Err(RecvTimeoutError::Disconnected) | Ok(()) => {}
        Err(RecvTimeoutError::Timeout) => {
            return Err(Usage(format!("calls do not end within {FAREWELL:?}")));
        }
    }
    drop(channels);
    let counts = tally.counts();
    Ok(Report {
        time,
        latency: counts.latency,
        failures: counts.failures,
    })
}
