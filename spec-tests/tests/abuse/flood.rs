//! Runs an attack round by round, with honest work between the rounds.

use std::time::Duration;

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, LimitName};
use bywash_spec_tests::raw::RawPeer;

use crate::report::{Figures, Rounds};
use crate::rig::Rig;

const ROUND: Duration = Duration::from_millis(1);

/// Two connections of one role: the one under attack, with an honest stream, and an honest one.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) rig: Rig,
    second: Rig,
    honest: Rounds,
    others: Rounds,
}

impl Scene {
    pub(crate) fn server(config: Config) -> Self {
        Self::new(Rig::server(config.clone()), Rig::server(config))
    }

    pub(crate) fn client(config: Config) -> Self {
        Self::new(Rig::client(config.clone()), Rig::client(config))
    }

    pub(crate) fn new(mut rig: Rig, mut second: Rig) -> Self {
        rig.open_honest();
        second.open_honest();
        Self {
            rig,
            second,
            honest: Rounds::default(),
            others: Rounds::default(),
        }
    }

    /// Honest work, then what the peer sends now; whether the connection still lives.
    pub(crate) fn round(&mut self, attack: impl FnOnce(&mut RawPeer)) -> bool {
        self.honest_work();
        attack(&mut self.rig.peer);
        self.rig.pump();
        let lives = self.rig.told.closed.is_none();
        if lives {
            self.rig.advance(ROUND);
            self.second.advance(ROUND);
        }
        lives
    }

    pub(crate) fn honest_work(&mut self) {
        self.honest.count(self.rig.honest_round());
        self.others.count(self.second.honest_round());
    }

    /// Rounds until the connection ends, at most `most`.
    pub(crate) fn flood(&mut self, most: u32, mut attack: impl FnMut(&mut RawPeer, u32)) {
        for n in 0..most {
            if !self.round(|peer| attack(peer, n)) {
                return;
            }
        }
    }

    /// The attack ran into this limit: all that must hold then.
    #[track_caller]
    pub(crate) fn ended_by(self, attack: &'static str, limit: LimitName) -> Figures {
        self.rig.assert_limit(limit);
        self.figures(attack, format!("`{limit}`"))
    }

    /// The same for a limit that is a rate: the soft stage came first.
    #[track_caller]
    pub(crate) fn ended_softly_by(self, attack: &'static str, limit: LimitName) -> Figures {
        assert_eq!(self.rig.told.pressure, [limit], "the soft stage, told once");
        self.ended_by(attack, limit)
    }

    /// The attack ends nothing, and costs little.
    #[track_caller]
    pub(crate) fn survived(self, attack: &'static str) -> Figures {
        self.rig.assert_alive();
        self.figures(attack, "bounded".to_owned())
    }

    /// The attack ended by a deadline, or in another way that the caller has checked.
    #[track_caller]
    pub(crate) fn figures(self, attack: &'static str, end: String) -> Figures {
        self.honest.assert_all_served("the honest stream");
        self.others.assert_all_served("the second connection");
        self.second.assert_alive();
        assert!(self.rig.account.peak <= self.rig.config.worst_case_memory() as i64);
        Figures {
            honest: self.honest,
            second: self.others,
            ..Figures::of(&self.rig, attack, end)
        }
    }

    /// Why the connection under attack ended.
    pub(crate) fn reason(&self) -> Option<CloseReason> {
        self.rig.told.closed
    }
}

/// Makes a test of each attack, and the list of them all.
macro_rules! attacks {
    ($($name:ident)*) => {
        /// Every attack of this file, in order.
        pub(crate) const ALL: &[fn() -> $crate::report::Figures] = &[$($name),*];

        mod tests {
            $(#[test]
            fn $name() {
                super::$name();
            })*
        }
    };
}
pub(crate) use attacks;
