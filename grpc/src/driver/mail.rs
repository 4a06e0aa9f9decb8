//! What threads leave for whoever leads the loop.

use crate::{
    room::shed,
    sync::{Mutex, MutexGuard},
};
use std::{collections::VecDeque, sync::PoisonError};

/// Messages for a loop. Who puts one where the leader sleeps has to ring for it.
pub(crate) struct Mail<M>(Mutex<Inner<M>>);

struct Inner<M> {
    queue: VecDeque<M>,
    /// The leader waits for the system, and looks here again only when it is rung for.
    asleep: bool,
    closed: bool,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pushed {
    /// The loop is gone, and the message with it.
    Closed,
    /// It lies where whoever leads looks before it sleeps.
    Lies,
    /// It lies where the leader sleeps: ring.
    Ring,
}

impl<M> Mail<M> {
    pub(crate) fn new() -> Mail<M> {
        Mail(Mutex::new(Inner {
            queue: VecDeque::new(),
            asleep: false,
            closed: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a message. It is said once that it must be rung for.
    pub(crate) fn push(&self, message: M) -> Pushed {
        let mut inner = self.lock();
        if inner.closed {
            return Pushed::Closed;
        }
        inner.queue.push_back(message);
        match std::mem::take(&mut inner.asleep) {
            true => Pushed::Ring,
            false => Pushed::Lies,
        }
    }

    /// The leader is about to sleep: takes what lies here into `into`, which must be empty. If that is nothing, whoever
    /// leaves a message from now on rings.
    pub(crate) fn take_or_sleep(&self, into: &mut VecDeque<M>) {
        let mut inner = self.lock();
        std::mem::swap(&mut inner.queue, into);
        shed(&mut inner.queue);
        inner.asleep = into.is_empty();
    }

    /// The leader is awake.
    pub(crate) fn wake(&self) {
        self.lock().asleep = false;
    }

    /// Whether nothing lies here.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().queue.is_empty()
    }

    /// Whether nobody will look any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Nobody will look any more.
    pub(crate) fn close(&self) -> VecDeque<M> {
        let mut inner = self.lock();
        inner.closed = true;
        std::mem::take(&mut inner.queue)
    }
}
