//! PING (RFC 9113 6.7), keepalive, and deadlines of progress.

use std::time::Duration;

use bywash_proto::config::{Config, Keepalive};
use bywash_proto::error::{CloseReason, EndedBy, PingError, TimeoutKind};
use bywash_spec_tests::pair::{Against, Feed, Seen, World, every_split};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{RawFrame, RawPeer, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

/// A server whose client answers PINGs when told.
fn slow_client(feed: Feed, config: Config) -> Against {
    let mut net = Against::new(Feed::Whole, config, RawPeer::client(&[]).with_windows());
    net.pump();
    net.peer.send(&RawFrame::settings_ack());
    net.ask(1, "/", true);
    net.pump();
    net.peer.drain();
    net.events();
    net.feed(feed);
    net
}

fn keepalive(while_idle: bool) -> Config {
    config(|c| {
        c.timers.keepalive = Some(Keepalive {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(3),
            while_idle,
        });
    })
}

#[test]
fn silence_is_broken_by_a_ping() {
    every_split(|feed| {
        let mut net = slow_client(feed, keepalive(false));
        net.advance(Duration::from_secs(9));
        // Whatever is heard counts.
        net.peer.send(&RawFrame::window_update(0, 1));
        net.advance(Duration::from_secs(9));
        net.peer.expect_nothing()?;
        net.advance(Duration::from_secs(1));
        let ping = net.peer.expect_ping()?;
        net.advance(Duration::from_secs(2));
        net.peer.send(&RawFrame::ping_ack(ping));
        net.advance(Duration::from_secs(9));
        net.peer.expect_nothing()?;
        net.advance(Duration::from_secs(2));
        net.peer.expect_ping()?;
        net.advance(Duration::from_secs(3));
        let seen = net.events();
        let reason = CloseReason::Timeout(TimeoutKind::Keepalive);
        assert_eq!(seen.last(), Some(&Seen::Closed(reason)));
        assert!(matches!(seen[0], Seen::Ended { stream: 1, .. }));
        Ok(net)
    });
}

#[test]
fn an_idle_connection_is_pinged_only_if_asked() {
    for role in ROLES {
        for while_idle in [true, false] {
            every_split(|feed| {
                let mut net = match role {
                    Role::Server => Against::server(feed, keepalive(while_idle)),
                    Role::Client => Against::client(feed, keepalive(while_idle)),
                };
                net.advance(Duration::from_secs(35));
                let pings = net.peer.drain();
                assert_eq!(pings.len(), if while_idle { 3 } else { 0 }, "{pings:?}");
                assert_eq!(net.events(), []);
                Ok(net)
            });
        }
    }
}

#[test]
fn pings_of_the_program_tell_the_round_trip() {
    every_split(|feed| {
        let mut net = slow_client(feed, Config::default());
        net.core.ping(net.now(), *b"program1").unwrap();
        net.advance(Duration::from_millis(30));
        assert_eq!(net.peer.expect_ping()?, *b"program1");
        net.peer.send(&RawFrame::ping_ack(*b"program2"));
        net.peer.send(&RawFrame::ping_ack(*b"program1"));
        net.peer.send(&RawFrame::ping_ack(*b"program1"));
        net.pump();
        let (payload, rtt) = (*b"program1", Duration::from_millis(30));
        assert_eq!(net.events(), [Seen::Pong { payload, rtt }]);
        for n in 0..16 {
            assert_eq!(net.core.ping(net.now(), [n; 8]), Ok(()));
        }
        assert_eq!(net.core.ping(net.now(), [99; 8]), Err(PingError));
        net.pump();
        Ok(net)
    });
}

#[test]
fn pings_of_the_peer_are_answered_in_order() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            for n in 0..50 {
                net.peer.send(&RawFrame::ping([n; 8]));
            }
            net.pump();
            for n in 0..50 {
                net.peer.expect_ping_ack([n; 8])?;
            }
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}

/// Replies that the transport does not take hold the input back, and nothing is lost.
#[test]
fn replies_are_bounded() {
    every_split(|feed| {
        let tight = config(|c| {
            c.limits.reply_bytes = 256;
            c.limits.control.burst = 10_000;
        });
        let mut net = World::new(Role::Server, feed, tight).net;
        for n in 0..500u32 {
            net.peer.send(&RawFrame::ping(u64::from(n).to_be_bytes()));
        }
        net.pump();
        for n in 0..500u64 {
            net.peer.expect_ping_ack(n.to_be_bytes())?;
        }
        Ok(net)
    });
}

#[test]
fn what_makes_no_progress_ends() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            let id = World::OPEN;
            if role == Role::Server {
                net.respond(id, &[(":status", "200")], false);
            }
            net.send(id, vec![b'x'; 70_000], true);
            net.advance(Duration::from_secs(59));
            net.peer.drain();
            assert_eq!(net.events(), []);
            net.advance(Duration::from_secs(120));
            net.peer.expect_rst(id, code::CANCEL)?;
            let seen = net.events();
            let [Seen::Ended { stream, end }] = &seen[..] else {
                panic!("{seen:?}");
            };
            let by = EndedBy::Timeout(TimeoutKind::Progress);
            assert_eq!((*stream, end.by), (id, by));
            Ok(net)
        });
    }
}

#[test]
fn a_stream_that_queues_nothing_may_wait_for_hours() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            net.advance(Duration::from_secs(10 * 3_600));
            assert_eq!(net.events(), []);
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}
