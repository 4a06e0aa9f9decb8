//! What came, held against what must come.

use super::outcome::{Expect, Outcome, Ran, Scope, Verdict};
use super::session::{FLOODS, Progress, Session, status};
use super::wire::{Told, Wish};
use crate::raw::wire::code;
use crate::raw::{RawFrame, Received, Role};

/// What was seen on the way to a verdict.
#[derive(Default)]
struct Notes {
    seen: Vec<String>,
    /// The message was answered with an error status.
    refused: bool,
    /// GOAWAY NO_ERROR came.
    leaves: bool,
}

impl Notes {
    fn text(&self) -> String {
        let mut parts = self.seen.clone();
        if self.leaves {
            parts.push("GOAWAY NO_ERROR".to_owned());
        }
        if parts.is_empty() {
            parts.push("nothing".to_owned());
        }
        parts.join("; ")
    }
}

/// Waits after GOAWAY until the transport must have ended.
const CLOSING_WAITS: usize = 5;

impl Session<'_> {
    /// Waits for what must come, and for what must go on after it.
    ///
    /// # Errors
    /// Never; the type is that of a case.
    pub fn judge(&mut self, expect: Expect) -> Ran {
        if expect.scopes == [Scope::Nothing] {
            return self.judge_silence(&expect);
        }
        let mut notes = Notes::default();
        loop {
            while let Some(item) = self.peer.next_received() {
                if let Some(decided) = self.decide(&expect, &mut notes, item) {
                    return decided;
                }
            }
            if self.peer.fault().is_some() {
                return Ok(self.missing(&expect.to_string()));
            }
            if notes.refused && self.role() == Role::Server {
                return Ok(self.after_refusal(&expect, &notes));
            }
            match self.pump(self.target.wait) {
                Progress::Moved => {}
                Progress::End if self.peer.queue().len() > 0 => {}
                Progress::End => return Ok(self.on_end(&expect, &notes)),
                Progress::Still => return self.on_silence(&expect, &notes),
            }
        }
    }

    /// Looks at one item: the outcome, if it decides.
    fn decide(&mut self, expect: &Expect, notes: &mut Notes, item: Received) -> Option<Ran> {
        match item {
            Received::Rst { stream, code } => {
                return Some(self.on_reset(expect, stream, code, notes));
            }
            // A shutdown: what comes of the frames is still to be seen.
            Received::GoAway {
                code: code::NO_ERROR,
                ..
            } => notes.leaves = true,
            Received::GoAway { code, debug, .. } => {
                let debug = String::from_utf8_lossy(&debug);
                return Some(self.on_goaway(expect, code, &debug));
            }
            Received::Headers(head) if expect.malformed == Some(head.stream) => {
                let text = format!("an answer with status {}", status(&head));
                notes.seen.push(text);
                notes.refused |= status(&head) >= 400;
            }
            Received::Headers(head) => {
                notes.seen.push(format!("a head on stream {}", head.stream));
            }
            _ => {}
        }
        None
    }

    /// Nothing more comes.
    fn on_silence(&mut self, expect: &Expect, notes: &Notes) -> Ran {
        if self.floods() {
            return Ok(Outcome::violation(expect.to_string(), FLOODS));
        }
        if expect.allows_nothing() {
            return self.judge_silence(expect);
        }
        if expect.tolerates_silence {
            let mut outcome = self.judge_silence(expect)?;
            if outcome.verdict == Verdict::Exact {
                outcome.verdict = Verdict::Permitted;
                outcome.came = "nothing: the frame is discarded".to_owned();
            }
            return Ok(outcome);
        }
        let is_over = |stream| self.peer.is_ended(stream);
        if expect.malformed.is_some_and(is_over) && self.may_leave() {
            return Err(Outcome::skipped(
                "both sides have ended the stream: what the client made of the response cannot be seen",
            ));
        }
        Ok(Outcome::violation(expect.to_string(), notes.text()))
    }

    /// A connection error with this code.
    ///
    /// # Errors
    /// Never; the type is that of a case.
    pub fn connection_error(&mut self, code: u32) -> Ran {
        self.judge(Expect::connection(code))
    }

    /// A stream error with this code; all other streams live on.
    ///
    /// # Errors
    /// Never; the type is that of a case.
    pub fn stream_error(&mut self, stream: u32, code: u32) -> Ran {
        self.judge(Expect::stream(stream, code))
    }

    /// The message on the stream is malformed.
    ///
    /// # Errors
    /// Never; the type is that of a case.
    pub fn malformed(&mut self, stream: u32) -> Ran {
        self.judge(Expect::malformed(stream))
    }

    /// The message on the stream is malformed; that the others live on is not looked at now.
    ///
    /// # Errors
    /// A violation if nothing comes.
    pub fn malformed_only(&mut self, stream: u32) -> Ran {
        let expect = Expect::malformed(stream);
        let reset = self.demand(&expect.to_string(), |item| {
            matches!(item, Received::Rst { .. } | Received::GoAway { .. })
        })?;
        let (verdict, _) = match reset {
            Received::Rst { stream, code } => expect.on_reset(stream, code),
            Received::GoAway { code, .. } => expect.on_goaway(code),
            _ => (Verdict::Violation, ""),
        };
        Ok(Outcome::new(verdict, expect.to_string(), reset.summary()))
    }

    /// What was sent changes nothing.
    ///
    /// # Errors
    /// Never; the type is that of a case.
    pub fn ignored(&mut self) -> Ran {
        self.judge(Expect::ignored())
    }

    /// The message on the stream is taken: a request is answered with anything but a refusal; a response is not
    /// refused, and complete for the application if it can be asked.
    ///
    /// # Errors
    /// If it is refused.
    pub fn served(&mut self, stream: u32) -> Ran {
        let expected = "the message is accepted";
        if self.role() == Role::Server {
            let answer = self.answer(stream)?;
            if answer.status() == 400 || answer.status() == 431 {
                let came = format!("an answer with status {}", answer.status());
                return Ok(Outcome::violation(expected, came));
            }
            self.alive(expected)?;
            return Ok(Outcome::exact(expected));
        }
        self.quiet(expected)?;
        match self.told(stream) {
            Told::Failed => Ok(Outcome::violation(
                expected,
                "the application was told of an error",
            )),
            Told::Waiting => Ok(Outcome::violation(
                expected,
                "the application heard of no end",
            )),
            Told::Complete | Told::Unknown => {
                self.alive(expected)?;
                Ok(Outcome::exact(expected))
            }
        }
    }

    /// A PING is answered.
    ///
    /// # Errors
    /// A violation if it is not.
    pub fn ping(&mut self) -> Result<(), Outcome> {
        let payload = *b"barrier!";
        self.peer.send(&RawFrame::ping(payload));
        self.demand("an answer to PING", |item| {
            *item == Received::PingAck(payload)
        })
        .map(drop)
    }

    /// A PING is answered, and nothing that came before the answer is an error.
    fn quiet(&mut self, expected: &str) -> Result<(), Outcome> {
        let payload = *b"barrier!";
        self.peer.send(&RawFrame::ping(payload));
        loop {
            let item = self.demand("an answer to PING", |item| {
                matches!(
                    item,
                    Received::Rst { .. } | Received::GoAway { .. } | Received::PingAck(_)
                )
            });
            let item = item.map_err(|outcome| self.left_or(outcome.instead_of(expected)))?;
            match item {
                Received::GoAway {
                    code: code::NO_ERROR,
                    ..
                } if self.may_leave() => {
                    return Err(self.left_or(Outcome::violation(expected, "GOAWAY NO_ERROR")));
                }
                Received::PingAck(got) if got == payload => return Ok(()),
                Received::Rst { code: got, .. }
                    if got == code::NO_ERROR && self.role() == Role::Server => {}
                Received::PingAck(_) => {}
                other => return Err(Outcome::violation(expected, other.summary())),
            }
        }
    }

    /// Whether a client may have left because it has what it wanted.
    fn may_leave(&self) -> bool {
        self.role() == Role::Client && !self.target.obeys && self.gave
    }

    /// The outcome, unless the client may just have left.
    fn left_or(&self, outcome: Outcome) -> Outcome {
        let reported = outcome.came.contains("GOAWAY") && !outcome.came.contains("NO_ERROR");
        if self.may_leave() && self.peer.fault().is_none() && !reported {
            return Outcome::skipped("the client had what it wanted, and left");
        }
        outcome
    }

    fn judge_silence(&mut self, expect: &Expect) -> Ran {
        let expected = expect.to_string();
        self.quiet(&expected)?;
        self.alive(&expected)?;
        Ok(Outcome::exact(expected))
    }

    fn on_reset(&mut self, expect: &Expect, stream: u32, got: u32, notes: &Notes) -> Ran {
        let came = format!("RST_STREAM {} on stream {stream}", code::name(got));
        if got == code::NO_ERROR && self.role() == Role::Server && notes.refused {
            return Ok(self.after_refusal(expect, notes));
        }
        if got == code::NO_ERROR && self.role() == Role::Server && !notes.seen.is_empty() {
            return Ok(Outcome::skipped(
                "the server had answered and ended the stream itself",
            ));
        }
        let (verdict, remark) = expect.on_reset(stream, got);
        let expected = expect.to_string();
        if verdict == Verdict::Violation {
            return Ok(Outcome::violation(expected, format!("{came}: {remark}")));
        }
        if let Err(mut dead) = self.alive(&expected) {
            dead.came = format!("{came}, but afterwards {}", dead.came);
            return Ok(dead.instead_of("all other streams live on after the reset"));
        }
        if remark.is_empty() {
            return Ok(Outcome::new(verdict, expected, came));
        }
        Ok(Outcome::new(verdict, expected, format!("{came}: {remark}")))
    }

    fn on_goaway(&mut self, expect: &Expect, got: u32, debug: &str) -> Ran {
        let mut came = format!("GOAWAY {}", code::name(got));
        if !debug.is_empty() {
            came.push_str(&format!(" ({})", debug.escape_debug()));
        }
        let (verdict, remark) = expect.on_goaway(got);
        if !remark.is_empty() {
            came.push_str(&format!(": {remark}"));
        }
        if verdict != Verdict::Violation && !self.closes() {
            let expected = "the transport ends after GOAWAY with an error (5.4.1)";
            return Ok(Outcome::violation(
                expected,
                format!("{came}; it stays open"),
            ));
        }
        Ok(Outcome::new(verdict, expect.to_string(), came))
    }

    /// Whether the transport ends; what comes before is nothing to anybody.
    pub(super) fn closes(&mut self) -> bool {
        let mut still = 0;
        while still < CLOSING_WAITS {
            match self.pump(self.target.wait) {
                Progress::End => return true,
                Progress::Moved => {
                    self.peer.drain();
                }
                Progress::Still => still += 1,
            }
        }
        false
    }

    fn on_end(&mut self, expect: &Expect, notes: &Notes) -> Outcome {
        let expected = expect.to_string();
        if notes.refused && self.role() == Role::Server {
            return Outcome::new(Verdict::Permitted, expected, notes.text());
        }
        // A client may leave at any time, and so need not say that it was for an error.
        let reported = !notes.leaves || self.role() == Role::Client;
        let came = if notes.leaves {
            "GOAWAY NO_ERROR and the end of the transport"
        } else {
            "the end of the transport, without GOAWAY"
        };
        if expect.allows_nothing() || !reported {
            Outcome::violation(expected, came)
        } else {
            Outcome::new(Verdict::Permitted, expected, came)
        }
    }

    /// A malformed request was answered with an error status.
    fn after_refusal(&mut self, expect: &Expect, notes: &Notes) -> Outcome {
        let expected = expect.to_string();
        let came = notes.text();
        match self.alive(&expected) {
            Ok(()) => Outcome::new(Verdict::Permitted, expected, came),
            Err(dead) => Outcome::new(
                Verdict::Permitted,
                expected,
                format!("{came}, then {}", dead.came),
            ),
        }
    }

    /// The connection serves: the sibling goes on to its end, and a new stream works.
    ///
    /// # Errors
    /// A violation if it does not.
    pub fn alive(&mut self, expected: &str) -> Result<(), Outcome> {
        let lives = match self.role() {
            Role::Server => self.server_lives(),
            Role::Client => self.client_lives(),
        };
        lives.map_err(|mut dead| {
            dead.came = format!("{} (instead of {})", dead.came, dead.expected);
            dead.instead_of(&format!("{expected}; other streams live on"))
        })
    }

    fn server_lives(&mut self) -> Result<(), Outcome> {
        if let Some(sibling) = self.sibling.take() {
            self.peer
                .send(&RawFrame::data(sibling, "the end").end_stream());
            let answer = self.answer(sibling)?;
            if answer.status() >= 300 {
                let came = format!("status {} on the sibling", answer.status());
                return Err(Outcome::violation("2xx", came));
            }
        }
        let id = self.get();
        let answer = self.answer(id)?;
        match answer.status() {
            200..=299 => Ok(()),
            other => Err(Outcome::violation("2xx", format!("status {other}"))),
        }
    }

    fn client_lives(&mut self) -> Result<(), Outcome> {
        if !self.target.obeys {
            // Its one request may have been all it wanted.
            let left = self.wait_for(
                |item| matches!(item, Received::GoAway { code, .. } if *code == code::NO_ERROR),
            );
            if left.is_some() || self.ended {
                return Ok(());
            }
            return self.ping();
        }
        if let Some(sibling) = self.sibling.take() {
            self.peer
                .send(&RawFrame::data(sibling, "the end").end_stream());
            self.complete(sibling)?;
        }
        let head = self.ask(Wish::Get)?;
        self.respond(head.stream, "200", true);
        self.complete(head.stream)
    }

    fn complete(&mut self, stream: u32) -> Result<(), Outcome> {
        self.ping()?;
        match self.told(stream) {
            Told::Complete | Told::Unknown => Ok(()),
            other => {
                let came = format!("{other:?} on stream {stream}");
                Err(Outcome::violation("a complete response", came))
            }
        }
    }
}
