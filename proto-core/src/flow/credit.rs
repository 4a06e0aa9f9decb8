//! The receiving side of one window: what the peer may send, what it was not told yet.

use super::window::{Overflow, Window};

/// A receive window and the credit that waits for a WINDOW_UPDATE.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Credit {
    window: Window,
    /// Given back, not announced yet.
    pending: u32,
}

impl Credit {
    pub(crate) const fn new(octets: u32) -> Self {
        Self {
            window: Window::new(octets),
            pending: 0,
        }
    }

    /// The peer sent `octets`; false if it may not.
    #[inline]
    #[must_use]
    pub(crate) fn receive(&mut self, octets: u32) -> bool {
        self.window.take(octets)
    }

    /// `octets` were consumed.
    #[inline]
    pub(crate) fn give_back(&mut self, octets: u32) {
        self.pending = self.pending.saturating_add(octets);
    }

    /// Whether enough waits to be worth a frame: half of the whole window, or anything when the
    /// peer cannot send at all. The latter may cost small frames, but a reader that waits for the
    /// rest of a message is never left waiting for credit that we hold.
    #[inline]
    pub(crate) const fn is_due(&self, whole: u32) -> bool {
        self.pending != 0 && (self.pending >= whole / 2 || self.window.available() == 0)
    }

    /// Announces all that waits: the increment, 0 if nothing does.
    pub(crate) fn announce(&mut self) -> u32 {
        let increment = self.pending;
        // What is pending was taken from a window of at most 2^31-1, and raises are capped by it.
        match self.window.add(increment) {
            Ok(()) => {
                self.pending = 0;
                increment
            }
            Err(Overflow) => {
                let room = 0x7fff_ffff - self.window.available();
                let _ = self.window.add(room);
                self.pending -= room;
                room
            }
        }
    }

    /// Our INITIAL_WINDOW_SIZE changed: the peer has acknowledged it.
    pub(crate) fn shift(&mut self, by: i64) {
        if self.window.shift(by).is_err() {
            self.window = Window::new(0x7fff_ffff);
        }
    }

    /// What the peer may still send.
    pub(crate) const fn available(&self) -> u32 {
        self.window.available()
    }

    /// What waits to be announced.
    pub(crate) const fn pending(&self) -> u32 {
        self.pending
    }
}

#[cfg(test)]
mod tests {
    use super::Credit;

    #[test]
    fn announced_at_half_of_the_target() {
        let mut credit = Credit::new(100);
        assert!(credit.receive(60));
        credit.give_back(49);
        assert!(!credit.is_due(100));
        credit.give_back(1);
        assert!(credit.is_due(100));
        assert_eq!(credit.announce(), 50);
        assert_eq!((credit.available(), credit.pending()), (90, 0));
        assert!(!credit.receive(91));
    }

    #[test]
    fn a_blocked_peer_hears_at_once() {
        let mut credit = Credit::new(80);
        assert!(credit.receive(79));
        credit.give_back(1);
        assert!(!credit.is_due(80));
        assert!(credit.receive(1));
        assert!(credit.is_due(80));
    }
}
