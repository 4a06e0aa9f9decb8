//! The head of a request: what it says, and what is answered to one that is no gRPC.

use super::{ServeCore, State, said};
use crate::{
    code::Code,
    compress::{Accepted, Registry},
    content_type::{self, ContentType},
    inbound::{Inbound, Receiving, Unread},
    metadata::Metadata,
    status::Status,
    timeout,
    wire::{BadHead, ErrorCode, Instant, Request, StreamRef, Wire},
};
use std::{borrow::Cow, collections::VecDeque};

/// How calls of a method are served.
#[derive(Clone, Copy)]
pub struct Serving<'a> {
    /// The time as it is. A turn's own time lies before what came in it: a deadline counted from there would pass before
    /// the client's.
    pub clock: &'a dyn Fn() -> Instant,
    /// The encodings known.
    pub registry: &'a Registry,
    /// The most octets that a message may have.
    pub max_receive: usize,
    /// Whether the method takes exactly one message.
    pub single: bool,
    /// The messages wanted before anyone asks.
    pub wanted: u32,
    /// What the connection's streams hold unread.
    pub unread: &'a Unread,
}

/// What a request's head says to the application.
#[derive(Debug)]
pub struct Incoming {
    /// All fields, the protocol's own included.
    pub metadata: Metadata,
    /// `:authority`, if it is text; else empty.
    pub authority: String,
    /// When the client gives up, by this side's clock.
    pub deadline: Option<Instant>,
    /// The encodings that the client accepts, of those known.
    pub accepted: Accepted,
}

impl ServeCore {
    /// Reads the head of a request. `None` if it was answered already.
    pub fn accept(
        wire: &mut dyn Wire,
        stream: StreamRef,
        request: Request<'_>,
        serving: &Serving<'_>,
    ) -> Option<(ServeCore, Incoming)> {
        let fields = request.fields;
        let end = request.end;
        if request.method != b"POST" {
            let status = Status::local(Code::Internal, "the method is not POST");
            refuse(wire, stream, 405, Some(&status), end);
            return None;
        }
        let Some(kind) = fields.reserved("content-type").and_then(ContentType::parse) else {
            refuse(wire, stream, 415, None, end);
            return None;
        };
        let (deadline, late) = match fields.reserved("grpc-timeout").map(timeout::parse) {
            None => (None, false),
            Some(Ok(left)) => (Some((serving.clock)() + left), left.is_zero()),
            Some(Err(error)) => {
                let status = Status::local(Code::Internal, error.to_string());
                refuse(wire, stream, 400, Some(&status), end);
                return None;
            }
        };
        let content_type = match kind.subtype() {
            "" | "proto" => Cow::Borrowed(said::PLAIN),
            subtype => Cow::Owned(content_type::of_subtype(subtype).into_owned()),
        };
        let declared = serving.registry.declared(fields.reserved("grpc-encoding"));
        let mut core = ServeCore::new(stream, content_type, deadline, end);
        let compressor = match declared {
            Ok(compressor) => compressor.cloned(),
            Err(unknown) => {
                let mut accept = Metadata::new();
                let listed = accept
                    .push_reserved("grpc-accept-encoding", serving.registry.accept().as_bytes());
                debug_assert!(listed.is_ok());
                core.refuse_encoding(wire, &unknown.at_server(), &accept);
                return None;
            }
        };
        let accepted = fields
            .reserved_all("grpc-accept-encoding")
            .map(|list| serving.registry.accepted(list))
            .last()
            .unwrap_or_default();
        core.compressor = compressor
            .as_ref()
            .and_then(|used| serving.registry.agreed(accepted, used.name()))
            .cloned();
        let how = Receiving {
            limit: serving.max_receive,
            compressor,
            single: serving.single,
            unread: serving.unread.clone(),
        };
        core.inbound = Inbound::new(how, serving.wanted);
        if late {
            let status = crate::cancel::Cancel::Deadline.status();
            core.finish(wire, &Err(status), &Metadata::new(), &Metadata::new());
            return None;
        }
        let authority = std::str::from_utf8(request.authority).unwrap_or_default();
        let incoming = Incoming {
            authority: authority.to_owned(),
            metadata: fields,
            deadline,
            accepted,
        };
        Some((core, incoming))
    }

    fn new(
        stream: StreamRef,
        content_type: Cow<'static, str>,
        deadline: Option<Instant>,
        request_ended: bool,
    ) -> ServeCore {
        let how = Receiving {
            limit: 0,
            compressor: None,
            single: false,
            unread: Unread::default(),
        };
        ServeCore {
            stream,
            state: State::Open,
            inbound: Inbound::new(how, 0),
            content_type,
            compressor: None,
            deadline,
            head_sent: false,
            head: None,
            request_ended,
            half_close_told: false,
            queue: VecDeque::new(),
            trailers: None,
            taken: 0,
            boundaries: VecDeque::new(),
        }
    }

    /// UNIMPLEMENTED, with the encodings that would do (gRPC `doc/compression.md`).
    fn refuse_encoding(&mut self, wire: &mut dyn Wire, status: &Status, accept: &Metadata) {
        let block = self
            .ending(wire, &Err(status.clone()), &Metadata::new())
            .and_then(|mut block| {
                for (name, value) in accept.fields() {
                    block.to_mut().push_reserved(name, value)?;
                }
                Ok(block)
            });
        match block {
            Ok(block) if wire.respond(self.stream, 200, &block, true).is_ok() => {
                part(wire, self.stream, self.request_ended);
            }
            _ => self.abort(wire, ErrorCode::INTERNAL_ERROR),
        }
    }

    /// Tells of a request that was complete with its head, which no event will say again.
    pub fn start(&mut self, wire: &mut dyn Wire, out: &mut dyn FnMut(super::ServeEvent<'_>)) {
        if self.request_ended {
            self.after_reading(wire, Ok(()), out);
        }
    }
}

/// Answers a request whose head cannot be read.
pub fn refuse_head(wire: &mut dyn Wire, stream: StreamRef, why: &BadHead, end: bool) {
    match why {
        // Not 431: the status is gRPC's to tell.
        BadHead::TooLarge => {
            let status = Status::local(Code::ResourceExhausted, why.to_string());
            refuse(wire, stream, 200, Some(&status), end);
        }
        BadHead::Field(error) => {
            let status = Status::local(Code::Internal, error.to_string());
            refuse(wire, stream, 400, Some(&status), end);
        }
    }
}

/// Answers with a head alone.
fn refuse(
    wire: &mut dyn Wire,
    stream: StreamRef,
    http_status: u16,
    status: Option<&Status>,
    end: bool,
) {
    let mut fields = Metadata::new();
    let built = match status {
        Some(status) => {
            let limit = usize::try_from(wire.max_head()).unwrap_or(usize::MAX);
            fields
                .push_reserved("content-type", b"application/grpc")
                .and_then(|()| {
                    let result = Err(status.clone());
                    Status::write_trailers(&result, &Metadata::new(), limit, &mut fields)
                })
        }
        None => Ok(()),
    };
    if built.is_ok() && wire.respond(stream, http_status, &fields, true).is_ok() {
        part(wire, stream, end);
    } else {
        wire.reset(stream, ErrorCode::INTERNAL_ERROR);
    }
}

/// An answer is complete that nobody keeps a call for. A client that still sends has its stream reset once the answer
/// is written; whoever dispatches events does that on [`StreamEvent::Drained`](crate::wire::StreamEvent::Drained).
fn part(wire: &mut dyn Wire, stream: StreamRef, request_ended: bool) {
    if !request_ended {
        wire.notify_drained(stream);
    }
}
