//! The calls of one channel, as their threads and reactors see them.

use super::letter::Done;
use crate::{
    call::CallEvent,
    channel::CallId,
    code::Code,
    ctx::CancelGuard,
    filter::{Hooks, Way},
    hash::QuickMap,
    metadata::Metadata,
    panics::caught,
    pipe::{Ended, Pipe, Wake},
    reactor::{Asks, ClientFront, ClientNews},
    room::shed,
    status::Status,
};
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Fronts {
    pub(super) calls: QuickMap<CallId, Front>,
    pub(super) by_number: QuickMap<u64, CallId>,
    /// Calls that may have to be looked at, or let go.
    pub(super) touched: Vec<CallId>,
    pub(super) ended: Vec<Front>,
}

pub(super) struct Front {
    pub(super) pipe: Arc<Pipe>,
    pub(super) hooks: Hooks,
    /// It runs code of the user's.
    pub(super) attended: bool,
    pub(super) streams: bool,
    pub(super) done: Option<Done>,
    pub(super) reactor: Option<Box<dyn ClientFront>>,
    pub(super) news: ClientNews,
    /// Ends with the call.
    pub(super) _parent: Option<CancelGuard>,
}

impl Fronts {
    /// An event of a call's.
    pub(super) fn deliver(&mut self, id: CallId, event: CallEvent<'_>) {
        let Some(front) = self.calls.get_mut(&id) else {
            return;
        };
        match event {
            CallEvent::Opened(head) => {
                front.hooks.attempt(head);
                return;
            }
            CallEvent::Headers(mut fields) => {
                front.hooks.headers(false, &mut fields);
                front.pipe.put_headers(fields);
            }
            CallEvent::Message(arrived) => {
                front.hooks.arrived(&arrived);
                match &mut front.reactor {
                    Some(reactor) => {
                        let news = &mut front.news;
                        news.hand_over(&mut **reactor, &front.pipe, arrived.message);
                    }
                    None => front.pipe.put_message(arrived),
                }
            }
            CallEvent::Writable => {
                front.pipe.put_full(false);
                front.news.writable = true;
            }
            CallEvent::Ended {
                mut result,
                mut trailers,
            } => {
                front.hooks.end(Way::In, &mut result, &mut trailers);
                if let Some(mut reactor) = front.reactor.take() {
                    let mut asks = Asks::default();
                    front.news.tell(&mut *reactor, &front.pipe, &mut asks);
                    let (result, trailers) = (result.clone(), trailers.clone());
                    // A panic here has no call left to end.
                    let _ = caught(move || reactor.end(result, trailers));
                }
                front.pipe.put_end(Ended { result, trailers }, false);
                self.by_number.remove(&front.pipe.origin().number);
                self.ended.extend(self.calls.remove(&id));
                shed(&mut self.by_number);
                shed(&mut self.calls);
                return;
            }
        }
        self.touched.push(id);
    }

    /// Lets go of the calls that have ended. Returns how many of them ran code of the user's.
    pub(super) fn part(&mut self, woken: &mut Vec<(Arc<Pipe>, Wake)>) -> usize {
        let mut attended = 0;
        for front in self.ended.drain(..) {
            attended += usize::from(front.attended);
            if let Some(done) = front.done {
                // A panic here has no call left to end.
                let _ = caught(|| done(&front.pipe));
            }
            note(front.pipe, woken);
        }
        shed(&mut self.ended);
        shed(&mut self.touched);
        attended
    }

    /// Ends all calls at once, whatever their transport thinks of them.
    pub(super) fn end(&mut self, woken: &mut Vec<(Arc<Pipe>, Wake)>) {
        let all: Vec<CallId> = self.calls.keys().copied().collect();
        for id in all {
            let (result, trailers) = (Err(loop_ended()), Metadata::new());
            self.deliver(id, CallEvent::Ended { result, trailers });
        }
        self.part(woken);
    }
}

/// The status of calls of a channel whose loop is gone.
pub(super) fn loop_ended() -> Status {
    Status::local(Code::Unavailable, "the channel's loop has ended")
}

/// A call's threads are let go at the end of the turn.
pub(super) fn note(pipe: Arc<Pipe>, woken: &mut Vec<(Arc<Pipe>, Wake)>) {
    let wake = pipe.take_wake();
    if wake != Wake::default() {
        woken.push((pipe, wake));
    }
}
