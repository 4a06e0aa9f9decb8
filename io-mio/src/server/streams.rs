//! The requests of a loop that are not done with when their service has returned.

use super::exchange::{Exchange, Kind, Progress};
use crate::id::{ConnId, TimerId};
use bytes::Bytes;
use bywash_proto::vocabulary::StreamRef;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Names a request within its loop.
pub(crate) type Key = (ConnId, StreamRef);

pub(crate) struct Open {
    /// `None`: what comes is discarded.
    pub(crate) exchange: Option<Box<dyn Exchange>>,
    pub(crate) progress: Progress,
    pub(crate) kind: Kind,
    /// The request is complete.
    pub(crate) heard: bool,
    /// Octets that may yet be discarded.
    pub(crate) patience: u64,
    pub(crate) timer: Option<TimerId>,
    /// What comes is discarded, and there is a bound to how long.
    pub(crate) discarded: bool,
    /// What the core did not take yet of a body that was given whole: it takes 1 GiB at once.
    pub(crate) rest: Option<Box<Bytes>>,
    /// It is reset once its response is written.
    pub(crate) cut: bool,
}

impl Open {
    /// Whether nothing is left to be done.
    pub(crate) fn is_done(&self) -> bool {
        self.progress.reset || (self.progress.ended && self.heard && self.rest.is_none())
    }
}

#[derive(Default)]
pub(crate) struct Streams {
    map: HashMap<Key, Open, BuildHasherDefault<Mixer>>,
}

impl Streams {
    pub(crate) fn insert(&mut self, key: Key, open: Open) {
        self.map.insert(key, open);
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Open> {
        self.map.get_mut(&key)
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Open> {
        let open = self.map.remove(&key);
        if open.is_some() && self.map.capacity() > 1024 && self.map.len() < self.map.capacity() / 8
        {
            self.map.shrink_to(self.map.len() * 2);
        }
        open
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

/// Mixes numbers that no peer chooses freely: slots are ours, and identifiers only rise.
#[derive(Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        let mixed = (self.0.rotate_left(23) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }
}
