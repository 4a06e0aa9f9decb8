//! Flow control as the peer sees it, in both directions (RFC 9113 5.2, 6.9).

use std::collections::BTreeMap;

use super::fault::PeerFault;
use super::wire::{DEFAULT_WINDOW, MAX_31};

/// The windows of one direction. A stream's window is the initial size plus what moved on it since.
#[derive(Clone, Debug)]
struct Direction {
    connection: i64,
    moved: BTreeMap<u32, i64>,
}

impl Default for Direction {
    fn default() -> Self {
        Self {
            connection: i64::from(DEFAULT_WINDOW),
            moved: BTreeMap::new(),
        }
    }
}

impl Direction {
    fn move_by(&mut self, stream: u32, amount: i64) {
        *self.moved.entry(stream).or_default() += amount;
    }

    fn stream(&self, stream: u32, initial: u32) -> i64 {
        i64::from(initial) + self.moved.get(&stream).copied().unwrap_or(0)
    }
}

/// Both directions: what we let the implementation send, and what it lets us send.
#[derive(Clone, Debug)]
pub struct Windows {
    theirs: Direction,
    ours: Direction,
    our_initial: u32,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            theirs: Direction::default(),
            ours: Direction::default(),
            our_initial: DEFAULT_WINDOW,
        }
    }
}

impl Windows {
    /// We sent WINDOW_UPDATE; stream 0 is the connection.
    pub fn we_granted(&mut self, stream: u32, increment: u32) {
        if stream == 0 {
            self.theirs.connection += i64::from(increment);
        } else {
            self.theirs.move_by(stream, i64::from(increment));
        }
    }

    /// We sent DATA of `flow` octets, padding included. It may go beyond the windows: then they turn negative.
    pub fn we_sent(&mut self, stream: u32, flow: u32) {
        self.ours.connection -= i64::from(flow);
        self.ours.move_by(stream, -i64::from(flow));
    }

    /// The implementation sent DATA. `initial` is the largest initial window it may go by.
    ///
    /// # Errors
    /// [`PeerFault::BeyondWindow`]; what was sent is counted all the same.
    pub fn they_sent(&mut self, stream: u32, flow: u32, initial: u32) -> Result<(), PeerFault> {
        self.theirs.connection -= i64::from(flow);
        self.theirs.move_by(stream, -i64::from(flow));
        for (stream, window) in [
            (stream, self.theirs.stream(stream, initial)),
            (0, self.theirs.connection),
        ] {
            // A frame without octets may be sent at any window, a negative one too.
            if window < 0 && flow > 0 {
                return Err(PeerFault::BeyondWindow {
                    stream,
                    excess: window.unsigned_abs(),
                });
            }
        }
        Ok(())
    }

    /// The implementation sent WINDOW_UPDATE.
    ///
    /// # Errors
    /// [`PeerFault::WindowOverflow`] if our window is above 2^31-1 now.
    pub fn they_granted(&mut self, stream: u32, increment: u32) -> Result<(), PeerFault> {
        if stream == 0 {
            self.ours.connection += i64::from(increment);
        } else {
            self.ours.move_by(stream, i64::from(increment));
        }
        if self.may_send(stream) > i64::from(MAX_31) {
            Err(PeerFault::WindowOverflow(stream))
        } else {
            Ok(())
        }
    }

    /// The implementation's SETTINGS_INITIAL_WINDOW_SIZE.
    pub fn they_set_initial(&mut self, initial: u32) {
        self.our_initial = initial;
    }

    /// What we may still send on a stream, or on the connection if `stream` is 0.
    pub fn may_send(&self, stream: u32) -> i64 {
        if stream == 0 {
            self.ours.connection
        } else {
            self.ours.stream(stream, self.our_initial)
        }
    }

    /// What the implementation may still send on a stream, or on the connection if `stream` is 0.
    pub fn may_receive(&self, stream: u32, initial: u32) -> i64 {
        if stream == 0 {
            self.theirs.connection
        } else {
            self.theirs.stream(stream, initial)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_beyond_a_window_is_told_by_how_much() {
        let mut windows = Windows::default();
        assert_eq!(windows.they_sent(1, 65_535, 65_535), Ok(()));
        assert_eq!(windows.they_sent(1, 0, 65_535), Ok(()));
        assert_eq!(
            windows.they_sent(1, 1, 65_535),
            Err(PeerFault::BeyondWindow {
                stream: 1,
                excess: 1
            })
        );
        // Without octets DATA may be sent at any window.
        assert_eq!(windows.they_sent(1, 0, 65_535), Ok(()));
        windows.we_granted(1, 10);
        assert_eq!(
            windows.they_sent(1, 1, 65_535),
            Err(PeerFault::BeyondWindow {
                stream: 0,
                excess: 2
            })
        );
        windows.we_granted(0, 3);
        assert_eq!(windows.they_sent(1, 1, 65_535), Ok(()));
        assert_eq!(
            (
                windows.may_receive(0, 65_535),
                windows.may_receive(1, 65_535)
            ),
            (0, 7)
        );
    }

    #[test]
    fn our_windows_follow_their_settings_and_grants() {
        let mut windows = Windows::default();
        windows.we_sent(1, 100);
        windows.they_set_initial(50);
        assert_eq!(
            (
                windows.may_send(1),
                windows.may_send(3),
                windows.may_send(0)
            ),
            (-50, 50, 65_435)
        );
        assert_eq!(windows.they_granted(3, MAX_31 - 50), Ok(()));
        assert_eq!(
            windows.they_granted(3, 1),
            Err(PeerFault::WindowOverflow(3))
        );
        assert_eq!(
            windows.they_granted(0, MAX_31),
            Err(PeerFault::WindowOverflow(0))
        );
    }
}
