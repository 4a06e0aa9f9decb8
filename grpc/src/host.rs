//! Everything that waits, waits here: the blocking front has no other way to sleep, to spawn or to read a clock.
//!
//! [`ThreadHost`] parks threads. [`World`](crate::world) passes a baton from one to the next, so that blocking code too
//! runs deterministically on virtual time.

mod refused;
mod slot;

pub(crate) use refused::told;
pub use slot::Slot;

use crate::{code::Code, status::Status, wire::Instant};
use std::{cell::Cell, sync::Arc, thread, time};

/// Clock, threads and waiting.
pub trait Host: Send + Sync {
    /// The time.
    fn now(&self) -> Instant;

    /// Waits until [`unpark`](Host::unpark) was called for this slot or `until` has come. A signal that came before
    /// counts. One thread at a time waits in a slot; it may return early.
    fn park(&self, slot: &Slot, until: Option<Instant>);

    /// Lets the thread go that waits in this slot, or the next one that will.
    fn unpark(&self, slot: &Slot);

    /// Starts a thread.
    ///
    /// # Errors
    /// The system gives no more threads.
    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> std::io::Result<()>;

    /// Code on a loop's thread wanted to wait, and was refused: `method`'s, if it is known whose it was. Runs on that
    /// thread, and must not wait either.
    ///
    /// Unless a host does otherwise this is told once for each method, of 64 at most: as an error to `tracing` with that
    /// feature, else on standard error.
    fn on_refused(&self, method: Option<&str>) {
        refused::log_once(method);
    }
}

/// The threads and the clock of the system.
#[derive(Debug)]
pub struct ThreadHost {
    origin: time::Instant,
}

impl ThreadHost {
    /// A host whose time starts now.
    #[expect(
        clippy::disallowed_methods,
        reason = "here the clock is read; all others are told the time"
    )]
    pub fn new() -> ThreadHost {
        ThreadHost {
            origin: time::Instant::now(),
        }
    }

    /// A host that counts time from `origin`, for clocks that must agree.
    pub fn since(origin: time::Instant) -> ThreadHost {
        ThreadHost { origin }
    }
}

impl Default for ThreadHost {
    fn default() -> ThreadHost {
        ThreadHost::new()
    }
}

impl Host for ThreadHost {
    fn now(&self) -> Instant {
        Instant::ZERO + self.origin.elapsed()
    }

    fn park(&self, slot: &Slot, until: Option<Instant>) {
        slot.wait(until.map(|until| until.saturating_since(self.now())));
    }

    fn unpark(&self, slot: &Slot) {
        slot.wake();
    }

    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map(drop)
    }
}

thread_local! {
    static ON_LOOP: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as one that must not wait, while user code runs on a loop.
#[derive(Debug)]
pub struct OnLoop {
    before: bool,
    method: Option<Arc<str>>,
}

impl OnLoop {
    /// From now until it is dropped.
    pub fn enter() -> OnLoop {
        OnLoop {
            before: ON_LOOP.replace(true),
            method: refused::set_method(None),
        }
    }

    /// The same, for code of a method that can be named: `/package.Service/Method`.
    pub fn enter_for(method: &Arc<str>) -> OnLoop {
        OnLoop {
            before: ON_LOOP.replace(true),
            method: refused::set_method(Some(Arc::clone(method))),
        }
    }
}

impl Drop for OnLoop {
    fn drop(&mut self) {
        ON_LOOP.set(self.before);
        refused::set_method(self.method.take());
    }
}

/// Whether this thread must not wait now.
pub fn on_loop() -> bool {
    ON_LOOP.get()
}

/// This thread must not wait now, and somebody is told so.
pub(crate) fn refuse(host: &dyn Host) -> Status {
    let method = refused::method();
    host.on_refused(method.as_deref());
    Status::local(Code::Internal, told(method.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Arc, time::Duration};

    #[test]
    fn a_signal_is_not_lost_and_counts_once() {
        let host = ThreadHost::new();
        let slot = Slot::new();
        host.unpark(&slot);
        host.park(&slot, None);
        assert!(!slot.take());
        let before = host.now();
        host.park(&slot, Some(before + Duration::from_millis(5)));
        assert!(host.now().saturating_since(before) >= Duration::from_millis(5));
    }

    #[test]
    fn another_thread_is_woken() {
        let host = Arc::new(ThreadHost::new());
        let slot = Arc::new(Slot::new());
        let (other, there) = (Arc::clone(&host), Arc::clone(&slot));
        host.spawn("waker", Box::new(move || other.unpark(&there)))
            .unwrap();
        host.park(&slot, None);
    }

    #[test]
    fn loops_nest() {
        let outer = OnLoop::enter();
        drop(OnLoop::enter());
        assert!(on_loop());
        drop(outer);
        assert!(!on_loop());
    }

    #[test]
    fn a_method_is_named_while_its_code_runs() {
        let host = ThreadHost::new();
        let says = |text: &str| {
            let status = refuse(&host);
            assert_eq!(status.code(), Code::Internal);
            assert!(status.message().contains(text), "{status}");
        };
        let _outer = OnLoop::enter();
        says("move the method to a pool");
        {
            let _inner = OnLoop::enter_for(&"/a.A/One".into());
            says("move /a.A/One to a pool");
            let _other = OnLoop::enter();
            says("move the method to a pool");
        }
        says("move the method to a pool");
    }
}
