//! The machine behind all channels of a loop: letters in, events to the calls' threads.

#[cfg(test)]
mod tests;

use super::{
    channel::HOME_SHIFT,
    fronts::{Front, Fronts, loop_ended, note},
    letter::{Kind, Letter, Start},
    times::Times,
    watch::Watch,
};
use crate::{
    call::CallEvent,
    channel::{self, CallId, ChannelCore, ChannelState},
    filter::Way,
    framing::Framed,
    hash::QuickMap,
    host::{Host, OnLoop},
    metadata::Metadata,
    panics::caught,
    pipe::{Ended, Out, Pipe, Wake},
    reactor::{Asks, ClientNews},
    room::shed,
    serve::SendState,
    stats::{self, ConnEvent, Side, StatsList},
    status::Status,
    wire::{ConnId, Instant, Net, NetEvent, ResolveId},
};
use std::{fmt, sync::Arc};

/// The channel that a connection belongs to.
pub fn home_of(id: ConnId) -> u64 {
    id.0 >> HOME_SHIFT
}

/// One loop's channels. The loop calls [`flush`](ClientCore::flush) at the end of each turn.
pub struct ClientCore {
    host: Arc<dyn Host>,
    channels: QuickMap<u64, Home>,
    woken: Vec<(Arc<Pipe>, Wake)>,
    times: Times,
    /// Calls that run code of the user's.
    attended: usize,
    /// Channels whose connections somebody hears of.
    recorded: usize,
}

struct Home {
    core: ChannelCore,
    /// The target, for those who hear of connections.
    target: String,
    stats: StatsList,
    watch: Arc<Watch>,
    fronts: Fronts,
}

impl ClientCore {
    /// Without channels.
    pub fn new(host: Arc<dyn Host>) -> ClientCore {
        ClientCore {
            host,
            channels: QuickMap::default(),
            woken: Vec::new(),
            times: Times::default(),
            attended: 0,
            recorded: 0,
        }
    }

    /// A letter has come.
    pub fn on_letter(&mut self, now: Instant, net: &mut dyn Net, letter: Letter) {
        let attended = letter.runs_user_code();
        match letter.0 {
            Kind::Add {
                home,
                stats,
                spec,
                addresses,
                watch,
            } => {
                let target = spec.target.clone();
                let mut core = ChannelCore::new(spec);
                if let Some(addresses) = addresses {
                    core.set_addresses(addresses);
                }
                let fronts = Fronts::default();
                self.recorded += usize::from(!stats.is_empty());
                self.channels.insert(
                    home,
                    Home {
                        core,
                        target,
                        stats,
                        watch,
                        fronts,
                    },
                );
            }
            Kind::Connect(home) => self.with(home, now, net, |home, now, net| {
                home.core.connect(now, net);
            }),
            Kind::Close(home) => self.with(home, now, net, |home, _, net| {
                let fronts = &mut home.fronts;
                home.core
                    .close(net, &mut |id, event| fronts.deliver(id, event));
            }),
            Kind::Start(start) => {
                let number = start.call.origin();
                if !self.channels.contains_key(&number.home) {
                    return self.refuse(start, channel::closed());
                }
                self.attended += usize::from(attended);
                self.with(number.home, now, net, |home, now, net| {
                    home.start(now, net, start, attended);
                });
            }
            Kind::Ring(call) => {
                let origin = call.origin();
                self.with(origin.home, now, net, |home, _, net| {
                    if let Some(id) = home.fronts.by_number.get(&origin.number).copied() {
                        home.fronts.touched.push(id);
                        home.hear(net, id, &call);
                    }
                });
            }
        }
    }

    /// A call came too late.
    fn refuse(&mut self, start: Start, why: Status) {
        let Start {
            call,
            mut hooks,
            done,
            reactor,
            ..
        } = start;
        let _guard = OnLoop::enter();
        let (mut result, mut trailers) = (Err(why), Metadata::new());
        hooks.end(Way::In, &mut result, &mut trailers);
        if let Some(mut reactor) = reactor {
            let (result, trailers) = (result.clone(), trailers.clone());
            // A panic here has no call left to end.
            let _ = caught(move || reactor.end(result, trailers));
        }
        call.put_end(Ended { result, trailers }, false);
        if let Some(done) = done {
            let _ = caught(|| done(&call));
        }
        note(call, &mut self.woken);
    }

    /// Whether code of the user's may run: calls with some are under way, or someone hears of connections.
    pub fn runs_user_code(&self) -> bool {
        self.attended > 0 || self.recorded > 0
    }

    /// Something happened.
    pub fn on_net(&mut self, now: Instant, net: &mut dyn Net, event: NetEvent<'_>) {
        let home = match &event {
            NetEvent::Connected { id }
            | NetEvent::Ready { id }
            | NetEvent::ConnectFailed { id, .. }
            | NetEvent::Capacity { id }
            | NetEvent::GoAway { id, .. }
            | NetEvent::Closed { id, .. }
            | NetEvent::Stream { id, .. } => home_of(*id),
            NetEvent::Resolved {
                id: ResolveId(id), ..
            } => home_of(ConnId(*id)),
        };
        self.with(home, now, net, |home, now, net| {
            home.tell_stats(now, &event);
            let fronts = &mut home.fronts;
            home.core
                .on_net(now, net, event, &mut |id, event| fronts.deliver(id, event));
        });
    }

    /// Time has passed.
    pub fn on_time(&mut self, now: Instant, net: &mut dyn Net) {
        let times = &mut self.times;
        // Whose time has come and is not done with has another turn.
        let due: Vec<u64> = std::iter::from_fn(|| times.pop(now)).collect();
        for home in due {
            self.with(home, now, net, |home, now, net| {
                let fronts = &mut home.fronts;
                home.core
                    .on_time(now, net, &mut |id, event| fronts.deliver(id, event));
            });
        }
    }

    /// When [`on_time`](ClientCore::on_time) is to be called: perhaps for a time that has been put off.
    pub fn next_time(&self) -> Option<Instant> {
        self.times.next()
    }

    fn with(
        &mut self,
        number: u64,
        now: Instant,
        net: &mut dyn Net,
        act: impl FnOnce(&mut Home, Instant, &mut dyn Net),
    ) {
        let Some(home) = self.channels.get_mut(&number) else {
            return;
        };
        let _guard = OnLoop::enter();
        act(home, now, net);
        self.attended -= home.look_after(now, net, &mut self.woken);
        self.times.note(number, home.core.next_time());
        home.watch.set(home.core.state(), Some(&*self.host));
        if home.core.is_gone() {
            self.recorded -= usize::from(!home.stats.is_empty());
            self.channels.remove(&number);
            self.times.forget(number);
            shed(&mut self.channels);
        }
    }

    /// The turn ends: threads that wait are let go.
    pub fn flush(&mut self) {
        for (pipe, wake) in self.woken.drain(..) {
            pipe.wake(wake);
        }
        shed(&mut self.woken);
    }

    /// The loop has ended, not as it should. Whatever has begun ends with UNAVAILABLE, and what `letters` begin.
    pub fn end(&mut self, letters: impl IntoIterator<Item = Letter>) {
        let guard = OnLoop::enter();
        for home in self.channels.values_mut() {
            home.fronts.end(&mut self.woken);
            home.watch.set(ChannelState::Shutdown, Some(&*self.host));
        }
        drop(guard);
        self.channels.clear();
        for letter in letters {
            match letter.0 {
                Kind::Start(start) => self.refuse(start, loop_ended()),
                Kind::Add { watch, .. } => watch.set(ChannelState::Shutdown, Some(&*self.host)),
                _ => {}
            }
        }
        self.flush();
    }

    /// Calls that have not ended.
    pub fn open_calls(&self) -> usize {
        self.channels
            .values()
            .map(|home| home.core.open_calls())
            .sum()
    }
}

impl Home {
    fn tell_stats(&self, now: Instant, event: &NetEvent<'_>) {
        let (id, event) = match event {
            NetEvent::Connected { id } => (id, ConnEvent::Begin),
            NetEvent::ConnectFailed { id, why } => (id, ConnEvent::Failed(why)),
            NetEvent::GoAway { id, code, debug } => (id, ConnEvent::GoAway { code: *code, debug }),
            NetEvent::Closed { id, why } => (id, ConnEvent::End(why)),
            _ => return,
        };
        let conn = stats::Conn {
            side: Side::Client,
            id: id.0,
            peer: &self.target,
        };
        self.stats.connection(now, &conn, &event);
    }

    fn start(&mut self, now: Instant, net: &mut dyn Net, start: Start, attended: bool) {
        let Start {
            core,
            only,
            call,
            hooks,
            done,
            reactor,
            parent,
        } = start;
        let id = self.core.reserve();
        let number = call.origin().number;
        self.fronts.by_number.insert(number, id);
        let front = Front {
            pipe: Arc::clone(&call),
            hooks,
            attended,
            streams: core.spec().response.streams,
            done,
            news: ClientNews::of(reactor.is_some()),
            reactor,
            _parent: parent,
        };
        self.fronts.calls.insert(id, front);
        self.fronts.touched.push(id);
        let fronts = &mut self.fronts;
        self.core.start_call(now, net, id, core, &mut |id, event| {
            fronts.deliver(id, event);
        });
        if let Some(message) = only {
            self.send(net, id, &call, message, true);
        }
        self.hear(net, id, &call);
    }

    fn send(&mut self, net: &mut dyn Net, id: CallId, call: &Pipe, message: Framed, last: bool) {
        if let Some(front) = self.fronts.calls.get_mut(&id) {
            front.hooks.sent(&message);
        }
        if self.core.send(net, id, message, last) == SendState::Full {
            call.put_full(true);
        }
    }

    /// Does what a call's thread has said.
    fn hear(&mut self, net: &mut dyn Net, id: CallId, call: &Arc<Pipe>) {
        let mut said = Vec::new();
        call.take_outbox(&mut said);
        for out in said {
            match out {
                Out::Message(message, last) => self.send(net, id, call, message, last),
                Out::HalfClose => self.core.half_close(net, id),
                Out::Cancel(status) => {
                    let mut deliver = |id, event: CallEvent<'_>| self.fronts.deliver(id, event);
                    self.core.cancel(net, id, status, &mut deliver);
                }
                // A server's.
                Out::Head(_) | Out::Wake | Out::Finish { .. } => {}
            }
        }
    }

    /// Asks for the messages that there is room for, and notes who is to be let go.
    /// Returns how many calls have ended that ran code of the user's.
    fn look_after(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        woken: &mut Vec<(Arc<Pipe>, Wake)>,
    ) -> usize {
        while let Some(id) = self.fronts.touched.pop() {
            let Some(front) = self.fronts.calls.get(&id) else {
                continue;
            };
            let pipe = Arc::clone(&front.pipe);
            if front.reactor.is_some() {
                self.react(now, net, id, &pipe);
                continue;
            }
            let more = if front.streams { pipe.top_up() } else { 0 };
            if more > 0 {
                let fronts = &mut self.fronts;
                self.core.want(now, net, id, more, &mut |id, event| {
                    fronts.deliver(id, event)
                });
            }
            note(pipe, woken);
        }
        self.fronts.part(woken)
    }

    /// Calls a reactor's methods for what has happened, does what it says, and again for what comes of that.
    fn react(&mut self, now: Instant, net: &mut dyn Net, id: CallId, pipe: &Arc<Pipe>) {
        loop {
            let Some(front) = self.fronts.calls.get_mut(&id) else {
                return;
            };
            if !front.news.is_news() {
                return;
            }
            let Some(mut reactor) = front.reactor.take() else {
                return;
            };
            let mut asks = Asks::default();
            pipe.hush(&mut Vec::new());
            front.news.tell(&mut *reactor, pipe, &mut asks);
            front.reactor = Some(reactor);
            self.hear(net, id, pipe);
            if let Some(front) = self.fronts.calls.get_mut(&id) {
                front.news.writable |= asks.full && pipe.is_writable();
            }
            if asks.messages > 0 {
                let fronts = &mut self.fronts;
                self.core
                    .want(now, net, id, asks.messages, &mut |id, event| {
                        fronts.deliver(id, event)
                    });
            }
        }
    }
}

impl fmt::Debug for ClientCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCore")
            .field("channels", &self.channels.len())
            .finish_non_exhaustive()
    }
}
