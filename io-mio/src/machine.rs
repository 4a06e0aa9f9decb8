//! A connection of either role.

use bywash_proto::config::Config;
use bywash_proto::connection::{Interest, Transmit};
use bywash_proto::error::ConfigError;
use bywash_proto::event::Step;
use bywash_proto::vocabulary::{ErrorCode, Instant};
use bywash_proto::{client, server};
use std::sync::Arc;

/// One pointer and a word.
#[derive(Debug)]
pub(crate) enum Machine {
    Server(server::Connection),
    Client(client::Connection),
}

/// The same expression for either role.
macro_rules! either {
    ($machine:expr, $connection:ident => $body:expr) => {
        match $machine {
            $crate::machine::Machine::Server($connection) => $body,
            $crate::machine::Machine::Client($connection) => $body,
        }
    };
}
pub(crate) use either;

impl Machine {
    pub(crate) fn new(
        is_client: bool,
        config: &Arc<Config>,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        let config = Arc::clone(config);
        Ok(if is_client {
            Self::Client(client::Connection::new(config, now)?)
        } else {
            Self::Server(server::Connection::new(config, now)?)
        })
    }

    #[inline]
    pub(crate) fn next_event<'i>(&mut self, now: Instant, input: &mut &'i [u8]) -> Step<'i> {
        either!(self, c => c.next_event(now, input))
    }

    #[inline]
    pub(crate) fn has_events(&self) -> bool {
        either!(self, c => c.has_events())
    }

    #[inline]
    pub(crate) fn transmit(&mut self, now: Instant) -> Transmit<'_> {
        either!(self, c => c.transmit(now))
    }

    #[inline]
    pub(crate) fn interest(&self) -> Interest {
        either!(self, c => c.interest())
    }

    #[inline]
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        either!(self, c => c.poll_timeout())
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        either!(self, c => c.handle_timeout(now));
    }

    pub(crate) fn handle_eof(&mut self, now: Instant) {
        either!(self, c => c.handle_eof(now));
    }

    pub(crate) fn handle_transport_error(&mut self, now: Instant) {
        either!(self, c => c.handle_transport_error(now));
    }

    pub(crate) fn shutdown(&mut self, now: Instant) {
        either!(self, c => c.shutdown(now));
    }

    pub(crate) fn close(&mut self, now: Instant, code: ErrorCode) {
        either!(self, c => c.close(now, code));
    }

    pub(crate) fn trim(&mut self) {
        either!(self, c => c.trim());
    }
}
