//! A client that blocks its caller, and no other: a loop on a thread of its own carries the calls of
//! all threads over as few connections as possible.

use super::bridge::Bridge;
use super::call::{Call, end};
use super::calls::{CallNote, Calls};
use super::error::CallError;
use super::id::CallId;
use super::options::ClientOptions;
use super::request::Request;
use super::response::{Canceller, Pending, Response, Upload};
use crate::engine::EventLoop;
use crate::mailbox::{Handle, SendFailure};
use crate::options::LoopOptions;
use crate::pipe::pipe;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Makes calls from any thread. Clones share connections; the last one's drop ends the loop.
///
/// ```no_run
/// use bywash_mio::client::{Client, ClientOptions, Request};
/// use std::io::Read;
///
/// let client = Client::new(ClientOptions::default())?;
/// let mut response = client.send(Request::get("http://127.0.0.1:8080/")?)?;
/// let mut text = String::new();
/// response.read_to_string(&mut text)?;
/// println!("{} {text}", response.status());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Handle<CallNote>,
    ids: Arc<AtomicU64>,
    stop: Box<dyn Fn(Duration) + Send + Sync>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl Client {
    /// Starts the loop's thread. Nothing is connected before the first call.
    ///
    /// # Errors
    /// The system's: no descriptors or threads left. `InvalidInput` if the configuration of HTTP/2
    /// does not fit.
    pub fn new(options: ClientOptions) -> io::Result<Self> {
        Self::with_loop(options, LoopOptions::default())
    }

    /// The same with a loop's options.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_loop(options: ClientOptions, loop_options: LoopOptions) -> io::Result<Self> {
        options
            .config
            .validate()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let event_loop = EventLoop::<CallNote>::new(loop_options)?;
        let (handle, ids) = (event_loop.handle(), Arc::<AtomicU64>::default());
        let shared = Arc::clone(&ids);
        let stop = Box::new(event_loop.shutdown_handle());
        let thread = std::thread::Builder::new()
            .name("bywash-client".into())
            .spawn(move || run(event_loop, Calls::counting(options, shared)))?;
        Ok(Self {
            inner: Arc::new(Inner {
                handle,
                ids,
                stop,
                thread: Mutex::new(Some(thread)),
            }),
        })
    }

    /// Sends a request and waits for the response's head. Its body is read from the [`Response`].
    ///
    /// # Errors
    /// Why there is no response.
    pub fn send(&self, request: Request) -> Result<Response, CallError> {
        let (_upload, pending) = self.start(request)?;
        pending.wait()
    }

    /// Sends a request whose body follows: what is written into the [`Upload`] is sent as the peer
    /// takes it. For a request that is not [`streamed`](Request::streamed) it takes nothing.
    ///
    /// # Errors
    /// The client is closed or overwhelmed.
    pub fn start(&self, request: Request) -> Result<(Upload, Pending), CallError> {
        let id = CallId(self.inner.ids.fetch_add(1, Ordering::Relaxed));
        let handle = self.inner.handle.clone();
        let (end, receiver, sender) = pipe(Box::new(move |_left| {
            // It fails when the loop is gone, which has failed the pipe.
            let _ = handle.send_surely(CallNote::Wake(id));
        }));
        let is_streamed = request.is_streamed();
        self.post(id, request, Box::new(Bridge::new(end)))?;
        let canceller = Canceller::new(self.inner.handle.clone(), id);
        let upload = Upload::new(sender, canceller.clone(), is_streamed);
        Ok((upload, Pending::new(receiver, canceller)))
    }

    /// Begins a call whose events come on the loop's thread. Nothing blocks.
    ///
    /// # Errors
    /// The client is closed or overwhelmed; the call is dropped without a word.
    pub fn begin(
        &self,
        request: Request,
        call: impl Call + Send + 'static,
    ) -> Result<CallId, CallError> {
        let id = CallId(self.inner.ids.fetch_add(1, Ordering::Relaxed));
        self.post(id, request, Box::new(call))?;
        Ok(id)
    }

    fn post(
        &self,
        id: CallId,
        request: Request,
        call: Box<dyn Call + Send>,
    ) -> Result<(), CallError> {
        let note = CallNote::Start(id, Box::new(request), call);
        self.inner
            .handle
            .send(note)
            .map_err(|failure| match failure {
                SendFailure::Full(_) => CallError::Busy,
                SendFailure::Closed(_) => CallError::Closed,
            })
    }

    /// Lets [`Call::on_wake`] of a call be called. False if the loop's queue is full or the loop
    /// gone.
    pub fn wake(&self, id: CallId) -> bool {
        self.inner.handle.send(CallNote::Wake(id)).is_ok()
    }

    /// Gives a call up. That is not lost even if the loop's queue is full.
    pub fn cancel(&self, id: CallId) {
        Canceller::new(self.inner.handle.clone(), id).cancel();
    }

    /// Ends the client: calls under way may finish within `grace`, the connections are closed.
    /// Waits for that.
    pub fn shutdown(&self, grace: Duration) {
        (self.inner.stop)(grace);
        self.inner.join();
    }
}

impl Inner {
    fn join(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // The last clone may be dropped by the loop itself, in a call's callback.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        (self.stop)(Duration::ZERO);
    }
}

fn run(mut event_loop: EventLoop<CallNote>, mut calls: Calls) {
    // Polling fails only when the system is out of its mind; then all calls end here.
    let _ = event_loop.run(&mut calls);
    calls.close(&mut event_loop.cx());
    // Calls that were posted too late to be seen.
    for note in event_loop.close_mailbox() {
        if let CallNote::Start(_, _, call) = note {
            end(call, Err(CallError::Closed));
        }
    }
}
