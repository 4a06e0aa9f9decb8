//! Octets and frames off the wire, to one core.

use arbitrary::{Arbitrary, Unstructured};
use bywash_spec_tests::raw::{RawFrame, Role, wire::PREFACE};

use crate::runner::{Runner, config};

/// The preface that the core expects of its peer, with SETTINGS and an acknowledgement of its own.
pub(crate) fn greeting(core: Role) -> Vec<u8> {
    let mut octets = match core {
        Role::Server => PREFACE.to_vec(),
        Role::Client => Vec::new(),
    };
    RawFrame::settings(&[]).encode_into(&mut octets);
    octets
}

/// Two octets of configuration, one of manners, then what the peer sends.
fn octets(role: Role, data: &[u8]) {
    let Some(([low, high, manners], wire)) = data.split_first_chunk::<3>() else {
        return;
    };
    let mut runner = Runner::new(role, config(u16::from_le_bytes([*low, *high])), true);
    if manners & 1 == 0 {
        runner.feed(&greeting(role));
    }
    if manners & 2 == 0 {
        runner.feed(&RawFrame::settings_ack().encode());
    }
    let read = if manners & 4 == 0 { 16 * 1024 } else { 40 };
    for piece in wire.chunks(read) {
        runner.feed(piece);
    }
    if manners & 8 != 0 {
        runner.wait(12);
    }
    runner.end();
}

/// A server that is fed octets.
pub fn server(data: &[u8]) {
    octets(Role::Server, data);
}

/// A client that is fed octets.
pub fn client(data: &[u8]) {
    octets(Role::Client, data);
}

/// A frame of any kind; most are of a known type and on a stream that may exist.
#[derive(Arbitrary, Debug)]
struct AnyFrame {
    kind: u8,
    flags: u8,
    stream: u8,
    odd: u8,
    payload: Vec<u8>,
}

impl AnyFrame {
    fn encode(&self, out: &mut Vec<u8>) {
        let kind = match self.kind {
            0..=250 => self.kind % 18,
            other => other,
        };
        // Now and then a stream far away, a reserved bit, or a length that is a lie.
        let stream = match self.odd {
            255 => u32::from_be_bytes([self.stream; 4]),
            _ => u32::from(self.stream % 24),
        };
        let mut frame = RawFrame::new(kind, self.flags, stream, self.payload.clone());
        frame.reserved = self.odd == 254;
        if self.odd == 253 {
            frame = frame.with_length(u32::from(self.stream));
        }
        frame.encode_into(out);
    }
}

/// Whole frames, to either role.
pub fn frames(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (Ok(bits), Ok(client)) = (u16::arbitrary(&mut input), bool::arbitrary(&mut input)) else {
        return;
    };
    let role = if client { Role::Client } else { Role::Server };
    let mut runner = Runner::new(role, config(bits), true);
    runner.feed(&greeting(role));
    let mut octets = Vec::new();
    for frame in input.arbitrary_iter::<AnyFrame>().into_iter().flatten() {
        let Ok(frame) = frame else { break };
        frame.encode(&mut octets);
        if frame.odd & 1 == 0 {
            runner.feed(&octets);
            octets.clear();
        }
    }
    runner.feed(&octets);
    runner.end();
}
