//! What a channel is made of.

use crate::backoff::Backoff;
use std::{sync::Arc, time::Duration};

/// What a channel is.
#[derive(Clone, Debug)]
pub struct ChannelSpec {
    /// The name whose addresses are asked for.
    pub target: String,
    /// `:authority` of calls that have none of their own.
    pub authority: Arc<str>,
    /// Whether `:scheme` is `https`.
    pub https: bool,
    /// How long to wait after a round of failures.
    pub backoff: Backoff,
    /// The least time that one attempt to connect is given.
    pub connect_timeout: Duration,
    /// The first of the 2^32 names that connections get; those of two channels on one loop must not meet.
    pub first_conn: u64,
}

impl ChannelSpec {
    /// The usual back-off and patience.
    pub fn new(
        target: impl Into<String>,
        authority: impl Into<Arc<str>>,
        https: bool,
    ) -> ChannelSpec {
        ChannelSpec {
            target: target.into(),
            authority: authority.into(),
            https,
            backoff: Backoff::default(),
            connect_timeout: CONNECT_TIMEOUT,
            first_conn: 0,
        }
    }
}

/// gRPC's least time for one attempt to connect (`doc/connection-backoff.md`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
