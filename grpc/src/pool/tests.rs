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
    let jobs = (0..3).map(|_| Box::new(Job(Some(barrier.clone()), tell.clone())) as Box<dyn Work>);
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

fn boxed(work: impl Work + 'static) -> Option<Box<dyn Work>> {
    Some(Box::new(work))
}

/// Does nothing, or something once.
struct Relief(Option<Box<dyn FnOnce() + Send>>);

impl Work for Relief {
    fn run(self: Box<Self>) {
        if let Some(f) = self.0 {
            f();
        }
    }
    fn refuse(self: Box<Self>, _: Status) {}
}

/// Has no more threads; somebody hears of each that it refuses.
struct Poor(ThreadHost, Box<dyn Fn() + Send + Sync>);

impl Host for Poor {
    fn now(&self) -> Instant {
        self.0.now()
    }
    fn park(&self, slot: &Slot, until: Option<Instant>) {
        self.0.park(slot, until);
    }
    fn unpark(&self, slot: &Slot) {
        self.0.unpark(slot);
    }
    fn spawn(&self, _: &str, _: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
        (self.1)();
        Err(std::io::ErrorKind::WouldBlock.into())
    }
}

#[test]
fn a_call_is_refused_in_time_although_a_relief_waits_for_ever() {
    let pool = Pool::elastic();
    let host: Arc<dyn Host> = Arc::new(Poor(ThreadHost::new(), Box::new(|| ())));
    let (tell, told) = mpsc::channel();
    let mut relief = boxed(Relief(None));
    assert!(!pool.borrow(&host, &mut relief));
    assert!(relief.is_none(), "it waits for a thread");
    assert!(!pool.borrow(&host, &mut None), "and still does");
    pool.push(&host, boxed(Job(None, tell)));
    let late = pool.next_time().unwrap();
    pool.expire(late);
    assert_eq!(told.try_recv(), Ok(Err(Code::ResourceExhausted)));
    assert_eq!((pool.threads(), pool.busy_threads()), (0, 0));
}

#[test]
fn nobody_relies_on_a_thread_that_the_system_may_refuse() {
    let (pool, own) = (Pool::elastic(), host());
    let (tell, told) = mpsc::channel();
    let other = pool.clone();
    let host: Arc<dyn Host> = Arc::new(Poor(
        ThreadHost::new(),
        Box::new(move || {
            // Somebody has done meanwhile what the thread was to do.
            other.lock().queue.clear();
            let borrowed = other.borrow(&own, &mut boxed(Relief(None)));
            tell.send(borrowed).unwrap();
        }),
    ));
    pool.push(&host, boxed(Relief(None)));
    assert_eq!(told.try_recv(), Ok(false));
}

#[test]
fn who_leaves_makes_room_for_another() {
    let pool = Pool::elastic().max_threads(2);
    let slow = Arc::new(Slow(ThreadHost::new(), Mutex::default()));
    let host: Arc<dyn Host> = slow.clone();
    let (tell, told) = mpsc::channel();
    let (gone, own) = (pool.clone(), host.clone());
    let relief = move || {
        gone.leave(&own);
        gone.come_back();
    };
    assert!(pool.borrow(&host, &mut boxed(Relief(Some(Box::new(relief))))));
    pool.push(&host, boxed(Job(None, tell)));
    let first = slow.1.lock().unwrap().pop().unwrap();
    assert!(slow.1.lock().unwrap().is_empty(), "one at a time");
    std::thread::spawn(first);
    assert_eq!(told.recv().unwrap(), Ok(()));
    assert_eq!(slow.1.lock().unwrap().len(), 1);
    pool.give_back(&host, true, false);
}

#[test]
fn who_gives_a_place_back_makes_room_for_another() {
    let pool = Pool::elastic().max_threads(1);
    let host = host();
    let (tell, told) = mpsc::channel();
    assert!(pool.borrow(&host, &mut None));
    pool.push(&host, boxed(Job(None, tell)));
    assert_eq!(pool.threads(), 0);
    pool.give_back(&host, true, false);
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok(Ok(())));
}

#[test]
fn a_panic_costs_no_thread() {
    let pool = Pool::elastic().max_threads(1);
    let host = host();
    let (tell, told) = mpsc::channel();
    pool.push(
        &host,
        boxed(Relief(Some(Box::new(|| panic!("on purpose"))))),
    );
    pool.push(&host, boxed(Job(None, tell)));
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok(Ok(())));
}
