//! What a case demands, and what came of it.

use std::fmt;

use crate::raw::wire::code;

/// How good an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The code and the scope that the clause names; all other streams live on.
    Exact,
    /// A generic code, a stream error treated as one of the connection, a close without GOAWAY (RFC 9113 5.4, 5.4.1),
    /// a 4xx before the reset (8.1.1), or a SHOULD that was not followed.
    Permitted,
    /// What the clause forbids.
    Violation,
    /// Not judged: the target does not offer what the case needs.
    Skipped,
}

impl Verdict {
    /// All four, from good to unknown.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Permitted, Self::Violation, Self::Skipped];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Permitted => "permitted",
            Self::Violation => "violation",
            Self::Skipped => "skipped",
        }
    }
}

/// The end of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How good it was.
    pub verdict: Verdict,
    /// What should have come.
    pub expected: String,
    /// What came, or why the case was skipped.
    pub came: String,
}

impl Outcome {
    /// An outcome.
    pub fn new(verdict: Verdict, expected: impl Into<String>, came: impl Into<String>) -> Self {
        Self {
            verdict,
            expected: expected.into(),
            came: came.into(),
        }
    }

    /// All is as it should be.
    pub fn exact(what: impl Into<String>) -> Self {
        let what = what.into();
        Self::new(Verdict::Exact, what.clone(), what)
    }

    /// A rule is broken.
    pub fn violation(expected: impl Into<String>, came: impl Into<String>) -> Self {
        Self::new(Verdict::Violation, expected, came)
    }

    /// The same, held against another expectation.
    pub fn instead_of(self, expected: &str) -> Self {
        Self {
            expected: expected.to_owned(),
            ..self
        }
    }

    /// The case cannot be judged.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::new(Verdict::Skipped, "", why)
    }
}

/// What a case gives: `Err` if it ended before its last step. Both hold the outcome.
pub type Ran = Result<Outcome, Outcome>;

/// One way in which an implementation may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// RST_STREAM of the stream with the code.
    Stream(u32, u32),
    /// GOAWAY with the code, then the end of the transport.
    Connection(u32),
    /// Nothing at all.
    Nothing,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Stream(stream, c) => write!(f, "RST_STREAM {} on stream {stream}", code::name(c)),
            Self::Connection(c) => write!(f, "GOAWAY {} and the end", code::name(c)),
            Self::Nothing => write!(f, "no reaction"),
        }
    }
}

/// What must come: one of the scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The exact answers. There is at least one.
    pub scopes: Vec<Scope>,
    /// Whether the offence is a malformed message: a server may answer it with a 4xx first (RFC 9113 8.1.1).
    pub malformed: Option<u32>,
    /// Whether silence is permitted, without being exact.
    pub tolerates_silence: bool,
}

impl Expect {
    /// Nothing comes, and the connection is as good as before.
    pub fn ignored() -> Self {
        Self::any([Scope::Nothing])
    }

    /// A stream error.
    pub fn stream(stream: u32, code: u32) -> Self {
        Self::any([Scope::Stream(stream, code)])
    }

    /// A connection error.
    pub fn connection(code: u32) -> Self {
        Self::any([Scope::Connection(code)])
    }

    /// A malformed message on the stream: a stream error PROTOCOL_ERROR.
    pub fn malformed(stream: u32) -> Self {
        Self {
            malformed: Some(stream),
            ..Self::stream(stream, code::PROTOCOL_ERROR)
        }
    }

    /// Any of these.
    pub fn any(scopes: impl Into<Vec<Scope>>) -> Self {
        Self {
            scopes: scopes.into(),
            malformed: None,
            tolerates_silence: false,
        }
    }

    /// A frame on a closed stream: 6.1 asks for a stream error, 5.1 allows one of the connection, and to discard the
    /// frame.
    pub fn closed(stream: u32) -> Self {
        let scopes = [
            Scope::Connection(code::STREAM_CLOSED),
            Scope::Stream(stream, code::STREAM_CLOSED),
        ];
        Self {
            tolerates_silence: true,
            ..Self::any(scopes)
        }
    }

    /// Whether silence is one of the answers.
    pub fn allows_nothing(&self) -> bool {
        self.scopes.contains(&Scope::Nothing)
    }

    /// Judges RST_STREAM: the verdict and a remark.
    pub fn on_reset(&self, stream: u32, got: u32) -> (Verdict, &'static str) {
        if self.scopes.contains(&Scope::Stream(stream, got)) {
            return (Verdict::Exact, "");
        }
        let meant = self
            .scopes
            .iter()
            .any(|scope| matches!(scope, Scope::Stream(on, _) if *on == stream));
        match (meant, is_generic(got)) {
            (true, true) => (Verdict::Permitted, "a generic code"),
            (true, false) => (Verdict::Violation, "another code"),
            (false, _) if self.allows_nothing() => (Verdict::Violation, "no error was due"),
            (false, _) => (Verdict::Violation, "only the stream, not the connection"),
        }
    }

    /// Judges GOAWAY: the verdict and a remark.
    pub fn on_goaway(&self, got: u32) -> (Verdict, &'static str) {
        if self.scopes.contains(&Scope::Connection(got)) {
            return (Verdict::Exact, "");
        }
        let mut connection = false;
        for scope in &self.scopes {
            match *scope {
                Scope::Stream(_, code) if code == got || is_generic(got) => {
                    return (Verdict::Permitted, "the connection, not only the stream");
                }
                Scope::Connection(_) => connection = true,
                Scope::Stream(..) | Scope::Nothing => {}
            }
        }
        match (connection, is_generic(got)) {
            (true, true) => (Verdict::Permitted, "a generic code"),
            (true, false) => (Verdict::Violation, "another code"),
            (false, _) if self.allows_nothing() => (Verdict::Violation, "no error was due"),
            (false, _) => (Verdict::Violation, "the connection, with another code"),
        }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.scopes.iter().enumerate() {
            let or = if i == 0 { "" } else { " or " };
            write!(f, "{or}{scope}")?;
        }
        Ok(())
    }
}

/// Codes that can always stand for a more specific one (RFC 9113 5.4).
fn is_generic(got: u32) -> bool {
    matches!(got, code::PROTOCOL_ERROR | code::INTERNAL_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_judged_by_stream_and_code() {
        let expect = Expect::stream(3, code::STREAM_CLOSED);
        let verdict = |stream, got| expect.on_reset(stream, got).0;
        assert_eq!(verdict(3, code::STREAM_CLOSED), Verdict::Exact);
        assert_eq!(verdict(3, code::INTERNAL_ERROR), Verdict::Permitted);
        assert_eq!(verdict(3, code::CANCEL), Verdict::Violation);
        assert_eq!(verdict(5, code::STREAM_CLOSED), Verdict::Violation);
        let connection = Expect::connection(code::PROTOCOL_ERROR);
        assert_eq!(
            connection.on_reset(3, code::PROTOCOL_ERROR).0,
            Verdict::Violation
        );
    }

    #[test]
    fn escalation_is_permitted_and_softening_is_not() {
        let expect = Expect::stream(3, code::STREAM_CLOSED);
        assert_eq!(expect.on_goaway(code::STREAM_CLOSED).0, Verdict::Permitted);
        assert_eq!(expect.on_goaway(code::PROTOCOL_ERROR).0, Verdict::Permitted);
        assert_eq!(expect.on_goaway(code::CANCEL).0, Verdict::Violation);
        let connection = Expect::connection(code::COMPRESSION_ERROR);
        assert_eq!(
            connection.on_goaway(code::PROTOCOL_ERROR).0,
            Verdict::Permitted
        );
        assert_eq!(
            connection.on_goaway(code::FLOW_CONTROL_ERROR).0,
            Verdict::Violation
        );
        assert_eq!(
            Expect::ignored().on_goaway(code::NO_ERROR).0,
            Verdict::Violation
        );
    }

    #[test]
    fn two_answers_to_a_frame_on_a_closed_stream_are_exact() {
        let expect = Expect::closed(7);
        assert_eq!(expect.on_goaway(code::STREAM_CLOSED).0, Verdict::Exact);
        assert_eq!(expect.on_reset(7, code::STREAM_CLOSED).0, Verdict::Exact);
        assert_eq!(
            expect.to_string(),
            "GOAWAY STREAM_CLOSED and the end or RST_STREAM STREAM_CLOSED on stream 7"
        );
    }
}
