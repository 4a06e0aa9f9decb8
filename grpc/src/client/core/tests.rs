use super::*;
use crate::{
    channel::ChannelSpec,
    host::ThreadHost,
    wire::{Addr, Close, Endpoint, Wire},
};
use std::time::Duration;

/// A network where nothing comes about by itself.
struct Nowhere;

impl Net for Nowhere {
    fn connect(&mut self, _: ConnId, _: &Endpoint, _: Instant) {}

    fn wire(&mut self, _: ConnId) -> Option<&mut dyn Wire> {
        None
    }

    fn close(&mut self, _: ConnId, _: Close) {}

    fn resolve(&mut self, _: ResolveId, _: &str) {}

    fn random(&mut self) -> u64 {
        1 << 63
    }
}

const CHANNELS: u64 = 500;

/// Channels that begin to connect one after another, the last ones first.
fn connecting() -> ClientCore {
    let mut core = ClientCore::new(Arc::new(ThreadHost::new()));
    for home in (1..=CHANNELS).rev() {
        let mut spec = ChannelSpec::new("x:1", "x:1", false);
        spec.first_conn = home << HOME_SHIFT;
        spec.connect_timeout = Duration::from_secs(20 + home * 7919 % 100);
        let to = Endpoint {
            addr: Addr::Name("x".to_owned(), 1),
        };
        let add = Kind::Add {
            home,
            stats: StatsList::default(),
            spec,
            addresses: Some(vec![to]),
            watch: Arc::default(),
        };
        core.on_letter(Instant::ZERO, &mut Nowhere, Letter(add));
        core.on_letter(Instant::ZERO, &mut Nowhere, Letter(Kind::Connect(home)));
    }
    core
}

fn looks(core: &ClientCore) -> u64 {
    core.channels
        .values()
        .map(|home| home.core.looks.get())
        .sum()
}

#[test]
fn the_next_time_is_the_first_of_all_channels() {
    let mut core = connecting();
    let mut now = Instant::ZERO;
    for _ in 0..300 {
        // Those that have failed and rested try again.
        for home in 1..=CHANNELS {
            core.on_letter(now, &mut Nowhere, Letter(Kind::Connect(home)));
        }
        let homes = core.channels.values();
        let first = homes.filter_map(|home| home.core.next_time()).min();
        let (Some(first), Some(next)) = (first, core.next_time()) else {
            panic!("a channel that connects has its time");
        };
        assert!(next <= first, "{next:?} is late for {first:?}");
        now = next;
        core.on_time(now, &mut Nowhere);
        let mut homes = core.channels.values();
        let due = homes.find(|home| home.core.next_time().is_some_and(|at| at <= now));
        assert!(due.is_none(), "somebody was not looked after");
        assert!(core.next_time().is_none_or(|next| next > now));
    }
    assert!(now > Instant::ZERO + Duration::from_secs(30));
}

/// One channel's time costs as much among many as alone.
#[test]
fn channels_without_business_cost_a_turn_nothing() {
    let mut core = connecting();
    let before = looks(&core);
    for _ in 0..100 {
        assert!(core.next_time().is_some());
        core.on_time(Instant::ZERO, &mut Nowhere);
    }
    assert_eq!(looks(&core), before);
    core.on_letter(Instant::ZERO, &mut Nowhere, Letter(Kind::Connect(7)));
    assert!(looks(&core) <= before + 2);
}
