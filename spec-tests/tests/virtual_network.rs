//! Clients and servers of the core over links that cut, delay, stall, break and close by halves, many connections on one
//! clock: what arrives is what was sent, no invariant breaks, and everything ends.

use bywash_proto::error::CloseReason;
use bywash_spec_tests::network::{Fate, Network, Outcome};

const SEEDS: u64 = 40;
const CONNECTIONS: usize = 10;

fn all() -> Vec<Outcome> {
    (0..SEEDS)
        .flat_map(|seed| Network::new(seed, CONNECTIONS).run())
        .collect()
}

#[test]
fn what_arrives_is_what_was_sent_and_everything_ends() {
    let outcomes = all();
    assert_eq!(outcomes.len(), SEEDS as usize * CONNECTIONS);
    let of = |fate| outcomes.iter().filter(move |one| one.fate == fate);
    for fate in Fate::ALL {
        let begun: usize = of(fate).map(|one| one.exchanges.0).sum();
        let complete: usize = of(fate).map(|one| one.exchanges.1).sum();
        assert!(begun > 100, "{fate:?}: {begun} exchanges");
        // Else the fault came too late, or too early, to be one.
        let some = if fate.is_kind() { begun } else { begun - 1 };
        assert!(
            (1..=some).contains(&complete),
            "{fate:?}: {complete} of {begun}"
        );
    }
    // Both ends of a link that broke hear of it.
    for one in of(Fate::Cut).filter(|one| one.exchanges.0 != one.exchanges.1) {
        let (client, server) = one.closed;
        assert_eq!(client, CloseReason::Transport, "{one:?}");
        assert_eq!(server, CloseReason::Transport, "{one:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_network() {
    let run = || Network::new(7, CONNECTIONS).run();
    assert_eq!(run(), run());
}
