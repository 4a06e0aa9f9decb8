//! What drives channels.

use super::{
    client::{Carrier, Loop, Message},
    conns::How,
    drive::Drive,
    host::{EngineHost, LoopHost, options},
};
use crate::{
    client::{ClientCore, Post},
    host::{Host, on_loop},
};
use bywash_mio::EventLoop;
use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How I/O of channels gets done. Clones are the same engine.
///
/// A thread that waits for a call drives its engine meanwhile, if no other thread does: no other thread need be woken,
/// neither for the request nor for the response. When callers are gone, or are so many that they get in each other's
/// way, the engine's own thread drives it, the keeper: it answers pings, sees GOAWAY, and ends calls in time. Callbacks,
/// reactors and filters never run on a thread that waits for another call. While there are such calls, the keeper alone
/// drives.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    drive: Arc<Drive<Loop>>,
    host: Arc<dyn Host>,
    post: Arc<dyn Post>,
    homes: AtomicU64,
    has_keeper: bool,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.has_keeper {
            self.drive.end();
        }
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
        let (drive, host) = parts()?;
        let kept = Arc::clone(&drive);
        let keeper = thread::Builder::new()
            .name("bywash-channels".to_owned())
            .spawn(move || {
                let born = Instant::now();
                kept.keep(&|| born.elapsed());
            })?;
        drive.helm().set_keeper(keeper.thread().clone());
        Ok(Engine::of(drive, host, true))
    }

    /// An engine without a thread. Nobody but those who wait for calls drives it, and whoever calls
    /// [`turn`](Engine::turn).
    ///
    /// Between calls nothing answers pings, and connections that end are seen late. Callbacks, reactors and filters run
    /// in `turn` alone; while there are such calls, others wait for it too.
    ///
    /// # Errors
    /// The system's: no descriptor left.
    pub fn without_keeper() -> io::Result<Engine> {
        let (drive, host) = parts()?;
        Ok(Engine::of(drive, host, false))
    }

    fn of(drive: Arc<Drive<Loop>>, host: Arc<dyn Host>, has_keeper: bool) -> Engine {
        Engine(Arc::new(Inner {
            post: Arc::new(Carrier(Arc::clone(&drive))),
            drive,
            host,
            homes: AtomicU64::new(1),
            has_keeper,
        }))
    }

    /// The engine that all channels share which were given none. It has a keeper.
    ///
    /// # Errors
    /// As [`new`](Engine::new), the first time.
    pub fn shared() -> io::Result<Engine> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = shared.as_ref().filter(|engine| !engine.0.drive.is_closed()) {
            return Ok(engine.clone());
        }
        let engine = Engine::new()?;
        *shared = Some(engine.clone());
        Ok(engine)
    }

    /// Drives an engine [`without_keeper`](Engine::without_keeper) on this thread: waits until something happens, for
    /// `longest` at most (`None`: for ever), and does what there is to do. Callbacks run in here. If callers drive it,
    /// it waits for them to leave.
    ///
    /// # Errors
    /// `Unsupported` if the engine has a keeper; `WouldBlock` in a callback of a loop; any other once the loop has failed,
    /// as it does when a callback for which there is no other end panics. All calls have ended then.
    pub fn turn(&self, longest: Option<Duration>) -> io::Result<()> {
        if self.0.has_keeper {
            let text = "the engine has a keeper, which drives it; make one without_keeper()";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        if on_loop() {
            let text = "a callback must not turn a loop";
            return Err(io::Error::new(io::ErrorKind::WouldBlock, text));
        }
        // Longer than the clock goes is for ever.
        let until = longest.and_then(|longest| Instant::now().checked_add(longest));
        self.0
            .drive
            .own(&|| until.map(|until| until.saturating_duration_since(Instant::now())));
        match self.0.drive.is_closed() {
            true => Err(io::Error::other("the engine's loop has ended")),
            false => Ok(()),
        }
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
        self.0.drive.post(Message::Channel(home, how), false);
        home
    }
}

type Parts = (Arc<Drive<Loop>>, Arc<dyn Host>);

fn parts() -> io::Result<Parts> {
    let event_loop: EventLoop = EventLoop::new(options())?;
    let (clock, handle) = (event_loop.clock(), event_loop.handle());
    // The machine wakes those who wait; it does not wait itself.
    let waker: Arc<dyn Host> = Arc::new(LoopHost::new(clock));
    let channels = Loop::new(event_loop, ClientCore::new(waker));
    let drive = Arc::new(Drive::new(channels, Box::new(move || handle.wake())));
    let host: Arc<dyn Host> = Arc::new(EngineHost::new(clock, Arc::clone(&drive)));
    Ok((drive, host))
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}
