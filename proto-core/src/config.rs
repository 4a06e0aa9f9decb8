//! Everything that can be set, validated once, and what it costs at worst.

mod timers;

use crate::error::ConfigError;
pub use crate::headers::{AuthorityPolicy, Level};
use crate::vocabulary::SettingId;
use alloc::vec::Vec;
use core::time::Duration;
pub use timers::{Keepalive, Timers};

/// What we tell the peer in SETTINGS, and the connection's receive window.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LocalSettings {
    /// SETTINGS_HEADER_TABLE_SIZE: octets of the dynamic table that the peer's encoder may use.
    /// Default 4 096.
    pub header_table_size: u32,
    /// SETTINGS_MAX_CONCURRENT_STREAMS: streams that the peer may have open. Default 256 for
    /// servers; clients take no pushed streams and do not send it.
    pub max_concurrent_streams: u32,
    /// SETTINGS_INITIAL_WINDOW_SIZE: octets per stream, at most 2^31-1. Default 256 KiB.
    pub initial_window_size: u32,
    /// SETTINGS_MAX_FRAME_SIZE: octets, 16 384 to 16 777 215. Default 16 384.
    pub max_frame_size: u32,
    /// SETTINGS_MAX_HEADER_LIST_SIZE: octets (RFC 9113 6.5.2). A larger head is delivered cut short
    /// and marked as overlong, so that a server can answer 431. Default 16 KiB.
    pub max_header_list_size: u32,
    /// SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441), servers only. Default off.
    pub enable_connect_protocol: bool,
    /// SETTINGS_NO_RFC7540_PRIORITIES (RFC 9218 2.1). Default on: those priorities are ignored.
    pub no_rfc7540_priorities: bool,
    /// Settings of extensions, sent as they are after ours.
    pub custom: Vec<(SettingId, u32)>,
    /// Receive window of the whole connection, octets, 65 535 to 2^31-1. Default 1 MiB.
    pub connection_window: u32,
}

impl Default for LocalSettings {
    fn default() -> Self {
        Self {
            header_table_size: 4096,
            max_concurrent_streams: 256,
            initial_window_size: 256 * 1024,
            max_frame_size: 16_384,
            max_header_list_size: 16 * 1024,
            enable_connect_protocol: false,
            no_rfc7540_priorities: true,
            custom: Vec::new(),
            connection_window: 1024 * 1024,
        }
    }
}

/// A token bucket: `burst` at once, `per_second` in the long run. Time is the caller's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// Tokens that may be taken at once. A whole read is one burst: size it for that.
    pub burst: u32,
    /// Tokens that come back per second; 0 is read as 1.
    pub per_second: u32,
}

impl Rate {
    /// A rate of `per_second` with `burst` at once.
    pub const fn new(burst: u32, per_second: u32) -> Self {
        Self { burst, per_second }
    }
}

/// How often a peer may PING (gRPC's proposal A8). One too soon after the last good one is a strike; HEADERS or DATA of
/// ours wipe strikes out; the third ends the connection: GOAWAY ENHANCE_YOUR_CALM, `too_many_pings`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PingPolicy {
    /// The least time between two PINGs.
    pub min_interval: Duration,
    /// Whether a peer may ping as often while no stream is open; else two hours are the least.
    pub while_idle: bool,
}

/// Bounds on what a peer may cost. None is a count over a connection's lifetime. Past half of a
/// rate's burst comes the event [`Pressure`](crate::event::Event::Pressure), past the whole of it
/// GOAWAY ENHANCE_YOUR_CALM with the limit's name.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Encoded octets of one field block, over all its frames. Held while the block is incomplete.
    /// Default 64 KiB.
    pub block_bytes: u32,
    /// CONTINUATION frames of one block. Default 64.
    pub block_continuations: u32,
    /// Fields of one head; more make it overlong. Default 512.
    pub fields: u32,
    /// Decoded octets of one head (RFC 9113 6.5.2) beyond which the connection ends. Default 256 KiB.
    pub hard_header_list_size: u32,
    /// Octets of heads that the streams open at once may hold together; beyond it new streams are
    /// refused, and each costs a token of `resets` and one more for each KiB of its head. Default
    /// 224 KiB: with tables, slots and scratch a connection then holds less than 256 KiB.
    pub head_bytes: u32,
    /// Octets of replies (PING and SETTINGS acknowledgements, resets) that may wait for the socket
    /// before input is no longer taken. Default 16 KiB.
    pub reply_bytes: u32,
    /// Octets of heads and replies that may wait for the socket before the program's heads are
    /// refused. Default 1 MiB.
    pub output_bytes: u32,
    /// Entries of one SETTINGS frame. Default 64.
    pub settings_entries: u32,
    /// Our SETTINGS in flight. Default 4.
    pub settings_in_flight: u32,
    /// Payload of an extension frame that is still delivered, octets; longer ones are skipped.
    /// Default 16 KiB.
    pub extension_bytes: u32,
    /// Priorities kept for streams that are not open yet (RFC 9218 7.1). Default 32.
    pub parked_priorities: u32,
    /// The most that `expect` raises a stream's window by, octets. Default 4 MiB.
    pub max_expect: u32,
    /// Streams reset by the peer or through its fault; each stream that ends in good order gives a
    /// token back, and a server's reset of a request of ours is free. A browser that cancels 50
    /// downloads at once is no attacker, nor is a client whose thousand deadlines pass together, nor
    /// a proxy of which every third request is given up. Default 1 000, 33/s.
    pub resets: Rate,
    /// PING, SETTINGS, GOAWAY; each DATA frame that we send gives a token back, because a peer that
    /// measures its path answers each with a PING. Default 512, 32/s.
    pub control: Rate,
    /// PRIORITY and PRIORITY_UPDATE; each new stream gives two tokens back. Default 2 048, 128/s.
    pub priority: Rate,
    /// Frames of unknown types. Default 1 024, 64/s.
    pub unknown: Rate,
    /// DATA without content and without END_STREAM, CONTINUATION without content. Default 512, 32/s.
    pub empty: Rate,
    /// DATA under 64 octets on a stream whose program drains nothing; what it releases there gives
    /// tokens back. A read of 64 KiB holds 6 553 frames of one octet. Default 8 192, 256/s.
    pub tiny_data: Rate,
    /// WINDOW_UPDATEs under 64 octets on streams that wait for more. A reader that takes small
    /// messages one by one from a full window sends as many as it reads. Default 4 096, 2 048/s.
    pub dribble: Rate,
    /// Informational responses after the first one of a request. Default 128, 16/s.
    pub informational: Rate,
    /// PINGs; `control` counts besides. Default: no policy.
    pub pings: Option<PingPolicy>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            block_bytes: 64 * 1024,
            block_continuations: 64,
            fields: 512,
            hard_header_list_size: 256 * 1024,
            head_bytes: 224 * 1024,
            reply_bytes: 16 * 1024,
            output_bytes: 1024 * 1024,
            settings_entries: 64,
            settings_in_flight: 4,
            extension_bytes: 16 * 1024,
            parked_priorities: 32,
            max_expect: 4 * 1024 * 1024,
            resets: Rate::new(1000, 33),
            control: Rate::new(512, 32),
            priority: Rate::new(2048, 128),
            unknown: Rate::new(1024, 64),
            empty: Rate::new(512, 32),
            tiny_data: Rate::new(8192, 256),
            dribble: Rate::new(4096, 2048),
            informational: Rate::new(128, 16),
            pings: None,
        }
    }
}

/// Sizes on the way out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SendBuffers {
    /// Octets of DATA queued on a stream from which `data` takes nothing more. Default 64 KiB.
    pub stream_mark: u32,
    /// Octets that are framed ahead of the socket. Less keeps priorities and resets fresh; plain
    /// sockets want 128 KiB, TLS one record of 16 KiB. Default 128 KiB.
    pub commit_ahead: u32,
    /// Largest payload of a DATA frame that we send, octets, capped by the peer's MAX_FRAME_SIZE.
    /// Default 16 KiB.
    pub frame_size: u32,
    /// Payloads below this are copied beside their frame head; larger ones go by reference.
    /// Default 4 KiB.
    pub copy_below: u32,
    /// Octets of the dynamic table that our encoder uses at most. Default 4 096.
    pub header_table_size: u32,
    /// Streams that we open before the peer's first SETTINGS are here. Default 100.
    pub initial_max_streams: u32,
    /// Streams that we have open at once, whatever the peer allows: each is memory of ours.
    /// Default 4 096.
    pub max_streams: u32,
}

impl Default for SendBuffers {
    fn default() -> Self {
        Self {
            stream_mark: 64 * 1024,
            commit_ahead: 128 * 1024,
            frame_size: 16 * 1024,
            copy_below: 4 * 1024,
            header_table_size: 4096,
            initial_max_streams: 100,
            max_streams: 4096,
        }
    }
}

/// When receive credit goes back to the peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum FlowControl {
    /// Stream and connection credit return when DATA is handed to the program.
    Automatic,
    /// Connection credit returns when DATA is handed over, stream credit by `release`. The default.
    #[default]
    Streams,
    /// Both return by `release(stream, connection)` alone.
    Manual,
}

/// A connection's configuration. Share one between connections by `Arc`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// What we tell the peer.
    pub settings: LocalSettings,
    /// What a peer may cost.
    pub limits: Limits,
    /// Deadlines.
    pub timers: Timers,
    /// Sizes on the way out.
    pub send: SendBuffers,
    /// When receive credit returns.
    pub flow: FlowControl,
    /// Largest window that BDP tuning may reach, octets; `None` switches it off. Default `None`.
    pub bdp_max_window: Option<u32>,
    /// How strictly heads are judged.
    pub level: Level,
    /// Where the authority may stand.
    pub authority: AuthorityPolicy,
    /// Whether the transport is secure: ORIGIN frames count on nothing else (RFC 8336 2.3).
    pub secure: bool,
    /// Whether a server answers a malformed request with 400 before it resets the stream. A person
    /// at a browser then sees why; a proxy rather wants the reset alone. Default off.
    pub answer_malformed: bool,
    /// Whether the peer's end of the transport ends all streams of a server at once. Otherwise requests
    /// that are complete are still answered, as far as the windows that the peer has granted reach. A
    /// protocol whose clients never end their side alone hears sooner that they are gone. Default off.
    pub eof_ends_streams: bool,
    /// Whether frames of unknown types are delivered.
    pub raw_extensions: bool,
    /// Source of jitter; the core has no randomness of its own.
    pub seed: u64,
}

const MAX_WINDOW: u32 = 0x7fff_ffff;

impl LocalSettings {
    /// Checks what can be checked without a connection.
    ///
    /// # Errors
    /// The first value that the protocol does not allow.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.initial_window_size > MAX_WINDOW {
            return Err(ConfigError::InitialWindow(self.initial_window_size));
        }
        if !(16_384..=16_777_215).contains(&self.max_frame_size) {
            return Err(ConfigError::MaxFrameSize(self.max_frame_size));
        }
        if !(65_535..=MAX_WINDOW).contains(&self.connection_window) {
            return Err(ConfigError::ConnectionWindow(self.connection_window));
        }
        match self.custom.iter().find(|(id, _)| id.name().is_some()) {
            Some((id, _)) => Err(ConfigError::CustomSetting(id.0)),
            None => Ok(()),
        }
    }
}

impl Config {
    /// Checks every value against the protocol and against the others.
    ///
    /// # Errors
    /// The first value that does not fit.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.settings.validate()?;
        let limits = &self.limits;
        let least = [
            (limits.block_bytes, 1024, "block_bytes"),
            (limits.fields, 8, "fields"),
            (
                limits.hard_header_list_size,
                self.settings.max_header_list_size,
                "hard_header_list_size",
            ),
            (limits.head_bytes, 1024, "head_bytes"),
            (limits.reply_bytes, 256, "reply_bytes"),
            (limits.output_bytes, limits.reply_bytes, "output_bytes"),
            (limits.settings_entries, 8, "settings_entries"),
            (limits.settings_in_flight, 1, "settings_in_flight"),
            (limits.resets.burst, 1, "resets"),
            (limits.control.burst, 4, "control"),
            (limits.priority.burst, 4, "priority"),
            (limits.unknown.burst, 1, "unknown"),
            (limits.empty.burst, 1, "empty"),
            (limits.tiny_data.burst, 16, "tiny_data"),
            (limits.dribble.burst, 1, "dribble"),
            (limits.informational.burst, 1, "informational"),
            (self.send.stream_mark, 1, "stream_mark"),
            (self.send.commit_ahead, 1024, "commit_ahead"),
            (self.send.frame_size, 1, "frame_size"),
        ];
        if let Some((_, _, name)) = least.iter().find(|(value, least, _)| value < least) {
            return Err(ConfigError::LimitTooSmall(name));
        }
        // These are set anew when they have passed: for no time at all that would be for ever.
        let keepalive = self.timers.keepalive.map(|keepalive| keepalive.interval);
        let again = [(keepalive, "keepalive"), (self.timers.progress, "progress")];
        match again.iter().find(|(time, _)| *time == Some(Duration::ZERO)) {
            Some((_, name)) => Err(ConfigError::LimitTooSmall(name)),
            None => Ok(()),
        }
    }

    /// The most heap that one connection of this configuration can hold, octets: what the core
    /// itself keeps for a peer, whatever that peer sends.
    ///
    /// DATA that was handed to the program is the program's memory and stands apart in
    /// [`Config::worst_case_unread`]; so does what the program queues for sending (at most
    /// `stream_mark` and one more `Bytes` per stream).
    pub fn worst_case_memory(&self) -> usize {
        let limits = &self.limits;
        let n = |v: u32| v as usize;
        // A client opens its own, a server takes the peer's.
        let streams = n(self
            .settings
            .max_concurrent_streams
            .max(self.send.max_streams));
        let fixed = 8 * 1024 + 16 * n(limits.parked_priorities) + 64 * n(limits.settings_in_flight);
        // A field block in progress, and the payload of one frame in pieces; vectors may double.
        let input = 2
            * (n(limits.block_bytes)
                + n(self.settings.max_frame_size).min(n(limits.block_bytes))
                + n(limits.extension_bytes));
        // One head beyond the sum of those held, plus the scratch that it is collected in.
        let heads =
            n(limits.head_bytes) + 4 * n(limits.hard_header_list_size) + 64 * n(limits.fields);
        let tables =
            4 * (n(self.settings.header_table_size) + n(self.send.header_table_size)) + 8 * 1024;
        // A slot, its share of a chunk and of the map, which doubles.
        let slots = (streams + 16) * (128 + 64);
        let output = 2
            * (n(limits.output_bytes) + n(limits.reply_bytes) + n(self.send.commit_ahead))
            + 64 * 1024;
        fixed + input + heads + tables + slots + output
    }

    /// DATA that a peer can make the program hold before it releases any: octets.
    pub fn worst_case_unread(&self) -> u64 {
        let streams = u64::from(self.settings.max_concurrent_streams);
        let windows = streams
            * u64::from(
                self.settings
                    .initial_window_size
                    .max(self.bdp_max_window.unwrap_or(0)),
            );
        match self.flow {
            FlowControl::Manual => windows.min(u64::from(
                self.settings
                    .connection_window
                    .max(self.bdp_max_window.unwrap_or(0)),
            )),
            FlowControl::Automatic | FlowControl::Streams => windows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError, FlowControl, Keepalive, SettingId};
    use core::time::Duration;

    #[test]
    fn defaults_are_valid() {
        Config::default().validate().unwrap();
    }

    #[test]
    fn each_wrong_value_is_named() {
        let wrong = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.validate().unwrap_err()
        };
        assert_eq!(
            wrong(|c| c.settings.initial_window_size = 1 << 31),
            ConfigError::InitialWindow(1 << 31)
        );
        assert_eq!(
            wrong(|c| c.settings.max_frame_size = 16_383),
            ConfigError::MaxFrameSize(16_383)
        );
        assert_eq!(
            wrong(|c| c.settings.max_frame_size = 1 << 24),
            ConfigError::MaxFrameSize(1 << 24)
        );
        assert_eq!(
            wrong(|c| c.settings.connection_window = 65_534),
            ConfigError::ConnectionWindow(65_534)
        );
        assert_eq!(
            wrong(|c| c.settings.custom.push((SettingId(3), 1))),
            ConfigError::CustomSetting(3)
        );
        assert_eq!(
            wrong(|c| c.limits.reply_bytes = 10),
            ConfigError::LimitTooSmall("reply_bytes")
        );
        assert_eq!(
            wrong(|c| c.timers.progress = Some(Duration::ZERO)),
            ConfigError::LimitTooSmall("progress")
        );
        let at_once = Keepalive {
            interval: Duration::ZERO,
            timeout: Duration::ZERO,
            while_idle: false,
        };
        let mut config = Config::default();
        config.timers.keepalive = Some(at_once);
        assert_eq!(
            config.validate().unwrap_err(),
            ConfigError::LimitTooSmall("keepalive")
        );
    }

    #[test]
    fn worst_case_follows_the_limits() {
        let small = Config::default();
        let mut large = Config::default();
        large.limits.head_bytes *= 2;
        assert!(large.worst_case_memory() > small.worst_case_memory());
    }

    #[test]
    fn what_may_lie_unread_follows_the_windows() {
        let mut config = Config::default();
        config.settings.max_concurrent_streams = 10;
        config.settings.initial_window_size = 100_000;
        config.settings.connection_window = 400_000;
        for flow in [FlowControl::Streams, FlowControl::Automatic] {
            config.flow = flow;
            assert_eq!(config.worst_case_unread(), 1_000_000);
        }
        config.flow = FlowControl::Manual;
        assert_eq!(
            config.worst_case_unread(),
            400_000,
            "the connection's window holds"
        );
        config.settings.connection_window = 2_000_000;
        assert_eq!(config.worst_case_unread(), 1_000_000);
        config.bdp_max_window = Some(300_000);
        assert_eq!(config.worst_case_unread(), 2_000_000);
        config.settings.connection_window = 100_000;
        assert_eq!(
            config.worst_case_unread(),
            300_000,
            "windows may grow as far"
        );
    }
}
