//! One attempt of a call: one stream, seen from the client.
//!
//! Knows neither deadlines nor retries: those are the call's.

#[cfg(test)]
mod tests;

use crate::{
    code::Code,
    compress::Registry,
    content_type::ContentType,
    inbound::{ALL, Inbound, Receiving, Unread},
    message::Arrived,
    metadata::Metadata,
    outgoing::Outgoing,
    status::{MAX_BODY, Status},
    wire::{
        BadHead, ErrorCode, OpenRefused, Processed, RequestHead, StreamEvent, StreamRef, Why, Wire,
    },
};

/// How the response of an attempt is received.
#[derive(Clone, Debug)]
pub struct Response {
    /// The encodings that the request accepts.
    pub registry: Registry,
    /// The most octets that a message may have.
    pub max_receive: usize,
    /// Whether the method has any number of responses, not just one.
    pub streams: bool,
}

/// What an attempt tells.
#[derive(Debug)]
pub enum AttemptEvent<'i> {
    /// The response's head. Not for a response that has nothing else.
    Headers(Metadata),
    /// A message.
    Message(Arrived<'i>),
    /// The attempt is over. Once, and last.
    Ended(Outcome),
}

/// How an attempt ended.
#[derive(Debug)]
pub struct Outcome {
    /// The call's status, as far as this attempt decides.
    pub result: Result<(), Status>,
    /// The trailers.
    pub trailers: Metadata,
    /// Whether the peer may have acted on the request.
    pub processed: Processed,
    /// The code with which the peer reset the stream, if it did.
    pub reset: Option<u32>,
    /// Whether it ended because the connection was lost; its error makes a better status.
    pub lost: bool,
}

impl Outcome {
    /// An end that this side or the peer's words decide.
    pub fn of(result: Result<(), Status>, trailers: Metadata) -> Outcome {
        Outcome {
            result,
            trailers,
            processed: Processed::Perhaps,
            reset: None,
            lost: false,
        }
    }
}

enum State {
    /// The response's head has not come.
    Head,
    Messages,
    /// The response is not gRPC's: what it is, and as much of its body as a status shows.
    Foreign(Status, Vec<u8>),
    /// All has come, but not all messages were wanted yet.
    Unread(Box<Outcome>),
    Ended,
}

/// One attempt.
pub struct AttemptCore {
    stream: StreamRef,
    state: State,
    response: Response,
    inbound: Inbound,
    /// The message to be sent next.
    cursor: u64,
    end_sent: bool,
    blocked: bool,
    http_status: u16,
}

impl AttemptCore {
    /// Opens the stream.
    ///
    /// # Errors
    /// See [`OpenRefused`].
    pub fn open(
        wire: &mut dyn Wire,
        head: &RequestHead<'_>,
        response: Response,
        unread: &Unread,
    ) -> Result<AttemptCore, OpenRefused> {
        let stream = wire.open(head)?;
        let how = Receiving {
            limit: response.max_receive,
            compressor: None,
            single: !response.streams,
            unread: unread.clone(),
        };
        let wanted = if response.streams { 0 } else { ALL };
        Ok(AttemptCore {
            stream,
            state: State::Head,
            inbound: Inbound::new(how, wanted),
            response,
            cursor: 0,
            end_sent: false,
            blocked: false,
            http_status: 200,
        })
    }

    /// The stream.
    pub fn stream(&self) -> StreamRef {
        self.stream
    }

    /// The number of the message to be sent next: those below it were taken by the transport.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Sends what there is to send; whether all of it was taken.
    pub fn pump(&mut self, wire: &mut dyn Wire, outgoing: &Outgoing) -> bool {
        if self.is_over() || self.end_sent {
            return true;
        }
        while let Some(message) = outgoing.get(self.cursor) {
            let mut message = message.clone();
            let last = outgoing.is_ended() && self.cursor + 1 == outgoing.next();
            match wire.send(self.stream, &mut message, last) {
                Ok(true) => {
                    self.cursor += 1;
                    self.end_sent = last;
                }
                Ok(false) => {
                    self.blocked = true;
                    return false;
                }
                // Its end is told by an event.
                Err(_) => return true,
            }
        }
        if outgoing.is_ended() && !self.end_sent {
            let sent = wire.send(self.stream, &mut bytes::Bytes::new(), true);
            self.end_sent = sent.is_ok();
        }
        self.blocked = false;
        true
    }

    /// Whether the transport takes nothing now.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// `more` messages are wanted of a method that streams them.
    pub fn want(
        &mut self,
        wire: Option<&mut dyn Wire>,
        more: u32,
        out: &mut dyn FnMut(AttemptEvent<'_>),
    ) {
        if self.is_over() {
            return;
        }
        let mut wire = wire;
        // Written out: the borrow of a `&mut dyn` in an option must be renewed by hand.
        let lent: Option<&mut dyn Wire> = match &mut wire {
            Some(wire) => Some(&mut **wire),
            None => None,
        };
        let read = self.inbound.want(lent, self.stream, more, &mut |message| {
            out(AttemptEvent::Message(message));
        });
        match (read, wire) {
            (Err(status), Some(wire)) => self.fail(wire, status, out),
            (Err(status), None) => self.end(Outcome::of(Err(status), Metadata::new()), out),
            (Ok(()), _) => self.finish_reading(out),
        }
    }

    /// Gives the attempt up: it tells nothing more.
    pub fn cancel(&mut self, wire: &mut dyn Wire) {
        if !self.is_over() {
            wire.reset(self.stream, ErrorCode::CANCEL);
            self.inbound.discard(wire, self.stream);
            self.state = State::Ended;
        }
    }

    /// Something happened to the stream.
    pub fn on_event(
        &mut self,
        wire: &mut dyn Wire,
        event: StreamEvent<'_>,
        out: &mut dyn FnMut(AttemptEvent<'_>),
    ) {
        match event {
            StreamEvent::Response {
                status,
                fields,
                end,
            } => self.on_head(wire, status, fields, end, out),
            StreamEvent::Data { bytes, end } => self.on_data(wire, bytes, end, out),
            StreamEvent::Trailers(fields) => self.on_trailers(wire, fields, out),
            StreamEvent::BadHead { why, .. } => {
                let status = match why {
                    BadHead::TooLarge => Status::local(Code::ResourceExhausted, why.to_string()),
                    BadHead::Field(error) => error.into(),
                };
                self.fail(wire, status, out);
            }
            StreamEvent::Ended { why, processed } => {
                if !matches!(self.state, State::Unread(_)) {
                    self.inbound.discard(wire, self.stream);
                }
                self.on_ended(why, processed, out);
            }
            StreamEvent::Writable | StreamEvent::Drained | StreamEvent::Request(_) => {}
        }
    }

    fn on_head(
        &mut self,
        wire: &mut dyn Wire,
        http_status: u16,
        fields: Metadata,
        end: bool,
        out: &mut dyn FnMut(AttemptEvent<'_>),
    ) {
        if !matches!(self.state, State::Head) {
            return;
        }
        self.http_status = http_status;
        let content_type = fields.reserved("content-type");
        let is_grpc = content_type.is_some_and(|value| ContentType::parse(value).is_some());
        if end {
            let result = Status::from_trailers(&fields).unwrap_or_else(|| {
                Err(match (http_status, is_grpc) {
                    (200, true) => Status::without_trailers(false),
                    (200, false) => Status::from_content_type(content_type),
                    _ => Status::from_http(http_status),
                })
            });
            return self.finish(wire, result, fields, out);
        }
        if http_status != 200 || !is_grpc {
            let status = match Status::from_trailers(&fields) {
                Some(Err(status)) => status,
                _ if http_status != 200 => Status::from_http(http_status),
                _ => Status::from_content_type(content_type),
            };
            self.state = State::Foreign(status, Vec::new());
            return;
        }
        match self
            .response
            .registry
            .declared(fields.reserved("grpc-encoding"))
        {
            Ok(compressor) => {
                if let Some(compressor) = compressor {
                    let how = Receiving {
                        limit: self.response.max_receive,
                        compressor: Some(compressor.clone()),
                        single: !self.response.streams,
                        unread: self.inbound.unread().clone(),
                    };
                    // Nothing was read before the head: only what is wanted carries over.
                    self.inbound.restart(how);
                }
                self.state = State::Messages;
                out(AttemptEvent::Headers(fields));
            }
            Err(unknown) => self.fail(wire, unknown.at_client(), out),
        }
    }

    fn on_data(
        &mut self,
        wire: &mut dyn Wire,
        bytes: &[u8],
        end: bool,
        out: &mut dyn FnMut(AttemptEvent<'_>),
    ) {
        match &mut self.state {
            State::Messages => {}
            State::Foreign(_, body) => {
                let room = MAX_BODY - body.len().min(MAX_BODY);
                body.extend_from_slice(&bytes[..bytes.len().min(room)]);
                let full = body.len() >= MAX_BODY;
                wire.release(self.stream, bytes.len() as u32, bytes.len() as u32);
                if end || full {
                    self.end_foreign(wire, out);
                }
                return;
            }
            State::Head | State::Unread(_) | State::Ended => {
                wire.release(self.stream, bytes.len() as u32, bytes.len() as u32);
                return;
            }
        }
        let read = self.inbound.data(wire, self.stream, bytes, &mut |message| {
            out(AttemptEvent::Message(message));
        });
        match read {
            Err(status) => self.fail(wire, status, out),
            Ok(()) if end => {
                let result = Err(Status::without_trailers(true));
                self.finish(wire, result, Metadata::new(), out);
            }
            Ok(()) => {}
        }
    }

    fn end_foreign(&mut self, wire: &mut dyn Wire, out: &mut dyn FnMut(AttemptEvent<'_>)) {
        if let State::Foreign(status, body) = std::mem::replace(&mut self.state, State::Ended) {
            wire.reset(self.stream, ErrorCode::CANCEL);
            let result = Err(status.with_body(&body));
            out(AttemptEvent::Ended(Outcome::of(result, Metadata::new())));
        }
    }

    fn on_trailers(
        &mut self,
        wire: &mut dyn Wire,
        fields: Metadata,
        out: &mut dyn FnMut(AttemptEvent<'_>),
    ) {
        match (Status::from_trailers(&fields), &self.state) {
            (Some(result), _) => self.finish(wire, result, fields, out),
            (None, State::Foreign(..)) => self.end_foreign(wire, out),
            (None, _) if self.http_status != 200 => {
                let result = Err(Status::from_http(self.http_status));
                self.finish(wire, result, fields, out);
            }
            (None, _) => {
                let result = Err(Status::without_trailers(false));
                self.finish(wire, result, fields, out);
            }
        }
    }

    fn on_ended(&mut self, why: Why, processed: Processed, out: &mut dyn FnMut(AttemptEvent<'_>)) {
        if matches!(self.state, State::Unread(_)) {
            return;
        }
        let mut outcome = Outcome::of(Ok(()), Metadata::new());
        outcome.processed = processed;
        outcome.result = Err(match why {
            Why::PeerReset(code) => {
                outcome.reset = Some(code);
                Status::from_reset(code)
            }
            Why::Faulted(_, text) => Status::local(Code::Internal, text),
            Why::GoAway => Status::local(
                Code::Unavailable,
                "the server is going away and did not process the call",
            ),
            Why::ConnectionLost => {
                outcome.lost = true;
                Status::local(Code::Unavailable, "the connection was lost")
            }
        });
        self.end(outcome, out);
    }

    /// The peer has said all. What it said waits until the messages before it were wanted.
    fn finish(
        &mut self,
        wire: &mut dyn Wire,
        result: Result<(), Status>,
        trailers: Metadata,
        out: &mut dyn FnMut(AttemptEvent<'_>),
    ) {
        if self.is_over() || matches!(self.state, State::Unread(_)) {
            return;
        }
        // The peer has no use for the rest of the request. Does nothing if all of it is sent.
        wire.reset(self.stream, ErrorCode::NO_ERROR);
        if self.inbound.is_drained() {
            let result = result.and_then(|()| self.inbound.end());
            return self.end(Outcome::of(result, trailers), out);
        }
        self.state = State::Unread(Box::new(Outcome::of(result, trailers)));
        self.finish_reading(out);
    }

    fn finish_reading(&mut self, out: &mut dyn FnMut(AttemptEvent<'_>)) {
        if !self.inbound.is_drained() || !matches!(self.state, State::Unread(_)) {
            return;
        }
        if let State::Unread(mut outcome) = std::mem::replace(&mut self.state, State::Ended) {
            if outcome.result.is_ok() {
                outcome.result = self.inbound.end();
            }
            out(AttemptEvent::Ended(*outcome));
        }
    }

    /// The response breaks a rule, or a limit of ours.
    fn fail(&mut self, wire: &mut dyn Wire, status: Status, out: &mut dyn FnMut(AttemptEvent<'_>)) {
        wire.reset(self.stream, ErrorCode::CANCEL);
        self.inbound.discard(wire, self.stream);
        self.end(Outcome::of(Err(status), Metadata::new()), out);
    }

    fn end(&mut self, outcome: Outcome, out: &mut dyn FnMut(AttemptEvent<'_>)) {
        if !self.is_over() {
            self.state = State::Ended;
            out(AttemptEvent::Ended(outcome));
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Ended)
    }
}
