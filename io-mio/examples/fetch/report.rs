//! The lines at the end.

use super::job::{Job, Outcome};
use bywash_mio::proto::vocabulary::Instant;
use std::fmt::Display;
use std::io::Write;

/// One line per URL: when its request went out, its head came and it was over, since the start.
/// Returns how many failed.
pub(crate) fn print(jobs: &[Job], start: Instant, now: Instant) -> usize {
    let since = |at: Option<Instant>| {
        at.map_or_else(
            || "-".to_owned(),
            |at| format!("{:.3}", at.saturating_since(start).as_secs_f64() * 1000.0),
        )
    };
    tell(format_args!(
        "{:>10} {:>10} {:>10} {:>6} {:>12}  URL (times in ms)",
        "sent", "head", "end", "status", "octets"
    ));
    for job in jobs {
        let status = job.status.map_or("-".to_owned(), |s| s.to_string());
        let mut line = format!(
            "{:>10} {:>10} {:>10} {status:>6} {:>12}  {}",
            since(job.begun),
            since(job.answered),
            since(job.ended),
            job.octets,
            job.url.text
        );
        if let Outcome::Failed(why) = &job.outcome {
            line.push_str(": failed: ");
            line.push_str(why);
        }
        tell(line);
    }
    let failed = jobs
        .iter()
        .filter(|job| !matches!(job.outcome, Outcome::Done))
        .count();
    let octets: u64 = jobs.iter().map(|job| job.octets).sum();
    tell(format_args!(
        "{} of {} URLs failed; {octets} octets in {} ms",
        failed,
        jobs.len(),
        since(Some(now))
    ));
    failed
}

/// Prints what is left of the bodies. Returns how many URLs failed: if that does, one at least.
pub(crate) fn flush(out: &mut dyn Write, failed: usize) -> usize {
    match out.flush() {
        Ok(()) => failed,
        Err(error) => {
            tell(format_args!("fetch: standard output: {error}"));
            failed.max(1)
        }
    }
}

/// A line on standard error, which nobody may be reading.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
