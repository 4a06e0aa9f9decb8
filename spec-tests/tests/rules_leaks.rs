//! What must come back however a stream ends: the connection's credit, the memory of streams. A leak shows after
//! hours, and it kills.

use bywash_proto::config::{Config, FlowControl};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::link::Rng;
use bywash_spec_tests::pair::{Against, Feed};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, Role};

const STREAMS: u32 = 3_000;
const WINDOW: u32 = 65_535;

fn start(role: Role, flow: FlowControl) -> Against {
    let mut config = Config::default();
    config.flow = flow;
    config.settings.connection_window = WINDOW;
    config.settings.initial_window_size = 3_000;
    // Resets are the subject here, not their rate.
    config.limits.resets.burst = 1_000_000;
    match role {
        Role::Server => Against::server(Feed::Whole, config).holding(),
        Role::Client => Against::client(Feed::Whole, config).holding(),
    }
}

/// Opens a stream, with the peer's head on it.
fn open(net: &mut Against, role: Role, id: u32) {
    match role {
        Role::Server => net.ask(id, "/", false),
        Role::Client => {
            assert_eq!(net.open("/", false), id);
            net.pump();
            net.answer(id, "200", false);
        }
    }
    net.pump();
}

/// Gives back what the program holds of a stream, if credit is its own affair.
fn release(net: &mut Against, role: Role, id: u32, octets: u32) {
    let stream = net.stream(id);
    let done = match role {
        Role::Server => net.core.server().release(stream, 0, octets),
        Role::Client => net.core.client().release(stream, 0, octets),
    };
    assert_eq!(done, Ok(()), "stream {id}");
}

/// DATA that is read in part when the stream ends, in one way or another.
fn end_in_mid_frame(net: &mut Against, rng: &mut Rng, id: u32) -> u32 {
    let size = rng.range(0, 2_000) as usize;
    let mut frame = RawFrame::data(id, vec![b'x'; size]);
    if rng.chance(1, 3) {
        frame = frame.padded(rng.range(0, 255) as u8);
    }
    net.peer.send(&frame);
    let octets = net.peer.take_output();
    let place = rng.range(0, octets.len() as u64) as usize;
    net.receive(&octets[..place]);
    let stream = net.stream(id);
    let handed = net.core.recv(stream).outstanding();
    match rng.range(0, 2) {
        0 => {
            net.core.send(stream).reset(ErrorCode::CANCEL);
            net.receive(&octets[place..]);
            return handed;
        }
        1 => {
            net.receive(&octets[place..]);
            net.peer.send(&RawFrame::rst_stream(id, code::CANCEL));
        }
        _ => {
            net.receive(&octets[place..]);
            // Beyond what it may send: an error of the stream.
            net.peer.send(&RawFrame::data(id, vec![b'y'; 5_000]));
        }
    }
    let handed = net.core.recv(stream).outstanding();
    let before = net.all_events().len();
    net.pump();
    let more: usize = net.all_events()[before..]
        .iter()
        .map(|event| match event {
            bywash_spec_tests::pair::Seen::Data { data, .. } => data.len(),
            _ => 0,
        })
        .sum();
    handed + more as u32
}

#[test]
fn credit_comes_back_however_a_stream_ends() {
    for role in [Role::Server, Role::Client] {
        for flow in [
            FlowControl::Automatic,
            FlowControl::Streams,
            FlowControl::Manual,
        ] {
            let (mut net, mut rng) = (start(role, flow), Rng::new(7));
            for n in 0..STREAMS {
                let id = 2 * n + 1;
                open(&mut net, role, id);
                net.events();
                let handed = end_in_mid_frame(&mut net, &mut rng, id);
                if flow == FlowControl::Manual {
                    release(&mut net, role, id, handed);
                }
                net.pump();
                net.peer.drain();
                let left = net.peer.may_send(0);
                assert!(
                    left > i64::from(WINDOW / 2),
                    "{left} octets of credit after {n} streams, {flow:?}, {role:?}"
                );
            }
            assert_eq!(net.core.open_streams(), (0, 0));
        }
    }
}

#[test]
fn memory_comes_back_however_a_stream_ends() {
    let (mut net, mut rng) = (start(Role::Server, FlowControl::Streams), Rng::new(11));
    net.let_hold();
    let mut heap = Vec::new();
    for n in 0..20 * 256 {
        let id = 2 * n + 1;
        let head = BlockWriter::request("POST", "/").field("x", "y".repeat(100));
        net.peer.send(&RawFrame::headers(id, head.build()));
        net.pump();
        let stream = net.stream(id);
        let hold = rng.chance(1, 3);
        if hold {
            net.core.server().hold(stream);
        }
        if rng.chance(1, 2) {
            net.respond(id, &[(":status", "200")], false);
            net.send(id, vec![b'z'; rng.range(0, 9_000) as usize], false);
            net.core.send(stream).notify_drained().unwrap();
            if rng.chance(1, 2) {
                net.core.send(stream).trailers(&[("t", "1")]).unwrap();
            }
        }
        match rng.range(0, 3) {
            0 => net.core.send(stream).reset(ErrorCode::CANCEL),
            1 => net.peer.send(&RawFrame::rst_stream(id, code::CANCEL)),
            2 => net.peer.send(&RawFrame::window_update(id, 0)),
            _ => {
                net.peer.send(&RawFrame::data(id, "bye").end_stream());
                net.pump();
                net.core.send(stream).reset(ErrorCode::NO_ERROR);
            }
        }
        net.peer.send(&RawFrame::window_update(0, 9_000));
        net.pump();
        if hold {
            net.core.server().let_go(stream);
        }
        net.peer.drain();
        if n % 256 == 255 {
            assert_eq!(net.core.open_streams(), (0, 0), "after {n} streams");
            net.core.trim();
            heap.push(net.core.heap_bytes());
        }
    }
    let (first, last) = (heap[1], heap[heap.len() - 1]);
    assert!(last <= first + 256, "{heap:?}");
}
