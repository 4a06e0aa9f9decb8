//! A service: its methods, and for each how it is run.

use crate::{
    code::Code,
    codec::{Codec, MessageBuf, frame},
    ctx::Ctx,
    framing::Framed,
    method::{Bidi, ClientStreaming, Kind, Method, ServerStreaming, Unary},
    pool::Pool,
    reactor::{Front, Reactor, erase},
    status::Status,
    stream::{Finisher, Receiver, Sender},
};
use std::{fmt, marker::PhantomData, sync::Arc};

/// What a service answers, method by method.
pub struct Service<S> {
    name: &'static str,
    entries: Vec<Entry>,
    limits: Limits,
    tag: PhantomData<fn(S)>,
}

/// One method.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) path: Arc<str>,
    /// Whether it takes exactly one message.
    pub(crate) single: bool,
    pub(crate) run: Run,
    pub(crate) inline: bool,
    pub(crate) pool: Option<Pool>,
    pub(crate) limits: Limits,
    /// Nothing goes around its handlers.
    pub(crate) apart: bool,
}

/// Bounds on messages; `None` leaves it to the next wider: a method's to its service's, that to the server's.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// The most octets of a received message, compressed and not.
    ///
    /// Messages are held whole before a handler has them. One that is still arriving, or the request of a call that takes
    /// one and whose client does not end it, is held for as long as the call lives: until its deadline, if it has one.
    /// So a connection can make a server hold `max_concurrent_streams` times this, 1 000 times 4 MiB by default, octet by
    /// octet as it sends them; what a message claims to be takes nothing. Credit is not held back for it: messages that
    /// wait for one another's credit would never be whole. Where strangers call, lower either bound.
    ///
    /// What lies behind a whole message that nobody reads is bounded apart: by the window of its stream, and where that
    /// is more than 16 MiB on one connection, by the window of the connection too.
    pub max_recv: Option<usize>,
    /// The most octets of a sent message.
    pub max_send: Option<usize>,
}

/// From one message to one message of so many octets at most.
pub(crate) type RunUnary =
    Arc<dyn Fn(&Ctx, MessageBuf<'_>, usize) -> Result<Framed, Status> + Send + Sync>;
/// Over the ends of the call's streams.
pub(crate) type RunStream = Arc<dyn Fn(&Ctx, &Arc<Finisher>) -> Result<(), Status> + Send + Sync>;

/// Makes the object of a call.
pub(crate) type RunReactor = Arc<dyn Fn(&Ctx) -> Result<Box<dyn Front>, Status> + Send + Sync>;

#[derive(Clone)]
pub(crate) enum Run {
    Unary(RunUnary),
    Stream(RunStream),
    /// Answers when it likes: runs on the loop and must not block.
    Respond(RunStream),
    /// An object per call, on the loop.
    Reactor(RunReactor),
}

impl<S> Service<S> {
    /// A service without methods.
    pub fn new(name: &'static str) -> Self {
        Service {
            name,
            entries: Vec::new(),
            limits: Limits::default(),
            tag: PhantomData,
        }
    }

    /// The full name: `package.Service`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        let usual = self.limits;
        let mut entries = self.entries;
        for Entry { limits, .. } in &mut entries {
            limits.max_recv = limits.max_recv.or(usual.max_recv);
            limits.max_send = limits.max_send.or(usual.max_send);
        }
        entries
    }

    fn set<K: Kind, Q, R>(mut self, m: Method<S, K, Q, R>, run: Run) -> Self {
        let entry = Entry {
            path: m.path.into(),
            single: !K::CLIENT_STREAMS,
            run,
            inline: false,
            pool: None,
            limits: Limits::default(),
            apart: false,
        };
        match self.entries.iter_mut().find(|known| *known.path == *m.path) {
            Some(known) => {
                *known = Entry {
                    pool: known.pool.take(),
                    apart: known.apart,
                    limits: std::mem::take(&mut known.limits),
                    ..entry
                }
            }
            None => self.entries.push(entry),
        }
        self
    }

    fn change<K: Kind, Q, R>(
        mut self,
        m: Method<S, K, Q, R>,
        change: impl FnOnce(&mut Entry),
    ) -> Self {
        if let Some(entry) = self.entries.iter_mut().find(|known| *known.path == *m.path) {
            change(entry);
        }
        self
    }

    /// Serves a unary method by a function on a thread of the pool.
    pub fn unary<Q: 'static, R: 'static>(
        self,
        m: Method<S, Unary, Q, R>,
        f: impl Fn(&Ctx, Q) -> Result<R, Status> + Send + Sync + 'static,
    ) -> Self {
        self.set(
            m,
            Run::Unary(Arc::new(move |cx, message, limit| {
                let reply = f(cx, m.req.decode(message)?)?;
                cx.encode(limit, |sending| frame(m.res, &reply, sending))
            })),
        )
    }

    /// Serves a server-streaming method by a function on a thread of the pool.
    pub fn server_streaming<Q: 'static, R: 'static>(
        self,
        m: Method<S, ServerStreaming, Q, R>,
        f: impl Fn(&Ctx, Q, Sender<R>) -> Result<(), Status> + Send + Sync + 'static,
    ) -> Self {
        self.set(
            m,
            Run::Stream(Arc::new(move |cx, call| {
                let request = the_request(m.req, call)?;
                f(cx, request, Sender::new(Arc::clone(call), m.res))
            })),
        )
    }

    /// Serves a client-streaming method by a function on a thread of the pool.
    pub fn client_streaming<Q: 'static, R: 'static>(
        self,
        m: Method<S, ClientStreaming, Q, R>,
        f: impl Fn(&Ctx, Receiver<Q>) -> Result<R, Status> + Send + Sync + 'static,
    ) -> Self {
        self.set(
            m,
            Run::Stream(Arc::new(move |cx, call| {
                let reply = f(cx, Receiver::new(Arc::clone(call.pipe()), m.req))?;
                call.send(call.frame(m.res, &reply)?)
            })),
        )
    }

    /// Serves a method that streams both ways by a function on a thread of the pool.
    pub fn bidi<Q: 'static, R: 'static>(
        self,
        m: Method<S, Bidi, Q, R>,
        f: impl Fn(&Ctx, Receiver<Q>, Sender<R>) -> Result<(), Status> + Send + Sync + 'static,
    ) -> Self {
        self.set(
            m,
            Run::Stream(Arc::new(move |cx, call| {
                let requests = Receiver::new(Arc::clone(call.pipe()), m.req);
                f(cx, requests, Sender::new(Arc::clone(call), m.res))
            })),
        )
    }

    /// Runs a unary method on the loop's own thread: nothing is faster, but it must not block.
    ///
    /// Only unary methods can: a stream that must not hold a thread is a [`reactor`](Service::reactor).
    ///
    /// ```compile_fail
    /// use bywash_grpc::{codec::Raw, method::{Bidi, Method}, server::Service};
    /// use bytes::Bytes;
    ///
    /// enum Chat {}
    /// const TALK: Method<Chat, Bidi, Bytes, Bytes> = Method::new("/chat.Chat/Talk", &Raw, &Raw);
    /// Service::<Chat>::new("chat.Chat").inline(TALK);
    /// ```
    ///
    /// Nor does a key of another service do:
    ///
    /// ```compile_fail
    /// use bywash_grpc::{codec::Raw, method::{Method, Unary}, server::Service};
    /// use bytes::Bytes;
    ///
    /// enum Chat {}
    /// enum Other {}
    /// const ASK: Method<Other, Unary, Bytes, Bytes> = Method::new("/other.Other/Ask", &Raw, &Raw);
    /// Service::<Chat>::new("chat.Chat").inline(ASK);
    /// ```
    ///
    /// ```
    /// use bywash_grpc::{codec::Raw, method::{Method, Unary}, server::Service};
    /// use bytes::Bytes;
    ///
    /// enum Chat {}
    /// const ASK: Method<Chat, Unary, Bytes, Bytes> = Method::new("/chat.Chat/Ask", &Raw, &Raw);
    /// let service = Service::<Chat>::new("chat.Chat").unary(ASK, |_, question| Ok(question));
    /// # let _ =
    /// service.inline(ASK);
    /// ```
    pub fn inline<Q, R>(self, m: Method<S, Unary, Q, R>) -> Self {
        self.change(m, |entry| entry.inline = true)
    }

    /// Runs a method on a pool of its own.
    pub fn on_pool<K: Kind, Q, R>(self, m: Method<S, K, Q, R>, pool: &Pool) -> Self {
        self.change(m, |entry| {
            entry.inline = false;
            entry.pool = Some(pool.clone());
        })
    }

    /// Serves a unary method by a function that runs on the loop's thread, must not block, and hands the answer on to
    /// whoever will have it.
    pub fn respond<Q: 'static, R: 'static>(
        self,
        m: Method<S, Unary, Q, R>,
        f: impl Fn(&Ctx, Q, Responder<R>) + Send + Sync + 'static,
    ) -> Self {
        self.set(
            m,
            Run::Respond(Arc::new(move |cx, call| {
                let request = the_request(m.req, call)?;
                call.hold();
                f(cx, request, Responder::new(Arc::clone(call), m.res));
                Ok(())
            })),
        )
    }

    /// Serves a method of any kind by an object per call, whose methods run on the loop and must not block.
    pub fn reactor<K: Kind, Q: 'static, R: 'static, H: Reactor<Q, R>>(
        self,
        m: Method<S, K, Q, R>,
        new: impl Fn(&Ctx) -> Result<H, Status> + Send + Sync + 'static,
    ) -> Self {
        self.set(
            m,
            Run::Reactor(Arc::new(move |cx| Ok(erase(new(cx)?, m.req, m.res)))),
        )
    }

    /// Lets no [`Around`](crate::filter::Around) go around the methods that there are so far: those of a service that
    /// every server has and that may run on the loop, such as health.
    pub fn apart(mut self) -> Self {
        self.entries.iter_mut().for_each(|entry| entry.apart = true);
        self
    }

    /// Bounds the messages of methods that have no limits of their own.
    pub fn usual_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Bounds a method's messages.
    pub fn limits<K: Kind, Q, R>(self, m: Method<S, K, Q, R>, limits: Limits) -> Self {
        self.change(m, |entry| entry.limits = limits)
    }
}

impl<S> fmt::Debug for Service<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.entries.iter().map(|entry| &entry.path);
        f.debug_list().entries(paths).finish()
    }
}

/// The one message of a request that is complete.
fn the_request<Q: 'static>(
    codec: &'static dyn Codec<Q>,
    call: &Arc<Finisher>,
) -> Result<Q, Status> {
    Receiver::new(Arc::clone(call.pipe()), codec)
        .recv()?
        .ok_or_else(|| Status::local(Code::Unimplemented, "no message in a call that takes one"))
}

/// Answers a unary call later, from any thread.
#[must_use = "a call whose responder is dropped ends with INTERNAL"]
pub struct Responder<R: 'static> {
    call: Option<Arc<Finisher>>,
    codec: &'static dyn Codec<R>,
}

impl<R: 'static> Responder<R> {
    fn new(call: Arc<Finisher>, codec: &'static dyn Codec<R>) -> Responder<R> {
        Responder {
            call: Some(call),
            codec,
        }
    }

    /// Answers with a message.
    pub fn ok(mut self, reply: &R) {
        if let Some(call) = self.call.take() {
            let sent = call
                .frame(self.codec, reply)
                .and_then(|framed| call.send(framed));
            call.release(sent);
        }
    }

    /// Answers with an error.
    pub fn fail(mut self, status: Status) {
        if let Some(call) = self.call.take() {
            call.release(Err(status));
        }
    }

    /// Answers.
    pub fn finish(self, result: Result<R, Status>) {
        match result {
            Ok(reply) => self.ok(&reply),
            Err(status) => self.fail(status),
        }
    }
}

impl<R: 'static> Drop for Responder<R> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            let status = Status::local(Code::Internal, "the handler dropped the call unanswered");
            call.release(Err(status));
        }
    }
}

impl<R: 'static> fmt::Debug for Responder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder")
    }
}
