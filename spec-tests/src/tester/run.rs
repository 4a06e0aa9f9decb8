//! Which cases are run, and what came of each.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::args::Options;
use crate::cases::{self, Case, Outcome, Session, Target, Verdict, Wire};

/// A case with its outcome.
pub(super) struct Done {
    pub(super) case: Case,
    pub(super) outcome: Outcome,
    pub(super) sent: Vec<String>,
}

/// The cases that the options name.
pub(super) fn selected(options: &Options) -> Vec<Case> {
    let named = |case: &Case| {
        options.sections.is_empty() || options.sections.iter().any(|section| case.is_in(section))
    };
    cases::all()
        .into_iter()
        .filter(|case| case.role == options.role && named(case))
        .collect()
}

/// Runs a case over a fresh connection, or says why there is none.
pub(super) fn run(case: Case, target: &Target, wire: Result<Box<dyn Wire>, String>) -> Done {
    match wire {
        Ok(wire) => {
            let mut session = Session::new(wire, target);
            let outcome = case.judge(&mut session);
            let sent = session.sent().to_vec();
            Done {
                case,
                outcome,
                sent,
            }
        }
        Err(problem) => Done {
            case,
            outcome: Outcome::skipped(problem),
            sent: Vec::new(),
        },
    }
}

/// Runs the cases that the options name, some at a time, each over a transport of its own.
///
/// # Errors
/// If a case panicked.
pub(super) fn run_all(
    options: &Options,
    target: &Target,
    wire: impl Fn() -> Result<Box<dyn Wire>, String> + Sync,
) -> Result<Vec<Done>, String> {
    let cases = selected(options);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { break };
                    let one = run(case.clone(), target, wire());
                    if let Ok(mut all) = done.lock() {
                        all.push((at, one));
                    }
                }
            });
        }
    });
    let mut all = done.into_inner().map_err(|_| "a case panicked")?;
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

/// How many outcomes have a verdict.
pub(super) fn count(all: &[Done], verdict: Verdict) -> usize {
    all.iter()
        .filter(|done| done.outcome.verdict == verdict)
        .count()
}
