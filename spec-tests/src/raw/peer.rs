//! The peer: sends what it is told, reads and judges all that comes.

use std::collections::VecDeque;

use super::content::{Content, Frame};
use super::fault::PeerFault;
use super::frame::RawFrame;
use super::hpack::BlockReader;
use super::order::Order;
use super::parse::FrameParser;
use super::received::{Head, Received};
use super::settings::Announced;
use super::windows::Windows;
use super::wire::{DEFAULT_FRAME_SIZE, DEFAULT_WINDOW, PREFACE, flag, kind, setting};

mod send;

/// Which side this peer plays; the implementation under test plays the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This peer is the client.
    Client,
    /// This peer is the server.
    Server,
}

/// A block whose CONTINUATION frames are still to come.
#[derive(Clone, Debug)]
struct OpenBlock {
    stream: u32,
    start: Content,
    end_stream: bool,
    octets: Vec<u8>,
    frames: usize,
}

/// A scripted peer. It is no endpoint: it answers nothing by itself, unless told by [`Self::with_auto_ack`].
///
/// [`Self::send`] appends to an outbox that [`Self::take_output`] empties; [`Self::receive`] takes what the
/// implementation wrote. All that was received waits in a queue for the expectations (see [`super::expect`]). The
/// first fault ends reading; expectations report it once the queue before it is empty.
#[derive(Clone, Debug)]
pub struct RawPeer {
    role: Role,
    out: Vec<u8>,
    pub(super) queue: VecDeque<Received>,
    pub(super) fault: Option<PeerFault>,
    pub(super) eof: bool,
    parser: FrameParser,
    preface: Option<Vec<u8>>, // octets of the client's preface so far, while it is not complete
    first_frame: bool,
    block: Option<OpenBlock>,
    reader: BlockReader,
    announced: Announced,
    pings: VecDeque<[u8; 8]>,
    windows: Windows,
    order: Order,
    auto_ack: bool,
    judge_windows: bool,
    untracked: bool,
}

impl RawPeer {
    /// A peer that has sent nothing yet.
    pub fn new(role: Role) -> Self {
        Self {
            role,
            out: Vec::new(),
            queue: VecDeque::new(),
            fault: None,
            eof: false,
            parser: FrameParser::new(),
            preface: (role == Role::Server).then(Vec::new),
            first_frame: true,
            block: None,
            reader: BlockReader::default(),
            announced: Announced::default(),
            pings: VecDeque::new(),
            windows: Windows::default(),
            order: Order::default(),
            auto_ack: false,
            judge_windows: false,
            untracked: false,
        }
    }

    /// A client that has sent its preface and SETTINGS with `entries`.
    pub fn client(entries: &[(u16, u32)]) -> Self {
        let mut peer = Self::new(Role::Client);
        peer.out.extend_from_slice(PREFACE);
        peer.send(&RawFrame::settings(entries));
        peer
    }

    /// A server that has sent SETTINGS with `entries`.
    pub fn server(entries: &[(u16, u32)]) -> Self {
        let mut peer = Self::new(Role::Server);
        peer.send(&RawFrame::settings(entries));
        peer
    }

    /// Acknowledges every SETTINGS and answers every PING as it is received. They stay in the queue all the same.
    pub fn with_auto_ack(mut self) -> Self {
        self.auto_ack = true;
        self
    }

    /// Judges DATA against the windows we gave, and WINDOW_UPDATE against 2^31-1.
    pub fn with_windows(mut self) -> Self {
        self.judge_windows = true;
        self
    }

    /// The side this peer plays.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Takes octets that the implementation wrote. After a fault they are dropped.
    pub fn receive(&mut self, octets: &[u8]) {
        if self.fault.is_none() {
            self.fault = self.read(octets).err();
        }
    }

    /// The implementation closed its half of the byte stream.
    pub fn receive_eof(&mut self) {
        self.eof = true;
        if self.fault.is_none() && (self.parser.is_mid_frame() || self.block.is_some()) {
            self.fault = Some(PeerFault::EofInsideFrame);
        }
    }

    /// The first fault of the implementation, if there was one.
    pub fn fault(&self) -> Option<&PeerFault> {
        self.fault.as_ref()
    }

    /// Whether [`Self::receive_eof`] was called.
    pub fn is_eof(&self) -> bool {
        self.eof
    }

    /// What was received and not taken yet.
    pub fn queue(&self) -> impl ExactSizeIterator<Item = &Received> {
        self.queue.iter()
    }

    /// SETTINGS that the implementation owes an acknowledgement for.
    pub fn unacknowledged_settings(&self) -> usize {
        self.announced.unacknowledged()
    }

    /// What we may still send on a stream, or on the connection if `stream` is 0.
    pub fn may_send(&self, stream: u32) -> i64 {
        self.windows.may_send(stream)
    }

    /// What the implementation may still send on a stream, or on the connection if `stream` is 0.
    pub fn may_receive(&self, stream: u32) -> i64 {
        self.windows
            .may_receive(stream, self.their_initial_window())
    }

    /// Whether both sides have ended a stream with END_STREAM.
    pub fn is_ended(&self, stream: u32) -> bool {
        self.order.is_ended(stream)
    }

    /// Streams that the implementation opened and that are not closed.
    pub fn open_streams(&self) -> u32 {
        self.order.open_by_them()
    }

    /// The dynamic table that the implementation's encoder built, as our reader has it: its size in octets.
    pub fn table_size(&self) -> usize {
        self.reader.table_size()
    }

    fn their_initial_window(&self) -> u32 {
        self.announced
            .largest(setting::INITIAL_WINDOW_SIZE, DEFAULT_WINDOW)
    }

    /// Limits that the implementation may use already.
    fn apply_limits(&mut self) {
        self.parser.set_max_frame_size(
            self.announced
                .largest(setting::MAX_FRAME_SIZE, DEFAULT_FRAME_SIZE),
        );
        self.reader
            .raise_limit(self.announced.largest(setting::HEADER_TABLE_SIZE, 4096));
    }

    fn read(&mut self, octets: &[u8]) -> Result<(), PeerFault> {
        let octets = self.read_preface(octets)?;
        self.parser.push(octets);
        while let Some(frame) = self.parser.next_frame()? {
            self.on_frame(frame)?;
        }
        Ok(())
    }

    /// Takes the preface off the first octets, if this is a server.
    fn read_preface<'a>(&mut self, octets: &'a [u8]) -> Result<&'a [u8], PeerFault> {
        let Some(seen) = &mut self.preface else {
            return Ok(octets);
        };
        let (part, rest) = octets.split_at(octets.len().min(PREFACE.len() - seen.len()));
        seen.extend_from_slice(part);
        if !PREFACE.starts_with(seen) {
            return Err(PeerFault::Preface(seen.clone()));
        }
        if seen.len() == PREFACE.len() {
            self.preface = None;
        }
        Ok(rest)
    }

    fn on_frame(&mut self, frame: Frame) -> Result<(), PeerFault> {
        let is_settings = frame.kind == kind::SETTINGS && !frame.has(flag::ACK);
        if std::mem::take(&mut self.first_frame) && !is_settings {
            return Err(PeerFault::FirstFrame(frame.kind));
        }
        if let Some(block) = self.block.take() {
            return self.on_continuation(block, frame);
        }
        let (stream, end_stream, ack) = (
            frame.stream,
            frame.has(flag::END_STREAM),
            frame.has(flag::ACK),
        );
        let received = match frame.content {
            Content::Headers { ref fragment, .. } | Content::PushPromise { ref fragment, .. } => {
                let octets = fragment.clone();
                let ended = frame.has(flag::END_HEADERS);
                let end_stream = end_stream && frame.kind == kind::HEADERS;
                let block = OpenBlock {
                    stream,
                    start: frame.content,
                    end_stream,
                    octets,
                    frames: 1,
                };
                return self.go_on(block, ended);
            }
            Content::Continuation { .. } => return Err(PeerFault::StrayContinuation(stream)),
            Content::Data(data) => {
                self.on_data(stream, frame.length, end_stream)?;
                Received::Data {
                    stream,
                    data,
                    flow: frame.length,
                    end_stream,
                }
            }
            Content::Priority(fields) => Received::Priority { stream, fields },
            Content::RstStream { code } => {
                self.order.they_reset(stream)?;
                Received::Rst { stream, code }
            }
            Content::Settings(entries) => self.on_settings(entries, ack)?,
            Content::Ping(payload) => self.on_ping(payload, ack)?,
            Content::GoAway {
                last_stream,
                code,
                debug,
            } => {
                self.order.they_go(last_stream)?;
                Received::GoAway {
                    last_stream,
                    code,
                    debug,
                }
            }
            Content::WindowUpdate { increment } => {
                self.on_window_update(stream, increment)?;
                Received::WindowUpdate { stream, increment }
            }
            Content::AltSvc { origin, value } => Received::AltSvc {
                stream,
                origin,
                value,
            },
            Content::Origin(origins) => Received::Origin(origins),
            Content::PriorityUpdate { prioritized, value } => {
                Received::PriorityUpdate { prioritized, value }
            }
            Content::Unknown(payload) => Received::Unknown {
                kind: frame.kind,
                flags: frame.flags,
                stream,
                payload,
            },
        };
        self.queue.push_back(received);
        Ok(())
    }

    fn on_continuation(&mut self, mut block: OpenBlock, frame: Frame) -> Result<(), PeerFault> {
        let ended = frame.has(flag::END_HEADERS);
        match frame.content {
            Content::Continuation { fragment } if frame.stream == block.stream => {
                block.octets.extend_from_slice(&fragment);
                block.frames += 1;
                self.go_on(block, ended)
            }
            _ => Err(PeerFault::InsideBlock(frame.kind)),
        }
    }

    fn go_on(&mut self, block: OpenBlock, ended: bool) -> Result<(), PeerFault> {
        if !ended {
            self.block = Some(block);
            return Ok(());
        }
        let OpenBlock {
            stream,
            start,
            end_stream,
            octets,
            frames,
        } = block;
        let read = self
            .reader
            .read(&octets)
            .map_err(|fault| PeerFault::Block { stream, fault })?;
        let received = match start {
            Content::PushPromise { promised, .. } => {
                self.on_push(stream, promised)?;
                Received::PushPromise {
                    stream,
                    promised,
                    fields: read.fields,
                }
            }
            other => {
                let priority = if let Content::Headers { priority, .. } = other {
                    priority
                } else {
                    None
                };
                let (they_open, limit) = (self.role == Role::Server, self.stream_limit());
                self.order
                    .they_sent_head(stream, &read.fields, end_stream, they_open, limit)?;
                let (fields, size_updates, encoded) =
                    (read.fields, read.size_updates, octets.len());
                Received::Headers(Head {
                    stream,
                    fields,
                    end_stream,
                    priority,
                    frames,
                    encoded,
                    size_updates,
                })
            }
        };
        self.queue.push_back(received);
        Ok(())
    }

    /// SETTINGS_MAX_CONCURRENT_STREAMS as it binds the implementation; none before it acknowledged one.
    fn stream_limit(&self) -> Option<u32> {
        self.announced.in_force(setting::MAX_CONCURRENT_STREAMS)?;
        Some(self.announced.largest(setting::MAX_CONCURRENT_STREAMS, 0))
    }

    fn on_push(&mut self, stream: u32, promised: u32) -> Result<(), PeerFault> {
        if self.role == Role::Server || self.announced.largest(setting::ENABLE_PUSH, 1) == 0 {
            return Err(PeerFault::Push(promised));
        }
        self.order.they_promised(stream, promised)
    }

    fn on_data(&mut self, stream: u32, flow: u32, end: bool) -> Result<(), PeerFault> {
        let initial = self.their_initial_window();
        self.order.they_sent_data(stream, end)?;
        let verdict = self.windows.they_sent(stream, flow, initial);
        if self.judge_windows { verdict } else { Ok(()) }
    }

    fn on_window_update(&mut self, stream: u32, increment: u32) -> Result<(), PeerFault> {
        if stream != 0 {
            self.order.they_granted(stream)?;
        }
        let verdict = self.windows.they_granted(stream, increment);
        if self.judge_windows { verdict } else { Ok(()) }
    }

    fn on_settings(&mut self, entries: Vec<(u16, u32)>, ack: bool) -> Result<Received, PeerFault> {
        if ack {
            match self.announced.acknowledged() {
                Some(entries) => {
                    for &(_, limit) in entries
                        .iter()
                        .filter(|entry| entry.0 == setting::HEADER_TABLE_SIZE)
                    {
                        self.reader.set_limit(limit);
                    }
                    self.apply_limits();
                }
                None if self.untracked => {}
                None => return Err(PeerFault::UnaskedSettingsAck),
            }
            return Ok(Received::SettingsAck);
        }
        for &(_, initial) in entries
            .iter()
            .filter(|entry| entry.0 == setting::INITIAL_WINDOW_SIZE)
        {
            self.windows.they_set_initial(initial);
        }
        if self.auto_ack {
            self.send(&RawFrame::settings_ack());
        }
        Ok(Received::Settings(entries))
    }

    fn on_ping(&mut self, payload: [u8; 8], ack: bool) -> Result<Received, PeerFault> {
        if !ack {
            if self.auto_ack {
                self.send(&RawFrame::ping_ack(payload));
            }
            return Ok(Received::Ping(payload));
        }
        match self.pings.iter().position(|ping| *ping == payload) {
            Some(at) => {
                self.pings.remove(at);
            }
            None if self.untracked => {}
            None => return Err(PeerFault::UnaskedPingAck(payload)),
        }
        Ok(Received::PingAck(payload))
    }
}

#[cfg(test)]
mod tests;
