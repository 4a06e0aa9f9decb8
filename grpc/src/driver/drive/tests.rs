//! The hand-over under real threads. What loom proves of it in small is in `tests/loom.rs`.

use super::*;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Instant,
};

/// What wakes the one who sleeps in the loop.
#[derive(Default)]
struct Bell(Mutex<bool>, Condvar);

impl Bell {
    fn ring(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_one();
    }

    fn wait(&self, longest: Option<Duration>) {
        let mut rung = self.0.lock().unwrap();
        let until = longest.map(|longest| Instant::now() + longest);
        while !*rung {
            rung = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.1.wait(rung).unwrap(),
                Some(Duration::ZERO) => break,
                Some(longest) => self.1.wait_timeout(rung, longest).unwrap().0,
            };
        }
        *rung = false;
    }
}

struct Call {
    slot: Arc<Slot>,
    /// Answered by code of the user's.
    attended: bool,
}

/// Answers every call that it hears, each `batch` heard at once, or when it would sleep otherwise.
struct Loop {
    bell: Arc<Bell>,
    taken: VecDeque<Call>,
    heard: Vec<Call>,
    deferred: VecDeque<Call>,
    answered: Arc<AtomicUsize>,
}

impl Turning for Loop {
    type Message = Call;

    fn turn(&mut self, mail: &Mail<Call>, turn: Turn<'_>) -> bool {
        loop {
            mail.take_or_sleep(&mut self.taken);
            if self.taken.is_empty() {
                break;
            }
            for call in self.taken.drain(..) {
                let defer = call.attended || !self.deferred.is_empty();
                match defer && !turn.keeper {
                    true => self.deferred.push_back(call),
                    false => self.heard.push(call),
                }
            }
        }
        if turn.keeper {
            self.heard.extend(self.deferred.drain(..));
        }
        let idle = self.heard.is_empty() && self.deferred.is_empty();
        if idle && !turn.slot.is_some_and(Slot::is_set) {
            self.bell.wait(turn.longest);
        }
        for call in self.heard.drain(..) {
            assert!(turn.keeper || !call.attended);
            self.answered.fetch_add(1, SeqCst);
            call.slot.wake();
        }
        true
    }

    fn reserves(&self) -> bool {
        !self.deferred.is_empty()
    }

    fn end(&mut self, left: VecDeque<Call>) {
        let waiting = self.heard.drain(..).chain(self.deferred.drain(..));
        for call in waiting.chain(self.taken.drain(..)).chain(left) {
            call.slot.wake();
        }
    }
}

struct Bench {
    drive: Arc<Drive<Loop>>,
    answered: Arc<AtomicUsize>,
}

fn bench() -> Bench {
    let (bell, answered) = (Arc::<Bell>::default(), Arc::<AtomicUsize>::default());
    let rung = Arc::clone(&bell);
    let turning = Loop {
        bell,
        taken: VecDeque::new(),
        heard: Vec::new(),
        deferred: VecDeque::new(),
        answered: Arc::clone(&answered),
    };
    let drive = Arc::new(Drive::new(turning, Box::new(move || rung.ring())));
    Bench { drive, answered }
}

fn keeper(drive: &Arc<Drive<Loop>>) -> thread::JoinHandle<()> {
    let kept = Arc::clone(drive);
    let keeper = thread::spawn(move || {
        let born = Instant::now();
        kept.keep(&|| born.elapsed());
    });
    drive.helm().set_keeper(keeper.thread().clone());
    keeper
}

/// Waits for a call for as long as it takes: a call that is lost hangs the test.
fn wait(drive: &Drive<Loop>, slot: &Arc<Slot>, attended: bool) {
    let slot = Arc::clone(slot);
    let call = Call {
        slot: Arc::clone(&slot),
        attended,
    };
    assert!(drive.post(call, true));
    let done = AtomicUsize::new(0);
    // A slot's signal is taken by whoever parks; the second look tells that it came.
    while done.load(SeqCst) == 0 {
        drive.park(&slot, &|| None);
        done.store(1, SeqCst);
    }
}

fn crowd(drive: &Arc<Drive<Loop>>, threads: usize, calls: usize, attended: usize) {
    thread::scope(|s| {
        for number in 0..threads {
            let drive = &*drive;
            s.spawn(move || {
                let slot = Arc::new(Slot::new());
                for n in 0..calls {
                    wait(drive, &slot, (n + number) % 16 < attended);
                }
            });
        }
    });
}

#[test]
fn callers_drive_for_themselves() {
    let Bench { drive, answered } = bench();
    for threads in [1, 2, 8] {
        let before = answered.load(SeqCst);
        crowd(&drive, threads, 2000 / threads, 0);
        assert!(answered.load(SeqCst) - before >= 2000 / threads * threads);
    }
}

#[test]
fn the_keeper_takes_part_and_ends() {
    let Bench { drive, answered } = bench();
    let keeper = keeper(&drive);
    for (threads, attended) in [(1, 0), (1, 1), (8, 0), (8, 2), (3, 16)] {
        crowd(&drive, threads, 200, attended);
    }
    assert!(answered.load(SeqCst) >= 200 * 21);
    drive.end();
    keeper.join().unwrap();
    let slot = Arc::new(Slot::new());
    let late = Call {
        slot,
        attended: false,
    };
    assert!(!drive.post(late, false), "the loop has ended");
}

#[test]
fn what_nobody_waits_for_is_done_too() {
    let Bench { drive, answered } = bench();
    let post = |n: usize| {
        for _ in 0..n {
            let slot = Arc::new(Slot::new());
            let attended = false;
            assert!(drive.post(Call { slot, attended }, false));
        }
    };
    post(20);
    assert_eq!(answered.load(SeqCst), 20, "done on the poster's thread");
    thread::scope(|s| {
        s.spawn(|| crowd(&drive, 4, 200, 0));
        s.spawn(|| post(200));
    });
    assert_eq!(answered.load(SeqCst), 20 + 4 * 200 + 200);
}

/// Never without mail when a turn of one thread's ends.
struct Busy {
    held: thread::ThreadId,
    turns: Arc<AtomicUsize>,
    taken: VecDeque<()>,
}

/// Turns beyond which a thread works for others for ever.
const FOR_EVER: usize = 400;

impl Turning for Busy {
    type Message = ();

    fn turn(&mut self, mail: &Mail<()>, _: Turn<'_>) -> bool {
        mail.take_or_sleep(&mut self.taken);
        self.taken.clear();
        if current().id() != self.held || self.turns.load(SeqCst) >= FOR_EVER {
            return true;
        }
        self.turns.fetch_add(1, SeqCst);
        while mail.is_empty() {
            thread::yield_now();
        }
        true
    }

    fn reserves(&self) -> bool {
        false
    }

    fn end(&mut self, _: VecDeque<()>) {}
}

/// A thread that says something, while another says something in each turn, and when there was none for a while.
#[test]
fn a_thread_does_not_work_for_others_for_ever() {
    let turns = Arc::<AtomicUsize>::default();
    let turning = Busy {
        held: current().id(),
        turns: Arc::clone(&turns),
        taken: VecDeque::new(),
    };
    let drive = Drive::new(turning, Box::new(|| {}));
    let stop = AtomicUsize::new(0);
    thread::scope(|s| {
        s.spawn(|| {
            let mut seen = 0;
            while stop.load(SeqCst) == 0 {
                let since = Instant::now();
                let same = || turns.load(SeqCst) == seen && stop.load(SeqCst) == 0;
                while same() && since.elapsed() < Duration::from_micros(20) {}
                seen = turns.load(SeqCst);
                drive.post((), false);
            }
        });
        drive.post((), false);
        stop.store(1, SeqCst);
    });
    let turns = turns.load(SeqCst);
    assert!(turns < FOR_EVER, "held for {turns} turns");
}

#[test]
fn who_gives_up_passes_the_lead_on() {
    let Bench { drive, .. } = bench();
    thread::scope(|s| {
        for number in 0..4u64 {
            let drive = &drive;
            s.spawn(move || {
                for n in 0..100 {
                    let slot = Arc::new(Slot::new());
                    let patience = Duration::from_micros((n * 7 + number) % 50);
                    let until = Instant::now() + patience;
                    drive.park(&slot, &|| {
                        Some(until.saturating_duration_since(Instant::now()))
                    });
                }
            });
        }
        crowd(&drive, 4, 200, 0);
    });
}

#[test]
fn an_owner_turns_for_callbacks() {
    let Bench { drive, answered } = bench();
    let stop = AtomicUsize::new(0);
    thread::scope(|s| {
        s.spawn(|| {
            while stop.load(SeqCst) == 0 {
                let until = Instant::now() + Duration::from_millis(2);
                drive.own(&|| Some(until.saturating_duration_since(Instant::now())));
            }
        });
        crowd(&drive, 3, 100, 2);
        stop.store(1, SeqCst);
    });
    assert!(answered.load(SeqCst) >= 300);
}
