//! What keeps connections, and what ends them: pings, silence, age, idleness.

use super::*;
use crate::{
    channel::ChannelState,
    stats::{Begin, CallStats, Conn, ConnEvent, Stats},
    status::{ConnFault, Origin},
};
use bywash_proto::config::{Config, Keepalive, PingPolicy};

/// Writes down how connections begin and end.
#[derive(Clone, Default)]
struct Watching(Arc<Mutex<Vec<String>>>);

impl Stats for Watching {
    fn on_call(&self, _: &Begin<'_>) -> Option<Box<dyn CallStats>> {
        None
    }

    fn on_connection(&self, at: Instant, conn: &Conn<'_>, event: &ConnEvent<'_>) {
        let seconds = at.saturating_since(Instant::ZERO).as_secs();
        let event = match event {
            ConnEvent::Begin => "begin".to_owned(),
            ConnEvent::GoAway { code, debug } => {
                format!("goaway {code} {}", String::from_utf8_lossy(debug))
            }
            ConnEvent::End(error) => format!("end {}", error.fault),
            other => format!("{other:?}"),
        };
        let line = format!("{:?} {seconds} {event}", conn.side);
        self.0.lock().unwrap().push(line);
    }
}

impl Watching {
    fn lines(&self, side: &str) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        let prefix = format!("{side} ");
        let lines = lines.iter().filter_map(|line| line.strip_prefix(&prefix));
        lines.map(str::to_owned).collect()
    }
}

/// A world of one server, and of one channel whose connections begin with `client`.
fn world_with(
    seed: u64,
    server: impl FnOnce(&mut Config),
    client: impl FnOnce(&mut Config),
) -> (World, Node, Channel, Watching) {
    let watching = Watching::default();
    let mut config = proto::server_config();
    server(&mut config);
    let mut spec = ServerSpec::default();
    spec.add_stats(watching.clone());
    spec.add(service());
    let world = World::new(seed);
    let node = world.serve_with(spec, config);
    let mut config = proto::config();
    client(&mut config);
    world.set_client_config(config);
    let channel = world.channel_with(&[&node], |mut parts| {
        parts.stats.add(watching.clone());
        parts
    });
    (world, node, channel, watching)
}

fn pinging(seconds: u64, while_idle: bool) -> impl FnOnce(&mut Config) {
    move |config| {
        config.timers.keepalive = Some(Keepalive {
            interval: Duration::from_secs(seconds),
            timeout: Duration::from_secs(20),
            while_idle,
        });
    }
}

#[test]
fn who_pings_too_often_is_sent_away() {
    let (world, _, channel, watching) = world_with(1, |_| {}, pinging(60, false));
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        chat.tx.send(&Q).unwrap();
        assert!(chat.rx.recv().unwrap().is_some());
        // Nothing is sent: pings at 60, 120, 180 and 240 s; the last three are strikes.
        let status = chat.rx.recv().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        let Origin::Transport(error) = status.origin() else {
            panic!("{status:?}");
        };
        let ConnFault::GoAway { code, debug } = &error.fault else {
            panic!("{error}");
        };
        assert_eq!((*code, &debug[..]), (0xb, &b"too_many_pings"[..]));
        let at = world.now().saturating_since(Instant::ZERO).as_secs();
        assert_eq!(at, 240);
        // The call after it has a new connection.
        assert_eq!(channel.call(ECHO, Some(&Q)).call().unwrap(), Q);
    });
    let lines = watching.lines("Client");
    assert_eq!(lines[..2], ["0 begin", "240 goaway 11 too_many_pings"]);
    assert!(lines[2].contains("too_many_pings") && lines[3] == "240 begin");
}

/// The numbers of gRPC's proposals A8 and A9, and one of ours.
#[test]
fn the_defaults_are_grpcs() {
    let config = proto::server_config();
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let policy = config.limits.pings.unwrap();
    assert_eq!(
        (policy.min_interval, policy.while_idle),
        (minutes(5), false)
    );
    let keepalive = config.timers.keepalive.unwrap();
    assert_eq!(
        (keepalive.interval, keepalive.timeout),
        (minutes(120), Duration::from_secs(20))
    );
    assert_eq!(config.settings.max_concurrent_streams, 1000);
    assert_eq!(config.timers.max_age_jitter, 10);
    let client = proto::config();
    assert_eq!((client.limits.pings, client.timers.keepalive), (None, None));
}

/// Jitter parts connections that began at different times.
#[test]
fn connections_do_not_grow_old_together() {
    let age = |config: &mut Config| config.timers.max_age = Some(Duration::from_secs(1000));
    let mut ends = std::collections::BTreeSet::new();
    for seed in 0..10 {
        let (world, node, channel, _) = world_with(seed, age, |_| {});
        node.latency(Duration::from_millis(seed + 1));
        world.run(|| {
            channel.connect();
            let mut state = ChannelState::Idle;
            while state != ChannelState::Ready {
                state = channel.wait_for_state_change(state, Duration::from_secs(1));
            }
            channel.wait_for_state_change(state, Duration::from_secs(2000));
            ends.insert(world.now().saturating_since(Instant::ZERO).as_secs());
        });
    }
    assert!(ends.iter().all(|at| (899..=1101).contains(at)), "{ends:?}");
    assert!(ends.len() > 3, "{ends:?}");
}

#[test]
fn pings_within_the_policy_are_answered() {
    // Without calls, only who may.
    let often = |config: &mut Config| {
        config.limits.pings = Some(PingPolicy {
            min_interval: Duration::from_secs(30),
            while_idle: true,
        });
    };
    let (world, _, channel, watching) = world_with(2, often, pinging(60, true));
    world.run(|| {
        calls(&channel);
        world.advance(Duration::from_secs(3600));
        calls(&channel);
    });
    assert_eq!(watching.lines("Server"), ["0 begin"]);
    let (world, _, channel, watching) = world_with(3, |_| {}, pinging(301, true));
    world.run(|| {
        calls(&channel);
        world.advance(Duration::from_secs(3600));
    });
    // Idle, five minutes are not enough: the fourth ping is the third strike.
    assert_eq!(
        watching.lines("Server"),
        ["0 begin", "1204 end HTTP/2 protocol error"]
    );
}

#[test]
fn answers_wipe_strikes_out() {
    let (world, _, channel, watching) = world_with(4, |_| {}, pinging(60, false));
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        for _ in 0..30 {
            chat.tx.send(&Q).unwrap();
            assert!(chat.rx.recv().unwrap().is_some());
            world.advance(Duration::from_secs(130));
        }
    });
    assert_eq!(watching.lines("Server").len(), 1);
}

#[test]
fn a_silent_peer_is_given_up_by_either_side() {
    let (world, node, channel, watching) = world_with(5, pinging(30, true), pinging(300, true));
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        chat.tx.send(&Q).unwrap();
        assert!(chat.rx.recv().unwrap().is_some());
        node.stall();
        let status = chat.rx.recv().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains("keepalive"), "{status}");
    });
    assert_eq!(
        watching.lines("Server"),
        ["0 begin", "50 end keepalive ping not answered in time"]
    );
    let lines = watching.lines("Client");
    assert_eq!(lines[1], "320 end keepalive ping not answered in time");
}

#[test]
fn old_connections_go_and_their_calls_have_their_grace() {
    let age = |config: &mut Config| {
        config.timers.max_age = Some(Duration::from_secs(100));
        config.timers.drain = Some(Duration::from_secs(50));
    };
    let (world, _, channel, watching) = world_with(6, age, |_| {});
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        chat.tx.send(&Q).unwrap();
        assert!(chat.rx.recv().unwrap().is_some());
        world.advance(Duration::from_secs(115));
        // New calls go elsewhere, the old one goes on.
        assert_eq!(channel.call(ECHO, Some(&Q)).call().unwrap(), Q);
        chat.tx.send(&Q).unwrap();
        assert!(chat.rx.recv().unwrap().is_some());
        let status = chat.rx.recv().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        let Origin::Transport(error) = status.origin() else {
            panic!("{status:?}");
        };
        let ConnFault::GoAway { code, debug } = &error.fault else {
            panic!("{error}");
        };
        assert_eq!((*code, &debug[..]), (0, &b"max_age"[..]));
        let at = world.now().saturating_since(Instant::ZERO).as_secs();
        assert!((140..=161).contains(&at), "{at} s");
    });
    let begun = watching.lines("Server");
    let begun = begun.iter().filter(|line| line.ends_with("begin"));
    assert_eq!(begun.count(), 2);
}

#[test]
fn idle_connections_go_and_channels_are_idle_again() {
    let idle = |config: &mut Config| config.timers.idle = Some(Duration::from_secs(60));
    for by_server in [true, false] {
        let (world, _, channel, watching) = if by_server {
            world_with(7, idle, |_| {})
        } else {
            world_with(8, |_| {}, idle)
        };
        world.run(|| {
            calls(&channel);
            world.advance(Duration::from_secs(50));
            calls(&channel);
            assert_eq!(channel.state(), ChannelState::Ready);
            world.advance(Duration::from_secs(59));
            assert_eq!(channel.state(), ChannelState::Ready);
            let ready = ChannelState::Ready;
            let state = channel.wait_for_state_change(ready, Duration::from_secs(10));
            assert_eq!(state, ChannelState::Idle);
            calls(&channel);
        });
        let lines = watching.lines("Server");
        let begun = lines.iter().filter(|line| line.ends_with("begin"));
        assert_eq!(begun.count(), 2, "{lines:?}");
        let told = watching.lines("Client");
        let said = told.iter().any(|line| line.ends_with("goaway 0 max_idle"));
        assert_eq!(said, by_server, "{told:?}");
    }
}

#[test]
fn channels_connect_and_close_when_asked() {
    let (world, node, channel, watching) = world_with(9, |_| {}, |_| {});
    world.run(|| {
        let second = Duration::from_secs(1);
        assert_eq!(channel.state(), ChannelState::Idle);
        channel.connect();
        let mut state = ChannelState::Idle;
        while state != ChannelState::Ready {
            state = channel.wait_for_state_change(state, second);
        }
        let status = channel.wait_for_state_change(state, second);
        assert_eq!(status, ChannelState::Ready, "nothing changed in that time");
        node.refuse(true);
        node.cut();
        let state = channel.wait_for_state_change(ChannelState::Ready, second);
        assert_eq!(state, ChannelState::Idle, "nobody wants a connection");
        channel.connect();
        let failed = |state| matches!(state, ChannelState::TransientFailure);
        let mut state = channel.state();
        while !failed(state) {
            state = channel.wait_for_state_change(state, second);
        }
        channel.close();
        let state = channel.wait_for_state_change(state, second);
        assert_eq!(state, ChannelState::Shutdown);
        let status = channel.call(ECHO, Some(&Q)).call().unwrap_err();
        assert_eq!(status.code(), Code::Cancelled);
    });
    let lines = watching.lines("Client");
    assert!(lines[2].starts_with("1 Failed("), "{lines:?}");
}

/// A channel of which nothing is left ends every call that still comes.
#[test]
fn a_closed_channel_ends_what_still_comes() {
    let (world, _, channel, _) = world_with(11, |_| {}, |_| {});
    world.run(|| {
        channel.close();
        world.advance(Duration::from_secs(1));
        let cancelled = |status: Status| assert_eq!(status.code(), Code::Cancelled);
        cancelled(channel.call(ECHO, Some(&Q)).call().unwrap_err());
        let mut count = channel.call(COUNT, Some(&Q)).open();
        cancelled(count.recv().unwrap_err());
        let mut upload = channel.call(SUM, None).open();
        let _ = upload.send(&Q);
        cancelled(upload.finish().unwrap_err());
        let mut chat = channel.call(CHAT, None).open();
        cancelled(chat.rx.recv().unwrap_err());
        let told = Arc::new(Mutex::new(None));
        let there = Arc::clone(&told);
        let call = channel.call(ECHO, Some(&Q));
        call.start(move |result| *there.lock().unwrap() = Some(result.map(drop)));
        world.advance(Duration::from_secs(1));
        let told = told.lock().unwrap().take();
        cancelled(told.unwrap().unwrap_err());
    });
}

/// Pauses between rounds grow as gRPC's do: 1 s, then 1.6 times as long each, give or take a fifth.
#[test]
fn pauses_grow_between_attempts() {
    let (world, node, channel, watching) = world_with(10, |_| {}, |_| {});
    node.refuse(true);
    world.run(|| {
        let call = channel.call(ECHO, Some(&Q)).wait_for_ready();
        let status = call.timeout(Duration::from_secs(60)).call().unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
    });
    let lines = watching.lines("Client");
    let times: Vec<f64> = lines
        .iter()
        .map(|line| line.split(' ').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(times[..2], [0.0, 1.0]);
    assert!((8..=10).contains(&times.len()), "{lines:?}");
    assert!(
        times[2] <= 3.0 && times[4] >= 6.0 && times[7] > 25.0,
        "{times:?}"
    );
}

/// Who asked for the end of a connection is told on the other side: a server that stops says so, a channel does not.
#[test]
fn a_server_that_stops_says_that_it_does() {
    let (world, node, channel, watching) = world_with(11, |_| {}, |_| {});
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        chat.tx.send(&Q).unwrap();
        assert!(chat.rx.recv().unwrap().is_some());
        node.shutdown(Duration::from_secs(5));
        world.advance(Duration::from_secs(1));
        drop(chat);
        world.advance(Duration::from_secs(10));
    });
    let told = watching.lines("Client");
    let told: Vec<_> = told.iter().filter(|line| line.contains("goaway")).collect();
    assert!(!told.is_empty());
    for line in &told {
        assert!(line.ends_with("goaway 0 graceful_stop"), "{told:?}");
    }
    let told = watching.lines("Server");
    assert!(!told.iter().any(|line| line.contains("stop")), "{told:?}");
}
