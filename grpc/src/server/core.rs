//! The machine behind every server: connections, calls, deadlines, and the hand-over to handlers.

use super::{
    batch::Batch,
    calls::{Conn, Served, number},
    due::Deadlines,
    job::{Job, run_stream, run_unary},
    service::{Entry, Run, RunUnary},
    spec::ServerSpec,
};
use crate::{
    cancel::Cancel,
    codec::MessageBuf,
    ctx::{Ctx, CtxParts, Peer},
    filter::Hooks,
    framing::Framed,
    host::{Host, OnLoop},
    inbound::ALL,
    metadata::Metadata,
    pipe::{Encoding, Ended, Origin, Out, Pipe, Ring, Wake},
    serve::{Incoming, SendState, ServeCore, ServeEvent, Serving, refuse_head},
    status::Status,
    stream::Finisher,
    wire::{ConnId, ErrorCode, Instant, Request, StreamEvent, StreamRef, Wire, Wires},
};
use std::{collections::HashMap, sync::Arc};

/// How calls ended so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endings {
    /// Their handlers ended them.
    pub completed: u64,
    /// They were given up.
    pub cancelled: u64,
}

/// One loop's part of a server. The loop calls [`flush`](ServerCore::flush) at the end of each turn.
pub struct ServerCore {
    spec: Arc<ServerSpec>,
    host: Arc<dyn Host>,
    ring: Arc<dyn Ring>,
    conns: HashMap<ConnId, Conn>,
    deadlines: Deadlines,
    /// Work of this turn.
    batch: Batch,
    /// Calls whose threads are to be let go.
    woken: Vec<(Arc<Pipe>, Wake)>,
    scratch: Vec<Out>,
    endings: Endings,
}

impl ServerCore {
    /// Without connections. Threads ring `ring` when they have said something.
    pub fn new(spec: Arc<ServerSpec>, host: Arc<dyn Host>, ring: Arc<dyn Ring>) -> ServerCore {
        ServerCore {
            spec,
            host,
            ring,
            conns: HashMap::new(),
            deadlines: Deadlines::default(),
            batch: Batch::default(),
            woken: Vec::new(),
            scratch: Vec::new(),
            endings: Endings::default(),
        }
    }

    /// A connection is there.
    pub fn on_open(&mut self, id: ConnId, peer: Arc<Peer>) {
        self.conns.insert(id, Conn::new(peer));
    }

    /// A connection is gone, and every stream's end was told.
    pub fn on_close(&mut self, id: ConnId) {
        self.conns.remove(&id);
    }

    /// How calls ended so far.
    pub fn endings(&self) -> Endings {
        self.endings
    }

    /// Calls that have not ended.
    pub fn open_calls(&self) -> usize {
        self.conns.values().map(Conn::live).sum()
    }

    /// Something happened to a stream.
    pub fn on_stream(
        &mut self,
        now: Instant,
        wire: &mut dyn Wire,
        id: ConnId,
        stream: StreamRef,
        event: StreamEvent<'_>,
    ) {
        if let StreamEvent::Request(request) = event {
            return self.on_request(now, wire, id, stream, request);
        }
        let Some(mut served) = self.take(id, stream) else {
            return match event {
                StreamEvent::BadHead { why, end } => refuse_head(wire, stream, &why, end),
                StreamEvent::Data { bytes, .. } => {
                    wire.release(stream, bytes.len() as u32, bytes.len() as u32);
                }
                // Answered with a head alone, while the client still sends.
                StreamEvent::Drained => wire.reset(stream, ErrorCode::NO_ERROR),
                _ => {}
            };
        };
        self.drive(wire, &mut served, |core, wire, out| {
            core.on_event(wire, event, out);
        });
        self.put(id, served);
    }

    fn take(&mut self, id: ConnId, stream: StreamRef) -> Option<Box<Served>> {
        self.conns.get_mut(&id)?.take(stream)
    }

    fn put(&mut self, id: ConnId, served: Box<Served>) {
        if let Some(pipe) = served.pipe() {
            let wake = pipe.take_wake();
            if wake != Wake::default() {
                self.woken.push((Arc::clone(pipe), wake));
            }
        }
        if served.is_over() {
            served.cx.end();
        } else if let Some(conn) = self.conns.get_mut(&id) {
            conn.put(served);
        }
    }

    fn on_request(
        &mut self,
        now: Instant,
        wire: &mut dyn Wire,
        id: ConnId,
        stream: StreamRef,
        request: Request<'_>,
    ) {
        let spec = Arc::clone(&self.spec);
        let found = spec.routes.find(request.path);
        let serving = match found {
            Ok(entry) => Serving {
                registry: &spec.registry,
                max_receive: spec.max_receive(&entry.limits),
                single: entry.single,
                wanted: if entry.single { ALL } else { 0 },
            },
            Err(_) => Serving {
                registry: &spec.registry,
                max_receive: 0,
                single: false,
                wanted: 0,
            },
        };
        let Some((mut core, incoming)) = ServeCore::accept(now, wire, stream, request, &serving)
        else {
            return;
        };
        let entry = match found {
            Ok(entry) => Arc::clone(entry),
            Err(status) => {
                let none = Metadata::new();
                core.finish(wire, &Err(status), &none, &none);
                return;
            }
        };
        let served = self.begin(id, core, incoming, entry);
        if let Some(deadline) = served.core.deadline() {
            self.deadlines.add(deadline, id, stream);
            let conns = &self.conns;
            let live = conns.values().map(Conn::live).sum();
            let lives = |id, stream| conns.get(&id).is_some_and(|conn| conn.has(stream));
            self.deadlines.prune(live, lives);
        }
        self.start(wire, id, served);
    }

    fn begin(
        &mut self,
        id: ConnId,
        core: ServeCore,
        incoming: Incoming,
        entry: Arc<Entry>,
    ) -> Box<Served> {
        let peer = self.conns.get(&id).map(|conn| Arc::clone(&conn.peer));
        let cx = Ctx::new(CtxParts {
            path: Arc::clone(&entry.path),
            metadata: incoming.metadata,
            deadline: incoming.deadline,
            peer: peer.unwrap_or_default(),
            host: Arc::clone(&self.host),
        });
        let call = (!(entry.inline && matches!(entry.run, Run::Unary(_)))).then(|| {
            let encoding = Encoding {
                compressor: core.compressor().cloned(),
                limit: self.spec.max_send(&entry.limits),
            };
            let origin = Origin {
                home: id.0,
                number: number(core.stream()),
            };
            let (host, ring) = (Arc::clone(&self.host), Arc::clone(&self.ring));
            Finisher::new(Pipe::new(host, ring, encoding, origin), cx.clone())
        });
        Box::new(Served {
            core,
            cx,
            entry,
            hooks: Hooks::default(),
            call,
            request: None,
            working: false,
        })
    }

    fn start(&mut self, wire: &mut dyn Wire, id: ConnId, mut served: Box<Served>) {
        let hooks = {
            let _guard = OnLoop::enter();
            let filters = self.spec.filters.iter();
            Hooks::of(filters.map(|filter| filter.on_call(&served.cx)))
        };
        match hooks {
            Ok(hooks) => served.hooks = hooks,
            Err(status) => {
                self.finish(
                    wire,
                    &mut served,
                    Err(status),
                    Metadata::new(),
                    Metadata::new(),
                );
                return self.put(id, served);
            }
        }
        if !served.entry.single {
            self.dispatch(wire, &mut served);
        }
        self.drive(wire, &mut served, |core, wire, out| core.start(wire, out));
        self.put(id, served);
    }

    /// Lets `act` move the call on, and passes on what comes of it.
    fn drive(
        &mut self,
        wire: &mut dyn Wire,
        served: &mut Served,
        act: impl FnOnce(&mut ServeCore, &mut dyn Wire, &mut dyn FnMut(ServeEvent<'_>)),
    ) {
        let mut news = News::default();
        {
            let Served {
                core,
                entry,
                hooks,
                call,
                request,
                ..
            } = served;
            let pipe = call.as_ref().map(|call| call.pipe());
            let unary = matches!(entry.run, Run::Unary(_));
            let mut out = |event: ServeEvent<'_>| match (event, pipe) {
                (ServeEvent::Message(message), pipe) => {
                    hooks.message(false, message.len());
                    match pipe {
                        Some(pipe) if !unary => pipe.put_message(message),
                        _ => *request = Some(message.into_bytes()),
                    }
                }
                (ServeEvent::HalfClosed, _) => news.half_closed = true,
                (ServeEvent::Writable, Some(pipe)) => pipe.put_full(false),
                (ServeEvent::Writable, None) => {}
                (ServeEvent::Cancelled(why, status), _) => news.cancelled = Some((why, status)),
            };
            act(core, wire, &mut out);
            if let Some(pipe) = pipe.filter(|_| !entry.single) {
                loop {
                    let more = pipe.top_up();
                    if more == 0 || core.is_finished() {
                        break;
                    }
                    core.want(wire, more, &mut out);
                }
            }
        }
        if news.half_closed {
            if let Some(pipe) = served.pipe() {
                pipe.put_half_close();
            }
            if served.entry.single {
                self.dispatch(wire, served);
            }
        }
        if let Some((why, status)) = news.cancelled {
            self.cancelled(served, why, status);
        }
    }

    fn cancelled(&mut self, served: &mut Served, why: Cancel, status: Status) {
        self.endings.cancelled += 1;
        let (mut result, mut trailers) = (Err(status), Metadata::new());
        let _guard = OnLoop::enter();
        served.hooks.end(&mut result, &mut trailers);
        if let Some(pipe) = served.pipe() {
            pipe.put_end(Ended { result, trailers }, true);
        }
        served.cx.cancel(why);
    }

    /// The request is there as far as its handler waits for it.
    fn dispatch(&mut self, wire: &mut dyn Wire, served: &mut Served) {
        let entry = Arc::clone(&served.entry);
        match (&entry.run, &served.call) {
            (Run::Unary(run), None) => self.run_inline(wire, served, run),
            (Run::Respond(run), Some(call)) => {
                served.working = true;
                wire.hold(served.core.stream());
                let call = Arc::clone(call);
                let _guard = OnLoop::enter();
                run_stream(run, &served.cx, &call);
            }
            (_, Some(call)) => {
                served.working = true;
                wire.hold(served.core.stream());
                let job = Job {
                    run: entry.run.clone(),
                    cx: served.cx.clone(),
                    call: Arc::clone(call),
                    message: served.request.take().unwrap_or_default(),
                };
                self.batch.push(entry.pool.as_ref(), job);
            }
            (_, None) => {}
        }
    }

    fn run_inline(&mut self, wire: &mut dyn Wire, served: &mut Served, run: &RunUnary) {
        let message = MessageBuf::Shared(served.request.take().unwrap_or_default());
        let encoding = Encoding {
            compressor: served.core.compressor().cloned(),
            limit: self.spec.max_send(&served.entry.limits),
        };
        let reply = {
            let _guard = OnLoop::enter();
            run_unary(run, &served.cx, message, &encoding.sending())
        };
        let head = served.cx.take_head().unwrap_or_default();
        let trailers = served.cx.take_trailers();
        let result = reply.and_then(|framed| {
            send_head(wire, served, head.clone())?;
            send(wire, served, framed);
            Ok(())
        });
        self.finish(wire, served, result, head, trailers);
    }

    fn finish(
        &mut self,
        wire: &mut dyn Wire,
        served: &mut Served,
        mut result: Result<(), Status>,
        mut head: Metadata,
        mut trailers: Metadata,
    ) {
        if served.core.is_finished() {
            return;
        }
        self.endings.completed += 1;
        {
            let _guard = OnLoop::enter();
            if !served.core.head_is_sent() {
                served.hooks.headers(&mut head);
            }
            served.hooks.end(&mut result, &mut trailers);
        }
        served.core.finish(wire, &result, &head, &trailers);
        if let Some(pipe) = served.pipe() {
            pipe.put_end(Ended { result, trailers }, true);
        }
    }

    /// A call's thread has said something. `wire` is its connection, if that is open.
    pub fn on_ring(&mut self, wire: Option<&mut dyn Wire>, call: &Arc<Pipe>) {
        let Origin { home, number } = call.origin();
        let id = ConnId(home);
        let stream = self.conns.get(&id).and_then(|conn| conn.stream(number));
        let (Some(wire), Some(stream)) = (wire, stream) else {
            return;
        };
        let Some(mut served) = self.take(id, stream) else {
            return;
        };
        let mut said = std::mem::take(&mut self.scratch);
        call.take_outbox(&mut said);
        for out in said.drain(..) {
            self.on_said(wire, &mut served, out);
        }
        self.scratch = said;
        // What the thread has read makes room for more.
        self.drive(wire, &mut served, |_, _, _| {});
        self.put(id, served);
    }

    fn on_said(&mut self, wire: &mut dyn Wire, served: &mut Served, out: Out) {
        match out {
            Out::Head(head) => {
                if let Err(status) = send_head(wire, served, head) {
                    let none = Metadata::new();
                    self.finish(wire, served, Err(status), none.clone(), none);
                }
            }
            Out::Message(message, _) => {
                let state = send(wire, served, message);
                if let (SendState::Full, Some(pipe)) = (state, served.pipe()) {
                    pipe.put_full(true);
                }
            }
            Out::Finish {
                result,
                head,
                trailers,
            } => {
                served.working = false;
                wire.let_go(served.core.stream());
                self.finish(wire, served, result, head, trailers);
            }
            // A client's.
            Out::HalfClose | Out::Cancel(_) => {}
        }
    }

    /// Time has passed. `wires` finds connections.
    pub fn on_time(&mut self, now: Instant, wires: &mut dyn Wires) {
        while let Some((id, stream)) = self.deadlines.pop(now) {
            self.give_up(wires, id, stream, Cancel::Deadline);
        }
        self.spec.pool.expire(now);
    }

    fn give_up(&mut self, wires: &mut dyn Wires, id: ConnId, stream: StreamRef, why: Cancel) {
        let Some(wire) = wires.wire(id) else {
            return;
        };
        if let Some(mut served) = self.take(id, stream) {
            self.drive(wire, &mut served, |core, wire, out| {
                core.cancel(wire, why, out);
            });
            self.put(id, served);
        }
    }

    /// Gives all calls up.
    pub fn cancel_all(&mut self, wires: &mut dyn Wires, why: Cancel) {
        let all = self.conns.iter();
        let all: Vec<_> = all
            .flat_map(|(id, conn)| conn.streams().into_iter().map(|stream| (*id, stream)))
            .collect();
        for (id, stream) in all {
            self.give_up(wires, id, stream, why);
        }
    }

    /// When [`on_time`](ServerCore::on_time) is to be called.
    pub fn next_time(&self) -> Option<Instant> {
        let queued = self.spec.pool.next_time();
        self.deadlines.next().into_iter().chain(queued).min()
    }

    /// The turn ends: work goes to threads, threads that wait are let go.
    pub fn flush(&mut self) {
        self.batch.flush(&self.host, &self.spec.pool);
        for (pipe, wake) in self.woken.drain(..) {
            pipe.wake(wake);
        }
    }
}

#[derive(Default)]
struct News {
    half_closed: bool,
    cancelled: Option<(Cancel, Status)>,
}

fn send_head(wire: &mut dyn Wire, served: &mut Served, mut head: Metadata) -> Result<(), Status> {
    if !served.core.head_is_sent() {
        served.hooks.headers(&mut head);
    }
    served.core.send_head(wire, &head)
}

fn send(wire: &mut dyn Wire, served: &mut Served, message: Framed) -> SendState {
    served.hooks.message(true, message.message().len());
    served.core.send(wire, message.into_bytes())
}
