//! The end of a served call: when its handler has returned and no detached sink lives, or when one of them says so.

use super::try_send::TrySend;
use crate::{
    cancel::Cancel,
    codec::{self, Codec, Encoded},
    ctx::Ctx,
    framing::Framed,
    metadata::Metadata,
    pipe::{Out, Pipe},
    status::Status,
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// What a handler and its sinks share.
pub(crate) struct Finisher {
    pipe: Arc<Pipe>,
    cx: Ctx,
    /// The handler and the sinks.
    holders: AtomicUsize,
    finished: AtomicBool,
    /// Held from when the head is taken until it is said: what follows it must not come before it.
    head: Mutex<()>,
    /// The head was said.
    head_is_out: AtomicBool,
}

impl Finisher {
    /// With the handler as its one holder.
    pub(crate) fn new(pipe: Arc<Pipe>, cx: Ctx) -> Arc<Finisher> {
        Arc::new(Finisher {
            pipe,
            cx,
            holders: AtomicUsize::new(1),
            finished: AtomicBool::new(false),
            head: Mutex::new(()),
            head_is_out: AtomicBool::new(false),
        })
    }

    pub(crate) fn pipe(&self) -> &Arc<Pipe> {
        &self.pipe
    }

    pub(crate) fn cx(&self) -> &Ctx {
        &self.cx
    }

    pub(crate) fn hold(&self) {
        self.holders.fetch_add(1, Ordering::Relaxed);
    }

    /// A holder is done. An error ends the call at once, success with the last.
    pub(crate) fn release(&self, result: Result<(), Status>) {
        let last = self.holders.fetch_sub(1, Ordering::AcqRel) == 1;
        if last || result.is_err() {
            self.finish(result, &Metadata::new());
        }
    }

    pub(crate) fn finish(&self, result: Result<(), Status>, more: &Metadata) {
        if self.finished.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut trailers = self.cx.take_trailers();
        let result = match (trailers.append_all(more), result) {
            (Err(error), Ok(())) => Err(error.into()),
            (_, result) => result,
        };
        let _whole = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        self.pipe.say(Out::Finish {
            result,
            head: self.cx.take_head().unwrap_or_default(),
            trailers,
        });
    }

    /// Encodes a message as this response sends them.
    pub(crate) fn frame<T>(&self, codec: &dyn Codec<T>, message: &T) -> Result<Framed, Status> {
        let limit = self.pipe.encoding().limit;
        self.cx
            .encode(limit, |sending| codec::frame(codec, message, sending))
    }

    /// The same for a message that was encoded before.
    pub(crate) fn frame_encoded<T>(&self, message: &Encoded<T>) -> Result<Framed, Status> {
        let limit = self.pipe.encoding().limit;
        self.cx.encode(limit, |sending| message.framed(sending))
    }

    fn gone(&self) -> Status {
        match self.pipe.ended().map(|ended| ended.result) {
            Some(Err(status)) => status,
            _ => Cancel::Local.status(),
        }
    }

    pub(crate) fn send_head(&self) -> Result<(), Status> {
        if self.head_is_out.load(Ordering::Acquire) {
            return Ok(());
        }
        let _whole = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        let said = match self.cx.take_head() {
            Some(head) => self.pipe.say(Out::Head(head)),
            None => true,
        };
        self.head_is_out.store(true, Ordering::Release);
        said.then_some(()).ok_or_else(|| self.gone())
    }

    /// Sends a message, room or not.
    pub(crate) fn send(&self, message: Framed) -> Result<(), Status> {
        if self.finished.load(Ordering::Acquire) {
            return Err(self.gone());
        }
        self.send_head()?;
        if self.pipe.say(Out::Message(message, false)) {
            Ok(())
        } else {
            Err(self.gone())
        }
    }

    pub(crate) fn try_send<T>(&self, codec: &dyn Codec<T>, message: &T) -> Result<(), TrySend> {
        if self.pipe.ended().is_none() && !self.pipe.is_writable() {
            return Err(TrySend::Full);
        }
        self.frame(codec, message)
            .and_then(|framed| self.send(framed))
            .map_err(TrySend::Ended)
    }
}
