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
}
