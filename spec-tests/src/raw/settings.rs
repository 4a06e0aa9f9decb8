//! The SETTINGS we sent: what binds the implementation, and from when (RFC 9113 6.5.3).

use std::collections::{BTreeMap, VecDeque};

/// Settings acknowledged, and those in flight.
///
/// A change in the peer's favour may be used as soon as it can have been read; one against it binds from its
/// acknowledgement on. So a limit to judge by is the largest of what is in force and what is in flight.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    in_force: BTreeMap<u16, u32>,
    in_flight: VecDeque<Vec<(u16, u32)>>,
}

impl Announced {
    /// A SETTINGS frame was sent.
    pub fn sent(&mut self, entries: Vec<(u16, u32)>) {
        self.in_flight.push_back(entries);
    }

    /// The oldest frame in flight was acknowledged: its entries, now in force. `None` if there was none.
    pub fn acknowledged(&mut self) -> Option<Vec<(u16, u32)>> {
        let entries = self.in_flight.pop_front()?;
        self.in_force.extend(entries.iter().copied());
        Some(entries)
    }

    /// Frames not yet acknowledged.
    pub fn unacknowledged(&self) -> usize {
        self.in_flight.len()
    }

    /// The value acknowledged last.
    pub fn in_force(&self, id: u16) -> Option<u32> {
        self.in_force.get(&id).copied()
    }

    /// The largest value that the peer may go by; `default` stands for one never acknowledged.
    pub fn largest(&self, id: u16, default: u32) -> u32 {
        let in_flight = self
            .in_flight
            .iter()
            .flatten()
            .filter(|entry| entry.0 == id)
            .map(|entry| entry.1);
        in_flight.fold(self.in_force(id).unwrap_or(default), u32::max)
    }
}
