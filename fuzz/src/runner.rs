//! One core, a small program behind it, and the octets of a peer before it.

use std::collections::BTreeMap;

use bytes::Bytes;
use bywash_proto::config::{Config, FlowControl, Level};
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};
use bywash_spec_tests::pair::{Core, Guard, Log, Seen};
use bywash_spec_tests::raw::Role;

use crate::output::judge;

static BODY: [u8; 70_000] = [b'b'; 70_000];

/// A configuration from 16 bits.
pub(crate) fn config(bits: u16) -> Config {
    let mut config = Config::default();
    let bit = |n: u16| bits & (1 << n) != 0;
    config.level = match bits & 3 {
        0 => Level::Off,
        1 => Level::Compatible,
        _ => Level::Strict,
    };
    config.raw_extensions = bit(2);
    config.flow = match (bit(3), bit(4)) {
        (true, _) => FlowControl::Manual,
        (false, true) => FlowControl::Automatic,
        _ => FlowControl::Streams,
    };
    if bit(5) {
        config.settings.initial_window_size = 100;
        config.settings.max_concurrent_streams = 3;
        config.settings.header_table_size = 64;
        config.settings.max_header_list_size = 300;
    }
    if bit(6) {
        config.limits.fields = 8;
        config.limits.block_bytes = 1024;
        config.limits.head_bytes = 1024;
        config.limits.reply_bytes = 256;
        config.limits.settings_entries = 8;
        config.limits.hard_header_list_size = 20_000;
        config.limits.resets.burst = 5;
        config.limits.control.burst = 8;
    }
    config.secure = bit(7);
    config.settings.enable_connect_protocol = bit(8);
    config.bdp_max_window = bit(9).then_some(1 << 20);
    if bit(10) {
        config.send.frame_size = 7;
        config.send.copy_below = 3;
        config.send.stream_mark = 50;
        config.send.header_table_size = 100;
    }
    config
}

/// See the module.
pub(crate) struct Runner {
    core: Core,
    log: Log,
    guard: Guard,
    output: Vec<u8>,
    now: Instant,
    streams: BTreeMap<u32, StreamRef>,
    flow: FlowControl,
    /// Whether output is taken after every piece of input.
    eager: bool,
}

impl Runner {
    pub(crate) fn new(role: Role, config: Config, eager: bool) -> Self {
        let flow = config.flow;
        let mut guard = Guard::new(role, &config, BODY.len());
        guard.let_hold();
        let mut runner = Self {
            core: Core::new(role, config, Instant::ZERO),
            log: Log::default(),
            guard,
            output: Vec::new(),
            now: Instant::ZERO,
            streams: BTreeMap::new(),
            flow,
            eager,
        };
        if role == Role::Client {
            for n in 0..5 {
                runner.open(n);
            }
        }
        runner
    }

    /// Gives the core one read.
    pub(crate) fn feed(&mut self, octets: &[u8]) {
        let mut input = octets;
        loop {
            let before = input;
            let step = self.core.next_event(self.now, &mut input);
            self.guard.received(&before[..before.len() - input.len()]);
            match step {
                Step::Event(event) => self.on_event(&event),
                Step::NeedInput => break,
                Step::NeedWrite => {
                    let before = self.output.len();
                    self.flush();
                    assert!(
                        self.output.len() > before,
                        "it wants to write and has nothing"
                    );
                }
            }
            self.guard.after_step(&self.core);
        }
        assert!(input.is_empty(), "it wants more and leaves some");
        if self.eager {
            self.flush();
        }
    }

    /// Takes all output, and the events that come of it.
    pub(crate) fn flush(&mut self) {
        loop {
            let out = self.core.transmit(self.now);
            let (length, start) = (out.len(), self.output.len());
            for chunk in out.chunks() {
                assert!(!chunk.is_empty());
                self.output.extend_from_slice(chunk);
            }
            out.advance(length);
            self.guard.sent(&self.core, &self.output[start..]);
            let mut nothing: &[u8] = &[];
            while self.core.has_events() {
                if let Step::Event(event) = self.core.next_event(self.now, &mut nothing) {
                    self.on_event(&event);
                }
            }
            self.guard.after_step(&self.core);
            if length == 0 {
                break;
            }
        }
        self.guard.at_rest(&mut self.core, &self.streams);
    }

    /// Lets deadlines pass, some of them or until there are none.
    pub(crate) fn wait(&mut self, most: usize) {
        for _ in 0..most {
            let Some(at) = self.core.poll_timeout() else {
                return;
            };
            self.now = self.now.max(at);
            self.core.handle_timeout(self.now);
            self.guard.after_timeout(&self.core, self.now);
            self.flush();
        }
    }

    /// The peer goes; the connection must end, with one last event.
    pub(crate) fn end(&mut self) {
        self.flush();
        self.core.handle_eof(self.now);
        self.guard.on_eof();
        self.flush();
        if !self.guard.is_closed() {
            self.core.close(self.now, ErrorCode::NO_ERROR);
            self.flush();
        }
        assert!(self.guard.is_closed(), "no Closed at the end");
        assert_eq!(self.core.poll_timeout(), None, "a deadline after the end");
        let mut late: &[u8] = b"bytes after the end are inert";
        self.guard.received(late);
        assert!(matches!(
            self.core.next_event(self.now, &mut late),
            Step::NeedInput
        ));
        assert!(late.is_empty());
        self.core.trim();
        self.guard.after_step(&self.core);
        judge(self.core.role(), &self.output);
    }

    /// All that was seen and written, for comparison.
    pub(crate) fn result(&self) -> (&[Seen], &[u8]) {
        (self.log.all(), &self.output)
    }

    fn open(&mut self, n: usize) {
        let fields = [
            (":method", ["GET", "POST", "POST", "HEAD", "OPTIONS"][n % 5]),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/"),
            ("n", ["0", "1", "2", "3", "4"][n % 5]),
        ];
        let Core::Client(client) = &mut self.core else {
            return;
        };
        let end = !matches!(n % 5, 1 | 2);
        let Ok(stream) = client.request(&fields, end) else {
            return;
        };
        self.streams.insert(stream.id().get(), stream);
        if !end {
            let mut body = Bytes::from_static(&BODY[..5000]);
            let _ = self.core.send(stream).data(&mut body, n % 5 == 1);
        }
    }

    fn on_event(&mut self, event: &Event<'_>) {
        let (seen, stream) = Seen::of(event);
        self.guard.on_event(&seen);
        if let Some(stream) = stream {
            self.streams.insert(stream.id().get(), stream);
        }
        match event {
            Event::Request { stream, end, .. } => self.on_request(*stream, *end),
            Event::Data { stream, data, end } => {
                let octets = data.len() as u32;
                self.release(*stream, octets);
                if *end {
                    self.finish(*stream);
                }
            }
            Event::Trailers { stream, .. } => self.finish(*stream),
            Event::Ended { stream, .. } => {
                if let Core::Server(server) = &mut self.core {
                    server.let_go(*stream);
                }
            }
            Event::CanOpen => self.open(self.streams.len()),
            _ => {}
        }
        self.log.push(seen);
    }

    /// Consumes what was handed over.
    fn release(&mut self, stream: StreamRef, octets: u32) {
        let released = match (&mut self.core, self.flow) {
            (_, FlowControl::Automatic) => Ok(()),
            (Core::Client(core), FlowControl::Manual) => core.release(stream, octets, octets),
            (Core::Server(core), FlowControl::Manual) => core.release(stream, octets, octets),
            (core, _) => core.recv(stream).release(octets),
        };
        assert_eq!(released, Ok(()));
    }

    /// Answers by the stream's number. What the core refuses is left.
    fn on_request(&mut self, stream: StreamRef, end: bool) {
        let Core::Server(server) = &mut self.core else {
            panic!("a request at a client");
        };
        match stream.id().get() / 2 % 7 {
            0 => drop(server.response(stream, &[(":status", "204")], true)),
            1 => {
                let _ = server.response(stream, &[(":status", "200")], false);
                let mut body = Bytes::from_static(&BODY);
                let _ = server.send(stream).data(&mut body, true);
            }
            2 => {
                let _ = server.response(stream, &[(":status", "200"), ("a", "b")], false);
                let mut body = Bytes::from_static(&BODY[..1000]);
                let _ = server.send(stream).data(&mut body, false);
                let _ = server.send(stream).trailers(&[("grpc-status", "0")]);
            }
            3 => {
                let _ = server.informational(stream, &[(":status", "103"), ("link", "x")]);
                let _ = server.response(stream, &[(":status", "200")], false);
                let mut body = Bytes::from_static(&BODY[..10]);
                let _ = server.send(stream).data(&mut body, false);
                let _ = server.send(stream).notify_drained();
            }
            4 => {
                server.hold(stream);
                server.send(stream).reset(ErrorCode::CANCEL);
                server.let_go(stream);
            }
            5 => {
                server.hold(stream);
                server.recv(stream).expect(500_000);
            }
            _ => {}
        }
        if end {
            self.finish(stream);
        }
    }

    /// The peer's message is whole: whatever has not been answered is answered now.
    fn finish(&mut self, stream: StreamRef) {
        if let Core::Server(server) = &mut self.core {
            let _ = server.response(stream, &[(":status", "200")], true);
        }
    }
}
