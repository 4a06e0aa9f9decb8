//! The messages that this peer sends: requests to a server, responses to a client.

use super::Session;
use crate::cases::fields::Fields;
use crate::cases::outcome::Outcome;
use crate::cases::wire::Wish;
use crate::raw::received::Head;
use crate::raw::{RawFrame, Received, Role};

impl Session<'_> {
    /// Server under test: the fields of a plain request.
    pub fn head(&self, method: &str) -> Fields {
        Fields::new()
            .add(":method", method)
            .add(":scheme", &self.target.scheme)
            .add(":authority", &self.target.authority)
            .add(":path", &self.target.path)
    }

    /// Server under test: the next stream identifier, which is idle still.
    pub fn idle(&self) -> u32 {
        match self.role() {
            Role::Server => self.next,
            Role::Client => 10_001,
        }
    }

    /// Server under test: takes the next stream identifier.
    pub fn take_id(&mut self) -> u32 {
        self.next += 2;
        self.next - 2
    }

    /// Server under test: opens a stream with these fields.
    pub fn open(&mut self, fields: &Fields, end: bool) -> u32 {
        let id = self.take_id();
        let frame = RawFrame::headers(id, fields.block());
        self.send(&if end { frame.end_stream() } else { frame });
        id
    }

    /// Server under test: a GET.
    pub fn get(&mut self) -> u32 {
        let head = self.head("GET");
        self.open(&head, true)
    }

    /// Server under test: the head of a POST, for a body to follow.
    pub fn post(&mut self) -> u32 {
        let head = self.upload_head();
        self.open(&head, false)
    }

    /// Server under test: the fields of a POST whose answer waits for the body.
    pub fn upload_head(&self) -> Fields {
        let path = self.target.upload.as_ref().unwrap_or(&self.target.path);
        self.head("POST").set(":path", path)
    }

    /// Client under test: its next request.
    ///
    /// # Errors
    /// If none comes.
    pub fn request(&mut self) -> Result<Head, Outcome> {
        let found = self.wait_for(|item| matches!(item, Received::Headers(_)));
        match found {
            Some(Received::Headers(head)) => Ok(head),
            _ if self.target.obeys || self.peer.fault().is_some() => Err(self.missing("a request")),
            _ => Err(Outcome::skipped("the client sends no (other) request")),
        }
    }

    /// A client that cannot be told may have sent all its requests before it knew of anything: these are dropped here.
    pub(in crate::cases) fn forget_requests(&mut self) {
        if self.role() == Role::Client && !self.target.obeys {
            self.settle();
            while self
                .peer
                .find(|item| matches!(item, Received::Headers(_)))
                .is_some()
            {}
        }
    }

    /// Client under test: the request that the application is asked for. A client that cannot be asked must send it
    /// of its own accord.
    ///
    /// # Errors
    /// If none comes, or one of another kind.
    pub fn ask(&mut self, wish: Wish) -> Result<Head, Outcome> {
        self.flush();
        let asked = self.wire.wish(&wish);
        let body = match wish {
            Wish::Get => false,
            Wish::HoldUpload | Wish::Upload(_) => true,
            _ if asked => false,
            _ => {
                return Err(Outcome::skipped(format!(
                    "the client cannot be told: {wish:?}"
                )));
            }
        };
        let head = self.request()?;
        if body && head.end_stream {
            return Err(Outcome::skipped("the client sends no body"));
        }
        Ok(head)
    }

    /// Client under test: a request whose content does not end. What has come of it is dropped.
    ///
    /// # Errors
    /// If none comes, or its content ends.
    pub fn hold_upload(&mut self) -> Result<u32, Outcome> {
        let id = self.ask(Wish::HoldUpload)?.stream;
        if self.target.obeys {
            return Ok(id);
        }
        match self.data_so_far(id) {
            (_, false) => Ok(id),
            (_, true) => Err(Outcome::skipped("the client's content ends at once")),
        }
    }

    /// Client under test: the head of a response.
    pub fn respond(&mut self, stream: u32, status: &str, end: bool) {
        let frame = RawFrame::headers(stream, Fields::response(status).block());
        self.send(&if end { frame.end_stream() } else { frame });
    }

    /// A stream on which this peer may go on: a request without its body, or a response without.
    ///
    /// # Errors
    /// If a client under test sends no request.
    pub fn exchange(&mut self) -> Result<u32, Outcome> {
        match self.role() {
            Role::Server => Ok(self.post()),
            Role::Client => {
                let head = self.ask(Wish::Get)?;
                self.respond(head.stream, "200", false);
                Ok(head.stream)
            }
        }
    }

    /// A stream on which the implementation still sends, and this peer too where it can be had.
    ///
    /// # Errors
    /// If a client under test sends no request with a body.
    pub fn receiver(&mut self) -> Result<u32, Outcome> {
        match self.role() {
            Role::Server => Ok(self.post()),
            Role::Client => {
                let id = self.hold_upload()?;
                self.respond(id, "200", false);
                Ok(id)
            }
        }
    }

    /// The stream of the next message of ours: a new one, or that of a request to answer.
    ///
    /// # Errors
    /// If a client under test sends no request.
    pub fn next_message(&mut self) -> Result<u32, Outcome> {
        match self.role() {
            Role::Server => Ok(self.take_id()),
            Role::Client => Ok(self.ask(Wish::Get)?.stream),
        }
    }

    /// A message that opens with these fields: a request, or the response to one.
    ///
    /// # Errors
    /// If a client under test sends no request.
    pub fn message(&mut self, fields: &Fields, end: bool) -> Result<u32, Outcome> {
        let id = self.next_message()?;
        let frame = RawFrame::headers(id, fields.block());
        self.send(&if end { frame.end_stream() } else { frame });
        Ok(id)
    }

    /// The fields of a plain message of ours: a request, or a response.
    pub fn plain(&self) -> Fields {
        match self.role() {
            Role::Server => self.head("GET"),
            Role::Client => Fields::response("200"),
        }
    }
}
