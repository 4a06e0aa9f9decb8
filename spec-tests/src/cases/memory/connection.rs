//! The connection: the core, its application, and the octets between.

use std::time::Duration;

use bywash_proto::config::Config;
use bywash_proto::connection::{Close, RecvHalf, SendHalf};
use bywash_proto::event::Step;
use bywash_proto::vocabulary::{Instant, StreamRef};
use bywash_proto::{client, server};

use crate::cases::application::{Application, Hands, configure};
use crate::cases::session::Target;
use crate::cases::wire::{Got, Told, Wire, Wish};
use crate::pair::Core;
use crate::raw::Role;

/// The core with its application.
pub struct Memory {
    role: Role,
    config: Config,
    core: Option<Core>,
    application: Application,
    now: Instant,
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
            application: Application::new(role),
            now: Instant::ZERO,
            output: Vec::new(),
            finished: false,
        }
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
                    self.application.on_event(&mut Now(core, now), &event);
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

/// The core in the hands of its application, at a time.
struct Now<'c>(&'c mut Core, Instant);

impl Hands for Now<'_> {
    fn server(&mut self) -> &mut server::Connection {
        self.0.server()
    }

    fn client(&mut self) -> &mut client::Connection {
        self.0.client()
    }

    fn send(&mut self, stream: StreamRef) -> SendHalf<'_> {
        self.0.send(stream)
    }

    fn recv(&mut self, stream: StreamRef) -> RecvHalf<'_> {
        self.0.recv(stream)
    }

    fn shutdown(&mut self) {
        self.0.shutdown(self.1);
    }

    fn ping(&mut self, payload: [u8; 8]) -> bool {
        self.0.ping(self.1, payload).is_ok()
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
        if self.core.is_none() && configure(&mut self.config, wish) {
            return true;
        }
        self.run(&[]);
        let now = self.now;
        let Some(core) = &mut self.core else {
            return false;
        };
        let done = self.application.wish(&mut Now(core, now), wish);
        self.run(&[]);
        done
    }

    fn told(&mut self, stream: u32) -> Told {
        self.run(&[]);
        self.application.told(stream)
    }
}
