//! A case, and the book that they are collected in.

use std::sync::Arc;

use super::outcome::{Outcome, Ran, Verdict};
use super::session::Session;
use crate::raw::Role;

/// How binding a demand is (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// MUST, REQUIRED.
    Must,
    /// MUST NOT.
    MustNot,
    /// SHOULD, SHOULD NOT: not following it is a permitted outcome.
    Should,
}

impl Level {
    /// The words of RFC 2119.
    pub fn word(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
        }
    }
}

/// Who is held to a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Servers.
    Server,
    /// Clients.
    Client,
    /// Either.
    Both,
}

/// The script of a case.
pub type Run = Arc<dyn Fn(&mut Session<'_>) -> Ran + Send + Sync>;

/// One demand, put to one role.
#[derive(Clone)]
pub struct Case {
    /// `rfc9113/6.9.1/overflow-stream`; unique together with the role.
    pub id: String,
    /// The section: `6.9.1`.
    pub section: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What is demanded, in a sentence.
    pub clause: String,
    /// Who is under test.
    pub role: Role,
    /// The script.
    pub run: Run,
}

impl Case {
    /// Runs it on a fresh session. A SHOULD that is not followed is permitted, with a remark.
    pub fn judge(&self, session: &mut Session<'_>) -> Outcome {
        let mut outcome = (self.run)(session).unwrap_or_else(|stopped| stopped);
        if self.level == Level::Should && outcome.verdict == Verdict::Violation {
            outcome.verdict = Verdict::Permitted;
            outcome.came.push_str(" (a SHOULD)");
        }
        outcome
    }

    /// Whether a section given by a user names it: `6`, `6.9`, `rfc9113/6.9` or a whole id.
    pub fn is_in(&self, section: &str) -> bool {
        let below = |whole: &str, part: &str| {
            whole
                .strip_prefix(part)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
        };
        below(self.section, section) || below(&self.id, section)
    }
}

/// Collects cases.
#[derive(Default)]
pub(super) struct Book {
    cases: Vec<Case>,
}

impl Book {
    /// What was collected.
    pub(super) fn cases(self) -> Vec<Case> {
        self.cases
    }

    pub(super) fn section(&mut self, rfc: &'static str, section: &'static str) -> Chapter<'_> {
        Chapter {
            book: self,
            rfc,
            section,
        }
    }
}

/// The cases of a section.
pub(super) struct Chapter<'b> {
    book: &'b mut Book,
    rfc: &'static str,
    section: &'static str,
}

impl Chapter<'_> {
    fn add(
        &mut self,
        level: Level,
        who: Who,
        name: &str,
        clause: impl Into<String>,
        run: impl Fn(&mut Session<'_>) -> Ran + Send + Sync + 'static,
    ) {
        let (run, clause): (Run, String) = (Arc::new(run), clause.into());
        let roles: &[Role] = match who {
            Who::Server => &[Role::Server],
            Who::Client => &[Role::Client],
            Who::Both => &[Role::Server, Role::Client],
        };
        for &role in roles {
            self.book.cases.push(Case {
                id: format!("{}/{}/{name}", self.rfc, self.section),
                section: self.section,
                level,
                clause: clause.clone(),
                role,
                run: run.clone(),
            });
        }
    }

    pub(super) fn must(
        &mut self,
        who: Who,
        name: &str,
        clause: impl Into<String>,
        run: impl Fn(&mut Session<'_>) -> Ran + Send + Sync + 'static,
    ) {
        self.add(Level::Must, who, name, clause, run);
    }

    pub(super) fn must_not(
        &mut self,
        who: Who,
        name: &str,
        clause: impl Into<String>,
        run: impl Fn(&mut Session<'_>) -> Ran + Send + Sync + 'static,
    ) {
        self.add(Level::MustNot, who, name, clause, run);
    }

    pub(super) fn should(
        &mut self,
        who: Who,
        name: &str,
        clause: impl Into<String>,
        run: impl Fn(&mut Session<'_>) -> Ran + Send + Sync + 'static,
    ) {
        self.add(Level::Should, who, name, clause, run);
    }
}
