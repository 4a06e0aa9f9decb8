//! A handler at work.

use super::service::{Run, RunStream, RunUnary};
use crate::{
    code::Code, codec::MessageBuf, compress::Sending, ctx::Ctx, framing::Framed, pool::Work,
    status::Status, stream::Finisher,
};
use bytes::Bytes;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// A handler's panic ends its call and nothing else. What it was is the panic hook's to tell, not the client's.
pub(super) fn guarded<T>(f: impl FnOnce() -> Result<T, Status>) -> Result<T, Status> {
    catch_unwind(AssertUnwindSafe(f))
        .unwrap_or_else(|_| Err(Status::local(Code::Unknown, "handler panicked")))
}

/// Runs a unary handler where it is.
pub(super) fn run_unary(
    run: &RunUnary,
    cx: &Ctx,
    message: MessageBuf<'_>,
    sending: &Sending<'_>,
) -> Result<Framed, Status> {
    guarded(|| run(cx, message, sending))
}

/// Runs a handler that answers through its call.
pub(super) fn run_stream(run: &RunStream, cx: &Ctx, call: &Arc<Finisher>) {
    let result = guarded(|| run(cx, call));
    call.release(result);
}

/// A call on its way to a thread.
pub(super) struct Job {
    pub(super) run: Run,
    pub(super) cx: Ctx,
    pub(super) call: Arc<Finisher>,
    /// The request of a unary call.
    pub(super) message: Bytes,
}

impl Work for Job {
    fn run(self: Box<Self>) {
        let Job {
            run,
            cx,
            call,
            message,
        } = *self;
        match run {
            Run::Unary(run) => {
                let encoding = call.pipe().encoding().clone();
                let reply = run_unary(&run, &cx, MessageBuf::Shared(message), &encoding.sending());
                let result = reply.and_then(|framed| call.send(framed));
                call.release(result);
            }
            Run::Stream(run) | Run::Respond(run) => run_stream(&run, &cx, &call),
            // Never on its way to a thread.
            Run::Reactor(_) => call.release(Ok(())),
        }
    }

    fn refuse(self: Box<Self>, status: Status) {
        self.call.release(Err(status));
    }
}
