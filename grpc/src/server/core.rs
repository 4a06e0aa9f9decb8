//! The machine behind every server: connections, calls, deadlines, and the hand-over to handlers.

use super::{
    batch::Batch,
    calls::{Conn, Served},
    due::Deadlines,
    news::News,
    spec::ServerSpec,
};
use crate::{
    cancel::Cancel,
    ctx::Peer,
    hash::QuickMap,
    host::Host,
    pipe::{Origin, Out, Pipe, Ring, Wake},
    pool::{Pool, Work},
    serve::refuse_head,
    stats::{self, ConnEvent, Side},
    status::{ConnError, ConnFault},
    wire::{ConnId, ErrorCode, Instant, StreamEvent, StreamRef, Wire, Wires},
};
use std::sync::Arc;

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
    pub(super) spec: Arc<ServerSpec>,
    pub(super) host: Arc<dyn Host>,
    pub(super) ring: Arc<dyn Ring>,
    pub(super) conns: QuickMap<ConnId, Conn>,
    pub(super) deadlines: Deadlines,
    /// When reactors asked to be woken.
    pub(super) wakes: Deadlines,
    /// Work of this turn.
    pub(super) batch: Batch,
    /// Calls whose threads are to be let go.
    woken: Vec<(Arc<Pipe>, Wake)>,
    pub(super) scratch: Vec<Out>,
    pub(super) endings: Endings,
}

impl ServerCore {
    /// Without connections. Threads ring `ring` when they have said something.
    pub fn new(spec: Arc<ServerSpec>, host: Arc<dyn Host>, ring: Arc<dyn Ring>) -> ServerCore {
        ServerCore {
            spec,
            host,
            ring,
            conns: QuickMap::default(),
            deadlines: Deadlines::default(),
            wakes: Deadlines::default(),
            batch: Batch::default(),
            woken: Vec::new(),
            scratch: Vec::new(),
            endings: Endings::default(),
        }
    }

    /// A connection is there.
    pub fn on_open(&mut self, id: ConnId, peer: Arc<Peer>) {
        self.tell_stats(id, &peer, &ConnEvent::Begin);
        self.conns.insert(id, Conn::new(peer));
    }

    /// A connection is gone for this reason, and every stream's end was told.
    pub fn on_close(&mut self, id: ConnId, fault: ConnFault) {
        if let Some(conn) = self.conns.remove(&id) {
            let address = conn.peer.address.clone();
            let why = ConnError { address, fault };
            self.tell_stats(id, &conn.peer, &ConnEvent::End(&why));
        }
    }

    fn tell_stats(&self, id: ConnId, peer: &Peer, event: &ConnEvent<'_>) {
        let conn = stats::Conn {
            side: Side::Server,
            id: id.0,
            peer: &peer.address,
        };
        let now = self.host.now();
        self.spec.stats.connection(now, &conn, event);
    }

    /// How calls ended so far.
    pub fn endings(&self) -> Endings {
        self.endings
    }

    /// Times at which calls are to be woken, of those that have ended too.
    #[cfg(test)]
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.len()
    }

    /// Calls that have not ended.
    pub fn open_calls(&self) -> usize {
        self.conns.values().map(Conn::live).sum()
    }

    /// Something happened to a stream.
    pub fn on_stream(
        &mut self,
        wire: &mut dyn Wire,
        id: ConnId,
        stream: StreamRef,
        event: StreamEvent<'_>,
    ) {
        if let StreamEvent::Request(request) = event {
            return self.on_request(wire, id, stream, request);
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
        self.drive(wire, id, &mut served, |core, wire, out| {
            core.on_event(wire, event, out);
        });
        self.put(id, served);
    }

    fn take(&mut self, id: ConnId, stream: StreamRef) -> Option<Box<Served>> {
        self.conns.get_mut(&id)?.take(stream)
    }

    pub(super) fn put(&mut self, id: ConnId, served: Box<Served>) {
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

    /// A call's thread has said something. `wire` is its connection, if that is open.
    pub fn on_ring(&mut self, now: Instant, wire: Option<&mut dyn Wire>, call: &Arc<Pipe>) {
        let Origin { home, number } = call.origin();
        let id = ConnId(home);
        let stream = self.conns.get(&id).and_then(|conn| conn.stream(number));
        let (Some(wire), Some(stream)) = (wire, stream) else {
            return;
        };
        let Some(mut served) = self.take(id, stream) else {
            return;
        };
        // What a handler says after its deadline comes too late, although no timer has told it yet.
        if served
            .core
            .deadline()
            .is_some_and(|deadline| deadline <= now)
        {
            self.drive(wire, id, &mut served, |core, wire, out| {
                core.cancel(wire, Cancel::Deadline, out);
            });
        }
        let woken = call.is_woken();
        self.hear(wire, &mut served, call);
        if woken {
            let news = News::woken();
            self.react(wire, id, &mut served, news);
        }
        // What the thread has read makes room for more.
        self.drive(wire, id, &mut served, |_, _, _| {});
        self.put(id, served);
    }

    /// Time has passed. `wires` finds connections.
    pub fn on_time(&mut self, now: Instant, wires: &mut dyn Wires) {
        while let Some((_, id, stream)) = self.deadlines.pop(now) {
            self.give_up(wires, id, stream, Cancel::Deadline);
        }
        // What asks to be woken at once has its turn later: others are to have theirs.
        let wakes = &mut self.wakes;
        let due: Vec<_> = std::iter::from_fn(|| wakes.pop(now)).collect();
        for (at, id, stream) in due {
            self.wake(wires, at, id, stream);
        }
        for pool in self.spec.pools() {
            pool.expire(now);
        }
    }

    fn wake(&mut self, wires: &mut dyn Wires, at: Instant, id: ConnId, stream: StreamRef) {
        let Some(wire) = wires.wire(id) else {
            return;
        };
        if let Some(mut served) = self.take(id, stream) {
            if served.wake_at == Some(at) {
                served.wake_at = None;
                let news = News::woken();
                self.react(wire, id, &mut served, news);
            }
            self.put(id, served);
        }
    }

    fn give_up(&mut self, wires: &mut dyn Wires, id: ConnId, stream: StreamRef, why: Cancel) {
        let Some(wire) = wires.wire(id) else {
            return;
        };
        if let Some(mut served) = self.take(id, stream) {
            self.drive(wire, id, &mut served, |core, wire, out| {
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

    /// The loop has ended, not as it should: handlers hear that the connections of their calls are lost.
    pub fn end(&mut self) {
        let why = Cancel::ConnectionLost;
        for mut served in std::mem::take(&mut self.conns).into_values().flatten() {
            self.cancelled(&mut served, why, why.status());
            served.cx.end();
            if let Some(pipe) = served.pipe() {
                let wake = pipe.take_wake();
                self.woken.push((Arc::clone(pipe), wake));
            }
        }
        self.flush();
    }

    /// When [`on_time`](ServerCore::on_time) is to be called.
    pub fn next_time(&self) -> Option<Instant> {
        let queued = self.spec.pools().filter_map(Pool::next_time);
        let wakes = self.wakes.next();
        let deadlines = self.deadlines.next();
        deadlines.into_iter().chain(wakes).chain(queued).min()
    }

    /// The only call that goes to a thread of the server's own pool at the end of this turn, if no other goes to any:
    /// for a driver that has a thread for it.
    pub(crate) fn take_only_work(&mut self) -> Option<Box<dyn Work>> {
        self.batch.take_only()
    }

    /// The turn ends: work goes to threads, threads that wait are let go.
    pub fn flush(&mut self) {
        self.batch.flush(&self.host, &self.spec.pool);
        for (pipe, wake) in self.woken.drain(..) {
            pipe.wake(wake);
        }
    }
}
