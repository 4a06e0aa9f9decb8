//! How a side of a model sends and receives.

use bywash_proto::config::{Config, FlowControl};

/// What a model may choose of how a side sends and receives.
pub(crate) struct Tuning {
    pub(crate) flow: u8,
    /// The connection's window follows what the link can carry.
    pub(crate) tuned: bool,
    /// Queues and tables are small.
    pub(crate) small: bool,
    pub(crate) frame: u8,
}

impl Tuning {
    pub(crate) fn apply(&self, config: &mut Config) {
        config.flow = match self.flow % 3 {
            0 => FlowControl::Automatic,
            1 => FlowControl::Streams,
            _ => FlowControl::Manual,
        };
        config.bdp_max_window = self.tuned.then_some(1 << 19);
        if self.small {
            config.send.stream_mark = 100;
            config.send.copy_below = 10;
            config.send.commit_ahead = 1024;
            config.send.header_table_size = 200;
        }
        // Not below what counts as tiny: that would press on a limit.
        config.send.frame_size = 1 << (6 + self.frame % 9);
    }
}
