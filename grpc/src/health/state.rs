//! The states of a server's parts, and who waits for them to change.

use super::messages::{HealthCheckResponse, ServingStatus};
use crate::stream::SinkHandle;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The states of a server's parts, by name. Clones are the same.
#[derive(Clone)]
pub struct Health(Arc<Mutex<State>>);

struct State {
    parts: BTreeMap<String, ServingStatus>,
    shut_down: bool,
    watchers: BTreeMap<u64, Waiting>,
    next: u64,
}

struct Waiting {
    part: String,
    sink: SinkHandle<HealthCheckResponse>,
}

impl Default for Health {
    fn default() -> Health {
        Health::new()
    }
}

impl Health {
    /// A server that serves, of whose parts nothing is known.
    pub fn new() -> Health {
        Health(Arc::new(Mutex::new(State {
            parts: BTreeMap::from([(String::new(), ServingStatus::Serving)]),
            shut_down: false,
            watchers: BTreeMap::new(),
            next: 0,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a part is; `None` if it is not known.
    pub fn get(&self, part: &str) -> Option<ServingStatus> {
        self.lock().parts.get(part).copied()
    }

    /// Says how a part is from now on. Without effect after [`shut_down`](Health::shut_down).
    pub fn set(&self, part: &str, status: ServingStatus) {
        let mut state = self.lock();
        if state.shut_down {
            return;
        }
        let before = state.parts.insert(part.to_owned(), status);
        if before != Some(status) {
            wake(state, Some(part));
        }
    }

    /// Forgets a part.
    pub fn clear(&self, part: &str) {
        let mut state = self.lock();
        if state.parts.remove(part).is_some() {
            wake(state, Some(part));
        }
    }

    /// Says that nothing serves, whatever is said later, until [`resume`](Health::resume): clients look for another
    /// server while this one ends its calls.
    pub fn shut_down(&self) {
        let mut state = self.lock();
        state.shut_down = true;
        for status in state.parts.values_mut() {
            *status = ServingStatus::NotServing;
        }
        wake(state, None);
    }

    /// Says that all that is known serves, and listens again.
    pub fn resume(&self) {
        let mut state = self.lock();
        state.shut_down = false;
        for status in state.parts.values_mut() {
            *status = ServingStatus::Serving;
        }
        wake(state, None);
    }

    /// All parts, if they are not more than `most`.
    pub(super) fn all(
        &self,
        most: usize,
    ) -> Option<impl Iterator<Item = (String, ServingStatus)> + use<>> {
        let state = self.lock();
        (state.parts.len() <= most).then(|| state.parts.clone().into_iter())
    }

    /// Has a stream woken when a part changes; the name is for [`unwatch`](Health::unwatch).
    pub(super) fn watch(&self, part: &str, sink: SinkHandle<HealthCheckResponse>) -> u64 {
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        let part = part.to_owned();
        state.watchers.insert(id, Waiting { part, sink });
        id
    }

    pub(super) fn unwatch(&self, id: u64) {
        let gone = self.lock().watchers.remove(&id);
        drop(gone);
    }

    /// Streams that wait for changes.
    #[cfg(test)]
    pub(crate) fn watchers(&self) -> usize {
        self.lock().watchers.len()
    }
}

/// Wakes who waits for this part, or for any. Not under the lock: a loop may be woken that asks for the state.
fn wake(state: MutexGuard<'_, State>, part: Option<&str>) {
    let waiting = state.watchers.values();
    let sinks: Vec<_> = waiting
        .filter(|waiting| part.is_none_or(|part| waiting.part == part))
        .map(|waiting| waiting.sink.clone())
        .collect();
    drop(state);
    for sink in sinks {
        sink.wake();
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.lock().parts).finish()
    }
}
