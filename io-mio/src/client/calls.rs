//! From requests to streams and back: which connection a call takes, and what becomes of it.

use super::backoff::Backoff;
use super::call::{Call, Talk, end};
use super::error::CallError;
use super::id::CallId;
use super::options::ClientOptions;
use super::origin::{Key, Origins};
use super::request::{Body, Request};
use super::running::{Running, Table};
use crate::connect::Connect;
use crate::engine::Cx;
use crate::id::ConnId;
use crate::panics::caught;
use bywash_proto::error::{OpenError, SendError};
use bywash_proto::vocabulary::{ErrorCode, StreamRef};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Marks the keys of timers that are about a peer, not about a call.
pub(super) const OF_ORIGIN: u64 = 1 << 63;

/// What other threads tell a loop of calls.
pub enum CallNote {
    /// Begin one.
    Start(CallId, Box<Request>, Box<dyn Call + Send>),
    /// Let [`Call::on_wake`] be called.
    Wake(CallId),
    /// Give one up.
    Cancel(CallId),
}

impl std::fmt::Debug for CallNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(id, ..) => f.debug_tuple("Start").field(id).finish(),
            Self::Wake(id) => f.debug_tuple("Wake").field(id).finish(),
            Self::Cancel(id) => f.debug_tuple("Cancel").field(id).finish(),
        }
    }
}

/// A handler that makes calls. [`Client`](crate::client::Client) uses it on a loop of its own; on any
/// other loop it is used like every [`Handler`](crate::Handler).
pub struct Calls {
    pub(super) options: ClientOptions,
    pub(super) origins: Origins,
    pub(super) table: Table,
    ids: Arc<AtomicU64>,
    closed: bool,
}

impl Calls {
    /// Nothing is connected before the first call.
    pub fn new(options: ClientOptions) -> Self {
        Self::counting(options, Arc::default())
    }

    /// Shares the count of calls with those who make them on other threads.
    pub(crate) fn counting(options: ClientOptions, ids: Arc<AtomicU64>) -> Self {
        Self {
            options,
            origins: Origins::default(),
            table: Table::default(),
            ids,
            closed: false,
        }
    }

    /// Calls that have begun and not ended.
    pub fn running(&self) -> usize {
        self.table.len()
    }

    /// Begins a call.
    pub fn start(&mut self, cx: &mut Cx<'_>, request: Request, call: Box<dyn Call>) -> CallId {
        let id = CallId(self.ids.fetch_add(1, Ordering::Relaxed));
        self.begin(cx, id, request, call);
        id
    }

    /// Gives a call up: [`Call::on_end`] is called.
    pub fn cancel(&mut self, cx: &mut Cx<'_>, id: CallId) {
        self.give_up(cx, id, CallError::Cancelled);
    }

    /// Ends all calls, and takes no more.
    pub fn close(&mut self, cx: &mut Cx<'_>) {
        self.closed = true;
        for id in self.table.ids() {
            self.give_up(cx, id, CallError::Closed);
        }
    }

    pub(super) fn begin(
        &mut self,
        cx: &mut Cx<'_>,
        id: CallId,
        request: Request,
        call: Box<dyn Call>,
    ) {
        if self.closed {
            return end(call, Err(CallError::Closed));
        }
        if request.url.secure && self.options.tls.is_none() {
            return end(call, Err(CallError::NoTls));
        }
        let target = request.target.clone();
        let key = Key {
            target: target.unwrap_or_else(|| request.url.target()),
            server_name: request.url.secure.then(|| request.url.host.clone()),
        };
        let options = &self.options;
        let number = self.origins.find_or_add(key, || {
            Backoff::new(options.backoff, options.longest_backoff, options.seed)
        });
        let waiting = self.options.waiting_per_peer;
        let Some(origin) = self.origins.get(number) else {
            return;
        };
        if origin.waiting.len() >= waiting {
            return end(call, Err(CallError::Busy));
        }
        origin.waiting.push_back(id);
        origin.calls += 1;
        let timeout = request.timeout.or(self.options.timeout);
        let running = Running {
            call,
            head: request.head(),
            origin: number,
            at: None,
            timer: timeout.map(|time| cx.set_timer(cx.now() + time, id.0)),
            attempts: 0,
            is_tunnel: request.is_tunnel(),
            headed: false,
            wrote: false,
            sent: matches!(request.body, Body::None),
            heard: false,
            body: request.body,
            unsent: 0,
        };
        self.table.insert(id, running);
        self.drive(cx, number);
    }

    /// Sends what waits for a peer, as far as its connections take it; connects if need be.
    pub(super) fn drive(&mut self, cx: &mut Cx<'_>, number: u64) {
        while let Some(origin) = self.origins.get(number) {
            let Some(id) = origin.waiting.front().copied() else {
                break;
            };
            let Some(running) = self.table.get(id) else {
                origin.waiting.pop_front();
                continue;
            };
            let is_whole = running.sent;
            let mut refused = OpenError::Draining;
            let mut opened = None;
            for conn in origin.ready.clone() {
                let Some(client) = cx.client(conn) else {
                    continue;
                };
                match client.request(&running.head, is_whole) {
                    Ok(stream) => {
                        opened = Some((conn, stream));
                        break;
                    }
                    Err(OpenError::NoExtendedConnect) if client.peer_settings().is_none() => {
                        refused = OpenError::Limit;
                    }
                    Err(error) => refused = error,
                }
                if matches!(refused, OpenError::Draining | OpenError::IdsExhausted) {
                    origin.ready.retain(|other| *other != conn);
                }
            }
            match (opened, refused) {
                (Some((conn, stream)), _) => {
                    origin.waiting.pop_front();
                    self.sent(cx, id, conn, stream);
                }
                (None, OpenError::Limit | OpenError::OutputFull) => {
                    if origin.ready.len() < self.options.connections_per_peer {
                        self.connect(cx, number);
                    }
                    break;
                }
                (None, OpenError::Draining | OpenError::IdsExhausted) => {
                    self.connect(cx, number);
                    break;
                }
                (None, error) => {
                    origin.waiting.pop_front();
                    self.finish(cx, id, Err(CallError::Open(error)));
                }
            }
        }
        if let Some(again) = self.origins.clean(number, cx.now()) {
            if let Some(origin) = self.origins.get(number) {
                origin.timer = Some(cx.set_timer(again, number | OF_ORIGIN));
            }
        }
    }

    fn connect(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(origin) = self.origins.get(number) else {
            return;
        };
        if origin.connecting.is_some() || origin.timer.is_some() {
            return;
        }
        if origin.not_before > cx.now() {
            origin.timer = Some(cx.set_timer(origin.not_before, number | OF_ORIGIN));
            return;
        }
        let mut connect = Connect::new(origin.key.target.clone())
            .config(Arc::clone(&self.options.config))
            .timeout(self.options.connect_timeout)
            .attempt_delay(self.options.attempt_delay);
        if let (Some(name), Some(tls)) = (&origin.key.server_name, &self.options.tls) {
            connect = connect.tls(Arc::clone(tls), name.clone());
        }
        let conn = cx.connect(connect);
        origin.connecting = Some(conn);
        self.origins.claim(conn, number);
    }

    /// A request has got its stream: now its body.
    fn sent(&mut self, cx: &mut Cx<'_>, id: CallId, conn: ConnId, stream: StreamRef) {
        self.table.bind(id, conn, stream);
        let Some(running) = self.table.get(id) else {
            return;
        };
        running.attempts += 1;
        match &running.body {
            Body::None => {}
            Body::Whole(body) => {
                running.unsent = body.len();
                self.send_whole(cx, id);
            }
            // An empty one that was complete before: its end went with the head.
            Body::Streamed if running.sent => {}
            Body::Streamed => self
                .with(cx, id, |call, talk| call.on_writable(talk))
                .unwrap_or(()),
        }
    }

    /// Sends what is left of a whole body, as far as it is taken. False if nothing is left.
    pub(super) fn send_whole(&mut self, cx: &mut Cx<'_>, id: CallId) -> bool {
        let Some(running) = self.table.get(id) else {
            return false;
        };
        let (Some((conn, stream)), Body::Whole(body), 1..) =
            (running.at, &running.body, running.unsent)
        else {
            return false;
        };
        // A replay sends it again, so `sent` stays as it is.
        let mut rest = body.slice(body.len() - running.unsent..);
        let Some(client) = cx.client(conn) else {
            return true;
        };
        match client.send(stream).data(&mut rest, true) {
            Ok(_) => running.unsent = rest.len(),
            // The event that says why is on its way.
            Err(SendError::Gone) => running.unsent = 0,
            Err(error) => {
                // Not the length that the program has announced.
                client.send(stream).reset(ErrorCode::CANCEL);
                self.finish(cx, id, Err(CallError::Send(error)));
            }
        }
        true
    }

    /// Calls a call, and looks at what it did.
    pub(super) fn with<R>(
        &mut self,
        cx: &mut Cx<'_>,
        id: CallId,
        action: impl FnOnce(&mut Box<dyn Call>, &mut Talk<'_>) -> R,
    ) -> Option<R> {
        let running = self.table.get(id)?;
        let (conn, stream) = running.at?;
        let mut talk = Talk::new(cx, conn, stream);
        let result = caught(|| action(&mut running.call, &mut talk));
        running.wrote |= talk.wrote;
        running.sent |= talk.finished;
        if result.is_none() {
            self.give_up(cx, id, CallError::Panicked);
        } else if let (true, fault) = (talk.cancelled, talk.fault.take()) {
            let why = fault.map_or(CallError::Cancelled, CallError::Send);
            self.finish(cx, id, Err(why));
        } else {
            self.look(cx, id);
        }
        result
    }

    /// Ends a call whose response is complete.
    fn look(&mut self, cx: &mut Cx<'_>, id: CallId) {
        let Some(running) = self.table.get(id) else {
            return;
        };
        if !running.heard {
            return;
        }
        let Some((conn, stream)) = running.at else {
            return;
        };
        let sending = match &running.body {
            Body::None => false,
            Body::Streamed => !running.sent,
            Body::Whole(_) if running.unsent > 0 => true,
            Body::Whole(_) => cx.client(conn).is_some_and(|c| c.send(stream).queued() > 0),
        };
        if sending && running.is_tunnel {
            return;
        }
        if sending {
            // The answer is complete; nobody will read the rest of the question.
            if let Some(client) = cx.client(conn) {
                client.send(stream).reset(ErrorCode::CANCEL);
            }
        }
        self.finish(cx, id, Ok(()));
    }

    pub(super) fn finish(&mut self, cx: &mut Cx<'_>, id: CallId, outcome: Result<(), CallError>) {
        if let Some(running) = self.table.remove(id) {
            if let Some(origin) = self.origins.get(running.origin) {
                origin.calls -= 1;
            }
            if let Some(timer) = running.timer {
                cx.cancel_timer(timer);
            }
            end(running.call, outcome);
        }
    }

    /// Ends a call before its time, wherever it is.
    pub(super) fn give_up(&mut self, cx: &mut Cx<'_>, id: CallId, why: CallError) {
        let Some(running) = self.table.get(id) else {
            return;
        };
        let number = running.origin;
        match running.at {
            Some((conn, stream)) => {
                if let Some(client) = cx.client(conn) {
                    client.send(stream).reset(ErrorCode::CANCEL);
                }
            }
            None => {
                if let Some(origin) = self.origins.get(number) {
                    origin.waiting.retain(|other| *other != id);
                }
            }
        }
        self.finish(cx, id, Err(why));
        // A reset stream makes room, and no event says so to a call that never asked.
        self.drive(cx, number);
    }
}

impl std::fmt::Debug for Calls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Calls")
            .field("running", &self.table.len())
            .field("peers", &self.origins.numbers().len())
            .finish_non_exhaustive()
    }
}
