//! The side under test: its connection, and the calls on it.

use bytes::Bytes;
use bywash_grpc::attempt::{AttemptCore, Response};
use bywash_grpc::cancel::Cancel;
use bywash_grpc::compress::Registry;
use bywash_grpc::inbound::Unread;
use bywash_grpc::outgoing::Outgoing;
use bywash_grpc::serve::{ServeCore, Serving, refuse_head};
use bywash_grpc::wire::proto::{config, stream_event};
use bywash_grpc::wire::{Instant, RequestHead, StreamEvent, StreamRef, Wire};
use bywash_grpc::{Code, Metadata, Status};
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::pair::Core;
use bywash_spec_tests::raw::Role;

use super::call::{Attempt, LIMIT, Served, Told};
use super::ledger::{Counted, Ledger};
use super::own::Own;
use crate::output::judge;

static MESSAGE: [u8; 70_000] = [0; 70_000];

/// What the methods of a run are like.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// Whether the peer sends exactly one message.
    pub(super) single: bool,
    /// The messages wanted before anyone asks.
    pub(super) wanted: u32,
}

pub(super) struct Machine {
    core: Core,
    kind: Kind,
    now: Instant,
    ledger: Ledger,
    unread: Unread,
    output: Vec<u8>,
    /// Heap that the connection may hold, with all that was given to it to send.
    most: usize,
    closed: bool,
    served: Vec<Served>,
    attempts: Vec<Attempt>,
}

/// Octets of a message of ours, with a true prefix.
fn framed(octets: u16) -> Bytes {
    let mut message = vec![0, 0, 0];
    message.extend_from_slice(&octets.to_be_bytes());
    message.extend_from_slice(&MESSAGE[..octets.into()]);
    Bytes::from(message)
}

fn pick<T>(of: &mut [T], call: u8) -> Option<&mut T> {
    let many = of.len().max(1);
    of.get_mut(usize::from(call) % many)
}

impl Machine {
    pub(super) fn new(role: Role, kind: Kind, narrow: bool) -> Machine {
        let mut config = config();
        if narrow {
            config.settings.initial_window_size = 100;
            config.settings.max_concurrent_streams = 3;
            config.settings.max_header_list_size = 400;
            config.send.frame_size = 50;
            config.send.stream_mark = 200;
        }
        Machine {
            most: config.worst_case_memory(),
            core: Core::new(role, config, Instant::ZERO),
            kind,
            now: Instant::ZERO,
            ledger: Ledger::default(),
            unread: Unread::default(),
            output: Vec::new(),
            closed: false,
            served: Vec::new(),
            attempts: Vec::new(),
        }
    }

    /// One read.
    pub(super) fn feed(&mut self, octets: &[u8]) {
        let mut input = octets;
        loop {
            match self.core.next_event(self.now, &mut input) {
                Step::Event(event) => self.on_event(event),
                Step::NeedInput => break,
                Step::NeedWrite => self.write(),
            }
            let heap = self.core.heap_bytes();
            assert!(heap <= self.most, "{heap} octets of heap, {}", self.most);
        }
        assert!(input.is_empty(), "it wants more and leaves some");
    }

    /// Writes all that waits, and takes the events that come of it.
    pub(super) fn write(&mut self) {
        loop {
            let out = self.core.transmit(self.now);
            let length = out.len();
            for chunk in out.chunks() {
                self.output.extend_from_slice(chunk);
            }
            out.advance(length);
            let mut nothing: &[u8] = &[];
            while self.core.has_events() {
                if let Step::Event(event) = self.core.next_event(self.now, &mut nothing) {
                    self.on_event(event);
                }
            }
            if length == 0 {
                return;
            }
        }
    }

    fn on_event(&mut self, event: Event<'_>) {
        assert!(!self.closed, "{event:?} after Closed");
        let told = stream_event(event, &mut None, |stream, event| {
            if let StreamEvent::Data { bytes, .. } = &event {
                self.ledger.came(stream, bytes.len());
            }
            match self.core.role() {
                Role::Server => self.at_server(stream, event),
                Role::Client => self.at_client(stream, event),
            }
        });
        self.closed = matches!(told, Err(Event::Closed(_)));
    }

    fn at_server(&mut self, stream: StreamRef, event: StreamEvent<'_>) {
        let mut wire = Counted {
            core: &mut self.core,
            ledger: &mut self.ledger,
        };
        if let StreamEvent::Request(request) = event {
            let registry = Registry::standard();
            let now = self.now;
            let serving = Serving {
                clock: &|| now,
                registry: &registry,
                max_receive: LIMIT,
                single: self.kind.single,
                wanted: self.kind.wanted,
                unread: &self.unread,
            };
            let accepted = ServeCore::accept(&mut wire, stream, request, &serving);
            if let Some((mut core, _)) = accepted {
                let mut told = Told::new(self.kind.single, self.kind.wanted);
                core.start(&mut wire, &mut |event| told.at_server(event));
                self.served.push(Served { core, told });
            }
            return;
        }
        // As servers do with streams that no call was made of.
        let call = self
            .served
            .iter_mut()
            .find(|call| call.core.stream() == stream);
        match (call, event) {
            (Some(Served { core, told }), event) => {
                core.on_event(&mut wire, event, &mut |event| told.at_server(event));
            }
            (None, StreamEvent::BadHead { why, end }) => {
                refuse_head(&mut wire, stream, &why, end);
            }
            (None, StreamEvent::Data { bytes, .. }) => {
                wire.release(stream, bytes.len() as u32, bytes.len() as u32);
            }
            (None, StreamEvent::Drained) => wire.reset(stream, ErrorCode::NO_ERROR),
            (None, _) => {}
        }
    }

    fn at_client(&mut self, stream: StreamRef, event: StreamEvent<'_>) {
        let mut wire = Counted {
            core: &mut self.core,
            ledger: &mut self.ledger,
        };
        let call = self
            .attempts
            .iter_mut()
            .find(|call| call.core.stream() == stream);
        let Some(Attempt {
            core,
            outgoing,
            told,
        }) = call
        else {
            panic!("an event of a stream that nobody opened: {event:?}");
        };
        let writable = matches!(event, StreamEvent::Writable);
        core.on_event(&mut wire, event, &mut |event| told.at_client(event));
        if writable {
            core.pump(&mut wire, outgoing);
        }
    }

    pub(super) fn act(&mut self, own: &Own) {
        match own {
            Own::Deadline => return self.pass_deadlines(),
            Own::Timer => {
                if let Some(at) = self.core.poll_timeout() {
                    self.now = self.now.max(at);
                    self.core.handle_timeout(self.now);
                }
                return;
            }
            Own::Drain => return self.core.shutdown(self.now),
            _ => {}
        }
        match self.core.role() {
            Role::Server => self.act_at_server(own),
            Role::Client => self.act_at_client(own),
        }
    }

    fn act_at_server(&mut self, own: &Own) {
        let mut wire = Counted {
            core: &mut self.core,
            ledger: &mut self.ledger,
        };
        let (Own::Want { call, .. }
        | Own::Send { call, .. }
        | Own::Head { call }
        | Own::Finish { call, .. }
        | Own::Cancel { call }) = own
        else {
            return;
        };
        let Some(Served { core, told }) = pick(&mut self.served, *call) else {
            return;
        };
        let none = Metadata::new();
        match own {
            Own::Want { more, .. } => {
                told.want((*more).into());
                core.want(&mut wire, (*more).into(), &mut |event| {
                    told.at_server(event)
                });
            }
            Own::Send { octets, .. } => {
                let message = framed(*octets);
                self.most += 2 * message.len();
                if core.send_head(&mut wire, &none).is_ok() {
                    core.send(&mut wire, message);
                }
            }
            Own::Head { .. } => drop(core.send_head(&mut wire, &none)),
            Own::Finish { code, .. } => {
                let code = Code::from_u32((*code).into()).filter(|code| *code != Code::Ok);
                let result = code.map_or(Ok(()), |code| Err(Status::new(code, "why not")));
                core.finish(&mut wire, &result, &none, &none);
                assert!(core.is_finished());
                told.leave();
            }
            _ => {
                core.cancel(&mut wire, Cancel::Local, &mut |event| told.at_server(event));
                assert!(told.is_done() && core.is_finished());
            }
        }
    }

    fn act_at_client(&mut self, own: &Own) {
        if matches!(own, Own::Open) {
            return self.open();
        }
        let mut wire = Counted {
            core: &mut self.core,
            ledger: &mut self.ledger,
        };
        let (Own::Want { call, .. }
        | Own::Send { call, .. }
        | Own::Finish { call, .. }
        | Own::Cancel { call }) = own
        else {
            return;
        };
        let Some(Attempt {
            core,
            outgoing,
            told,
        }) = pick(&mut self.attempts, *call)
        else {
            return;
        };
        match own {
            Own::Want { more, .. } => {
                told.want((*more).into());
                let more = (*more).into();
                core.want(Some(&mut wire), more, &mut |event| told.at_client(event));
            }
            Own::Send { octets, .. } if !outgoing.is_ended() => {
                let message = framed(*octets);
                self.most += 2 * message.len();
                outgoing.push(message, false);
                core.pump(&mut wire, outgoing);
            }
            Own::Finish { .. } => {
                outgoing.end();
                core.pump(&mut wire, outgoing);
            }
            Own::Cancel { .. } => {
                core.cancel(&mut wire);
                told.leave();
            }
            _ => {}
        }
    }

    fn open(&mut self) {
        let mut fields = Metadata::new();
        fields
            .push_reserved("content-type", b"application/grpc")
            .expect("it is a field");
        let head = RequestHead {
            path: b"/s/m",
            authority: b"a",
            https: false,
            fields: &fields,
            timeout: b"",
        };
        let response = Response {
            registry: Registry::standard(),
            max_receive: LIMIT,
            streams: !self.kind.single,
        };
        let mut wire = Counted {
            core: &mut self.core,
            ledger: &mut self.ledger,
        };
        let opened = AttemptCore::open(&mut wire, &head, response, &self.unread);
        let Ok(mut core) = opened else {
            return;
        };
        let wanted = if self.kind.single {
            u32::MAX
        } else {
            self.kind.wanted
        };
        let mut told = Told::new(self.kind.single, wanted);
        if !self.kind.single {
            core.want(Some(&mut wire), wanted, &mut |event| told.at_client(event));
        }
        self.attempts.push(Attempt {
            core,
            outgoing: Outgoing::default(),
            told,
        });
    }

    /// Time passes up to the first deadline of a call that lies ahead.
    fn pass_deadlines(&mut self) {
        let ahead = self.served.iter().filter_map(|call| call.core.deadline());
        let Some(next) = ahead.filter(|at| *at > self.now).min() else {
            return;
        };
        self.now = next;
        let mut wire = Counted {
            core: &mut self.core,
            ledger: &mut self.ledger,
        };
        for Served { core, told } in &mut self.served {
            if core.deadline().is_some_and(|at| at <= next) && !core.is_over() {
                core.on_deadline(&mut wire, &mut |event| told.at_server(event));
                assert!(told.is_done() && core.is_finished());
            }
        }
    }

    /// The peer goes: every call has ended, and nothing is kept.
    pub(super) fn end(&mut self) {
        self.write();
        self.core.handle_eof(self.now);
        self.write();
        if !self.closed {
            self.core.close(self.now, ErrorCode::NO_ERROR);
            self.write();
        }
        assert!(self.closed, "no Closed at the end");
        let mut wire = Counted {
            core: &mut self.core,
            ledger: &mut self.ledger,
        };
        for Served { core, told } in &self.served {
            assert!(told.is_done(), "a call on {:?} goes on", core.stream());
            assert!(core.is_finished());
        }
        for Attempt { core, told, .. } in &mut self.attempts {
            // What came whole can be read without the connection.
            told.want(u32::MAX);
            core.want(Some(&mut wire), u32::MAX, &mut |event| {
                told.at_client(event)
            });
            assert!(told.is_done(), "a call on {:?} goes on", core.stream());
        }
        self.served.clear();
        self.attempts.clear();
        self.ledger.settled();
        assert_eq!(self.unread.octets(), 0, "unread octets of nobody");
        judge(self.core.role(), &self.output);
    }
}
