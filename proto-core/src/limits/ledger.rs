//! The ledger: one account for each kind of work that a peer can cause.

use super::bucket::Bucket;
use crate::config::{Limits, Rate};
use crate::error::LimitName;
use crate::vocabulary::Instant;

/// A kind of work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Account {
    Control,
    Dribble,
    Empty,
    HeadBytes,
    Informational,
    Priority,
    Resets,
    TinyData,
    Unknown,
}

const ACCOUNTS: usize = 9;

impl Account {
    const ALL: [Self; ACCOUNTS] = [
        Self::Control,
        Self::Dribble,
        Self::Empty,
        Self::HeadBytes,
        Self::Informational,
        Self::Priority,
        Self::Resets,
        Self::TinyData,
        Self::Unknown,
    ];

    pub(crate) const fn name(self) -> LimitName {
        match self {
            Self::Control => LimitName::Control,
            Self::Dribble => LimitName::Dribble,
            Self::Empty => LimitName::EmptyFrames,
            Self::HeadBytes => LimitName::HeadBytes,
            Self::Informational => LimitName::Informational,
            Self::Priority => LimitName::Priority,
            Self::Resets => LimitName::Resets,
            Self::TinyData => LimitName::TinyData,
            Self::Unknown => LimitName::UnknownFrames,
        }
    }

    const fn rate(self, limits: &Limits) -> Rate {
        match self {
            Self::Control => limits.control,
            Self::Dribble => limits.dribble,
            Self::Empty => limits.empty,
            Self::Informational => limits.informational,
            Self::Priority => limits.priority,
            // Both are streams that end before their time.
            Self::HeadBytes | Self::Resets => limits.resets,
            Self::TinyData => limits.tiny_data,
            Self::Unknown => limits.unknown,
        }
    }
}

/// The hard stage: the connection must end, and the GOAWAY names the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Overdraft(pub(crate) LimitName);

/// All accounts of one connection.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    buckets: [Bucket; ACCOUNTS],
    /// Accounts past their soft stage, told or to be told, by bit.
    warned: u16,
    to_tell: u16,
}

impl Ledger {
    /// Charges work to an account.
    pub(crate) fn charge(
        &mut self,
        limits: &Limits,
        account: Account,
        now: Instant,
        tokens: u32,
    ) -> Result<(), Overdraft> {
        let rate = account.rate(limits);
        let gone = self.buckets[account as usize].take(rate, now, tokens);
        let burst = u64::from(rate.burst);
        if gone > burst {
            return Err(Overdraft(account.name()));
        }
        let bit = 1 << account as u16;
        if gone * 2 > burst {
            if self.warned & bit == 0 {
                self.warned |= bit;
                self.to_tell |= bit;
            }
        } else if gone * 4 <= burst {
            // Not at half again: a flood that hovers there is one piece of news.
            self.warned &= !bit;
        }
        Ok(())
    }

    /// Gives tokens back; next to nothing to do while none are gone.
    #[inline]
    pub(crate) fn refund(&mut self, limits: &Limits, account: Account, now: Instant, tokens: u32) {
        let bucket = &mut self.buckets[account as usize];
        if !bucket.is_full(now) {
            bucket.put_back(account.rate(limits), tokens);
        }
    }

    /// The next soft stage that the program has not been told of.
    pub(crate) fn take_warning(&mut self) -> Option<LimitName> {
        if self.to_tell == 0 {
            return None;
        }
        let index = self.to_tell.trailing_zeros();
        self.to_tell &= self.to_tell - 1;
        Account::ALL.get(index as usize).map(|a| a.name())
    }

    pub(crate) const fn has_warning(&self) -> bool {
        self.to_tell != 0
    }

    /// Every account's name, tokens gone at `now`, and burst.
    pub(crate) fn levels<'a>(
        &'a self,
        limits: &'a Limits,
        now: Instant,
    ) -> impl Iterator<Item = (LimitName, u64, u32)> + 'a {
        Account::ALL.iter().map(move |&account| {
            let rate = account.rate(limits);
            (
                account.name(),
                self.buckets[account as usize].level(rate, now),
                rate.burst,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_then_hard_and_told_once() {
        let limits = Limits {
            resets: Rate::new(10, 1),
            ..Limits::default()
        };
        let mut ledger = Ledger::default();
        let now = Instant::from_nanos(5);
        for _ in 0..5 {
            ledger.charge(&limits, Account::Resets, now, 1).unwrap();
        }
        assert_eq!(ledger.take_warning(), None);
        ledger.charge(&limits, Account::Resets, now, 1).unwrap();
        assert_eq!(ledger.take_warning(), Some(LimitName::Resets));
        ledger.charge(&limits, Account::Resets, now, 4).unwrap();
        assert_eq!(ledger.take_warning(), None);
        assert_eq!(
            ledger.charge(&limits, Account::Resets, now, 1),
            Err(Overdraft(LimitName::Resets))
        );
        assert!(
            ledger.charge(&limits, Account::Control, now, 1).is_ok(),
            "accounts are apart"
        );
    }

    #[test]
    fn accounts_index_their_own_place() {
        for (index, account) in Account::ALL.iter().enumerate() {
            assert_eq!(*account as usize, index);
        }
    }

    /// Rates that differ in both numbers, so that a mistaken account shows.
    fn distinct() -> Limits {
        let rate = |n: u32| Rate::new(100 + n, 10 + n);
        Limits {
            control: rate(1),
            dribble: rate(2),
            empty: rate(3),
            informational: rate(4),
            priority: rate(5),
            resets: rate(6),
            tiny_data: rate(7),
            unknown: rate(8),
            ..Limits::default()
        }
    }

    #[test]
    fn every_account_has_its_rate_and_its_name() {
        let limits = distinct();
        let expected = [
            (Account::Control, LimitName::Control, 101),
            (Account::Dribble, LimitName::Dribble, 102),
            (Account::Empty, LimitName::EmptyFrames, 103),
            (Account::HeadBytes, LimitName::HeadBytes, 106),
            (Account::Informational, LimitName::Informational, 104),
            (Account::Priority, LimitName::Priority, 105),
            (Account::Resets, LimitName::Resets, 106),
            (Account::TinyData, LimitName::TinyData, 107),
            (Account::Unknown, LimitName::UnknownFrames, 108),
        ];
        for (account, name, burst) in expected {
            let mut ledger = Ledger::default();
            let now = Instant::from_nanos(9);
            assert_eq!(ledger.charge(&limits, account, now, burst), Ok(()));
            assert!(ledger.has_warning());
            assert_eq!(ledger.take_warning(), Some(name));
            assert!(!ledger.has_warning());
            for (at, (told, gone, whole)) in ledger.levels(&limits, now).enumerate() {
                let (expected_of, expected_name, expected_burst) = expected[at];
                assert_eq!((told, whole), (expected_name, expected_burst));
                assert_eq!(
                    gone,
                    if expected_of == account {
                        u64::from(burst)
                    } else {
                        0
                    }
                );
            }
            let ended = ledger.charge(&limits, account, now, 1);
            assert_eq!(ended, Err(Overdraft(name)));
        }
    }

    #[test]
    fn warnings_of_several_accounts_are_told_one_by_one() {
        let limits = distinct();
        let mut ledger = Ledger::default();
        let now = Instant::from_nanos(1);
        for account in [Account::Unknown, Account::Control, Account::Priority] {
            ledger.charge(&limits, account, now, 80).unwrap();
        }
        let told = [
            LimitName::Control,
            LimitName::Priority,
            LimitName::UnknownFrames,
        ];
        assert_eq!([(); 3].map(|()| ledger.take_warning().unwrap()), told);
        assert_eq!(ledger.take_warning(), None);
    }

    #[test]
    fn a_flood_is_news_again_once_it_was_over() {
        let limits = Limits {
            control: Rate::new(100, 1),
            ..Limits::default()
        };
        let mut ledger = Ledger::default();
        let at = |seconds: u64| Instant::from_nanos(seconds * 1_000_000_000);
        let mut warned = |seconds, tokens| {
            ledger
                .charge(&limits, Account::Control, at(seconds), tokens)
                .unwrap();
            ledger.take_warning().is_some()
        };
        assert!(!warned(0, 50), "half is not past half");
        assert!(warned(0, 1));
        // Down to 26 and up again: hovering is no news.
        assert!(!warned(26, 1));
        assert!(!warned(26, 60));
        // 25 gone is a quarter: over. The next flood is news.
        assert!(!warned(87, 0));
        assert!(warned(87, 30));
    }

    #[test]
    fn a_refund_pays_debts_and_saves_nothing_up() {
        let limits = distinct();
        let mut ledger = Ledger::default();
        let now = Instant::from_nanos(1_000_000_000_000);
        let gone = |ledger: &Ledger| ledger.levels(&limits, now).map(|l| l.1).sum::<u64>();
        ledger.refund(&limits, Account::Empty, now, 50);
        ledger.charge(&limits, Account::Empty, now, 40).unwrap();
        assert_eq!(gone(&ledger), 40);
        ledger.refund(&limits, Account::Empty, now, 10);
        assert_eq!(gone(&ledger), 30);
        ledger.refund(&limits, Account::Control, now, 10);
        ledger.refund(&limits, Account::Empty, now, 50);
        assert_eq!(gone(&ledger), 0);
        ledger.charge(&limits, Account::Empty, now, 103).unwrap();
        assert_eq!(gone(&ledger), 103);
    }
}
