//! Who drives a server's loop.
//!
//! One thread leads: it turns the loop. When a turn brings a single call for a thread of the pool, no other thread need
//! be woken for it, nor the loop for the answer: the leader lays the loop down, runs the handler itself, and takes the
//! loop up again. A thread of the pool is called before that; if it comes while the handler still runs, it leads from
//! then on, and whoever led works for the pool. So handlers may take as long as they like.

use crate::{
    host::Host,
    panics::caught,
    pool::{Pool, Work},
    status::Status,
    sync::{AtomicBool, Condvar, Mutex, MutexGuard},
};
use std::{
    io,
    sync::{Arc, PoisonError, Weak, atomic::Ordering},
};

/// A loop, as it is led.
pub(crate) trait Led: Send + 'static {
    /// Whether there is nothing more to do for it, for good.
    fn is_over(&self) -> bool;

    /// Does all that can be done; waits if that is nothing.
    ///
    /// # Errors
    /// The loop is broken for good.
    fn turn(&mut self) -> io::Result<()>;

    /// The only call of the last turn for a thread of the pool, for the leader.
    fn take_work(&mut self) -> Option<Box<dyn Work>>;

    /// There will be no more turns.
    fn end(&mut self);
}

/// The lead of one loop.
pub(crate) struct Lead<L> {
    /// The loop, while its leader runs a handler.
    laid_down: Mutex<Option<Box<L>>>,
    /// A thread was called that has not looked for the loop yet.
    called: AtomicBool,
    pool: Pool,
    host: Arc<dyn Host>,
    ended: Mutex<Option<io::Result<()>>>,
    end: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<L: Led> Lead<L> {
    pub(crate) fn new(pool: Pool, host: Arc<dyn Host>) -> Arc<Lead<L>> {
        Arc::new(Lead {
            laid_down: Mutex::new(None),
            called: AtomicBool::new(false),
            pool,
            host,
            ended: Mutex::new(None),
            end: Condvar::new(),
        })
    }

    /// The life of the loop's first leader.
    pub(crate) fn run(self: &Arc<Self>, led: L) {
        if self.drive(Box::new(led)) {
            self.pool.stay(&self.host);
        }
    }

    /// Waits until the loop has ended, and says how.
    pub(crate) fn wait(&self) -> io::Result<()> {
        let mut ended = lock(&self.ended);
        loop {
            if let Some(result) = ended.take() {
                // Others look whether it has ended.
                *ended = Some(Ok(()));
                return result;
            }
            ended = self.end.wait(ended).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Drives the loop until it ends, or another thread leads. With true the latter: this thread is one of the pool's
    /// then.
    fn drive(self: &Arc<Self>, mut led: Box<L>) -> bool {
        loop {
            if led.is_over() {
                return self.tell(led, Ok(()));
            }
            match caught(|| led.turn()) {
                Some(Ok(())) => {}
                Some(Err(error)) => return self.tell(led, Err(error)),
                None => {
                    let error = io::Error::other("a thread of the server panicked");
                    return self.tell(led, Err(error));
                }
            }
            if let Some(work) = led.take_work() {
                match self.work(led, work) {
                    Some(still) => led = still,
                    None => return true,
                }
            }
        }
    }

    /// Does a call's work; the loop, unless another thread has taken it.
    fn work(self: &Arc<Self>, led: Box<L>, work: Box<dyn Work>) -> Option<Box<L>> {
        *lock(&self.laid_down) = Some(led);
        let mut relief = match self.called.swap(true, Ordering::SeqCst) {
            true => None,
            false => Some(Box::new(Relief(Arc::downgrade(self))) as Box<dyn Work>),
        };
        let borrowed = self.pool.borrow(&self.host, &mut relief);
        if borrowed {
            // What panics outside of the handler, such as a value that is dropped, is nobody's to tell of.
            let _ = caught(|| work.run());
        } else {
            if relief.is_some() {
                self.called.store(false, Ordering::SeqCst);
            }
            self.pool.push(&self.host, [work]);
        }
        let still = lock(&self.laid_down).take();
        self.pool.give_back(&self.host, borrowed, still.is_none());
        still
    }

    /// A thread of the pool was called: it leads if nobody does.
    fn relieve(self: &Arc<Self>) {
        self.called.store(false, Ordering::SeqCst);
        let found = lock(&self.laid_down).take();
        if let Some(led) = found {
            self.pool.leave(&self.host);
            if !self.drive(led) {
                self.pool.come_back();
            }
        }
    }

    fn tell(&self, mut led: Box<L>, result: io::Result<()>) -> bool {
        // Whoever waits for the end is told of it even if something of the user's panics when it is dropped.
        let _ = caught(move || {
            led.end();
            drop(led);
        });
        *lock(&self.ended) = Some(result);
        self.end.notify_all();
        false
    }
}

/// Calls a thread of the pool to lead. The pool may keep it for longer than there is a loop.
struct Relief<L>(Weak<Lead<L>>);

impl<L: Led> Work for Relief<L> {
    fn run(self: Box<Self>) {
        if let Some(lead) = self.0.upgrade() {
            lead.relieve();
        }
    }

    fn refuse(self: Box<Self>, _: Status) {
        self.run();
    }
}
