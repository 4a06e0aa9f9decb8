//! How other threads reach a loop: a bounded queue, and one ring per batch.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Wakes the thread that polls.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// The loop is at work, or nobody drives it; it looks at its mail before it waits.
const AWAKE: u8 = 0;
/// Something was put where the loop will look.
const RUNG: u8 = 1;
/// The loop waits for the system, or is about to: it has to be woken.
const ASLEEP: u8 = 2;

/// The bell of a loop. However many ring, the loop is woken once until it has answered, and not at all
/// while it is at work.
pub(crate) struct Bell {
    state: AtomicU8,
    wake: Wake,
}

impl Bell {
    pub(crate) fn new(wake: Wake) -> Arc<Self> {
        Arc::new(Self {
            // A loop in a foreign poll is waited for before its first turn.
            state: AtomicU8::new(ASLEEP),
            wake,
        })
    }

    /// Something was put where the loop will look.
    pub(crate) fn ring(&self) {
        if self.state.swap(RUNG, Ordering::SeqCst) == ASLEEP {
            (self.wake)();
        }
    }

    /// The loop's turn is to end, whether or not there is something to look at.
    fn rouse(&self) {
        self.state.store(RUNG, Ordering::SeqCst);
        (self.wake)();
    }

    /// Whether anybody has rung since the last answer.
    pub(crate) fn is_ringing(&self) -> bool {
        self.state.load(Ordering::SeqCst) == RUNG
    }

    /// The loop answers: what was put before is seen after. Whether anybody rang.
    pub(crate) fn answer(&self) -> bool {
        // The plain load keeps turns without messages free of locked instructions.
        self.is_ringing() && self.state.swap(AWAKE, Ordering::SeqCst) == RUNG
    }

    /// The loop is about to wait. False if somebody has rung: it must not.
    pub(crate) fn may_sleep(&self) -> bool {
        let slept = self
            .state
            .compare_exchange(AWAKE, ASLEEP, Ordering::SeqCst, Ordering::SeqCst);
        slept != Err(RUNG)
    }

    /// The loop has waited.
    pub(crate) fn has_woken(&self) {
        let _ = self
            .state
            .compare_exchange(ASLEEP, AWAKE, Ordering::SeqCst, Ordering::SeqCst);
    }
}

/// A queue of one kind of message. Shared by loop and handles.
pub(crate) struct Mailbox<M> {
    queue: Mutex<VecDeque<M>>,
    bound: usize,
    open: AtomicBool,
}

/// Why a message did not go. It comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendFailure<M> {
    /// The queue is at its bound: the loop is behind. Try again later.
    Full(M),
    /// The loop is gone.
    Closed(M),
}

impl<M> SendFailure<M> {
    /// The message.
    pub fn into_inner(self) -> M {
        match self {
            Self::Full(message) | Self::Closed(message) => message,
        }
    }
}

impl<M> fmt::Display for SendFailure<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the loop's queue is full",
            Self::Closed(_) => "the loop is gone",
        })
    }
}

impl<M: fmt::Debug> std::error::Error for SendFailure<M> {}

impl<M> Mailbox<M> {
    pub(crate) fn new(bound: usize) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::default(),
            bound,
            open: AtomicBool::new(true),
        })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<M>> {
        // A queue is whole between any two statements: a panic elsewhere cannot have torn it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, message: M) -> Result<(), SendFailure<M>> {
        let mut queue = self.lock();
        if !self.open.load(Ordering::SeqCst) {
            return Err(SendFailure::Closed(message));
        }
        if queue.len() >= self.bound {
            return Err(SendFailure::Full(message));
        }
        queue.push_back(message);
        Ok(())
    }

    /// Queues a message whether or not there is room: one that must not be lost, and of which something
    /// else bounds the number.
    pub(crate) fn push_surely(&self, message: M) -> Result<(), SendFailure<M>> {
        let mut queue = self.lock();
        if !self.open.load(Ordering::SeqCst) {
            return Err(SendFailure::Closed(message));
        }
        queue.push_back(message);
        Ok(())
    }

    /// Swaps the messages that wait into `into`, which must be empty.
    pub(crate) fn take(&self, into: &mut VecDeque<M>) {
        std::mem::swap(&mut *self.lock(), into);
    }

    /// Nobody will look any more. What waits is returned.
    pub(crate) fn close(&self) -> VecDeque<M> {
        let mut queue = self.lock();
        self.open.store(false, Ordering::SeqCst);
        std::mem::take(&mut *queue)
    }
}

/// Sends messages to a loop from any thread. Cheap to clone.
pub struct Handle<M> {
    mailbox: Arc<Mailbox<M>>,
    bell: Arc<Bell>,
}

impl<M> Handle<M> {
    pub(crate) fn new(mailbox: Arc<Mailbox<M>>, bell: Arc<Bell>) -> Self {
        Self { mailbox, bell }
    }

    /// Queues a message and wakes the loop, unless it is at work or is being woken already.
    ///
    /// # Errors
    /// The queue is full, or the loop is gone. The message comes back.
    pub fn send(&self, message: M) -> Result<(), SendFailure<M>> {
        self.mailbox.push(message)?;
        self.bell.ring();
        Ok(())
    }

    /// The same past the queue's bound: see [`Mailbox::push_surely`]. It fails only when the loop is gone.
    pub(crate) fn send_surely(&self, message: M) -> Result<(), SendFailure<M>> {
        self.mailbox.push_surely(message)?;
        self.bell.ring();
        Ok(())
    }

    /// Queues messages and wakes the loop once for all of them; returns how many were queued. The
    /// rest stays in the iterator, except for the one that did not fit.
    ///
    /// # Errors
    /// As [`send`](Self::send), with the message that did not fit; those before it are queued.
    pub fn send_all(
        &self,
        messages: &mut impl Iterator<Item = M>,
    ) -> Result<usize, SendFailure<M>> {
        let mut sent = 0;
        let mut outcome = Ok(0);
        for message in messages {
            if let Err(failure) = self.mailbox.push(message) {
                outcome = Err(failure);
                break;
            }
            sent += 1;
        }
        if sent > 0 {
            self.bell.ring();
        }
        outcome.map(|_: usize| sent)
    }

    /// Wakes the loop without a message: its turn ends.
    pub fn wake(&self) {
        self.bell.rouse();
    }
}

impl<M> Clone for Handle<M> {
    fn clone(&self) -> Self {
        Self {
            mailbox: Arc::clone(&self.mailbox),
            bell: Arc::clone(&self.bell),
        }
    }
}

impl<M> fmt::Debug for Handle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bell, Handle, Mailbox, SendFailure};
    use std::collections::VecDeque;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn counted() -> (Handle<u32>, Arc<Mailbox<u32>>, Arc<Bell>, Arc<AtomicUsize>) {
        let wakes = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&wakes);
        let bell = Bell::new(Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        }));
        let mailbox = Mailbox::new(3);
        let handle = Handle::new(Arc::clone(&mailbox), Arc::clone(&bell));
        (handle, mailbox, bell, wakes)
    }

    #[test]
    fn a_batch_wakes_once() {
        let (handle, mailbox, bell, wakes) = counted();
        handle.send(1).unwrap();
        handle.clone().send(2).unwrap();
        assert_eq!(wakes.load(Ordering::SeqCst), 1);
        assert!(bell.answer());
        assert!(!bell.answer());
        let mut got = VecDeque::new();
        mailbox.take(&mut got);
        assert_eq!(got, [1, 2]);
        assert!(bell.may_sleep());
        assert_eq!(handle.send_all(&mut [3, 4].into_iter()), Ok(2));
        assert_eq!(wakes.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_loop_at_work_is_not_woken_and_does_not_sleep() {
        let (handle, _, bell, wakes) = counted();
        bell.has_woken();
        handle.send(1).unwrap();
        assert_eq!(wakes.load(Ordering::SeqCst), 0);
        assert!(!bell.may_sleep());
        assert!(bell.answer() && bell.may_sleep());
        handle.send(2).unwrap();
        assert_eq!(wakes.load(Ordering::SeqCst), 1);
        bell.has_woken();
        assert!(bell.answer() && !bell.answer());
        handle.wake();
        assert_eq!(
            wakes.load(Ordering::SeqCst),
            2,
            "a turn ends also without mail"
        );
    }

    #[test]
    fn a_full_queue_gives_the_message_back() {
        let (handle, mailbox, ..) = counted();
        let mut more = 1..;
        assert_eq!(handle.send_all(&mut more), Err(SendFailure::Full(4)));
        assert_eq!(handle.send(9), Err(SendFailure::Full(9)));
        assert_eq!(handle.send_surely(4), Ok(()));
        assert_eq!(mailbox.close(), [1, 2, 3, 4]);
        assert_eq!(handle.send(9), Err(SendFailure::Closed(9)));
        assert_eq!(handle.send_surely(9), Err(SendFailure::Closed(9)));
    }
}
