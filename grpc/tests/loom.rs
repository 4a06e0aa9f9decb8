//! The hand-over of loops, of channels and of servers, proved by loom over all interleavings within a bound: no thread waits for ever, no two lead.
//!
//! `RUSTFLAGS='--cfg loom' cargo test --release -p bywash-grpc --test loom`
//!
//! The very files of the crate, over loom's primitives in the place of the system's. Time does not pass: the keeper's
//! pauses end by being unparked alone, so that nothing here is rescued by a timer.

#![cfg(loom)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the crate's files, of which not all is used here"
)]

#[path = "../src/driver/drive.rs"]
mod drive;
#[path = "../src/driver/helm.rs"]
mod helm;
#[path = "../src/driver/lead.rs"]
mod lead;
#[path = "loom/leads.rs"]
mod leads;
#[path = "../src/driver/mail.rs"]
mod mail;
#[path = "../src/pool.rs"]
mod pool;
#[path = "../src/room.rs"]
mod room;
#[path = "../src/host/slot.rs"]
mod slot;

mod sync {
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool};
    use std::{cell::RefCell, sync::Arc};

    /// Parking of our own: loom's forgets an unparking that comes while the thread waits for a lock.
    #[derive(Clone)]
    pub(crate) struct Thread(Arc<(Mutex<bool>, Condvar)>);

    loom::thread_local! {
        static CURRENT: RefCell<Thread> = RefCell::new(Thread::new());
    }

    impl Thread {
        /// A thread to be.
        pub(crate) fn new() -> Thread {
            Thread(Arc::new((Mutex::new(false), Condvar::new())))
        }

        /// The calling thread is this one.
        pub(crate) fn adopt(&self) {
            CURRENT.with(|current| *current.borrow_mut() = self.clone());
        }

        pub(crate) fn unpark(&self) {
            *self.0.0.lock().unwrap() = true;
            self.0.1.notify_one();
        }
    }

    pub(crate) fn current() -> Thread {
        CURRENT.with(|current| current.borrow().clone())
    }

    pub(crate) fn park() {
        let Thread(me) = current();
        let mut unparked = me.0.lock().unwrap();
        while !*unparked {
            unparked = me.1.wait(unparked).unwrap();
        }
        *unparked = false;
    }

    pub(crate) fn pause() {
        loom::thread::yield_now();
    }

    pub(crate) fn park_timeout(_: std::time::Duration) {
        park();
    }
}

mod host {
    pub use crate::slot::Slot;
    use crate::wire::Instant;

    pub trait Host: Send + Sync {
        fn now(&self) -> Instant;
        fn park(&self, slot: &Slot, until: Option<Instant>);
        fn unpark(&self, slot: &Slot);
        fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> std::io::Result<()>;
    }

    pub(crate) fn on_loop() -> bool {
        false
    }
}

mod panics {
    /// What panics in a model ends it.
    pub(crate) fn caught<R>(f: impl FnOnce() -> R) -> Option<R> {
        Some(f())
    }
}

mod code {
    pub use bywash_grpc::Code;
}

mod status {
    pub use bywash_grpc::Status;
}

mod wire {
    pub use bywash_grpc::wire::Instant;
}

use drive::{Drive, Turn, Turning};
use host::Slot;
use loom::{
    sync::{Condvar, Mutex},
    thread,
};
use mail::Mail;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use sync::Thread;

/// The system's poll: sleeps until it is rung.
struct Bell(Mutex<bool>, Condvar);

impl Bell {
    fn ring(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_one();
    }

    fn sleep(&self) {
        let mut rung = self.0.lock().unwrap();
        while !*rung {
            rung = self.1.wait(rung).unwrap();
        }
        *rung = false;
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Answered at once.
    Plain,
    /// Answered when two calls have been heard: until then whoever leads sleeps.
    Late,
    /// Answered by code of the user's.
    Attended,
    /// Breaks the loop, which answers nobody any more.
    Fatal,
}

struct Call(Kind, Arc<Slot>, Arc<AtomicBool>);

struct Loop {
    bell: Arc<Bell>,
    taken: VecDeque<Call>,
    deferred: VecDeque<Call>,
    unanswered: Vec<Call>,
    heard: Arc<AtomicUsize>,
}

impl Loop {
    fn listen(&mut self, mail: &Mail<Call>, keeper: bool) {
        if keeper {
            let count = self.deferred.len();
            self.heard.fetch_add(count, SeqCst);
            self.unanswered.extend(self.deferred.drain(..));
        }
        loop {
            mail.take_or_sleep(&mut self.taken);
            if self.taken.is_empty() {
                return;
            }
            for call in self.taken.drain(..) {
                let defer = call.0 == Kind::Attended || !self.deferred.is_empty();
                if defer && !keeper {
                    self.deferred.push_back(call);
                } else {
                    self.heard.fetch_add(1, SeqCst);
                    self.unanswered.push(call);
                }
            }
        }
    }

    fn answers(&self, call: &Call) -> bool {
        call.0 != Kind::Late || self.heard.load(SeqCst) >= 2
    }
}

impl Turning for Loop {
    type Message = Call;

    fn turn(&mut self, mail: &Mail<Call>, turn: Turn<'_>) -> bool {
        self.listen(mail, turn.keeper);
        let something = self.unanswered.iter().any(|call| self.answers(call))
            || !self.deferred.is_empty()
            || turn.slot.is_some_and(Slot::is_set);
        if !something {
            match turn.longest {
                None => self.bell.sleep(),
                // Time does not pass: a short sleep only lets others go on.
                Some(_) => thread::yield_now(),
            }
            self.listen(mail, turn.keeper);
        }
        if self.unanswered.iter().any(|call| call.0 == Kind::Fatal) {
            return false;
        }
        let (ready, rest) = std::mem::take(&mut self.unanswered)
            .into_iter()
            .partition(|call| self.answers(call));
        self.unanswered = rest;
        for Call(kind, slot, done) in ready {
            assert!(
                kind != Kind::Attended || turn.keeper,
                "a caller ran the user's code"
            );
            done.store(true, SeqCst);
            slot.wake();
        }
        true
    }

    fn reserves(&self) -> bool {
        !self.deferred.is_empty()
    }

    fn end(&mut self, left: VecDeque<Call>) {
        let waiting = self.unanswered.drain(..).chain(self.deferred.drain(..));
        for Call(_, slot, done) in waiting.chain(self.taken.drain(..)).chain(left) {
            done.store(true, SeqCst);
            slot.wake();
        }
    }
}

struct World {
    drive: Arc<Drive<Loop>>,
    heard: Arc<AtomicUsize>,
}

impl World {
    fn new() -> World {
        let bell = Arc::new(Bell(Mutex::new(false), Condvar::new()));
        let heard = Arc::new(AtomicUsize::new(0));
        let rung = Arc::clone(&bell);
        let turning = Loop {
            bell,
            taken: VecDeque::new(),
            deferred: VecDeque::new(),
            unanswered: Vec::new(),
            heard: Arc::clone(&heard),
        };
        let drive = Arc::new(Drive::new(turning, Box::new(move || rung.ring())));
        World { drive, heard }
    }

    fn keeper(&self) -> thread::JoinHandle<()> {
        let kept = Arc::clone(&self.drive);
        let time = AtomicUsize::new(0);
        let thread = Thread::new();
        self.drive.helm().set_keeper(thread.clone());
        thread::spawn(move || {
            thread.adopt();
            // Whenever it looks, it is later.
            kept.keep(&|| Duration::from_secs(time.fetch_add(1, SeqCst) as u64));
        })
    }

    /// A thread that leaves a message and does not wait.
    fn poster(&self) -> thread::JoinHandle<()> {
        let drive = Arc::clone(&self.drive);
        thread::spawn(move || {
            let (slot, done) = (Arc::new(Slot::new()), Arc::new(AtomicBool::new(false)));
            assert!(drive.post(Call(Kind::Plain, slot, done), false));
        })
    }

    fn caller(&self, kind: Kind) -> thread::JoinHandle<()> {
        let drive = Arc::clone(&self.drive);
        thread::spawn(move || call(&drive, kind))
    }
}

/// A blocking call. If its signal is lost, or nobody leads, loom finds a deadlock.
fn call(drive: &Drive<Loop>, kind: Kind) {
    let (slot, done) = (Arc::new(Slot::new()), Arc::new(AtomicBool::new(false)));
    if !drive.post(Call(kind, Arc::clone(&slot), Arc::clone(&done)), true) {
        assert!(drive.is_closed());
        return;
    }
    while !done.load(SeqCst) {
        drive.park(&slot, &|| None);
    }
}

fn check(threads_may_be_preempted: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(threads_may_be_preempted);
    builder.check(model);
}

#[test]
fn two_callers() {
    check(4, || {
        let world = World::new();
        let other = world.caller(Kind::Plain);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
    });
}

#[test]
fn a_leader_that_sleeps_is_rung_for() {
    check(4, || {
        let world = World::new();
        let other = world.caller(Kind::Late);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
    });
}

#[test]
fn three_callers() {
    check(3, || {
        let world = World::new();
        let others = [world.caller(Kind::Late), world.caller(Kind::Late)];
        call(&world.drive, Kind::Plain);
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn two_calls_each() {
    check(3, || {
        let world = World::new();
        let drive = Arc::clone(&world.drive);
        let other = thread::spawn(move || {
            call(&drive, Kind::Plain);
            call(&drive, Kind::Plain);
        });
        call(&world.drive, Kind::Late);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
    });
}

#[test]
fn what_nobody_waits_for_is_heard() {
    check(4, || {
        let world = World::new();
        let poster = world.poster();
        call(&world.drive, Kind::Plain);
        poster.join().unwrap();
        assert_eq!(world.heard.load(SeqCst), 2);
    });
}

#[test]
fn a_lead_that_comes_too_late_still_hears_the_mail() {
    check(4, || {
        let world = World::new();
        let poster = world.poster();
        let other = world.caller(Kind::Plain);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
        poster.join().unwrap();
        assert_eq!(world.heard.load(SeqCst), 3);
    });
}

#[test]
fn who_gives_up_passes_the_lead_on() {
    check(3, || {
        let world = World::new();
        let drive = Arc::clone(&world.drive);
        let thread = Thread::new();
        let deserter_is = thread.clone();
        let deserter = thread::spawn(move || {
            thread.adopt();
            let looked = AtomicUsize::new(0);
            // Sleeps once, and then has no time left.
            drive.park(&Slot::new(), &|| match looked.fetch_add(1, SeqCst) {
                0 => Some(Duration::from_secs(1)),
                _ => Some(Duration::ZERO),
            });
        });
        let other = world.caller(Kind::Plain);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
        // Whoever still waits for nothing but time is let go.
        deserter_is.unpark();
        deserter.join().unwrap();
    });
}

#[test]
fn a_loop_that_breaks_lets_everyone_go() {
    check(4, || {
        let world = World::new();
        let other = world.caller(Kind::Late);
        call(&world.drive, Kind::Fatal);
        other.join().unwrap();
        assert!(world.drive.is_closed());
    });
}

/// A call of this kind beside another, with a keeper that ends when both are over.
fn beside_the_keeper(preemptions: usize, own: Kind, other: Option<Kind>) {
    check(preemptions, move || {
        let world = World::new();
        let keeper = world.keeper();
        let other = other.map(|kind| world.caller(kind));
        call(&world.drive, own);
        if let Some(other) = other {
            other.join().unwrap();
        }
        world.drive.end();
        keeper.join().unwrap();
    });
}

#[test]
fn a_caller_and_the_keeper() {
    beside_the_keeper(4, Kind::Plain, None);
}

#[test]
fn the_keeper_runs_what_is_the_users() {
    beside_the_keeper(3, Kind::Plain, Some(Kind::Attended));
}

#[test]
fn two_callers_and_the_keeper() {
    beside_the_keeper(3, Kind::Plain, Some(Kind::Late));
}

#[test]
fn a_loop_that_breaks_lets_everyone_go_with_a_keeper() {
    beside_the_keeper(3, Kind::Fatal, Some(Kind::Plain));
}
