//! Which cases are run, and what came of each.

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

/// How many outcomes have a verdict.
pub(super) fn count(all: &[Done], verdict: Verdict) -> usize {
    all.iter()
        .filter(|done| done.outcome.verdict == verdict)
        .count()
}
