//! From events to services.

use super::exchange::{Ended, Exchange, Kind, Note, Progress, Reply};
use super::request::Request;
use super::service::Service;
use super::streams::{Key, Open, Streams};
use crate::engine::{Cx, Handler};
use crate::error::{End, Notice};
use crate::id::{ConnId, TimerId};
use crate::mailbox::Handle;
use crate::panics::caught;
use bytes::Bytes;
use bywash_proto::event::Event;
use bywash_proto::headers::{Field, Head};
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};
use std::collections::HashMap;
use std::time::Duration;

/// How a server treats requests.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServeOptions {
    /// Octets of a request that are discarded after an early response (RFC 9113 8.1). Then its
    /// window stays shut, and after [`reset_after`](Self::reset_after) the stream is reset with
    /// NO_ERROR. Default 64 KiB.
    pub discard: u64,
    /// Time that such a client has to see the response before the reset, which curl up to 8 takes
    /// for a failure if it comes amid the upload. Default 1 s.
    pub reset_after: Duration,
    /// Time in all for what is left of a request after an early response; then the stream is reset
    /// with NO_ERROR, too. Default 30 s.
    pub discard_for: Duration,
    /// Time for the complete response to each request. Default none.
    pub deadline: Option<Duration>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            discard: 64 * 1024,
            reset_after: Duration::from_secs(1),
            discard_for: Duration::from_secs(30),
            deadline: None,
        }
    }
}

/// A handler that hands requests to a service. [`Server`](crate::server::Server) uses it on loops of
/// its own; on any other loop it is used like every [`Handler`].
///
/// A service or an exchange that panics ends its own request, with 500 or a reset; see [`Service`].
pub struct Serving<S> {
    service: S,
    handle: Handle<Note>,
    pub(crate) options: ServeOptions,
    pub(crate) streams: Streams,
    timers: HashMap<TimerId, Key>,
}

impl<S: Service> Serving<S> {
    /// Serves `service` on the loop of this handle.
    pub fn new(service: S, handle: Handle<Note>, options: ServeOptions) -> Self {
        Self {
            service,
            handle,
            options,
            streams: Streams::default(),
            timers: HashMap::new(),
        }
    }

    /// The service.
    pub fn service(&mut self) -> &mut S {
        &mut self.service
    }

    fn on_request(
        &mut self,
        cx: &mut Cx<'_>,
        conn: ConnId,
        stream: StreamRef,
        head: Head,
        end: bool,
    ) {
        let mut request = Request::new(head, conn, stream, !end);
        let kind = Kind::of(request.method());
        let wants_continue = !end && expects(request.head());
        let mut reply = Reply::new(cx, &self.handle, conn, stream, kind, Progress::default());
        let service = &mut self.service;
        if caught(|| service.call(&mut request, &mut reply)).is_none() {
            part(reply.exchange.take());
            panicked(&mut reply);
        } else if reply.exchange.is_none() && !reply.progress.ended {
            forgotten(&mut reply);
        }
        let (progress, deadline) = (reply.progress, reply.deadline);
        let exchange = reply.exchange.take();
        let rest = keep(&mut reply.rest);
        let done = progress.reset || (progress.ended && end && rest.is_none());
        if let Some(server) = cx.server(conn) {
            server.recycle(request.take_head());
        }
        if done {
            return part(exchange);
        }
        let deadline = deadline.or_else(|| self.options.deadline.map(|time| cx.now() + time));
        let goes_on = exchange.is_some() && !progress.headed;
        let open = Open {
            exchange,
            progress,
            kind,
            heard: end,
            patience: self.options.discard,
            timer: None,
            discarded: false,
            rest,
            cut: false,
        };
        let key = (conn, stream);
        self.streams.insert(key, open);
        match deadline {
            Some(at) if !progress.ended => self.set_timer(cx, key, at),
            _ => {}
        }
        if wants_continue && goes_on {
            if let Some(server) = cx.server(conn) {
                // A stream that is gone needs no go-ahead.
                let _ = server.informational(stream, &[(":status", "100")]);
            }
        }
        self.with(cx, key, |exchange, reply| exchange.on_writable(reply));
        self.discard_rest(cx, key);
    }

    /// Sets or moves the one timer of a request.
    pub(crate) fn set_timer(&mut self, cx: &mut Cx<'_>, key: Key, at: Instant) {
        let Some(open) = self.streams.get_mut(key) else {
            return;
        };
        let timer = cx.set_timer(at, 0);
        self.timers.insert(timer, key);
        if let Some(old) = open.timer.replace(timer) {
            cx.cancel_timer(old);
            self.timers.remove(&old);
        }
    }

    /// Calls the exchange of a request, and looks at what it did.
    fn with<R>(
        &mut self,
        cx: &mut Cx<'_>,
        key: Key,
        call: impl FnOnce(&mut Box<dyn Exchange>, &mut Reply<'_>) -> R,
    ) -> Option<R> {
        let open = self.streams.get_mut(key)?;
        let exchange = open.exchange.as_mut()?;
        let mut reply = Reply::new(cx, &self.handle, key.0, key.1, open.kind, open.progress);
        let result = caught(|| call(exchange, &mut reply));
        if result.is_none() {
            panicked(&mut reply);
        }
        let (progress, deadline, next) = (reply.progress, reply.deadline, reply.exchange.take());
        if let Some(rest) = keep(&mut reply.rest) {
            open.rest = Some(rest);
        }
        open.progress = progress;
        match (&result, next) {
            // It is not asked again, and may fall apart as it goes.
            (None, next) => {
                part(next);
                part(open.exchange.take());
            }
            (Some(_), Some(next)) => part(open.exchange.replace(next)),
            (Some(_), None) => {}
        }
        if progress.ended && open.exchange.as_ref().is_some_and(|e| !reads_on(&**e)) {
            part(open.exchange.take());
        }
        if let Some(at) = deadline.filter(|_| !progress.ended) {
            self.set_timer(cx, key, at);
        }
        self.clean(cx, key);
        result
    }

    /// Forgets a request that is done with.
    pub(crate) fn clean(&mut self, cx: &mut Cx<'_>, key: Key) {
        if self.streams.get_mut(key).is_some_and(|open| open.is_done()) {
            part(self.forget(cx, key).and_then(|open| open.exchange));
        }
    }

    pub(crate) fn forget(&mut self, cx: &mut Cx<'_>, key: Key) -> Option<Open> {
        let open = self.streams.remove(key)?;
        if let Some(timer) = open.timer {
            cx.cancel_timer(timer);
            self.timers.remove(&timer);
        }
        Some(open)
    }

    fn on_data(&mut self, cx: &mut Cx<'_>, key: Key, data: &[u8], end: bool) {
        let Some(open) = self.streams.get_mut(key) else {
            return;
        };
        open.heard |= end;
        if open.exchange.is_some() {
            let used = self.with(cx, key, |exchange, reply| {
                exchange.on_data(reply, data, end)
            });
            let used = used.unwrap_or(data.len()).min(data.len());
            give_back(cx, key, used);
            return self.discard_rest(cx, key);
        }
        self.discard(cx, key, data.len());
    }

    fn on_trailers(&mut self, cx: &mut Cx<'_>, key: Key, trailers: Head) {
        if let Some(open) = self.streams.get_mut(key) {
            open.heard = true;
        }
        self.with(cx, key, |exchange, reply| {
            exchange.on_trailers(reply, trailers);
        });
        self.clean(cx, key);
    }

    /// Half of the trailers would be a lie.
    #[cold]
    fn on_large_trailers(&mut self, cx: &mut Cx<'_>, key: Key) {
        if let Some(mut open) = self.forget(cx, key) {
            tell(open.exchange.take(), &Ended::TooLarge);
            if !open.progress.ended {
                self.too_large(cx, key, true);
            }
        }
    }

    /// The timer of a request is due.
    fn on_due(&mut self, cx: &mut Cx<'_>, key: Key) {
        let Some(open) = self.streams.get_mut(key) else {
            return;
        };
        open.timer = None;
        match (open.progress.ended, &open.exchange) {
            (false, _) => self.on_overdue(cx, key),
            (true, None) => self.cut(cx, key),
            // The deadline was met; whoever reads on has none.
            (true, Some(_)) => {}
        }
    }

    fn on_overdue(&mut self, cx: &mut Cx<'_>, key: Key) {
        let Some(mut open) = self.forget(cx, key) else {
            return;
        };
        tell(open.exchange.take(), &Ended::Deadline);
        let Some(server) = cx.server(key.0) else {
            return;
        };
        let unavailable = [Field::new(b":status", b"503")];
        let answered = !open.progress.headed && server.response(key.1, &unavailable, true).is_ok();
        if !answered {
            server.send(key.1).reset(ErrorCode::CANCEL);
        } else if !open.heard {
            self.answered_early(cx, key);
        }
    }

    /// The head was cut short: nobody can judge it (RFC 6585 5).
    #[cold]
    fn too_large(&mut self, cx: &mut Cx<'_>, key: Key, end: bool) {
        let Some(server) = cx.server(key.0) else {
            return;
        };
        if server.response(key.1, &[(":status", "431")], true).is_err() {
            server.send(key.1).reset(ErrorCode::CANCEL);
        } else if !end {
            self.answered_early(cx, key);
        }
    }
}

/// Whether the client waits for a go-ahead (RFC 9110 10.1.1).
fn expects(head: &Head) -> bool {
    head.get("expect")
        .is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
}

/// The service has returned and done nothing, or left its response open with nobody to end it.
#[cold]
fn forgotten(reply: &mut Reply<'_>) {
    let empty: [Field<'_>; 0] = [];
    if reply.progress.headed || reply.send(500, &empty[..], "").is_err() {
        reply.reset(ErrorCode::INTERNAL_ERROR);
    }
}

/// The service or the exchange has panicked, and the hook for panics has told of it.
#[cold]
fn panicked(reply: &mut Reply<'_>) {
    if !reply.progress.ended {
        forgotten(reply);
    }
}

/// What is left to be sent of a body that was given whole.
#[inline]
fn keep(rest: &mut Bytes) -> Option<Box<Bytes>> {
    match rest.is_empty() {
        true => None,
        false => Some(Box::new(std::mem::take(rest))),
    }
}

fn reads_on(exchange: &dyn Exchange) -> bool {
    caught(|| exchange.reads_on()).unwrap_or(false)
}

/// An exchange goes; how it falls apart is the program's own code, too.
fn part(exchange: Option<Box<dyn Exchange>>) {
    if exchange.is_some() {
        let _ = caught(move || drop(exchange));
    }
}

/// The last call of an exchange.
fn tell(exchange: Option<Box<dyn Exchange>>, end: &Ended) {
    if let Some(mut exchange) = exchange {
        let _ = caught(move || exchange.on_end(end));
    }
}

pub(crate) fn give_back(cx: &mut Cx<'_>, (conn, stream): Key, octets: usize) {
    if octets == 0 {
        return;
    }
    if let Some(server) = cx.server(conn) {
        // They came from the core a moment ago: they are outstanding, or the stream has ended.
        let _ = server.recv(stream).release(octets as u32);
    }
}

impl<S: Service> Handler for Serving<S> {
    type Message = Note;

    /// Its loop runs for its own sake.
    fn may_wait(&mut self, _: bool) -> bool {
        true
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        match event {
            Event::Request {
                stream,
                overlong: true,
                end,
                ..
            } => self.too_large(cx, (conn, stream), end),
            Event::Request {
                stream, head, end, ..
            } => self.on_request(cx, conn, stream, head, end),
            Event::Data { stream, data, end } => self.on_data(cx, (conn, stream), data, end),
            Event::Trailers {
                stream,
                overlong: true,
                ..
            } => self.on_large_trailers(cx, (conn, stream)),
            Event::Trailers { stream, head, .. } => self.on_trailers(cx, (conn, stream), head),
            Event::Writable { stream } => {
                let key = (conn, stream);
                if self.write_rest(cx, key) {
                    return;
                }
                self.with(cx, key, |exchange, reply| exchange.on_writable(reply));
                self.discard_rest(cx, key);
            }
            Event::Ended { stream, end } if !self.streams.is_empty() => {
                if let Some(mut open) = self.forget(cx, (conn, stream)) {
                    tell(open.exchange.take(), &Ended::Stream(end));
                }
            }
            Event::Drained { stream } => self.on_drained(cx, (conn, stream)),
            Event::Pressure(limit) => {
                let service = &mut self.service;
                let _ = caught(|| service.on_pressure(cx, conn, limit));
            }
            _ => {}
        }
    }

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        let service = &mut self.service;
        if caught(|| service.on_open(cx, conn)).is_none() {
            // What it keeps for the connection may be missing.
            if let Some(mut conn) = cx.conn(conn) {
                conn.close(ErrorCode::INTERNAL_ERROR);
            }
        }
    }

    fn on_close(&mut self, _cx: &mut Cx<'_>, conn: ConnId, end: &End, _tag: u64) {
        let service = &mut self.service;
        let _ = caught(|| service.on_close(conn, end));
    }

    fn on_notice(&mut self, _cx: &mut Cx<'_>, notice: &Notice) {
        let service = &mut self.service;
        let _ = caught(|| service.on_notice(notice));
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>, timer: TimerId, _key: u64) {
        if let Some(key) = self.timers.remove(&timer) {
            self.on_due(cx, key);
        }
    }

    fn on_message(&mut self, cx: &mut Cx<'_>, note: Note) {
        let key = (note.conn, note.stream);
        self.with(cx, key, |exchange, reply| exchange.on_wake(reply));
        self.discard_rest(cx, key);
        if note.left {
            if let Some(server) = cx.server(note.conn) {
                server.let_go(note.stream);
            }
        }
    }
}

impl<S> std::fmt::Debug for Serving<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
