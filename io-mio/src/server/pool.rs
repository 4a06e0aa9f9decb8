//! Handlers that may block: they run on threads of their own.

use super::blocking::{Call, Slowest};
use super::exchange::{Ended, Exchange, Reply};
use super::request::Request;
use super::service::Service;
use crate::pipe::{LoopEnd, Part, pipe};
use bytes::Bytes;
use bywash_proto::headers::Head;
use bywash_proto::vocabulary::ErrorCode;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A service that hands each request to one of its threads, where the handler may block.
///
/// ```
/// use bywash_mio::server::{Call, Pool, Server};
/// use bywash_mio::Listen;
/// use std::io::Read;
///
/// let pool = Pool::new(4, 1000, |mut call: Call| {
///     let mut text = String::new();
///     if call.read_to_string(&mut text).is_ok() {
///         // It fails only when the client is gone.
///         let _ = call.send(200, &[("content-type", "text/plain")], text.to_uppercase());
///     }
/// })?;
/// let server = Server::builder()
///     .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
///     .serve(move |_loop| pool.clone())?;
/// # drop(server);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Clones share the threads; the last one's drop ends them, once they are done with what they do.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    slowest: Option<Slowest>,
    _owner: Arc<Owner>,
}

type Handler = Box<dyn Fn(Call) + Send + Sync>;

struct Shared {
    state: Mutex<State>,
    more: Condvar,
    handler: Handler,
    most: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Call>,
    closed: bool,
}

/// Ends the threads when the last clone of the pool goes.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.more.notify_all();
    }
}

impl Pool {
    /// Starts `threads` threads. At most `waiting` requests wait for one; more are answered with
    /// 503. A handler that panics is answered with 500.
    ///
    /// # Errors
    /// The system has no threads left.
    pub fn new(
        threads: usize,
        waiting: usize,
        handler: impl Fn(Call) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            more: Condvar::new(),
            handler: Box::new(handler),
            most: waiting,
        });
        let owner = Arc::new(Owner(Arc::clone(&shared)));
        for number in 0..threads.max(1) {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("bywash-pool-{number}"))
                .spawn(move || shared.work())?;
        }
        Ok(Self {
            shared,
            slowest: Some(Slowest::default()),
            _owner: owner,
        })
    }

    /// How slow a peer may be while a thread waits for it: for a request's body, or for room in a
    /// response's. Then reading or writing fails with [`Ended::TooSlow`], and a request that the handler
    /// does not answer is answered with 408. `None` waits for ever: for bodies that are conversations and
    /// may pause. Tunnels have no bound. Default [`Slowest::default`].
    ///
    /// Without it a peer that trickles holds one thread with each request.
    #[must_use]
    pub fn slowest(mut self, slowest: Option<Slowest>) -> Self {
        self.slowest = slowest;
        self
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let mut state = self.lock();
            let call = loop {
                if let Some(call) = state.waiting.pop_front() {
                    break call;
                }
                if state.closed {
                    return;
                }
                state = self
                    .more
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            // The panic was printed by its hook, and the dropped call is answered with 500. The
            // handler is shared by reference: what it left half done is its own.
            let _ = catch_unwind(AssertUnwindSafe(|| (self.handler)(call)));
        }
    }
}

impl Service for Pool {
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>) {
        if self.shared.lock().waiting.len() >= self.shared.most {
            // It fails only when the client is gone.
            let _ = reply.send(503, &[("retry-after", "1")], "all threads are busy\n");
            return;
        }
        let waker = reply.waker();
        let (end, receiver, sender) = pipe(Box::new(move |left| waker.tell(left)));
        if !request.has_body() {
            end.push(Part::End);
        }
        let (peer, tls) = (reply.peer(), reply.tls());
        let head = request.take_head();
        let call = Call::new(head, peer, tls, receiver, sender, self.slowest);
        // Other loops may have come in between: then one more waits for each of them.
        self.shared.lock().waiting.push_back(call);
        self.shared.more.notify_one();
        reply.hold();
        reply.go_on(Bridge {
            end,
            held: None,
            left: false,
        });
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("waiting", &self.shared.lock().waiting.len())
            .finish_non_exhaustive()
    }
}

/// The loop's end of a call.
struct Bridge {
    end: LoopEnd<Ended>,
    /// A part that was refused for want of room.
    held: Option<Part>,
    /// The thread has left: what it has sent is all that comes.
    left: bool,
}

impl Bridge {
    fn pump(&mut self, reply: &mut Reply<'_>) {
        while let Some(part) = self.held.take().or_else(|| self.end.pop()) {
            let outcome = match part {
                Part::Data(mut data) => match reply.write(&mut data) {
                    Ok(true) => Ok(()),
                    Ok(false) => {
                        self.held = Some(Part::Data(data));
                        return;
                    }
                    Err(error) => Err(error),
                },
                Part::Head(head) => reply.start_with(&head),
                Part::Inform(head) => reply.inform_with(&head),
                Part::Trailers(fields) => reply.trailers(&fields),
                Part::End => reply.finish(),
            };
            if outcome.is_err() {
                // Gone, and an event says why; or fields that no rule allows.
                return self.give_up(reply);
            }
        }
        if self.left && !reply.is_ended() {
            self.give_up(reply);
        }
    }

    /// The handler has left without an answer, or with half of one.
    fn give_up(&self, reply: &mut Reply<'_>) {
        let empty: [(&str, &str); 0] = [];
        let status = if self.end.was_slow() { 408 } else { 500 };
        if reply.is_started() || reply.send(status, &empty, Bytes::new()).is_err() {
            reply.reset(ErrorCode::INTERNAL_ERROR);
        }
    }
}

impl Exchange for Bridge {
    fn on_data(&mut self, _reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        if !data.is_empty() {
            self.end.push(Part::Data(Bytes::copy_from_slice(data)));
        }
        if end {
            self.end.push(Part::End);
        }
        0
    }

    fn on_trailers(&mut self, _reply: &mut Reply<'_>, trailers: Head) {
        self.end.push(Part::Trailers(trailers));
    }

    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        self.pump(reply);
    }

    fn on_wake(&mut self, reply: &mut Reply<'_>) {
        let (consumed, left) = self.end.visit();
        reply.release(consumed);
        self.left |= left;
        self.pump(reply);
    }

    fn on_end(&mut self, end: &Ended) {
        self.end.fail(*end);
    }
}

impl Drop for Bridge {
    /// The answer is complete, or the loop is gone: whoever still reads or writes must not wait.
    fn drop(&mut self) {
        self.end.fail(Ended::Finished);
    }
}
