//! Calls under way: from events to handlers and back.

use super::{
    calls::Served,
    core::ServerCore,
    job::{Job, guarded, run_stream, run_unary},
    news::{News, collect},
    service::{Run, RunUnary},
};
use crate::{
    cancel::Cancel,
    codec::MessageBuf,
    filter::Way,
    framing::Framed,
    host::OnLoop,
    metadata::Metadata,
    panics::caught,
    pipe::{Ended, Out, Pipe},
    reactor::Asks,
    serve::{SendState, ServeCore, ServeEvent},
    status::Status,
    wire::{ConnId, Wire},
};
use std::sync::Arc;

impl ServerCore {
    /// Lets `act` move the call on, and passes on what comes of it.
    pub(super) fn drive(
        &mut self,
        wire: &mut dyn Wire,
        id: ConnId,
        served: &mut Served,
        act: impl FnOnce(&mut ServeCore, &mut dyn Wire, &mut dyn FnMut(ServeEvent<'_>)),
    ) {
        let mut news = collect(wire, served, &mut self.scratch, act);
        loop {
            let pipe = served.pipe();
            let reacts = served.reactor.is_some();
            let asks = pipe.filter(|_| !served.entry.single && !reacts);
            let more = asks.map_or(0, |pipe| pipe.top_up());
            if more == 0 || served.core.is_finished() {
                break;
            }
            let asked = collect(wire, served, &mut self.scratch, |core, wire, out| {
                core.want(wire, more, out);
            });
            news.add(asked);
        }
        self.pass_on(wire, id, served, news);
    }

    fn pass_on(&mut self, wire: &mut dyn Wire, id: ConnId, served: &mut Served, mut news: News) {
        let cancelled = news.cancelled.take();
        if served.reactor.is_some() {
            self.react(wire, id, served, news);
        } else if news.half_closed {
            if let Some(pipe) = served.pipe() {
                pipe.put_half_close();
            }
            if served.entry.single {
                self.dispatch(wire, served);
            }
        }
        if let Some((why, status)) = cancelled {
            self.cancelled(served, why, status);
        }
    }

    /// Calls a reactor's methods for what has happened, does what it says, and again for what comes of that.
    pub(super) fn react(
        &mut self,
        wire: &mut dyn Wire,
        id: ConnId,
        served: &mut Served,
        mut news: News,
    ) {
        while news.is_news() {
            let (Some(mut reactor), Some(call)) = (served.reactor.take(), served.call.clone())
            else {
                return;
            };
            let mut asks = Asks::default();
            call.pipe().hush(&mut self.scratch);
            {
                let _guard = OnLoop::enter_for(served.cx.shared_path());
                if let Err(status) = guarded(|| news.tell(&mut *reactor, &call, &mut asks)) {
                    call.finish(Err(status), &Metadata::new());
                }
            }
            served.reactor = Some(reactor);
            self.hear(wire, served, call.pipe());
            if let Some(time) = asks.wake {
                let at = self.host.now() + time;
                served.wake_at = Some(at);
                let conns = &self.conns;
                // What the call at hand asked for before counts no more, and it is not in its place.
                self.wakes.prune(|at, id, stream| {
                    conns
                        .get(&id)
                        .is_some_and(|conn| conn.is_to_wake(stream, at))
                });
                self.wakes.add(at, id, served.core.stream());
            }
            news = News::room(asks.full && call.pipe().is_writable());
            if asks.messages > 0 && !served.core.is_finished() {
                let asked = collect(wire, served, &mut self.scratch, |core, wire, out| {
                    core.want(wire, asks.messages, out);
                });
                news.add(asked);
            }
            if let Some((why, status)) = news.cancelled.take() {
                self.cancelled(served, why, status);
            }
        }
    }

    /// Does what a call's thread, or its reactor, has said.
    pub(super) fn hear(&mut self, wire: &mut dyn Wire, served: &mut Served, call: &Pipe) {
        let mut said = std::mem::take(&mut self.scratch);
        call.take_outbox(&mut said);
        for out in said.drain(..) {
            self.on_said(wire, served, out);
        }
        self.scratch = said;
    }

    pub(super) fn cancelled(&mut self, served: &mut Served, why: Cancel, status: Status) {
        self.endings.cancelled += 1;
        let (mut result, mut trailers) = (Err(status), Metadata::new());
        let _guard = OnLoop::enter_for(served.cx.shared_path());
        served.hooks.end(Way::Out, &mut result, &mut trailers);
        if let Some(pipe) = served.pipe() {
            pipe.put_end(Ended { result, trailers }, true);
        }
        served.cx.cancel(why);
        if let Some(mut reactor) = served.reactor.take() {
            // A panic here has no call left to end.
            let _ = caught(move || reactor.end(Err(why)));
        }
    }

    /// The request is there as far as its handler waits for it.
    pub(super) fn dispatch(&mut self, wire: &mut dyn Wire, served: &mut Served) {
        let entry = Arc::clone(&served.entry);
        match (&entry.run, &served.call) {
            (Run::Unary(run), None) => self.run_inline(wire, served, run),
            (Run::Respond(run), Some(call)) => {
                served.working = true;
                wire.hold(served.core.stream());
                let call = Arc::clone(call);
                let _guard = OnLoop::enter_for(served.cx.shared_path());
                run_stream(run, &served.cx, &call);
            }
            (Run::Reactor(_), _) => {}
            (_, Some(call)) => {
                served.working = true;
                wire.hold(served.core.stream());
                let job = Job {
                    spec: Arc::clone(&self.spec),
                    run: entry.run.clone(),
                    apart: entry.apart,
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
        let reply = served.reply.take().unwrap_or_else(|| {
            let message = MessageBuf::Shared(served.request.take().unwrap_or_default());
            let _guard = OnLoop::enter_for(served.cx.shared_path());
            run_unary(run, &served.cx, message, served.max_send)
        });
        let head = served.cx.take_head().unwrap_or_default();
        let trailers = served.cx.take_trailers();
        let result = reply.and_then(|framed| {
            send_head(wire, served, head.clone())?;
            send(wire, served, framed);
            Ok(())
        });
        self.finish(wire, served, result, head, trailers);
    }

    pub(super) fn finish(
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
            let _guard = OnLoop::enter_for(served.cx.shared_path());
            if !served.core.head_is_sent() {
                served.hooks.headers_at_end(&mut head);
            }
            served.hooks.end(Way::Out, &mut result, &mut trailers);
        }
        served.core.finish(wire, &result, &head, &trailers);
        if let Some(pipe) = served.pipe() {
            pipe.put_end(Ended { result, trailers }, true);
        }
        if let Some(mut reactor) = served.reactor.take() {
            let _guard = OnLoop::enter_for(served.cx.shared_path());
            let _ = caught(move || reactor.end(Ok(())));
        }
    }

    pub(super) fn on_said(&mut self, wire: &mut dyn Wire, served: &mut Served, out: Out) {
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
            // What it is woken for comes by itself.
            Out::Wake => {}
            // A client's.
            Out::HalfClose | Out::Cancel(_) => {}
        }
    }
}

fn send_head(wire: &mut dyn Wire, served: &mut Served, mut head: Metadata) -> Result<(), Status> {
    if !served.core.head_is_sent() {
        served.hooks.headers(true, &mut head);
        served.core.set_compressor(served.cx.encoding());
    }
    served.core.send_head(wire, &head)
}

fn send(wire: &mut dyn Wire, served: &mut Served, message: Framed) -> SendState {
    served.hooks.sent(&message);
    served.core.send(wire, message.into_bytes())
}
