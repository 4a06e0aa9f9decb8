//! The server's side of a connection.

use crate::config::{Config, LocalSettings};
use crate::connection::{
    Inner, Interest, Queues, RecvHalf, SendHalf, Stats, Transmit, common_methods,
};
use crate::error::{ConfigError, ExtensionError, LimitName, PingError, ReleaseError, SendError};
use crate::event::Step;
use crate::headers::{Fields, Head};
use crate::observer::Observer;
use crate::settings::PeerSettings;
use crate::vocabulary::{ErrorCode, FrameType, Instant, SettingId, StreamId, StreamRef};
use alloc::boxed::Box;
use alloc::sync::Arc;

/// A server's connection. One pointer; `Send`.
#[derive(Debug)]
pub struct Connection {
    inner: Box<Inner>,
}

impl Connection {
    /// A connection that waits for the client's preface. On a secure transport
    /// ([`Config::secure`]) our SETTINGS go out at once, in cleartext once the preface has come: an
    /// HTTP/1 or TLS client can then be answered in its own protocol.
    ///
    /// # Errors
    /// A value of the configuration that does not fit.
    pub fn new(config: impl Into<Arc<Config>>, now: Instant) -> Result<Self, ConfigError> {
        Ok(Self {
            inner: Inner::new(false, config.into(), now)?,
        })
    }

    /// Sends the final head of a response. With `end` it has no body.
    ///
    /// # Errors
    /// [`SendError::Sequence`] after a final head, [`SendError::Head`] if a field breaks a rule (a
    /// content-length in a 2xx answer to CONNECT is one that does, RFC 9110 9.3.6),
    /// [`SendError::HeadTooLarge`], [`SendError::OutputFull`], [`SendError::Gone`].
    pub fn response<F: Fields + ?Sized>(
        &mut self,
        stream: StreamRef,
        fields: &F,
        end: bool,
    ) -> Result<(), SendError> {
        let slot = self.inner.resolve(stream).ok_or(SendError::Gone)?;
        self.inner.response(slot, fields, end)
    }

    /// Sends an informational head (1xx, but for 101).
    ///
    /// # Errors
    /// As [`response`](Self::response); [`SendError::Sequence`] also for a status of 200 and above.
    pub fn informational<F: Fields + ?Sized>(
        &mut self,
        stream: StreamRef,
        fields: &F,
    ) -> Result<(), SendError> {
        let slot = self.inner.resolve(stream).ok_or(SendError::Gone)?;
        self.inner.informational(slot, fields)
    }

    /// Keeps a stream's place in [`max_concurrent_streams`](LocalSettings::max_concurrent_streams)
    /// after its end, until [`let_go`](Self::let_go): a program that works on a request elsewhere
    /// is not given more of them because the peer resets them.
    pub fn hold(&mut self, stream: StreamRef) {
        self.inner.hold(stream);
    }

    /// The program no longer works on a stream that it [`hold`](Self::hold)s.
    pub fn let_go(&mut self, stream: StreamRef) {
        self.inner.release_hold(stream);
    }

    common_methods!();
}
