//! The threads that handlers run on.

#[cfg(all(test, not(loom)))]
#[path = "pool/tests.rs"]
mod tests;

use crate::{
    code::Code,
    host::{Host, Slot},
    panics::caught,
    status::Status,
    sync::{Mutex, MutexGuard},
    wire::Instant,
};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, PoisonError},
    time::Duration,
};

/// A call for a thread.
pub trait Work: Send {
    /// Runs it.
    fn run(self: Box<Self>);
    /// No thread was free in time.
    fn refuse(self: Box<Self>, status: Status);
}

/// Threads without work end after this time.
const IDLE: Duration = Duration::from_secs(10);

/// An elastic pool of threads. Clones are the same pool.
///
/// A thread is started when there is work and none is idle, up to a bound; beyond it calls wait in order, and only so
/// many and for so long: nested calls to the own server could never be served otherwise. A batch wakes its threads one
/// after the other: where handlers return at once, a few of them do it all.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Clone)]
struct Limits {
    threads: usize,
    queue: usize,
    longest: Duration,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Instant, Box<dyn Work>)>,
    /// Work that comes before all calls, and is never late.
    reliefs: VecDeque<Box<dyn Work>>,
    idle: Vec<Arc<Slot>>,
    threads: usize,
    /// Threads that are none of the pool's, and run work in the place of one that could.
    guests: usize,
    started: u64,
    /// Threads that were called or started for work and have not looked for it yet.
    coming: usize,
    /// Threads, of those that come, that the system may yet refuse.
    starting: usize,
    /// Idle threads that were let go and have not gone yet.
    leaving: usize,
}

/// A thread that is called to work.
enum Called {
    Idle(Arc<Slot>),
    /// A new one, of this number.
    New(u64),
}

impl State {
    /// How many more threads there may be.
    fn room(&self, limits: &Limits) -> usize {
        limits.threads.saturating_sub(self.threads + self.guests)
    }

    /// Whether work waits.
    fn waits(&self) -> bool {
        !(self.reliefs.is_empty() && self.queue.is_empty())
    }

    /// The next piece of work, and when it is late.
    fn next(&mut self) -> Option<(Option<Instant>, Box<dyn Work>)> {
        match self.reliefs.pop_front() {
            Some(relief) => Some((None, relief)),
            None => self.queue.pop_front().map(|(at, work)| (Some(at), work)),
        }
    }

    /// Who is to be called for the work that waits. One thread at a time: when it comes it takes some, and calls the
    /// next one if there is more. So work that is done quickly does not wake more threads than it is worth, and work
    /// that takes long, or blocks, still holds up nothing that a thread is free for.
    fn call(&mut self, limits: &Limits) -> Option<Called> {
        if self.coming > 0 || !self.waits() {
            return None;
        }
        let called = match self.idle.pop() {
            Some(slot) => Called::Idle(slot),
            None if self.room(limits) > 0 => {
                self.threads += 1;
                self.started += 1;
                self.starting += 1;
                Called::New(self.started - 1)
            }
            None => return None,
        };
        self.coming += 1;
        Some(called)
    }
}

impl Default for Pool {
    fn default() -> Pool {
        Pool::elastic()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Pool")
            .field("threads", &state.threads)
            .field("idle", &state.idle.len())
            .field("queued", &state.queue.len())
            .finish()
    }
}

impl Pool {
    /// At most 512 threads; 1 024 calls may wait, for a second.
    pub fn elastic() -> Pool {
        Pool::of(Limits {
            threads: 512,
            queue: 1024,
            longest: Duration::from_secs(1),
        })
    }

    fn of(limits: Limits) -> Pool {
        Pool(Arc::new(Inner {
            limits,
            state: Mutex::default(),
        }))
    }

    /// A pool of at most `n` threads, at least one.
    pub fn max_threads(self, n: usize) -> Pool {
        Pool::of(Limits {
            threads: n.max(1),
            ..self.0.limits.clone()
        })
    }

    /// A pool where this many calls may wait for a thread, and for so long; beyond either a call ends with
    /// RESOURCE_EXHAUSTED.
    pub fn queue(self, calls: usize, longest: Duration) -> Pool {
        Pool::of(Limits {
            queue: calls,
            longest,
            ..self.0.limits.clone()
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Threads that run or wait for work.
    pub fn threads(&self) -> usize {
        self.lock().threads
    }

    /// Threads that are at work.
    pub fn busy_threads(&self) -> usize {
        let state = self.lock();
        state.threads - state.idle.len() - state.leaving + state.guests
    }

    /// Whether both are the same pool.
    pub fn is(&self, other: &Pool) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Takes a turn's work at once.
    pub fn push(&self, host: &Arc<dyn Host>, batch: impl IntoIterator<Item = Box<dyn Work>>) {
        let until = host.now() + self.0.limits.longest;
        let mut refused = Vec::new();
        let mut state = self.lock();
        for work in batch {
            // Work that an idle or a new thread takes at once does not wait, even if it is not there yet.
            let free = state.idle.len() + state.coming + state.room(&self.0.limits);
            if state.queue.len() < self.0.limits.queue.saturating_add(free) {
                state.queue.push_back((until, work));
            } else {
                refused.push(work);
            }
        }
        let called = state.call(&self.0.limits);
        let status = (!refused.is_empty()).then(|| self.busy(&state));
        drop(state);
        self.wake(host, called);
        for work in refused {
            work.refuse(
                status
                    .clone()
                    .unwrap_or_else(|| Status::from(Code::ResourceExhausted)),
            );
        }
    }

    /// False if there is no such thread.
    fn wake(&self, host: &Arc<dyn Host>, called: Option<Called>) -> bool {
        let number = match called {
            None => return true,
            Some(Called::Idle(slot)) => {
                host.unpark(&slot);
                return true;
            }
            Some(Called::New(number)) => number,
        };
        let (pool, own) = (self.clone(), Arc::clone(host));
        let name = format!("bywash-handler-{number}");
        let spawned = host.spawn(&name, Box::new(move || pool.work(&own, true)));
        let mut state = self.lock();
        state.starting -= 1;
        if spawned.is_err() {
            // The system has no more; those who run take it in turn, or it is refused when its time is over.
            state.threads -= 1;
            state.is_let_go();
        }
        spawned.is_ok()
    }

    /// Whether the calling thread, which is none of the pool's, may run work in the place of a thread that is free. That
    /// one is called to do what the caller would have done: `relief`, which is taken, unless it was before. To be
    /// [given back](Pool::give_back).
    ///
    /// The caller may never come back: it may run work only if a thread is sure to come for its relief. One that the
    /// system has not started yet is not.
    pub(crate) fn borrow(&self, host: &Arc<dyn Host>, relief: &mut Option<Box<dyn Work>>) -> bool {
        let mut state = self.lock();
        let free = !state.idle.is_empty() || state.room(&self.0.limits) > 0;
        if state.starting > 0 || relief.is_some() && (!free || state.waits()) {
            return false;
        }
        state.reliefs.extend(relief.take());
        let called = state.call(&self.0.limits);
        if state.coming == 0 && !state.reliefs.is_empty() {
            return false;
        }
        state.guests += 1;
        drop(state);
        let woken = self.wake(host, called);
        if !woken {
            self.lock().guests -= 1;
        }
        woken
    }

    /// The work of a [borrowed](Pool::borrow) place is done, if it was borrowed. With `stays` the calling thread is one
    /// of the pool's from now on.
    pub(crate) fn give_back(&self, host: &Arc<dyn Host>, borrowed: bool, stays: bool) {
        let mut state = self.lock();
        state.guests -= usize::from(borrowed);
        state.threads += usize::from(stays);
        // Whoever stays looks for work itself.
        let called = (!stays).then(|| state.call(&self.0.limits)).flatten();
        drop(state);
        self.wake(host, called);
    }

    /// The calling thread, one of the pool's, has other things to do until it [comes back](Pool::come_back). There is
    /// room for another.
    pub(crate) fn leave(&self, host: &Arc<dyn Host>) {
        let mut state = self.lock();
        state.threads -= 1;
        let called = state.call(&self.0.limits);
        drop(state);
        self.wake(host, called);
    }

    /// The calling thread works for the pool again.
    pub(crate) fn come_back(&self) {
        self.lock().threads += 1;
    }

    /// The calling thread, one of the pool's, works for it until there has been nothing to do for some time.
    pub(crate) fn stay(&self, host: &Arc<dyn Host>) {
        self.work(host, false);
    }

    fn busy(&self, state: &State) -> Status {
        let text = format!(
            "no available server threads: all {} are busy, {} calls wait",
            state.threads,
            state.queue.len()
        );
        Status::local(Code::ResourceExhausted, text)
    }

    fn work(&self, host: &Arc<dyn Host>, comes: bool) {
        let slot = Arc::new(Slot::new());
        if comes {
            let mut state = self.lock();
            if state.is_let_go() && !state.waits() {
                // Another has done what this one was started for, and stays in its place.
                state.threads -= 1;
                return;
            }
        }
        loop {
            let mut state = self.lock();
            if let Some((until, work)) = state.next() {
                let called = state.call(&self.0.limits);
                let late = until.is_some_and(|until| until < host.now());
                let status = late.then(|| self.busy(&state));
                drop(state);
                self.wake(host, called);
                // A panic that is nobody's to tell of, such as of a value that is dropped, costs the pool no thread.
                let _ = caught(|| match status {
                    Some(status) => work.refuse(status),
                    None => work.run(),
                });
                continue;
            }
            state.idle.push(Arc::clone(&slot));
            drop(state);
            let until = host.now() + IDLE;
            host.park(&slot, Some(until));
            let mut state = self.lock();
            let place = state
                .idle
                .iter()
                .position(|other| Arc::ptr_eq(other, &slot));
            let goes = match place {
                Some(at) => {
                    // Nobody called.
                    state.idle.remove(at);
                    host.now() >= until
                }
                None => state.is_let_go(),
            };
            if goes && !state.waits() {
                state.threads -= 1;
                return;
            }
        }
    }

    /// Refuses work whose time is over although no thread looks at it.
    pub fn expire(&self, now: Instant) {
        let mut late = Vec::new();
        let mut state = self.lock();
        while state.queue.front().is_some_and(|(until, _)| *until < now) {
            late.extend(state.queue.pop_front());
        }
        let status = self.busy(&state);
        drop(state);
        for (_, work) in late {
            work.refuse(status.clone());
        }
    }

    /// When [`expire`](Pool::expire) is to be called; `None` if no call waits.
    pub fn next_time(&self) -> Option<Instant> {
        let state = self.lock();
        state
            .queue
            .front()
            .map(|(until, _)| *until + Duration::from_nanos(1))
    }

    /// Lets idle threads go. Others who share the pool go on with it.
    pub fn dismiss(&self, host: &Arc<dyn Host>) {
        let mut state = self.lock();
        let idle = std::mem::take(&mut state.idle);
        state.leaving += idle.len();
        drop(state);
        for slot in idle {
            host.unpark(&slot);
        }
    }
}

impl State {
    /// Why a thread looks for work: it was let go, or else called or started.
    fn is_let_go(&mut self) -> bool {
        // Which of them it is does not matter; only the numbers count.
        let goes = self.leaving > 0 && (self.coming == 0 || !self.waits());
        match goes {
            true => self.leaving -= 1,
            false => self.coming = self.coming.saturating_sub(1),
        }
        goes
    }
}
