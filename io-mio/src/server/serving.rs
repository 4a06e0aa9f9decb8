//! From events to services.

use super::exchange::{Ended, Exchange, Note, Progress, Reply};
use super::request::Request;
use super::service::Service;
use super::streams::{Key, Open, Streams};
use crate::engine::{Cx, Handler};
use crate::error::{End, Notice};
use crate::id::{ConnId, TimerId};
use crate::mailbox::Handle;
use bywash_proto::event::Event;
use bywash_proto::headers::{Field, Head};
use bywash_proto::vocabulary::{ErrorCode, StreamRef};
use std::collections::HashMap;
use std::time::Duration;

/// How a server treats requests.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServeOptions {
    /// Octets of a request that are discarded after an early response, before the stream is reset
    /// with NO_ERROR (RFC 9113 8.1). Default 64 KiB.
    pub discard: u64,
    /// Time for the complete response to each request. Default none.
    pub deadline: Option<Duration>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            discard: 64 * 1024,
            deadline: None,
        }
    }
}

/// A handler that hands requests to a service. [`Server`](crate::server::Server) uses it on loops of
/// its own; on any other loop it is used like every [`Handler`].
pub struct Serving<S> {
    service: S,
    handle: Handle<Note>,
    options: ServeOptions,
    streams: Streams,
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
        let is_head = request.method() == b"HEAD";
        let wants_continue = !end && expects(request.head());
        let mut reply = Reply::new(cx, &self.handle, conn, stream, is_head, Progress::default());
        self.service.call(&mut request, &mut reply);
        if reply.exchange.is_none() && !reply.progress.ended {
            forgotten(&mut reply);
        }
        let (progress, deadline) = (reply.progress, reply.deadline);
        let exchange = reply.exchange.take();
        let done = progress.reset || (progress.ended && end);
        if let Some(server) = cx.server(conn) {
            server.recycle(request.take_head());
        }
        if done {
            return;
        }
        let deadline = deadline.or_else(|| self.options.deadline.map(|time| cx.now() + time));
        let timer = deadline.map(|at| {
            let timer = cx.set_timer(at, 0);
            self.timers.insert(timer, (conn, stream));
            timer
        });
        let goes_on = exchange.is_some() && !progress.headed;
        let open = Open {
            exchange,
            progress,
            is_head,
            heard: end,
            patience: self.options.discard,
            timer,
        };
        self.streams.insert((conn, stream), open);
        if wants_continue && goes_on {
            if let Some(server) = cx.server(conn) {
                // A stream that is gone needs no go-ahead.
                let _ = server.informational(stream, &[(":status", "100")]);
            }
        }
        self.with(cx, (conn, stream), |exchange, reply| {
            exchange.on_writable(reply);
        });
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
        let mut reply = Reply::new(cx, &self.handle, key.0, key.1, open.is_head, open.progress);
        let result = call(exchange, &mut reply);
        let (progress, deadline) = (reply.progress, reply.deadline);
        open.progress = progress;
        if let Some(next) = reply.exchange.take() {
            open.exchange = Some(next);
        }
        if let Some(at) = deadline {
            let timer = cx.set_timer(at, 0);
            self.timers.insert(timer, key);
            if let Some(old) = open.timer.replace(timer) {
                cx.cancel_timer(old);
                self.timers.remove(&old);
            }
        }
        if progress.ended && open.exchange.as_ref().is_some_and(|e| !e.reads_on()) {
            open.exchange = None;
        }
        self.clean(cx, key);
        Some(result)
    }

    /// Forgets a request that is done with.
    fn clean(&mut self, cx: &mut Cx<'_>, key: Key) {
        if self.streams.get_mut(key).is_some_and(|open| open.is_done()) {
            self.forget(cx, key);
        }
    }

    fn forget(&mut self, cx: &mut Cx<'_>, key: Key) -> Option<Open> {
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
            return give_back(cx, key, used);
        }
        open.patience = open.patience.saturating_sub(data.len() as u64);
        if open.patience == 0 && !open.heard {
            if let Some(server) = cx.server(key.0) {
                server.send(key.1).reset(ErrorCode::NO_ERROR);
            }
            self.forget(cx, key);
            return;
        }
        give_back(cx, key, data.len());
        self.clean(cx, key);
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

    fn on_overdue(&mut self, cx: &mut Cx<'_>, key: Key) {
        let Some(mut open) = self.forget(cx, key) else {
            return;
        };
        if let Some(exchange) = &mut open.exchange {
            exchange.on_end(&Ended::Deadline);
        }
        let Some(server) = cx.server(key.0) else {
            return;
        };
        let unavailable = [Field::new(b":status", b"503")];
        let answered = !open.progress.headed && server.response(key.1, &unavailable, true).is_ok();
        if !answered {
            server.send(key.1).reset(ErrorCode::CANCEL);
        } else if !open.heard {
            server.send(key.1).reset(ErrorCode::NO_ERROR);
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

fn give_back(cx: &mut Cx<'_>, (conn, stream): Key, octets: usize) {
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

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        match event {
            Event::Request {
                stream,
                overlong: true,
                end,
                ..
            } => too_large(cx, conn, stream, end),
            Event::Request {
                stream, head, end, ..
            } => self.on_request(cx, conn, stream, head, end),
            Event::Data { stream, data, end } => self.on_data(cx, (conn, stream), data, end),
            Event::Trailers { stream, head, .. } => self.on_trailers(cx, (conn, stream), head),
            Event::Writable { stream } => {
                self.with(cx, (conn, stream), |exchange, reply| {
                    exchange.on_writable(reply);
                });
            }
            Event::Ended { stream, end } if !self.streams.is_empty() => {
                if let Some(mut open) = self.forget(cx, (conn, stream)) {
                    if let Some(exchange) = &mut open.exchange {
                        exchange.on_end(&Ended::Stream(end));
                    }
                }
            }
            _ => {}
        }
    }

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        self.service.on_open(cx, conn);
    }

    fn on_close(&mut self, _cx: &mut Cx<'_>, conn: ConnId, end: &End, _tag: u64) {
        self.service.on_close(conn, end);
    }

    fn on_notice(&mut self, _cx: &mut Cx<'_>, notice: &Notice) {
        self.service.on_notice(notice);
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>, timer: TimerId, _key: u64) {
        if let Some(key) = self.timers.remove(&timer) {
            self.on_overdue(cx, key);
        }
    }

    fn on_message(&mut self, cx: &mut Cx<'_>, note: Note) {
        self.with(cx, (note.conn, note.stream), |exchange, reply| {
            exchange.on_wake(reply);
        });
        if note.left {
            if let Some(server) = cx.server(note.conn) {
                server.let_go(note.stream);
            }
        }
    }
}

/// The head was cut short: nobody can judge it (RFC 6585 5).
#[cold]
fn too_large(cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef, end: bool) {
    if let Some(server) = cx.server(conn) {
        let refused = server.response(stream, &[(":status", "431")], true).is_ok();
        if !refused || !end {
            server.send(stream).reset(ErrorCode::NO_ERROR);
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
