//! The client's side of a connection.

use crate::config::{Config, LocalSettings};
use crate::connection::{
    Inner, Interest, Queues, RecvHalf, SendHalf, Stats, Transmit, common_methods,
};
use crate::error::{ConfigError, ExtensionError, LimitName, OpenError, PingError, ReleaseError};
use crate::event::Step;
use crate::headers::{Fields, Head};
use crate::observer::Observer;
use crate::settings::PeerSettings;
use crate::vocabulary::{ErrorCode, FrameType, Instant, Priority, SettingId, StreamId, StreamRef};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A client's connection. One pointer; `Send`.
#[derive(Debug)]
pub struct Connection {
    inner: Box<Inner>,
}

impl Connection {
    /// A connection whose preface and SETTINGS wait to be written.
    ///
    /// # Errors
    /// A value of the configuration that does not fit.
    pub fn new(config: impl Into<Arc<Config>>, now: Instant) -> Result<Self, ConfigError> {
        Ok(Self {
            inner: Inner::new(true, config.into(), now)?,
        })
    }

    /// Opens a request. With `end` it has no body.
    ///
    /// ```
    /// use bywash_proto::{client::Connection, config::Config, vocabulary::Instant};
    ///
    /// let mut connection = Connection::new(Config::default(), Instant::ZERO)?;
    /// let stream = connection.request(
    ///     &[(":method", "GET"), (":scheme", "https"), (":authority", "example.org"), (":path", "/")],
    ///     true,
    /// )?;
    /// assert_eq!(stream.id().get(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Refuses instead of queueing: see [`OpenError`]. After [`OpenError::Limit`] and
    /// [`OpenError::OutputFull`] the event [`CanOpen`](crate::event::Event::CanOpen) comes once.
    pub fn request<F: Fields + ?Sized>(
        &mut self,
        fields: &F,
        end: bool,
    ) -> Result<StreamRef, OpenError> {
        self.inner.request(fields, end)
    }

    /// Requests that may be opened now.
    pub fn capacity(&self) -> u32 {
        self.inner
            .stream_limit()
            .saturating_sub(self.inner.open_streams().0)
    }

    /// Tells the server the priority of a response (PRIORITY_UPDATE, RFC 9218 7.1), also for a
    /// stream that is open already.
    ///
    /// # Errors
    /// See [`ExtensionError`].
    pub fn update_priority(
        &mut self,
        stream: StreamRef,
        priority: Priority,
    ) -> Result<(), ExtensionError> {
        let mut payload = Vec::with_capacity(16);
        payload.extend_from_slice(&stream.id().get().to_be_bytes());
        priority.write_to(&mut payload);
        self.inner.send_extension(
            FrameType::PRIORITY_UPDATE,
            0,
            StreamId::CONNECTION,
            &payload,
        )
    }

    common_methods!();
}
