//! Counters.

use crate::vocabulary::FrameType;
use core::time::Duration;

/// Frames by type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FrameCounts([u64; 11]);

impl FrameCounts {
    #[inline]
    pub(super) fn count(&mut self, kind: FrameType) {
        self.0[usize::from(kind.0.min(10))] += 1;
    }

    /// How many frames of this type. All types beyond RFC 9113's ten are counted together.
    pub fn of(&self, kind: FrameType) -> u64 {
        self.0[usize::from(kind.0.min(10))]
    }

    /// How many frames.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// What happened on a connection so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Frames received.
    pub frames_received: FrameCounts,
    /// Frames committed.
    pub frames_sent: FrameCounts,
    /// Octets consumed from the transport.
    pub bytes_received: u64,
    /// Streams opened by the peer.
    pub streams_received: u64,
    /// Streams opened by us.
    pub streams_sent: u64,
    /// Violations of the stream scope that the peer committed.
    pub stream_violations: u64,
    /// Time in which DATA waited for the connection's window.
    pub blocked_by_connection: Duration,
    /// Time in which DATA waited for the windows of streams, summed over them.
    pub blocked_by_streams: Duration,
}
