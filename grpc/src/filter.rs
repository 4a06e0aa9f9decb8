//! Hooks around calls, on both sides, for all kinds and fronts.

use crate::{ctx::Ctx, metadata::Metadata, status::Status};
use std::fmt;

/// A client's call that begins.
#[derive(Debug)]
pub struct CallInfo<'a> {
    /// `/package.Service/Method`.
    pub path: &'a str,
    /// The metadata that will be sent.
    pub metadata: &'a mut Metadata,
}

/// Looks at every call of a server. Runs on a loop thread and must not block.
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

/// Hears of one call. Runs on a loop thread and must not block.
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

/// The hooks of one call, the first filter's outermost.
#[derive(Default)]
pub(crate) struct Hooks(Vec<Box<dyn CallHooks>>);

impl Hooks {
    pub(crate) fn of(
        found: impl Iterator<Item = Result<Option<Box<dyn CallHooks>>, Status>>,
    ) -> Result<Hooks, Status> {
        let mut hooks = Vec::new();
        for hook in found {
            hooks.extend(hook?);
        }
        Ok(Hooks(hooks))
    }

    pub(crate) fn headers(&mut self, fields: &mut Metadata) {
        self.0
            .iter_mut()
            .rev()
            .for_each(|hook| hook.on_headers(fields));
    }

    pub(crate) fn message(&mut self, sent: bool, octets: usize) {
        self.0
            .iter_mut()
            .rev()
            .for_each(|hook| hook.on_message(sent, octets));
    }

    pub(crate) fn end(&mut self, result: &mut Result<(), Status>, trailers: &mut Metadata) {
        self.0
            .iter_mut()
            .rev()
            .for_each(|hook| hook.on_end(result, trailers));
        self.0.clear();
    }
}
