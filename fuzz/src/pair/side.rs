//! One side of a pair: a core, the program behind it, and the model of what must come.

use std::collections::BTreeMap;

use bywash_proto::config::{Config, FlowControl};
use bywash_proto::error::{CloseReason, EndedBy};
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};
use bywash_spec_tests::pair::{Core, Guard, Seen};
use bywash_spec_tests::raw::Role;

use super::track::{Track, fields};
use crate::pattern::body;

/// The streams of a side, by number.
pub(crate) type Tracks = BTreeMap<u32, Track>;

/// See the module.
pub(crate) struct Side {
    pub(crate) core: Core,
    pub(crate) config: Config,
    pub(crate) guard: Guard,
    pub(crate) tracks: Tracks,
    pub(crate) closed: Option<CloseReason>,
    /// Whether it has heard that the other side has closed the transport.
    heard_eof: bool,
    /// A request was refused for want of room, and `CanOpen` has not come.
    pub(crate) wants_open: bool,
    /// PINGs of the program's that were not answered.
    pub(crate) pings: u32,
    /// GOAWAY was sent or received.
    pub(crate) going: bool,
    /// DATA of streams without a track that was not released, under manual flow control.
    stray: u32,
}

impl Side {
    pub(crate) fn new(role: Role, config: Config) -> Self {
        // What the program queues stands apart: 70 000 octets at most on each of 4 096 streams would be its own.
        let mut guard = Guard::new(role, &config, 1 << 20);
        guard.let_hold();
        Self {
            core: Core::new(role, config.clone(), Instant::ZERO),
            guard,
            config,
            tracks: Tracks::new(),
            closed: None,
            heard_eof: false,
            wants_open: false,
            pings: 0,
            going: false,
            stray: 0,
        }
    }

    /// The other side has closed the transport: first its end is read, then what is written comes back as a reset.
    pub(crate) fn peer_is_gone(&mut self, now: Instant) {
        if self.heard_eof {
            self.core.handle_transport_error(now);
        } else {
            self.heard_eof = true;
            self.core.handle_eof(now);
            self.guard.on_eof();
        }
    }

    /// Gives the core one read, and the program all events. `theirs` is what the other side knows.
    pub(crate) fn feed(&mut self, now: Instant, octets: &[u8], theirs: &Tracks) {
        let mut input = octets;
        loop {
            let before = input;
            let step = self.core.next_event(now, &mut input);
            self.guard.received(&before[..before.len() - input.len()]);
            match step {
                Step::Event(event) => self.on_event(&event, theirs),
                Step::NeedInput => break,
                // The link has no bound of its own: what the core wants written waits there for nobody.
                Step::NeedWrite => panic!("honest peers do not fill the replies"),
            }
            self.guard.after_step(&self.core);
        }
    }

    pub(crate) fn time_passes(&mut self, now: Instant, theirs: &Tracks) {
        while self.core.poll_timeout().is_some_and(|at| at <= now) {
            self.core.handle_timeout(now);
            self.guard.after_timeout(&self.core, now);
            self.feed(now, &[], theirs);
        }
    }

    fn track(&mut self, stream: StreamRef) -> &mut Track {
        let number = stream.id().get();
        self.tracks
            .entry(number)
            .or_insert_with(|| Track::new(stream))
    }

    fn on_event(&mut self, event: &Event<'_>, theirs: &Tracks) {
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
                let sent = theirs[&stream.id().get()].head.clone();
                assert_eq!(Some(fields(head)), sent, "the head of {stream:?}");
                let track = self.track(*stream);
                assert!(
                    !std::mem::replace(&mut track.got_head, true),
                    "a second head"
                );
                track.got_end = *end;
            }
            Event::Trailers { stream, head, .. } => {
                let sent = &theirs[&stream.id().get()];
                assert_eq!(
                    Some(fields(head)),
                    sent.trailers,
                    "the trailers of {stream:?}"
                );
                self.on_end(*stream);
            }
            Event::Data { stream, data, end } => {
                self.on_data(*stream, data, theirs);
                if *end {
                    self.on_end(*stream);
                }
            }
            Event::Ended { stream, end } => {
                let fair = matches!(
                    end.by,
                    EndedBy::Peer | EndedBy::GoAway | EndedBy::Connection | EndedBy::Timeout(_)
                );
                assert!(fair, "{stream:?} ended by {end:?}");
                let track = self.track(*stream);
                let before = std::mem::replace(&mut track.gone, true);
                assert!(!before, "{stream:?} ended twice: {end:?}");
            }
            Event::Writable { stream } => {
                let track = self.track(*stream);
                assert!(
                    std::mem::take(&mut track.wants_writable),
                    "writable, unasked"
                );
            }
            Event::Drained { stream } => {
                let track = self.track(*stream);
                assert!(std::mem::take(&mut track.wants_drained), "drained, unasked");
            }
            Event::CanOpen => assert!(std::mem::take(&mut self.wants_open), "unasked"),
            Event::Pong { .. } => self.pings = self.pings.checked_sub(1).expect("unasked"),
            Event::GoAway { .. } => self.going = true,
            Event::Closed(reason) => {
                self.closed = Some(*reason);
                self.going = true;
                assert!(
                    self.tracks.values().all(Track::is_over),
                    "closed over open streams"
                );
            }
            Event::Pressure(limit) => panic!("honest peers press on no limit: {limit}"),
            _ => {}
        }
    }

    fn on_end(&mut self, stream: StreamRef) {
        let track = self.track(stream);
        assert!(!std::mem::replace(&mut track.got_end, true), "a second end");
    }

    fn on_data(&mut self, stream: StreamRef, data: &[u8], theirs: &Tracks) {
        let number = stream.id().get();
        let automatic = self.config.flow == FlowControl::Automatic;
        let track = self.track(stream);
        assert!(
            track.got_head && !track.got_end && !track.gone,
            "DATA out of order"
        );
        assert_eq!(
            data,
            body(number, track.got, data.len()),
            "at {}",
            track.got
        );
        track.got += data.len() as u64;
        if !automatic {
            track.unreleased += data.len() as u32;
        }
        assert!(track.got <= theirs[&number].sent, "more than was sent");
    }

    /// The program has consumed octets of a stream.
    pub(crate) fn release(&mut self, number: u32, octets: u32) {
        let Some(track) = self.tracks.get_mut(&number) else {
            return;
        };
        let octets = octets.min(track.unreleased);
        track.unreleased -= octets;
        let name = track.name;
        let released = match (&mut self.core, self.config.flow) {
            (Core::Client(core), FlowControl::Manual) => core.release(name, octets, octets),
            (Core::Server(core), FlowControl::Manual) => core.release(name, octets, octets),
            (core, _) => core.recv(name).release(octets),
        };
        assert_eq!(released, Ok(()));
    }

    pub(crate) fn release_all(&mut self) {
        let numbers: Vec<u32> = self.tracks.keys().copied().collect();
        for number in numbers {
            self.release(number, u32::MAX);
        }
        self.stray = 0;
    }

    /// Resets what is still open, and gives every place back.
    pub(crate) fn reset_all(&mut self) {
        let numbers: Vec<u32> = self.tracks.keys().copied().collect();
        for number in numbers {
            self.reset(number);
            if let Core::Server(server) = &mut self.core {
                server.let_go(self.tracks[&number].name);
            }
        }
    }

    pub(crate) fn reset(&mut self, number: u32) {
        if let Some(track) = self.tracks.get_mut(&number) {
            if !track.is_over() {
                self.core.send(track.name).reset(ErrorCode::CANCEL);
                track.gone = true;
                track.wants_writable = false;
                track.wants_drained = false;
            }
        }
    }

    /// Nothing moves any more, and every reader has read: then nothing that could go on is left.
    pub(crate) fn at_rest(&mut self) {
        if self.closed.is_some() {
            return;
        }
        assert_eq!(self.pings, 0, "a PING without answer");
        if let Core::Client(client) = &self.core {
            let room = client.capacity() > 0 && !self.going;
            assert!(!(self.wants_open && room), "CanOpen never came");
        }
        let streams = self.tracks.iter().filter(|(_, track)| !track.is_over());
        let streams: BTreeMap<u32, StreamRef> =
            streams.map(|(id, track)| (*id, track.name)).collect();
        self.guard.at_rest(&mut self.core, &streams);
        for (id, name) in streams {
            assert_eq!(self.core.send(name).queued(), 0, "stream {id} is stuck");
            let track = &self.tracks[&id];
            assert!(!track.wants_writable, "Writable of stream {id} never came");
            assert!(!track.wants_drained, "Drained of stream {id} never came");
        }
    }
}
