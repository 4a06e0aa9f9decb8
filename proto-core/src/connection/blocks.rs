//! Field blocks: HEADERS, PUSH_PROMISE and their CONTINUATIONs (RFC 9113 4.3, 6.2, 6.6, 6.10).

use super::inner::Inner;
use super::input::{Block, Kind};
use super::recv::{Fault, Outcome};
use crate::error::{LimitName, Violation};
use crate::frame::{Flags, FrameHead, headers_fragment, push_fragment};
use crate::limits::Account;
use crate::stream::Closed;
use crate::vocabulary::{ErrorCode, FrameType, StreamId};
use alloc::boxed::Box;

impl Inner {
    /// What the head of a block's frame decides.
    pub(super) fn judge_block_head(&mut self, head: FrameHead) -> Result<(), Fault> {
        let limits = &self.config.limits;
        let held = self.block.as_ref().map_or(0, |block| block.bytes.len());
        // The fixed fields are not part of the block; 300 octets hold them and any padding.
        if held + head.length as usize > limits.block_bytes as usize + 300 {
            return Err(Fault::Limit(LimitName::BlockSize));
        }
        match head.kind {
            FrameType::HEADERS if head.stream.is_connection() => {
                Err(Violation::HeadersOnConnection.into())
            }
            FrameType::PUSH_PROMISE if !self.is_client => Err(Violation::PushAtServer.into()),
            FrameType::PUSH_PROMISE if self.local.in_force.push_refused => {
                Err(Violation::PushDisabled.into())
            }
            FrameType::CONTINUATION => {
                let Some(block) = &mut self.block else {
                    return Err(Violation::ContinuationUnexpected.into());
                };
                block.continuations += 1;
                if block.continuations > limits.block_continuations {
                    return Err(Fault::Limit(LimitName::BlockSize));
                }
                if head.length == 0 && !head.flags.has(Flags::END_HEADERS) {
                    self.ledger.charge(limits, Account::Empty, self.now, 1)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    #[inline]
    pub(super) fn on_headers(&mut self, head: FrameHead, payload: &[u8]) -> Outcome<'static> {
        let fragment = headers_fragment(head.flags, payload)?;
        let kind = Kind::Headers {
            end: head.flags.has(Flags::END_STREAM),
        };
        if head.flags.has(Flags::END_HEADERS) {
            return self.on_block(head, kind, fragment);
        }
        self.begin_block(head, kind, fragment)
    }

    pub(super) fn on_push_promise(&mut self, head: FrameHead, payload: &[u8]) -> Outcome<'static> {
        let (promised, fragment) = push_fragment(head.flags, payload)?;
        let kind = Kind::Promise { promised };
        if head.flags.has(Flags::END_HEADERS) {
            return self.on_block(head, kind, fragment);
        }
        self.begin_block(head, kind, fragment)
    }

    fn begin_block(&mut self, head: FrameHead, kind: Kind, fragment: &[u8]) -> Outcome<'static> {
        self.block = Some(Box::new(Block {
            carrier: head.stream,
            head,
            kind,
            bytes: fragment.to_vec(),
            continuations: 0,
        }));
        self.arm_block();
        Ok(None)
    }

    pub(super) fn on_continuation(&mut self, head: FrameHead, payload: &[u8]) -> Outcome<'static> {
        let Some(mut block) = self.block.take() else {
            return Err(Violation::ContinuationUnexpected.into());
        };
        block.bytes.extend_from_slice(payload);
        block.head.length = block.head.length.saturating_add(head.length);
        if head.flags.has(Flags::END_HEADERS) {
            self.arm_block();
            let first = FrameHead {
                flags: block.head.flags.with(Flags::END_HEADERS),
                ..block.head
            };
            return self.on_block(first, block.kind, &block.bytes);
        }
        self.block = Some(block);
        Ok(None)
    }

    /// A whole block.
    #[inline]
    fn on_block(&mut self, head: FrameHead, kind: Kind, block: &[u8]) -> Outcome<'static> {
        match kind {
            Kind::Headers { end } if self.is_client => self.on_response_block(head, end, block),
            Kind::Headers { end } => self.on_request_block(head, end, block),
            Kind::Promise { promised } => self.on_promise_block(head, promised, block),
        }
    }

    /// A promise that crossed our refusal of push: decoded for HPACK's sake, then refused.
    fn on_promise_block(
        &mut self,
        head: FrameHead,
        promised: StreamId,
        block: &[u8],
    ) -> Outcome<'static> {
        if promised.is_connection() || promised.is_client() || promised <= self.last_peer_id {
            return Err(Violation::PushStream.into());
        }
        let parent = head.stream;
        let fit = match self.store.find(parent) {
            Some(slot) => self.store.at(slot).state.can_receive(),
            // On one that we reset, promises may still be on their way.
            None => {
                parent.is_client()
                    && !self.is_idle(parent)
                    && self.closed.find(parent) != Some(Closed::Known)
            }
        };
        if !fit {
            return Err(Violation::PushStream.into());
        }
        self.last_peer_id = promised;
        self.skip_block(head, block)?;
        // Only a few can have crossed our SETTINGS.
        self.ledger
            .charge(&self.config.limits, Account::Resets, self.now, 1)?;
        self.refuse(promised, ErrorCode::REFUSED_STREAM);
        Ok(None)
    }
}
