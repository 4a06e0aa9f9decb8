//! A place to wait in.

use crate::sync::{Mutex, MutexGuard, Thread, current, park, park_timeout};
use std::{fmt, sync::PoisonError, time::Duration};

/// A place to wait in.
pub struct Slot(Mutex<State>);

struct State {
    signal: bool,
    /// Who waits here, parked or about to.
    waiter: Option<Thread>,
}

impl Slot {
    /// A place where nobody waits.
    pub fn new() -> Slot {
        Slot(Mutex::new(State {
            signal: false,
            waiter: None,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the signal, if there is one. Nobody waits here then.
    pub fn take(&self) -> bool {
        let mut state = self.lock();
        state.waiter = None;
        std::mem::take(&mut state.signal)
    }

    /// Whether there is a signal; it stays.
    pub(crate) fn is_set(&self) -> bool {
        self.lock().signal
    }

    /// Leaves a signal, for a host that wakes threads in its own way.
    pub fn set(&self) {
        self.lock().signal = true;
    }

    /// Takes the signal, if there is one; if not, `thread` is unparked once there is.
    pub(crate) fn take_or_expect(&self, thread: &Thread) -> bool {
        let mut state = self.lock();
        if std::mem::take(&mut state.signal) {
            state.waiter = None;
            return true;
        }
        state.waiter = Some(thread.clone());
        false
    }

    /// Waits for a signal and takes it; returns early after `longest`, or for no reason.
    pub(crate) fn wait(&self, longest: Option<Duration>) {
        if self.take_or_expect(&current()) {
            return;
        }
        match longest {
            None => park(),
            Some(longest) => park_timeout(longest),
        }
        self.take();
    }

    /// Leaves a signal, and wakes who waits for it.
    pub(crate) fn wake(&self) {
        let mut state = self.lock();
        state.signal = true;
        let waiter = state.waiter.take();
        drop(state);
        if let Some(waiter) = waiter {
            waiter.unpark();
        }
    }
}

impl Default for Slot {
    fn default() -> Slot {
        Slot::new()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}
