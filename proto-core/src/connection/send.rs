//! What the program sends: heads, bodies, trailers. Everything is checked before anything changes.

use super::encode::Checked;
use super::inner::{Inner, Mark, Phase, Tell};
use crate::error::{HeadError, OpenError, SendError};
use crate::frame::{Flags, FrameHead};
use crate::headers::{Fields, Head, HeadKind, Level, MethodKind, OutgoingSummary};
use crate::limits::Account;
use crate::observer::{Content, Direction, Seen};
use crate::stream::{Bits, Notice, State};
use crate::vocabulary::{FrameType, StreamId, StreamRef};
use bytes::Bytes;

/// The most that `data` takes from one `Bytes` at once, octets: queues count in 32 bits.
const MOST: usize = 1 << 30;

impl Inner {
    /// Opens a request.
    pub(crate) fn request<F: Fields + ?Sized>(
        &mut self,
        fields: &F,
        end: bool,
    ) -> Result<StreamRef, OpenError> {
        self.may_open()?;
        let Checked { summary, found } = self
            .check(fields, HeadKind::Request)
            .map_err(OpenError::Head)?;
        if summary.method == MethodKind::ExtendedConnect && !self.peer.enable_connect_protocol {
            return Err(OpenError::NoExtendedConnect);
        }
        let limit = self.peer.max_header_list_size.unwrap_or(u32::MAX);
        if summary.list_size > limit {
            return Err(OpenError::HeadTooLarge {
                size: summary.list_size,
                limit,
            });
        }
        let id = StreamId::new(self.next_id);
        self.next_id += 2;
        self.write_head(id, fields, &found, end);
        Ok(self.open_local(id, &summary, end))
    }

    fn may_open(&mut self) -> Result<(), OpenError> {
        if self.phase != Phase::Active
            || self.goaway_sent.is_some()
            || self.goaway_received.is_some()
        {
            return Err(OpenError::Draining);
        }
        if self.next_id > StreamId::MAX.get() {
            return Err(OpenError::IdsExhausted);
        }
        if self.counts.local >= self.stream_limit() {
            self.wants_open = true;
            return Err(OpenError::Limit);
        }
        if self.output_is_full() {
            self.wants_open = true;
            return Err(OpenError::OutputFull);
        }
        Ok(())
    }

    /// Streams that we may have open.
    pub(crate) fn stream_limit(&self) -> u32 {
        let first = self.config.send.initial_max_streams;
        let theirs = self.peer_settings().map_or(first, |peer| {
            peer.max_concurrent_streams.unwrap_or(u32::MAX)
        });
        theirs.min(self.config.send.max_streams)
    }

    #[inline]
    fn output_is_full(&self) -> bool {
        let marks = self.marks.len() * size_of::<Mark>();
        self.output.arena_len() + marks > self.config.limits.output_bytes as usize
    }

    /// Tells the program that it may open again, if it asked and that is so.
    pub(super) fn offer_open(&mut self) {
        if self.counts.local < self.stream_limit()
            && !self.output_is_full()
            && self.phase == Phase::Active
        {
            self.wants_open = false;
            self.tell.0 |= Tell::CAN_OPEN;
        }
    }

    fn open_local(&mut self, id: StreamId, summary: &OutgoingSummary, end: bool) -> StreamRef {
        let method = match summary.method {
            MethodKind::Head => Bits::IS_HEAD,
            MethodKind::Connect | MethodKind::ExtendedConnect => Bits::IS_CONNECT,
            _ => 0,
        };
        let state = if end {
            State::HalfClosedLocal
        } else {
            State::Open
        };
        let bits = Bits::LOCAL | Bits::COUNTED | Bits::HEAD_SENT | method;
        let slot = self.store.insert(id);
        let (recv, send) = (
            self.local.in_force.initial_window_size,
            self.peer.initial_window_size,
        );
        let offset = self.output.committed();
        let stream = self.store.at_mut(slot);
        stream.open(id, state, bits, recv, send);
        if method != Bits::IS_CONNECT {
            stream.send_left = summary.content_length.unwrap_or(u64::MAX);
        }
        self.marks.push_back(Mark { offset, slot, id });
        self.raise_window(slot);
        self.counts.local += 1;
        self.counts.live += 1;
        self.stats.streams_sent += 1;
        self.arm_progress();
        self.store.name(slot)
    }

    /// Checks what a stream's head may be.
    #[inline]
    fn check_head<F: Fields + ?Sized>(
        &self,
        slot: u32,
        fields: &F,
        kind: HeadKind,
    ) -> Result<Checked, SendError> {
        if !self.store.at(slot).state.can_send() {
            return Err(SendError::Sequence);
        }
        if self.output_is_full() {
            return Err(SendError::OutputFull);
        }
        let checked = self.check(fields, kind).map_err(SendError::Head)?;
        let limit = self.peer.max_header_list_size.unwrap_or(u32::MAX);
        if checked.summary.list_size > limit {
            return Err(SendError::HeadTooLarge {
                size: checked.summary.list_size,
                limit,
            });
        }
        Ok(checked)
    }

    /// Server: the final head.
    pub(crate) fn response<F: Fields + ?Sized>(
        &mut self,
        slot: u32,
        fields: &F,
        end: bool,
    ) -> Result<(), SendError> {
        let stream = self.store.at(slot);
        if stream.bits.has(Bits::HEAD_SENT) {
            return Err(SendError::Sequence);
        }
        let (is_head, is_connect) = (
            stream.bits.has(Bits::IS_HEAD),
            stream.bits.has(Bits::IS_CONNECT),
        );
        let Checked { summary, found } = self.check_head(slot, fields, HeadKind::Response)?;
        if summary.status < 200 {
            return Err(SendError::Sequence);
        }
        let mut length = summary.content_length;
        let tunnel = is_connect && self.opens_tunnel(summary.status, &mut length)?;
        let no_body = is_head || matches!(summary.status, 204 | 304);
        if end && !no_body && length.unwrap_or(0) != 0 {
            return Err(SendError::Length);
        }
        let id = stream.id;
        self.write_head(id, fields, &found, end);
        let stream = self.store.at_mut(slot);
        stream.bits.set(Bits::HEAD_SENT);
        if tunnel {
            stream.bits.set(Bits::TUNNEL);
        }
        stream.send_left = length.unwrap_or(u64::MAX);
        if no_body {
            stream.bits.set(Bits::SENDS_NO_BODY);
            stream.send_left = 0;
        }
        if end {
            self.we_ended(slot);
        }
        self.arm_progress();
        Ok(())
    }

    /// Whether an answer to CONNECT opens a tunnel, which has no length (RFC 9110 9.3.6).
    #[cold]
    fn opens_tunnel(&self, status: u16, length: &mut Option<u64>) -> Result<bool, SendError> {
        if status >= 300 {
            return Ok(false);
        }
        match length.take() {
            Some(_) if self.config.level == Level::Strict => {
                Err(SendError::Head(HeadError::ContentLengthForbidden))
            }
            _ => Ok(true),
        }
    }

    /// Server: an informational head.
    pub(crate) fn informational<F: Fields + ?Sized>(
        &mut self,
        slot: u32,
        fields: &F,
    ) -> Result<(), SendError> {
        if self.store.at(slot).bits.has(Bits::HEAD_SENT) {
            return Err(SendError::Sequence);
        }
        let Checked { summary, found } = self.check_head(slot, fields, HeadKind::Response)?;
        if summary.status >= 200 {
            return Err(SendError::Sequence);
        }
        let id = self.store.at(slot).id;
        self.write_head(id, fields, &found, false);
        self.arm_progress();
        Ok(())
    }

    /// Our END_STREAM is committed.
    #[inline]
    pub(super) fn we_ended(&mut self, slot: u32) {
        let stream = self.store.at_mut(slot);
        stream.state = stream.state.ended_by_us();
        if stream.state.is_closed() {
            self.complete_stream(slot);
        }
    }

    /// Queues body octets, as many as fit below the mark: all of `data` or nothing.
    pub(crate) fn data(
        &mut self,
        slot: u32,
        data: &mut Bytes,
        end: bool,
    ) -> Result<usize, SendError> {
        let mark = self.config.send.stream_mark;
        let stream = self.store.at_mut(slot);
        if !stream.state.can_send() || stream.bits.has(Bits::END_QUEUED) || stream.has_trailers() {
            return Err(SendError::Sequence);
        }
        if !stream.bits.has(Bits::HEAD_SENT) {
            return Err(SendError::NoHead);
        }
        let len = data.len();
        if stream.send_left != u64::MAX {
            let fits = if end {
                stream.send_left == len as u64
            } else {
                stream.send_left >= len as u64
            };
            if !fits {
                return Err(SendError::Length);
            }
        }
        if stream.queued >= mark && len > 0 {
            stream.bits.set(Bits::WANTS_WRITABLE);
            return Ok(0);
        }
        let taken = len.min(MOST);
        if taken < len {
            stream.bits.set(Bits::WANTS_WRITABLE);
        }
        if stream.send_left != u64::MAX {
            stream.send_left -= taken as u64;
        }
        if taken > 0 {
            let piece = if taken == len {
                core::mem::take(data)
            } else {
                data.split_to(taken)
            };
            stream.push(piece);
        }
        if end && taken == len {
            stream.bits.set(Bits::END_QUEUED);
            if stream.queued == 0 {
                self.write_end(slot);
                return Ok(taken);
            }
        }
        self.make_ready(slot);
        Ok(taken)
    }

    /// An empty DATA frame that ends our message: it needs no window.
    fn write_end(&mut self, slot: u32) {
        let id = self.store.at(slot).id;
        self.write_data_head(id, 0, 0, true);
        self.arm_progress();
        self.we_ended(slot);
    }

    /// The head of a DATA frame of `octets`. `overhead` is the padding and the octet for its
    /// length, or 0.
    #[inline(always)]
    pub(super) fn write_data_head(&mut self, id: StreamId, octets: u32, overhead: u32, end: bool) {
        let end = if end { Flags::END_STREAM } else { Flags::NONE };
        let padded = if overhead == 0 {
            Flags::NONE
        } else {
            Flags::PADDED
        };
        let flags = end.with(padded);
        let head = FrameHead {
            length: octets + overhead,
            kind: FrameType::DATA,
            flags,
            stream: id,
        };
        self.stats.frames_sent.count(FrameType::DATA);
        // A peer that measures its path answers each DATA with a PING.
        self.ledger
            .refund(&self.config.limits, Account::Control, self.now, 1);
        self.output.arena().extend_from_slice(&head.encode());
        if overhead != 0 {
            self.output.arena().push((overhead - 1) as u8);
        }
        if let Some(observer) = &mut self.observer {
            observer.frame(&Seen::new(
                self.now,
                Direction::Out,
                head,
                Content::Data { octets },
            ));
        }
    }

    /// Trailers end our message: now, or once the last DATA is framed.
    pub(crate) fn trailers<F: Fields + ?Sized>(
        &mut self,
        slot: u32,
        fields: &F,
    ) -> Result<(), SendError> {
        let kind = if self.is_client {
            HeadKind::RequestTrailers
        } else {
            HeadKind::ResponseTrailers
        };
        let stream = self.store.at(slot);
        if stream.bits.has(Bits::END_QUEUED | Bits::TUNNEL) || stream.has_trailers() {
            return Err(SendError::Sequence);
        }
        if !stream.bits.has(Bits::HEAD_SENT) {
            return Err(SendError::NoHead);
        }
        let found = self.check_head(slot, fields, kind)?.found;
        let stream = self.store.at_mut(slot);
        if stream.send_left != u64::MAX && stream.send_left != 0 {
            return Err(SendError::Length);
        }
        if stream.queued != 0 && !self.frame_rest(slot) {
            let stream = self.store.at_mut(slot);
            stream.more.get_or_insert_with(Default::default).trailers =
                Some(Head::from_fields(fields));
            return Ok(());
        }
        let id = self.store.at(slot).id;
        self.write_head(id, fields, &found, true);
        self.arm_progress();
        self.we_ended(slot);
        Ok(())
    }

    /// Trailers whose stream's last DATA was just framed.
    pub(super) fn write_trailers(&mut self, slot: u32) {
        let stream = self.store.at_mut(slot);
        let id = stream.id;
        let Some(more) = stream.more.take() else {
            return;
        };
        if let Some(trailers) = more.trailers {
            let found = self.find(&trailers);
            self.write_head(id, &trailers, &found, true);
        }
    }

    /// Drops what is queued and not framed; how many octets were framed is for the program to know.
    pub(crate) fn discard_unsent(&mut self, slot: u32) -> u64 {
        self.urgency.remove(&mut self.store, slot);
        let stream = self.store.at_mut(slot);
        if stream.queued != 0 {
            let dropped = u64::from(stream.drop_queue());
            stream.bits.clear(Bits::END_QUEUED);
            if stream.send_left != u64::MAX {
                // The announced length can no longer be met; what follows is a reset or trailers.
                stream.send_left = stream.send_left.saturating_add(dropped);
            }
            if stream.bits.take(Bits::BLOCKED) {
                self.stats.blocked_by_streams += self.now.saturating_since(stream.blocked_since);
            }
            self.mark_drained(slot);
            self.tell_writable(slot);
        }
        self.store.at(slot).data_framed
    }

    /// A drained notice was asked for and nothing is queued: it waits for the output.
    pub(super) fn mark_drained(&mut self, slot: u32) {
        let offset = self.output.committed();
        let stream = self.store.at_mut(slot);
        if stream.bits.has(Bits::WANTS_DRAINED) && !stream.bits.has(Bits::DRAIN_MARKED) {
            stream.bits.set(Bits::DRAIN_MARKED);
            let id = stream.id;
            self.marks.push_back(Mark { offset, slot, id });
        }
    }

    pub(crate) fn notify_drained(&mut self, slot: u32) {
        let stream = self.store.at_mut(slot);
        if stream.bits.has(Bits::DRAIN_MARKED) {
            return;
        }
        stream.bits.set(Bits::WANTS_DRAINED);
        let ends = stream.bits.has(Bits::END_QUEUED) || stream.has_trailers();
        if stream.queued != 0 || (ends && stream.state.can_send()) {
            // Its last frame will be marked.
            return;
        }
        if self.output.is_empty() {
            stream.bits.clear(Bits::WANTS_DRAINED);
            self.notify(slot, Notice::DRAINED);
        } else {
            self.mark_drained(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Inner, OpenError};
    use crate::config::Config;
    use crate::vocabulary::{Instant, StreamId};
    use alloc::sync::Arc;

    #[test]
    fn the_last_identifier_is_the_last_request() {
        let config = Arc::new(Config::default());
        let mut inner = Inner::new(true, config, Instant::ZERO).unwrap();
        inner.next_id = StreamId::MAX.get() - 2;
        let head = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/"),
        ];
        for id in [0x7fff_fffd, 0x7fff_ffff] {
            let stream = inner.request(&head, true).unwrap();
            assert_eq!(stream.id().get(), id);
        }
        assert_eq!(inner.request(&head, true), Err(OpenError::IdsExhausted));
    }
}
