//! A connection of either role.

use bywash_proto::client;
use bywash_proto::config::{Config, LocalSettings};
use bywash_proto::connection::{Interest, Queues, RecvHalf, SendHalf, Stats, Transmit};
use bywash_proto::error::{ConfigError, ExtensionError, LimitName, PingError};
use bywash_proto::event::Step;
use bywash_proto::observer::Observer;
use bywash_proto::server;
use bywash_proto::settings::PeerSettings;
use bywash_proto::vocabulary::{ErrorCode, FrameType, Instant, StreamId, StreamRef};

use crate::raw::Role;

/// The core in one of its roles.
#[derive(Debug)]
pub enum Core {
    /// A client's connection.
    Client(client::Connection),
    /// A server's connection.
    Server(server::Connection),
}

/// The methods that both roles have, each handed on.
macro_rules! both {
    ($($(#[$doc:meta])* fn $name:ident(&$($mutable:ident)?; $($arg:ident: $of:ty),*) $(-> $out:ty)?;)*) => {
        $($(#[$doc])* pub fn $name(&$($mutable)? self, $($arg: $of),*) $(-> $out)? {
            match self {
                Self::Client(connection) => connection.$name($($arg),*),
                Self::Server(connection) => connection.$name($($arg),*),
            }
        })*
    };
}

impl Core {
    /// A fresh connection.
    ///
    /// # Panics
    /// If the configuration is not valid.
    pub fn new(role: Role, config: Config, now: Instant) -> Self {
        match role {
            Role::Client => {
                Self::Client(client::Connection::new(config, now).expect("configuration"))
            }
            Role::Server => {
                Self::Server(server::Connection::new(config, now).expect("configuration"))
            }
        }
    }

    /// Its role.
    pub fn role(&self) -> Role {
        match self {
            Self::Client(_) => Role::Client,
            Self::Server(_) => Role::Server,
        }
    }

    /// The client.
    ///
    /// # Panics
    /// If it is a server.
    #[track_caller]
    pub fn client(&mut self) -> &mut client::Connection {
        match self {
            Self::Client(connection) => connection,
            Self::Server(_) => panic!("the core is a server here"),
        }
    }

    /// The server.
    ///
    /// # Panics
    /// If it is a client.
    #[track_caller]
    pub fn server(&mut self) -> &mut server::Connection {
        match self {
            Self::Server(connection) => connection,
            Self::Client(_) => panic!("the core is a client here"),
        }
    }

    /// The next event; `input` is consumed from the front.
    pub fn next_event<'i>(&mut self, now: Instant, input: &mut &'i [u8]) -> Step<'i> {
        match self {
            Self::Client(connection) => connection.next_event(now, input),
            Self::Server(connection) => connection.next_event(now, input),
        }
    }

    /// The output that waits.
    pub fn transmit(&mut self, now: Instant) -> Transmit<'_> {
        match self {
            Self::Client(connection) => connection.transmit(now),
            Self::Server(connection) => connection.transmit(now),
        }
    }

    /// The sending half of a stream.
    pub fn send(&mut self, stream: StreamRef) -> SendHalf<'_> {
        match self {
            Self::Client(connection) => connection.send(stream),
            Self::Server(connection) => connection.send(stream),
        }
    }

    /// The receiving half of a stream.
    pub fn recv(&mut self, stream: StreamRef) -> RecvHalf<'_> {
        match self {
            Self::Client(connection) => connection.recv(stream),
            Self::Server(connection) => connection.recv(stream),
        }
    }

    /// Every limit that is a rate: its name, the tokens gone, its burst.
    pub fn limit_levels(&self) -> Vec<(LimitName, u64, u32)> {
        match self {
            Self::Client(connection) => connection.limit_levels().collect(),
            Self::Server(connection) => connection.limit_levels().collect(),
        }
    }

    both! {
        /// Whether events wait that need no input.
        fn has_events(&;) -> bool;
        /// The next deadline.
        fn poll_timeout(&;) -> Option<Instant>;
        /// Time has passed.
        fn handle_timeout(&mut; now: Instant);
        /// The peer ended its side of the transport.
        fn handle_eof(&mut; now: Instant);
        /// The transport failed.
        fn handle_transport_error(&mut; now: Instant);
        /// What the connection wants of its transport.
        fn interest(&;) -> Interest;
        /// Starts a graceful end.
        fn shutdown(&mut; now: Instant);
        /// Ends the connection at once.
        fn close(&mut; now: Instant, code: ErrorCode);
        /// Sends a PING.
        fn ping(&mut; now: Instant, payload: [u8; 8]) -> Result<(), PingError>;
        /// Sends new settings.
        fn update_settings(&mut; settings: LocalSettings) -> Result<(), ConfigError>;
        /// Sends an extension frame.
        fn send_extension(&mut; kind: FrameType, flags: u8, stream: StreamId, payload: &[u8]) -> Result<(), ExtensionError>;
        /// The peer's settings in force.
        fn peer_settings(&;) -> Option<&PeerSettings>;
        /// Counters.
        fn stats(&;) -> &Stats;
        /// Octets that the transport took.
        fn bytes_sent(&;) -> u64;
        /// What waits in it.
        fn queues(&;) -> Queues;
        /// Octets of HPACK's tables in use: the decoder's, the encoder's.
        fn hpack_sizes(&;) -> (usize, usize);
        /// Streams that are open: ours, the peer's.
        fn open_streams(&;) -> (u32, u32);
        /// Octets of heap held.
        fn heap_bytes(&;) -> usize;
        /// Gives scratch back.
        fn trim(&mut;);
        /// Shows every frame from now on.
        fn observe(&mut; observer: Box<dyn Observer>);
    }
}
