//! What went over the wire, counted from the octets alone: what a connection's own counters are held to.

use std::collections::{BTreeMap, VecDeque};

use crate::raw::Role;
use crate::raw::wire::{HEAD, MAX_31, PREFACE, flag, kind, setting};

/// Types that are counted one by one; those from 10 on are counted together.
pub(super) const KINDS: usize = 11;

/// Octets of payload that are kept of a frame other than SETTINGS.
const KEPT: usize = 8;

/// One direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// All octets.
    pub(super) octets: u64,
    /// Frames whose head is whole, by type.
    pub(super) frames: [u64; KINDS],
    /// Connection credit granted in the other direction, less what DATA of this one took. May be negative for a peer
    /// that lies.
    pub(super) credit: i64,
    /// Octets of the preface that have not come.
    preface: usize,
    head: Vec<u8>,
    payload: Vec<u8>,
    left: usize,
    /// Of an unfinished field block: its stream, if it ends it.
    block_ends: bool,
}

/// A whole frame.
struct Whole {
    kind: u8,
    flags: u8,
    stream: u32,
    /// The first octets of the payload, all of SETTINGS.
    payload: Vec<u8>,
}

impl Whole {
    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The 31-bit number that the payload begins with.
    fn number(&self) -> u32 {
        let first = self.payload.first_chunk::<4>().copied();
        u32::from_be_bytes(first.unwrap_or_default()) & MAX_31
    }

    /// The largest value of a setting in it.
    fn setting(&self, wanted: u16) -> Option<u32> {
        let entries = self.payload.chunks_exact(6);
        let values = entries.filter_map(|entry| match *entry {
            [a, b, c, d, e, f] if u16::from_be_bytes([a, b]) == wanted => {
                Some(u32::from_be_bytes([c, d, e, f]))
            }
            _ => None,
        });
        values.max()
    }
}

impl Way {
    fn new(preface: bool) -> Self {
        Self {
            credit: 65_535,
            preface: if preface { PREFACE.len() } else { 0 },
            ..Self::default()
        }
    }

    /// Reads octets from the front; the frames that are whole now.
    fn read(&mut self, mut octets: &[u8]) -> Vec<Whole> {
        self.octets += octets.len() as u64;
        let mut whole = Vec::new();
        let skipped = self.preface.min(octets.len());
        self.preface -= skipped;
        octets = &octets[skipped..];
        while !octets.is_empty() {
            if self.head.len() < HEAD {
                let (head, rest) = octets.split_at((HEAD - self.head.len()).min(octets.len()));
                self.head.extend_from_slice(head);
                octets = rest;
                if self.head.len() < HEAD {
                    break;
                }
                self.begin();
            } else {
                let (piece, rest) = octets.split_at(self.left.min(octets.len()));
                let most = if self.head[3] == kind::SETTINGS {
                    usize::MAX
                } else {
                    KEPT
                };
                let kept = piece.len().min(most - self.payload.len());
                self.payload.extend_from_slice(&piece[..kept]);
                self.left -= piece.len();
                octets = rest;
            }
            if self.left == 0 {
                whole.push(self.end());
            }
        }
        whole
    }

    /// The head is whole.
    fn begin(&mut self) {
        self.left = u32::from_be_bytes([0, self.head[0], self.head[1], self.head[2]]) as usize;
        let kind = self.head[3];
        self.frames[usize::from(kind).min(KINDS - 1)] += 1;
        if kind == kind::DATA {
            self.credit -= self.left as i64;
        }
    }

    fn end(&mut self) -> Whole {
        let head = std::mem::take(&mut self.head);
        Whole {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & MAX_31,
            payload: std::mem::take(&mut self.payload),
        }
    }

    /// Whether a frame ends its stream: at the end of the block, if it is one.
    fn ends(&mut self, frame: &Whole) -> bool {
        match frame.kind {
            kind::DATA => frame.has(flag::END_STREAM),
            kind::HEADERS | kind::CONTINUATION => {
                if frame.kind == kind::HEADERS {
                    self.block_ends = frame.has(flag::END_STREAM);
                }
                frame.has(flag::END_HEADERS) && self.block_ends
            }
            _ => false,
        }
    }
}

/// What is open by the octets alone: whether the core, and whether the peer has ended it.
type Open = BTreeMap<u32, (bool, bool)>;

/// Both directions of one connection, as its core sees them.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) came: Way,
    pub(super) went: Way,
    role: Role,
    open: Open,
    /// What a peer that guesses did to streams whose heads are not written yet: whether it reset them.
    early: BTreeMap<u32, bool>,
    last_opened: u32,
    opened: u64,
    /// What a GOAWAY of the core's, and one of the peer's, covers.
    covered: (u32, u32),
    /// The peer's PINGs that wait for an answer.
    pub(super) asked: VecDeque<[u8; 8]>,
    /// PINGs of the core's without an answer.
    pub(super) unanswered: Vec<[u8; 8]>,
    /// The core's SETTINGS that were not acknowledged, and the peer's. Negative if one acknowledged too much.
    pub(super) settings: (i64, i64),
    /// The largest table size, and the most streams, that the core ever allowed.
    pub(super) table: u32,
    pub(super) streams: u32,
    /// The most streams that the peer ever allowed; `None` before its SETTINGS.
    pub(super) theirs: Option<u32>,
}

impl Tally {
    pub(super) fn new(role: Role) -> Self {
        Self {
            came: Way::new(role == Role::Server),
            went: Way::new(role == Role::Client),
            role,
            open: Open::new(),
            early: BTreeMap::new(),
            last_opened: 0,
            opened: 0,
            covered: (MAX_31, MAX_31),
            asked: VecDeque::new(),
            unanswered: Vec::new(),
            settings: (0, 0),
            table: 4_096,
            streams: 0,
            theirs: None,
        }
    }

    /// Streams that are open by what was seen.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// Streams that the client ever opened.
    pub(super) fn opened(&self) -> u64 {
        self.opened
    }

    /// The core consumed octets.
    pub(super) fn received(&mut self, octets: &[u8]) {
        for frame in self.came.read(octets) {
            let ends = self.came.ends(&frame);
            self.streams(&frame, ends, false);
            match frame.kind {
                kind::PING if frame.has(flag::ACK) => {
                    self.unanswered.retain(|ping| ping[..] != frame.payload);
                }
                kind::PING => self.asked.extend(<[u8; 8]>::try_from(frame.payload)),
                kind::SETTINGS if frame.has(flag::ACK) => self.settings.0 -= 1,
                kind::SETTINGS => {
                    self.settings.1 += 1;
                    let most = frame.setting(setting::MAX_CONCURRENT_STREAMS);
                    let most = most.or((self.theirs.is_none()).then_some(u32::MAX));
                    self.theirs = self.theirs.max(most);
                }
                kind::WINDOW_UPDATE if frame.stream == 0 => {
                    self.went.credit += i64::from(frame.number());
                }
                kind::GOAWAY => {
                    self.covered.1 = self.covered.1.min(frame.number());
                    let (role, last) = (self.role, self.covered.1);
                    self.open
                        .retain(|id, _| role == Role::Server || *id <= last);
                }
                _ => {}
            }
        }
    }

    /// The transport took octets.
    ///
    /// # Panics
    /// If a PING is answered that did not come, or not in turn; if DATA goes beyond the connection's window.
    pub(super) fn sent(&mut self, octets: &[u8]) {
        for frame in self.went.read(octets) {
            let ends = self.went.ends(&frame);
            self.streams(&frame, ends, true);
            match frame.kind {
                kind::PING if frame.has(flag::ACK) => {
                    let asked = self.asked.pop_front();
                    let answer = <[u8; 8]>::try_from(frame.payload).ok();
                    assert_eq!(answer, asked, "an answer to another PING");
                }
                kind::PING => self.unanswered.extend(<[u8; 8]>::try_from(frame.payload)),
                kind::SETTINGS if frame.has(flag::ACK) => self.settings.1 -= 1,
                kind::SETTINGS => {
                    self.settings.0 += 1;
                    let table = frame.setting(setting::HEADER_TABLE_SIZE);
                    self.table = self.table.max(table.unwrap_or(0));
                    let streams = frame.setting(setting::MAX_CONCURRENT_STREAMS);
                    self.streams = self.streams.max(streams.unwrap_or(0));
                }
                kind::WINDOW_UPDATE if frame.stream == 0 => {
                    self.came.credit += i64::from(frame.number());
                }
                kind::GOAWAY => {
                    self.covered.0 = self.covered.0.min(frame.number());
                    let (role, last) = (self.role, self.covered.0);
                    self.open
                        .retain(|id, _| role == Role::Client || *id <= last);
                }
                _ => {}
            }
        }
        let credit = self.went.credit;
        assert!(credit >= 0, "{} octets of DATA beyond the window", -credit);
    }

    fn streams(&mut self, frame: &Whole, ends: bool, ours: bool) {
        let id = frame.stream;
        let opens = ours == (self.role == Role::Client);
        let ended_block = frame.has(flag::END_HEADERS);
        match frame.kind {
            kind::HEADERS | kind::CONTINUATION if opens && ended_block && id > self.last_opened => {
                self.last_opened = id;
                self.opened += 1;
                let last = if ours { self.covered.1 } else { self.covered.0 };
                let early = self.early.remove(&id);
                if id <= last && early != Some(true) {
                    self.open.insert(id, (false, early.is_some()));
                }
            }
            kind::RST_STREAM => drop(self.open.remove(&id)),
            _ => {}
        }
        let reset = frame.kind == kind::RST_STREAM;
        if self.role == Role::Client && !ours && id > self.last_opened && (ends || reset) {
            *self.early.entry(id).or_default() |= reset;
        }
        if let (true, Some(stream)) = (ends, self.open.get_mut(&id)) {
            if ours {
                stream.0 = true;
            } else {
                stream.1 = true;
            }
            if *stream == (true, true) {
                self.open.remove(&id);
            }
        }
    }
}
