//! One peer: the connections to it, and the calls that wait for one.

use super::backoff::Backoff;
use super::id::CallId;
use crate::connect::Target;
use crate::id::{ConnId, TimerId};
use bywash_proto::vocabulary::Instant;
use std::collections::{HashMap, VecDeque};

/// What makes two requests go to the same peer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Key {
    pub(crate) target: Target,
    /// The name to ask for in TLS; `None` in cleartext.
    pub(crate) server_name: Option<String>,
}

pub(crate) struct Origin {
    pub(crate) key: Key,
    /// Connections that take requests.
    pub(crate) ready: Vec<ConnId>,
    pub(crate) connecting: Option<ConnId>,
    pub(crate) waiting: VecDeque<CallId>,
    /// Calls that have begun and not ended, the waiting ones included.
    pub(crate) calls: usize,
    pub(crate) backoff: Backoff,
    /// No try to connect before this.
    pub(crate) not_before: Instant,
    pub(crate) timer: Option<TimerId>,
}

#[derive(Default)]
pub(crate) struct Origins {
    by_key: HashMap<Key, u64>,
    by_number: HashMap<u64, Origin>,
    /// Every connection, also those that take no more requests.
    by_conn: HashMap<ConnId, u64>,
    next: u64,
}

impl Origins {
    pub(crate) fn find_or_add(&mut self, key: Key, backoff: impl FnOnce() -> Backoff) -> u64 {
        if let Some(number) = self.by_key.get(&key) {
            return *number;
        }
        let number = self.next;
        self.next += 1;
        self.by_key.insert(key.clone(), number);
        let origin = Origin {
            key,
            ready: Vec::new(),
            connecting: None,
            waiting: VecDeque::new(),
            calls: 0,
            backoff: backoff(),
            not_before: Instant::ZERO,
            timer: None,
        };
        self.by_number.insert(number, origin);
        number
    }

    pub(crate) fn get(&mut self, number: u64) -> Option<&mut Origin> {
        self.by_number.get_mut(&number)
    }

    pub(crate) fn of_conn(&self, conn: ConnId) -> Option<u64> {
        self.by_conn.get(&conn).copied()
    }

    pub(crate) fn claim(&mut self, conn: ConnId, number: u64) {
        self.by_conn.insert(conn, number);
    }

    /// A connection takes no more requests.
    pub(crate) fn retire(&mut self, conn: ConnId) -> Option<u64> {
        let number = self.of_conn(conn)?;
        if let Some(origin) = self.by_number.get_mut(&number) {
            origin.ready.retain(|other| *other != conn);
        }
        Some(number)
    }

    /// A connection is gone.
    pub(crate) fn forget_conn(&mut self, conn: ConnId) -> Option<u64> {
        let number = self.retire(conn);
        self.by_conn.remove(&conn);
        if let Some(origin) = number.and_then(|n| self.by_number.get_mut(&n)) {
            if origin.connecting == Some(conn) {
                origin.connecting = None;
            }
        }
        number
    }

    /// Forgets a peer to which nothing leads and that no call is for. One that is remembered for the
    /// sake of its back-off alone: when to come again.
    pub(crate) fn clean(&mut self, number: u64, now: Instant) -> Option<Instant> {
        let origin = self.by_number.get(&number)?;
        let idle = origin.ready.is_empty()
            && origin.connecting.is_none()
            && origin.calls == 0
            && origin.timer.is_none();
        if !idle {
            return None;
        }
        if origin.not_before > now {
            return Some(origin.not_before);
        }
        let origin = self.by_number.remove(&number)?;
        self.by_key.remove(&origin.key);
        None
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.by_number.keys().copied().collect()
    }
}
