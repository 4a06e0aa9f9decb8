//! Two cores joined in memory, and one call between them: for the tests of the machines.

use crate::{
    attempt::{AttemptCore, AttemptEvent, Outcome, Response},
    compress::Registry,
    framing::Framed,
    inbound::Unread,
    metadata::Metadata,
    outgoing::Outgoing,
    serve::{ServeCore, ServeEvent, Serving, refuse_head},
    wire::{
        Instant, RequestHead, StreamEvent, StreamRef,
        proto::{config, stream_event},
    },
};
use bytes::Bytes;
use bywash_proto::{
    client,
    config::Config,
    error::CloseReason,
    event::{Event, Step},
    server,
};
use std::time::Duration;

/// What was seen, in words.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) enum Seen {
    Head(Metadata),
    Message(Vec<u8>),
    HalfClosed,
    Writable,
    /// Code and message; 0 for success.
    Ended(u32, String),
}

pub(crate) struct Pair {
    pub(crate) client: client::Connection,
    pub(crate) server: server::Connection,
    pub(crate) now: Instant,
    /// How long a turn has been under way when a request comes.
    pub(crate) behind: Duration,
    /// Octets delivered at once.
    pub(crate) chunk: usize,
    pub(crate) attempt: Option<AttemptCore>,
    pub(crate) outgoing: Outgoing,
    pub(crate) served: Option<ServeCore>,
    pub(crate) incoming: Option<Metadata>,
    pub(crate) at_client: Vec<Seen>,
    pub(crate) at_server: Vec<Seen>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) serving_single: bool,
    pub(crate) wanted: u32,
    pub(crate) limit: usize,
    pub(crate) unread: Unread,
    pub(crate) closed: Vec<CloseReason>,
}

fn pull(transmit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    transmit(&mut out);
    out
}

macro_rules! drain {
    ($conn:expr, $now:expr) => {
        pull(|out| {
            loop {
                let transmit = $conn.transmit($now);
                if transmit.is_empty() {
                    break;
                }
                let before = out.len();
                for chunk in transmit.chunks() {
                    out.extend_from_slice(chunk);
                }
                let n = out.len() - before;
                transmit.advance(n);
            }
        })
    };
}

impl Pair {
    pub(crate) fn new() -> Pair {
        Pair::with(config(), config())
    }

    pub(crate) fn with(client: Config, server: Config) -> Pair {
        let now = Instant::ZERO;
        let mut pair = Pair {
            client: client::Connection::new(client, now).unwrap(),
            server: server::Connection::new(server, now).unwrap(),
            now,
            behind: Duration::ZERO,
            chunk: usize::MAX,
            attempt: None,
            outgoing: Outgoing::default(),
            served: None,
            incoming: None,
            at_client: Vec::new(),
            at_server: Vec::new(),
            outcome: None,
            serving_single: false,
            wanted: u32::MAX,
            limit: 1 << 20,
            unread: Unread::default(),
            closed: Vec::new(),
        };
        pair.run();
        pair
    }

    /// Opens the call, of a method that streams responses or not.
    pub(crate) fn open(&mut self, streams: bool, fields: &Metadata, timeout: &[u8]) {
        let response = Response {
            registry: Registry::standard(),
            max_receive: self.limit,
            streams,
        };
        let head = RequestHead {
            path: b"/s/m",
            authority: b"a",
            https: false,
            fields,
            timeout,
        };
        let mut attempt =
            AttemptCore::open(&mut self.client, &head, response, &self.unread).unwrap();
        attempt.pump(&mut self.client, &self.outgoing);
        self.attempt = Some(attempt);
        if streams {
            let wanted = self.wanted;
            self.want(wanted);
        }
    }

    pub(crate) fn want(&mut self, more: u32) {
        let (seen, outcome) = (&mut self.at_client, &mut self.outcome);
        let attempt = self.attempt.as_mut().unwrap();
        attempt.want(Some(&mut self.client), more, &mut |event| {
            note(seen, outcome, event)
        });
    }

    /// The client's next message.
    pub(crate) fn request(&mut self, message: &[u8], end: bool) {
        self.outgoing.push(framed(message), end);
        self.pump();
    }

    pub(crate) fn half_close(&mut self) {
        self.outgoing.end();
        self.pump();
    }

    pub(crate) fn pump(&mut self) {
        if let Some(attempt) = &mut self.attempt {
            attempt.pump(&mut self.client, &self.outgoing);
        }
    }

    pub(crate) fn serve<R>(
        &mut self,
        f: impl FnOnce(&mut ServeCore, &mut server::Connection, &mut dyn FnMut(ServeEvent<'_>)) -> R,
    ) -> R {
        let seen = &mut self.at_server;
        f(
            self.served.as_mut().unwrap(),
            &mut self.server,
            &mut |event| note_server(seen, event),
        )
    }

    /// Head and messages and a good end.
    pub(crate) fn answer(&mut self, messages: &[&[u8]]) {
        let none = Metadata::new();
        self.serve(|core, wire, _| {
            core.send_head(wire, &none).unwrap();
            for message in messages {
                core.send(wire, framed(message));
            }
            core.finish(wire, &Ok(()), &none, &none);
        });
    }

    /// Moves octets until none moves.
    pub(crate) fn run(&mut self) {
        loop {
            let up = drain!(self.client, self.now);
            let down = drain!(self.server, self.now);
            if up.is_empty()
                && down.is_empty()
                && !self.client.has_events()
                && !self.server.has_events()
            {
                return;
            }
            for part in chunks(&up, self.chunk) {
                self.feed_server(part);
            }
            for part in chunks(&down, self.chunk) {
                self.feed_client(part);
            }
        }
    }

    pub(crate) fn feed_client(&mut self, mut input: &[u8]) {
        loop {
            match self.client.next_event(self.now, &mut input) {
                Step::Event(Event::Closed(reason)) => self.closed.push(reason),
                Step::Event(event) => {
                    let Pair {
                        attempt,
                        outgoing,
                        client,
                        at_client,
                        outcome,
                        ..
                    } = self;
                    let _ = stream_event(event, &mut None, |stream, event| {
                        let Some(core) = attempt.as_mut().filter(|core| core.stream() == stream)
                        else {
                            return;
                        };
                        let writable = matches!(event, StreamEvent::Writable);
                        core.on_event(client, event, &mut |event| note(at_client, outcome, event));
                        if writable && core.pump(client, outgoing) {
                            at_client.push(Seen::Writable);
                        }
                    });
                }
                Step::NeedInput => return,
                Step::NeedWrite => panic!("a peer of ours floods"),
            }
        }
    }

    pub(crate) fn feed_server(&mut self, mut input: &[u8]) {
        loop {
            match self.server.next_event(self.now, &mut input) {
                Step::Event(Event::Closed(reason)) => self.closed.push(reason),
                Step::Event(event) => {
                    let mut spent = None;
                    if let Ok(Some((stream, request))) =
                        stream_event(event, &mut spent, |stream, event| {
                            self.on_server(stream, event)
                        })
                    {
                        panic!("left over: {stream:?} {request:?}");
                    }
                }
                Step::NeedInput => return,
                Step::NeedWrite => panic!("a peer of ours floods"),
            }
        }
    }

    fn on_server(
        &mut self,
        stream: StreamRef,
        event: StreamEvent<'_>,
    ) -> Option<(StreamRef, String)> {
        let Pair {
            served,
            server,
            at_server,
            incoming,
            ..
        } = self;
        match event {
            StreamEvent::Request(request) => {
                let registry = Registry::standard();
                let at = self.now + self.behind;
                let serving = Serving {
                    clock: &|| at,
                    registry: &registry,
                    max_receive: self.limit,
                    single: self.serving_single,
                    wanted: self.wanted,
                    unread: &self.unread,
                };
                let accepted = ServeCore::accept(server, stream, request, &serving);
                if let Some((mut core, head)) = accepted {
                    core.start(server, &mut |event| note_server(at_server, event));
                    *served = Some(core);
                    *incoming = Some(head.metadata);
                }
            }
            StreamEvent::BadHead { why, end } if served.is_none() => {
                refuse_head(server, stream, &why, end);
            }
            event => {
                if let Some(core) = served.as_mut().filter(|core| core.stream() == stream) {
                    core.on_event(server, event, &mut |event| note_server(at_server, event));
                }
            }
        }
        None
    }

    /// How the call ended at the client: code and message.
    pub(crate) fn status(&self) -> (u32, String) {
        let ends: Vec<_> = self
            .at_client
            .iter()
            .filter_map(|seen| match seen {
                Seen::Ended(code, message) => Some((*code, message.clone())),
                _ => None,
            })
            .collect();
        assert_eq!(ends.len(), 1, "a call ends once: {:?}", self.at_client);
        assert!(
            matches!(self.at_client.last(), Some(Seen::Ended(..))),
            "and then nothing comes"
        );
        ends[0].clone()
    }

    pub(crate) fn later(&mut self, by: Duration) {
        self.now = self.now + by;
    }

    pub(crate) fn messages(seen: &[Seen]) -> Vec<Vec<u8>> {
        seen.iter()
            .filter_map(|seen| match seen {
                Seen::Message(message) => Some(message.clone()),
                _ => None,
            })
            .collect()
    }
}

fn chunks(bytes: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    // An empty piece lets events out that need no octets.
    std::iter::once(&[][..]).chain(bytes.chunks(size))
}

pub(crate) fn framed(message: &[u8]) -> Bytes {
    Framed::copy(message, false, usize::MAX)
        .unwrap()
        .into_bytes()
}

fn note(seen: &mut Vec<Seen>, outcome: &mut Option<Outcome>, event: AttemptEvent<'_>) {
    seen.push(match event {
        AttemptEvent::Headers(fields) => Seen::Head(fields),
        AttemptEvent::Message(message) => Seen::Message(message.to_vec()),
        AttemptEvent::Ended(end) => {
            let text = match &end.result {
                Ok(()) => Seen::Ended(0, String::new()),
                Err(status) => Seen::Ended(status.raw_code(), status.message().to_owned()),
            };
            *outcome = Some(end);
            text
        }
    });
}

fn note_server(seen: &mut Vec<Seen>, event: ServeEvent<'_>) {
    seen.push(match event {
        ServeEvent::Message(message) | ServeEvent::Sole(message) => Seen::Message(message.to_vec()),
        ServeEvent::HalfClosed => Seen::HalfClosed,
        ServeEvent::Writable => Seen::Writable,
        ServeEvent::Cancelled(why, status) => Seen::Ended(status.raw_code(), format!("{why:?}")),
    });
}
