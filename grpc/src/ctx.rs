//! The context of a served call.

mod answering;
mod extensions;
#[cfg(test)]
mod tests;

pub use crate::cancel::Cancel;
pub use answering::Offer;

use crate::{
    code::Code,
    compress::{Compressor, Sending},
    host::Host,
    metadata::Metadata,
    panics::caught,
    status::Status,
    wire::Instant,
};
use answering::Answering;
use extensions::Extensions;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The served call: its metadata, its deadline, whether it was given up, and what its response says beside messages.
///
/// May be kept, may go to other threads, may be the parent of calls: see [`Call::within`](crate::client::Call::within).
#[derive(Clone)]
pub struct Ctx(Arc<Inner>);

struct Inner {
    path: Arc<str>,
    authority: String,
    metadata: Metadata,
    deadline: Option<Instant>,
    peer: Arc<Peer>,
    host: Arc<dyn Host>,
    extensions: Extensions,
    answering: Answering,
    state: Mutex<State>,
}

/// Who called.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Peer {
    /// The address, for people.
    pub address: String,
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// The client's certificates in DER, its own first; empty if it gave none.
    pub certificates: Vec<Vec<u8>>,
}

impl Peer {
    /// A peer of whom the address is known, on a connection that is not encrypted.
    pub fn at(address: impl Into<String>) -> Peer {
        Peer {
            address: address.into(),
            ..Peer::default()
        }
    }
}

#[derive(Default)]
struct State {
    cancelled: Option<Cancel>,
    /// The call has ended: no callback will run.
    over: bool,
    callbacks: Vec<(u64, Callback)>,
    next: u64,
    head: Metadata,
    head_is_out: bool,
    trailers: Metadata,
}

type Callback = Box<dyn FnOnce(Cancel) + Send>;

/// Keeps a callback registered.
#[must_use = "dropping it unregisters the callback"]
pub struct CancelGuard(Option<(Ctx, u64)>);

impl CancelGuard {
    /// Leaves the callback registered for as long as the call lives.
    pub fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        if let Some((cx, key)) = self.0.take() {
            let mut state = cx.lock();
            let at = state.callbacks.iter().position(|(other, _)| *other == key);
            let callback = at.map(|at| state.callbacks.remove(at));
            drop(state);
            // What it owns may have to do with the call itself.
            drop(callback);
        }
    }
}

impl fmt::Debug for CancelGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelGuard")
    }
}

/// What a context is made of.
pub struct CtxParts {
    /// `:path`.
    pub path: Arc<str>,
    /// `:authority`; empty if it is no text.
    pub authority: String,
    /// The request's fields.
    pub metadata: Metadata,
    /// When the client gives up.
    pub deadline: Option<Instant>,
    /// Who called.
    pub peer: Arc<Peer>,
    /// The clock.
    pub host: Arc<dyn Host>,
    /// What the response may be compressed by.
    pub offer: Offer,
}

impl Ctx {
    /// The context of a call that begins.
    pub fn new(parts: CtxParts) -> Ctx {
        Ctx(Arc::new(Inner {
            path: parts.path,
            authority: parts.authority,
            metadata: parts.metadata,
            deadline: parts.deadline,
            peer: parts.peer,
            host: parts.host,
            extensions: Extensions::default(),
            answering: Answering::new(parts.offer),
            state: Mutex::default(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The method: `/package.Service/Method`.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    pub(crate) fn shared_path(&self) -> &Arc<str> {
        &self.0.path
    }

    /// Whom the client meant: `:authority`; empty if it did not say, or not in text.
    pub fn authority(&self) -> &str {
        &self.0.authority
    }

    /// What the client says it is: `user-agent`, if it is text.
    pub fn user_agent(&self) -> Option<&str> {
        let value = self.0.metadata.reserved("user-agent")?;
        std::str::from_utf8(value).ok()
    }

    /// The request's metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// Who called.
    pub fn peer(&self) -> &Peer {
        &self.0.peer
    }

    /// When the client gives up, by this side's clock.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// The time left; zero if it is over. `None` without a deadline.
    pub fn remaining(&self) -> Option<Duration> {
        let now = self.0.host.now();
        self.0
            .deadline
            .map(|deadline| deadline.saturating_since(now))
    }

    /// Why the call was given up, if it was.
    pub fn cancelled(&self) -> Option<Cancel> {
        self.lock().cancelled
    }

    /// For loops that do no gRPC I/O: `cx.check()?`.
    ///
    /// # Errors
    /// The call was given up, or its deadline has passed.
    pub fn check(&self) -> Result<(), Status> {
        if let Some(why) = self.cancelled() {
            return Err(why.status());
        }
        match self.remaining() {
            Some(Duration::ZERO) => Err(Cancel::Deadline.status()),
            _ => Ok(()),
        }
    }

    /// Runs `f` when the call is given up, at once if it was. It runs on a loop thread and must not block.
    pub fn on_cancel(&self, f: impl FnOnce(Cancel) + Send + 'static) -> CancelGuard {
        let mut state = self.lock();
        if let Some(why) = state.cancelled {
            drop(state);
            f(why);
            return CancelGuard(None);
        }
        if state.over {
            return CancelGuard(None);
        }
        let key = state.next;
        state.next += 1;
        state.callbacks.push((key, Box::new(f)));
        CancelGuard(Some((self.clone(), key)))
    }

    /// Adds a field to the response's head.
    ///
    /// # Errors
    /// INTERNAL: the head is out, or this is no field.
    pub fn set_header(&self, key: &str, value: &str) -> Result<(), Status> {
        self.with_head(|head| Ok(head.append(key, value)?))
    }

    /// Adds a field with any octets to the response's head.
    ///
    /// # Errors
    /// As [`set_header`](Ctx::set_header).
    pub fn set_header_bin(&self, key: &str, value: &[u8]) -> Result<(), Status> {
        self.with_head(|head| Ok(head.append_bin(key, value)?))
    }

    fn with_head(
        &self,
        add: impl FnOnce(&mut Metadata) -> Result<(), Status>,
    ) -> Result<(), Status> {
        let mut state = self.lock();
        if state.head_is_out {
            return Err(Status::local(Code::Internal, "the response's head is out"));
        }
        add(&mut state.head)
    }

    /// Adds a field to the trailers.
    ///
    /// # Errors
    /// INTERNAL: this is no field.
    pub fn set_trailer(&self, key: &str, value: &str) -> Result<(), Status> {
        Ok(self.lock().trailers.append(key, value)?)
    }

    /// Adds a field with any octets to the trailers.
    ///
    /// # Errors
    /// As [`set_trailer`](Ctx::set_trailer).
    pub fn set_trailer_bin(&self, key: &str, value: &[u8]) -> Result<(), Status> {
        Ok(self.lock().trailers.append_bin(key, value)?)
    }

    /// Whether the client accepts this encoding, and it is known here.
    pub fn accepts(&self, encoding: &str) -> bool {
        self.0.answering.accepts(encoding)
    }

    /// Compresses the response by this encoding, such as `gzip`, in place of the request's; `identity` by none. False,
    /// and nothing changes, if the client does not accept it or it is not known: a client gets no message that it may
    /// not be able to read.
    ///
    /// ```
    /// use bywash_grpc::{codec::Raw, method::{Method, Unary}, server::Service};
    /// use bytes::Bytes;
    ///
    /// enum Pages {}
    /// const PAGE: Method<Pages, Unary, Bytes, Bytes> = Method::new("/wiki.Pages/Page", &Raw, &Raw);
    ///
    /// let service = Service::new("wiki.Pages").unary(PAGE, |cx, _title| {
    ///     cx.compress_with("gzip")?;
    ///     Ok(Bytes::from("a long text".repeat(1000)))
    /// });
    /// # drop(service);
    /// ```
    ///
    /// # Errors
    /// INTERNAL: a message was encoded already, or the head is out.
    pub fn compress_with(&self, encoding: &str) -> Result<bool, Status> {
        let head_is_out = self.lock().head_is_out;
        self.0.answering.choose(encoding, head_is_out)
    }

    /// Sends messages from here on as they are, or by the response's encoding again.
    pub fn compress(&self, on: bool) {
        self.0.answering.set_plain(!on);
    }

    /// Whether the one message of the request came compressed. Of streams
    /// [`Receiver::was_compressed`](crate::server::Receiver::was_compressed) tells.
    pub fn request_was_compressed(&self) -> bool {
        self.0.answering.request_was_compressed()
    }

    /// What a filter has left for the handler.
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.extensions.get()
    }

    /// Leaves something for those who come later in this call. The first of a type stays.
    pub fn set_extension<T: Send + Sync + 'static>(&self, value: T) {
        self.0.extensions.insert(value);
    }

    // For the library.

    pub(crate) fn note_compressed(&self, compressed: bool) {
        self.0.answering.note_compressed(compressed);
    }

    /// The encoding that the head declares.
    pub(crate) fn encoding(&self) -> Option<Arc<dyn Compressor>> {
        self.0.answering.encoding()
    }

    /// Lets `encode` make a message of the response, of so many octets at most.
    pub(crate) fn encode<R>(&self, limit: usize, encode: impl FnOnce(&Sending<'_>) -> R) -> R {
        self.0.answering.encode(limit, encode)
    }

    /// Takes the head's fields: it goes out now. `None` if it is out.
    pub(crate) fn take_head(&self) -> Option<Metadata> {
        let mut state = self.lock();
        if std::mem::replace(&mut state.head_is_out, true) {
            return None;
        }
        Some(std::mem::take(&mut state.head))
    }

    /// Callbacks that wait for the call to be given up.
    #[cfg(test)]
    pub(crate) fn callbacks(&self) -> usize {
        self.lock().callbacks.len()
    }

    pub(crate) fn take_trailers(&self) -> Metadata {
        std::mem::take(&mut self.lock().trailers)
    }

    /// The call was given up.
    pub(crate) fn cancel(&self, why: Cancel) {
        let mut state = self.lock();
        if state.cancelled.is_some() || state.over {
            return;
        }
        state.cancelled = Some(why);
        let callbacks = std::mem::take(&mut state.callbacks);
        drop(state);
        for (_, callback) in callbacks {
            // The others are to hear of it all the same.
            let _ = caught(|| callback(why));
        }
    }

    /// The call has ended: those who wait for its cancellation wait for nothing.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        let callbacks = std::mem::take(&mut state.callbacks);
        drop(state);
        drop(callbacks);
    }
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx")
            .field("path", &self.0.path)
            .field("metadata", &self.0.metadata)
            .field("deadline", &self.0.deadline)
            .field("cancelled", &self.cancelled())
            .finish_non_exhaustive()
    }
}
