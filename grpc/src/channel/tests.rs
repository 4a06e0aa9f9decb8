use super::*;
use crate::{
    attempt::Response,
    compress::Registry,
    wire::{Addr, ResolveId},
};
use std::time::Duration;

/// A network where nothing comes about by itself.
#[derive(Default)]
struct Nowhere {
    asked: Vec<ConnId>,
}

impl Net for Nowhere {
    fn connect(&mut self, id: ConnId, _: &Endpoint, _: Instant) {
        self.asked.push(id);
    }

    fn wire(&mut self, _: ConnId) -> Option<&mut dyn Wire> {
        None
    }

    fn close(&mut self, _: ConnId, _: Close) {}

    fn resolve(&mut self, _: ResolveId, _: &str) {}

    fn random(&mut self) -> u64 {
        1 << 63
    }
}

fn channel() -> ChannelCore {
    let mut core = ChannelCore::new(ChannelSpec::new("x:1", "x:1", false));
    core.set_addresses(vec![Endpoint {
        addr: Addr::Name("x".to_owned(), 1),
    }]);
    core
}

fn call(deadline: Option<Instant>, wait_for_ready: bool) -> CallSpec {
    CallSpec {
        path: "/s/m".into(),
        authority: None,
        head: Metadata::new(),
        deadline,
        wait_for_ready,
        response: Response {
            registry: Registry::new(),
            max_receive: 100,
            streams: false,
        },
    }
}

/// Starts a call; how it ended, if it has.
fn start(
    core: &mut ChannelCore,
    now: Instant,
    net: &mut Nowhere,
    spec: CallSpec,
) -> Option<Status> {
    let id = core.reserve();
    let mut ended = None;
    core.start(now, net, id, spec, &mut |_, event| {
        if let CallEvent::Ended { result, .. } = event {
            ended = result.err();
        }
    });
    ended
}

#[test]
fn calls_that_end_while_they_wait_do_not_fill_the_queue() {
    let (mut core, mut net) = (channel(), Nowhere::default());
    let mut now = Instant::ZERO;
    let mut ended = 0;
    for _ in 0..2000 {
        let deadline = now + Duration::from_millis(1);
        start(&mut core, now, &mut net, call(Some(deadline), true));
        now = now + Duration::from_millis(2);
        core.on_time(now, &mut net, &mut |_, _| ended += 1);
    }
    assert_eq!((ended, core.open_calls()), (2000, 0));
    assert!(core.queue.len() < 100, "{}", core.queue.len());
}

/// A server that takes every connection and sends it away: it is asked at most twice without a pause.
#[test]
fn a_server_that_sends_all_away_is_left_alone_for_a_while() {
    let (mut core, mut net) = (channel(), Nowhere::default());
    let now = Instant::ZERO;
    start(&mut core, now, &mut net, call(None, true));
    let mut rounds = 0;
    while rounds < net.asked.len() && rounds < 100 {
        let id = net.asked[rounds];
        rounds += 1;
        core.on_net(now, &mut net, NetEvent::Connected { id }, &mut |_, _| {});
        core.on_net(now, &mut net, NetEvent::Ready { id }, &mut |_, _| {});
        let away = NetEvent::GoAway {
            id,
            code: 0,
            debug: bytes::Bytes::new(),
        };
        core.on_net(now, &mut net, away, &mut |_, _| {});
        let why = Arc::new(ConnError {
            address: String::new(),
            fault: ConnFault::Closed,
        });
        core.on_net(now, &mut net, NetEvent::Closed { id, why }, &mut |_, _| {});
    }
    assert_eq!(rounds, 2, "no pause");
    assert_eq!(core.state(), ChannelState::TransientFailure);
    let status = start(&mut core, now, &mut net, call(None, false)).unwrap();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(core.open_calls(), 1, "the call that waits goes on waiting");
    let rested = core.next_time().unwrap();
    assert!(rested >= now + Duration::from_millis(800));
    core.on_time(rested, &mut net, &mut |_, _| {});
    assert_eq!(net.asked.len(), 3);
}

/// Slots that were many go once none is a call's; names stay those of one call each.
#[test]
fn no_name_is_given_twice_when_a_crowd_has_gone() {
    let (mut core, mut net) = (channel(), Nowhere::default());
    let now = Instant::ZERO;
    let mut names = Vec::new();
    for _ in 0..3 {
        for _ in 0..3000 {
            let id = core.reserve();
            core.start(now, &mut net, id, call(None, true), &mut |_, _| {});
            names.push(id);
        }
        for id in &names {
            let status = Status::local(Code::Cancelled, "enough");
            core.cancel(&mut net, *id, status, &mut |_, _| {});
        }
        assert_eq!(core.open_calls(), 0);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 9000);
}

/// The names of a channel's connections stay its own, however often it connects.
#[test]
fn names_of_connections_come_round() {
    use crate::client::home_of;
    let (mut core, mut net) = (channel(), Nowhere::default());
    core.spec.first_conn = 7 << 32;
    core.connecting.next_id = u32::MAX - 2;
    let mut now = Instant::ZERO;
    for _ in 0..6 {
        core.connect(now, &mut net);
        let id = *net.asked.last().unwrap();
        assert_eq!(home_of(id), 7, "{id:?}");
        let why = Arc::new(ConnError {
            address: String::new(),
            fault: ConnFault::Refused,
        });
        let failed = NetEvent::ConnectFailed { id, why };
        core.on_net(now, &mut net, failed, &mut |_, _| {});
        now = core.next_time().unwrap();
        core.on_time(now, &mut net, &mut |_, _| {});
    }
    net.asked.dedup();
    assert_eq!(net.asked.len(), 6);
}
