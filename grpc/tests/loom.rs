//! The loop's hand-over, proved by loom over all interleavings within a bound: no thread waits for ever, no two lead.
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
#[path = "../src/driver/mail.rs"]
mod mail;
#[path = "../src/host/slot.rs"]
mod slot;

mod sync {
    pub(crate) use loom::{
        sync::{Mutex, MutexGuard},
        thread::{Thread, current, park},
    };

    pub(crate) fn park_timeout(_: std::time::Duration) {
        park();
    }
}

mod host {
    pub(crate) use crate::slot::Slot;

    pub(crate) fn on_loop() -> bool {
        false
    }
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
        let keeper = thread::spawn(move || {
            // Whenever it looks, it is later.
            kept.keep(&|| Duration::from_secs(time.fetch_add(1, SeqCst) as u64));
        });
        self.drive.helm().set_keeper(keeper.thread().clone());
        keeper
    }

    fn caller(&self, kind: Kind) -> thread::JoinHandle<()> {
        let drive = Arc::clone(&self.drive);
        thread::spawn(move || call(&drive, kind))
    }
}

/// A blocking call. If its signal is lost, or nobody leads, loom finds a deadlock.
fn call(drive: &Drive<Loop>, kind: Kind) {
    let (slot, done) = (Arc::new(Slot::new()), Arc::new(AtomicBool::new(false)));
    assert!(drive.post(Call(kind, Arc::clone(&slot), Arc::clone(&done)), true));
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
    check(3, || {
        let world = World::new();
        let other = world.caller(Kind::Plain);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
    });
}

#[test]
fn a_leader_that_sleeps_is_rung_for() {
    check(3, || {
        let world = World::new();
        let other = world.caller(Kind::Late);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
    });
}

#[test]
fn three_callers() {
    check(2, || {
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
    check(2, || {
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
    check(3, || {
        let world = World::new();
        let drive = Arc::clone(&world.drive);
        let poster = thread::spawn(move || {
            let call = Call(
                Kind::Plain,
                Arc::new(Slot::new()),
                Arc::new(AtomicBool::new(false)),
            );
            assert!(drive.post(call, false));
        });
        call(&world.drive, Kind::Plain);
        poster.join().unwrap();
        assert_eq!(world.heard.load(SeqCst), 2);
    });
}

#[test]
fn a_lead_that_comes_too_late_still_hears_the_mail() {
    check(3, || {
        let world = World::new();
        let drive = Arc::clone(&world.drive);
        let poster = thread::spawn(move || {
            let call = Call(
                Kind::Plain,
                Arc::new(Slot::new()),
                Arc::new(AtomicBool::new(false)),
            );
            assert!(drive.post(call, false));
        });
        let other = world.caller(Kind::Plain);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
        poster.join().unwrap();
        assert_eq!(world.heard.load(SeqCst), 3);
    });
}

#[test]
fn who_gives_up_passes_the_lead_on() {
    check(2, || {
        let world = World::new();
        let drive = Arc::clone(&world.drive);
        let deserter = thread::spawn(move || {
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
        deserter.thread().unpark();
        deserter.join().unwrap();
    });
}

#[test]
fn a_caller_and_the_keeper() {
    check(3, || {
        let world = World::new();
        let keeper = world.keeper();
        call(&world.drive, Kind::Plain);
        world.drive.end();
        keeper.join().unwrap();
    });
}

#[test]
fn the_keeper_runs_what_is_the_users() {
    check(2, || {
        let world = World::new();
        let keeper = world.keeper();
        let other = world.caller(Kind::Attended);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
        world.drive.end();
        keeper.join().unwrap();
    });
}

#[test]
fn two_callers_and_the_keeper() {
    check(2, || {
        let world = World::new();
        let keeper = world.keeper();
        let other = world.caller(Kind::Late);
        call(&world.drive, Kind::Plain);
        other.join().unwrap();
        world.drive.end();
        keeper.join().unwrap();
    });
}
