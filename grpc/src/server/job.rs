//! A handler at work.

use super::{
    service::{Run, RunStream, RunUnary},
    spec::ServerSpec,
};
use crate::{
    code::Code, codec::MessageBuf, ctx::Ctx, filter::run_within, framing::Framed, panics::caught,
    pool::Work, status::Status, stream::Finisher,
};
use bytes::Bytes;
use std::sync::Arc;

/// A handler's panic ends its call and nothing else. What it was is the panic hook's to tell, not the client's.
pub(super) fn guarded<T>(f: impl FnOnce() -> Result<T, Status>) -> Result<T, Status> {
    caught(f).unwrap_or_else(|| Err(Status::local(Code::Unknown, "handler panicked")))
}

/// Runs a unary handler where it is.
pub(super) fn run_unary(
    run: &RunUnary,
    cx: &Ctx,
    message: MessageBuf<'_>,
    limit: usize,
) -> Result<Framed, Status> {
    guarded(|| run(cx, message, limit))
}

/// Runs a handler that answers through its call.
pub(super) fn run_stream(run: &RunStream, cx: &Ctx, call: &Arc<Finisher>) {
    let result = guarded(|| run(cx, call));
    call.release(result);
}

/// A call on its way to a thread.
pub(super) struct Job {
    pub(super) spec: Arc<ServerSpec>,
    pub(super) run: Run,
    /// Nothing goes around it.
    pub(super) apart: bool,
    pub(super) cx: Ctx,
    pub(super) call: Arc<Finisher>,
    /// The request of a unary call.
    pub(super) message: Bytes,
}

impl Work for Job {
    fn run(self: Box<Self>) {
        let Job {
            spec,
            run,
            apart,
            cx,
            call,
            message,
        } = *self;
        if call.pipe().ended().is_some() {
            // Given up while it waited for a thread: nobody would hear its handler.
            return call.release(Ok(()));
        }
        let arounds = if apart { &[] } else { &spec.arounds[..] };
        match run {
            Run::Unary(run) => {
                let limit = call.pipe().encoding().limit;
                let reply = guarded(|| {
                    let mut reply = None;
                    run_within(arounds, &cx, &mut || {
                        let message = MessageBuf::Shared(message.clone());
                        reply = Some(run(&cx, message, limit)?);
                        Ok(())
                    })?;
                    // Something around the handler has let the call pass without it.
                    reply.ok_or_else(|| Status::local(Code::Internal, "the handler was not run"))
                });
                let result = reply.and_then(|framed| call.send(framed));
                call.release(result);
            }
            Run::Stream(run) | Run::Respond(run) => {
                let result = guarded(|| run_within(arounds, &cx, &mut || run(&cx, &call)));
                call.release(result);
            }
            // Never on its way to a thread.
            Run::Reactor(_) => call.release(Ok(())),
        }
    }

    fn refuse(self: Box<Self>, status: Status) {
        self.call.release(Err(status));
    }
}
