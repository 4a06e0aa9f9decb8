//! A channel's state, between its loop and those who ask.

use crate::{
    channel::ChannelState,
    host::{Host, Slot},
};
use std::sync::{Arc, Mutex, PoisonError};

/// A channel's state, where its loop leaves it.
pub(super) struct Watch(Mutex<(ChannelState, Vec<Arc<Slot>>)>);

impl Default for Watch {
    fn default() -> Watch {
        Watch(Mutex::new((ChannelState::Idle, Vec::new())))
    }
}

impl Watch {
    pub(super) fn state(&self) -> ChannelState {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The state; if it is `from`, the slot is signalled when it changes.
    pub(super) fn wait_in(&self, from: ChannelState, slot: &Arc<Slot>) -> ChannelState {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.0 == from {
            inner.1.push(Arc::clone(slot));
        }
        inner.0
    }

    /// The slot waits no more.
    pub(super) fn leave(&self, slot: &Arc<Slot>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.1.retain(|other| !Arc::ptr_eq(other, slot));
    }

    /// Slots that wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.1.len()
    }

    /// The loop tells the state; those who wait for a change are let go.
    pub(super) fn set(&self, state: ChannelState, host: Option<&dyn Host>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.0 == state {
            return;
        }
        inner.0 = state;
        let waiting = std::mem::take(&mut inner.1);
        drop(inner);
        for slot in waiting {
            match host {
                Some(host) => host.unpark(&slot),
                None => slot.set(),
            }
        }
    }
}
