//! Loops that share the work: a new connection goes to the one with the fewest.

use super::letter::{Adopted, Letter};
use crate::mailbox::{Bell, Mailbox};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How to reach one loop, and how much it has to do.
#[derive(Clone)]
pub(crate) struct Member {
    /// Connections that it has, those on their way to it included.
    pub(crate) load: Arc<AtomicUsize>,
    pub(crate) letters: Arc<Mailbox<Letter>>,
    pub(crate) bell: Arc<Bell>,
    /// It is ending: it takes none.
    pub(crate) leaving: Arc<AtomicBool>,
}

/// Loops among which accepted connections are spread. A connection never moves afterwards.
#[derive(Clone, Default)]
pub struct Group {
    members: Arc<Mutex<Vec<Member>>>,
}

impl Group {
    /// A group without members; see [`EventLoop::join`](crate::EventLoop::join).
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn add(&self, member: Member) {
        self.lock().push(member);
    }

    pub(crate) fn leave(&self, letters: &Arc<Mailbox<Letter>>) {
        self.lock()
            .retain(|member| !Arc::ptr_eq(&member.letters, letters));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a connection to the loop with the fewest. Gives it back if that is the asking one, or
    /// if none else takes it.
    pub(crate) fn place(
        &self,
        own: &Arc<Mailbox<Letter>>,
        adopted: Box<Adopted>,
    ) -> Option<Box<Adopted>> {
        let members = self.lock();
        let least = members
            .iter()
            .filter(|member| !member.leaving.load(Ordering::Relaxed))
            .min_by_key(|member| member.load.load(Ordering::Relaxed));
        let Some(member) = least.filter(|member| !Arc::ptr_eq(&member.letters, own)) else {
            return Some(adopted);
        };
        member.load.fetch_add(1, Ordering::Relaxed);
        match member.letters.push(Letter::Adopt(adopted)) {
            Ok(()) => {
                member.bell.ring();
                None
            }
            Err(failure) => {
                member.load.fetch_sub(1, Ordering::Relaxed);
                match failure.into_inner() {
                    Letter::Adopt(adopted) => Some(adopted),
                    Letter::Resolved(..) | Letter::Dialed(..) => None,
                }
            }
        }
    }

    /// Connections of each loop, in the order of joining.
    pub fn loads(&self) -> Vec<usize> {
        self.lock()
            .iter()
            .map(|member| member.load.load(Ordering::Relaxed))
            .collect()
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Group").field(&self.loads()).finish()
    }
}
