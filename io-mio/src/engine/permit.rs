//! How many connections a listener may have, in all and per peer address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The bounds of one listener and what counts against them. Its connections may live on other
/// loops, so it is shared.
#[derive(Debug)]
pub(crate) struct Admission {
    most: usize,
    taken: AtomicUsize,
    most_per_peer: Option<u32>,
    peers: Mutex<HashMap<IpAddr, u32>>,
}

/// A place that a connection takes; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Permit {
    admission: Arc<Admission>,
    /// Where addresses have a bound. A box, because every connection has a permit and few a bound.
    peer: Option<Box<IpAddr>>,
}

impl Admission {
    pub(crate) fn new(most: usize, most_per_peer: Option<u32>) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: AtomicUsize::new(0),
            most_per_peer,
            peers: Mutex::default(),
        })
    }

    /// Whether all places are taken.
    pub(crate) fn is_full(&self) -> bool {
        self.taken.load(Ordering::Relaxed) >= self.most
    }

    /// A place for a peer; `None` if its address has as many as it may.
    pub(crate) fn admit(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Permit> {
        let peer = match (self.most_per_peer, peer) {
            (Some(most), Some(peer)) => {
                let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
                let count = peers.entry(peer).or_insert(0);
                if *count >= most {
                    return None;
                }
                *count += 1;
                Some(Box::new(peer))
            }
            _ => None,
        };
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(Permit {
            admission: Arc::clone(self),
            peer,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.admission.taken.fetch_sub(1, Ordering::Relaxed);
        let Some(peer) = &self.peer else { return };
        let peers = &self.admission.peers;
        let mut peers = peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = peers.get_mut(peer) {
            *count -= 1;
            if *count == 0 {
                peers.remove(peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Admission;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn places_come_back_and_addresses_are_forgotten() {
        let admission = Admission::new(3, Some(2));
        let one = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let other = Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)));
        let first = admission.admit(one).unwrap();
        let _second = admission.admit(one).unwrap();
        assert!(admission.admit(one).is_none());
        assert!(!admission.is_full());
        let third = admission.admit(other).unwrap();
        assert!(admission.is_full());
        drop(third);
        drop(first);
        assert!(!admission.is_full());
        assert_eq!(admission.peers.lock().unwrap().len(), 1);
        assert!(admission.admit(one).is_some());
    }
}
