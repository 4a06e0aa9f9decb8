//! A sender that holds no thread.

use super::{finisher::Finisher, try_send::TrySend};
use crate::{
    codec::{Codec, Encoded},
    framing::Framed,
    metadata::Metadata,
    pipe::Out,
    status::Status,
};
use std::{fmt, sync::Arc, time::Duration};

/// Sends from anywhere. Encodes on the calling thread; bounded by the stream's quota.
pub struct SinkHandle<T: 'static> {
    shared: Arc<Shared>,
    codec: &'static dyn Codec<T>,
}

/// Dropped with the last clone.
struct Shared(Arc<Finisher>);

impl Drop for Shared {
    fn drop(&mut self) {
        self.0.release(Ok(()));
    }
}

impl<T: 'static> SinkHandle<T> {
    pub(crate) fn new(finisher: Arc<Finisher>, codec: &'static dyn Codec<T>) -> SinkHandle<T> {
        finisher.hold();
        SinkHandle {
            shared: Arc::new(Shared(finisher)),
            codec,
        }
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    /// [`TrySend::Full`]; [`TrySend::Ended`] if the call has ended, or the message cannot be sent.
    pub fn try_send(&self, message: &T) -> Result<(), TrySend> {
        self.shared.0.try_send(self.codec, message)
    }

    /// Sends a message that was encoded before, if there is room for it now.
    ///
    /// # Errors
    /// As [`try_send`](SinkHandle::try_send).
    pub fn try_send_encoded(&self, message: &Encoded<T>) -> Result<(), TrySend> {
        let pipe = self.shared.0.pipe();
        if pipe.ended().is_none() && !pipe.is_writable() {
            return Err(TrySend::Full);
        }
        self.shared
            .0
            .frame_encoded(message)
            .and_then(|framed| self.shared.0.send(framed))
            .map_err(TrySend::Ended)
    }

    /// Sends a message; waits for room for it, for so long at most, but not for its delivery.
    ///
    /// # Errors
    /// [`TrySend::Full`] if there was no room in that time; [`TrySend::Ended`] if the call has ended, the message cannot
    /// be sent, or this thread must not wait.
    pub fn send(&self, message: &T, patience: Duration) -> Result<(), TrySend> {
        let call = &self.shared.0;
        let framed = call.frame(self.codec, message);
        self.send_in(framed.map_err(TrySend::Ended)?, patience)
    }

    /// Sends a message that was encoded before, as [`send`](SinkHandle::send) does.
    ///
    /// # Errors
    /// As [`send`](SinkHandle::send).
    pub fn send_encoded(&self, message: &Encoded<T>, patience: Duration) -> Result<(), TrySend> {
        let framed = self.shared.0.frame_encoded(message);
        self.send_in(framed.map_err(TrySend::Ended)?, patience)
    }

    fn send_in(&self, framed: Framed, patience: Duration) -> Result<(), TrySend> {
        let pipe = self.shared.0.pipe();
        let until = pipe.host().now() + patience;
        match pipe.wait_writable_until(Some(until)) {
            Ok(true) => self.shared.0.send(framed).map_err(TrySend::Ended),
            Ok(false) => Err(TrySend::Full),
            Err(status) => Err(TrySend::Ended(status)),
        }
    }

    /// Has the call's reactor woken, on its loop. Does nothing to a call that has none.
    pub fn wake(&self) {
        self.shared.0.pipe().say(Out::Wake);
    }

    /// Ends the call.
    pub fn finish(&self, result: Result<(), Status>) {
        self.finish_with(result, &Metadata::new());
    }

    /// Ends the call, with these trailers beside those that were set before.
    pub fn finish_with(&self, result: Result<(), Status>, trailers: &Metadata) {
        self.shared.0.finish(result, trailers);
    }
}

impl<T: 'static> Clone for SinkHandle<T> {
    fn clone(&self) -> Self {
        SinkHandle {
            shared: Arc::clone(&self.shared),
            codec: self.codec,
        }
    }
}

impl<T: 'static> fmt::Debug for SinkHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SinkHandle")
    }
}
