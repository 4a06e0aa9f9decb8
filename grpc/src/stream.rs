//! The blocking ends of a call's two directions: [`Receiver`] and, for served calls, [`Sender`].

mod finisher;
mod sink;
#[cfg(test)]
mod tests;
mod try_send;

pub(crate) use finisher::Finisher;
pub use sink::SinkHandle;
pub use try_send::TrySend;

use crate::{
    codec::{Codec, Encoded, MessageBuf},
    pipe::{Pipe, Unread, Until},
    status::Status,
};
use std::{fmt, iter::FusedIterator, sync::Arc, time::Duration};

/// Requests of a served call, or responses of a client's. `None` is the other side's half-close, or the end of a call
/// that went well; an error ends it for good.
pub struct Receiver<T: 'static> {
    pipe: Arc<Pipe>,
    codec: &'static dyn Codec<T>,
    done: bool,
    compressed: bool,
}

/// Why there is no message.
#[derive(Debug)]
pub enum TryRecv {
    /// None is here yet.
    Empty,
    /// The call has ended, with this status.
    Ended(Status),
}

impl<T: 'static> Receiver<T> {
    pub(crate) fn new(pipe: Arc<Pipe>, codec: &'static dyn Codec<T>) -> Receiver<T> {
        Receiver {
            pipe,
            codec,
            done: false,
            compressed: false,
        }
    }

    /// Waits for the next message.
    ///
    /// # Errors
    /// The call's status, once; then `Ok(None)`.
    pub fn recv(&mut self) -> Result<Option<T>, Status> {
        match self.next_until(Until::Ready) {
            Ok(message) => Ok(message),
            Err(TryRecv::Ended(status)) => Err(status),
            Err(TryRecv::Empty) => Ok(None),
        }
    }

    /// The next message, if it is here.
    ///
    /// # Errors
    /// [`TryRecv::Empty`], or the call's status.
    pub fn try_recv(&mut self) -> Result<Option<T>, TryRecv> {
        self.next_until(Until::Now)
    }

    /// Waits for the next message, for so long.
    ///
    /// # Errors
    /// As [`try_recv`](Receiver::try_recv).
    pub fn recv_timeout(&mut self, longest: Duration) -> Result<Option<T>, TryRecv> {
        let until = self.pipe.host().now() + longest;
        self.next_until(Until::Time(until))
    }

    /// Whether the last message came compressed.
    pub fn was_compressed(&self) -> bool {
        self.compressed
    }

    fn next_until(&mut self, until: Until) -> Result<Option<T>, TryRecv> {
        if self.done {
            return Ok(None);
        }
        match self.pipe.read(until) {
            Ok(Some(read)) => {
                self.compressed = read.compressed;
                match self.codec.decode(MessageBuf::Shared(read.message)) {
                    Ok(message) => Ok(Some(message)),
                    Err(status) => {
                        self.done = true;
                        Err(TryRecv::Ended(status))
                    }
                }
            }
            Ok(None) => {
                self.done = true;
                Ok(None)
            }
            Err(Unread::Empty) => Err(TryRecv::Empty),
            Err(Unread::Ended(status)) => {
                self.done = true;
                Err(TryRecv::Ended(status))
            }
        }
    }
}

impl<T: 'static> Iterator for Receiver<T> {
    type Item = Result<T, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        self.recv().transpose()
    }
}

impl<T: 'static> FusedIterator for Receiver<T> {}

impl<T: 'static> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

/// Responses of a served call.
///
/// By value, so that it can outlive the handler: see [`detach`](Sender::detach). An error is the status by which the
/// call was given up, so that `?` is always right.
pub struct Sender<T: 'static> {
    finisher: Arc<Finisher>,
    codec: &'static dyn Codec<T>,
}

impl<T: 'static> Sender<T> {
    pub(crate) fn new(finisher: Arc<Finisher>, codec: &'static dyn Codec<T>) -> Sender<T> {
        Sender { finisher, codec }
    }

    /// Sends a message; waits while the stream's quota is used up, but not for its delivery.
    ///
    /// # Errors
    /// The call was given up; the message is larger than the limit: RESOURCE_EXHAUSTED; or this thread must not wait.
    pub fn send(&mut self, message: &T) -> Result<(), Status> {
        let framed = self.finisher.frame(self.codec, message)?;
        self.finisher.pipe().wait_writable()?;
        self.finisher.send(framed)
    }

    /// Sends a message that was encoded before.
    ///
    /// # Errors
    /// As [`send`](Sender::send).
    pub fn send_encoded(&mut self, message: &Encoded<T>) -> Result<(), Status> {
        let framed = self.finisher.frame_encoded(message)?;
        self.finisher.pipe().wait_writable()?;
        self.finisher.send(framed)
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    /// [`TrySend::Full`]; [`TrySend::Ended`] if the call was given up, or the message cannot be sent.
    pub fn try_send(&mut self, message: &T) -> Result<(), TrySend> {
        self.finisher.try_send(self.codec, message)
    }

    /// Sends messages from here on as they are, or by the response's encoding again: see
    /// [`Ctx::compress_with`](crate::ctx::Ctx::compress_with).
    pub fn compress(&mut self, on: bool) {
        self.finisher.cx().compress(on);
    }

    /// Sends the response's head now rather than with the first message.
    ///
    /// # Errors
    /// The call was given up.
    pub fn flush_headers(&mut self) -> Result<(), Status> {
        self.finisher.send_head()
    }

    /// Keeps the call open after its handler has returned `Ok`: it ends by [`SinkHandle::finish`], or with the last
    /// clone.
    pub fn detach(self) -> SinkHandle<T> {
        SinkHandle::new(self.finisher, self.codec)
    }
}

impl<T: 'static> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}
