//! Who drives the loop: at most one thread at a time, and one whenever there is something to do.
//!
//! A thread that must wait for its call [enters](Helm::enter). If nobody leads, it leads: it turns the loop itself until
//! its call is done. Otherwise it follows: it sleeps until its call is done or the lead is passed to it. Whoever leads
//! passes the lead on when it leaves; whoever was given it passes it on even if it has no use for it. The keeper, a
//! thread of the engine, leads when nobody has led for a while, when callers get in each other's way, and whenever code
//! of the user's may have to run: that never runs on a thread that happens to wait for a call of its own.
//!
//! All of it is decided under one lock, in which nothing waits.

use crate::sync::{Mutex, MutexGuard, Thread};
use std::sync::PoisonError;

/// Names a thread's stay at the helm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ticket(u64);

/// Where a thread is that has entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seat {
    /// It leads, until it leaves.
    Leads(Ticket),
    /// It follows, until it quits or is unparked to lead.
    Follows(Ticket),
}

/// What the keeper does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Watch {
    /// It leads.
    Lead,
    /// It looks again after a while: callers lead, or did a moment ago.
    Tick,
    /// It sleeps until it is unparked: a caller has led for long, and goes on.
    Rest,
}

/// What the keeper does after a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kept {
    /// It leads on. With `crowded` it looks again after a while, although nothing happens.
    On {
        /// Callers got in each other's way, or still do.
        crowded: bool,
    },
    /// It has passed the lead on.
    Passed,
    /// The engine ends, and the keeper leads for the last time.
    Ends,
}

/// Hand-overs, one after the other, that found a crowd waiting; then the keeper leads for all.
const CROWDED: u32 = 2;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Leader {
    Nobody,
    Caller(Ticket),
    Keeper,
}

struct Waiter {
    ticket: Ticket,
    thread: Thread,
}

/// The helm of one loop.
pub(crate) struct Helm(Mutex<State>);

struct State {
    leader: Leader,
    /// Those who follow, the youngest last: it is likely to wait longest.
    waiting: Vec<Waiter>,
    tickets: u64,
    /// Counts every beginning and every end of a caller's lead.
    changes: u64,
    /// What the keeper saw when it last looked.
    seen: u64,
    keeper: Option<Thread>,
    /// The keeper sleeps until it is unparked.
    rests: bool,
    /// Hand-overs in a row that found two or more waiting.
    crowds: u32,
    /// Code of the user's may have to run: callers must not lead.
    reserved: bool,
    ends: bool,
}

impl Helm {
    /// A helm that nobody holds.
    pub(crate) fn new() -> Helm {
        Helm(Mutex::new(State {
            leader: Leader::Nobody,
            waiting: Vec::new(),
            tickets: 0,
            changes: 0,
            seen: 0,
            keeper: None,
            rests: false,
            crowds: 0,
            reserved: false,
            ends: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread has to wait: it leads if nobody does.
    pub(crate) fn enter(&self, thread: &Thread) -> Seat {
        let mut state = self.lock();
        let ticket = state.ticket();
        if state.is_free() {
            state.lead(ticket);
            return Seat::Leads(ticket);
        }
        let thread = thread.clone();
        state.waiting.push(Waiter { ticket, thread });
        Seat::Follows(ticket)
    }

    /// A thread that need not wait leads if nobody does.
    pub(crate) fn try_lead(&self) -> Option<Ticket> {
        let mut state = self.lock();
        if !state.is_free() {
            return None;
        }
        let ticket = state.ticket();
        state.lead(ticket);
        Some(ticket)
    }

    /// Somebody is to lead who may run the user's code; if nobody leads, the keeper does from now on.
    pub(crate) fn call_keeper(&self) {
        let mut state = self.lock();
        if state.leader == Leader::Nobody {
            let keeper = state.appoint_keeper();
            drop(state);
            unpark(keeper);
        }
    }

    /// Whether the lead was passed to this follower.
    pub(crate) fn leads(&self, ticket: Ticket) -> bool {
        self.lock().leader == Leader::Caller(ticket)
    }

    /// A leader's call is done; `reserve` if code of the user's may have to run. Whether somebody leads now: if not,
    /// what was left in the mail meanwhile is this thread's to look at.
    pub(crate) fn leave(&self, ticket: Ticket, reserve: bool) -> bool {
        let mut state = self.lock();
        debug_assert_eq!(state.leader, Leader::Caller(ticket));
        state.reserved |= reserve;
        let next = state.pass_on();
        // Without a keeper those who wait, wait for the engine's owner.
        let led = state.leader != Leader::Nobody || state.reserved;
        drop(state);
        unpark(next);
        led
    }

    /// A leader may not go on, for code of the user's may have to run: it follows.
    pub(crate) fn step_aside(&self, ticket: Ticket, thread: &Thread) {
        let mut state = self.lock();
        debug_assert_eq!(state.leader, Leader::Caller(ticket));
        let thread = thread.clone();
        state.waiting.push(Waiter { ticket, thread });
        state.reserved = true;
        let next = state.pass_on();
        drop(state);
        unpark(next);
    }

    /// A follower has no more to wait for. Whether all is well: if not, the lead had been passed to it and nobody else
    /// took it, and what is in the mail is this thread's to look at.
    pub(crate) fn quit(&self, ticket: Ticket) -> bool {
        let mut state = self.lock();
        if state.leader == Leader::Caller(ticket) {
            drop(state);
            return self.leave(ticket, false);
        }
        state.waiting.retain(|waiter| waiter.ticket != ticket);
        true
    }

    /// There is a keeper: this thread.
    pub(crate) fn set_keeper(&self, thread: Thread) {
        self.lock().keeper = Some(thread);
    }

    /// The keeper looks around. It leads if nobody has since it last looked.
    pub(crate) fn watch(&self) -> Watch {
        let mut state = self.lock();
        state.rests = false;
        let (seen, changes) = (state.seen, state.changes);
        state.seen = changes;
        match state.leader {
            Leader::Keeper => Watch::Lead,
            Leader::Nobody if seen == changes || state.ends => {
                state.leader = Leader::Keeper;
                Watch::Lead
            }
            Leader::Caller(_) if seen == changes || state.ends => {
                state.rests = true;
                Watch::Rest
            }
            _ => Watch::Tick,
        }
    }

    /// The engine's owner wants to lead, in the place of a keeper that there is not; one owner at a time. If it cannot
    /// lead yet, it is unparked when it can.
    pub(crate) fn own(&self, thread: &Thread) -> bool {
        let mut state = self.lock();
        let led = matches!(state.leader, Leader::Caller(_));
        if !led {
            state.leader = Leader::Keeper;
        }
        state.keeper = led.then(|| thread.clone());
        state.rests = led;
        !led
    }

    /// The owner goes, whether it could lead or not; `reserve`, if it did, as of [`kept`](Helm::kept). Whether somebody
    /// leads now, as of [`leave`](Helm::leave).
    pub(crate) fn disown(&self, reserve: Option<bool>) -> bool {
        let mut state = self.lock();
        state.keeper = None;
        state.rests = false;
        state.reserved = reserve.unwrap_or(state.reserved);
        // Without having led it may have been appointed just now.
        let next = match state.leader {
            Leader::Keeper => state.pass_on(),
            _ => None,
        };
        let led = state.leader != Leader::Nobody || state.reserved;
        drop(state);
        unpark(next);
        led
    }

    /// The keeper has turned the loop. With `reserve` it must lead on; `quiet` says that for some time no two callers
    /// have waited at once.
    pub(crate) fn kept(&self, reserve: bool, quiet: bool) -> Kept {
        let mut state = self.lock();
        state.reserved = reserve;
        if state.ends {
            return Kept::Ends;
        }
        if quiet {
            state.crowds = 0;
        }
        let crowded = state.crowds >= CROWDED || state.waiting.len() > 1;
        if reserve || crowded || state.waiting.is_empty() {
            return Kept::On {
                crowded: crowded && !quiet,
            };
        }
        let next = state.pass_on();
        drop(state);
        unpark(next);
        Kept::Passed
    }

    /// Whether two or more callers wait.
    pub(crate) fn is_crowded(&self) -> bool {
        self.lock().waiting.len() > 1
    }

    /// The engine ends: the keeper is to lead for the last time.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.ends = true;
        let keeper = state.keeper.clone();
        drop(state);
        unpark(keeper);
    }
}

impl State {
    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    fn is_free(&self) -> bool {
        self.leader == Leader::Nobody && !self.reserved
    }

    fn lead(&mut self, ticket: Ticket) {
        self.leader = Leader::Caller(ticket);
        self.changes += 1;
    }

    #[must_use]
    fn appoint_keeper(&mut self) -> Option<Thread> {
        if self.keeper.is_some() {
            self.leader = Leader::Keeper;
        }
        self.keeper.clone()
    }

    /// Nobody leads any more; who does now is to be unparked.
    #[must_use]
    fn pass_on(&mut self) -> Option<Thread> {
        self.leader = Leader::Nobody;
        self.changes += 1;
        self.crowds = match self.waiting.len() {
            0 | 1 => 0,
            _ => self.crowds.saturating_add(1),
        };
        if self.reserved || self.ends || self.crowds >= CROWDED {
            let keeper = self.appoint_keeper();
            if keeper.is_some() || self.reserved {
                return keeper;
            }
        }
        if let Some(next) = self.waiting.pop() {
            self.lead(next.ticket);
            return Some(next.thread);
        }
        match std::mem::take(&mut self.rests) {
            true => self.keeper.clone(),
            false => None,
        }
    }
}

fn unpark(thread: Option<Thread>) {
    if let Some(thread) = thread {
        thread.unpark();
    }
}
