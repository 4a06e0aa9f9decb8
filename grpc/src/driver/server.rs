//! One loop of a server.

use super::lead::Led;
use crate::{
    cancel::Cancel,
    ctx::Peer,
    hash::QuickMap,
    panics::caught,
    pipe::{Pipe, Ring},
    pool::Work,
    server::{Endings, ServerCore},
    wire::{self, Instant, StreamEvent, Wire, Wires, proto},
};
use bywash_mio::{ConnId, Cx, EventLoop, Handle, Handler, TimerId, error::End};
use bywash_proto::event::Event;
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Time to write the last trailers once everything was given up.
const FAREWELL: Duration = Duration::from_millis(250);

const TIME: u64 = 0;
const HARD_STOP: u64 = 1;

pub(super) enum Message {
    Ring(Arc<Pipe>),
    Shutdown(Duration),
}

/// Rings by message.
pub(super) struct Bell(pub(super) Handle<Message>);

impl Ring for Bell {
    fn ring(&self, call: Arc<Pipe>) {
        // It fails only when the loop is gone, and the call with it.
        let _ = self.0.send(Message::Ring(call));
    }
}

pub(super) struct Loop {
    core: ServerCore,
    /// The loop's names for connections, by ours.
    ids: QuickMap<u64, ConnId>,
    timer: Option<(Instant, TimerId)>,
    endings: Arc<Mutex<Endings>>,
    /// A call for a thread of the pool, which this one can take as well.
    work: Option<Box<dyn Work>>,
}

struct Conns<'a, 'c> {
    cx: &'a mut Cx<'c>,
    ids: &'a QuickMap<u64, ConnId>,
}

impl Wires for Conns<'_, '_> {
    fn wire(&mut self, id: wire::ConnId) -> Option<&mut dyn Wire> {
        let conn = self.cx.server(*self.ids.get(&id.0)?)?;
        Some(conn)
    }
}

fn name(conn: ConnId) -> wire::ConnId {
    wire::ConnId(conn.as_u64())
}

impl Loop {
    pub(super) fn new(core: ServerCore, endings: Arc<Mutex<Endings>>) -> Loop {
        Loop {
            core,
            ids: QuickMap::default(),
            timer: None,
            endings,
            work: None,
        }
    }

    /// The loop has ended: its calls do too.
    fn end(&mut self) {
        // After a shutdown there are none left.
        let _ = caught(|| self.core.end());
        self.tell_endings();
    }

    fn tell_endings(&self) {
        *self.endings.lock().unwrap_or_else(PoisonError::into_inner) = self.core.endings();
    }

    fn arm(&mut self, cx: &mut Cx<'_>) {
        let next = self.core.next_time();
        let armed = self.timer.map(|(at, _)| at);
        if next.is_none_or(|next| armed.is_some_and(|armed| armed <= next)) {
            // What is set fires early, at worst, and finds nothing due.
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            cx.cancel_timer(timer);
        }
        if let Some(next) = next {
            self.timer = Some((next, cx.set_timer(next, TIME)));
        }
    }
}

impl Handler for Loop {
    type Message = Message;

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        let Some(open) = cx.conn(conn) else {
            return;
        };
        let mut peer = Peer::at(open.peer().to_string());
        if let Some(facts) = open.tls() {
            peer.secure = true;
            peer.certificates = facts.peer_certificates.clone();
        }
        self.ids.insert(conn.as_u64(), conn);
        self.core.on_open(name(conn), Arc::new(peer));
    }

    fn on_close(&mut self, _: &mut Cx<'_>, conn: ConnId, end: &End, _: u64) {
        self.ids.remove(&conn.as_u64());
        self.core
            .on_close(name(conn), proto::fault(end.reason, None));
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        let mut spent = None;
        let core = &mut self.core;
        // Events of the connection are the loop's business.
        let _ = proto::stream_event(event, &mut spent, |stream, event: StreamEvent<'_>| {
            if let Some(wire) = cx.server(conn) {
                core.on_stream(wire, name(conn), stream, event);
            }
        });
        if let (Some(head), Some(conn)) = (spent, cx.server(conn)) {
            conn.recycle(head);
        }
    }

    fn on_message(&mut self, cx: &mut Cx<'_>, message: Message) {
        match message {
            Message::Ring(call) => {
                let now = cx.now();
                let conn = self.ids.get(&call.origin().home);
                let wire = conn
                    .and_then(|conn| cx.server(*conn))
                    .map(|conn| conn as &mut dyn Wire);
                self.core.on_ring(now, wire, &call);
            }
            Message::Shutdown(grace) => {
                cx.shutdown(grace.saturating_add(FAREWELL));
                let at = cx.now() + grace;
                cx.set_timer(at, HARD_STOP);
            }
        }
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>, _: TimerId, key: u64) {
        let now = cx.now();
        let ids = &self.ids;
        let mut conns = Conns { cx, ids };
        if key == HARD_STOP {
            self.core.cancel_all(&mut conns, Cancel::Shutdown);
        } else {
            self.timer = None;
            self.core.on_time(now, &mut conns);
        }
    }

    fn before_wait(&mut self, cx: &mut Cx<'_>) {
        if self.work.is_none() {
            self.work = self.core.take_only_work();
        }
        self.core.flush();
        self.arm(cx);
        self.tell_endings();
    }

    fn may_wait(&mut self, _: bool) -> bool {
        self.work.is_none()
    }
}

/// A loop, and what its events go to.
pub(super) struct Driven {
    pub(super) event_loop: EventLoop<Message>,
    pub(super) handler: Loop,
}

impl Led for Driven {
    fn is_over(&self) -> bool {
        self.event_loop.is_over()
    }

    fn turn(&mut self) -> io::Result<()> {
        self.event_loop.turn(&mut self.handler, None)
    }

    fn take_work(&mut self) -> Option<Box<dyn Work>> {
        self.handler.work.take()
    }

    fn end(&mut self) {
        self.handler.end();
    }
}
