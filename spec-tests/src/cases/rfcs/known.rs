//! Extensions that an implementation need not know.

use crate::cases::script::*;

impl Session<'_> {
    /// Judges; a client that cannot be told anything may not know the extension, and then ignores it rightly.
    pub(super) fn judge_if_known(&mut self, expect: Expect) -> Ran {
        let outcome = self.judge(expect)?;
        let silent = !outcome.came.starts_with("GOAWAY") && !outcome.came.starts_with("RST_STREAM");
        if outcome.verdict == Verdict::Violation && silent && !self.obeys() {
            return Err(Outcome::skipped("it seems not to know the extension"));
        }
        Ok(outcome)
    }
}
