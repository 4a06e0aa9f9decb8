//! Runs an attack by slowness, with an honest connection that works meanwhile.

use std::time::Duration;

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, TimeoutKind};

use crate::report::{Figures, Rounds};
use crate::rig::Rig;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The connection under attack, and an honest one that works in every second.
#[derive(Debug)]
pub(crate) struct Beside {
    pub(crate) rig: Rig,
    second: Rig,
    pub(crate) honest: Rounds,
    others: Rounds,
}

impl Beside {
    pub(crate) fn new(rig: Rig) -> Self {
        let mut second = match rig.is_client() {
            true => Rig::client(Config::default()),
            false => Rig::server(Config::default()),
        };
        second.open_honest();
        Self {
            rig,
            second,
            honest: Rounds::default(),
            others: Rounds::default(),
        }
    }

    /// Time passes on both, second by second.
    pub(crate) fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.others.count(self.second.honest_round());
            self.second.advance(SECOND);
            self.rig.advance(SECOND);
        }
    }

    /// Feeds octets one by one, a second apart, until the connection ends.
    pub(crate) fn dribble(&mut self, octets: &[u8]) {
        for octet in octets.chunks(1) {
            if self.rig.told.closed.is_some() {
                return;
            }
            self.rig.feed(octet);
            self.pass(1);
        }
    }

    #[track_caller]
    pub(crate) fn timed_out(
        &self,
        attack: &'static str,
        kind: TimeoutKind,
        wanted: u32,
    ) -> Figures {
        let rig = &self.rig;
        assert_eq!(rig.told.closed, Some(CloseReason::Timeout(kind)));
        if rig.peer_reads {
            rig.assert_goaway(wanted, "");
        }
        self.figures(attack, format!("deadline: {kind:?}"))
    }

    #[track_caller]
    pub(crate) fn figures(&self, attack: &'static str, end: String) -> Figures {
        self.honest.assert_all_served("the honest stream");
        self.others.assert_all_served("the second connection");
        self.second.assert_alive();
        Figures {
            honest: self.honest,
            second: self.others,
            ..Figures::of(&self.rig, attack, end)
        }
    }
}
