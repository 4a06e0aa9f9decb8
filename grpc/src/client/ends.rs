//! The blocking ends of a client's streaming calls.

use super::begun::{Begun, reply_of};
use crate::{
    code::Code,
    codec::{self, Codec, Encoded},
    compress::Sending,
    ctx::CancelGuard,
    framing::Framed,
    metadata::Metadata,
    pipe::{Out, Pipe},
    status::Status,
    stream::{Receiver, TryRecv},
};
use std::{fmt, iter::FusedIterator, sync::Arc, time::Duration};

/// The other side has ended the call while this one was sending. The true status is what `finish` or `recv` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call has ended; its status is with its responses")
    }
}

impl std::error::Error for Ended {}

fn dropped() -> Status {
    Status::local(Code::Cancelled, "the caller dropped the call")
}

/// The responses of a call: an iterator, fused. Dropping it early cancels the call.
pub struct Responses<R: 'static> {
    rx: Option<Receiver<R>>,
    pipe: Option<Arc<Pipe>>,
    /// Why there is no call.
    fault: Option<Status>,
    headers: Metadata,
    parent: Option<CancelGuard>,
}

impl<R: 'static> Responses<R> {
    pub(super) fn new(begun: Result<Begun, Status>, codec: &'static dyn Codec<R>) -> Responses<R> {
        match begun {
            Ok(Begun { pipe, parent }) => Responses {
                rx: Some(Receiver::new(Arc::clone(&pipe), codec)),
                pipe: Some(pipe),
                fault: None,
                headers: Metadata::new(),
                parent,
            },
            Err(status) => Responses {
                rx: None,
                pipe: None,
                fault: Some(status),
                headers: Metadata::new(),
                parent: None,
            },
        }
    }

    /// Waits for the next response; `None` at the end of a call that went well.
    ///
    /// # Errors
    /// The call's status, once.
    pub fn recv(&mut self) -> Result<Option<R>, Status> {
        match &mut self.rx {
            Some(rx) => rx.recv(),
            None => self.fault.take().map_or(Ok(None), Err),
        }
    }

    /// The next response, if it is here.
    ///
    /// # Errors
    /// [`TryRecv::Empty`], or the call's status.
    pub fn try_recv(&mut self) -> Result<Option<R>, TryRecv> {
        match &mut self.rx {
            Some(rx) => rx.try_recv(),
            None => self
                .fault
                .take()
                .map_or(Ok(None), |status| Err(TryRecv::Ended(status))),
        }
    }

    /// Waits for the next response, for so long.
    ///
    /// # Errors
    /// As [`try_recv`](Responses::try_recv).
    pub fn recv_timeout(&mut self, longest: Duration) -> Result<Option<R>, TryRecv> {
        match &mut self.rx {
            Some(rx) => rx.recv_timeout(longest),
            None => self.try_recv(),
        }
    }

    /// Whether the last message came compressed.
    pub fn was_compressed(&self) -> bool {
        self.rx.as_ref().is_some_and(Receiver::was_compressed)
    }

    /// Waits for the response's head.
    ///
    /// # Errors
    /// The call ended without one, and not well.
    pub fn headers(&mut self) -> Result<&Metadata, Status> {
        if let Some(pipe) = &self.pipe {
            if self.headers.list_size() == 0 {
                pipe.wait_headers()?;
                self.headers = pipe.take_headers().unwrap_or_default();
            }
        } else if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        Ok(&self.headers)
    }

    /// The trailers, once the call has ended.
    pub fn trailers(&self) -> Option<Metadata> {
        Some(self.pipe.as_ref()?.ended()?.trailers)
    }

    /// Gives the call up.
    pub fn cancel(&self) {
        if let Some(pipe) = &self.pipe {
            pipe.say(Out::Cancel(dropped()));
        }
    }
}

impl<R: 'static> Iterator for Responses<R> {
    type Item = Result<R, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        self.recv().transpose()
    }
}

impl<R: 'static> FusedIterator for Responses<R> {}

impl<R: 'static> Drop for Responses<R> {
    fn drop(&mut self) {
        self.parent = None;
        self.cancel();
    }
}

impl<R: 'static> fmt::Debug for Responses<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responses")
    }
}

/// The requests of a call. Dropped without [`close`](Outgoing::close) it cancels the call and does not half-close it: a
/// torn request must not look whole.
pub struct Outgoing<Q: 'static> {
    pipe: Option<Arc<Pipe>>,
    codec: &'static dyn Codec<Q>,
    closed: bool,
    plain: bool,
}

impl<Q: 'static> Outgoing<Q> {
    pub(super) fn new(pipe: Option<Arc<Pipe>>, codec: &'static dyn Codec<Q>) -> Outgoing<Q> {
        Outgoing {
            pipe,
            codec,
            closed: false,
            plain: false,
        }
    }

    /// Sends a message; waits while the stream's quota is used up, but not for its delivery.
    ///
    /// # Errors
    /// The call has ended. A message that cannot be sent ends it.
    pub fn send(&mut self, message: &Q) -> Result<(), Ended> {
        let pipe = self.pipe.as_ref().ok_or(Ended)?;
        let framed = codec::frame(self.codec, message, &self.sending(pipe));
        self.send_framed(framed)
    }

    /// Sends a message that was encoded before.
    ///
    /// # Errors
    /// As [`send`](Outgoing::send).
    pub fn send_encoded(&mut self, message: &Encoded<Q>) -> Result<(), Ended> {
        let pipe = self.pipe.as_ref().ok_or(Ended)?;
        let framed = message.framed(&self.sending(pipe));
        self.send_framed(framed)
    }

    /// Sends messages from here on as they are, or by the call's encoding again.
    pub fn compress(&mut self, on: bool) {
        self.plain = !on;
    }

    fn sending<'p>(&self, pipe: &'p Pipe) -> Sending<'p> {
        let usual = pipe.encoding().sending();
        Sending {
            compressor: usual.compressor.filter(|_| !self.plain),
            ..usual
        }
    }

    fn send_framed(&self, framed: Result<Framed, Status>) -> Result<(), Ended> {
        let pipe = self.pipe.as_ref().ok_or(Ended)?;
        let room = framed.and_then(|framed| pipe.wait_writable().map(|()| framed));
        match room {
            Ok(framed) => {
                let listens = pipe.say(Out::Message(framed, false));
                listens.then_some(()).ok_or(Ended)
            }
            Err(status) => {
                pipe.say(Out::Cancel(status));
                Err(Ended)
            }
        }
    }

    /// No message follows.
    pub fn close(mut self) {
        self.half_close();
    }

    fn half_close(&mut self) {
        self.closed = true;
        if let Some(pipe) = &self.pipe {
            pipe.say(Out::HalfClose);
        }
    }
}

impl<Q: 'static> Drop for Outgoing<Q> {
    fn drop(&mut self) {
        if let Some(pipe) = self.pipe.as_ref().filter(|_| !self.closed) {
            pipe.say(Out::Cancel(dropped()));
        }
    }
}

impl<Q: 'static> fmt::Debug for Outgoing<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outgoing")
    }
}

/// The requests of a call that has one response.
pub struct Upload<Q: 'static, R: 'static> {
    tx: Outgoing<Q>,
    codec: &'static dyn Codec<R>,
    fault: Option<Status>,
    parent: Option<CancelGuard>,
}

impl<Q: 'static, R: 'static> Upload<Q, R> {
    pub(super) fn new(
        begun: Result<Begun, Status>,
        req: &'static dyn Codec<Q>,
        res: &'static dyn Codec<R>,
    ) -> Upload<Q, R> {
        let (pipe, parent, fault) = match begun {
            Ok(begun) => (Some(begun.pipe), begun.parent, None),
            Err(status) => (None, None, Some(status)),
        };
        Upload {
            tx: Outgoing::new(pipe, req),
            codec: res,
            fault,
            parent,
        }
    }

    /// Sends a message; waits while the stream's quota is used up, but not for its delivery.
    ///
    /// # Errors
    /// The call has ended: [`finish`](Upload::finish) says how.
    pub fn send(&mut self, message: &Q) -> Result<(), Ended> {
        self.tx.send(message)
    }

    /// Sends messages from here on as they are, or by the call's encoding again.
    pub fn compress(&mut self, on: bool) {
        self.tx.compress(on);
    }

    /// Ends the request and waits for the response.
    ///
    /// # Errors
    /// The call's status.
    pub fn finish(mut self) -> Result<R, Status> {
        self.tx.half_close();
        let reply = match (&self.tx.pipe, self.fault.take()) {
            (Some(pipe), _) => reply_of(pipe, self.codec),
            (None, Some(fault)) => Err(fault),
            (None, None) => Err(dropped()),
        };
        self.parent = None;
        Ok(reply?.message)
    }
}

impl<Q: 'static, R: 'static> fmt::Debug for Upload<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upload")
    }
}

/// Both directions of a call.
#[derive(Debug)]
pub struct Duplex<Q: 'static, R: 'static> {
    /// Requests.
    pub tx: Outgoing<Q>,
    /// Responses.
    pub rx: Responses<R>,
}

impl<Q: 'static, R: 'static> Duplex<Q, R> {
    /// The two directions, for two threads.
    pub fn split(self) -> (Outgoing<Q>, Responses<R>) {
        (self.tx, self.rx)
    }
}
