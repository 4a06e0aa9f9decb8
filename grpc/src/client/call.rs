//! One call, not started: the method names it, options chain, the last verb chooses the front.

use super::{
    begun::{Begun, Reply, reply_of},
    channel::Channel,
    ends::{Duplex, Outgoing, Responses, Upload},
    fronts::loop_ended,
    letter::{Done, Kind as LetterKind, Letter, Start},
};
use crate::{
    attempt::Response,
    call::{CallCore, CallSpec, deadline_exceeded},
    code::Code,
    codec::{Codec, frame},
    content_type,
    credentials::{CallCredentials, Request, fields_of},
    ctx::Ctx,
    filter::{CallInfo, Hooks},
    host::{on_loop, refuse},
    metadata::{Metadata, MetadataError},
    method::{Bidi, ClientStreaming, Kind, Method, ServerStreaming, Unary},
    pipe::{Encoding, Origin, Out, Pipe},
    reactor::{ClientFront, ClientReactor, erase_client},
    stats::{Begin, Side},
    status::Status,
    wire::Instant,
};
use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// One call, not started.
#[must_use = "nothing is sent before call(), open() or start()"]
pub struct Call<'a, K, Q: 'static, R: 'static> {
    channel: &'a Channel,
    path: &'static str,
    req: &'static dyn Codec<Q>,
    res: &'static dyn Codec<R>,
    request: Option<&'a Q>,
    options: Options,
    kind: PhantomData<fn(K)>,
}

#[derive(Default)]
struct Options {
    timeout: Option<Duration>,
    parent: Option<Ctx>,
    wait_for_ready: bool,
    metadata: Metadata,
    /// What could not be set; the call ends with it.
    fault: Option<MetadataError>,
    encoding: Option<&'static str>,
    threshold: Option<usize>,
    max_recv: Option<usize>,
    max_send: Option<usize>,
    authority: Option<Arc<str>>,
    canceller: Option<Canceller>,
    credentials: Option<Arc<dyn CallCredentials>>,
}

/// Gives calls up, from anywhere.
#[derive(Clone, Default)]
pub struct Canceller(Arc<Mutex<Cancelling>>);

#[derive(Default)]
struct Cancelling {
    cancelled: bool,
    calls: Vec<Weak<Pipe>>,
}

impl Canceller {
    /// For calls that are yet to be made.
    pub fn new() -> Canceller {
        Canceller::default()
    }

    /// Gives up all calls that were made with it, and all that will be: they end with CANCELLED.
    pub fn cancel(&self) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.cancelled = true;
        let calls = std::mem::take(&mut inner.calls);
        drop(inner);
        for call in calls.iter().filter_map(Weak::upgrade) {
            call.say(Out::Cancel(by_caller()));
        }
    }

    fn watch(&self, call: &Arc<Pipe>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.cancelled {
            drop(inner);
            call.say(Out::Cancel(by_caller()));
            return;
        }
        if inner.calls.len() == inner.calls.capacity() {
            inner.calls.retain(|call| call.strong_count() > 0);
        }
        inner.calls.push(Arc::downgrade(call));
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canceller")
    }
}

fn by_caller() -> Status {
    Status::local(Code::Cancelled, "the caller gave the call up")
}

impl Channel {
    /// A call of a method. Generated clients have a method for each rpc that does this.
    pub fn call<'a, S, K: Kind, Q, R>(
        &'a self,
        m: Method<S, K, Q, R>,
        request: Option<&'a Q>,
    ) -> Call<'a, K, Q, R> {
        Call {
            channel: self,
            path: m.path,
            req: m.req,
            res: m.res,
            request,
            options: Options::default(),
            kind: PhantomData,
        }
    }
}

impl<'a, K: Kind, Q, R> Call<'a, K, Q, R> {
    /// Ends the call after this time at the latest, with DEADLINE_EXCEEDED.
    pub fn timeout(mut self, longest: Duration) -> Self {
        self.options.timeout = Some(longest);
        self
    }

    /// Makes the call a part of a served one: its deadline and its cancellation are handed down.
    pub fn within(mut self, parent: &Ctx) -> Self {
        self.options.parent = Some(parent.clone());
        self
    }

    /// Waits while the server cannot be reached, instead of failing.
    pub fn wait_for_ready(mut self) -> Self {
        self.options.wait_for_ready = true;
        self
    }

    /// Adds an ASCII field to the metadata. One that cannot be sent ends the call with INTERNAL.
    pub fn meta(mut self, key: &str, value: &str) -> Self {
        let added = self.options.metadata.append(key, value);
        self.note(added);
        self
    }

    /// Adds a field with any octets to the metadata; its key ends in `-bin`.
    pub fn meta_bin(mut self, key: &str, value: &[u8]) -> Self {
        let added = self.options.metadata.append_bin(key, value);
        self.note(added);
        self
    }

    fn note(&mut self, added: Result<(), MetadataError>) {
        if let Err(fault) = added {
            self.options.fault.get_or_insert(fault);
        }
    }

    /// Compresses requests, such as by `gzip`. Single messages are sent as they are by
    /// [`Outgoing::compress`](super::Outgoing::compress).
    pub fn compress(mut self, encoding: &'static str) -> Self {
        self.options.encoding = Some(encoding);
        self
    }

    /// Sends messages of fewer octets as they are. Default: the channel's.
    pub fn compress_above(mut self, octets: usize) -> Self {
        self.options.threshold = Some(octets);
        self
    }

    /// Bounds a received message, in octets.
    pub fn max_recv(mut self, octets: usize) -> Self {
        self.options.max_recv = Some(octets);
        self
    }

    /// Bounds a sent message, in octets.
    pub fn max_send(mut self, octets: usize) -> Self {
        self.options.max_send = Some(octets);
        self
    }

    /// Names another `:authority` than the channel's.
    pub fn authority(mut self, name: &str) -> Self {
        self.options.authority = Some(name.into());
        self
    }

    /// Lets a canceller give the call up.
    pub fn cancel_by(mut self, canceller: &Canceller) -> Self {
        self.options.canceller = Some(canceller.clone());
        self
    }

    /// Says who makes this call, beside what the channel's credentials say. Refused with UNAUTHENTICATED on a channel
    /// that does not encrypt, unless the credentials allow that.
    pub fn credentials(mut self, credentials: impl CallCredentials) -> Self {
        self.options.credentials = Some(Arc::new(credentials));
        self
    }

    /// The fields of all credentials.
    fn credential_fields(&self) -> Result<Metadata, Status> {
        let inner = &self.channel.0;
        let request = Request {
            path: self.path,
            authority: self
                .options
                .authority
                .as_deref()
                .unwrap_or(&inner.authority),
            secure: inner.secure,
        };
        let mut all = Metadata::new();
        for one in inner.credentials.iter().chain(&self.options.credentials) {
            all.append_all(&fields_of(&**one, &request)?)?;
        }
        Ok(all)
    }

    fn deadline(&self, now: Instant) -> Option<Instant> {
        let own = self.options.timeout.map(|longest| now + longest);
        let parent = self.options.parent.as_ref().and_then(Ctx::deadline);
        own.into_iter().chain(parent).min()
    }

    fn head(&mut self, encoding: Option<&str>) -> Result<(Metadata, Hooks), Status> {
        if let Some(fault) = self.options.fault.take() {
            return Err(fault.into());
        }
        let inner = &self.channel.0;
        let hooks = Hooks::of(inner.filters.iter().map(|filter| {
            filter.on_call(&mut CallInfo {
                path: self.path,
                metadata: &mut self.options.metadata,
            })
        }))?;
        let credentials = self.credential_fields()?;
        let metadata = &self.options.metadata;
        let common = inner.common.as_ref().map_err(Clone::clone)?;
        let more = 32 + credentials.list_size() + metadata.list_size();
        let mut head = common.with_room(more);
        let content_type = content_type::of_subtype(self.req.subtype());
        if content_type != content_type::BASE {
            head.replace_reserved("content-type", content_type.as_bytes())?;
        }
        if let Some(encoding) = encoding {
            head.push_reserved("grpc-encoding", encoding.as_bytes())?;
        }
        head.append_all(&credentials)?;
        head.append_all(metadata)?;
        Ok((head, hooks))
    }

    /// Starts the call: encodes what there is to encode here, on the caller's thread. With `waits` this thread does
    /// nothing else before it waits for the call.
    fn begin(
        mut self,
        done: Option<Done>,
        reactor: &mut Option<Box<dyn ClientFront>>,
        waits: bool,
    ) -> Result<Begun, Status> {
        let inner = Arc::clone(&self.channel.0);
        let compressor = match self.options.encoding {
            None => None,
            Some(name) => Some(inner.registry.get(name).cloned().ok_or_else(|| {
                Status::local(
                    Code::Internal,
                    format!("the encoding {name:?} is not known"),
                )
            })?),
        };
        let (head, mut hooks) = self.head(compressor.as_ref().map(|known| known.name()))?;
        let encoding = Encoding {
            compressor,
            threshold: self.options.threshold.unwrap_or(inner.threshold),
            limit: self.options.max_send.unwrap_or(inner.max_send),
        };
        let first = match self.request {
            Some(request) => Some(frame(self.req, request, &encoding.sending())?),
            None => None,
        };
        let now = inner.host.now();
        let deadline = self.deadline(now);
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Err(deadline_exceeded());
        }
        let spec = CallSpec {
            path: self.path.into(),
            authority: self.options.authority.take(),
            head,
            deadline,
            wait_for_ready: self.options.wait_for_ready,
            response: Response {
                registry: inner.registry.clone(),
                max_receive: self.options.max_recv.unwrap_or(inner.max_recv),
                streams: K::SERVER_STREAMS,
            },
        };
        let origin = Origin {
            home: inner.home,
            number: self.channel.next_call(),
        };
        let (host, ring) = (Arc::clone(&inner.host), Arc::clone(&inner.ring));
        let pipe = Pipe::new(host, ring, encoding, origin);
        if first.is_some() {
            pipe.is_announced();
        }
        hooks.record(inner.stats.begin(
            &Begin {
                known: true,
                side: Side::Client,
                path: self.path,
                at: now,
                peer: &inner.authority,
                deadline,
                client_streams: K::CLIENT_STREAMS,
                server_streams: K::SERVER_STREAMS,
            },
            &inner.host,
        ));
        let mut parent = self.options.parent.as_ref().map(|parent| {
            let call = Arc::downgrade(&pipe);
            parent.on_cancel(move |why| {
                if let Some(call) = call.upgrade() {
                    call.say(Out::Cancel(why.status()));
                }
            })
        });
        let held = done.is_none() && reactor.is_none();
        let letter = Letter(LetterKind::Start(Start {
            core: Box::new(CallCore::new(spec)),
            only: first,
            call: Arc::clone(&pipe),
            hooks,
            done,
            reactor: reactor.take(),
            // Who holds a call has its parent go with it; what nobody holds ends by itself.
            parent: parent.take_if(|_| !held),
        }));
        let posted = match waits {
            true => inner.post.post_and_wait(letter),
            false => inner.post.post(letter),
        };
        if !posted {
            return Err(loop_ended());
        }
        if let Some(canceller) = &self.options.canceller {
            canceller.watch(&pipe);
        }
        Ok(Begun { pipe, parent })
    }
}

impl<Q, R> Call<'_, Unary, Q, R> {
    /// Makes the call and waits for its response.
    ///
    /// # Errors
    /// The call's status.
    pub fn call(self) -> Result<R, Status> {
        Ok(self.call_full()?.message)
    }

    /// The same with the response's metadata.
    ///
    /// # Errors
    /// The call's status.
    pub fn call_full(self) -> Result<Reply<R>, Status> {
        if on_loop() {
            return Err(refuse(&*self.channel.0.host));
        }
        let codec = self.res;
        let begun = self.begin(None, &mut None, true)?;
        let reply = reply_of(&begun.pipe, codec);
        drop(begun.parent);
        reply
    }

    /// Makes the call and returns at once; `done` runs on the channel's loop and must not block.
    pub fn start(
        mut self,
        done: impl FnOnce(Result<Reply<R>, Status>) + Send + 'static,
    ) -> Canceller {
        let codec = self.res;
        let canceller = self.options.canceller.get_or_insert_default().clone();
        let done = Arc::new(Mutex::new(Some(done)));
        let take =
            |done: &Mutex<Option<_>>| done.lock().unwrap_or_else(PoisonError::into_inner).take();
        let later = Arc::clone(&done);
        let begun = self.begin(
            Some(Box::new(move |pipe| {
                if let Some(done) = take(&later) {
                    done(reply_of(pipe, codec));
                }
            })),
            &mut None,
            false,
        );
        match begun {
            Ok(_) => {}
            Err(status) => {
                if let Some(done) = done.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    done(Err(status));
                }
            }
        }
        canceller
    }
}

impl<K: Kind, Q: 'static, R: 'static> Call<'_, K, Q, R> {
    fn start_reactor(mut self, reactor: impl ClientReactor<Q, R>) -> Canceller {
        let canceller = self.options.canceller.get_or_insert_default().clone();
        let mut front = Some(erase_client(reactor, self.req, self.res));
        match self.begin(None, &mut front, false) {
            Ok(_) => {}
            Err(status) => {
                if let Some(mut front) = front {
                    front.end(Err(status), Metadata::new());
                }
            }
        }
        canceller
    }
}

impl<Q, R> Call<'_, ServerStreaming, Q, R> {
    /// Makes the call and returns at once: the reactor hears of it on the channel's loop. One that cannot be started
    /// ends before this returns.
    pub fn start(self, reactor: impl ClientReactor<Q, R>) -> Canceller {
        self.start_reactor(reactor)
    }

    /// Makes the call. One that cannot be started says so with its first response.
    pub fn open(self) -> Responses<R> {
        let codec = self.res;
        Responses::new(self.begin(None, &mut None, false), codec)
    }
}

impl<Q, R> Call<'_, ClientStreaming, Q, R> {
    /// Makes the call and returns at once: the reactor hears of it on the channel's loop. One that cannot be started
    /// ends before this returns.
    pub fn start(self, reactor: impl ClientReactor<Q, R>) -> Canceller {
        self.start_reactor(reactor)
    }

    /// Makes the call. One that cannot be started says so at its end.
    pub fn open(self) -> Upload<Q, R> {
        let (req, res) = (self.req, self.res);
        Upload::new(self.begin(None, &mut None, false), req, res)
    }
}

impl<Q, R> Call<'_, Bidi, Q, R> {
    /// Makes the call and returns at once: the reactor hears of it on the channel's loop. One that cannot be started
    /// ends before this returns.
    pub fn start(self, reactor: impl ClientReactor<Q, R>) -> Canceller {
        self.start_reactor(reactor)
    }

    /// Makes the call. One that cannot be started says so with its first response.
    pub fn open(self) -> Duplex<Q, R> {
        let (req, res) = (self.req, self.res);
        let begun = self.begin(None, &mut None, false);
        Duplex {
            tx: Outgoing::new(
                begun.as_ref().ok().map(|begun| Arc::clone(&begun.pipe)),
                req,
            ),
            rx: Responses::new(begun, res),
        }
    }
}

impl<K, Q, R> fmt::Debug for Call<'_, K, Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.path)
    }
}
