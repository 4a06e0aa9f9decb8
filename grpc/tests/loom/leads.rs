//! A server's loop, its leaders and its pool: every call is served although handlers wait for one another.

use crate::{
    check,
    host::{Host, Slot},
    lead::{Lead, Led},
    pool::{Pool, Work},
    status::Status,
    wire::Instant,
};
use loom::{
    sync::{Condvar, Mutex},
    thread,
};
use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

/// Threads of loom's. Time passes at the end, when all who are idle go.
#[derive(Default)]
struct Threads {
    started: std::sync::Mutex<Vec<thread::JoinHandle<()>>>,
    /// Threads that the system refuses first.
    refused: AtomicUsize,
    late: AtomicBool,
    hours: AtomicU64,
}

impl Host for Threads {
    fn now(&self) -> Instant {
        let hours = match self.late.load(SeqCst) {
            true => self.hours.fetch_add(1, SeqCst),
            false => 0,
        };
        Instant::ZERO + Duration::from_secs(3600 * hours)
    }

    fn park(&self, slot: &Slot, _: Option<Instant>) {
        if !self.late.load(SeqCst) {
            slot.wait(None);
        }
    }

    fn unpark(&self, slot: &Slot) {
        slot.wake();
    }

    fn spawn(&self, _: &str, body: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        if self.refused.load(SeqCst) > 0 {
            self.refused.fetch_sub(1, SeqCst);
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let thread = thread::spawn(body);
        self.started.lock().unwrap().push(thread);
        Ok(())
    }
}

/// The calls of a model, and which of them are done.
struct Calls {
    state: Mutex<State>,
    changed: Condvar,
    /// Handlers that may run at once.
    most: usize,
}

#[derive(Default)]
struct State {
    done: Vec<usize>,
    running: usize,
    all: usize,
}

impl Calls {
    fn wait(&self, until: impl Fn(&State) -> bool) {
        let mut state = self.state.lock().unwrap();
        while !until(&state) {
            state = self.changed.wait(state).unwrap();
        }
    }
}

/// Call `number`, whose handler waits until that one is done.
#[derive(Clone, Copy)]
struct Call(usize, Option<usize>);

struct Handler(Call, Arc<Calls>);

impl Work for Handler {
    fn run(self: Box<Self>) {
        let Handler(Call(number, after), calls) = *self;
        let mut state = calls.state.lock().unwrap();
        state.running += 1;
        assert!(state.running <= calls.most, "too many handlers at once");
        drop(state);
        calls.wait(|state| after.is_none_or(|after| state.done.contains(&after)));
        let mut state = calls.state.lock().unwrap();
        state.running -= 1;
        state.done.push(number);
        calls.changed.notify_all();
    }

    fn refuse(self: Box<Self>, status: Status) {
        panic!("{status:?}");
    }
}

/// A loop to which these calls come, in each turn those of one list.
struct Script {
    turns: VecDeque<Vec<Call>>,
    only: Option<Box<dyn Work>>,
    calls: Arc<Calls>,
    pool: Pool,
    host: Arc<dyn Host>,
}

impl Led for Script {
    fn is_over(&self) -> bool {
        let state = self.calls.state.lock().unwrap();
        self.turns.is_empty() && state.done.len() == state.all
    }

    fn turn(&mut self) -> io::Result<()> {
        let Some(came) = self.turns.pop_front() else {
            self.calls.wait(|state| state.done.len() == state.all);
            return Ok(());
        };
        let work = |call| Box::new(Handler(call, Arc::clone(&self.calls))) as Box<dyn Work>;
        match &came[..] {
            [only] => self.only = Some(work(*only)),
            _ => self.pool.push(&self.host, came.into_iter().map(work)),
        }
        Ok(())
    }

    fn take_work(&mut self) -> Option<Box<dyn Work>> {
        self.only.take()
    }

    fn end(&mut self) {}
}

/// Serves these calls, those of each loop in turn, by a pool of so many threads.
fn serve(threads: usize, refused: usize, loops: &[&[&[Call]]]) {
    let host = Arc::new(Threads::default());
    host.refused.store(refused, SeqCst);
    let all = loops.iter().copied().flatten().map(|calls| calls.len());
    let calls = Arc::new(Calls {
        state: Mutex::new(State {
            all: all.sum(),
            ..State::default()
        }),
        changed: Condvar::new(),
        most: threads,
    });
    let (pool, own) = (
        Pool::elastic().max_threads(threads),
        Arc::clone(&host) as Arc<dyn Host>,
    );
    let mut leads = Vec::new();
    for turns in loops {
        let script = Script {
            turns: turns.iter().map(|calls| calls.to_vec()).collect(),
            only: None,
            calls: Arc::clone(&calls),
            pool: pool.clone(),
            host: Arc::clone(&own),
        };
        let lead = Lead::new(pool.clone(), Arc::clone(&own));
        let leads_it = Arc::clone(&lead);
        let run = Box::new(move || leads_it.run(script));
        host.started.lock().unwrap().push(thread::spawn(run));
        leads.push(lead);
    }
    for lead in leads {
        lead.wait().unwrap();
    }
    host.late.store(true, SeqCst);
    pool.dismiss(&own);
    loop {
        let thread = host.started.lock().unwrap().pop();
        match thread {
            Some(thread) => thread.join().unwrap(),
            None => break,
        }
    }
    assert_eq!((pool.threads(), pool.busy_threads()), (0, 0));
}

#[test]
fn handlers_that_return_at_once() {
    check(2, || serve(1, 0, &[&[&[Call(0, None)], &[Call(1, None)]]]));
}

#[test]
fn a_handler_that_waits_for_the_next_call() {
    check(2, || {
        serve(2, 0, &[&[&[Call(0, Some(1))], &[Call(1, None)]]])
    });
}

#[test]
fn a_handler_that_waits_after_one_that_does_not() {
    check(2, || {
        let turns: &[&[Call]] = &[&[Call(0, None)], &[Call(1, Some(2))], &[Call(2, None)]];
        serve(2, 0, &[turns]);
    });
}

#[test]
fn a_batch_after_a_handler_that_waits() {
    check(2, || {
        let turns: &[&[Call]] = &[&[Call(0, Some(2))], &[Call(1, None), Call(2, None)]];
        serve(2, 0, &[turns]);
    });
}

#[test]
fn two_loops_and_one_pool() {
    check(1, || {
        serve(2, 0, &[&[&[Call(0, Some(1))]], &[&[Call(1, None)]]]);
    });
}

#[test]
fn a_thread_that_the_system_refuses() {
    check(2, || {
        serve(2, 1, &[&[&[Call(0, Some(1))], &[Call(1, None)]]])
    });
}

#[test]
fn a_handler_that_waits_after_a_batch() {
    check(1, || {
        let batch: &[Call] = &[Call(0, None), Call(1, None)];
        let turns = [
            batch,
            &[Call(2, None)],
            &[Call(3, Some(4))],
            &[Call(4, None)],
        ];
        serve(2, 0, &[&turns]);
    });
}
