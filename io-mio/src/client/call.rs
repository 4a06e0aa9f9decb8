//! A call, as the loop sees it.

use super::error::CallError;
use crate::engine::{Conn, Cx};
use crate::id::ConnId;
use crate::panics::caught;
use bytes::Bytes;
use bywash_proto::error::SendError;
use bywash_proto::headers::{Fields, Head};
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};

/// What becomes of a request. Called on the loop's thread; must not block. Each call ends with
/// [`on_end`](Self::on_end), once.
///
/// A request that the peer certainly did not process is sent again by itself, if nothing of its body
/// is gone: see [`rewind`](Self::rewind). Nothing of that is seen here.
///
/// A panic ends this call, with [`CallError::Panicked`], and no other; with `panic = "abort"` the
/// process ends.
pub trait Call {
    /// An informational response (RFC 9110 15.2).
    fn on_inform(&mut self, head: Head) {
        let _ = head;
    }

    /// The response's head. With `end` it has no body.
    fn on_response(&mut self, talk: &mut Talk<'_>, head: Head, end: bool);

    /// Part of the response's body. Returns how many octets are done with: the peer may send as
    /// many more. The rest is to be given back by [`Talk::release`].
    fn on_data(&mut self, talk: &mut Talk<'_>, data: &[u8], end: bool) -> usize {
        let _ = (talk, end);
        data.len()
    }

    /// Trailers: the end of the response.
    fn on_trailers(&mut self, talk: &mut Talk<'_>, trailers: Head) {
        let _ = (talk, trailers);
    }

    /// A streamed body may be written. Called once the request is sent, and after each refusal of
    /// [`Talk::write`].
    fn on_writable(&mut self, talk: &mut Talk<'_>) {
        let _ = talk;
    }

    /// Somebody on another thread wants to be heard.
    fn on_wake(&mut self, talk: &mut Talk<'_>) {
        let _ = talk;
    }

    /// The streamed body is needed once more from its beginning. False if that cannot be: then the
    /// call fails.
    fn rewind(&mut self) -> bool {
        false
    }

    /// The call is over: the response is complete, or this is why it is not.
    fn on_end(&mut self, outcome: Result<(), CallError>);
}

/// The last word to a call, which goes.
pub(crate) fn end(mut call: Box<dyn Call>, outcome: Result<(), CallError>) {
    let _ = caught(move || call.on_end(outcome));
}

/// A request under way, for the length of one call.
#[derive(Debug)]
pub struct Talk<'a> {
    cx: Cx<'a>,
    conn: ConnId,
    stream: StreamRef,
    pub(crate) wrote: bool,
    pub(crate) finished: bool,
    pub(crate) cancelled: bool,
    /// Why, if it was not the caller's wish.
    pub(crate) fault: Option<SendError>,
}

impl<'a> Talk<'a> {
    pub(crate) fn new(cx: &'a mut Cx<'_>, conn: ConnId, stream: StreamRef) -> Self {
        Self {
            cx: cx.reborrow(),
            conn,
            stream,
            wrote: false,
            finished: false,
            cancelled: false,
            fault: None,
        }
    }

    fn conn(&mut self) -> Result<Conn<'_>, SendError> {
        self.cx.conn(self.conn).ok_or(SendError::Gone)
    }

    /// Queues a piece of the body. True if it was taken, and then `data` is empty; false if enough
    /// waits already, and then [`Call::on_writable`] follows when there is room.
    ///
    /// # Errors
    /// The stream is gone, or the body was ended.
    pub fn write(&mut self, data: &mut Bytes) -> Result<bool, SendError> {
        let (stream, whole) = (self.stream, data.len());
        let taken = self.conn()?.send(stream).data(data, false)?;
        self.wrote |= taken > 0;
        Ok(taken == whole)
    }

    /// Ends the body.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn finish(&mut self) -> Result<(), SendError> {
        let stream = self.stream;
        self.conn()?.send(stream).data(&mut Bytes::new(), true)?;
        self.finished = true;
        Ok(())
    }

    /// Ends the body with trailers.
    ///
    /// # Errors
    /// As [`write`](Self::write); the fields break a rule.
    pub fn trailers<F: Fields + ?Sized>(&mut self, fields: &F) -> Result<(), SendError> {
        let stream = self.stream;
        self.conn()?.send(stream).trailers(fields)?;
        self.wrote = true;
        self.finished = true;
        Ok(())
    }

    /// Gives octets back that [`Call::on_data`] kept.
    pub fn release(&mut self, octets: usize) {
        let stream = self.stream;
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        if let Ok(mut conn) = self.conn() {
            let mut half = conn.recv(stream);
            let octets = octets.min(half.outstanding());
            // No more than is outstanding: it cannot fail.
            let _ = half.release(octets);
        }
    }

    /// Gives the call up; [`Call::on_end`] follows.
    pub fn cancel(&mut self) {
        let stream = self.stream;
        if let Ok(mut conn) = self.conn() {
            conn.send(stream).reset(ErrorCode::CANCEL);
        }
        self.cancelled = true;
    }

    /// The same, because of what cannot be sent.
    pub(crate) fn fail(&mut self, fault: SendError) {
        self.cancel();
        self.fault = Some(fault);
    }

    /// The time of this turn.
    pub fn now(&self) -> Instant {
        self.cx.now()
    }

    /// The connection that it goes over.
    pub fn conn_id(&self) -> ConnId {
        self.conn
    }

    /// Its stream.
    pub fn stream(&self) -> StreamRef {
        self.stream
    }

    /// The loop, for all that goes beyond this call.
    pub fn cx(&mut self) -> &mut Cx<'a> {
        &mut self.cx
    }
}
