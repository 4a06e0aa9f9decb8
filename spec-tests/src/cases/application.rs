//! An application that does what a case asks for: over the core in memory, and over sockets by any driver of the core.

mod client;
mod hands;
mod server;

use std::collections::BTreeMap;

use bywash_proto::config::Config;
use bywash_proto::error::StreamEnd;
use bywash_proto::event::Event;
use bywash_proto::vocabulary::{ErrorCode, StreamRef};

use super::wire::{Told, Wish};
use crate::raw::Role;
use client::Client;
pub use hands::{CONTENT, Hands};
use server::Server;

#[derive(Debug)]
enum Part {
    Server(Server),
    Client(Client),
}

/// The application of one connection.
#[derive(Debug)]
pub struct Application {
    part: Part,
    streams: BTreeMap<u32, StreamRef>,
    told: BTreeMap<u32, Told>,
}

impl Application {
    /// Of a connection in this role.
    pub fn new(role: Role) -> Self {
        Self {
            part: match role {
                Role::Server => Part::Server(Server::default()),
                Role::Client => Part::Client(Client::default()),
            },
            streams: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// An event of the connection.
    pub fn on_event(&mut self, hands: &mut dyn Hands, event: &Event<'_>) {
        self.note(event);
        match &mut self.part {
            Part::Server(server) => server.on_event(hands, event),
            Part::Client(client) => client.on_event(hands, event),
        }
    }

    /// Does what was asked for; whether it can. What concerns the configuration is for [`configure`].
    pub fn wish(&mut self, hands: &mut dyn Hands, wish: &Wish) -> bool {
        match *wish {
            Wish::Reset(stream) => match self.streams.get(&stream) {
                Some(&stream) => {
                    hands.send(stream).reset(ErrorCode::CANCEL);
                    true
                }
                None => false,
            },
            Wish::Shutdown => {
                hands.shutdown();
                true
            }
            Wish::Ping(payload) => hands.ping(payload),
            _ => match &mut self.part {
                Part::Server(server) => server.wish(wish),
                Part::Client(client) => client.wish(hands, wish),
            },
        }
    }

    /// How it saw the message on a stream.
    pub fn told(&self, stream: u32) -> Told {
        self.told.get(&stream).copied().unwrap_or(Told::Waiting)
    }

    /// Keeps in mind which streams there are, and what it was told.
    fn note(&mut self, event: &Event<'_>) {
        let (stream, state) = match event {
            Event::Request { stream, end, .. }
            | Event::Response { stream, end, .. }
            | Event::Data { stream, end, .. } => {
                let state = if *end { Told::Complete } else { Told::Waiting };
                (*stream, state)
            }
            Event::Trailers { stream, .. } => (*stream, Told::Complete),
            Event::Ended { stream, end } => {
                let complete = self.told(stream.id().get()) == Told::Complete;
                (*stream, after_end(end, complete))
            }
            _ => return,
        };
        self.streams.insert(stream.id().get(), stream);
        self.told.insert(stream.id().get(), state);
    }
}

/// A response that was complete stays so if the server says that it needs no more of the request (RFC 9113 8.1).
fn after_end(end: &StreamEnd, complete: bool) -> Told {
    if complete && end.code == ErrorCode::NO_ERROR {
        Told::Complete
    } else {
        Told::Failed
    }
}

/// Changes the configuration. Whether the wish was about it.
pub fn configure(config: &mut Config, wish: &Wish) -> bool {
    match *wish {
        Wish::OfferExtendedConnect => config.settings.enable_connect_protocol = true,
        Wish::Secure => config.secure = true,
        Wish::MaxStreams(most) => config.settings.max_concurrent_streams = most,
        Wish::Windows(window) => {
            config.settings.initial_window_size = window;
            config.settings.connection_window = window.max(65_535);
        }
        Wish::StreamWindows(window) => {
            config.settings.initial_window_size = window;
            config.settings.connection_window = 65_535;
        }
        Wish::FrameSize(octets) => config.settings.max_frame_size = octets,
        Wish::TableSize(size) => config.settings.header_table_size = size,
        _ => return false,
    }
    true
}
