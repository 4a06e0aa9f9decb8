//! The loop: waits, and lets everything progress that can.

use super::cx::Cx;
use super::entry::Bits;
use super::group::{Group, Member};
use super::handler::Handler;
use super::hub::{Hub, WAKER};
use super::letter::Letter;
use super::pump::{deliver, pump};
use super::resolver::{Resolve, Resolver};
use super::table::{Table, What};
use super::timers::Timers;
use crate::clock::Clock;
use crate::deadlines::Deadlines;
use crate::mailbox::{Bell, Handle, Mailbox, Wake};
use crate::options::LoopOptions;
use bywash_proto::vocabulary::Instant;
use mio::event::Event;
use mio::{Events, Poll, Registry, Token};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fmt, io};

/// Letters that wait for a loop at most; more connections than that are placed elsewhere.
const LETTERS: usize = 4096;
/// Rounds over the ready connections before new events of the system are looked at.
const ROUNDS: u32 = 16;

/// Sockets, timers and connections, driven by whoever calls [`turn`](Self::turn). One thread at a
/// time; it may be passed on to another between turns.
pub struct EventLoop<M = ()> {
    hub: Hub,
    poll: Option<Poll>,
    events: Events,
    buffer: Vec<u8>,
    mailbox: Arc<Mailbox<M>>,
    /// Taken from the mailbox, not yet handed over.
    messages: VecDeque<M>,
    letters: VecDeque<Letter>,
    /// The grace that other threads ask for, nanoseconds; `u64::MAX` for no end.
    stop: Arc<AtomicU64>,
    group: Option<Group>,
    tokens: usize,
}

/// Where a guest loop lives: in a foreign [`mio::Poll`].
pub struct Guest {
    /// The foreign poll's registry, or a clone of it.
    pub registry: Registry,
    /// Tokens that nobody else uses. One per connection, listener and attempt to connect.
    pub tokens: Range<usize>,
    /// Ends the foreign poll's wait, from any thread, so that
    /// [`finish_turn`](EventLoop::finish_turn) is called soon.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest")
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

impl<M> EventLoop<M> {
    /// A loop with a poll of its own.
    ///
    /// # Errors
    /// The system's: no descriptor left.
    pub fn new(options: LoopOptions) -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, Token(WAKER as usize))?;
        let wake = Arc::new(move || {
            // It fails when the poll is gone, and then nobody waits.
            let _ = waker.wake();
        });
        let most = options.max_sockets;
        Ok(Self::with(options, registry, 0, most, wake, Some(poll)))
    }

    /// A loop inside a foreign one. Its owner hands in the events of the lent tokens by
    /// [`handle_event`](Self::handle_event) and calls [`finish_turn`](Self::finish_turn) after
    /// every poll.
    pub fn guest(options: LoopOptions, guest: Guest) -> Self {
        let tokens = u32::try_from(guest.tokens.len()).unwrap_or(u32::MAX);
        let most = options.max_sockets.min(tokens);
        let Guest {
            registry,
            tokens,
            wake,
        } = guest;
        Self::with(options, registry, tokens.start, most, wake, None)
    }

    fn with(
        options: LoopOptions,
        registry: Registry,
        first_token: usize,
        most: u32,
        wake: Wake,
        poll: Option<Poll>,
    ) -> Self {
        let options = options.at_least_one();
        let bell = Bell::new(wake);
        let letters = Mailbox::new(LETTERS);
        let clock = options.clock.unwrap_or_default();
        Self {
            events: Events::with_capacity(if poll.is_some() {
                options.poll_events
            } else {
                0
            }),
            poll,
            buffer: vec![0; options.read_buffer.max(4096)],
            mailbox: Mailbox::new(options.mailbox),
            messages: VecDeque::new(),
            letters: VecDeque::new(),
            stop: Arc::new(AtomicU64::new(u64::MAX)),
            group: None,
            tokens: most as usize,
            hub: Hub {
                table: Table::new(most),
                ready: VecDeque::new(),
                knocking: Vec::new(),
                news: VecDeque::new(),
                deadlines: Deadlines::default(),
                timers: Timers::default(),
                warm: Vec::new(),
                hand: 0,
                registry,
                first_token,
                clock,
                now: clock.now(),
                resolver: Resolver::new(Arc::clone(&letters), Arc::clone(&bell)),
                options,
                bell,
                letters,
                group: Group::new(),
                load: Arc::default(),
                leaving: Arc::default(),
                draining: false,
                hard_stop: Instant::MAX,
                stopped: false,
                lost: 0,
                refused: 0,
            },
        }
    }

    /// Shares the connections accepted by any loop of the group among all of them.
    pub fn join(&mut self, group: &Group) {
        group.add(Member {
            load: Arc::clone(&self.hub.load),
            letters: Arc::clone(&self.hub.letters),
            bell: Arc::clone(&self.hub.bell),
            leaving: Arc::clone(&self.hub.leaving),
        });
        self.hub.group = group.clone();
        self.group = Some(group.clone());
    }

    /// Finds addresses in another way than the system's.
    pub fn set_resolver(&mut self, resolve: Resolve) {
        let letters = Arc::clone(&self.hub.letters);
        let bell = Arc::clone(&self.hub.bell);
        self.hub.resolver = Resolver::with(resolve, letters, bell);
    }

    /// Reaches this loop from other threads.
    pub fn handle(&self) -> Handle<M> {
        Handle::new(Arc::clone(&self.mailbox), Arc::clone(&self.hub.bell))
    }

    /// The clock whose time the loop tells.
    pub fn clock(&self) -> Clock {
        self.hub.clock
    }

    /// What a handler may do, outside of its calls: listening and connecting before the first turn,
    /// above all.
    pub fn cx(&mut self) -> Cx<'_> {
        self.hub.now = self.hub.clock.now();
        Cx::new(&mut self.hub)
    }

    /// Ends the loop: see [`Cx::shutdown`].
    pub fn shutdown(&mut self, grace: Duration) {
        self.cx().shutdown(grace);
    }

    /// Asks the loop from another thread to end, as [`Cx::shutdown`] does. The closure may be
    /// called any number of times.
    pub fn shutdown_handle(&self) -> impl Fn(Duration) + Send + Sync + Clone + use<M> {
        let stop = Arc::clone(&self.stop);
        let bell = Arc::clone(&self.hub.bell);
        move |grace| {
            // No letter, for a queue may be full; of many graces the shortest counts.
            let nanos = u64::try_from(grace.as_nanos()).unwrap_or(u64::MAX);
            stop.fetch_min(nanos.min(u64::MAX - 1), Ordering::SeqCst);
            bell.ring();
        }
    }

    /// Whether the loop was shut down and all its connections are gone.
    pub fn is_over(&self) -> bool {
        self.hub.is_over()
    }

    /// Takes no more messages; returns those that nobody has seen.
    pub(crate) fn close_mailbox(&mut self) -> VecDeque<M> {
        let mut left = std::mem::take(&mut self.messages);
        left.append(&mut self.mailbox.close());
        left
    }

    /// One turn: lets everything progress that can; if that was nothing, waits for at most `timeout`
    /// (`None`: for as long as nothing happens); and lets everything progress again. A message is
    /// something: whoever waits for one turns until it is there
    /// ([`may_wait`](Handler::may_wait) can say otherwise).
    ///
    /// # Errors
    /// The system's, from polling. A signal is none.
    pub fn turn<H: Handler<Message = M>>(
        &mut self,
        handler: &mut H,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        // Whoever turns until something has happened must not wait after it has.
        let was_busy = self.hub.is_busy();
        self.hub.bell.has_woken();
        self.hub.now = self.hub.clock.now();
        let heard = self.progress(handler, false);
        if self.hub.is_over() {
            return Ok(());
        }
        let mut timeout = match was_busy {
            true => Some(Duration::ZERO),
            false => self.patience(timeout),
        };
        let waits = timeout != Some(Duration::ZERO);
        if waits && !(handler.may_wait(heard) && self.hub.bell.may_sleep()) {
            timeout = Some(Duration::ZERO);
        }
        if let Some(poll) = &mut self.poll {
            let polled = poll.poll(&mut self.events, timeout);
            self.hub.bell.has_woken();
            match polled {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            self.handle_event(event);
        }
        self.events = events;
        self.hub.now = self.hub.clock.now();
        self.progress(handler, true);
        Ok(())
    }

    /// Turns until the loop is over, which only a shutdown brings about.
    ///
    /// # Errors
    /// As [`turn`](Self::turn).
    pub fn run<H: Handler<Message = M>>(&mut self, handler: &mut H) -> io::Result<()> {
        while !self.is_over() {
            self.turn(handler, None)?;
        }
        Ok(())
    }

    /// Guest: an event of the foreign poll. False if its token is none of those that were lent.
    pub fn handle_event(&mut self, event: &Event) -> bool {
        let first = self.hub.first_token;
        let Some(slot) = event.token().0.checked_sub(first) else {
            return false;
        };
        if slot >= self.tokens {
            return false;
        }
        let slot = slot as u32;
        let (mut readable, mut writable) = (event.is_readable(), event.is_writable());
        let broken = event.is_error();
        if broken {
            (readable, writable) = (true, true);
        }
        let id = self.hub.table.name(slot);
        match self.hub.table.at(slot) {
            Some(What::Conn(entry)) => {
                let set = |on: bool, bit: u16| if on { bit } else { 0 };
                entry.bits.set(
                    set(readable, Bits::READABLE)
                        | set(writable, Bits::WRITABLE)
                        | set(event.is_read_closed(), Bits::READABLE | Bits::READ_CLOSED)
                        | set(broken || event.is_write_closed(), Bits::WRITE_CLOSED),
                );
                self.hub.touch(id);
            }
            Some(What::Attempt(_)) => self.hub.attempt_ready(slot),
            Some(What::Listener(_)) => self.hub.knock(slot, false),
            Some(What::Free | What::Waker | What::Dial(_)) | None => {}
        }
        true
    }

    /// Guest: lets everything progress that can, and returns how long the foreign poll may wait at
    /// most; `None` is for ever. To be called after every poll and after every use of
    /// [`cx`](Self::cx).
    pub fn finish_turn<H: Handler<Message = M>>(&mut self, handler: &mut H) -> Option<Duration> {
        self.hub.bell.has_woken();
        self.hub.now = self.hub.clock.now();
        self.progress(handler, true);
        match self.hub.bell.may_sleep() {
            true => self.patience(None),
            false => Some(Duration::ZERO),
        }
    }

    fn patience(&self, timeout: Option<Duration>) -> Option<Duration> {
        if self.hub.is_busy() {
            return Some(Duration::ZERO);
        }
        let due = self.hub.next_deadline().map(|at| {
            let wait = at.saturating_since(self.hub.now);
            // The system counts in milliseconds, and waking early would spin.
            match wait.subsec_nanos() % 1_000_000 {
                0 => wait,
                part => wait + Duration::from_nanos(u64::from(1_000_000 - part)),
            }
        });
        match (timeout, due) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Everything that can progress does, up to a bound of rounds. Deadlines come after what has
    /// arrived: a loop that was held up does not blame peers that were in time. Before the system was
    /// asked, it is not known what has. Whether anybody has sent something.
    fn progress<H: Handler<Message = M>>(&mut self, handler: &mut H, has_polled: bool) -> bool {
        let mut heard = false;
        for _ in 0..ROUNDS {
            heard |= self.read_mail(handler);
            self.round(handler);
            if has_polled {
                self.look_at_time(handler);
            }
            if !self.hub.is_busy() {
                handler.before_wait(&mut Cx::new(&mut self.hub));
                if !self.hub.is_busy() {
                    return heard;
                }
            }
        }
        // A connection that always has something does not keep what waits for the end of a turn.
        handler.before_wait(&mut Cx::new(&mut self.hub));
        heard
    }

    fn read_mail<H: Handler<Message = M>>(&mut self, handler: &mut H) -> bool {
        if !self.hub.bell.answer() {
            return false;
        }
        self.hub.letters.take(&mut self.letters);
        while let Some(letter) = self.letters.pop_front() {
            match letter {
                Letter::Adopt(adopted) => self.hub.adopt(*adopted),
                Letter::Resolved(dial, answer) => self.hub.resolved(dial, answer),
                Letter::Dialed(dial, answer) => self.hub.dialed(dial, answer),
            }
        }
        let grace = self.stop.swap(u64::MAX, Ordering::SeqCst);
        if grace != u64::MAX {
            self.hub.shutdown(Duration::from_nanos(grace));
        }
        self.mailbox.take(&mut self.messages);
        while let Some(message) = self.messages.pop_front() {
            handler.on_message(&mut Cx::new(&mut self.hub), message);
        }
        true
    }

    fn look_at_time<H: Handler<Message = M>>(&mut self, handler: &mut H) {
        let now = self.hub.now;
        while let Some(slot) = self.hub.deadlines.pop(now) {
            let id = self.hub.table.name(slot);
            match self.hub.table.at(slot) {
                Some(What::Conn(_)) => self.hub.conn_due(id),
                Some(What::Dial(_)) => self.hub.dial_due(id),
                Some(What::Listener(_)) => self.hub.knock(slot, true),
                Some(What::Waker) => self.hub.sweep(),
                Some(What::Attempt(_) | What::Free) | None => {}
            }
        }
        // A handler that sets one anew for this very moment has to wait, as everybody else has.
        for _ in 0..self.hub.timers.running() {
            let Some((timer, key)) = self.hub.timers.pop(now) else {
                break;
            };
            handler.on_timer(&mut Cx::new(&mut self.hub), timer, key);
        }
        if self.hub.hard_stop <= now {
            self.hub.stop_hard();
        }
    }

    /// Every listener that has somebody waiting and every connection that is ready gets one turn.
    fn round<H: Handler<Message = M>>(&mut self, handler: &mut H) {
        for id in std::mem::take(&mut self.hub.knocking) {
            self.hub.accept_from(id);
        }
        deliver(&mut self.hub, handler);
        for _ in 0..self.hub.ready.len() {
            let Some(id) = self.hub.ready.pop_front() else {
                break;
            };
            pump(&mut self.hub, handler, &mut self.buffer, id);
            if !self.hub.news.is_empty() {
                deliver(&mut self.hub, handler);
            }
        }
    }
}

impl<M> Drop for EventLoop<M> {
    fn drop(&mut self) {
        self.mailbox.close();
        self.hub.letters.close();
        if let Some(group) = &self.group {
            group.leave(&self.hub.letters);
        }
    }
}

impl<M> fmt::Debug for EventLoop<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop")
            .field("connections", &self.hub.table.live)
            .field("is_guest", &self.poll.is_none())
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<EventLoop<()>>();
};
