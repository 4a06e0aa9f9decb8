//! The threads that handlers run on.

use crate::{
    code::Code,
    host::{Host, Slot},
    status::Status,
    wire::Instant,
};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
/// many and for so long: nested calls to the own server could never be served otherwise.
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
    idle: Vec<Arc<Slot>>,
    threads: usize,
    started: u64,
    /// Threads that were called or started for work and have not looked for it yet.
    coming: usize,
    /// Idle threads that were let go and have not gone yet.
    leaving: usize,
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
        state.threads - state.idle.len() - state.leaving
    }

    /// Whether both are the same pool.
    pub fn is(&self, other: &Pool) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Takes a turn's work at once; as many threads are woken as there is work for.
    pub fn push(&self, host: &Arc<dyn Host>, batch: impl IntoIterator<Item = Box<dyn Work>>) {
        let until = host.now() + self.0.limits.longest;
        let mut refused = Vec::new();
        let mut state = self.lock();
        let before = state.queue.len();
        for work in batch {
            // Work that an idle or a new thread takes at once does not wait, even if it is not there yet.
            let room = self.0.limits.threads - state.threads;
            let free = state.idle.len() + state.coming + room;
            if state.queue.len() < self.0.limits.queue.saturating_add(free) {
                state.queue.push_back((until, work));
            } else {
                refused.push(work);
            }
        }
        let added = state.queue.len() - before;
        let woken = added.min(state.idle.len());
        let at = state.idle.len() - woken;
        let wake = state.idle.split_off(at);
        let room = self.0.limits.threads - state.threads;
        let fresh = (added - woken).min(room);
        state.threads += fresh;
        state.coming += woken + fresh;
        let first = state.started;
        state.started += fresh as u64;
        let status = (!refused.is_empty()).then(|| self.busy(&state));
        drop(state);
        for slot in wake {
            host.unpark(&slot);
        }
        for number in (first..).take(fresh) {
            let (pool, own) = (self.clone(), Arc::clone(host));
            let name = format!("bywash-handler-{number}");
            if host
                .spawn(&name, Box::new(move || pool.work(&own)))
                .is_err()
            {
                // The system has no more; those who run take it in turn, or it is refused when its time is over.
                let mut state = self.lock();
                state.threads -= 1;
                state.is_let_go();
            }
        }
        for work in refused {
            work.refuse(
                status
                    .clone()
                    .unwrap_or_else(|| Status::from(Code::ResourceExhausted)),
            );
        }
    }

    fn busy(&self, state: &State) -> Status {
        let text = format!(
            "no available server threads: all {} are busy, {} calls wait",
            state.threads,
            state.queue.len()
        );
        Status::local(Code::ResourceExhausted, text)
    }

    fn work(&self, host: &Arc<dyn Host>) {
        let slot = Arc::new(Slot::new());
        let mut state = self.lock();
        if state.is_let_go() && state.queue.is_empty() {
            // Another has done what this one was started for, and stays in its place.
            state.threads -= 1;
            return;
        }
        drop(state);
        loop {
            let mut state = self.lock();
            if let Some((until, work)) = state.queue.pop_front() {
                let late = until < host.now();
                let status = late.then(|| self.busy(&state));
                drop(state);
                match status {
                    Some(status) => work.refuse(status),
                    None => work.run(),
                }
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
            if goes && state.queue.is_empty() {
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
        let goes = self.leaving > 0 && (self.coming == 0 || self.queue.is_empty());
        match goes {
            true => self.leaving -= 1,
            false => self.coming = self.coming.saturating_sub(1),
        }
        goes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::ThreadHost;
    use std::sync::{Barrier, mpsc};

    struct Job(Option<Arc<Barrier>>, mpsc::Sender<Result<(), Code>>);

    impl Work for Job {
        fn run(self: Box<Self>) {
            if let Some(barrier) = &self.0 {
                barrier.wait();
            }
            self.1.send(Ok(())).unwrap();
        }
        fn refuse(self: Box<Self>, status: Status) {
            self.1.send(Err(status.code())).unwrap();
        }
    }

    fn host() -> Arc<dyn Host> {
        Arc::new(ThreadHost::new())
    }

    #[test]
    fn a_batch_runs_side_by_side() {
        let (pool, host) = (Pool::elastic(), host());
        let (tell, told) = mpsc::channel();
        let barrier = Arc::new(Barrier::new(3));
        let jobs =
            (0..3).map(|_| Box::new(Job(Some(barrier.clone()), tell.clone())) as Box<dyn Work>);
        pool.push(&host, jobs);
        // None passes the barrier unless all three have threads.
        for _ in 0..3 {
            assert_eq!(told.recv().unwrap(), Ok(()));
        }
        assert_eq!(pool.threads(), 3);
        for _ in 0..20 {
            // A thread has told of its job before it is idle.
            while pool.busy_threads() > 0 {
                std::thread::yield_now();
            }
            pool.push(&host, [Box::new(Job(None, tell.clone())) as Box<dyn Work>]);
            told.recv().unwrap().unwrap();
        }
        assert_eq!(pool.threads(), 3, "idle threads are used again");
    }

    /// Starts threads when it is told to.
    struct Slow(ThreadHost, Mutex<Vec<Box<dyn FnOnce() + Send>>>);

    impl Host for Slow {
        fn now(&self) -> Instant {
            self.0.now()
        }
        fn park(&self, slot: &Slot, until: Option<Instant>) {
            self.0.park(slot, until);
        }
        fn unpark(&self, slot: &Slot) {
            self.0.unpark(slot);
        }
        fn spawn(&self, _: &str, body: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
            self.1.lock().unwrap().push(body);
            Ok(())
        }
    }

    #[test]
    fn a_thread_on_its_way_is_as_good_as_free() {
        let pool = Pool::elastic()
            .max_threads(2)
            .queue(0, Duration::from_secs(3600));
        let slow = Arc::new(Slow(ThreadHost::new(), Mutex::default()));
        let host: Arc<dyn Host> = slow.clone();
        let (tell, told) = mpsc::channel();
        for _ in 0..3 {
            pool.push(&host, [Box::new(Job(None, tell.clone())) as Box<dyn Work>]);
        }
        // Two threads are on their way to two jobs; the third has none.
        assert_eq!(told.try_recv(), Ok(Err(Code::ResourceExhausted)));
        assert!(told.try_recv().is_err());
        for body in slow.1.lock().unwrap().drain(..) {
            std::thread::spawn(body);
        }
        for _ in 0..2 {
            assert_eq!(told.recv().unwrap(), Ok(()));
        }
    }

    #[test]
    fn a_pool_works_on_after_its_idle_threads_were_let_go() {
        let (pool, host) = (Pool::elastic(), host());
        let (tell, told) = mpsc::channel();
        for _ in 0..50 {
            pool.push(&host, [Box::new(Job(None, tell.clone())) as Box<dyn Work>]);
            pool.dismiss(&host);
            assert_eq!(told.recv().unwrap(), Ok(()));
            pool.dismiss(&host);
        }
        // Who was at work then may still have become idle.
        while pool.threads() > 0 {
            pool.dismiss(&host);
            std::thread::yield_now();
        }
        let state = pool.lock();
        assert_eq!((state.coming, state.leaving), (0, 0));
    }

    #[test]
    fn the_queue_is_bounded_in_number_and_time() {
        let pool = Pool::elastic()
            .max_threads(1)
            .queue(1, Duration::from_secs(3600));
        let host = host();
        let (tell, told) = mpsc::channel();
        let barrier = Arc::new(Barrier::new(2));
        let job = |barrier: Option<&Arc<Barrier>>| -> [Box<dyn Work>; 1] {
            [Box::new(Job(barrier.cloned(), tell.clone()))]
        };
        pool.push(&host, job(Some(&barrier)));
        while !pool.lock().queue.is_empty() {
            std::thread::yield_now();
        }
        pool.push(&host, job(None));
        pool.push(&host, job(None));
        assert_eq!(told.recv().unwrap(), Err(Code::ResourceExhausted));
        let late = pool.next_time().unwrap();
        pool.expire(host.now());
        assert!(told.try_recv().is_err());
        pool.expire(late);
        assert_eq!(told.recv().unwrap(), Err(Code::ResourceExhausted));
        barrier.wait();
        assert_eq!(told.recv().unwrap(), Ok(()));
    }
}
