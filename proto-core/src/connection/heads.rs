//! Heads in: who may open a stream, and what a decoded head means for its stream (RFC 9113 8.1).

use super::inner::Inner;
use super::recv::{Fault, Outcome};
use crate::error::{LimitName, Violation};
use crate::event::Event;
use crate::frame::FrameHead;
use crate::headers::{self, Collected, Collector, HeadKind, MethodKind, Rules};
use crate::hpack::{DecodeError, FieldMeta, Sink};
use crate::limits::Account;
use crate::observer::{Content, Direction, Seen};
use crate::stream::{Bits, Closed, State, Stream};
use crate::vocabulary::{ErrorCode, Priority, StreamId};
use alloc::boxed::Box;
use core::ops::ControlFlow;

/// HPACK's fields go straight into the collector; here alone the two meet.
struct Into<'a>(&'a mut Collector);

impl Sink for Into<'_> {
    #[inline]
    fn field(&mut self, name: &[u8], value: &[u8], meta: FieldMeta) -> ControlFlow<()> {
        self.0.field(headers::FieldIn {
            name,
            value,
            name_classes: meta.name,
            value_classes: meta.value,
            never_indexed: meta.never_indexed,
            known: meta.known,
        })
    }
}

/// Fields that nobody wants: decoded because the table depends on them.
struct Skipped {
    left: u32,
}

impl Sink for Skipped {
    fn field(&mut self, name: &[u8], value: &[u8], _: FieldMeta) -> ControlFlow<()> {
        let size = u32::try_from(name.len() + value.len() + 32).unwrap_or(u32::MAX);
        match self.left.checked_sub(size) {
            Some(left) => {
                self.left = left;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        }
    }
}

fn hpack_fault(error: DecodeError) -> Fault {
    match error {
        DecodeError::Aborted | DecodeError::StringTooLong => Fault::Limit(LimitName::HeaderList),
        _ => Fault::Violation(Violation::HpackFault),
    }
}

impl Inner {
    fn rules(&self) -> Rules {
        let config = &self.config;
        Rules {
            level: config.level,
            authority: config.authority,
            extended_connect: self.local.extended_connect(),
            max_list_size: config.settings.max_header_list_size,
            max_fields: config.limits.fields,
            hard_list_size: config.limits.hard_header_list_size,
        }
    }

    /// Decodes a block to its end. The outer error ends the connection, the inner one the stream.
    #[inline]
    fn decode_block(
        &mut self,
        head: FrameHead,
        kind: HeadKind,
        block: &[u8],
    ) -> Result<Result<Collected, Violation>, Fault> {
        let rules = self.rules();
        let collector = self.collector.get_or_insert_with(Box::default);
        collector.start(kind, &rules);
        let most = self.config.limits.hard_header_list_size as usize;
        self.decoder
            .decode(block, most, &mut Into(collector))
            .map_err(hpack_fault)?;
        let collected = collector.finish(self.recycled.take());
        if let Some(observer) = &mut self.observer {
            let fields = Content::Fields(collected.as_ref().ok().map(|c| &c.head));
            observer.frame(&Seen::new(self.now, Direction::In, head, fields));
        }
        Ok(collected)
    }

    /// Decodes a block for the table's sake alone. Returns its size (RFC 9113 6.5.2).
    pub(super) fn skip_block(&mut self, head: FrameHead, block: &[u8]) -> Result<u32, Fault> {
        let most = self.config.limits.hard_header_list_size;
        let mut skipped = Skipped { left: most };
        self.decoder
            .decode(block, most as usize, &mut skipped)
            .map_err(hpack_fault)?;
        if let Some(observer) = &mut self.observer {
            observer.frame(&Seen::new(
                self.now,
                Direction::In,
                head,
                Content::Fields(None),
            ));
        }
        Ok(most - skipped.left)
    }

    /// A server's block: a request, trailers, or something late.
    #[inline]
    pub(super) fn on_request_block(
        &mut self,
        head: FrameHead,
        end: bool,
        block: &[u8],
    ) -> Outcome<'static> {
        let id = head.stream;
        if !id.is_client() {
            return Err(Violation::HeadersBadStreamId.into());
        }
        if id > self.last_peer_id {
            return self.on_request(head, end, block);
        }
        match self.store.find(id) {
            Some(slot) => self.on_trailers(head, slot, end, block, HeadKind::RequestTrailers),
            None => self.on_late_block(head, block),
        }
    }

    /// A block on a stream that is over.
    fn on_late_block(&mut self, head: FrameHead, block: &[u8]) -> Outcome<'static> {
        if self.is_gap(head.stream) {
            return Err(Violation::HeadersBadStreamId.into());
        }
        if self.closed.find(head.stream) == Some(Closed::Known) {
            return Err(Violation::StreamClosed.into());
        }
        self.skip_block(head, block)?;
        Ok(None)
    }

    /// A client's block: a response, trailers, or something late.
    #[inline]
    pub(super) fn on_response_block(
        &mut self,
        head: FrameHead,
        end: bool,
        block: &[u8],
    ) -> Outcome<'static> {
        let id = head.stream;
        if !id.is_client() && self.is_idle(id) {
            return Err(Violation::HeadersBadStreamId.into());
        }
        match self.store.find(id) {
            Some(slot) if !self.store.at(slot).bits.has(Bits::HEAD_RECEIVED) => {
                self.on_response(head, slot, end, block)
            }
            Some(slot) => self.on_trailers(head, slot, end, block, HeadKind::ResponseTrailers),
            None if self.is_idle(id) => Err(Violation::IdleStream.into()),
            None => self.on_late_block(head, block),
        }
    }

    #[inline]
    fn on_request(&mut self, head: FrameHead, end: bool, block: &[u8]) -> Outcome<'static> {
        let id = head.stream;
        let before = self.note_peer_id(id);
        if self.goaway_sent.is_some_and(|last| id > last) {
            // Our GOAWAY does not cover it: the peer knows, or will know, that nothing happened.
            self.skip_block(head, block)?;
            self.closed.push(id, Closed::ByUs);
            return Ok(None);
        }
        if self.counts.remote >= self.local.max_concurrent_streams() {
            self.skip_block(head, block)?;
            // Before its acknowledgement a peer cannot know a limit that it breaks.
            if self.counts.remote >= self.local.in_force.max_concurrent_streams {
                self.ledger
                    .charge(&self.config.limits, Account::Resets, self.now, 1)?;
            }
            self.stats.stream_violations += 1;
            self.refuse(id, ErrorCode::REFUSED_STREAM);
            return Ok(None);
        }
        if self.head_bytes >= self.config.limits.head_bytes {
            let size = self.skip_block(head, block)?;
            return self.refuse_head(id, size);
        }
        let collected = match self.decode_block(head, HeadKind::Request, block) {
            Ok(collected) => collected,
            Err(fault) => {
                // Nobody has seen this request: GOAWAY must not claim it.
                self.last_peer_id = before;
                return Err(fault);
            }
        };
        match collected {
            Ok(collected) => self.open_request(id, end, collected),
            Err(violation) => {
                self.reject(id, violation)?;
                Ok(None)
            }
        }
    }

    /// No room for one more head. Costs by what it made us unpack: a page whose requests do not
    /// all fit is refused a few, heads that were sent to be held end the connection.
    fn refuse_head(&mut self, id: StreamId, size: u32) -> Outcome<'static> {
        let cost = 1 + size / 1024;
        self.ledger
            .charge(&self.config.limits, Account::HeadBytes, self.now, cost)?;
        self.refuse(id, ErrorCode::REFUSED_STREAM);
        Ok(None)
    }

    #[inline]
    fn open_request(&mut self, id: StreamId, end: bool, collected: Collected) -> Outcome<'static> {
        let Collected { head, summary } = collected;
        let length = match summary.method {
            MethodKind::Connect | MethodKind::ExtendedConnect => None,
            _ => summary.content_length,
        };
        if end && length.unwrap_or(0) != 0 {
            self.reject(id, Violation::ContentLengthMismatch)?;
            return Ok(None);
        }
        let charge = head.heap_bytes() as u32;
        if self.head_bytes != 0 && self.head_bytes + charge > self.config.limits.head_bytes {
            return self.refuse_head(id, head.list_size());
        }
        let bits = Bits::COUNTED
            | Bits::HEAD_RECEIVED
            | match summary.method {
                MethodKind::Head => Bits::IS_HEAD,
                MethodKind::Connect | MethodKind::ExtendedConnect => Bits::IS_CONNECT,
                _ => 0,
            };
        let state = if end {
            State::HalfClosedRemote
        } else {
            State::Open
        };
        let slot = self.store.insert(id);
        let (recv, send) = (
            self.local.in_force.initial_window_size,
            self.peer.initial_window_size,
        );
        let stream = self.store.at_mut(slot);
        stream.open(id, state, bits, recv, send);
        stream.recv_left = length.unwrap_or(u64::MAX);
        stream.head_bytes = charge;
        stream.priority = summary.priority.unwrap_or_default();
        self.raise_window(slot);
        self.head_bytes += charge;
        self.counts.remote += 1;
        self.counts.live += 1;
        self.stats.streams_received += 1;
        self.ledger
            .refund(&self.config.limits, Account::Priority, self.now, 2);
        if let Some(priority) = self.rare.as_mut().and_then(|rare| rare.unpark(id)) {
            self.store.at_mut(slot).priority = priority;
        }
        Ok(Some(Event::Request {
            stream: self.store.name(slot),
            head,
            end,
            overlong: summary.overlong,
        }))
    }

    /// A new stream's window follows the tuner, which may have raised the target.
    #[inline]
    pub(super) fn raise_window(&mut self, slot: u32) {
        let initial = self.local.in_force.initial_window_size;
        if self.tuner.is_some() && self.stream_target > initial {
            let more = self.stream_target - initial;
            self.store.at_mut(slot).recv.give_back(more);
            self.updates.push(&mut self.store, slot);
        }
    }

    fn on_response(
        &mut self,
        head: FrameHead,
        slot: u32,
        end: bool,
        block: &[u8],
    ) -> Outcome<'static> {
        // Nothing but a final head can end the peer's side before there was one.
        debug_assert!(self.store.at(slot).state.can_receive());
        let Collected {
            head: fields,
            summary,
        } = match self.decode_block(head, HeadKind::Response, block)? {
            Ok(collected) => collected,
            Err(violation) => {
                self.stream_fault(slot, violation)?;
                return Ok(None);
            }
        };
        let name = self.store.name(slot);
        if summary.status < 200 {
            // One for each request is what `expect: 100-continue` asks for.
            if self.store.at(slot).bits.has(Bits::INFORMED) {
                self.ledger
                    .charge(&self.config.limits, Account::Informational, self.now, 1)?;
            }
            self.store.at_mut(slot).bits.set(Bits::INFORMED);
            if end {
                self.stream_fault(slot, Violation::InformationalEndStream)?;
                return Ok(None);
            }
            return Ok(Some(Event::Informational {
                stream: name,
                head: fields,
            }));
        }
        let stream = self.store.at_mut(slot);
        if let Err(violation) = expect_body(stream, summary.status, summary.content_length, end) {
            self.stream_fault(slot, violation)?;
            return Ok(None);
        }
        let charge = fields.heap_bytes() as u32;
        stream.head_bytes += charge;
        stream.bits.set(Bits::HEAD_RECEIVED);
        self.head_bytes += charge;
        if end {
            self.peer_ended(slot);
        }
        Ok(Some(Event::Response {
            stream: name,
            head: fields,
            end,
            overlong: summary.overlong,
        }))
    }

    fn on_trailers(
        &mut self,
        head: FrameHead,
        slot: u32,
        end: bool,
        block: &[u8],
        kind: HeadKind,
    ) -> Outcome<'static> {
        let stream = self.store.at(slot);
        // State comes first: what the block holds does not matter any more.
        let late = if !stream.state.can_receive() {
            Some(Violation::StreamHalfClosed)
        } else if stream.bits.has(Bits::TUNNEL) {
            Some(Violation::ConnectTunnelHeaders)
        } else {
            None
        };
        if let Some(violation) = late {
            self.skip_block(head, block)?;
            self.stream_fault(slot, violation)?;
            return Ok(None);
        }
        let left = stream.recv_left;
        let no_body = stream.bits.has(Bits::NO_BODY);
        let violation = match self.decode_block(head, kind, block)? {
            Ok(_) if !end => Violation::TrailersNoEndStream,
            Ok(_) if !no_body && left != u64::MAX && left != 0 => Violation::ContentLengthMismatch,
            Ok(Collected { head, summary }) => {
                let name = self.store.name(slot);
                self.peer_ended(slot);
                return Ok(Some(Event::Trailers {
                    stream: name,
                    head,
                    overlong: summary.overlong,
                }));
            }
            Err(violation) => violation,
        };
        self.stream_fault(slot, violation)?;
        Ok(None)
    }

    /// Notes the identifier of a new stream of the peer's; those between are closed by it
    /// (RFC 9113 5.1.1).
    #[inline]
    fn note_peer_id(&mut self, id: StreamId) -> StreamId {
        let expected = if self.last_peer_id.is_connection() {
            1
        } else {
            self.last_peer_id.get() + 2
        };
        if id.get() > expected {
            self.rare
                .get_or_insert_default()
                .push_gap(expected, id.get() - 2);
        }
        core::mem::replace(&mut self.last_peer_id, id)
    }

    /// Whether the peer skipped this identifier.
    pub(super) fn is_gap(&self, id: StreamId) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.is_gap(id))
    }

    /// Whether nobody has used this identifier yet.
    pub(super) fn is_idle(&self, id: StreamId) -> bool {
        if id.is_client() == self.is_client {
            id.get() >= self.next_id
        } else {
            id > self.last_peer_id
        }
    }

    /// The program's priority for a stream overrides the peer's.
    pub(crate) fn set_priority(&mut self, slot: u32, priority: Priority) {
        self.store.at_mut(slot).bits.set(Bits::LOCAL_PRIORITY);
        self.urgency.set_priority(&mut self.store, slot, priority);
    }
}

/// What the peer's body may be, by RFC 9110 6.4.1 and 8.6.
fn expect_body(
    stream: &mut Stream,
    status: u16,
    length: Option<u64>,
    end: bool,
) -> Result<(), Violation> {
    if stream.bits.has(Bits::IS_CONNECT) && (200..300).contains(&status) {
        stream.bits.set(Bits::TUNNEL);
        return Ok(());
    }
    if stream.bits.has(Bits::IS_HEAD) || matches!(status, 204 | 304) {
        stream.bits.set(Bits::NO_BODY);
        stream.recv_left = 0;
        return Ok(());
    }
    if end && length.unwrap_or(0) != 0 {
        return Err(Violation::ContentLengthMismatch);
    }
    stream.recv_left = length.unwrap_or(u64::MAX);
    Ok(())
}
