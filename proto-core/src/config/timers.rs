//! Deadlines.

use core::time::Duration;

/// A PING when the connection was silent, and what happens without an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keepalive {
    /// Silence before a PING.
    pub interval: Duration,
    /// Time for the answer.
    pub timeout: Duration,
    /// Whether to ping while no stream is open.
    pub while_idle: bool,
}

/// Deadlines. `None` switches one off.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Timers {
    /// For the peer's preface and first SETTINGS. Default 10 s.
    pub preface: Option<Duration>,
    /// For the acknowledgement of our SETTINGS. Default 10 s.
    pub settings_ack: Option<Duration>,
    /// For the end of a field block that has begun, be it in its first frame. Default 10 s.
    pub block: Option<Duration>,
    /// Without streams, before the connection is shut down, by a GOAWAY that says `max_idle`. Default none.
    pub idle: Option<Duration>,
    /// Queued output without progress: nothing written of the connection's, or a stream that waits
    /// for a window of the peer's all that time (it is ended by the second look at the latest). Long
    /// polls that queue nothing are idle, not stuck, and DATA that waits for its turn behind other
    /// DATA is neither. Default 60 s.
    pub progress: Option<Duration>,
    /// Age after which the connection is shut down gracefully, by a GOAWAY that says `max_age`. Default none.
    pub max_age: Option<Duration>,
    /// Share of `max_age` by which it is varied, in percent, 0 to 100; see [`Config::seed`](super::Config::seed). Default 10.
    pub max_age_jitter: u8,
    /// After the first GOAWAY of a server: time for the round trip before the second. Default 1 s.
    pub shutdown_round_trip: Duration,
    /// After a shutdown: time for the streams to end. Default none.
    pub drain: Option<Duration>,
    /// Keepalive. Default none.
    pub keepalive: Option<Keepalive>,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            preface: Some(Duration::from_secs(10)),
            settings_ack: Some(Duration::from_secs(10)),
            block: Some(Duration::from_secs(10)),
            idle: None,
            progress: Some(Duration::from_secs(60)),
            max_age: None,
            max_age_jitter: 10,
            shutdown_round_trip: Duration::from_secs(1),
            drain: None,
            keepalive: None,
        }
    }
}
