//! The world's network as a channel sees it.

use super::link::{Link, Piece};
use crate::wire::{Addr, Close, ConnId, Endpoint, Instant, Net, ResolveId, Wire, Wires};
use bywash_proto::{client, config::Config};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// What a channel has asked for and not been told of.
pub(super) enum Asked {
    /// To connect to a node; at this time it is there.
    Connect(ConnId, usize, Instant),
    Resolve(ResolveId),
}

/// Where links are, and what changes them beside octets.
#[derive(Default)]
pub(super) struct Links {
    /// In order, so that one seed is one history.
    pub(super) links: BTreeMap<ConnId, Link>,
    pub(super) asked: VecDeque<Asked>,
}

/// The client's ends.
pub(super) struct ClientNet<'a> {
    pub(super) links: &'a mut Links,
    pub(super) now: Instant,
    pub(super) latency: &'a dyn Fn(usize) -> std::time::Duration,
    pub(super) random: &'a mut fastrand::Rng,
}

/// The node that stands behind an address.
pub(super) fn node_of(to: &Endpoint) -> Option<usize> {
    match to.addr {
        Addr::Ip(at) => usize::from(at.port()).checked_sub(1),
        Addr::Unix(_) | Addr::Name(..) => None,
    }
}

impl Net for ClientNet<'_> {
    fn connect(&mut self, id: ConnId, to: &Endpoint, _: Instant) {
        let node = node_of(to).unwrap_or(usize::MAX);
        let there = self.now + (self.latency)(node);
        self.links.asked.push_back(Asked::Connect(id, node, there));
    }

    fn wire(&mut self, id: ConnId) -> Option<&mut dyn Wire> {
        let conn = self.links.links.get_mut(&id)?.client.as_mut()?;
        Some(conn)
    }

    fn close(&mut self, id: ConnId, how: Close) {
        self.links
            .asked
            .retain(|asked| !matches!(asked, Asked::Connect(asked, ..) if *asked == id));
        let Some(link) = self.links.links.get_mut(&id) else {
            return;
        };
        match (how, &mut link.client) {
            (Close::Drain, Some(conn)) => conn.shutdown(self.now),
            (Close::Now, _) => {
                link.client = None;
                link.up.push_back((self.now, Piece::End));
            }
            (Close::Drain, None) => {}
        }
    }

    fn resolve(&mut self, id: ResolveId, _: &str) {
        self.links.asked.push_back(Asked::Resolve(id));
    }

    fn random(&mut self) -> u64 {
        self.random.u64(..)
    }
}

/// The servers' ends.
impl Wires for Links {
    fn wire(&mut self, id: ConnId) -> Option<&mut dyn Wire> {
        let conn = self.links.get_mut(&id)?.server.as_mut()?;
        Some(conn)
    }
}

/// The client's end of a new connection.
pub(super) fn client_end(config: &Arc<Config>, now: Instant) -> Option<client::Connection> {
    client::Connection::new(Arc::clone(config), now).ok()
}
