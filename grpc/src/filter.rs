//! Hooks around calls, on both sides, for all kinds and fronts.

use crate::{
    ctx::Ctx,
    framing::Framed,
    message::Arrived,
    metadata::Metadata,
    panics::caught,
    stats::{Event, Payload, Recorders},
    status::Status,
};
use std::fmt;

/// A client's call that begins.
#[derive(Debug)]
pub struct CallInfo<'a> {
    /// `/package.Service/Method`.
    pub path: &'a str,
    /// The metadata that will be sent.
    pub metadata: &'a mut Metadata,
}

/// Looks at every call of a server. Runs on a loop thread and must not block. A panic ends the call with UNKNOWN.
pub trait ServerFilter: Send + Sync + 'static {
    /// A call begins. What is returned hears of the rest of it; `None` costs nothing.
    ///
    /// # Errors
    /// The call ends with this status and reaches no handler.
    fn on_call(&self, cx: &Ctx) -> Result<Option<Box<dyn CallHooks>>, Status>;
}

/// Looks at every call of a channel. Runs where the call is made and must not block.
pub trait ClientFilter: Send + Sync + 'static {
    /// A call begins. What is returned hears of the rest of it; `None` costs nothing.
    ///
    /// # Errors
    /// The call ends with this status and is not sent.
    fn on_call(&self, info: &mut CallInfo<'_>) -> Result<Option<Box<dyn CallHooks>>, Status>;
}

/// Hears of one call. Runs on a loop thread and must not block. Hooks that panic hear no more; the call goes on.
pub trait CallHooks: Send {
    /// The response's head, about to be sent or handed up.
    fn on_headers(&mut self, _fields: &mut Metadata) {}

    /// A message was sent, or was received; its octets on the wire but for the prefix.
    fn on_message(&mut self, _sent: bool, _octets: usize) {}

    /// The call ends. What is changed here is what the other side, or the caller, gets.
    fn on_end(&mut self, _result: &mut Result<(), Status>, _trailers: &mut Metadata) {}
}

/// Wraps the handlers of methods that run on pools: runs on the handler's thread and may block.
pub trait Around: Send + Sync + 'static {
    /// A handler is about to run. What is returned in place of the handler's own result ends the call.
    ///
    /// # Errors
    /// The call's status.
    fn around(&self, cx: &Ctx, next: Next<'_>) -> Result<(), Status>;
}

/// The handler, or the next around it.
pub struct Next<'a>(&'a mut dyn FnMut() -> Result<(), Status>);

impl Next<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// Its own.
    pub fn run(self) -> Result<(), Status> {
        (self.0)()
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Next")
    }
}

/// Runs a handler inside of all that is around it, the first outermost.
pub(crate) fn run_within(
    arounds: &[Box<dyn Around>],
    cx: &Ctx,
    handler: &mut dyn FnMut() -> Result<(), Status>,
) -> Result<(), Status> {
    match arounds.split_first() {
        None => handler(),
        Some((first, rest)) => first.around(cx, Next(&mut || run_within(rest, cx, handler))),
    }
}

/// The hooks of one call, and who else hears of it.
#[derive(Default)]
pub(crate) struct Hooks {
    /// The last filter's first: the first one's are outermost.
    filters: Vec<Box<dyn CallHooks>>,
    recorders: Recorders,
    attempts: u32,
}

impl Hooks {
    pub(crate) fn of(
        found: impl Iterator<Item = Result<Option<Box<dyn CallHooks>>, Status>>,
    ) -> Result<Hooks, Status> {
        let mut filters = Vec::new();
        for hook in found {
            filters.extend(hook?);
        }
        filters.reverse();
        Ok(Hooks {
            filters,
            ..Hooks::default()
        })
    }

    /// Whether no code of the user's hears of the call.
    pub(crate) fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.recorders.is_empty()
    }

    /// From the innermost to the outermost, but for those that panic.
    fn each(&mut self, mut tell: impl FnMut(&mut dyn CallHooks)) {
        self.filters
            .retain_mut(|hook| caught(|| tell(&mut **hook)).is_some());
    }

    pub(crate) fn record(&mut self, recorders: Recorders) {
        self.recorders = recorders;
    }

    /// The call has a stream, on which this head was sent.
    pub(crate) fn attempt(&mut self, head: &Metadata) {
        let number = self.attempts;
        self.attempts += 1;
        self.recorders.tell(&Event::Attempt { number });
        self.recorders.tell(&Event::OutHeader(head));
    }

    /// A head of the response, about to be sent, or handed up.
    pub(crate) fn headers(&mut self, sent: bool, fields: &mut Metadata) {
        if !sent {
            self.recorders.tell(&Event::InHeader(fields));
        }
        self.each(|hook| hook.on_headers(fields));
        if sent {
            self.recorders.tell(&Event::OutHeader(fields));
        }
    }

    /// The same of a call that ends without messages: with nothing to say, the trailers are its head.
    pub(crate) fn headers_at_end(&mut self, fields: &mut Metadata) {
        self.each(|hook| hook.on_headers(fields));
        if !fields.is_empty() {
            self.recorders.tell(&Event::OutHeader(fields));
        }
    }

    pub(crate) fn sent(&mut self, message: &Framed) {
        let packed = message.message().len();
        self.message(true, packed);
        let size = message.size();
        self.recorders
            .tell(&Event::OutPayload(Payload { size, packed }));
    }

    pub(crate) fn arrived(&mut self, message: &Arrived<'_>) {
        let (size, packed) = (message.len(), message.packed);
        self.recorders
            .tell(&Event::InPayload(Payload { size, packed }));
        self.message(false, packed);
    }

    fn message(&mut self, sent: bool, octets: usize) {
        self.each(|hook| hook.on_message(sent, octets));
    }

    /// The call ends, with trailers that are sent, that have come, or that there are none of.
    pub(crate) fn end(
        &mut self,
        way: Way,
        result: &mut Result<(), Status>,
        trailers: &mut Metadata,
    ) {
        if way == Way::In {
            self.recorders.tell(&Event::InTrailer(trailers));
        }
        self.each(|hook| hook.on_end(result, trailers));
        self.filters.clear();
        if way == Way::Out {
            self.recorders.tell(&Event::OutTrailer(trailers));
        }
        self.recorders.end(result);
    }
}

/// Where trailers go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    In,
    Out,
}
