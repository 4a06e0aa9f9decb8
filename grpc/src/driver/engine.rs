//! The thread that channels live on.

use super::{
    client::{How, Loop, Mail, Message},
    host::{LoopHost, options},
};
use crate::{
    client::{ClientCore, Post},
    host::Host,
};
use bywash_mio::{EventLoop, Handle};
use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// How I/O of channels gets done: one thread, on which all channels of this engine live. Clones are the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    handle: Handle<Message>,
    host: Arc<dyn Host>,
    post: Arc<dyn Post>,
    homes: AtomicU64,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A loop that is gone need not be told.
        let _ = self.handle.send(Message::Stop);
    }
}

/// The engine of channels that were given none.
static SHARED: Mutex<Option<Engine>> = Mutex::new(None);

impl Engine {
    /// An engine with a thread of its own, which ends with the last channel.
    ///
    /// # Errors
    /// The system's: no descriptor or no thread left.
    pub fn new() -> io::Result<Engine> {
        let mut event_loop: EventLoop<Message> = EventLoop::new(options())?;
        let handle = event_loop.handle();
        let host: Arc<dyn Host> = Arc::new(LoopHost::new(event_loop.clock()));
        let mut handler = Loop::new(ClientCore::new(Arc::clone(&host)));
        thread::Builder::new()
            .name("bywash-channels".to_owned())
            .spawn(move || {
                while !handler.stopped {
                    // Polling fails only for want of memory or by a mistake; there is nobody to tell.
                    if event_loop.turn(&mut handler, None).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Engine(Arc::new(Inner {
            post: Arc::new(Mail(handle.clone())),
            handle,
            host,
            homes: AtomicU64::new(1),
        })))
    }

    /// The engine that all channels share which were given none.
    ///
    /// # Errors
    /// As [`new`](Engine::new), the first time.
    pub fn shared() -> io::Result<Engine> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = &*shared {
            return Ok(engine.clone());
        }
        let engine = Engine::new()?;
        *shared = Some(engine.clone());
        Ok(engine)
    }

    pub(super) fn host(&self) -> &Arc<dyn Host> {
        &self.0.host
    }

    pub(super) fn post(&self) -> &Arc<dyn Post> {
        &self.0.post
    }

    /// A number for a channel that connects like this.
    pub(super) fn add(&self, how: How) -> u64 {
        let home = self.0.homes.fetch_add(1, Ordering::Relaxed);
        // If the loop is gone, the channel's calls will say so.
        let _ = self.0.handle.send(Message::Channel(home, how));
        home
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}
