//! What can be set about a client.

use crate::id::ConnId;
use crate::session::Connector;
use bywash_proto::config::Config;
use bywash_proto::observer::Observer;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

/// Makes an observer for a new connection.
pub type Observe = Arc<dyn Fn(ConnId) -> Box<dyn Observer> + Send + Sync>;

/// How a client connects and calls.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientOptions {
    /// How its connections speak HTTP/2. Default: that of [`Config`], but a connection without calls
    /// ends after 90 s, or a client that has spoken to many peers would keep a socket for each.
    pub config: Arc<Config>,
    /// TLS for https. Without it https fails.
    pub tls: Option<Arc<dyn Connector>>,
    /// Time for resolving, connecting and TLS together. Default 10 s.
    pub connect_timeout: Duration,
    /// Time before the next address is tried beside the one before it. Default 250 ms.
    pub attempt_delay: Duration,
    /// Failures to connect in a row after which the calls that wait fail. What cannot get better by
    /// itself, a wrong certificate for instance, fails at once. Default 3.
    pub connect_attempts: u32,
    /// Wait after the first failure to connect; grows by 1.6 each time. Default 100 ms.
    pub backoff: Duration,
    /// Longest wait between tries to connect. Default 30 s.
    pub longest_backoff: Duration,
    /// Connections to one peer at most. A second one is opened only when the peer takes no more
    /// streams on the first. Default 1.
    pub connections_per_peer: usize,
    /// Calls that wait for one peer at most. Default 10 000.
    pub waiting_per_peer: usize,
    /// How often a request that the peer did not process is sent, the first time included.
    /// Default 5.
    pub attempts: u32,
    /// Time for a whole call. Default none.
    pub timeout: Option<Duration>,
    /// Shows the frames of each connection.
    pub observe: Option<Observe>,
    /// Source of jitter. Default: random.
    pub seed: u64,
}

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(90);

impl Default for ClientOptions {
    fn default() -> Self {
        let mut config = Config::default();
        config.timers.idle = Some(IDLE);
        Self {
            config: Arc::new(config),
            tls: None,
            connect_timeout: Duration::from_secs(10),
            attempt_delay: Duration::from_millis(250),
            connect_attempts: 3,
            backoff: Duration::from_millis(100),
            longest_backoff: Duration::from_secs(30),
            connections_per_peer: 1,
            waiting_per_peer: 10_000,
            attempts: 5,
            timeout: None,
            observe: None,
            // The standard library's only source of randomness.
            seed: RandomState::new().build_hasher().finish(),
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("tls", &self.tls.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .field("connect_attempts", &self.connect_attempts)
            .field("connections_per_peer", &self.connections_per_peer)
            .field("attempts", &self.attempts)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
