//! Who drives a server's loop.
//!
//! One thread leads: it turns the loop. When a turn brings a single call for a thread of the pool, no other thread need
//! be woken for it, nor the loop for the answer: the leader lays the loop down, runs the handler itself, and takes the
//! loop up again. A thread of the pool is called before that; if it comes while the handler still runs, it leads from
//! then on, and whoever led works for the pool. So handlers may take as long as they like.

use super::server::{Loop, Message};
use crate::{
    host::Host,
    panics::caught,
    pool::{Pool, Work},
    status::Status,
};
use bywash_mio::EventLoop;
use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// A loop, and what its events go to.
struct Driven {
    event_loop: EventLoop<Message>,
    handler: Loop,
}

/// The lead of one loop.
pub(super) struct Lead {
    /// The loop, while its leader runs a handler.
    laid_down: Mutex<Option<Box<Driven>>>,
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

impl Lead {
    pub(super) fn new(pool: Pool, host: Arc<dyn Host>) -> Arc<Lead> {
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
    pub(super) fn run(self: &Arc<Lead>, event_loop: EventLoop<Message>, handler: Loop) {
        let lost = self.drive(Box::new(Driven {
            event_loop,
            handler,
        }));
        if lost {
            self.pool.stay(&self.host);
        }
    }

    /// Waits until the loop has ended, and says how.
    pub(super) fn wait(&self) -> io::Result<()> {
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
    fn drive(self: &Arc<Lead>, mut driven: Box<Driven>) -> bool {
        loop {
            let Driven {
                event_loop,
                handler,
            } = &mut *driven;
            if event_loop.is_over() {
                return self.tell(driven, Ok(()));
            }
            match caught(|| event_loop.turn(handler, None)) {
                Some(Ok(())) => {}
                Some(Err(error)) => return self.tell(driven, Err(error)),
                None => {
                    let error = io::Error::other("a thread of the server panicked");
                    return self.tell(driven, Err(error));
                }
            }
            if let Some(work) = handler.take_work() {
                match self.work(driven, work) {
                    Some(still) => driven = still,
                    None => return true,
                }
            }
        }
    }

    /// Does a call's work; the loop, unless another thread has taken it.
    fn work(self: &Arc<Lead>, driven: Box<Driven>, work: Box<dyn Work>) -> Option<Box<Driven>> {
        *lock(&self.laid_down) = Some(driven);
        let relief = match self.called.swap(true, Ordering::SeqCst) {
            true => None,
            false => Some(Box::new(Relief(Arc::clone(self))) as Box<dyn Work>),
        };
        let calls = relief.is_some();
        let borrowed = self.pool.borrow(&self.host, relief);
        if borrowed {
            work.run();
        } else {
            if calls {
                self.called.store(false, Ordering::SeqCst);
            }
            self.pool.push(&self.host, [work]);
        }
        let still = lock(&self.laid_down).take();
        self.pool.give_back(borrowed, still.is_none());
        still
    }

    /// A thread of the pool was called: it leads if nobody does.
    fn relieve(self: &Arc<Lead>) {
        self.called.store(false, Ordering::SeqCst);
        let found = lock(&self.laid_down).take();
        if let Some(driven) = found {
            self.pool.leave();
            if !self.drive(driven) {
                self.pool.come_back();
            }
        }
    }

    fn tell(&self, driven: Box<Driven>, result: io::Result<()>) -> bool {
        let mut driven = driven;
        driven.handler.end();
        drop(driven);
        *lock(&self.ended) = Some(result);
        self.end.notify_all();
        false
    }
}

/// Calls a thread of the pool to lead.
struct Relief(Arc<Lead>);

impl Work for Relief {
    fn run(self: Box<Self>) {
        self.0.relieve();
    }

    fn refuse(self: Box<Self>, _: Status) {
        self.0.called.store(false, Ordering::SeqCst);
    }
}
