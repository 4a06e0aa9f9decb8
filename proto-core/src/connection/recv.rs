//! Bytes in: prefaces, frame heads, and payloads whole or in pieces.

use super::inner::{Inner, Phase};
use super::input::Rx;
use crate::error::{CloseReason, LimitName, OtherProtocol, Violation};
use crate::event::{Event, Step};
use crate::frame::{Flags, FrameHead, Opening, PREFACE, opening};
use crate::limits::Overdraft;
use crate::observer::{Content, Direction, Seen};
use crate::timer::Timer;
use crate::vocabulary::FrameType;

/// Why the connection must end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Violation(Violation),
    Limit(LimitName),
    NotHttp2(OtherProtocol),
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}

impl From<Overdraft> for Fault {
    fn from(overdraft: Overdraft) -> Self {
        Self::Limit(overdraft.0)
    }
}

impl From<Fault> for CloseReason {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Violation(violation) => Self::Violation(violation),
            Fault::Limit(limit) => Self::Limit(limit),
            Fault::NotHttp2(other) => Self::NotHttp2(other),
        }
    }
}

/// What a piece of input gave.
pub(super) type Outcome<'i> = Result<Option<Event<'i>>, Fault>;

/// Payload octets that are kept of frames whose rest may be dropped: GOAWAY's debug data,
/// PRIORITY_UPDATE's field value.
const TAIL: u32 = 256;

impl Inner {
    pub(crate) fn next_event<'i>(
        &mut self,
        now: crate::vocabulary::Instant,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        self.tick(now);
        let before = input.len();
        let step = self.step(input);
        let consumed = before - input.len();
        if consumed != 0 {
            self.last_heard = self.now;
            self.stats.bytes_received += consumed as u64;
        }
        step
    }

    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        loop {
            if self.has_notices() {
                if let Some(event) = self.take_notice() {
                    return Step::Event(event);
                }
            }
            if self.phase != Phase::Active {
                *input = &[];
                return Step::NeedInput;
            }
            if input.is_empty() {
                return Step::NeedInput;
            }
            if self.replies_are_full() {
                return Step::NeedWrite;
            }
            match self.advance(input) {
                Ok(Some(event)) => return Step::Event(event),
                Ok(None) => {}
                Err(fault) => self.fail(fault.into()),
            }
        }
    }

    /// Consumes what belongs together: a head, a payload, a chunk.
    #[inline]
    fn advance<'i>(&mut self, input: &mut &'i [u8]) -> Outcome<'i> {
        match self.rx {
            Rx::Head => match self.read_head(input) {
                Some(head) => self.on_head(head, input),
                None => Ok(None),
            },
            Rx::Data(data) => Ok(self.on_data_chunk(data, input)),
            Rx::Payload { head, needed } => self.collect(head, needed, input),
            Rx::PadLength(head) => {
                let Some((&pad, rest)) = input.split_first() else {
                    return Ok(None);
                };
                *input = rest;
                let data = self.on_data_head(head, Some(pad))?;
                // There may be nothing behind it but the end of the message.
                Ok(self.on_data_chunk(data, input))
            }
            Rx::Skip { left } => {
                let n = (left as usize).min(input.len());
                *input = &input[n..];
                self.rx = if n == left as usize {
                    Rx::Head
                } else {
                    Rx::Skip {
                        left: left - n as u32,
                    }
                };
                Ok(None)
            }
            Rx::Preface => self.read_preface(input).map(|()| None),
        }
    }

    fn read_preface(&mut self, input: &mut &[u8]) -> Result<(), Fault> {
        let have = usize::from(self.partial_len);
        let n = (PREFACE.len() - have).min(input.len());
        if n == 0 {
            return Ok(());
        }
        self.partial[have..have + n].copy_from_slice(&input[..n]);
        *input = &input[n..];
        self.partial_len += n as u8;
        match opening(&self.partial[..have + n]) {
            Opening::Preface => {
                self.partial_len = 0;
                self.rx = Rx::Head;
                self.ensure_spoken();
                Ok(())
            }
            Opening::Partial => Ok(()),
            Opening::Other(OtherProtocol::Unknown) => Err(Violation::PrefaceInvalid.into()),
            Opening::Other(other) => Err(Fault::NotHttp2(other)),
        }
    }

    #[inline]
    fn read_head(&mut self, input: &mut &[u8]) -> Option<FrameHead> {
        if self.partial_len == 0 {
            if let Some((head, rest)) = input.split_first_chunk::<9>() {
                *input = rest;
                return Some(FrameHead::parse(head));
            }
        }
        self.read_head_in_pieces(input)
    }

    #[cold]
    fn read_head_in_pieces(&mut self, input: &mut &[u8]) -> Option<FrameHead> {
        let have = usize::from(self.partial_len);
        let n = (FrameHead::SIZE - have).min(input.len());
        self.partial[have..have + n].copy_from_slice(&input[..n]);
        *input = &input[n..];
        self.partial_len += n as u8;
        if have + n < FrameHead::SIZE {
            return None;
        }
        self.partial_len = 0;
        self.partial.first_chunk::<9>().map(FrameHead::parse)
    }

    /// A frame begins: what its head alone decides is decided now, however its payload arrives.
    #[inline]
    fn on_head<'i>(&mut self, head: FrameHead, input: &mut &'i [u8]) -> Outcome<'i> {
        self.stats.frames_received.count(head.kind);
        if head.length > self.local.max_frame_size() {
            return Err(Violation::FrameTooLarge.into());
        }
        if let Some(block) = &self.block {
            if head.kind != FrameType::CONTINUATION || head.stream != block.carrier {
                return Err(Violation::BlockInterrupted.into());
            }
        }
        if !self.peer_settings_seen
            && (head.kind != FrameType::SETTINGS || head.flags.has(Flags::ACK))
        {
            return Err(Violation::PrefaceNoSettings.into());
        }
        if head.kind == FrameType::DATA {
            if head.flags.has(Flags::PADDED) {
                if head.length == 0 {
                    return Err(Violation::TruncatedFrame.into());
                }
                self.rx = Rx::PadLength(head);
                return Ok(None);
            }
            if let Some(event) = self.on_whole_data(head, input) {
                return Ok(Some(event));
            }
            let data = self.on_data_head(head, None)?;
            // The usual case goes on at once: the chunk lies behind the head.
            return Ok(self.on_data_chunk(data, input));
        }
        let needed = self.needed(head)?;
        if let Some(needed) = needed {
            if let Some((payload, rest)) = input.split_at_checked(head.length as usize) {
                *input = rest;
                return self.on_frame(head, &payload[..needed as usize]);
            }
            self.rx = Rx::Payload { head, needed };
            if head.kind == FrameType::HEADERS || head.kind == FrameType::PUSH_PROMISE {
                self.start_block_deadline();
            }
            return self.collect(head, needed, input);
        }
        self.rx = Rx::Skip { left: head.length };
        Ok(None)
    }

    /// How much of a payload is worth keeping; `None` to skip it all. Wrong lengths and frames
    /// beyond their limits end here, before any of their octets are kept.
    #[inline]
    fn needed(&mut self, head: FrameHead) -> Result<Option<u32>, Fault> {
        let length = head.length;
        Ok(match head.kind {
            FrameType::HEADERS | FrameType::CONTINUATION | FrameType::PUSH_PROMISE => {
                self.judge_block_head(head)?;
                Some(length)
            }
            FrameType::WINDOW_UPDATE => fixed(length, 4, Violation::WindowUpdateLength)?,
            FrameType::RST_STREAM => fixed(length, 4, Violation::ResetLength)?,
            FrameType::PING => fixed(length, 8, Violation::PingLength)?,
            FrameType::SETTINGS => {
                self.judge_settings_head(head)?;
                Some(length)
            }
            FrameType::GOAWAY => {
                if length < 8 {
                    return Err(Violation::GoAwayLength.into());
                }
                Some(length.min(8 + TAIL))
            }
            FrameType::PRIORITY => Some(length.min(8)),
            FrameType::PRIORITY_UPDATE => Some(length.min(4 + TAIL)),
            _ => self.wants_extension(head)?.then_some(length),
        })
    }

    /// A payload in pieces.
    fn collect<'i>(&mut self, head: FrameHead, needed: u32, input: &mut &'i [u8]) -> Outcome<'i> {
        let n = (needed as usize - self.payload.len()).min(input.len());
        if self.payload.capacity() == 0 {
            // What a peer claims is not what it sends: grow with what arrives.
            self.payload.reserve((needed as usize).min(n.max(64)));
        }
        self.payload.extend_from_slice(&input[..n]);
        *input = &input[n..];
        if self.payload.len() < needed as usize {
            return Ok(None);
        }
        // What is not needed goes by; the frame counts when all of it is here.
        let rest = head.length - needed;
        if rest > 0 {
            let gone = (rest as usize).min(input.len());
            *input = &input[gone..];
            if gone < rest as usize {
                let length = head.length - gone as u32;
                self.rx = Rx::Payload {
                    head: FrameHead { length, ..head },
                    needed,
                };
                return Ok(None);
            }
        }
        let mut payload = core::mem::take(&mut self.payload);
        self.rx = Rx::Head;
        let outcome = match self.on_frame(head, &payload) {
            Ok(event) => Ok(event.map(Event::into_owned)),
            Err(fault) => Err(fault),
        };
        if self.block.is_none() {
            self.timers.stop(Timer::Block);
        }
        if payload.capacity() <= 1024 {
            payload.clear();
            self.payload = payload;
        }
        outcome
    }

    /// A whole frame other than DATA.
    #[inline]
    fn on_frame<'p>(&mut self, head: FrameHead, payload: &'p [u8]) -> Outcome<'p> {
        self.rx = Rx::Head;
        match head.kind {
            FrameType::HEADERS => self.on_headers(head, payload),
            FrameType::CONTINUATION => self.on_continuation(head, payload),
            FrameType::PUSH_PROMISE => self.on_push_promise(head, payload),
            kind => {
                self.observe(Direction::In, head, payload);
                match kind {
                    FrameType::WINDOW_UPDATE => self.on_window_update(head, payload),
                    FrameType::RST_STREAM => self.on_rst_stream(head, payload),
                    FrameType::SETTINGS => self.on_settings(head, payload),
                    FrameType::PING => self.on_ping(head, payload),
                    FrameType::GOAWAY => self.on_goaway(head, payload),
                    FrameType::PRIORITY => self.on_priority(head, payload),
                    FrameType::PRIORITY_UPDATE => self.on_priority_update(head, payload),
                    _ => self.on_extension(head, payload),
                }
            }
        }
    }

    #[inline]
    pub(super) fn observe(&mut self, direction: Direction, head: FrameHead, payload: &[u8]) {
        if let Some(observer) = &mut self.observer {
            observer.frame(&Seen::new(
                self.now,
                direction,
                head,
                Content::Payload(payload),
            ));
        }
    }

    /// Whether the replies that wait for the transport are at their limit.
    #[inline]
    pub(super) fn replies_are_full(&self) -> bool {
        self.reply_bytes > self.config.limits.reply_bytes && self.output.written() < self.reply_mark
    }

    /// Counts a reply that was just written to the output.
    pub(super) fn count_reply(&mut self, octets: u32) {
        if self.output.written() >= self.reply_mark {
            self.reply_bytes = 0;
        }
        self.reply_bytes = self.reply_bytes.saturating_add(octets);
        self.reply_mark = self.output.committed();
    }

    /// Starts or stops the deadline of an unfinished block.
    pub(super) fn arm_block(&mut self) {
        match &self.block {
            Some(_) => self.start_block_deadline(),
            None => self.timers.stop(Timer::Block),
        }
    }

    /// A block has begun, if only with a part of its first frame.
    fn start_block_deadline(&mut self) {
        if let Some(after) = self.config.timers.block {
            if !self.timers.is_set(Timer::Block) {
                self.timers.set(Timer::Block, self.now + after);
            }
        }
    }
}

#[inline]
fn fixed(length: u32, expected: u32, violation: Violation) -> Result<Option<u32>, Fault> {
    if length == expected {
        Ok(Some(length))
    } else {
        Err(violation.into())
    }
}
