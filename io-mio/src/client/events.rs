//! What becomes of calls: the events of their connections.

use super::calls::{CallNote, Calls, OF_ORIGIN};
use super::error::CallError;
use super::id::CallId;
use crate::engine::{Cx, Handler};
use crate::error::{ConnectError, End};
use crate::id::{ConnId, TimerId};
use bywash_proto::error::StreamEnd;
use bywash_proto::event::Event;
use bywash_proto::headers::Head;
use bywash_proto::vocabulary::StreamRef;
use std::sync::Arc;

/// The tag of a connection whose peer has sent its SETTINGS: it does speak HTTP/2. Taken back from one that
/// ends without a single request.
const GREETED: u64 = 1;

impl Calls {
    fn on_data(
        &mut self,
        cx: &mut Cx<'_>,
        conn: ConnId,
        stream: StreamRef,
        data: &[u8],
        end: bool,
    ) {
        let Some(id) = self.table.of_stream(conn, stream) else {
            return;
        };
        if let Some(running) = self.table.get(id) {
            running.heard |= end;
        }
        let used = self.with(cx, id, |call, talk| call.on_data(talk, data, end));
        let used = used.unwrap_or(data.len()).min(data.len()) as u32;
        if let Some(client) = cx.client(conn) {
            // They came from the core a moment ago: they are outstanding, or the stream has ended.
            let _ = client.recv(stream).release(used);
        }
    }

    fn on_response(
        &mut self,
        cx: &mut Cx<'_>,
        (conn, stream): (ConnId, StreamRef),
        head: Head,
        end: bool,
    ) {
        let Some(id) = self.table.of_stream(conn, stream) else {
            return;
        };
        if let Some(running) = self.table.get(id) {
            running.headed = true;
            running.heard |= end;
        }
        self.with(cx, id, |call, talk| call.on_response(talk, head, end));
    }

    fn on_ended(&mut self, cx: &mut Cx<'_>, conn: ConnId, stream: StreamRef, end: StreamEnd) {
        let Some(id) = self.table.of_stream(conn, stream) else {
            return;
        };
        self.table.unbind(id);
        let attempts = self.options.attempts;
        let Some(running) = self.table.get(id) else {
            return;
        };
        let number = running.origin;
        let again = end.retry.is_safe() && running.attempts < attempts && running.rewind();
        if !again {
            self.finish(cx, id, Err(CallError::Stream(end)));
            return self.drive(cx, number);
        }
        if let Some(origin) = self.origins.get(number) {
            origin.waiting.push_front(id);
        }
        self.drive(cx, number);
    }

    /// A connection takes no more requests. What waits goes elsewhere, unless it was of no use to
    /// anybody: then its close comes first, and the back-off.
    fn on_end_of(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        let number = self.origins.retire(conn);
        if let Some(mut conn) = cx.conn(conn) {
            if conn.stats().streams_sent == 0 {
                conn.set_tag(0);
            }
            if conn.tag() != GREETED {
                return;
            }
        }
        if let Some(number) = number {
            self.drive(cx, number);
        }
    }

    /// A try to connect failed, or a connection ended before the peer had said anything.
    fn unsuccessful(&mut self, cx: &mut Cx<'_>, number: u64, error: Option<ConnectError>) {
        let attempts = self.options.connect_attempts;
        let Some(origin) = self.origins.get(number) else {
            return;
        };
        origin.not_before = cx.now() + origin.backoff.failed();
        let hopeless = error.as_ref().is_some_and(|e| !e.fault.is_transient());
        if let (true, Some(error)) = (hopeless || origin.backoff.failures >= attempts, error) {
            let error = Arc::new(error);
            for id in std::mem::take(&mut origin.waiting) {
                self.finish(cx, id, Err(CallError::Connect(Arc::clone(&error))));
            }
        }
        self.drive(cx, number);
    }
}

impl Handler for Calls {
    type Message = CallNote;

    /// Its loop runs for its own sake.
    fn may_wait(&mut self, _: bool) -> bool {
        true
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        match event {
            Event::Response {
                stream,
                overlong: true,
                ..
            }
            | Event::Trailers {
                stream,
                overlong: true,
                ..
            } => {
                if let Some(id) = self.table.of_stream(conn, stream) {
                    self.give_up(cx, id, CallError::HeadTooLarge);
                }
            }
            Event::Response {
                stream, head, end, ..
            } => self.on_response(cx, (conn, stream), head, end),
            Event::Data { stream, data, end } => self.on_data(cx, conn, stream, data, end),
            Event::Trailers { stream, head, .. } => {
                if let Some(id) = self.table.of_stream(conn, stream) {
                    if let Some(running) = self.table.get(id) {
                        running.heard = true;
                    }
                    self.with(cx, id, |call, talk| call.on_trailers(talk, head));
                }
            }
            Event::Informational { stream, head } => {
                if let Some(id) = self.table.of_stream(conn, stream) {
                    self.with(cx, id, |call, _talk| call.on_inform(head));
                }
            }
            Event::Writable { stream } => {
                if let Some(id) = self.table.of_stream(conn, stream) {
                    if !self.send_whole(cx, id) {
                        self.with(cx, id, |call, talk| call.on_writable(talk));
                    }
                }
            }
            Event::Ended { stream, end } => self.on_ended(cx, conn, stream, end),
            Event::Settings => {
                if let Some(number) = self.origins.of_conn(conn) {
                    if let Some(origin) = self.origins.get(number) {
                        origin.backoff.succeeded();
                    }
                    if let Some(mut conn) = cx.conn(conn) {
                        conn.set_tag(GREETED);
                    }
                    self.drive(cx, number);
                }
            }
            Event::CanOpen => {
                if let Some(number) = self.origins.of_conn(conn) {
                    self.drive(cx, number);
                }
            }
            Event::GoAway { .. } | Event::Closed(_) => self.on_end_of(cx, conn),
            _ => {}
        }
    }

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        let Some(number) = self.origins.of_conn(conn) else {
            return;
        };
        if let Some(origin) = self.origins.get(number) {
            origin.connecting = None;
            origin.ready.push(conn);
        }
        if let (Some(observe), Some(mut conn_ref)) = (&self.options.observe, cx.conn(conn)) {
            conn_ref.observe(observe(conn));
        }
        self.drive(cx, number);
    }

    fn on_close(&mut self, cx: &mut Cx<'_>, conn: ConnId, _end: &End, tag: u64) {
        let Some(number) = self.origins.forget_conn(conn) else {
            return;
        };
        if tag == GREETED {
            self.drive(cx, number);
        } else {
            self.unsuccessful(cx, number, None);
        }
    }

    fn on_connect_failed(&mut self, cx: &mut Cx<'_>, conn: ConnId, error: ConnectError) {
        if let Some(number) = self.origins.forget_conn(conn) {
            self.unsuccessful(cx, number, Some(error));
        }
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>, _timer: TimerId, key: u64) {
        if key & OF_ORIGIN == 0 {
            return self.give_up(cx, CallId(key), CallError::Deadline);
        }
        let number = key & !OF_ORIGIN;
        if let Some(origin) = self.origins.get(number) {
            origin.timer = None;
            self.drive(cx, number);
        }
    }

    fn on_message(&mut self, cx: &mut Cx<'_>, note: CallNote) {
        match note {
            CallNote::Start(id, request, call) => self.begin(cx, id, *request, call),
            CallNote::Wake(id) => {
                self.with(cx, id, |call, talk| call.on_wake(talk));
            }
            CallNote::Cancel(id) => self.cancel(cx, id),
        }
    }
}
