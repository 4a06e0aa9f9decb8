//! The calls of one connection, by the slots of its streams.

use super::service::Entry;
use crate::{
    ctx::{Ctx, Peer},
    filter::Hooks,
    framing::Framed,
    inbound::Unread,
    pipe::Pipe,
    reactor::Front,
    serve::ServeCore,
    status::Status,
    stream::Finisher,
    wire::{Instant, StreamRef},
};
use bytes::Bytes;
use std::sync::Arc;

/// A served call, and who works on it.
pub(super) struct Served {
    pub(super) core: ServeCore,
    pub(super) cx: Ctx,
    pub(super) entry: Arc<Entry>,
    pub(super) hooks: Hooks,
    /// What a thread has of it; `None` for a call that runs inline.
    pub(super) call: Option<Arc<Finisher>>,
    /// The request of a unary call, until it is complete.
    pub(super) request: Option<Bytes>,
    /// What the handler said, of a method that runs inline and has run already.
    pub(super) reply: Option<Result<Framed, Status>>,
    /// The most octets of a message of the response.
    pub(super) max_send: usize,
    /// The object that serves it, of a method that is served so.
    pub(super) reactor: Option<Box<dyn Front>>,
    /// When the object asked last to be woken.
    pub(super) wake_at: Option<Instant>,
    /// A handler works on it elsewhere and has not said its last word.
    pub(super) working: bool,
}

impl Served {
    pub(super) fn pipe(&self) -> Option<&Arc<Pipe>> {
        self.call.as_ref().map(|call| call.pipe())
    }

    /// Whether nothing will come of it any more, from either side.
    pub(super) fn is_over(&self) -> bool {
        self.core.is_over() && !self.working
    }
}

/// A connection.
#[derive(Default)]
pub(super) struct Conn {
    pub(super) peer: Arc<Peer>,
    /// What its streams hold unread.
    pub(super) unread: Unread,
    calls: Vec<Option<Box<Served>>>,
    live: usize,
}

impl Conn {
    pub(super) fn new(peer: Arc<Peer>) -> Conn {
        Conn {
            peer,
            ..Conn::default()
        }
    }

    pub(super) fn live(&self) -> usize {
        self.live
    }

    pub(super) fn put(&mut self, served: Box<Served>) {
        let slot = served.core.stream().slot() as usize;
        if self.calls.len() <= slot {
            self.calls.resize_with(slot + 1, || None);
        }
        self.live += usize::from(self.calls[slot].is_none());
        self.calls[slot] = Some(served);
    }

    /// Takes a call out, to be [`put`](Conn::put) back.
    pub(super) fn take(&mut self, stream: StreamRef) -> Option<Box<Served>> {
        let place = self.calls.get_mut(stream.slot() as usize)?;
        let found = place.take_if(|served| served.core.stream() == stream);
        self.live -= usize::from(found.is_some());
        found
    }

    /// The stream of a call that a thread knows by [`number`].
    pub(super) fn stream(&self, number: u64) -> Option<StreamRef> {
        let served = self.calls.get(number as u32 as usize)?.as_ref()?;
        let stream = served.core.stream();
        (self::number(stream) == number).then_some(stream)
    }

    pub(super) fn has(&self, stream: StreamRef) -> bool {
        self.stream(number(stream)).is_some()
    }

    /// Whether the call of this stream waits to be woken at this time.
    pub(super) fn is_to_wake(&self, stream: StreamRef, at: Instant) -> bool {
        let place = self.calls.get(stream.slot() as usize);
        let served = place.and_then(Option::as_ref);
        served.is_some_and(|served| served.core.stream() == stream && served.wake_at == Some(at))
    }

    pub(super) fn streams(&self) -> Vec<StreamRef> {
        let live = self.calls.iter().flatten();
        live.map(|served| served.core.stream()).collect()
    }
}

impl IntoIterator for Conn {
    type Item = Box<Served>;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Option<Box<Served>>>>;

    /// Its calls.
    fn into_iter(self) -> Self::IntoIter {
        self.calls.into_iter().flatten()
    }
}

/// A stream's name in one word: its identifier above, its slot below.
pub(super) fn number(stream: StreamRef) -> u64 {
    u64::from(stream.id().get()) << 32 | u64::from(stream.slot())
}
