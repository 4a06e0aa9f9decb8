//! Each check fires. The octets are those of a real connection; what the guard is told of them is not.

use bywash_proto::event::Step;

use super::*;
use crate::raw::{BlockWriter, RawFrame, RawPeer};

/// A server after the handshake, its peer, and a guard that was told all.
struct Rig {
    core: Core,
    peer: RawPeer,
    guard: Guard,
}

impl Rig {
    fn new() -> Self {
        let config = Config::default();
        let mut rig = Self {
            core: Core::new(Role::Server, config.clone(), Instant::ZERO),
            peer: RawPeer::client(&[]).with_auto_ack(),
            guard: Guard::new(Role::Server, &config, 0),
        };
        rig.round();
        rig.round();
        rig.check();
        rig
    }

    /// All octets one way, then the other, with nothing hidden.
    fn round(&mut self) {
        let octets = self.peer.take_output();
        self.receive(&octets, &octets);
        let octets = self.output();
        self.guard.sent(&self.core, &octets);
        self.peer.receive(&octets);
    }

    /// The core is given octets, the guard is told of others.
    fn receive(&mut self, given: &[u8], told: &[u8]) {
        self.guard.received(told);
        let mut input = given;
        while let Step::Event(event) = self.core.next_event(Instant::ZERO, &mut input) {
            self.guard.on_event(&Seen::of(&event).0);
        }
        assert!(input.is_empty());
    }

    fn output(&mut self) -> Vec<u8> {
        let out = self.core.transmit(Instant::ZERO);
        let octets = out.chunks().flatten().copied().collect();
        let length = out.len();
        out.advance(length);
        octets
    }

    fn check(&mut self) {
        self.guard.after_step(&self.core);
        self.guard.at_rest(&mut self.core, &BTreeMap::new());
    }

    fn ask(&mut self) -> Vec<u8> {
        let block = BlockWriter::request("GET", "/").build();
        RawFrame::headers(1, block).end_stream().encode()
    }
}

/// What a check says when it is given this.
fn found(break_it: impl FnOnce(&mut Rig) + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(|| {
        let mut rig = Rig::new();
        break_it(&mut rig);
        rig.check();
    });
    match panic.expect_err("nothing was found").downcast::<String>() {
        Ok(text) => *text,
        Err(other) => (*other.downcast::<&str>().expect("a text")).to_owned(),
    }
}

#[track_caller]
fn finds(what: &str, break_it: impl FnOnce(&mut Rig) + std::panic::UnwindSafe) {
    let said = found(break_it);
    assert!(said.contains(what), "{said}, not {what}");
}

#[test]
fn what_is_true_passes() {
    let mut rig = Rig::new();
    let ask = rig.ask();
    rig.peer.send_bytes(&ask);
    rig.peer.send(&RawFrame::ping([7; 8]));
    rig.core.ping(Instant::ZERO, [1; 8]).unwrap();
    for _ in 0..3 {
        rig.round();
        rig.check();
    }
    assert!(rig.guard.most_heap() > 0 && !rig.guard.is_closed());
}

#[test]
fn octets_and_frames_that_nobody_counted() {
    let ping = || RawFrame::ping([7; 8]).encode();
    finds("octets received", move |rig| rig.receive(&ping(), &[]));
    finds("PING received", move |rig| {
        rig.receive(&ping(), &RawFrame::new(0x63, 0, 0, vec![0; 8]).encode());
    });
    finds("octets sent", |rig| {
        rig.core.ping(Instant::ZERO, [1; 8]).unwrap();
        rig.output();
    });
    finds("sent: ", |rig| {
        // Another frame of the same size.
        rig.core.ping(Instant::ZERO, [1; 8]).unwrap();
        rig.output();
        rig.guard
            .sent(&rig.core, &RawFrame::new(6, 0, 0, vec![1; 8]).encode()[..9]);
        rig.guard.tally.went.octets += 8;
        rig.guard.tally.went.frames[6] += 1;
    });
}

#[test]
fn streams_that_nobody_counted() {
    finds("streams received", |rig| {
        let ask = rig.ask();
        rig.guard.received(&ask);
        // The event is kept from it.
        let mut input = &ask[..];
        while let Step::Event(_) = rig.core.next_event(Instant::ZERO, &mut input) {}
    });
    finds("1 streams open, 0 on the wire", |rig| {
        let ask = rig.ask();
        rig.receive(&ask, &ask);
        rig.guard
            .tally
            .received(&RawFrame::rst_stream(1, 8).encode());
        rig.guard.tally.came.octets -= 13;
        rig.guard.tally.came.frames[3] -= 1;
    });
    finds("0 streams open, 1 on the wire", |rig| {
        let ask = rig.ask();
        rig.receive(&ask, &ask);
        let reset = RawFrame::rst_stream(1, 8).encode();
        rig.receive(&reset, &[]);
        rig.guard.tally.came.octets += 13;
        rig.guard.tally.came.frames[3] += 1;
    });
}

#[test]
fn pings_and_settings_without_an_answer() {
    let ping = || RawFrame::ping([7; 8]).encode();
    finds("an answer to another PING", move |rig| {
        rig.receive(&ping(), &RawFrame::ping([8; 8]).encode());
        let octets = rig.output();
        rig.guard.sent(&rig.core, &octets);
    });
    finds("PINGs without an answer", |rig| {
        rig.guard.tally.asked.push_back([0; 8])
    });
    finds("PINGs", |rig| rig.guard.tally.unanswered.push([0; 8]));
    finds("SETTINGS in flight", |rig| rig.guard.tally.settings.0 = 1);
    finds("SETTINGS without", |rig| rig.guard.tally.settings.1 = 1);
}

#[test]
fn windows_out_of_range() {
    finds("beyond the window", |rig| {
        let frame = RawFrame::data(1, vec![0; 10]);
        rig.guard.tally.went.credit = 9;
        rig.guard.sent(&rig.core, &frame.encode());
    });
    for credit in [-1, 1 << 31] {
        finds("a window of", move |rig| {
            rig.guard.tally.came.credit = credit
        });
    }
}

#[test]
fn every_queue_beyond_its_limit() {
    type Push = fn(&mut Queues) -> &mut usize;
    let queues: [(&str, Push); 9] = [
        ("block_bytes", |q| &mut q.block_bytes),
        ("block_continuations", |q| &mut q.block_continuations),
        ("partial_bytes", |q| &mut q.partial_bytes),
        ("head_bytes", |q| &mut q.head_bytes),
        ("output_bytes", |q| &mut q.output_bytes),
        ("shared_bytes", |q| &mut q.shared_bytes),
        ("parked_priorities", |q| &mut q.parked_priorities),
        ("settings_in_flight", |q| &mut q.settings_in_flight),
        ("pings_in_flight", |q| &mut q.pings_in_flight),
    ];
    for (name, queue) in queues {
        finds(&format!("{name}: 2000000, "), move |rig| {
            let mut held = rig.core.queues();
            *queue(&mut held) = 2_000_000;
            rig.guard.queues(&held);
        });
    }
}

#[test]
fn heap_events_and_deadlines() {
    finds("octets of heap", |rig| rig.guard.worst = 100);
    finds("came after Closed", |rig| {
        rig.guard.on_event(&Seen::Closed(CloseReason::Finished));
        rig.guard.on_event(&Seen::Settings);
    });
    finds("after the stream's Ended", |rig| {
        rig.guard.ended.insert(1, true);
        rig.guard.on_event(&Seen::data(1, "x", true));
    });
    finds("left the deadline", |rig| {
        rig.core.server().shutdown(Instant::ZERO);
        let at = rig.core.poll_timeout().expect("a deadline");
        rig.guard.after_timeout(&rig.core, at);
    });
    finds("events are left", |rig| {
        rig.core
            .close(Instant::ZERO, bywash_proto::vocabulary::ErrorCode::NO_ERROR);
    });
    finds("wants to write", |rig| {
        rig.core.ping(Instant::ZERO, [1; 8]).unwrap();
    });
}
