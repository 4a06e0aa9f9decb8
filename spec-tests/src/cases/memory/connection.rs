//! The connection: the core, its application, and the octets between.

use std::collections::BTreeMap;
use std::time::Duration;

use bywash_proto::config::Config;
use bywash_proto::connection::Close;
use bywash_proto::error::StreamEnd;
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::{ErrorCode, Instant, StreamRef};

use super::client::Client;
use super::program::Program;
use super::server::Server;
use crate::cases::session::Target;
use crate::cases::wire::{Got, Told, Wire, Wish};
use crate::pair::Core;
use crate::raw::Role;

/// The core with its application.
pub struct Memory {
    role: Role,
    config: Config,
    core: Option<Core>,
    program: Box<dyn Program>,
    now: Instant,
    streams: BTreeMap<u32, StreamRef>,
    told: BTreeMap<u32, Told>,
    output: Vec<u8>,
    finished: bool,
}

/// How to speak to the core.
pub fn target(role: Role) -> Target {
    Target {
        role,
        scheme: "https".to_owned(),
        authority: "example.com".to_owned(),
        path: "/".to_owned(),
        upload: Some("/upload".to_owned()),
        wait: Duration::from_secs(1),
        obeys: true,
    }
}

impl Memory {
    /// A fresh connection.
    pub fn new(role: Role) -> Self {
        Self {
            role,
            config: Config::default(),
            core: None,
            program: match role {
                Role::Server => Box::new(Server::default()),
                Role::Client => Box::new(Client::default()),
            },
            now: Instant::ZERO,
            streams: BTreeMap::new(),
            told: BTreeMap::new(),
            output: Vec::new(),
            finished: false,
        }
    }

    /// Changes the configuration. Whether the wish was about it.
    fn configure(&mut self, wish: &Wish) -> bool {
        let config = &mut self.config;
        match *wish {
            Wish::OfferExtendedConnect => config.settings.enable_connect_protocol = true,
            Wish::Secure => config.secure = true,
            Wish::MaxStreams(most) => config.settings.max_concurrent_streams = most,
            Wish::Windows(window) => {
                config.settings.initial_window_size = window;
                config.settings.connection_window = window.max(65_535);
            }
            Wish::TableSize(size) => config.settings.header_table_size = size,
            _ => return false,
        }
        true
    }

    /// The core, made when it is needed first: until then it can be configured.
    fn core(&mut self) -> &mut Core {
        let (role, config, now) = (self.role, &self.config, self.now);
        self.core
            .get_or_insert_with(|| Core::new(role, config.clone(), now))
    }

    /// Hands octets to the core and events to the application, until both rest.
    fn run(&mut self, mut input: &[u8]) {
        loop {
            let now = self.now;
            self.core();
            let Some(core) = &mut self.core else { return };
            match core.next_event(now, &mut input) {
                Step::Event(event) => {
                    note(&mut self.streams, &mut self.told, &event);
                    self.program.on_event(core, &event);
                }
                Step::NeedWrite => self.write(),
                Step::NeedInput => {
                    self.write();
                    if !self.core().has_events() {
                        return;
                    }
                }
            }
        }
    }

    fn write(&mut self) {
        let now = self.now;
        let mut written = Vec::new();
        loop {
            let out = self.core().transmit(now);
            if out.is_empty() {
                break;
            }
            let length = out.len();
            out.chunks()
                .for_each(|chunk| written.extend_from_slice(chunk));
            out.advance(length);
        }
        self.output.extend(written);
    }
}

/// Keeps in mind which streams there are, and what the application was told.
fn note(streams: &mut BTreeMap<u32, StreamRef>, told: &mut BTreeMap<u32, Told>, event: &Event<'_>) {
    let (stream, state) = match event {
        Event::Request { stream, end, .. }
        | Event::Response { stream, end, .. }
        | Event::Data { stream, end, .. } => {
            let state = if *end { Told::Complete } else { Told::Waiting };
            (*stream, state)
        }
        Event::Trailers { stream, .. } => (*stream, Told::Complete),
        Event::Ended { stream, end } => {
            let complete = told.get(&stream.id().get()) == Some(&Told::Complete);
            (*stream, after_end(end, complete))
        }
        _ => return,
    };
    streams.insert(stream.id().get(), stream);
    told.insert(stream.id().get(), state);
}

/// A response that was complete stays so if the server says that it needs no more of the request (RFC 9113 8.1).
fn after_end(end: &StreamEnd, complete: bool) -> Told {
    if complete && end.code == ErrorCode::NO_ERROR {
        Told::Complete
    } else {
        Told::Failed
    }
}

impl Wire for Memory {
    fn send(&mut self, octets: &[u8]) {
        if self.core().interest().close == Close::No {
            self.run(octets);
        }
    }

    fn receive(&mut self, wait: Duration) -> Got {
        self.run(&[]);
        let until = self.now + wait;
        loop {
            if !self.output.is_empty() {
                return Got::Octets(std::mem::take(&mut self.output));
            }
            if self.core().interest().close != Close::No {
                return Got::End;
            }
            match self.core().poll_timeout().filter(|&at| at <= until) {
                Some(at) => {
                    self.now = self.now.max(at);
                    let now = self.now;
                    self.core().handle_timeout(now);
                    self.run(&[]);
                }
                None => {
                    self.now = until;
                    return Got::Silence;
                }
            }
        }
    }

    fn finish(&mut self) {
        if !std::mem::replace(&mut self.finished, true) {
            let now = self.now;
            self.core().handle_eof(now);
            self.run(&[]);
        }
    }

    fn wish(&mut self, wish: &Wish) -> bool {
        if self.core.is_none() && self.configure(wish) {
            return true;
        }
        self.run(&[]);
        let now = self.now;
        let Some(core) = &mut self.core else {
            return false;
        };
        let done = match *wish {
            Wish::Reset(stream) => match self.streams.get(&stream) {
                Some(&stream) => {
                    core.send(stream).reset(ErrorCode::CANCEL);
                    true
                }
                None => false,
            },
            Wish::Shutdown => {
                core.shutdown(now);
                true
            }
            Wish::Ping(payload) => core.ping(now, payload).is_ok(),
            _ => self.program.wish(core, &self.streams, wish),
        };
        self.run(&[]);
        done
    }

    fn told(&mut self, stream: u32) -> Told {
        self.run(&[]);
        self.told.get(&stream).copied().unwrap_or(Told::Waiting)
    }
}
