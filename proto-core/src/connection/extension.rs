//! Priorities and extensions in: PRIORITY (RFC 9113 6.3), PRIORITY_UPDATE (RFC 9218 7), ALTSVC
//! (RFC 7838 4), ORIGIN (RFC 8336 2), and frames that nobody knows (RFC 9113 5.5).

use super::inner::Inner;
use super::recv::{Fault, Outcome};
use crate::error::Violation;
use crate::event::{Event, Extension};
use crate::frame::FrameHead;
use crate::frame::extension::PriorityUpdate;
use crate::limits::Account;
use crate::stream::{Bits, Notice};
use crate::vocabulary::{FrameType, Priority, StreamId};
use alloc::borrow::Cow;

impl Inner {
    /// Decoded and ignored, as RFC 9113 5.3.2 asks.
    pub(super) fn on_priority(&mut self, head: FrameHead, _payload: &[u8]) -> Outcome<'static> {
        if head.stream.is_connection() {
            return Err(Violation::PriorityOnConnection.into());
        }
        self.ledger
            .charge(&self.config.limits, Account::Priority, self.now, 1)?;
        if head.length == 5 {
            return Ok(None);
        }
        if self.is_idle(head.stream) {
            return Err(Violation::PriorityLengthIdle.into());
        }
        if let Some(slot) = self.store.find(head.stream) {
            self.stream_fault(slot, Violation::PriorityLength)?;
        }
        Ok(None)
    }

    pub(super) fn on_priority_update(
        &mut self,
        head: FrameHead,
        payload: &[u8],
    ) -> Outcome<'static> {
        if self.is_client {
            return Err(Violation::PriorityUpdateAtClient.into());
        }
        if !head.stream.is_connection() {
            return Err(Violation::PriorityUpdateOnStream.into());
        }
        self.ledger
            .charge(&self.config.limits, Account::Priority, self.now, 1)?;
        let update = PriorityUpdate::parse(payload)?;
        let id = update.prioritized;
        // We promise no streams, so an even one is idle for ever.
        if !id.is_client() {
            return Err(Violation::PriorityUpdateStream.into());
        }
        // A value that was cut or cannot be read is ignored (RFC 9218 7).
        let priority = update
            .priority
            .filter(|_| head.length as usize == payload.len());
        match self.store.find(id) {
            Some(slot) => {
                if let Some(priority) = priority {
                    self.reprioritize(slot, priority);
                }
                Ok(None)
            }
            None if self.is_idle(id) => self.park(id, priority.unwrap_or_default()),
            None => Ok(None),
        }
    }

    fn reprioritize(&mut self, slot: u32, priority: Priority) {
        let stream = self.store.at(slot);
        if stream.bits.has(Bits::LOCAL_PRIORITY) || stream.priority == priority {
            return;
        }
        self.urgency.set_priority(&mut self.store, slot, priority);
        self.notify(slot, Notice::PRIORITY);
    }

    /// Keeps a priority for a stream that is not open yet (RFC 9218 7.1).
    fn park(&mut self, id: StreamId, priority: Priority) -> Outcome<'static> {
        let parked = &mut self.rare.get_or_insert_default().parked;
        if let Some(named) = parked.iter_mut().find(|(parked, _)| *parked == id) {
            named.1 = priority;
            return Ok(None);
        }
        let named = u32::try_from(parked.len()).unwrap_or(u32::MAX);
        if named.saturating_add(self.counts.remote) >= self.local.max_concurrent_streams() {
            return Err(Violation::PriorityUpdateStream.into());
        }
        if named < self.config.limits.parked_priorities {
            parked.push((id, priority));
        }
        Ok(None)
    }

    /// Whether an extension frame is delivered, and so collected.
    pub(super) fn wants_extension(&mut self, head: FrameHead) -> Result<bool, Fault> {
        let wanted = match head.kind {
            // Neither has a meaning to a server; ORIGIN has one only as RFC 8336 2.1 and 2.3 say.
            FrameType::ALTSVC => self.is_client,
            FrameType::ORIGIN => {
                self.is_client
                    && head.stream.is_connection()
                    && head.flags.0 & 0xf == 0
                    && self.config.secure
            }
            _ => self.config.raw_extensions,
        };
        self.ledger
            .charge(&self.config.limits, Account::Unknown, self.now, 1)?;
        Ok(wanted && head.length <= self.config.limits.extension_bytes)
    }

    pub(super) fn on_extension<'p>(&mut self, head: FrameHead, payload: &'p [u8]) -> Outcome<'p> {
        let FrameHead {
            kind,
            flags,
            stream,
            ..
        } = head;
        Ok(Some(Event::Extension(Extension {
            kind,
            flags: flags.0,
            stream,
            payload: Cow::Borrowed(payload),
        })))
    }
}
