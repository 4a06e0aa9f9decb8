//! Our side: the core and a program behind it.

use std::collections::BTreeMap;

use bytes::Bytes;
use bywash_proto::config::{Config, FlowControl};
use bywash_proto::error::{CloseReason, EndedBy, OpenError, StreamEnd};
use bywash_proto::event::{Event, Step};
use bywash_proto::headers::{Field, Head};
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};
use bywash_spec_tests::pair::{Core, Guard, Seen};
use bywash_spec_tests::raw::Role;

use super::book::{Book, Fields, Talk, Told, grouped};
use super::side::Side;
use crate::pattern::body;

/// See the module.
pub(super) struct Ours {
    pub(super) core: Core,
    pub(super) closed: Option<CloseReason>,
    pub(super) now: Instant,
    config: Config,
    pub(super) guard: Guard,
    book: Book,
    names: BTreeMap<u32, StreamRef>,
    pings: u32,
}

fn fields(head: &Head) -> Fields {
    let fields = head.fields();
    grouped(
        fields
            .map(|field| {
                (
                    field.name.to_vec(),
                    field.value.to_vec(),
                    field.never_indexed,
                )
            })
            .collect(),
    )
}

fn borrowed(fields: &Fields) -> Vec<Field<'_>> {
    fields
        .iter()
        .map(|(name, value, secret)| {
            let field = Field::new(name, value);
            if *secret { field.sensitive() } else { field }
        })
        .collect()
}

impl Ours {
    pub(super) fn new(role: Role, config: Config) -> Self {
        // What the program queues stands apart: 66 000 octets at most on each of its streams would be its own.
        let mut guard = Guard::new(role, &config, 1 << 20);
        guard.let_hold();
        Self {
            core: Core::new(role, config.clone(), Instant::ZERO),
            closed: None,
            now: Instant::ZERO,
            guard,
            config,
            book: Book::new(),
            names: BTreeMap::new(),
            pings: 0,
        }
    }

    /// Gives the core one read, and the program all events.
    pub(super) fn feed(&mut self, octets: &[u8]) {
        let mut input = octets;
        loop {
            let before = input;
            let step = self.core.next_event(self.now, &mut input);
            self.guard.received(&before[..before.len() - input.len()]);
            match step {
                Step::Event(event) => self.on_event(&event),
                Step::NeedInput => break,
                Step::NeedWrite => panic!("honest peers do not fill the replies"),
            }
            self.guard.after_step(&self.core);
        }
    }

    /// Time passes.
    pub(super) fn wait(&mut self, millis: u16) {
        let nanos = u64::from(millis) * 1_000_000;
        self.now = Instant::from_nanos(self.now.as_nanos() + nanos);
        while self.core.poll_timeout().is_some_and(|at| at <= self.now) {
            self.core.handle_timeout(self.now);
            self.guard.after_timeout(&self.core, self.now);
            self.feed(&[]);
        }
    }

    /// The peer has ended its direction, or the transport broke.
    pub(super) fn gone(&mut self, broken: bool) {
        if broken {
            self.core.handle_transport_error(self.now);
        } else {
            self.core.handle_eof(self.now);
            self.guard.on_eof();
        }
        self.feed(&[]);
        if self.closed.is_none() {
            // It would answer what it was asked; but the other side reads no more.
            self.core.handle_transport_error(self.now);
            self.feed(&[]);
        }
    }

    /// Every place is given back.
    pub(super) fn let_go_all(&mut self) {
        if let Core::Server(server) = &mut self.core {
            for name in self.names.values() {
                server.let_go(*name);
            }
        }
    }

    fn talk(&mut self, stream: StreamRef) -> &mut Talk {
        let number = stream.id().get();
        self.names.insert(number, stream);
        self.book.entry(number).or_default()
    }

    fn on_event(&mut self, event: &Event<'_>) {
        self.guard.on_event(&Seen::of(event).0);
        match event {
            Event::Request {
                stream,
                head,
                end,
                overlong,
            }
            | Event::Response {
                stream,
                head,
                end,
                overlong,
            } => {
                assert!(!overlong, "no head of this model is over-long");
                let talk = self.talk(*stream);
                assert!(talk.got.head.is_none(), "a second head on {stream:?}");
                talk.got.head = Some(fields(head));
                talk.got.end = *end;
                talk.bodiless |= head.method() == Some(b"HEAD".as_slice());
                talk.tunnel |= head.method() == Some(b"CONNECT".as_slice());
            }
            Event::Informational { stream, head } => {
                let informed = fields(head);
                self.talk(*stream).got.informed.push(informed);
            }
            Event::Trailers { stream, head, .. } => {
                let trailers = fields(head);
                let part = &mut self.talk(*stream).got;
                assert!(!part.end, "a second end on {stream:?}");
                part.trailers = Some(trailers);
                part.end = true;
            }
            Event::Data { stream, data, end } => self.on_data(*stream, data, *end),
            Event::Ended { stream, end } => self.on_ended(*stream, *end),
            Event::Pong { .. } => self.pings = self.pings.checked_sub(1).expect("unasked"),
            Event::Closed(reason) => self.closed = Some(*reason),
            _ => {}
        }
    }

    fn on_data(&mut self, stream: StreamRef, data: &[u8], end: bool) {
        let automatic = self.config.flow == FlowControl::Automatic;
        let talk = self.talk(stream);
        let part = &mut talk.got;
        assert!(part.head.is_some() && !part.end, "DATA out of order");
        let expected = body(stream.id().get(), part.octets, data.len());
        assert_eq!(data, expected, "at {}", part.octets);
        part.octets += data.len() as u64;
        part.end = end;
        if !automatic {
            talk.unreleased += data.len();
        }
    }

    fn on_ended(&mut self, stream: StreamRef, end: StreamEnd) {
        let told = match end.by {
            EndedBy::Peer => Told::Reset(end.code.0),
            EndedBy::GoAway => Told::GoneAway,
            EndedBy::Connection | EndedBy::Timeout(_) => Told::Lost,
            // The peer is an honest one.
            _ => panic!("{stream:?} ended by {end:?}"),
        };
        let talk = self.talk(stream);
        assert_eq!(talk.told, None, "{stream:?} ended twice");
        if let EndedBy::Timeout(_) = end.by {
            // The core resets it of its own accord, and the other side hears of that.
            talk.reset.get_or_insert(end.code.0);
        }
        talk.told = Some(told);
    }
}

impl Side for Ours {
    fn book(&mut self) -> &mut Book {
        &mut self.book
    }

    fn open(&mut self, head: &Fields, end: bool) -> Option<u32> {
        let Core::Client(client) = &mut self.core else {
            return None;
        };
        match client.request(&borrowed(head), end) {
            Ok(name) => {
                self.names.insert(name.id().get(), name);
                Some(name.id().get())
            }
            Err(OpenError::Head(error)) => panic!("{error:?} in {head:?}"),
            Err(_) => None,
        }
    }

    fn respond(&mut self, number: u32, head: &Fields, end: bool) -> bool {
        match (&mut self.core, self.names.get(&number)) {
            (Core::Server(server), Some(name)) => {
                server.response(*name, &borrowed(head), end).is_ok()
            }
            _ => false,
        }
    }

    fn inform(&mut self, number: u32, head: &Fields) -> bool {
        match (&mut self.core, self.names.get(&number)) {
            (Core::Server(server), Some(name)) => {
                server.informational(*name, &borrowed(head)).is_ok()
            }
            _ => false,
        }
    }

    fn send(&mut self, number: u32, mut octets: Bytes, end: bool) -> Option<usize> {
        let name = *self.names.get(&number)?;
        self.core.send(name).data(&mut octets, end).ok()
    }

    fn trailers(&mut self, number: u32, fields: &Fields) -> bool {
        let Some(name) = self.names.get(&number) else {
            return false;
        };
        self.core.send(*name).trailers(&borrowed(fields)).is_ok()
    }

    fn release(&mut self, number: u32, octets: usize) {
        let (Some(name), Ok(octets)) = (self.names.get(&number), u32::try_from(octets)) else {
            return;
        };
        let released = match (&mut self.core, self.config.flow) {
            (Core::Client(core), FlowControl::Manual) => core.release(*name, octets, octets),
            (Core::Server(core), FlowControl::Manual) => core.release(*name, octets, octets),
            (core, _) => core.recv(*name).release(octets),
        };
        assert_eq!(released, Ok(()));
    }

    fn reset(&mut self, number: u32, code: u32) {
        if let Some(name) = self.names.get(&number) {
            self.core.send(*name).reset(ErrorCode(code));
        }
    }

    fn ping(&mut self) {
        self.pings += u32::from(self.core.ping(self.now, *b"a ping !").is_ok());
    }

    fn window(&mut self, octets: u32, whole: u32) {
        let mut settings = self.config.settings.clone();
        settings.initial_window_size = octets;
        settings.header_table_size = whole % 9000;
        if self.core.update_settings(settings).is_ok() {
            return;
        }
        if let Some(name) = self.names.values().next_back() {
            self.core.recv(*name).expect(whole % 10_000_000);
        }
    }

    fn shutdown(&mut self) {
        self.core.shutdown(self.now);
        self.feed(&[]);
    }

    fn close(&mut self, code: u32) {
        self.core.close(self.now, ErrorCode(code));
        self.feed(&[]);
    }

    fn at_rest(&mut self) {
        if self.closed.is_some() {
            return;
        }
        assert_eq!(self.pings, 0, "a PING without answer");
        let open = self.book.iter().filter(|(_, talk)| !talk.is_over());
        let names: BTreeMap<u32, StreamRef> = open
            .filter_map(|(id, _)| Some((*id, *self.names.get(id)?)))
            .collect();
        self.guard.at_rest(&mut self.core, &names);
        for (id, name) in names {
            assert_eq!(self.core.send(name).queued(), 0, "stream {id} is stuck");
        }
    }
}
