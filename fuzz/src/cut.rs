//! However the input is cut, the same comes of it.

use bywash_spec_tests::raw::{RawFrame, Role};

use crate::runner::{Runner, config};
use crate::wire::greeting;

/// Two octets of configuration, one of manners, one that counts the sizes of pieces behind it, then what the peer sends.
pub fn chunks(data: &[u8]) {
    let Some(([low, high, manners, count], rest)) = data.split_first_chunk::<4>() else {
        return;
    };
    let Some((sizes, wire)) = rest.split_at_checked(usize::from(count % 16)) else {
        return;
    };
    let role = if manners & 1 == 0 {
        Role::Server
    } else {
        Role::Client
    };
    let mut octets = Vec::new();
    if manners & 2 == 0 {
        octets = greeting(role);
        RawFrame::settings_ack().encode_into(&mut octets);
    }
    octets.extend_from_slice(wire);
    let run = |pieces: &mut dyn FnMut() -> usize| {
        let mut runner = Runner::new(role, config(u16::from_le_bytes([*low, *high])), false);
        let mut rest = &octets[..];
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(pieces().clamp(1, rest.len()));
            runner.feed(piece);
            rest = tail;
        }
        runner.flush();
        runner.end();
        runner
    };
    let whole = run(&mut || usize::MAX);
    let single = run(&mut || 1);
    assert_eq!(whole.result(), single.result(), "octet by octet");
    if !sizes.is_empty() {
        let mut next = sizes.iter().cycle();
        let cut = run(&mut || next.next().map_or(1, |&size| usize::from(size)));
        assert_eq!(whole.result(), cut.result(), "in pieces of {sizes:?}");
    }
}
