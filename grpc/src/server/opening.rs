//! Calls that begin.

use super::{
    calls::{Served, number},
    core::ServerCore,
    job::guarded,
    news::News,
    service::{Entry, Run},
};
use crate::{
    code::Code,
    ctx::{Ctx, CtxParts, Offer},
    filter::Hooks,
    host::OnLoop,
    inbound::ALL,
    metadata::Metadata,
    panics::caught,
    pipe::{Encoding, Origin, Pipe},
    serve::{Incoming, ServeCore, Serving},
    stats::{Begin, Event, Recorders, Side},
    status::Status,
    stream::Finisher,
    wire::{ConnId, Request, StreamRef, Wire},
};
use std::sync::Arc;

impl ServerCore {
    pub(super) fn on_request(
        &mut self,
        wire: &mut dyn Wire,
        id: ConnId,
        stream: StreamRef,
        request: Request<'_>,
    ) {
        let spec = Arc::clone(&self.spec);
        let found = spec.routes.find(request.path);
        // Only the fallback's calls have a path that no entry knows.
        let path = match found {
            Ok(entry) if entry.path.is_empty() => {
                Some(String::from_utf8_lossy(request.path).into())
            }
            _ => None,
        };
        let unread = self.conns.get(&id).map(|conn| conn.unread.clone());
        let unread = unread.unwrap_or_default();
        let host = Arc::clone(&self.host);
        let clock = || host.now();
        let serving = match found {
            Ok(entry) => Serving {
                clock: &clock,
                registry: &spec.registry,
                max_receive: spec.max_receive(&entry.limits),
                single: entry.single,
                wanted: if entry.single { ALL } else { 0 },
                unread: &unread,
            },
            Err(_) => Serving {
                clock: &clock,
                registry: &spec.registry,
                max_receive: 0,
                single: false,
                wanted: 0,
                unread: &unread,
            },
        };
        // A path that nobody serves is told all the same.
        let asked = match found {
            Err(_) if !spec.stats.is_empty() => request.path.to_vec(),
            _ => Vec::new(),
        };
        let Some((core, incoming)) = ServeCore::accept(wire, stream, request, &serving) else {
            return;
        };
        let entry = match found {
            Ok(entry) => Arc::clone(entry),
            Err(status) => {
                let path = String::from_utf8_lossy(&asked);
                return self.refuse(wire, id, core, &incoming, &path, status);
            }
        };
        let served = self.begin(id, core, incoming, entry, path);
        if let Some(deadline) = served.core.deadline() {
            let conns = &self.conns;
            // Before the new one: its call is not in its place yet.
            self.deadlines
                .prune(|_, id, stream| conns.get(&id).is_some_and(|conn| conn.has(stream)));
            self.deadlines.add(deadline, id, stream);
        }
        self.start(wire, id, served);
    }

    /// Ends a call of a method that there is not.
    fn refuse(
        &self,
        wire: &mut dyn Wire,
        id: ConnId,
        mut core: ServeCore,
        incoming: &Incoming,
        path: &str,
        status: Status,
    ) {
        let peer = self.conns.get(&id).map(|conn| Arc::clone(&conn.peer));
        let begin = Begin {
            side: Side::Server,
            path,
            known: false,
            at: self.host.now(),
            peer: &peer.unwrap_or_default().address,
            deadline: incoming.deadline,
            client_streams: false,
            server_streams: false,
        };
        let mut recorders = self.spec.stats.begin(&begin, &self.host);
        recorders.tell(&Event::InHeader(&incoming.metadata));
        let (result, none) = (Err(status), Metadata::new());
        core.finish(wire, &result, &none, &none);
        recorders.tell(&Event::OutTrailer(&none));
        recorders.end(&result);
    }

    fn begin(
        &mut self,
        id: ConnId,
        core: ServeCore,
        incoming: Incoming,
        entry: Arc<Entry>,
        path: Option<Arc<str>>,
    ) -> Box<Served> {
        let max_send = self.spec.max_send(&entry.limits);
        let peer = self.conns.get(&id).map(|conn| Arc::clone(&conn.peer));
        let cx = Ctx::new(CtxParts {
            path: path.unwrap_or_else(|| Arc::clone(&entry.path)),
            authority: incoming.authority,
            metadata: incoming.metadata,
            deadline: incoming.deadline,
            peer: peer.unwrap_or_default(),
            host: Arc::clone(&self.host),
            offer: Offer {
                registry: self.spec.registry.clone(),
                accepted: incoming.accepted,
                usual: core.compressor().cloned(),
                threshold: self.spec.threshold,
            },
        });
        let call = (!(entry.inline && matches!(entry.run, Run::Unary(_)))).then(|| {
            let encoding = Encoding {
                // The context knows better: the handler may choose.
                compressor: None,
                threshold: self.spec.threshold,
                limit: max_send,
            };
            let origin = Origin {
                home: id.0,
                number: number(core.stream()),
            };
            let (host, ring) = (Arc::clone(&self.host), Arc::clone(&self.ring));
            Finisher::new(Pipe::new(host, ring, encoding, origin), cx.clone())
        });
        Box::new(Served {
            core,
            cx,
            entry,
            hooks: Hooks::default(),
            call,
            request: None,
            reply: None,
            max_send,
            reactor: None,
            wake_at: None,
            working: false,
        })
    }

    fn recorders_of(&self, served: &Served) -> Recorders {
        let cx = &served.cx;
        let begin = Begin {
            side: Side::Server,
            path: cx.path(),
            known: true,
            at: self.host.now(),
            peer: &cx.peer().address,
            deadline: cx.deadline(),
            client_streams: !served.entry.single,
            server_streams: false,
        };
        self.spec.stats.begin(&begin, &self.host)
    }

    fn start(&mut self, wire: &mut dyn Wire, id: ConnId, mut served: Box<Served>) {
        let mut recorders = self.recorders_of(&served);
        recorders.tell(&Event::InHeader(served.cx.metadata()));
        let hooks = {
            let _guard = OnLoop::enter_for(served.cx.shared_path());
            let filters = self.spec.filters.iter();
            Hooks::of(filters.map(|filter| {
                let asked = caught(|| filter.on_call(&served.cx));
                asked.unwrap_or_else(|| Err(Status::local(Code::Unknown, "filter panicked")))
            }))
        };
        match hooks {
            Ok(mut hooks) => {
                hooks.record(recorders);
                served.hooks = hooks;
            }
            Err(status) => {
                served.hooks.record(recorders);
                self.finish(
                    wire,
                    &mut served,
                    Err(status),
                    Metadata::new(),
                    Metadata::new(),
                );
                return self.put(id, served);
            }
        }
        let entry = Arc::clone(&served.entry);
        if let Run::Reactor(new) = &entry.run {
            let made = {
                let _guard = OnLoop::enter_for(served.cx.shared_path());
                guarded(|| new(&served.cx))
            };
            match made {
                Ok(reactor) => served.reactor = Some(reactor),
                Err(status) => {
                    self.finish(
                        wire,
                        &mut served,
                        Err(status),
                        Metadata::new(),
                        Metadata::new(),
                    );
                    return self.put(id, served);
                }
            }
            self.react(wire, id, &mut served, News::begun());
        } else if !entry.single {
            self.dispatch(wire, &mut served);
        }
        self.drive(wire, id, &mut served, |core, wire, out| {
            core.start(wire, out)
        });
        self.put(id, served);
    }
}
