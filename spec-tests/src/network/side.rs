//! One end of a connection: a core, its guard, and a program that knows what must come.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::connection::Close;
use bywash_proto::error::{CloseReason, Retry};
use bywash_proto::event::Step;
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};

use crate::link::{End, Link, Read};
use crate::pair::{Core, Guard, Seen};
use crate::raw::Role;

/// What a program may queue beyond what the core holds, octets.
const QUEUED: usize = 1 << 16;

/// What came on a stream.
#[derive(Clone, Debug, Default)]
struct Got {
    octets: Vec<u8>,
    end: bool,
}

pub(super) struct Side {
    core: Core,
    guard: Guard,
    now: Instant,
    closed: Option<CloseReason>,
    streams: BTreeMap<u32, StreamRef>,
    got: BTreeMap<u32, Got>,
    /// The client's: lengths of requests and responses that have not begun.
    waiting: Vec<(usize, usize)>,
    /// Streams with the length of both bodies.
    begun: BTreeMap<u32, (usize, usize)>,
    told_end: bool,
    finished: bool,
    leaving: bool,
}

/// The body of so many octets that goes one way on a stream.
fn body(stream: u32, from: Role, length: usize) -> Vec<u8> {
    let start = stream as usize * 31 + usize::from(from == Role::Client);
    (start..start + length).map(|n| (n % 251) as u8).collect()
}

impl Side {
    fn new(role: Role, config: Config, waiting: Vec<(usize, usize)>) -> Self {
        Self {
            guard: Guard::new(role, &config, QUEUED),
            core: Core::new(role, config, Instant::ZERO),
            now: Instant::ZERO,
            closed: None,
            streams: BTreeMap::new(),
            got: BTreeMap::new(),
            waiting,
            begun: BTreeMap::new(),
            told_end: false,
            finished: false,
            leaving: false,
        }
    }

    pub(super) fn client(config: Config, exchanges: Vec<(usize, usize)>) -> Self {
        Self::new(Role::Client, config, exchanges)
    }

    pub(super) fn server(config: Config) -> Self {
        Self::new(Role::Server, config, Vec::new())
    }

    pub(super) fn closed(&self) -> Option<CloseReason> {
        self.closed
    }

    pub(super) fn most_heap(&self) -> usize {
        self.guard.most_heap()
    }

    /// When its core has a deadline, or something arrives that it reads.
    pub(super) fn next_time(&self, link: &mut Link, end: End) -> Option<u64> {
        let deadline = self.core.poll_timeout().map(Instant::as_nanos);
        let arrives = link.outgoing(end.other()).next_event_time();
        let arrives = arrives.filter(|_| !self.told_end);
        deadline.into_iter().chain(arrives).min()
    }

    /// Closes this half at once, whatever is on its way.
    pub(super) fn leave(&mut self, link: &mut Link, end: End) {
        self.leaving = true;
        self.finished = true;
        link.finish(end);
    }

    /// Time, the program, writing, reading. Whether anything happened.
    pub(super) fn step(&mut self, link: &mut Link, end: End, now: Instant) -> bool {
        self.now = now;
        let mut moved = false;
        if self.core.poll_timeout().is_some_and(|at| at <= now) {
            self.core.handle_timeout(now);
            self.guard.after_timeout(&self.core, now);
            self.feed(&[]);
            moved = true;
        }
        self.act();
        moved |= self.read(link, end);
        self.act();
        moved |= self.write(link, end);
        self.feed(&[]);
        moved | self.hang_up(link, end)
    }

    /// What a client does by itself: it opens what it may, and ends when it has all.
    fn act(&mut self) {
        if self.core.role() == Role::Server || self.closed.is_some() {
            return;
        }
        while let Some(&(up, down)) = self.waiting.last() {
            let length = down.to_string();
            let head = [
                (":method", "POST"),
                (":scheme", "https"),
                (":authority", "example.com"),
                (":path", "/"),
                ("length", length.as_str()),
            ];
            let Ok(stream) = self.core.client().request(&head, up == 0) else {
                break;
            };
            self.waiting.pop();
            let id = stream.id().get();
            self.streams.insert(id, stream);
            self.begun.insert(id, (up, down));
            if up > 0 {
                self.send(stream, body(id, Role::Client, up));
            }
        }
        let all = self.waiting.is_empty() && self.begun.keys().all(|id| self.has_all(*id));
        if all && self.core.open_streams() == (0, 0) && !self.leaving {
            self.leaving = true;
            self.core.shutdown(self.now);
            self.feed(&[]);
        }
    }

    fn has_all(&self, id: u32) -> bool {
        self.got.get(&id).is_some_and(|got| got.end)
    }

    fn send(&mut self, stream: StreamRef, body: Vec<u8>) {
        let mut body = Bytes::from(body);
        let taken = self.core.send(stream).data(&mut body, true);
        assert!(taken.is_ok() && body.is_empty(), "{taken:?}");
        self.guard.after_step(&self.core);
    }

    /// Gives the core what came, and the program all events.
    fn feed(&mut self, octets: &[u8]) {
        let mut input = octets;
        loop {
            let before = input;
            let step = self.core.next_event(self.now, &mut input);
            self.guard.received(&before[..before.len() - input.len()]);
            match step {
                Step::Event(event) => {
                    let (seen, stream) = Seen::of(&event);
                    self.on_event(&seen, stream);
                }
                Step::NeedInput => break,
                Step::NeedWrite => panic!("an honest peer fills no replies"),
            }
            self.guard.after_step(&self.core);
        }
        assert!(input.is_empty(), "NeedInput with input left");
        self.guard.after_step(&self.core);
    }

    fn on_event(&mut self, seen: &Seen, stream: Option<StreamRef>) {
        self.guard.on_event(seen);
        if let Some(stream) = stream {
            self.streams.insert(stream.id().get(), stream);
        }
        let end = match seen {
            Seen::Request { end, .. } | Seen::Response { end, .. } => *end,
            Seen::Data { stream, data, end } => {
                let name = self.streams[stream];
                let _ = self.core.recv(name).release(data.len() as u32);
                let got = self.got.entry(*stream).or_default();
                got.octets.extend_from_slice(data);
                *end
            }
            Seen::Ended { stream, end } if end.code == ErrorCode::REFUSED_STREAM => {
                // More than the server takes, which it had not said yet: nothing happened, and it is begun anew.
                assert_eq!(end.retry, Retry::NotProcessed, "a refusal");
                self.streams.remove(stream);
                self.waiting.extend(self.begun.remove(stream));
                return;
            }
            Seen::Closed(reason) => {
                self.closed = Some(*reason);
                return;
            }
            Seen::Pressure(limit) => panic!("an honest peer presses on no limit: {limit}"),
            _ => return,
        };
        let Some(stream) = stream else { return };
        let id = stream.id().get();
        self.got.entry(id).or_default().end = end;
        if let Seen::Request { fields, .. } = seen {
            let length = fields.iter().find(|field| field.name == b"length");
            let length = length.map(|field| String::from_utf8_lossy(&field.value).into_owned());
            let down = length.and_then(|text| text.parse().ok()).expect("a length");
            self.begun.insert(id, (0, down));
        }
        if end && self.core.role() == Role::Server {
            self.respond(stream);
        }
    }

    fn respond(&mut self, stream: StreamRef) {
        let id = stream.id().get();
        let down = self.begun[&id].1;
        let head = [(":status", "200")];
        let sent = self.core.server().response(stream, &head, down == 0);
        assert_eq!(sent, Ok(()), "the response on {id}");
        if down > 0 {
            self.send(stream, body(id, Role::Server, down));
        }
    }

    /// Reads until nothing has arrived.
    fn read(&mut self, link: &mut Link, end: End) -> bool {
        let (mut buffer, mut moved) = ([0; 4_096], false);
        while !self.told_end {
            match link.read(end, &mut buffer) {
                Read::Octets(count) => self.feed(&buffer[..count]),
                Read::Pending => return moved,
                Read::Fin => {
                    self.told_end = true;
                    self.core.handle_eof(self.now);
                    self.feed(&[]);
                }
                Read::Reset => self.broken(),
            }
            moved = true;
        }
        moved
    }

    fn broken(&mut self) {
        self.told_end = true;
        self.finished = true;
        self.core.handle_transport_error(self.now);
        self.feed(&[]);
    }

    /// Writes what the link takes.
    fn write(&mut self, link: &mut Link, end: End) -> bool {
        let mut moved = false;
        while !self.finished {
            let out = self.core.transmit(self.now);
            let chunk: Vec<u8> = out.chunks().next().unwrap_or_default().to_vec();
            let taken = if chunk.is_empty() {
                Ok(0)
            } else {
                link.write(end, &chunk)
            };
            let taken_or_none = taken.unwrap_or(0);
            out.advance(taken_or_none);
            self.guard.sent(&self.core, &chunk[..taken_or_none]);
            self.guard.after_step(&self.core);
            if taken.is_err() {
                self.broken();
                return true;
            }
            if taken_or_none == 0 {
                break;
            }
            moved = true;
        }
        moved
    }

    /// Closes this half once the core wants no more of it.
    fn hang_up(&mut self, link: &mut Link, end: End) -> bool {
        let wants = match self.core.interest().close {
            Close::No => false,
            Close::AfterFlush => !self.core.interest().write,
            Close::Now => true,
        };
        if !wants || self.finished {
            return false;
        }
        self.finished = true;
        link.finish(end);
        true
    }

    /// Nothing is under way and nothing can be written.
    pub(super) fn at_rest(&mut self, link: &mut Link, end: End) {
        if self.finished || link.writable(end) == 0 {
            return;
        }
        let open = self.streams.iter();
        let open: BTreeMap<u32, StreamRef> = open.map(|(id, name)| (*id, *name)).collect();
        self.guard.at_rest(&mut self.core, &open);
    }

    /// Holds what came to what was sent: exchanges that were begun, and that were completed.
    ///
    /// # Panics
    /// If a side got other octets, or more of them.
    pub(super) fn judge(&self, server: &Self) -> (usize, usize) {
        let mut complete = 0;
        for (id, &(up, down)) in &self.begun {
            let up = body(*id, Role::Client, up);
            let down = body(*id, Role::Server, down);
            let whole = [(server, up), (self, down)]
                .into_iter()
                .all(|(side, sent)| {
                    let got = side.got.get(id).cloned().unwrap_or_default();
                    assert!(sent.starts_with(&got.octets), "octets of stream {id}");
                    assert!(!got.end || got.octets == sent, "the end of stream {id}");
                    got.end
                });
            complete += usize::from(whole);
        }
        assert!(server.got.keys().all(|id| self.begun.contains_key(id)));
        (self.begun.len() + self.waiting.len(), complete)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = self.closed {
            return write!(f, "{reason:?}");
        }
        let ended = self.got.values().filter(|got| got.end).count();
        write!(
            f,
            "open, {} to begin, {} begun, {ended} of {} ended, {:?}, {:?}, {:?}",
            self.waiting.len(),
            self.begun.len(),
            self.got.len(),
            self.core.open_streams(),
            self.core.interest(),
            self.core.queues()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_differ() {
        assert_ne!(body(1, Role::Client, 9), body(1, Role::Server, 9));
        assert_ne!(body(1, Role::Client, 9), body(3, Role::Client, 9));
    }
}
