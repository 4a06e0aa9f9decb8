//! PINGs that wait for their answer (RFC 9113 6.7), whoever sent them.

use crate::vocabulary::Instant;
use smallvec::SmallVec;

/// Why a PING was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// The program asked for it.
    Program,
    /// Nothing was heard for a while.
    Keepalive,
    /// To measure the bandwidth-delay product.
    Tuning,
    /// To let a round trip pass between two GOAWAYs.
    Shutdown,
}

#[derive(Clone, Copy, Debug)]
struct Outstanding {
    purpose: Purpose,
    payload: [u8; 8],
    sent: Instant,
}

/// PINGs in flight, at most [`Pings::MOST`].
#[derive(Debug, Default)]
pub(crate) struct Pings {
    outstanding: SmallVec<[Outstanding; 1]>,
    sequence: u32,
}

impl Pings {
    pub(crate) const MOST: usize = 16;

    pub(crate) fn is_full(&self) -> bool {
        self.outstanding.len() >= Self::MOST
    }

    /// Notes a PING of the program's.
    pub(crate) fn sent(&mut self, payload: [u8; 8], now: Instant) {
        self.outstanding.push(Outstanding {
            purpose: Purpose::Program,
            payload,
            sent: now,
        });
    }

    /// Notes one of ours and returns its payload.
    pub(crate) fn ours(&mut self, purpose: Purpose, now: Instant) -> [u8; 8] {
        self.sequence = self.sequence.wrapping_add(1);
        let [a, b, c, d] = self.sequence.to_be_bytes();
        let payload = [b'b', b'y', b'w', purpose as u8, a, b, c, d];
        self.outstanding.push(Outstanding {
            purpose,
            payload,
            sent: now,
        });
        payload
    }

    /// An answer came: whose it is, and when the PING was sent. `None` for answers to nothing.
    pub(crate) fn answered(&mut self, payload: [u8; 8]) -> Option<(Purpose, Instant)> {
        let at = self.outstanding.iter().position(|p| p.payload == payload)?;
        let found = self.outstanding.remove(at);
        Some((found.purpose, found.sent))
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        if self.outstanding.spilled() {
            self.outstanding.capacity() * size_of::<Outstanding>()
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Instant, Pings, Purpose};

    #[test]
    fn each_answer_once() {
        let mut pings = Pings::default();
        let ours = pings.ours(Purpose::Keepalive, Instant::from_nanos(1));
        pings.sent(*b"12345678", Instant::from_nanos(2));
        assert_eq!(
            pings.answered(*b"12345678"),
            Some((Purpose::Program, Instant::from_nanos(2)))
        );
        assert_eq!(pings.answered(*b"12345678"), None);
        assert_eq!(
            pings.answered(ours),
            Some((Purpose::Keepalive, Instant::from_nanos(1)))
        );
    }
}
