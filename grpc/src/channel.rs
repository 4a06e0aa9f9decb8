//! A channel: one target with all its addresses, one connection, and the calls over it.

mod calls;
mod connecting;
mod spec;
#[cfg(test)]
mod tests;

use calls::Calls;
use connecting::{Connecting, Step};

use crate::{
    call::{self, CallCore, CallEvent, CallSpec, Verdict},
    code::Code,
    framing::Framed,
    metadata::Metadata,
    room::shed,
    serve::SendState,
    status::{ConnError, ConnFault, Status},
    wire::{
        Close, ConnId, Endpoint, Instant, Net, NetEvent, OpenRefused, StreamEvent, StreamRef, Wire,
    },
};
use std::{collections::VecDeque, sync::Arc};

pub use calls::CallId;
pub use spec::ChannelSpec;

/// Receives what calls tell.
pub type Out<'a> = &'a mut dyn FnMut(CallId, CallEvent<'_>);

/// How a channel is (gRPC `doc/connectivity-semantics-and-api.md`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelState {
    /// Without a connection, for nobody wants one.
    Idle,
    /// On the way to a connection.
    Connecting,
    /// With a connection.
    Ready,
    /// No address can be reached; the next round comes after a pause.
    TransientFailure,
    /// Closed for good.
    Shutdown,
}

/// A channel.
pub struct ChannelCore {
    spec: ChannelSpec,
    state: ChannelState,
    connecting: Connecting,
    /// The connection that new calls go to.
    active: Option<ConnId>,
    /// Whether the active connection takes streams.
    has_room: bool,
    /// Whether the active connection has answered anything.
    useful: bool,
    calls: Calls,
    /// Calls that wait for a connection or for room on it, in order.
    queue: VecDeque<CallId>,
    last_error: Option<Arc<ConnError>>,
    /// How often it was asked for its time.
    #[cfg(test)]
    pub(crate) looks: std::cell::Cell<u64>,
}

impl ChannelCore {
    /// A channel that does nothing until it is used.
    pub fn new(spec: ChannelSpec) -> ChannelCore {
        ChannelCore {
            spec,
            state: ChannelState::Idle,
            connecting: Connecting::default(),
            active: None,
            has_room: true,
            useful: false,
            calls: Calls::default(),
            queue: VecDeque::new(),
            last_error: None,
            #[cfg(test)]
            looks: std::cell::Cell::default(),
        }
    }

    /// How the channel is.
    pub fn state(&self) -> ChannelState {
        self.state
    }

    /// The connection that new calls go to.
    pub fn connection(&self) -> Option<ConnId> {
        self.active
    }

    /// Why the last attempt to connect failed, or the last connection ended.
    pub fn last_error(&self) -> Option<&Arc<ConnError>> {
        self.last_error.as_ref()
    }

    /// Calls that have not ended.
    pub fn open_calls(&self) -> usize {
        self.calls.len()
    }

    /// Whether it is closed and nothing will come of it any more.
    pub fn is_gone(&self) -> bool {
        self.state == ChannelState::Shutdown
            && self.calls.len() == 0
            && self.calls.connections().next().is_none()
    }

    /// A name for a call to be started.
    pub fn reserve(&mut self) -> CallId {
        self.calls.reserve()
    }

    /// Starts a call under a name from [`reserve`](ChannelCore::reserve).
    pub fn start(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        id: CallId,
        spec: CallSpec,
        out: Out<'_>,
    ) {
        self.start_call(now, net, id, Box::new(CallCore::new(spec)), out);
    }

    /// The same of a call that is made already.
    pub(crate) fn start_call(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        id: CallId,
        call: Box<CallCore>,
        out: Out<'_>,
    ) {
        self.calls.insert(id, call);
        self.place(now, net, id, out);
        self.connect_if_wanted(now, net);
    }

    /// Gives a call a stream, or a place in the queue, or an end.
    fn place(&mut self, now: Instant, net: &mut dyn Net, id: CallId, out: Out<'_>) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        if call.is_late(now) {
            return self.end(id, Err(call::deadline_exceeded()), out);
        }
        match self.state {
            ChannelState::Ready if self.has_room => self.open(now, net, id, out),
            ChannelState::TransientFailure if !call.spec().wait_for_ready => {
                let status = self.unreachable();
                self.end(id, Err(status), out);
            }
            ChannelState::Shutdown => self.end(id, Err(closed()), out),
            _ => self.enqueue(id),
        }
    }

    /// Calls that have ended stay in the queue until they come up, unless they are most of it.
    fn enqueue(&mut self, id: CallId) {
        if self.queue.len() > 64 + 2 * self.calls.len() {
            let calls = &self.calls;
            self.queue.retain(|id| calls.has(*id));
        }
        self.queue.push_back(id);
    }

    fn open(&mut self, now: Instant, net: &mut dyn Net, id: CallId, out: Out<'_>) {
        let Some((conn, wire)) = self
            .active
            .and_then(|conn| net.wire(conn).map(|wire| (conn, wire)))
        else {
            // It has ended, as is told presently.
            self.has_room = false;
            self.enqueue(id);
            return;
        };
        let default = (&*self.spec.authority, self.spec.https);
        let unread = self.calls.unread(conn);
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        match call.open(now, conn, wire, default, &unread, &mut |event| {
            out(id, event);
        }) {
            Ok(()) => {
                out(id, CallEvent::Opened(&call.spec().head));
                self.calls.placed(id);
            }
            Err(OpenRefused::NoCapacity) => {
                self.has_room = false;
                self.queue.push_front(id);
            }
            Err(OpenRefused::Draining) => {
                self.queue.push_front(id);
                self.leave_connection(now, net, None, out);
            }
            Err(OpenRefused::HeadTooLarge { limit }) => {
                let text = format!("metadata is larger than the server takes ({limit} octets)");
                self.end(id, Err(Status::local(Code::Internal, text)), out);
            }
            Err(OpenRefused::BadHead) => {
                let status = Status::local(Code::Internal, "the request's head cannot be sent");
                self.end(id, Err(status), out);
            }
        }
    }

    /// The active connection takes no new calls; those on it go on.
    fn leave_connection(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        why: Option<Arc<ConnError>>,
        out: Out<'_>,
    ) {
        self.active = None;
        self.state = ChannelState::Idle;
        let step = self
            .connecting
            .parted(now, net, &self.spec, self.useful, why);
        self.on_step(now, net, step, out);
    }

    fn open_queued(&mut self, now: Instant, net: &mut dyn Net, out: Out<'_>) {
        while self.has_room && self.state == ChannelState::Ready {
            let Some(id) = self.queue.pop_front() else {
                return;
            };
            shed(&mut self.queue);
            self.place(now, net, id, out);
        }
        self.connect_if_wanted(now, net);
    }

    fn connect_if_wanted(&mut self, now: Instant, net: &mut dyn Net) {
        if self.state == ChannelState::Idle && self.queue.iter().any(|id| self.calls.has(*id)) {
            self.connect(now, net);
        }
    }

    /// Connects if the channel is idle.
    pub fn connect(&mut self, now: Instant, net: &mut dyn Net) {
        if self.state == ChannelState::Idle {
            self.state = ChannelState::Connecting;
            self.connecting.begin(now, net, &self.spec);
        }
    }

    /// Ends the pause after a failure at once.
    pub fn reset_backoff(&mut self, now: Instant, net: &mut dyn Net) {
        if self.state == ChannelState::TransientFailure {
            self.connecting.forget_failures();
            self.state = ChannelState::Idle;
            self.connect(now, net);
        }
    }

    /// Closes the channel: calls end with CANCELLED.
    pub fn close(&mut self, net: &mut dyn Net, out: Out<'_>) {
        self.state = ChannelState::Shutdown;
        self.connecting.stop(net);
        self.queue.clear();
        for id in self.calls.ids() {
            self.cancel(net, id, closed(), out);
        }
        for conn in self.calls.connections().chain(self.active.take()) {
            net.close(conn, Close::Drain);
        }
    }

    /// Sends a message of a call; with `end` it is the last.
    pub fn send(&mut self, net: &mut dyn Net, id: CallId, message: Framed, end: bool) -> SendState {
        match self.calls.get_mut(id) {
            Some(call) => call.send(wire_of(net, call), message, end),
            None => SendState::Ended,
        }
    }

    /// No message of the call follows.
    pub fn half_close(&mut self, net: &mut dyn Net, id: CallId) {
        if let Some(call) = self.calls.get_mut(id) {
            call.half_close(wire_of(net, call));
        }
    }

    /// `more` messages of a call are wanted.
    pub fn want(&mut self, now: Instant, net: &mut dyn Net, id: CallId, more: u32, out: Out<'_>) {
        if let Some(call) = self.calls.get_mut(id) {
            let wire = wire_of(net, call);
            let verdict = call.want(now, wire, more, &mut |event| out(id, event));
            self.follow(now, net, id, verdict, None, out);
        }
    }

    /// Gives a call up.
    pub fn cancel(&mut self, net: &mut dyn Net, id: CallId, status: Status, out: Out<'_>) {
        if let Some(call) = self.calls.get_mut(id) {
            call.cancel(wire_of(net, call));
            self.end(id, Err(status), out);
        }
    }

    fn end(&mut self, id: CallId, result: Result<(), Status>, out: Out<'_>) {
        if self.calls.remove(id) {
            let trailers = Metadata::new();
            out(id, CallEvent::Ended { result, trailers });
        }
    }

    fn unreachable(&self) -> Status {
        match &self.last_error {
            Some(error) => call::lost(error),
            None => Status::local(Code::Unavailable, "the server cannot be reached"),
        }
    }

    /// Something happened.
    pub fn on_net(&mut self, now: Instant, net: &mut dyn Net, event: NetEvent<'_>, out: Out<'_>) {
        match event {
            NetEvent::Stream { id, stream, event } => {
                let Some(call_id) = self.calls.find(id, stream) else {
                    return give_back(net, id, stream, &event);
                };
                let (Some(call), Some(wire)) = (self.calls.get_mut(call_id), net.wire(id)) else {
                    return;
                };
                let answers = matches!(event, StreamEvent::Response { .. });
                self.useful |= answers && self.active == Some(id);
                let verdict = call.on_stream(now, wire, event, &mut |event| out(call_id, event));
                self.follow(now, net, call_id, verdict, Some(id), out);
            }
            NetEvent::Capacity { id } if self.active == Some(id) => {
                self.has_room = true;
                self.open_queued(now, net, out);
            }
            NetEvent::GoAway { id, code, debug } if self.active == Some(id) => {
                let address = self.spec.target.clone();
                let fault = ConnFault::GoAway { code, debug };
                let why = Arc::new(ConnError { address, fault });
                self.leave_connection(now, net, Some(why), out);
                self.connect_if_wanted(now, net);
            }
            NetEvent::Closed { id, why } => self.on_closed(now, net, id, why, out),
            event => {
                let step = self.connecting.on_net(now, net, &self.spec, event);
                self.on_step(now, net, step, out);
            }
        }
    }

    fn on_closed(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        id: ConnId,
        why: Arc<ConnError>,
        out: Out<'_>,
    ) {
        for call in self.calls.lost_on(id) {
            self.end(call, Err(call::lost(&why)), out);
        }
        if self.active == Some(id) {
            self.last_error = Some(Arc::clone(&why));
            self.leave_connection(now, net, Some(why), out);
            self.connect_if_wanted(now, net);
        } else {
            let event = NetEvent::Closed { id, why };
            let step = self.connecting.on_net(now, net, &self.spec, event);
            self.on_step(now, net, step, out);
        }
    }

    fn on_step(&mut self, now: Instant, net: &mut dyn Net, step: Step, out: Out<'_>) {
        if self.state == ChannelState::Shutdown {
            return;
        }
        match step {
            Step::None => {}
            Step::Ready(id) => {
                self.state = ChannelState::Ready;
                self.active = Some(id);
                self.has_room = true;
                self.useful = false;
                self.open_queued(now, net, out);
            }
            Step::Failed(error, status) => {
                self.state = ChannelState::TransientFailure;
                self.last_error = error;
                let waiting = std::mem::take(&mut self.queue);
                for id in waiting {
                    let Some(call) = self.calls.get_mut(id) else {
                        continue;
                    };
                    if call.spec().wait_for_ready {
                        self.queue.push_back(id);
                    } else {
                        self.end(id, Err(status.clone()), out);
                    }
                }
            }
            Step::Rested => {
                self.state = ChannelState::Idle;
                self.connect_if_wanted(now, net);
            }
        }
    }

    fn follow(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        id: CallId,
        verdict: Verdict,
        conn: Option<ConnId>,
        out: Out<'_>,
    ) {
        match verdict {
            Verdict::Going => {}
            Verdict::Ended => {
                self.calls.remove(id);
            }
            Verdict::Lost => self.calls.lost(id, conn),
            Verdict::Again => {
                self.calls.displaced(id);
                // The connection that refused it is no place for it now; what it says next decides.
                self.place(now, net, id, out);
                self.connect_if_wanted(now, net);
            }
        }
    }

    /// Time has passed.
    pub fn on_time(&mut self, now: Instant, net: &mut dyn Net, out: Out<'_>) {
        while let Some(id) = self.calls.late(now) {
            self.cancel(net, id, call::deadline_exceeded(), out);
        }
        let step = self.connecting.on_time(now, net, &self.spec);
        self.on_step(now, net, step, out);
    }

    /// When [`on_time`](ChannelCore::on_time) is to be called.
    pub fn next_time(&self) -> Option<Instant> {
        #[cfg(test)]
        self.looks.set(self.looks.get() + 1);
        let connecting = self.connecting.next_time();
        let deadline = self.calls.next_deadline();
        connecting.into_iter().chain(deadline).min()
    }

    /// Where the addresses of the target come from, if they need not be asked for.
    pub fn set_addresses(&mut self, addresses: Vec<Endpoint>) {
        self.connecting.set_addresses(addresses);
    }
}

fn wire_of<'n>(net: &'n mut dyn Net, call: &CallCore) -> Option<&'n mut dyn Wire> {
    net.wire(call.place()?.0)
}

/// Octets that came for a call that is gone still count against the connection.
fn give_back(net: &mut dyn Net, id: ConnId, stream: StreamRef, event: &StreamEvent<'_>) {
    if let (StreamEvent::Data { bytes, .. }, Some(wire)) = (event, net.wire(id)) {
        wire.release(stream, bytes.len() as u32, bytes.len() as u32);
    }
}

/// The status of calls on a channel that is closed.
pub(crate) fn closed() -> Status {
    Status::local(Code::Cancelled, "the channel is closed")
}
