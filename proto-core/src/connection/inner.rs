//! The fields of a connection, and nothing else but how they begin.

use super::input::{Block, Rx};
use super::rare::Rare;
use super::stats::Stats;
use crate::config::Config;
use crate::error::{CloseReason, ConfigError};
use crate::flow::{Credit, Tuner, Window};
use crate::frame::PREFACE;
use crate::headers::Collector;
use crate::hpack::{Decoder, Encoder};
use crate::limits::Ledger;
use crate::observer::Observer;
use crate::output::Output;
use crate::ping::Pings;
use crate::schedule::{Fifo, ForPeer, ForProgram, Urgency};
use crate::settings::{Local, PeerSettings};
use crate::stream::{ClosedRing, Counts, Store};
use crate::timer::{Timer, TimerTable};
use crate::vocabulary::{ErrorCode, Instant, SettingId, StreamId};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How far the connection has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Phase {
    /// Frames go both ways.
    Active,
    /// Server: the peer has ended its side of the transport. What it has asked for is answered.
    HalfClosed,
    /// It has ended: input is ignored, output drains.
    Inert,
    /// The last event was taken.
    Over,
}

impl Phase {
    /// Whether frames are still made for the peer.
    #[inline]
    pub(super) fn is_live(self) -> bool {
        self < Self::Inert
    }
}

/// Why a connection goes away gently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Farewell {
    /// The program says so.
    Asked,
    /// It had no streams for too long.
    Idle,
    /// It is too old.
    Age,
}

impl Farewell {
    /// What people on the other side are told; gRPC's libraries write and read these words.
    pub(super) fn text(self, is_client: bool) -> &'static [u8] {
        match self {
            // Servers alone have a word for it.
            Farewell::Asked if is_client => b"",
            Farewell::Asked => b"graceful_stop",
            Farewell::Idle => b"max_idle",
            Farewell::Age => b"max_age",
        }
    }
}

/// What the program is to be told about the connection itself, by bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tell(pub(super) u8);

impl Tell {
    pub(super) const CAN_OPEN: u8 = 1;
    pub(super) const CLOSED: u8 = 2;
}

/// A place in the output that something waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) offset: u64,
    pub(super) slot: u32,
    pub(super) id: StreamId,
}

pub(crate) struct Inner {
    pub(super) is_client: bool,
    pub(super) phase: Phase,
    /// Whether our first SETTINGS are committed.
    pub(super) spoken: bool,
    pub(super) tell: Tell,
    pub(super) wants_open: bool,
    pub(super) config: Arc<Config>,
    /// Whether `update_settings` has made another of it.
    pub(super) owns_config: bool,
    pub(super) now: Instant,

    // Input.
    pub(super) rx: Rx,
    /// A preface or a frame head in pieces.
    pub(super) partial: [u8; 24],
    pub(super) partial_len: u8,
    /// A payload in pieces.
    pub(super) payload: Vec<u8>,
    /// A field block in several frames.
    pub(super) block: Option<Box<Block>>,
    pub(super) decoder: Decoder,
    /// Scratch for a head; nobody needs it while the connection is idle.
    pub(super) collector: Option<Box<Collector>>,
    pub(super) recycled: Option<Box<[u8]>>,

    // Streams.
    pub(super) store: Store,
    pub(super) counts: Counts,
    pub(super) closed: ClosedRing,
    pub(super) rare: Option<Box<Rare>>,
    pub(super) next_id: u32,
    pub(super) last_peer_id: StreamId,
    pub(super) head_bytes: u32,
    pub(super) notices: Fifo<ForProgram>,

    // Flow control.
    pub(super) recv_window: Credit,
    /// Handed to the program and not released, when the program releases the connection's credit.
    pub(super) unreleased: u32,
    /// What the connection's window should be.
    pub(super) recv_target: u32,
    /// What a stream's window should be.
    pub(super) stream_target: u32,
    pub(super) send_window: Window,
    pub(super) updates: Fifo<ForPeer>,
    /// Apart, for few connections have one.
    pub(super) tuner: Option<Box<Tuner>>,
    pub(super) blocked_since: Option<Instant>,

    // Output.
    pub(super) encoder: Encoder,
    pub(super) output: Output,
    pub(super) urgency: Urgency,
    pub(super) reply_bytes: u32,
    pub(super) reply_mark: u64,
    pub(super) marks: VecDeque<Mark>,
    /// Octets written when progress was last looked at; low half: what counts is a difference.
    pub(super) progress_seen: u32,
    /// DATA frames sent by then.
    pub(super) progress_data: u32,

    // The connection's own life.
    pub(super) local: Local,
    pub(super) peer: PeerSettings,
    pub(super) peer_settings_seen: bool,
    pub(super) ledger: Ledger,
    pub(super) timers: TimerTable,
    pub(super) pings: Pings,
    pub(super) last_heard: Instant,
    pub(super) idle_since: Instant,
    /// The last identifier that our GOAWAY covers; `None` before one.
    pub(super) goaway_sent: Option<StreamId>,
    /// Why we go, as our GOAWAY tells people.
    pub(super) farewell: Farewell,
    /// The last identifier that the peer's GOAWAY covers.
    pub(super) goaway_received: Option<StreamId>,
    /// The code of the peer's GOAWAY, NO_ERROR before one.
    pub(super) goaway_code: ErrorCode,
    pub(super) reason: Option<CloseReason>,
    pub(super) close_now: bool,
    /// Whether the peer's end of the transport has cut streams short.
    pub(super) cut_short: bool,

    pub(super) stats: Stats,
    pub(super) observer: Option<Box<dyn Observer>>,
}

impl Inner {
    pub(crate) fn new(
        is_client: bool,
        config: Arc<Config>,
        now: Instant,
    ) -> Result<Box<Self>, ConfigError> {
        config.validate()?;
        let window = config.settings.initial_window_size;
        let tuner = config
            .bdp_max_window
            .map(|max| Box::new(Tuner::new(window, max)));
        let mut inner = Box::new(Self {
            is_client,
            phase: Phase::Active,
            spoken: false,
            tell: Tell::default(),
            wants_open: false,
            owns_config: false,
            now,
            rx: if is_client { Rx::Head } else { Rx::Preface },
            partial: [0; 24],
            partial_len: 0,
            payload: Vec::new(),
            block: None,
            // What the RFC grants; the peer's acknowledgement brings ours into force.
            decoder: Decoder::new(4096),
            collector: None,
            recycled: None,
            store: Store::new(),
            counts: Counts::default(),
            closed: ClosedRing::default(),
            rare: None,
            next_id: if is_client { 1 } else { 2 },
            last_peer_id: StreamId::CONNECTION,
            head_bytes: 0,
            notices: Fifo::new(),
            recv_window: Credit::new(65_535),
            unreleased: 0,
            recv_target: config.settings.connection_window,
            stream_target: window,
            send_window: Window::new(65_535),
            updates: Fifo::new(),
            tuner,
            blocked_since: None,
            encoder: Encoder::with_limit(config.send.header_table_size as usize),
            output: Output::new(),
            urgency: Urgency::new(),
            reply_bytes: 0,
            reply_mark: 0,
            marks: VecDeque::new(),
            progress_seen: 0,
            progress_data: 0,
            local: Local::new(),
            peer: PeerSettings::INITIAL,
            peer_settings_seen: false,
            ledger: Ledger::default(),
            timers: TimerTable::new(),
            pings: Pings::default(),
            last_heard: now,
            idle_since: now,
            goaway_sent: None,
            farewell: Farewell::Asked,
            goaway_received: None,
            goaway_code: ErrorCode::NO_ERROR,
            reason: None,
            close_now: false,
            cut_short: false,
            stats: Stats::default(),
            observer: None,
            config,
        });
        inner.begin()?;
        Ok(inner)
    }

    fn begin(&mut self) -> Result<(), ConfigError> {
        let config = self.config.clone();
        if self.is_client {
            self.output.arena().extend_from_slice(&PREFACE);
        }
        // A server in cleartext waits for the preface: an HTTP/1 client can still be answered.
        if self.is_client || config.secure {
            self.speak_first()?;
        }
        let timers = &config.timers;
        if let Some(after) = timers.preface {
            self.timers.set(Timer::Preface, self.now + after);
        }
        if let Some(age) = timers.max_age {
            let share = u64::from(timers.max_age_jitter.min(100));
            let nanos = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
            // From seed and time to a share of the jitter, evenly enough for spreading reconnects: connections of one
            // configuration do not go together.
            let seed = config.seed.wrapping_add(self.now.as_nanos());
            let spread = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % (2 * share + 1);
            let at = (nanos / 100).saturating_mul(100 - share + spread);
            self.timers.set(
                Timer::MaxAge,
                Instant::from_nanos(self.now.as_nanos().saturating_add(at)),
            );
        }
        self.arm_idle();
        self.arm_keepalive();
        Ok(())
    }

    /// Our SETTINGS, and the connection's window if it is not the initial one.
    pub(super) fn speak_first(&mut self) -> Result<(), ConfigError> {
        let config = self.config.clone();
        self.send_settings(&config.settings, true)?;
        self.spoken = true;
        let extra = self.recv_target - 65_535;
        if extra != 0 {
            self.recv_window.give_back(extra);
            self.announce_connection();
        }
        Ok(())
    }

    /// The latest time seen.
    #[inline]
    pub(super) fn tick(&mut self, now: Instant) {
        if now > self.now {
            self.now = now;
        }
    }

    /// Heap that the connection holds, octets, itself included; payloads are the program's.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<Self>()
            + self.payload.capacity()
            + self
                .block
                .as_ref()
                .map_or(0, |block| size_of::<Block>() + block.bytes.capacity())
            + self.decoder.heap_bytes()
            + self.encoder.heap_bytes()
            + self
                .collector
                .as_ref()
                .map_or(0, |c| size_of::<Collector>() + c.heap_bytes())
            + self.recycled.as_ref().map_or(0, |b| b.len())
            + self.store.heap_bytes()
            + self.closed.heap_bytes()
            + self.rare.as_ref().map_or(0, |rare| rare.heap_bytes())
            + self.output.heap_bytes()
            + self.marks.capacity() * size_of::<Mark>()
            + self.local.heap_bytes()
            + self.pings.heap_bytes()
            + self.tuner.as_ref().map_or(0, |_| size_of::<Tuner>())
            + self.config_bytes()
    }

    /// The configuration, once it is the connection's own and not what the caller gave it. Two
    /// counters go with it.
    fn config_bytes(&self) -> usize {
        if !self.owns_config {
            return 0;
        }
        let custom = self.config.settings.custom.capacity() * size_of::<(SettingId, u32)>();
        2 * size_of::<usize>() + size_of::<Config>() + custom
    }

    /// Gives scratch back that is not in use.
    pub(crate) fn trim(&mut self) {
        if self.payload.is_empty() {
            self.payload = Vec::new();
        }
        self.recycled = None;
        self.collector = None;
        self.decoder.trim();
        self.encoder.trim();
        self.store.trim();
        self.output.trim();
        if self.marks.is_empty() {
            self.marks = VecDeque::new();
        }
    }
}
