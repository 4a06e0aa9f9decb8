//! How a loop is driven: what callers, the keeper and an owner do at the [helm](super::helm).

use super::{
    helm::{Helm, Kept, Seat, Ticket, Watch},
    mail::{Mail, Pushed},
};
use crate::{
    host::{Slot, on_loop},
    sync::{Mutex, Thread, current, park, park_timeout, pause},
};
use std::{
    collections::VecDeque,
    sync::{
        PoisonError, TryLockError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// How often the keeper looks whether callers still lead, and how long callers must not have crowded before one of them
/// leads again.
const TICK: Duration = Duration::from_millis(10);

/// Messages in a row, without a thread that waits, that their own threads carry to the network; beyond them the keeper
/// does, many at a time.
const STREAK: u32 = 4;

/// Turns in a row that a thread makes for others before it makes way.
const ROUNDS: u32 = 8;

/// A loop, as it is driven.
pub(crate) trait Turning: Send {
    /// What threads say to it.
    type Message: Send;

    /// Does all that can be done, and what the mail says; sleeps once until something happens, unless there is no need
    /// to; and does all that can be done. False if the loop is broken for good; then it is [ended](Turning::end).
    fn turn(&mut self, mail: &Mail<Self::Message>, turn: Turn<'_>) -> bool;

    /// Whether code of the user's may have to run in the next turn.
    fn reserves(&self) -> bool;

    /// There will be no more turns. Ends all that has begun, and what `left` was to begin; lets those go who wait.
    fn end(&mut self, left: VecDeque<Self::Message>);
}

/// One turn.
#[derive(Clone, Copy)]
pub(crate) struct Turn<'a> {
    /// Whether code of the user's may run.
    pub(crate) keeper: bool,
    /// With a signal in this slot there is no need to sleep.
    pub(crate) slot: Option<&'a Slot>,
    /// The longest sleep.
    pub(crate) longest: Option<Duration>,
}

/// How long a thread waits yet: `None` for ever.
pub(crate) type Left<'a> = &'a dyn Fn() -> Option<Duration>;

/// A loop and who drives it.
pub(crate) struct Drive<T: Turning> {
    helm: Helm,
    mail: Mail<T::Message>,
    turning: Mutex<Option<T>>,
    /// Ends the sleep of whoever leads.
    ring: Box<dyn Fn() + Send + Sync>,
    /// Messages in a row that no thread has waited for.
    streak: AtomicU32,
    owner: Mutex<()>,
}

/// A caller's lead, which must not be lost if the loop panics.
struct Lead<'a, T: Turning> {
    drive: &'a Drive<T>,
    ticket: Ticket,
    reserve: bool,
}

impl<T: Turning> Lead<'_, T> {
    /// As [`Helm::leave`].
    fn end(self) -> bool {
        let led = self.drive.helm.leave(self.ticket, self.reserve);
        std::mem::forget(self);
        led
    }
}

impl<T: Turning> Drop for Lead<'_, T> {
    fn drop(&mut self) {
        self.drive.mail.wake();
        self.drive.helm.leave(self.ticket, self.reserve);
    }
}

impl<T: Turning> Drive<T> {
    pub(crate) fn new(turning: T, ring: Box<dyn Fn() + Send + Sync>) -> Drive<T> {
        Drive {
            helm: Helm::new(),
            mail: Mail::new(),
            turning: Mutex::new(Some(turning)),
            ring,
            streak: AtomicU32::new(0),
            owner: Mutex::new(()),
        }
    }

    pub(crate) fn helm(&self) -> &Helm {
        &self.helm
    }

    /// Leaves a message for the loop; whether there is one. A thread that `waits` promises to [park](Drive::park) next,
    /// and so does what there is to do itself.
    pub(crate) fn post(&self, message: T::Message, waits: bool) -> bool {
        match self.mail.push(message) {
            Pushed::Closed => return false,
            Pushed::Ring => (self.ring)(),
            Pushed::Lies if waits => {}
            Pushed::Lies if on_loop() => self.helm.call_keeper(),
            Pushed::Lies => {
                if self.streak.fetch_add(1, Ordering::Relaxed) >= STREAK {
                    self.helm.call_keeper();
                }
                self.tidy(false);
            }
        }
        true
    }

    fn take_lead(&self, ticket: Ticket) -> Lead<'_, T> {
        Lead {
            drive: self,
            ticket,
            reserve: false,
        }
    }

    /// If nobody has led, what is in the mail is done now. Whoever goes on filling it is let in from time to time, and
    /// does so itself then: not one thread works for all others for ever.
    fn tidy(&self, mut led: bool) {
        let mut rounds = 0;
        while !led && !self.mail.is_empty() {
            if rounds == ROUNDS {
                pause();
                rounds = 0;
                continue;
            }
            rounds += 1;
            let Some(ticket) = self.helm.try_lead() else {
                return;
            };
            let mut lead = self.take_lead(ticket);
            let turn = Turn {
                keeper: false,
                slot: None,
                longest: Some(Duration::ZERO),
            };
            let turned = self.turn_once(turn);
            lead.reserve = turned.unwrap_or(false);
            led = lead.end() || turned.is_none();
        }
    }

    /// Turns the loop, whose leader this thread is. Whether code of the user's may have to run; `None` if there is no
    /// loop any more.
    fn turn_once(&self, turn: Turn<'_>) -> Option<bool> {
        let mut guard = self.turning.try_lock().unwrap_or_else(|held| match held {
            TryLockError::Poisoned(torn) => torn.into_inner(),
            TryLockError::WouldBlock => unreachable!("two threads lead one loop"),
        });
        let turning = guard.as_mut()?;
        let works = turning.turn(&self.mail, turn);
        self.mail.wake();
        if works {
            return Some(turning.reserves());
        }
        self.close(&mut guard);
        None
    }

    /// Nobody turns the loop any more, and nobody is told that somebody will.
    fn close(&self, turning: &mut Option<T>) {
        let left = self.mail.close();
        if let Some(mut turning) = turning.take() {
            turning.end(left);
        }
    }

    /// Whether there is no loop any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.mail.is_closed()
    }

    /// Waits for a signal in the slot, and takes it; returns early when no time is left. Drives the loop meanwhile, if
    /// nobody else does.
    pub(crate) fn park(&self, slot: &Slot, left: Left<'_>) {
        if slot.take() {
            return;
        }
        if self.streak.load(Ordering::Relaxed) > 0 {
            self.streak.store(0, Ordering::Relaxed);
        }
        let me = current();
        match self.helm.enter(&me) {
            Seat::Leads(ticket) => {
                if !self.lead(ticket, slot, left, &me) {
                    self.follow(ticket, slot, left, &me);
                }
            }
            Seat::Follows(ticket) => self.follow(ticket, slot, left, &me),
        }
    }

    /// Leads until the slot has its signal or no time is left. False if it has to follow now.
    fn lead(&self, ticket: Ticket, slot: &Slot, left: Left<'_>, me: &Thread) -> bool {
        let mut lead = self.take_lead(ticket);
        loop {
            let longest = left();
            if slot.take() || longest == Some(Duration::ZERO) {
                let led = lead.end();
                self.tidy(led);
                return true;
            }
            let turn = Turn {
                keeper: false,
                slot: Some(slot),
                longest,
            };
            let Some(reserve) = self.turn_once(turn) else {
                // There is no loop any more: whoever ended it has told all calls.
                lead.end();
                slot.wait(left());
                return true;
            };
            if reserve && !slot.is_set() {
                std::mem::forget(lead);
                self.helm.step_aside(ticket, me);
                return false;
            }
            lead.reserve = reserve;
        }
    }

    fn follow(&self, ticket: Ticket, slot: &Slot, left: Left<'_>, me: &Thread) {
        while !slot.take_or_expect(me) {
            if self.helm.leads(ticket) {
                match self.lead(ticket, slot, left, me) {
                    true => return,
                    false => continue,
                }
            }
            match left() {
                Some(Duration::ZERO) => break,
                Some(longest) => park_timeout(longest),
                None => park(),
            }
        }
        let led = self.helm.quit(ticket);
        self.tidy(led);
    }

    /// The keeper's life: leads whenever callers do not, until the engine [ends](Drive::end). `clock` counts time.
    pub(crate) fn keep(&self, clock: &dyn Fn() -> Duration) {
        loop {
            match self.helm.watch() {
                Watch::Lead => {
                    if self.lead_as_keeper(clock) {
                        break;
                    }
                }
                Watch::Tick => park_timeout(TICK),
                Watch::Rest => park(),
            }
        }
        self.close(&mut self.turning.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the engine has ended.
    fn lead_as_keeper(&self, clock: &dyn Fn() -> Duration) -> bool {
        let mut longest = None;
        let mut crowded_at = clock();
        loop {
            let turn = Turn {
                keeper: true,
                slot: None,
                longest,
            };
            let Some(reserve) = self.turn_once(turn) else {
                return true;
            };
            let now = clock();
            if self.helm.is_crowded() {
                crowded_at = now;
            }
            match self
                .helm
                .kept(reserve, now.saturating_sub(crowded_at) >= TICK)
            {
                Kept::On { crowded } => longest = crowded.then_some(TICK),
                Kept::Passed => return false,
                Kept::Ends => return true,
            }
        }
    }

    /// One turn in the place of a keeper that there is not; code of the user's runs in it. False if callers led all the
    /// time, or there is no loop any more.
    pub(crate) fn own(&self, left: Left<'_>) -> bool {
        let _one = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        let me = current();
        while !self.helm.own(&me) {
            match left() {
                Some(Duration::ZERO) => {
                    let led = self.helm.disown(None);
                    self.tidy(led);
                    return false;
                }
                Some(longest) => park_timeout(longest),
                None => park(),
            }
        }
        let turned = self.turn_once(Turn {
            keeper: true,
            slot: None,
            longest: left(),
        });
        let led = self.helm.disown(Some(turned.unwrap_or(false)));
        self.tidy(led);
        turned.is_some()
    }

    /// Ends the keeper, which ends the loop.
    pub(crate) fn end(&self) {
        self.helm.end();
        (self.ring)();
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
