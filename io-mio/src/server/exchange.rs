//! One request being answered: what a service does, and what is left to be done later.

use crate::address::Address;
use crate::engine::Cx;
use crate::id::ConnId;
use crate::mailbox::Handle;
use crate::session::TlsFacts;
use bytes::Bytes;
use bywash_proto::error::{SendError, StreamEnd};
use bywash_proto::headers::{Field, Fields, Head};
use bywash_proto::vocabulary::{ErrorCode, Instant, Priority, StreamRef};
use std::sync::Arc;
use std::time::Duration;

/// What is left to be done of an answer once the service has returned: a body that is read, or one
/// that is written. Called on the loop's thread; must not block.
pub trait Exchange {
    /// Part of the request's body. Returns how many octets are done with: the peer may send as many
    /// more. The rest is to be given back by [`Reply::release`], else the peer stalls.
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        let _ = (reply, end);
        data.len()
    }

    /// Trailers: the end of the request's body.
    fn on_trailers(&mut self, reply: &mut Reply<'_>, trailers: Head) {
        let _ = (reply, trailers);
    }

    /// [`Reply::write`] takes something. Called once at the beginning, and again after each refusal.
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        let _ = reply;
    }

    /// Somebody called [`Waker::wake`].
    fn on_wake(&mut self, reply: &mut Reply<'_>) {
        let _ = reply;
    }

    /// The exchange ended before its time. The last call.
    fn on_end(&mut self, end: &Ended) {
        let _ = end;
    }

    /// Whether the rest of the request is still of interest once the response is complete. If not,
    /// it is discarded, and past a bound the stream is reset with NO_ERROR (RFC 9113 8.1). Tunnels
    /// say true.
    fn reads_on(&self) -> bool {
        false
    }
}

/// Why an exchange ended before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Ended {
    /// The peer cancelled it, or broke a rule, or the connection ended.
    Stream(StreamEnd),
    /// Its deadline passed.
    Deadline,
    /// The request's trailers are larger than we take
    /// ([`max_header_list_size`](bywash_proto::config::LocalSettings::max_header_list_size)).
    TooLarge,
    /// The peer held a thread up for longer than it may ([`Pool::slowest`](crate::server::Pool::slowest)).
    TooSlow,
    /// It was complete already: only whoever went on reading or writing is told.
    Finished,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stream(end) => end.fmt(f),
            Self::TooLarge => f.write_str("the trailers are larger than we take"),
            Self::TooSlow => f.write_str("the peer was too slow"),
            Self::Deadline => f.write_str("the time for the response was over"),
            Self::Finished => f.write_str("the exchange was over already"),
        }
    }
}

impl std::error::Error for Ended {}

impl From<Ended> for std::io::Error {
    fn from(ended: Ended) -> Self {
        let kind = match ended {
            Ended::Deadline | Ended::TooSlow => std::io::ErrorKind::TimedOut,
            Ended::TooLarge => std::io::ErrorKind::InvalidData,
            Ended::Stream(_) | Ended::Finished => std::io::ErrorKind::BrokenPipe,
        };
        Self::new(kind, ended)
    }
}

/// What is told to a server's loop from other threads.
#[derive(Debug)]
pub struct Note {
    pub(crate) conn: ConnId,
    pub(crate) stream: StreamRef,
    /// The thread that worked on it has left.
    pub(crate) left: bool,
}

/// Wakes an exchange from any thread: [`Exchange::on_wake`] is called.
#[derive(Clone, Debug)]
pub struct Waker {
    handle: Handle<Note>,
    conn: ConnId,
    stream: StreamRef,
}

impl Waker {
    /// Wakes it. False if the loop's queue is full, or the loop gone: try again, or give up.
    pub fn wake(&self) -> bool {
        self.handle.send(self.note(false)).is_ok()
    }

    /// Wakes it past the queue's bound; with `left`, the stream's place is given back that
    /// [`Reply::hold`] kept.
    pub(crate) fn tell(&self, left: bool) {
        // It fails when the loop is gone: nobody is there to be told.
        let _ = self.handle.send_surely(self.note(left));
    }

    fn note(&self, left: bool) -> Note {
        Note {
            conn: self.conn,
            stream: self.stream,
            left,
        }
    }
}

/// How far a response has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Progress {
    /// The final head was sent.
    pub(crate) headed: bool,
    /// The response is complete.
    pub(crate) ended: bool,
    /// The stream was reset by us: nothing comes of it any more.
    pub(crate) reset: bool,
}

/// What the method of a request says of its response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A body may follow.
    Plain,
    /// To HEAD no body follows.
    Head,
    /// To CONNECT a tunnel follows, if the response is of the 2xx kind.
    Connect,
}

impl Kind {
    #[inline]
    pub(crate) fn of(method: &[u8]) -> Self {
        match method {
            b"HEAD" => Self::Head,
            b"CONNECT" => Self::Connect,
            _ => Self::Plain,
        }
    }

    /// Whether such a response may have no content-length (RFC 9110 8.6, 9.3.6; 304 could have one,
    /// but not of the body that is left out).
    #[inline]
    pub(crate) fn has_no_length(self, status: u16) -> bool {
        status == 204 || status == 304 || (self == Self::Connect && (200..300).contains(&status))
    }
}

/// The response to one request, for the length of one call.
pub struct Reply<'a> {
    cx: Cx<'a>,
    handle: &'a Handle<Note>,
    conn: ConnId,
    stream: StreamRef,
    kind: Kind,
    pub(crate) progress: Progress,
    pub(crate) exchange: Option<Box<dyn Exchange>>,
    /// What the core did not take of a whole body.
    pub(crate) rest: Bytes,
    pub(crate) deadline: Option<Instant>,
}

impl<'a> Reply<'a> {
    #[inline]
    pub(crate) fn new(
        cx: &'a mut Cx<'_>,
        handle: &'a Handle<Note>,
        conn: ConnId,
        stream: StreamRef,
        kind: Kind,
        progress: Progress,
    ) -> Self {
        Self {
            cx: cx.reborrow(),
            handle,
            conn,
            stream,
            kind,
            progress,
            exchange: None,
            rest: Bytes::new(),
            deadline: None,
        }
    }

    /// Sends the whole response: head, content-length, body. A body of any size is taken; it is
    /// written as the peer takes it. To HEAD, and with 204 and 304, the body is left out. A tunnel
    /// (2xx to CONNECT) has no content-length (RFC 9110 9.3.6): `body` goes through it, and ends our
    /// side of it.
    ///
    /// # Errors
    /// The stream is gone, the head breaks a rule, or a final head was sent already. A content-length
    /// among `fields` breaks one in a 2xx answer to CONNECT.
    pub fn send<F: Fields + ?Sized>(
        &mut self,
        status: u16,
        fields: &F,
        body: impl Into<Bytes>,
    ) -> Result<(), SendError> {
        let mut body = body.into();
        let mut digits = [0; 20];
        let without = status == 204 || status == 304;
        let length = [Field::new(
            b"content-length",
            decimal(body.len(), &mut digits),
        )];
        let length = match self.kind.has_no_length(status) {
            true => &length[..0],
            false => &length[..],
        };
        let end = without || self.is_head() || body.is_empty();
        let (stream, server) = (self.stream, self.cx.server(self.conn));
        let server = server.ok_or(SendError::Gone)?;
        let text = status_text(status);
        let status = [Field::new(b":status", &text)];
        server.response(stream, &(&status[..], (fields, length)), end)?;
        self.progress.headed = true;
        if !end {
            server.send(stream).data(&mut body, true)?;
            if !body.is_empty() {
                self.rest = body;
            }
        }
        self.progress.ended = true;
        Ok(())
    }

    /// Sends the final head; a body follows by [`write`](Self::write).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn start<F: Fields + ?Sized>(&mut self, status: u16, fields: &F) -> Result<(), SendError> {
        let text = status_text(status);
        let status = [Field::new(b":status", &text)];
        self.start_with(&(&status[..], fields))
    }

    /// The same with the status among the fields.
    pub(crate) fn start_with<F: Fields>(&mut self, head: &F) -> Result<(), SendError> {
        let (end, stream) = (self.is_head(), self.stream);
        let server = self.cx.server(self.conn).ok_or(SendError::Gone)?;
        server.response(stream, head, end)?;
        self.progress.headed = true;
        self.progress.ended = end;
        Ok(())
    }

    /// Sends an informational head, 103 above all (RFC 8297). 100 is sent by itself when an
    /// exchange begins.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn inform<F: Fields + ?Sized>(&mut self, status: u16, fields: &F) -> Result<(), SendError> {
        let text = status_text(status);
        let status = [Field::new(b":status", &text)];
        self.inform_with(&(&status[..], fields))
    }

    /// The same with the status among the fields.
    pub(crate) fn inform_with<F: Fields>(&mut self, head: &F) -> Result<(), SendError> {
        let stream = self.stream;
        let server = self.cx.server(self.conn).ok_or(SendError::Gone)?;
        server.informational(stream, head)
    }

    /// Queues a piece of the body. True if it was taken, and then `data` is empty; false if enough
    /// waits already, and then [`Exchange::on_writable`] follows when there is room.
    ///
    /// # Errors
    /// The stream is gone, no head was sent, or the body is too long for its content-length.
    pub fn write(&mut self, data: &mut Bytes) -> Result<bool, SendError> {
        if self.is_head() {
            data.clear();
            return Ok(true);
        }
        let stream = self.stream;
        let server = self.cx.server(self.conn).ok_or(SendError::Gone)?;
        let whole = data.len();
        Ok(server.send(stream).data(data, false)? == whole)
    }

    /// Ends the body.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn finish(&mut self) -> Result<(), SendError> {
        if !self.progress.ended {
            let stream = self.stream;
            let server = self.cx.server(self.conn).ok_or(SendError::Gone)?;
            server.send(stream).data(&mut Bytes::new(), true)?;
            self.progress.ended = true;
        }
        Ok(())
    }

    /// Ends the body with trailers.
    ///
    /// # Errors
    /// As [`write`](Self::write); the fields break a rule.
    pub fn trailers<F: Fields + ?Sized>(&mut self, fields: &F) -> Result<(), SendError> {
        if !self.progress.ended {
            let stream = self.stream;
            let server = self.cx.server(self.conn).ok_or(SendError::Gone)?;
            server.send(stream).trailers(fields)?;
            self.progress.ended = true;
        }
        Ok(())
    }

    /// Resets the stream. Nothing more comes of it.
    pub fn reset(&mut self, code: ErrorCode) {
        if let Some(server) = self.cx.server(self.conn) {
            server.send(self.stream).reset(code);
        }
        self.progress.reset = true;
        self.progress.ended = true;
    }

    /// Sets the priority of the response (RFC 9218 8).
    pub fn set_priority(&mut self, priority: Priority) {
        if let Some(server) = self.cx.server(self.conn) {
            server.send(self.stream).set_priority(priority);
        }
    }

    /// Goes on after the service has returned: reads the request's body, writes the response's.
    pub fn go_on(&mut self, exchange: impl Exchange + 'static) {
        self.exchange = Some(Box::new(exchange));
    }

    /// Gives octets of the request's body back that [`Exchange::on_data`] kept.
    pub fn release(&mut self, octets: usize) {
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        if let Some(server) = self.cx.server(self.conn) {
            let mut half = server.recv(self.stream);
            let octets = octets.min(half.outstanding());
            // No more than is outstanding: it cannot fail.
            let _ = half.release(octets);
        }
    }

    /// Keeps the stream's place among those that the peer may have open, even if it is reset: the
    /// work on it goes on elsewhere.
    pub(crate) fn hold(&mut self) {
        if let Some(server) = self.cx.server(self.conn) {
            server.hold(self.stream);
        }
    }

    /// Time from now within which the response must be complete, or else the stream is reset (with
    /// 503 if nothing was sent yet).
    pub fn set_deadline(&mut self, time: Duration) {
        self.deadline = Some(self.cx.now() + time);
    }

    /// Wakes this exchange from other threads.
    pub fn waker(&self) -> Waker {
        Waker {
            handle: self.handle.clone(),
            conn: self.conn,
            stream: self.stream,
        }
    }

    /// Whether the final head was sent.
    pub fn is_started(&self) -> bool {
        self.progress.headed
    }

    /// Whether the response is complete, or the stream reset.
    pub fn is_ended(&self) -> bool {
        self.progress.ended
    }

    /// Whether the request was HEAD: heads are sent, bodies are not.
    pub fn is_head(&self) -> bool {
        self.kind == Kind::Head
    }

    /// The peer's address.
    pub fn peer(&mut self) -> Option<Address> {
        Some(self.cx.conn(self.conn)?.peer().clone())
    }

    /// What TLS agreed on: ALPN, SNI, the client's certificates. `None` in cleartext.
    pub fn tls(&mut self) -> Option<Arc<TlsFacts>> {
        self.cx.conn(self.conn)?.tls().cloned()
    }

    /// The time of this turn.
    pub fn now(&self) -> Instant {
        self.cx.now()
    }

    /// The loop, for all that goes beyond this request.
    pub fn cx(&mut self) -> &mut Cx<'a> {
        &mut self.cx
    }
}

impl std::fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("conn", &self.conn)
            .field("stream", &self.stream)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

/// A status as three digits. What does not fit becomes 000, which the core refuses.
pub(crate) fn status_text(status: u16) -> [u8; 3] {
    if status > 999 {
        return *b"000";
    }
    let digit = |n: u16| b'0' + (n % 10) as u8;
    [digit(status / 100), digit(status / 10), digit(status)]
}

/// A number in decimal, at the end of `into`.
fn decimal(mut number: usize, into: &mut [u8; 20]) -> &[u8] {
    let mut at = into.len();
    loop {
        at -= 1;
        into[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &into[at..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decimal, status_text};

    #[test]
    fn numbers_in_text() {
        assert_eq!(&status_text(200), b"200");
        assert_eq!(&status_text(103), b"103");
        assert_eq!(&status_text(1200), b"000");
        assert_eq!(decimal(0, &mut [0; 20]), b"0");
        assert_eq!(
            decimal(usize::MAX, &mut [0; 20]),
            usize::MAX.to_string().as_bytes()
        );
    }
}
