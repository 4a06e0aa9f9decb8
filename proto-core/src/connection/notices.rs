//! What the program is told outside of the input's order: a few bits and one list, no queue.

use super::inner::{Inner, Phase, Tell};
use crate::event::Event;
use crate::stream::Notice;

impl Inner {
    #[inline]
    pub(crate) fn has_notices(&self) -> bool {
        self.tell.0 != 0 || !self.notices.is_empty() || self.ledger.has_warning()
    }

    /// The next notice; the last one is `Closed`.
    #[cold]
    pub(super) fn take_notice(&mut self) -> Option<Event<'static>> {
        if let Some(limit) = self.ledger.take_warning() {
            return Some(Event::Pressure(limit));
        }
        while let Some(slot) = self.notices.first() {
            if let Some(event) = self.stream_notice(slot) {
                return Some(event);
            }
            self.notices.pop(&mut self.store);
            self.store.reclaim(slot);
        }
        if self.tell.0 & Tell::CAN_OPEN != 0 {
            self.tell.0 &= !Tell::CAN_OPEN;
            return Some(Event::CanOpen);
        }
        if self.tell.0 & Tell::CLOSED != 0 {
            self.tell.0 &= !Tell::CLOSED;
            self.phase = Phase::Over;
            return self.reason.map(Event::Closed);
        }
        None
    }

    /// One notice of a stream; it leaves the list with its last one.
    fn stream_notice(&mut self, slot: u32) -> Option<Event<'static>> {
        let name = self.store.name(slot);
        let stream = self.store.at_mut(slot);
        let bit = 1_u8.checked_shl(stream.notice.0.trailing_zeros())?;
        stream.notice.0 &= !bit;
        Some(match bit {
            Notice::WRITABLE => Event::Writable { stream: name },
            Notice::DRAINED => Event::Drained { stream: name },
            Notice::PRIORITY => Event::Priority {
                stream: name,
                priority: stream.priority,
            },
            _ => Event::Ended {
                stream: name,
                end: stream.end,
            },
        })
    }

    pub(super) fn notify(&mut self, slot: u32, notice: u8) {
        self.store.at_mut(slot).notice.0 |= notice;
        self.notices.push(&mut self.store, slot);
    }
}
