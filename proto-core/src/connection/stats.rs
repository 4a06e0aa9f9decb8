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

/// What waits in a connection now, each with what bounds it. Nothing here can be made to grow without end by a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Queues {
    /// Octets of an unfinished field block;
    /// [`Limits::block_bytes`](crate::config::Limits::block_bytes) and 300 for padding.
    pub block_bytes: usize,
    /// CONTINUATION frames of that block;
    /// [`Limits::block_continuations`](crate::config::Limits::block_continuations).
    pub block_continuations: usize,
    /// Octets of a frame that has come in part, DATA aside: no more than one whole block,
    /// [`Limits::extension_bytes`](crate::config::Limits::extension_bytes) or
    /// [`Limits::settings_entries`](crate::config::Limits::settings_entries) of 6 octets, whichever is most.
    pub partial_bytes: usize,
    /// Octets of the heads of open streams. At a server
    /// [`Limits::head_bytes`](crate::config::Limits::head_bytes), or a single larger one; a client asked for them.
    pub head_bytes: usize,
    /// Octets of frame heads, field blocks, replies and small DATA that wait for the transport;
    /// [`Limits::output_bytes`](crate::config::Limits::output_bytes) before anything of the program's is refused.
    pub output_bytes: usize,
    /// Octets of large DATA that are framed and wait, by reference;
    /// [`SendBuffers::commit_ahead`](crate::config::SendBuffers::commit_ahead) and one frame.
    pub shared_bytes: usize,
    /// Priorities of streams that are not open yet;
    /// [`Limits::parked_priorities`](crate::config::Limits::parked_priorities).
    pub parked_priorities: usize,
    /// Our SETTINGS that were not acknowledged;
    /// [`Limits::settings_in_flight`](crate::config::Limits::settings_in_flight).
    pub settings_in_flight: usize,
    /// Our PINGs that were not answered; 16, and the one of a shutdown.
    pub pings_in_flight: usize,
}
