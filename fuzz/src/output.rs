//! What a core writes.

use bywash_proto::vocabulary::Instant;
use bywash_spec_tests::{
    pair::{Core, Guard},
    raw::{RawPeer, Role},
};

/// Takes at most so many octets, and shows them to the guard.
pub(crate) fn take(core: &mut Core, guard: &mut Guard, now: Instant, most: usize) -> Vec<u8> {
    let out = core.transmit(now);
    let mut octets = Vec::new();
    for chunk in out.chunks() {
        let n = chunk.len().min(most - octets.len());
        octets.extend_from_slice(&chunk[..n]);
        if octets.len() == most {
            break;
        }
    }
    out.advance(octets.len());
    guard.sent(core, &octets);
    octets
}

/// All that a core of this role wrote must be legal HTTP/2, octet by octet, unless it answered in another protocol.
pub(crate) fn judge(role: Role, output: &[u8]) {
    if output.starts_with(b"HTTP/1.1 ") || output.starts_with(&[0x15, 3]) {
        return;
    }
    let mut judge = RawPeer::new(match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    });
    judge.send_bytes(&[]);
    judge.receive(output);
    assert_eq!(judge.fault(), None);
}
