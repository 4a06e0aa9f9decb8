//! Threads that take turns, and the clock that moves when all wait.

use super::sim::Sim;
use crate::{
    host::{Host, Slot, told},
    wire::Instant,
};
use std::{
    cell::Cell,
    panic::resume_unwind,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// Steps of the network at one moment, beyond which something runs in a circle.
const MAX_STEPS: u32 = 1_000_000;

/// Passed from thread to thread: who has it runs.
pub(super) struct Baton {
    now: AtomicU64,
    turns: Mutex<Turns>,
    sim: Mutex<Sim>,
    /// What was said to code that wanted to wait on a loop.
    refused: Mutex<Vec<String>>,
    own: std::sync::Weak<Baton>,
}

struct Turns {
    threads: Vec<Thread>,
    running: Option<usize>,
    closed: bool,
    random: fastrand::Rng,
}

struct Thread {
    state: State,
    go: Arc<Condvar>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Ready,
    /// In the slot of this address.
    Waiting(usize, Option<Instant>),
    Gone,
}

thread_local! {
    static ME: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Unwinds a thread whose world is over, without a word.
struct WorldIsOver;

impl Baton {
    pub(super) fn new(seed: u64) -> Arc<Baton> {
        Arc::new_cyclic(|own| Baton {
            now: AtomicU64::new(0),
            turns: Mutex::new(Turns {
                threads: Vec::new(),
                running: None,
                closed: false,
                random: fastrand::Rng::with_seed(seed),
            }),
            sim: Mutex::new(Sim::new(seed, own.clone() as std::sync::Weak<dyn Host>)),
            refused: Mutex::default(),
            own: own.clone(),
        })
    }

    pub(super) fn sim(&self) -> MutexGuard<'_, Sim> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self) -> usize {
        let mut turns = self.turns();
        turns.threads.push(Thread {
            state: State::Ready,
            go: Arc::new(Condvar::new()),
        });
        turns.threads.len() - 1
    }

    /// Runs `f` as a thread of the world.
    pub(super) fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        struct Leave<'a>(&'a Baton, usize);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                // The others stand still until the world is entered again.
                ME.set(None);
                let mut turns = self.0.turns();
                turns.threads[self.1].state = State::Gone;
                turns.running = None;
            }
        }
        assert!(ME.get().is_none(), "a world's thread enters a world");
        let me = self.join();
        ME.set(Some(me));
        let _leave = Leave(self, me);
        self.turns().running.get_or_insert(me);
        self.await_turn(me);
        f()
    }

    /// Fails if code on a loop wanted to wait since the last time.
    pub(super) fn check_refused(&self) {
        let refused = &mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = std::mem::take(refused);
        assert!(refused.is_empty(), "{}", refused.join("; "));
    }

    /// A spawned thread has ended: another goes on.
    fn leave(&self, me: usize) {
        let mut turns = self.turns();
        turns.threads[me].state = State::Gone;
        if turns.running == Some(me) {
            turns.running = None;
            turns.pass_on();
        }
    }

    fn await_turn(&self, me: usize) {
        let mut turns = self.turns();
        let go = Arc::clone(&turns.threads[me].go);
        while turns.running != Some(me) {
            if turns.closed {
                drop(turns);
                resume_unwind(Box::new(WorldIsOver));
            }
            turns = go.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The turn is another thread's, until it is this one's again.
    fn switch(&self, me: usize) {
        let mut steps = 0;
        loop {
            let mut turns = self.turns();
            if turns.closed {
                drop(turns);
                resume_unwind(Box::new(WorldIsOver));
            }
            if let Some(next) = turns.choose() {
                turns.running = Some(next);
                if next == me {
                    return;
                }
                turns.threads[next].go.notify_one();
                drop(turns);
                return self.await_turn(me);
            }
            drop(turns);
            steps += 1;
            assert!(steps < MAX_STEPS, "the world runs in a circle");
            let now = self.now();
            let (progress, next) = self.sim().step(now);
            if !progress {
                self.pass_time(next);
            }
        }
    }

    fn pass_time(&self, network: Option<Instant>) {
        let mut turns = self.turns();
        let threads = turns
            .threads
            .iter()
            .filter_map(|thread| match thread.state {
                State::Waiting(_, until) => until,
                State::Ready | State::Gone => None,
            });
        let next = threads.chain(network).min();
        let Some(next) = next else {
            turns.closed = true;
            turns
                .threads
                .iter()
                .for_each(|thread| thread.go.notify_all());
            drop(turns);
            panic!("all threads of the world wait, and nothing will happen");
        };
        let now = self.now().max(next);
        self.now.store(now.as_nanos(), Ordering::Relaxed);
        for thread in &mut turns.threads {
            if matches!(thread.state, State::Waiting(_, Some(until)) if until <= now) {
                thread.state = State::Ready;
            }
        }
    }

    /// Lets all threads end.
    pub(super) fn close(&self) {
        let mut turns = self.turns();
        turns.closed = true;
        turns
            .threads
            .iter()
            .for_each(|thread| thread.go.notify_all());
    }
}

impl Turns {
    fn choose(&mut self) -> Option<usize> {
        let ready = |thread: &Thread| thread.state == State::Ready;
        let count = self.threads.iter().filter(|thread| ready(thread)).count();
        if count == 0 {
            return None;
        }
        let which = self.random.usize(..count);
        let mut found = self.threads.iter().enumerate().filter(|(_, t)| ready(t));
        found.nth(which).map(|(index, _)| index)
    }

    /// A thread has gone: another goes on. One that waits can drive the world.
    fn pass_on(&mut self) {
        let waiting = |t: &Thread| matches!(t.state, State::Waiting(..));
        let next = self
            .choose()
            .or_else(|| self.threads.iter().position(waiting));
        if let Some(next) = next {
            self.running = Some(next);
            self.threads[next].go.notify_one();
        }
    }
}

impl Host for Baton {
    fn now(&self) -> Instant {
        Instant::from_nanos(self.now.load(Ordering::Relaxed))
    }

    fn park(&self, slot: &Slot, until: Option<Instant>) {
        if slot.take() {
            return;
        }
        let me = ME.get().expect("only threads of the world wait in it");
        let place = std::ptr::from_ref(slot) as usize;
        self.turns().threads[me].state = State::Waiting(place, until);
        loop {
            self.switch(me);
            // Chosen to drive the world, not because something has come.
            let turns = self.turns();
            if turns.threads[me].state == State::Ready {
                return;
            }
        }
    }

    fn unpark(&self, slot: &Slot) {
        let place = std::ptr::from_ref(slot) as usize;
        let mut turns = self.turns();
        let found = turns
            .threads
            .iter_mut()
            .find(|t| matches!(t.state, State::Waiting(at, _) if at == place));
        match found {
            Some(thread) => thread.state = State::Ready,
            None => slot.set(),
        }
    }

    fn on_refused(&self, method: Option<&str>) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let text = told(method);
        if !refused.contains(&text) {
            refused.push(text);
        }
    }

    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
        let me = self.join();
        let Some(own) = self.own.upgrade() else {
            return Ok(());
        };
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                struct Leave(Arc<Baton>, usize);
                impl Drop for Leave {
                    fn drop(&mut self) {
                        self.0.leave(self.1);
                    }
                }
                ME.set(Some(me));
                let _leave = Leave(Arc::clone(&own), me);
                own.await_turn(me);
                body();
            })
            .map(drop)
    }
}
