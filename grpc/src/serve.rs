//! A served call: one stream, seen from the server.

mod head;
mod said;
#[cfg(test)]
mod tests;

pub use head::{Incoming, Serving, refuse_head};

use crate::{
    cancel::Cancel,
    code::Code,
    compress::Compressor,
    inbound::Inbound,
    message::Arrived,
    metadata::Metadata,
    status::Status,
    wire::{BadHead, ErrorCode, Instant, SendRefused, StreamEvent, StreamRef, Why, Wire},
};
use bytes::Bytes;
use std::{borrow::Cow, collections::VecDeque, sync::Arc};

/// What a served call tells.
#[derive(Debug)]
pub enum ServeEvent<'i> {
    /// A message of the request.
    Message(Arrived<'i>),
    /// The one message of a request that is complete with it: [`HalfClosed`](ServeEvent::HalfClosed) follows at once.
    Sole(Arrived<'i>),
    /// The request is complete.
    HalfClosed,
    /// All that was given to send is with the transport.
    Writable,
    /// The call was given up, once; the status is what its handler is told. Nothing can be sent any more.
    Cancelled(Cancel, Status),
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendState {
    /// There is room for more.
    Room,
    /// It was taken, but `Writable` should be awaited.
    Full,
    /// The call has ended.
    Ended,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Open,
    /// The status is known; messages before it wait for the transport.
    Finishing,
    /// Everything is with the transport, but the client has not ended its request, or it may be that its window lets
    /// the rest not through.
    Lingering,
    Ended,
}

/// One served call.
pub struct ServeCore {
    stream: StreamRef,
    state: State,
    inbound: Inbound,
    content_type: Cow<'static, str>,
    compressor: Option<Arc<dyn Compressor>>,
    deadline: Option<Instant>,
    /// It is with the transport, or waits for it.
    head_sent: bool,
    /// The head, while too much waits to be written before it.
    head: Option<Box<Metadata>>,
    request_ended: bool,
    half_close_told: bool,
    /// Messages that the transport has not taken.
    queue: VecDeque<Bytes>,
    /// What follows them.
    trailers: Option<Cow<'static, Metadata>>,
    /// Octets of messages taken by the transport: the last one ends there.
    taken: u64,
    /// Where those before it end, as far as they may not have been framed whole.
    boundaries: VecDeque<u64>,
}

/// So many boundaries are kept before those that lie behind are looked for: with one more the memory that a queue takes
/// first is full.
const BOUNDARIES: usize = 3;

impl ServeCore {
    /// The stream.
    pub fn stream(&self) -> StreamRef {
        self.stream
    }

    /// When the call is given up: see [`on_deadline`](ServeCore::on_deadline).
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The encoding that messages may be sent in: the request's, if the client accepts it.
    pub fn compressor(&self) -> Option<&Arc<dyn Compressor>> {
        self.compressor.as_ref()
    }

    /// Sends messages in another encoding than the request's; the head must not be out.
    pub fn set_compressor(&mut self, compressor: Option<Arc<dyn Compressor>>) {
        self.compressor = compressor;
    }

    /// Whether nothing can be sent any more.
    pub fn is_finished(&self) -> bool {
        self.state != State::Open
    }

    /// Whether nothing more will come of it.
    pub fn is_over(&self) -> bool {
        self.state == State::Ended
    }

    /// Whether the head is out.
    pub fn head_is_sent(&self) -> bool {
        self.head_sent
    }

    /// Sends the head of the response, unless it is out or the call has ended.
    ///
    /// # Errors
    /// The head is larger than what the client takes, or cannot be sent: INTERNAL. The call still has to be finished.
    pub fn send_head(&mut self, wire: &mut dyn Wire, custom: &Metadata) -> Result<(), Status> {
        if self.head_sent || self.state != State::Open {
            return Ok(());
        }
        let fields = said::head(&self.content_type, self.compressor.as_deref(), custom)?;
        match wire.respond(self.stream, 200, &fields, false) {
            Ok(()) => {}
            Err(SendRefused::Full) => {
                wire.notify_drained(self.stream);
                self.head = Some(Box::new(fields.into_owned()));
            }
            Err(refused) => {
                let text = format!("response head not sent: {refused:?}");
                return Err(Status::local(Code::Internal, text));
            }
        }
        self.head_sent = true;
        Ok(())
    }

    /// Sends a message; the head must be out.
    pub fn send(&mut self, wire: &mut dyn Wire, message: Bytes) -> SendState {
        if self.state != State::Open || !self.head_sent {
            return SendState::Ended;
        }
        self.pump(wire);
        if self.has_room() {
            self.pass(wire, message);
        } else {
            self.queue.push_back(message);
        }
        match (self.state, self.has_room()) {
            (State::Open, true) => SendState::Room,
            (State::Open, false) => SendState::Full,
            _ => SendState::Ended,
        }
    }

    /// Ends the call with a status, behind all messages. `head` is what the head would have held, had it been sent.
    pub fn finish(
        &mut self,
        wire: &mut dyn Wire,
        result: &Result<(), Status>,
        head: &Metadata,
        trailers: &Metadata,
    ) {
        if self.state != State::Open {
            return;
        }
        if !self.head_sent && !head.is_empty() && self.send_head(wire, head).is_err() {
            return self.abort(wire, ErrorCode::INTERNAL_ERROR);
        }
        let Ok(block) = self.ending(wire, result, trailers) else {
            return self.abort(wire, ErrorCode::INTERNAL_ERROR);
        };
        self.trailers = Some(block);
        self.state = State::Finishing;
        self.pump(wire);
    }

    fn ending(
        &self,
        wire: &dyn Wire,
        result: &Result<(), Status>,
        trailers: &Metadata,
    ) -> Result<Cow<'static, Metadata>, Status> {
        let only_head = (!self.head_sent).then_some(&*self.content_type);
        said::ending(only_head, result, trailers, wire.max_head())
    }

    /// Whether nothing waits for the transport.
    fn has_room(&self) -> bool {
        self.head.is_none() && self.queue.is_empty()
    }

    fn pump(&mut self, wire: &mut dyn Wire) {
        if let Some(head) = self.head.take() {
            let sent = wire.respond(self.stream, 200, &head, false);
            if sent.is_err() {
                self.head = Some(head);
                return self.refused(wire, sent);
            }
        }
        while let Some(message) = self.queue.pop_front() {
            if !self.pass(wire, message) {
                return;
            }
        }
        if let Some(trailers) = self.trailers.take() {
            let sent = match self.head_sent {
                true => wire.trailers(self.stream, &trailers),
                false => wire.respond(self.stream, 200, &trailers, true),
            };
            if sent.is_err() {
                self.trailers = Some(trailers);
                return self.refused(wire, sent);
            }
            self.head_sent = true;
            self.linger(wire);
        }
    }

    /// A head or trailers were not taken: later they may be, or never.
    fn refused(&mut self, wire: &mut dyn Wire, sent: Result<(), SendRefused>) {
        match sent {
            Err(SendRefused::Full) => wire.notify_drained(self.stream),
            // The handler has to end before that can be told.
            _ if self.state == State::Open => {}
            _ => self.abort(wire, ErrorCode::INTERNAL_ERROR),
        }
    }

    /// The transport has room: what waits goes.
    fn go_on(&mut self, wire: &mut dyn Wire, out: &mut dyn FnMut(ServeEvent<'_>)) {
        self.pump(wire);
        if self.state == State::Open && self.has_room() {
            out(ServeEvent::Writable);
        }
    }

    /// Gives the transport the message before all others; whether it took it whole. The rest waits.
    fn pass(&mut self, wire: &mut dyn Wire, mut message: Bytes) -> bool {
        let octets = message.len() as u64;
        match wire.send(self.stream, &mut message, false) {
            Ok(true) => {
                self.note_boundary(wire);
                self.taken += octets;
                true
            }
            Ok(false) => {
                self.queue.push_front(message);
                false
            }
            // An event tells why.
            Err(_) => {
                self.queue.clear();
                false
            }
        }
    }

    /// Another message follows those that were taken.
    fn note_boundary(&mut self, wire: &mut dyn Wire) {
        if self.taken == 0 {
            return;
        }
        self.boundaries.push_back(self.taken);
        if self.boundaries.len() > BOUNDARIES {
            let framed = wire.framed(self.stream);
            while self.boundaries.get(1).is_some_and(|next| *next <= framed) {
                self.boundaries.pop_front();
            }
        }
    }

    /// All is with the transport. A client that still sends is told to stop once it has been written.
    fn linger(&mut self, wire: &mut dyn Wire) {
        self.inbound.discard(wire, self.stream);
        self.state = if self.request_ended && !self.may_be_stuck(wire) {
            State::Ended
        } else {
            wire.notify_drained(self.stream);
            State::Lingering
        };
    }

    /// Whether the trailers may wait for a window behind messages. Only a deadline ends such a call, so that one without
    /// need not be watched.
    fn may_be_stuck(&self, wire: &mut dyn Wire) -> bool {
        self.deadline.is_some() && wire.framed(self.stream) < self.taken
    }

    fn abort(&mut self, wire: &mut dyn Wire, code: ErrorCode) {
        self.inbound.discard(wire, self.stream);
        wire.reset(self.stream, code);
        self.state = State::Ended;
        self.queue.clear();
    }

    /// `more` messages of the request are wanted.
    pub fn want(&mut self, wire: &mut dyn Wire, more: u32, out: &mut dyn FnMut(ServeEvent<'_>)) {
        if self.state != State::Open {
            return;
        }
        let read = self
            .inbound
            .want(Some(&mut *wire), self.stream, more, &mut |message| {
                out(ServeEvent::Message(message));
            });
        self.after_reading(wire, read, out);
    }

    /// Something happened to the stream.
    pub fn on_event(
        &mut self,
        wire: &mut dyn Wire,
        event: StreamEvent<'_>,
        out: &mut dyn FnMut(ServeEvent<'_>),
    ) {
        match event {
            StreamEvent::Data { bytes, end } => self.on_data(wire, bytes, end, out),
            StreamEvent::Trailers(_) => self.on_request_end(wire, out),
            StreamEvent::BadHead { why, .. } => {
                self.request_ended = true;
                let status = match why {
                    BadHead::TooLarge => Status::local(Code::ResourceExhausted, why.to_string()),
                    BadHead::Field(error) => error.into(),
                };
                self.fail(wire, Cancel::Local, status, out);
            }
            StreamEvent::Writable => self.go_on(wire, out),
            StreamEvent::Drained => match self.state {
                State::Open | State::Finishing => self.go_on(wire, out),
                State::Lingering if self.request_ended => self.state = State::Ended,
                State::Lingering => self.abort(wire, ErrorCode::NO_ERROR),
                State::Ended => {}
            },
            StreamEvent::Ended { why, .. } => {
                let cancel = match why {
                    Why::PeerReset(code) => Cancel::PeerReset(code),
                    Why::Faulted(..) => Cancel::Local,
                    Why::GoAway | Why::ConnectionLost => Cancel::ConnectionLost,
                };
                let was_open = self.state == State::Open;
                self.state = State::Ended;
                self.queue.clear();
                self.inbound.discard(wire, self.stream);
                if was_open {
                    out(ServeEvent::Cancelled(cancel, cancel.status()));
                }
            }
            StreamEvent::Request(_) | StreamEvent::Response { .. } => {}
        }
    }

    fn on_data(
        &mut self,
        wire: &mut dyn Wire,
        bytes: &[u8],
        end: bool,
        out: &mut dyn FnMut(ServeEvent<'_>),
    ) {
        if self.state != State::Open {
            wire.release(self.stream, bytes.len() as u32, bytes.len() as u32);
            if end {
                self.on_request_end(wire, out);
            }
            return;
        }
        self.request_ended |= end;
        let sole = end && self.inbound.is_sole(bytes);
        let read = self.inbound.data(wire, self.stream, bytes, &mut |message| {
            out(if sole {
                ServeEvent::Sole(message)
            } else {
                ServeEvent::Message(message)
            });
        });
        self.after_reading(wire, read, out);
    }

    fn on_request_end(&mut self, wire: &mut dyn Wire, out: &mut dyn FnMut(ServeEvent<'_>)) {
        self.request_ended = true;
        match self.state {
            State::Open => self.after_reading(wire, Ok(()), out),
            State::Lingering if !self.may_be_stuck(wire) => self.state = State::Ended,
            State::Lingering | State::Finishing | State::Ended => {}
        }
    }

    fn after_reading(
        &mut self,
        wire: &mut dyn Wire,
        read: Result<(), Status>,
        out: &mut dyn FnMut(ServeEvent<'_>),
    ) {
        let ended = self.request_ended && self.inbound.is_drained();
        let read = match read {
            Ok(()) if ended => self.inbound.end(),
            other => other,
        };
        match read {
            Err(status) => self.fail(wire, Cancel::Local, status, out),
            Ok(()) if ended && !self.half_close_told => {
                self.half_close_told = true;
                out(ServeEvent::HalfClosed);
            }
            Ok(()) => {}
        }
    }

    /// The call is given up by this side: its status goes to the client as far as that can be done.
    fn fail(
        &mut self,
        wire: &mut dyn Wire,
        cancel: Cancel,
        status: Status,
        out: &mut dyn FnMut(ServeEvent<'_>),
    ) {
        if self.state != State::Open {
            return;
        }
        self.end_early(wire, &status);
        out(ServeEvent::Cancelled(cancel, status));
    }

    /// Nothing that waits for the client's window may hold the status up: what is not framed is dropped. Trailers can
    /// follow only where a message ends.
    fn end_early(&mut self, wire: &mut dyn Wire, status: &Status) {
        self.queue.clear();
        if self.head.take().is_some() {
            self.head_sent = false;
        }
        if self.head_sent {
            let framed = wire.discard_unsent(self.stream);
            let whole =
                |octets: &u64| [0, self.taken].contains(octets) || self.boundaries.contains(octets);
            match framed {
                Ok(octets) if whole(&octets) => self.taken = octets,
                _ => return self.abort(wire, ErrorCode::CANCEL),
            }
        }
        self.state = State::Open;
        let none = Metadata::new();
        self.finish(wire, &Err(status.clone()), &none, &none);
    }

    /// The deadline has passed.
    pub fn on_deadline(&mut self, wire: &mut dyn Wire, out: &mut dyn FnMut(ServeEvent<'_>)) {
        self.cancel(wire, Cancel::Deadline, out);
    }

    /// Gives the call up.
    pub fn cancel(
        &mut self,
        wire: &mut dyn Wire,
        why: Cancel,
        out: &mut dyn FnMut(ServeEvent<'_>),
    ) {
        match self.state {
            State::Open => self.fail(wire, why, why.status(), out),
            // The handler is done, but its messages do not get through.
            State::Finishing => {
                self.trailers = None;
                self.end_early(wire, &why.status());
            }
            // They are with the transport, and do not get through there.
            State::Lingering if wire.framed(self.stream) < self.taken => {
                self.end_early(wire, &why.status());
            }
            State::Lingering | State::Ended => {}
        }
    }
}
