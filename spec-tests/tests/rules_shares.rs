//! Laws of who gets how much of a connection (RFC 9218 10), by chance: incremental streams of one urgency share it by
//! octets, to within one frame; the urgent go first; and nobody starves.

use std::collections::BTreeMap;

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_spec_tests::link::Rng;
use bywash_spec_tests::pair::{Against, Feed};
use bywash_spec_tests::raw::wire::setting;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received};
use quickcheck::{QuickCheck, quickcheck};

/// The largest DATA frame.
const FRAME: u64 = 16_384;

/// A server with bodies queued on streams of the given priorities; the connection's window is the initial one.
struct Race {
    net: Against,
    rng: Rng,
    got: BTreeMap<u32, u64>,
    order: Vec<u32>,
    /// What each stream has to send: more than any of them gets.
    body: usize,
}

impl Race {
    fn new(priorities: &[&str], body: usize, seed: u64) -> Self {
        let mut config = Config::default();
        // What is committed is out of the scheduler's hands: little, so that the order shows.
        config.send.commit_ahead = 1024;
        config.send.stream_mark = 1 << 22;
        let peer = RawPeer::client(&[(setting::INITIAL_WINDOW_SIZE, 1 << 24)]);
        let mut net = Against::after_handshake(Feed::Whole, config, peer);
        let ids = (0..priorities.len()).map(|n| 2 * n as u32 + 1);
        for (id, value) in ids.clone().zip(priorities) {
            let head = BlockWriter::request("GET", "/").field("priority", value);
            net.peer.send(&RawFrame::headers(id, head).end_stream());
        }
        let sent = net.peer.take_output();
        net.receive(&sent);
        let octets = Bytes::from(vec![b'x'; body]);
        for id in ids.clone() {
            net.respond(id, &[(":status", "200")], false);
            net.send(id, octets.clone(), true);
        }
        Self {
            net,
            rng: Rng::new(seed),
            got: ids.map(|id| (id, 0)).collect(),
            order: Vec::new(),
            body,
        }
    }

    /// The transport takes something, the peer opens the connection's window by something.
    fn step(&mut self, most: u64) {
        let size = self.rng.range(1, 40_000) as usize;
        self.net.write_some(size);
        if self.net.peer.may_receive(0) < 30_000 {
            let more = self.rng.range(1, most) as u32;
            self.net.peer.send(&RawFrame::window_update(0, more));
            let sent = self.net.peer.take_output();
            self.net.receive(&sent);
        }
        for item in self.net.peer.drain() {
            if let Received::Data { stream, data, .. } = item {
                let octets = data.len() as u64;
                *self.got.get_mut(&stream).unwrap() += octets;
                self.order.push(stream);
            }
        }
    }

    /// All streams still have data queued: the race is on.
    fn is_on(&self) -> bool {
        self.got
            .values()
            .all(|&octets| octets + 4 * FRAME < self.body as u64)
    }
}

fn spread(got: &BTreeMap<u32, u64>) -> u64 {
    got.values().max().unwrap() - got.values().min().unwrap()
}

/// However the transport takes it and however small the pieces are in which the peer opens the connection's window.
fn shares_are_even(streams: u8, seed: u64, most: u64) -> bool {
    let count = 2 + usize::from(streams % 4);
    let mut race = Race::new(&vec!["u=3, i"; count], 600_000, seed);
    for _ in 0..3_000 {
        race.step(most);
        if spread(&race.got) > FRAME {
            return false;
        }
        if !race.is_on() {
            break;
        }
    }
    assert!(race.got.values().sum::<u64>() > 100_000, "{:?}", race.got);
    true
}

quickcheck! {
    fn shares_are_even_where_windows_are_wide(streams: u8, seed: u64) -> bool {
        shares_are_even(streams, seed, 1 << 20)
    }

    fn shares_are_even_where_windows_are_narrow(streams: u8, seed: u64) -> bool {
        shares_are_even(streams, seed, 20_000)
    }
}

/// Of all frames fifteen in sixteen are the most urgent streams', and every stream has one in its share's time.
fn urgency_is_respected(urgencies: Vec<u8>, seed: u64) -> bool {
    let mut urgencies: Vec<u8> = urgencies.into_iter().map(|urgency| urgency % 8).collect();
    urgencies.truncate(5);
    let values: Vec<String> = urgencies.iter().map(|u| format!("u={u}, i")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let Some(top) = urgencies.iter().min() else {
        return true;
    };
    let mut race = Race::new(&values, 2_500_000, seed);
    while race.is_on() {
        race.step(1 << 20);
    }
    let urgent = |stream: &u32| urgencies[*stream as usize / 2] == *top;
    let (frames, top) = (
        race.order.len(),
        race.order.iter().filter(|s| urgent(s)).count(),
    );
    let mut levels = urgencies.clone();
    levels.sort_unstable();
    levels.dedup();
    // A share for each less urgent level in turn, and in it a turn for each of its streams.
    let within = 16 * (levels.len().max(2) - 1) * urgencies.len();
    let served = race
        .got
        .iter()
        .all(|(&stream, &octets)| octets > 0 || urgent(&stream) || frames <= within);
    top * 16 + 16 >= frames * 15 && served
}

#[test]
fn the_urgent_go_first_and_nobody_starves() {
    QuickCheck::new()
        .tests(40)
        .quickcheck(urgency_is_respected as fn(Vec<u8>, u64) -> bool);
}
