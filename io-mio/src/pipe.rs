//! A message in parts between a loop and a thread that may block: both ways, bounded, cancelled
//! when either end is dropped.

use bytes::Bytes;
use bywash_proto::headers::Head;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Octets that a thread may have queued before it has to wait.
const QUOTA: usize = 64 * 1024;

/// Whoever waits without a bound waits so long, again and again.
const LONG: Duration = Duration::from_secs(24 * 3600);

/// A part of a message, in either direction.
#[derive(Debug)]
pub(crate) enum Part {
    /// An informational head.
    Inform(Head),
    Head(Head),
    Data(Bytes),
    Trailers(Head),
    End,
}

/// Wakes the loop, and tells it whether the thread has left. Of a pipe two of them wait for the loop at
/// most, so they go past the bound of its queue, and none is lost.
pub(crate) type Ring = Box<dyn Fn(bool) + Send + Sync>;

struct State<E> {
    /// To the thread. The peer's window bounds it.
    inbound: VecDeque<Part>,
    /// Octets that the thread has taken and the loop has not given back yet.
    consumed: usize,
    /// To the loop.
    outbound: VecDeque<Part>,
    outbound_octets: usize,
    /// Why nothing more comes.
    failure: Option<E>,
    /// Ends of the thread's side that are left: the receiving one, the sending one.
    threads: u8,
    ringing: bool,
    /// The thread gave up on a peer that held it up.
    slow: bool,
}

struct Shared<E> {
    state: Mutex<State<E>>,
    more: Condvar,
    room: Condvar,
    ring: Ring,
}

impl<E> Shared<E> {
    fn lock(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the loop, once until it has come.
    fn ring(&self, mut state: MutexGuard<'_, State<E>>) {
        if state.ringing {
            return;
        }
        state.ringing = true;
        drop(state);
        (self.ring)(false);
    }
}

/// The loop's end. Never blocks.
pub(crate) struct LoopEnd<E>(Arc<Shared<E>>);

/// The thread's receiving end.
pub(crate) struct Receiver<E>(Arc<Shared<E>>);

/// The thread's sending end.
pub(crate) struct Sender<E>(Arc<Shared<E>>);

/// A pipe; `ring` is called on threads when the loop should look at its end.
pub(crate) fn pipe<E>(ring: Ring) -> (LoopEnd<E>, Receiver<E>, Sender<E>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            inbound: VecDeque::new(),
            consumed: 0,
            outbound: VecDeque::new(),
            outbound_octets: 0,
            failure: None,
            threads: 2,
            ringing: false,
            slow: false,
        }),
        more: Condvar::new(),
        room: Condvar::new(),
        ring,
    });
    (
        LoopEnd(Arc::clone(&shared)),
        Receiver(Arc::clone(&shared)),
        Sender(shared),
    )
}

impl<E> LoopEnd<E> {
    pub(crate) fn push(&self, part: Part) {
        self.0.lock().inbound.push_back(part);
        self.0.more.notify_one();
    }

    /// Nothing more comes, and nothing more is taken. What was pushed before is still received.
    pub(crate) fn fail(&self, why: E) {
        let mut state = self.0.lock();
        state.failure.get_or_insert(why);
        drop(state);
        self.0.more.notify_one();
        self.0.room.notify_one();
    }

    /// The next part that the thread has sent.
    pub(crate) fn pop(&self) -> Option<Part> {
        let mut state = self.0.lock();
        let part = state.outbound.pop_front()?;
        if let Part::Data(data) = &part {
            state.outbound_octets -= data.len();
            if state.outbound_octets < QUOTA {
                self.0.room.notify_one();
            }
        }
        Some(part)
    }

    /// The loop has come: octets that the thread has consumed since, and whether it has left.
    pub(crate) fn visit(&self) -> (usize, bool) {
        let mut state = self.0.lock();
        state.ringing = false;
        let consumed = std::mem::take(&mut state.consumed);
        (consumed, state.threads == 0)
    }

    /// Whether the thread gave up on a peer that held it up.
    pub(crate) fn was_slow(&self) -> bool {
        self.0.lock().slow
    }
}

impl<E> Drop for LoopEnd<E> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.outbound.clear();
        state.outbound_octets = 0;
        drop(state);
        self.0.room.notify_one();
        self.0.more.notify_one();
    }
}

/// Waits, for what is left at most, and takes that off it.
fn wait<'g, S>(on: &Condvar, state: MutexGuard<'g, S>, left: &mut Duration) -> MutexGuard<'g, S> {
    let begun = Instant::now();
    let waited = on.wait_timeout(state, *left);
    *left = left.saturating_sub(begun.elapsed());
    waited.unwrap_or_else(PoisonError::into_inner).0
}

impl<E: Clone> Receiver<E> {
    /// Waits for the next part.
    pub(crate) fn recv(&self) -> Result<Part, E> {
        loop {
            if let Some(part) = self.recv_for(&mut { LONG }) {
                return part;
            }
        }
    }

    /// The same for a time, of which what was waited is taken off. `None` if nothing is left of it.
    pub(crate) fn recv_for(&self, left: &mut Duration) -> Option<Result<Part, E>> {
        let mut state = self.0.lock();
        loop {
            if let Some(part) = state.inbound.pop_front() {
                return Some(Ok(part));
            }
            if let Some(why) = &state.failure {
                return Some(Err(why.clone()));
            }
            if left.is_zero() {
                return None;
            }
            state = wait(&self.0.more, state, left);
        }
    }

    /// The peer has held the thread up for longer than it may.
    pub(crate) fn too_slow(&self) {
        self.0.lock().slow = true;
    }

    /// Octets of a part of data are done with: the peer may send as many more.
    pub(crate) fn consumed(&self, octets: usize) {
        let mut state = self.0.lock();
        state.consumed += octets;
        self.0.ring(state);
    }
}

impl<E: Clone> Sender<E> {
    /// Queues a part; waits while too many octets are queued.
    pub(crate) fn send(&self, part: Part) -> Result<(), E> {
        let mut part = part;
        loop {
            match self.send_for(part, &mut { LONG }) {
                Ok(outcome) => return outcome,
                Err(refused) => part = refused,
            }
        }
    }

    /// The same for a time, of which what was waited is taken off. Gives the part back if nothing is left
    /// of it.
    pub(crate) fn send_for(&self, part: Part, left: &mut Duration) -> Result<Result<(), E>, Part> {
        let mut state = self.0.lock();
        loop {
            if let Some(why) = &state.failure {
                return Ok(Err(why.clone()));
            }
            if state.outbound_octets < QUOTA || !matches!(part, Part::Data(_)) {
                break;
            }
            if left.is_zero() {
                return Err(part);
            }
            state = wait(&self.0.room, state, left);
        }
        if let Part::Data(data) = &part {
            state.outbound_octets += data.len();
        }
        state.outbound.push_back(part);
        self.0.ring(state);
        Ok(Ok(()))
    }
}

fn leave<E>(shared: &Shared<E>) {
    let mut state = shared.lock();
    state.threads -= 1;
    if state.threads > 0 {
        return;
    }
    drop(state);
    (shared.ring)(true);
}

impl<E> Drop for Receiver<E> {
    fn drop(&mut self) {
        leave(&self.0);
    }
}

impl<E> Drop for Sender<E> {
    fn drop(&mut self) {
        leave(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, QUOTA, pipe};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_thread_waits_for_room_and_rings_once() {
        let rings = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&rings);
        let (end, receiver, sender) = pipe::<&str>(Box::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        }));
        let piece = || Part::Data(vec![0; QUOTA].into());
        sender.send(piece()).unwrap();
        let thread = std::thread::spawn(move || {
            let waited = sender.send(piece());
            (waited, sender)
        });
        assert_eq!(end.visit(), (0, false));
        while !matches!(end.pop(), Some(Part::Data(_))) {}
        let (waited, sender) = thread.join().unwrap();
        waited.unwrap();
        receiver.consumed(7);
        assert_eq!(rings.load(Ordering::SeqCst), 2);
        assert_eq!(end.visit(), (7, false));
        end.push(Part::End);
        end.fail("over");
        assert!(matches!(receiver.recv(), Ok(Part::End)));
        assert_eq!(receiver.recv().unwrap_err(), "over");
        assert_eq!(sender.send(Part::End).unwrap_err(), "over");
        drop((receiver, sender));
        assert_eq!(end.visit(), (0, true));
    }
}
