//! Calls at one end of a connection, with a peer at the other that means no good.

mod call;
mod ledger;
mod machine;
mod own;
mod peer;

use arbitrary::{Arbitrary, Unstructured};
use bywash_spec_tests::raw::{RawFrame, Role};

use crate::wire::greeting;
use machine::{Kind, Machine};
use own::Own;
use peer::Sent;

/// Things that are done in one run, at most.
const OPS: usize = 200;

#[derive(Arbitrary, Debug)]
enum Op {
    Peer(Sent),
    Own(Own),
    /// The octets so far arrive, in pieces of this size.
    Arrive {
        piece: u8,
    },
    /// Octets that wait are written.
    Write,
}

/// One octet of role, kind of method and window, then what both sides do.
pub fn grpc_calls(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(bits) = u8::arbitrary(&mut input) else {
        return;
    };
    let role = if bits & 1 == 0 {
        Role::Server
    } else {
        Role::Client
    };
    let kind = Kind {
        single: bits & 2 != 0,
        wanted: if bits & 4 != 0 { u32::MAX } else { 0 },
    };
    let mut machine = Machine::new(role, kind, bits & 8 != 0);
    let mut octets = greeting(role);
    RawFrame::settings_ack().encode_into(&mut octets);
    machine.feed(&octets);
    octets.clear();
    if role == Role::Client {
        machine.act(&Own::Open);
        machine.write();
    }
    let ops = input.arbitrary_iter::<Op>().into_iter().flatten();
    for op in ops.take(OPS) {
        let Ok(op) = op else { break };
        match op {
            Op::Peer(sent) => sent.encode(role == Role::Server, &mut octets),
            Op::Own(own) => machine.act(&own),
            Op::Arrive { piece } => {
                let size = if piece == 0 { usize::MAX } else { piece.into() };
                for part in octets.chunks(size) {
                    machine.feed(part);
                }
                octets.clear();
            }
            Op::Write => machine.write(),
        }
    }
    machine.feed(&octets);
    machine.end();
}
