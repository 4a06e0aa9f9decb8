//! Looking at a connection, and what little of it can be set from outside.

use super::inner::{Inner, Phase};
use super::{Queues, Stats};
use crate::error::{ExtensionError, LimitName};
use crate::frame::{Flags, FrameHead, PREFACE};
use crate::headers::Head;
use crate::observer::{Content, Direction, Observer, Seen};
use crate::settings::PeerSettings;
use crate::stream::Bits;
use crate::vocabulary::{FrameType, SettingId, StreamId, StreamRef};
use alloc::boxed::Box;
use alloc::vec::Vec;

impl Inner {
    pub(crate) fn peer_settings(&self) -> Option<&PeerSettings> {
        self.peer_settings_seen.then_some(&self.peer)
    }

    pub(crate) fn peer_setting(&self, id: SettingId) -> Option<u32> {
        self.rare.as_ref().and_then(|rare| rare.setting(id))
    }

    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }

    pub(crate) fn bytes_sent(&self) -> u64 {
        self.output.written()
    }

    pub(crate) fn queues(&self) -> Queues {
        let (block_bytes, block_continuations) = match &self.block {
            Some(block) => (block.bytes.len(), block.continuations as usize),
            None => (0, 0),
        };
        Queues {
            block_bytes,
            block_continuations,
            partial_bytes: self.payload.len(),
            head_bytes: self.head_bytes as usize,
            output_bytes: self.output.arena_len(),
            shared_bytes: self.output.len() - self.output.arena_len(),
            parked_priorities: self.rare.as_ref().map_or(0, |rare| rare.parked.len()),
            settings_in_flight: self.local.in_flight(),
            pings_in_flight: self.pings.in_flight(),
        }
    }

    pub(crate) fn limit_levels(&self) -> impl Iterator<Item = (LimitName, u64, u32)> + '_ {
        self.ledger.levels(&self.config.limits, self.now)
    }

    pub(crate) fn hpack_sizes(&self) -> (usize, usize) {
        (self.decoder.table_size(), self.encoder.table_size())
    }

    pub(crate) fn open_streams(&self) -> (u32, u32) {
        (self.counts.local, self.counts.remote)
    }

    pub(crate) fn recycle(&mut self, head: Head) {
        let memory = head.into_box();
        if self
            .recycled
            .as_ref()
            .is_none_or(|held| held.len() < memory.len())
            && memory.len() <= 4096
        {
            self.recycled = Some(memory);
        }
    }

    pub(crate) fn set_observer(&mut self, mut observer: Box<dyn Observer>) {
        if self.output.written() == 0 {
            self.show_committed(&mut *observer);
        }
        self.observer = Some(observer);
    }

    /// Shows what was committed before anybody looked: SETTINGS and the connection's window.
    fn show_committed(&self, observer: &mut dyn Observer) {
        let committed: Vec<u8> = self.output.chunks().flatten().copied().collect();
        let mut rest = committed.strip_prefix(&PREFACE).unwrap_or(&committed);
        while let Some((head, after)) = rest.split_first_chunk::<9>() {
            let head = FrameHead::parse(head);
            let Some((payload, after)) = after.split_at_checked(head.length as usize) else {
                return;
            };
            if matches!(head.kind, FrameType::SETTINGS | FrameType::WINDOW_UPDATE) {
                let content = Content::Payload(payload);
                observer.frame(&Seen::new(self.now, Direction::Out, head, content));
            }
            rest = after;
        }
    }

    pub(crate) fn resolve(&self, stream: StreamRef) -> Option<u32> {
        self.store.resolve(stream)
    }

    pub(crate) fn hold(&mut self, stream: StreamRef) {
        if let Some(slot) = self.store.resolve(stream) {
            self.store.at_mut(slot).bits.set(Bits::HELD);
        }
    }

    pub(crate) fn release_hold(&mut self, stream: StreamRef) {
        let slot = stream.slot();
        if slot < self.store.capacity() && self.store.at(slot).id == stream.id() {
            self.let_go(slot);
        }
    }

    pub(crate) fn send_extension(
        &mut self,
        kind: FrameType,
        flags: u8,
        stream: StreamId,
        payload: &[u8],
    ) -> Result<(), ExtensionError> {
        if kind.0 <= FrameType::CONTINUATION.0 {
            return Err(ExtensionError::Core);
        }
        if payload.len() > self.peer.max_frame_size as usize {
            return Err(ExtensionError::TooLarge {
                limit: self.peer.max_frame_size,
            });
        }
        if self.phase != Phase::Active {
            return Err(ExtensionError::Closed);
        }
        if self.output.arena_len() > self.config.limits.output_bytes as usize {
            return Err(ExtensionError::OutputFull);
        }
        self.ensure_spoken();
        let head = FrameHead {
            length: payload.len() as u32,
            kind,
            flags: Flags(flags),
            stream,
        };
        self.stats.frames_sent.count(kind);
        self.output.arena().extend_from_slice(&head.encode());
        self.output.arena().extend_from_slice(payload);
        self.observe(Direction::Out, head, payload);
        Ok(())
    }
}
