//! How many connections a listener may have, in all and per peer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
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

    /// A place for a peer; `None` if its network has as many as it may.
    pub(crate) fn admit(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Permit> {
        let peer = match (self.most_per_peer, peer.map(network)) {
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

/// What counts as one peer: an IPv4 address, or the 64 bits of an IPv6 address that name a network (RFC 4291
/// 2.5.1). A host may choose the other 64 by itself, as often as it likes (RFC 8981).
fn network(of: IpAddr) -> IpAddr {
    match of.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)).into(),
        v4 => v4,
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
    use super::{Admission, network};
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn networks_and_not_addresses_of_ipv6_have_a_bound() {
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let admission = Admission::new(10, Some(2));
        let _first = admission.admit(ip("2001:db8:0:1::1")).unwrap();
        let second = admission.admit(ip("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert!(second.is_some());
        assert!(admission.admit(ip("2001:db8:0:1:8000::7")).is_none());
        let _other = admission.admit(ip("2001:db8:0:2::1")).unwrap();
        drop(second);
        assert!(admission.admit(ip("2001:db8:0:1:8000::7")).is_some());
        // An IPv4 peer of a socket for both is the one that it is, and not one network with all others.
        let _v4 = admission.admit(ip("192.0.2.1")).unwrap();
        let _mapped = admission.admit(ip("::ffff:192.0.2.1")).unwrap();
        assert!(admission.admit(ip("::ffff:192.0.2.1")).is_none());
        assert!(admission.admit(ip("::ffff:192.0.2.2")).is_some());
        assert_eq!(ip("192.0.2.1").map(network), ip("192.0.2.1"));
    }

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
