//! What a thread and a loop share of one call.
//!
//! The loop puts messages in and takes messages out; the thread does the reverse. Either waits for the other only where
//! it must: the loop never, a thread in its slot.

mod out;
mod state;
#[cfg(test)]
mod tests;

pub use out::Out;
pub use state::{Ended, Origin, Wake};

use state::State;

use crate::{
    codec::Codec,
    compress::{Compressor, Sending},
    framing::Framed,
    host::{Host, Slot, on_loop, refuse},
    message::Arrived,
    metadata::Metadata,
    status::Status,
    wire::Instant,
};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Octets of messages that wait for the loop, or for their reader, before the other side stops.
const MARK: usize = 64 * 1024;

/// What a message costs beside its octets: its place in the queue, and its memory's own. Empty ones cost that too.
const PLACE: usize = 64;

/// Messages that the loop may hand over before it looks again.
const AHEAD: u32 = 8;

/// How the messages of a call are sent.
#[derive(Clone)]
pub struct Encoding {
    /// The stream's encoding.
    pub compressor: Option<Arc<dyn Compressor>>,
    /// Messages of fewer octets are sent as they are.
    pub threshold: usize,
    /// The most octets of one message.
    pub limit: usize,
}

impl Encoding {
    /// As framing wants it.
    pub fn sending(&self) -> Sending<'_> {
        Sending {
            compressor: self.compressor.as_deref(),
            threshold: self.threshold,
            limit: self.limit,
        }
    }
}

/// The shared state of one call.
pub struct Pipe {
    state: Mutex<State>,
    reader: Slot,
    writer: Slot,
    host: Arc<dyn Host>,
    ring: Arc<dyn Ring>,
    encoding: Encoding,
    origin: Origin,
}

/// Tells a loop that a call's thread has said something.
pub trait Ring: Send + Sync {
    /// The call is to be looked at.
    fn ring(&self, call: Arc<Pipe>);
}

impl Pipe {
    /// A call that has said nothing.
    pub fn new(
        host: Arc<dyn Host>,
        ring: Arc<dyn Ring>,
        encoding: Encoding,
        origin: Origin,
    ) -> Arc<Pipe> {
        Arc::new(Pipe {
            state: Mutex::default(),
            reader: Slot::new(),
            writer: Slot::new(),
            host,
            ring,
            encoding,
            origin,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the call came from, as its loop names it.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The clock and the threads of this call.
    pub fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    /// How messages are sent.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    // The loop's side.

    /// The response's head has come.
    pub fn put_headers(&self, fields: Metadata) {
        let mut state = self.lock();
        state.headers = Some(fields);
        state.wake_reader();
    }

    /// A message has come.
    pub fn put_message(&self, arrived: Arrived<'_>) {
        let compressed = arrived.compressed;
        let bytes = arrived.message.into_bytes();
        let mut state = self.lock();
        state.inbox_octets += bytes.len() + PLACE;
        state.last_octets = bytes.len();
        state.inbox.push((bytes, compressed));
        state.ahead = state.ahead.saturating_sub(1);
        state.wake_reader();
    }

    /// The other side has sent all its messages.
    pub fn put_half_close(&self) {
        let mut state = self.lock();
        state.half_closed = true;
        state.wake_reader();
    }

    /// The call has ended. With `drop_unread` the messages that nobody has read are gone too. A handler's last word stays:
    /// its loop, which has been rung for, waits for it.
    pub fn put_end(&self, ended: Ended, drop_unread: bool) {
        let mut state = self.lock();
        if state.ended.is_some() {
            return;
        }
        if drop_unread {
            state.inbox.clear();
            state.inbox_octets = 0;
        }
        state.outbox.retain(|out| matches!(out, Out::Finish { .. }));
        state.outbox_octets = 0;
        state.ended = Some(ended);
        state.wake_reader();
        state.wake_writer();
    }

    /// Whether the transport takes more.
    pub fn put_full(&self, full: bool) {
        let mut state = self.lock();
        state.full = full;
        if !full {
            state.wake_writer();
        }
    }

    /// The messages that are wanted now beside those that were.
    pub fn top_up(&self) -> u32 {
        let mut state = self.lock();
        if state.inbox_octets >= MARK {
            state.stalled = true;
            return 0;
        }
        // Where messages are large, one at a time is enough to keep a reader busy.
        let most = if state.last_octets > MARK / 8 {
            1
        } else {
            AHEAD
        };
        let more = most - state.ahead.min(most);
        state.ahead += more;
        more
    }

    /// What the thread has said since the last time. Where `into` has no memory it gets that of the call's.
    pub fn take_outbox(&self, into: &mut Vec<Out>) {
        let mut state = self.lock();
        state.posted = false;
        state.stalled = false;
        state.outbox_octets = 0;
        if into.capacity() == 0 {
            std::mem::swap(&mut state.outbox, into);
        } else {
            into.append(&mut state.outbox);
        }
        if !state.full {
            state.wake_writer();
        }
    }

    /// The loop will look at what is said next by itself. Until then a call without memory for it has that of `lent`, so
    /// that a call that only its loop speaks for keeps none.
    pub fn hush(&self, lent: &mut Vec<Out>) {
        let mut state = self.lock();
        state.posted = true;
        if state.outbox.capacity() == 0 {
            std::mem::swap(&mut state.outbox, lent);
        }
    }

    /// Whether the call's reactor is to be woken.
    pub fn is_woken(&self) -> bool {
        let state = self.lock();
        state.outbox.iter().any(|out| matches!(out, Out::Wake))
    }

    /// Which threads are to be let go. The loop asks at the end of its turn, so that one turn wakes a thread once.
    pub fn take_wake(&self) -> Wake {
        std::mem::take(&mut self.lock().wake)
    }

    /// Lets threads go.
    pub fn wake(&self, wake: Wake) {
        if wake.reader {
            self.host.unpark(&self.reader);
        }
        if wake.writer {
            self.host.unpark(&self.writer);
            let others = std::mem::take(&mut self.lock().writers);
            for other in others {
                self.host.unpark(&other);
            }
        }
    }

    // The thread's side.

    /// Says something to the loop; whether the call still listens. A handler's last word is always passed on: its loop
    /// waits for it.
    pub fn say(self: &Arc<Self>, out: Out) -> bool {
        let mut state = self.lock();
        if state.ended.is_some() && !matches!(out, Out::Finish { .. }) {
            return false;
        }
        if let Out::Message(message, _) = &out {
            state.outbox_octets += message.as_bytes().len();
        }
        state.outbox.push(out);
        let ring = !std::mem::replace(&mut state.posted, true);
        drop(state);
        if ring {
            self.ring.ring(Arc::clone(self));
        }
        true
    }

    /// Its loop is about to hear of the call, and need not be rung for what is said until then.
    pub fn is_announced(&self) {
        self.lock().posted = true;
    }

    /// Encodes a message as this call sends them.
    ///
    /// # Errors
    /// As [`codec::frame`](crate::codec::frame).
    pub fn frame<T>(&self, codec: &dyn Codec<T>, message: &T) -> Result<Framed, Status> {
        crate::codec::frame(codec, message, &self.encoding.sending())
    }

    /// Waits until there is room for a message.
    ///
    /// # Errors
    /// The call has ended, or it was asked on a loop.
    pub fn wait_writable(&self) -> Result<(), Status> {
        self.wait_writable_until(None).map(drop)
    }

    /// Waits until there is room for a message, or until this time; whether there is.
    ///
    /// # Errors
    /// As [`wait_writable`](Pipe::wait_writable).
    pub fn wait_writable_until(&self, until: Option<Instant>) -> Result<bool, Status> {
        loop {
            let state = self.lock();
            if let Some(ended) = &state.ended {
                return Err(ended.for_writer());
            }
            if !state.full && state.outbox_octets < MARK {
                return Ok(true);
            }
            if until.is_some_and(|until| until <= self.host.now()) {
                return Ok(false);
            }
            if on_loop() {
                return Err(refuse(&*self.host));
            }
            self.park_writer(state, until);
        }
    }

    /// Waits to be let go as a writer. Sinks may wait on several threads, and a slot is one thread's.
    fn park_writer(&self, mut state: MutexGuard<'_, State>, until: Option<Instant>) {
        state.writer_waits = true;
        if std::mem::replace(&mut state.writer_is_in, true) {
            let own = Arc::new(Slot::new());
            state.writers.push(Arc::clone(&own));
            drop(state);
            self.host.park(&own, until);
            let writers = &mut self.lock().writers;
            writers.retain(|other| !Arc::ptr_eq(other, &own));
        } else {
            drop(state);
            self.host.park(&self.writer, until);
            self.lock().writer_is_in = false;
        }
    }

    /// Whether there is room for a message.
    pub fn is_writable(&self) -> bool {
        let state = self.lock();
        state.ended.is_none() && !state.full && state.outbox_octets < MARK
    }

    /// How the call ended, if it has.
    pub fn ended(&self) -> Option<Ended> {
        self.lock().ended.clone()
    }

    /// The next message; `None` at the end of a call that went well, or of the request.
    ///
    /// # Errors
    /// [`Unread::Empty`] if `until` came first; the call's status.
    pub fn read(self: &Arc<Self>, until: Until) -> Result<Option<Read>, Unread> {
        loop {
            let mut state = self.lock();
            if let Some((message, compressed)) = state.inbox.pop() {
                state.inbox_octets -= message.len() + PLACE;
                let resume = state.stalled && state.inbox_octets < MARK / 2;
                let ring = resume && !std::mem::replace(&mut state.posted, true);
                drop(state);
                if ring {
                    self.ring.ring(Arc::clone(self));
                }
                return Ok(Some(Read {
                    message,
                    compressed,
                }));
            }
            match &state.ended {
                Some(Ended { result: Ok(()), .. }) => return Ok(None),
                Some(ended) => return Err(Unread::Ended(ended.for_reader())),
                None if state.half_closed => return Ok(None),
                None => {}
            }
            self.pause(state, until)?;
        }
    }

    /// Waits for the response's head, or for the end.
    ///
    /// # Errors
    /// The call ended without one.
    pub fn wait_headers(&self) -> Result<(), Status> {
        loop {
            let state = self.lock();
            if state.headers.is_some() {
                return Ok(());
            }
            if let Some(ended) = &state.ended {
                return ended.result.clone();
            }
            if let Err(Unread::Ended(status)) = self.pause(state, Until::Ready) {
                return Err(status);
            }
        }
    }

    /// Takes the response's head.
    pub fn take_headers(&self) -> Option<Metadata> {
        self.lock().headers.take()
    }

    /// Waits for the end, and takes its trailers.
    ///
    /// # Errors
    /// It was asked on a loop.
    pub fn wait_end(&self) -> Result<Ended, Status> {
        loop {
            let mut state = self.lock();
            if let Some(ended) = &mut state.ended {
                return Ok(Ended {
                    result: ended.result.clone(),
                    trailers: std::mem::take(&mut ended.trailers),
                });
            }
            if let Err(Unread::Ended(status)) = self.pause(state, Until::Ready) {
                return Err(status);
            }
        }
    }

    fn pause(&self, mut state: MutexGuard<'_, State>, until: Until) -> Result<(), Unread> {
        let longest = match until {
            Until::Ready => None,
            Until::Now => return Err(Unread::Empty),
            Until::Time(at) if at <= self.host.now() => return Err(Unread::Empty),
            Until::Time(at) => Some(at),
        };
        if on_loop() {
            return Err(Unread::Ended(refuse(&*self.host)));
        }
        state.reader_waits = true;
        drop(state);
        self.host.park(&self.reader, longest);
        Ok(())
    }
}

/// A message that was read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The message, inflated.
    pub message: Bytes,
    /// Whether it came compressed.
    pub compressed: bool,
}

/// How long to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// Until there is something.
    Ready,
    /// Not at all.
    Now,
    /// Until this time.
    Time(Instant),
}

/// Why there is no message.
#[derive(Debug)]
pub enum Unread {
    /// None is here yet.
    Empty,
    /// The call has ended.
    Ended(Status),
}
