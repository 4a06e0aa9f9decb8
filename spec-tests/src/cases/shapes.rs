//! Shapes that many cases have.

use super::book::{Chapter, Who};
use super::fields::Fields;
use super::outcome::{Outcome, Ran};
use super::session::Session;
use crate::raw::{RawFrame, Role};

impl Chapter<'_> {
    /// Frames on a stream that is going on, or on the connection, are a connection error.
    pub(super) fn fatal(
        &mut self,
        who: Who,
        name: &str,
        clause: &str,
        code: u32,
        frames: impl Fn(u32) -> Vec<RawFrame> + Send + Sync + 'static,
    ) {
        self.must(who, name, clause, move |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send_all(&frames(id));
            s.connection_error(code)
        });
    }

    /// Frames on a stream that is going on are an error of that stream.
    pub(super) fn wounds(
        &mut self,
        who: Who,
        name: &str,
        clause: &str,
        code: u32,
        frames: impl Fn(u32) -> Vec<RawFrame> + Send + Sync + 'static,
    ) {
        self.must(who, name, clause, move |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send_all(&frames(id));
            s.stream_error(id, code)
        });
    }

    /// Frames on a stream that is going on, or on the connection, change nothing.
    pub(super) fn harmless(
        &mut self,
        who: Who,
        name: &str,
        clause: &str,
        frames: impl Fn(u32) -> Vec<RawFrame> + Send + Sync + 'static,
    ) {
        self.must(who, name, clause, move |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send_all(&frames(id));
            s.ignored()
        });
    }

    /// A message whose head is bent like this is malformed.
    pub(super) fn malformed(
        &mut self,
        who: Who,
        name: &str,
        clause: &str,
        bend: impl Fn(Fields) -> Fields + Send + Sync + 'static,
    ) {
        self.must(who, name, clause, move |s| {
            let id = bent(s, &bend, false)?;
            s.malformed(id)
        });
    }

    /// A message whose head is bent like this is accepted.
    pub(super) fn accepted(
        &mut self,
        who: Who,
        name: &str,
        clause: &str,
        bend: impl Fn(Fields) -> Fields + Send + Sync + 'static,
    ) {
        self.must(who, name, clause, move |s| {
            let id = bent(s, &bend, true)?;
            s.served(id)
        });
    }

    /// A message whose trailers are these is malformed.
    pub(super) fn malformed_trailers(
        &mut self,
        who: Who,
        name: &str,
        clause: &str,
        trailers: impl Fn() -> Fields + Send + Sync + 'static,
    ) {
        self.must(who, name, clause, move |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::data(id, "content"));
            s.send(&RawFrame::headers(id, trailers().block()).end_stream());
            s.malformed(id)
        });
    }
}

/// Sends a message with a bent head: a request without content; a response, which ends only if it is to be accepted,
/// so that a client that takes it goes on to wait.
fn bent(s: &mut Session<'_>, bend: &impl Fn(Fields) -> Fields, end: bool) -> Result<u32, Outcome> {
    s.start()?;
    let fields = bend(s.plain());
    let end = end || s.role() == Role::Server;
    s.message(&fields, end)
}

impl Session<'_> {
    /// A message with this head and this content, in DATA frames, the last of which ends it.
    ///
    /// # Errors
    /// If a client under test sends no request.
    pub(super) fn message_with(
        &mut self,
        fields: &Fields,
        content: &[&str],
    ) -> Result<u32, Outcome> {
        let id = self.message(fields, content.is_empty())?;
        for (i, piece) in content.iter().enumerate() {
            let frame = RawFrame::data(id, *piece);
            self.send(&if i + 1 == content.len() {
                frame.end_stream()
            } else {
                frame
            });
        }
        Ok(id)
    }

    /// The head of a message with content: a POST, or a response.
    pub(super) fn plain_with_content(&self) -> Fields {
        match self.role() {
            Role::Server => self.upload_head(),
            Role::Client => Fields::response("200"),
        }
    }

    /// Sends so many octets as DATA frames made by `frame`, as the windows allow. They must come to an end.
    ///
    /// # Errors
    /// A violation if the credit does not return.
    pub(super) fn pour(&mut self, stream: u32, octets: u32, frame: impl Fn() -> RawFrame) -> Ran {
        let expected = "credit comes back as DATA is taken";
        let mut sent = 0;
        while sent < octets {
            let next = frame();
            let size = i64::try_from(next.payload.len()).unwrap_or(i64::MAX);
            let room = self.peer.may_send(0).min(self.peer.may_send(stream));
            if room >= size {
                self.send(&next);
                sent += next.payload.len() as u32;
            } else if !self.moves() {
                let came = format!("no credit after {sent} octets");
                return Err(Outcome::violation(expected, came));
            }
        }
        Ok(Outcome::exact(expected))
    }
}
