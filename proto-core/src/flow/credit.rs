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
    use alloc::vec::Vec;

    /// What may happen to a window, with an amount.
    const RECEIVE: u8 = 0;
    const GIVE_BACK: u8 = 1;
    const ANNOUNCE: u8 = 2;

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

    #[test]
    fn half_of_the_target_and_not_less() {
        let mut credit = Credit::new(1000);
        assert!(!credit.is_due(0), "nothing waits");
        assert!(credit.receive(500));
        credit.give_back(249);
        assert!(!credit.is_due(500));
        credit.give_back(1);
        assert!(credit.is_due(500));
        assert_eq!(credit.pending(), 250);
    }

    #[test]
    fn the_largest_window_takes_what_fits() {
        let mut credit = Credit::new(0x7fff_fff0);
        credit.give_back(20);
        assert_eq!(credit.announce(), 15);
        assert_eq!((credit.available(), credit.pending()), (0x7fff_ffff, 5));
        assert_eq!(credit.announce(), 0);
        assert!(credit.receive(3));
        assert_eq!((credit.announce(), credit.pending()), (3, 2));
    }

    #[test]
    fn a_shift_moves_the_window_and_stops_at_the_largest() {
        let mut credit = Credit::new(100);
        assert!(credit.receive(80));
        credit.shift(-50);
        assert_eq!(credit.available(), 0);
        credit.give_back(80);
        assert_eq!((credit.announce(), credit.available()), (80, 50));
        credit.shift(i64::from(u32::MAX));
        assert_eq!(credit.available(), 0x7fff_ffff);
    }

    /// The sender's account of its window, kept from what it sent and what it was told, is ours at
    /// every step, and no credit is lost: the whole is what is there, what is out, what waits.
    #[test]
    fn both_ends_keep_the_same_account() {
        fn law(whole: u16, steps: Vec<(u8, u16)>) -> bool {
            let whole = i64::from(whole);
            let mut credit = Credit::new(whole as u32);
            let (mut theirs, mut unread) = (whole, 0_i64);
            let mut shifted = 0;
            for (what, amount) in steps {
                let n = i64::from(amount);
                match what % 4 {
                    RECEIVE => {
                        let may = n == 0 || n <= theirs;
                        if credit.receive(u32::from(amount)) != may {
                            return false;
                        }
                        if may {
                            theirs -= n;
                            unread += n;
                        }
                    }
                    GIVE_BACK => {
                        let read = n.min(unread);
                        unread -= read;
                        credit.give_back(read as u32);
                    }
                    ANNOUNCE => theirs += i64::from(credit.announce()),
                    _ => {
                        let by = n - 32_768;
                        credit.shift(by);
                        (theirs, shifted) = (theirs + by, shifted + by);
                    }
                }
                let waits = i64::from(credit.pending());
                if i64::from(credit.available()) != theirs.max(0)
                    || theirs + unread + waits != whole + shifted
                {
                    return false;
                }
            }
            true
        }
        quickcheck::quickcheck(law as fn(_, _) -> bool);
    }
}
