//! What few connections need: kept apart, so that the others do not pay for it.

use crate::ping::PingWatch;
use crate::vocabulary::{Priority, SettingId, StreamId};
use alloc::vec::Vec;

/// Gaps that are remembered.
const GAPS: usize = 8;
/// Unknown settings that are remembered.
const UNKNOWN: usize = 16;

/// Made at the first use of any.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Identifiers that the peer skipped: first and last of each gap.
    gaps: Vec<(u32, u32)>,
    /// Priorities for streams that are not open yet.
    pub(super) parked: Vec<(StreamId, Priority)>,
    /// Settings of the peer's that this crate does not know.
    unknown: Vec<(SettingId, u32)>,
    /// How often the peer has pinged.
    pub(super) ping_watch: PingWatch,
}

impl Rare {
    /// Remembers identifiers that were skipped; of many gaps the latest.
    pub(super) fn push_gap(&mut self, first: u32, last: u32) {
        if self.gaps.len() == GAPS {
            self.gaps.remove(0);
        }
        self.gaps.push((first, last));
    }

    /// Whether an identifier was skipped.
    pub(super) fn is_gap(&self, id: StreamId) -> bool {
        self.gaps
            .iter()
            .any(|&(first, last)| (first..=last).contains(&id.get()))
    }

    /// Takes the priority of a stream that opens; those of earlier ones are of no use any more.
    pub(super) fn unpark(&mut self, id: StreamId) -> Option<Priority> {
        let found = self.parked.iter().find(|(parked, _)| *parked == id);
        let priority = found.map(|(_, priority)| *priority);
        self.parked.retain(|(parked, _)| *parked > id);
        priority
    }

    /// Remembers an unknown setting, the latest value of each; of many settings the first.
    pub(super) fn note_setting(&mut self, id: SettingId, value: u32) {
        if let Some(known) = self.unknown.iter_mut().find(|(known, _)| *known == id) {
            known.1 = value;
        } else if self.unknown.len() < UNKNOWN {
            self.unknown.push((id, value));
        }
    }

    pub(super) fn setting(&self, id: SettingId) -> Option<u32> {
        let found = self.unknown.iter().find(|(known, _)| *known == id);
        found.map(|(_, value)| *value)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Self>()
            + self.gaps.capacity() * size_of::<(u32, u32)>()
            + self.parked.capacity() * size_of::<(StreamId, Priority)>()
            + self.unknown.capacity() * size_of::<(SettingId, u32)>()
    }
}
