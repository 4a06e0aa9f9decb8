//! PINGs that wait for their answer (RFC 9113 6.7), whoever sent them.

use crate::config::PingPolicy;
use crate::vocabulary::Instant;
use core::time::Duration;
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

/// PINGs in flight: at most [`Pings::MOST`], and the one of a shutdown.
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

    /// PINGs that wait for their answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.outstanding.len()
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

/// How often the peer's PINGs have come.
#[derive(Debug, Default)]
pub(crate) struct PingWatch {
    /// The last one that was no strike.
    last: Option<Instant>,
    strikes: u8,
    /// Frames of ours that wipe strikes out, as of the last PING.
    sent: u64,
}

impl PingWatch {
    const STRIKES: u8 = 2;
    /// Between PINGs of a peer that is not to ping while it has no streams.
    const IDLE: Duration = Duration::from_secs(2 * 3600);

    /// A PING came; whether it is one too many. `sent` counts HEADERS and DATA of ours.
    pub(crate) fn is_too_many(
        &mut self,
        policy: &PingPolicy,
        idle: bool,
        sent: u64,
        now: Instant,
    ) -> bool {
        if sent != self.sent {
            *self = PingWatch {
                sent,
                ..PingWatch::default()
            };
        }
        let least = if idle && !policy.while_idle {
            Self::IDLE
        } else {
            policy.min_interval
        };
        match self.last {
            Some(last) if now < last + least => self.strikes += 1,
            _ => self.last = Some(now),
        }
        self.strikes > Self::STRIKES
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, PingPolicy, PingWatch, Pings, Purpose};

    /// The verdicts on PINGs at these seconds, with so many frames of ours sent before each.
    fn verdicts<const N: usize>(while_idle: bool, idle: bool, pings: [(u64, u64); N]) -> [bool; N] {
        let policy = PingPolicy {
            min_interval: Duration::from_secs(300),
            while_idle,
        };
        let mut watch = PingWatch::default();
        pings.map(|(at, sent)| {
            let now = Instant::ZERO + Duration::from_secs(at);
            watch.is_too_many(&policy, idle, sent, now)
        })
    }

    #[test]
    fn the_third_strike_ends_it() {
        let quick = [(0, 0), (10, 0), (20, 0), (30, 0)];
        assert_eq!(verdicts(false, false, quick), [false, false, false, true]);
        assert_eq!(verdicts(true, true, quick), [false, false, false, true]);
        // Bad ones do not move the clock, good ones do not wipe strikes out.
        let mixed = [(0, 0), (299, 0), (300, 0), (310, 0), (599, 0)];
        assert_eq!(
            verdicts(false, false, mixed),
            [false, false, false, false, true]
        );
        assert!(!verdicts(false, false, [(0, 0), (300, 0), (600, 0), (900, 0)])[3]);
        // Without streams, five minutes are not enough.
        let calm = [(0, 0), (300, 0), (600, 0), (900, 0), (7200, 0)];
        assert!(verdicts(false, true, calm)[3]);
        assert_eq!(verdicts(true, true, calm), [false; 5]);
    }

    #[test]
    fn what_we_send_wipes_strikes_out() {
        let answered = [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 1)];
        let ends = [false, false, false, false, false, false, true];
        assert_eq!(verdicts(false, false, answered), ends);
    }

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
