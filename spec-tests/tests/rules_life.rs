//! The life of a connection (RFC 9113 6.7, 6.8): shutdown, GOAWAY both ways, drain, age, idleness, keepalive.

use std::time::Duration;

use bywash_proto::config::Config;
use bywash_proto::connection::Close;
use bywash_proto::error::{CloseReason, EndedBy, OpenError, Retry, TimeoutKind};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::pair::{Against, Feed, Seen, World, every_split};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{RawFrame, RawPeer, Received, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];
const MAX: u32 = 0x7fff_ffff;

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

fn finished() -> Seen {
    Seen::Closed(CloseReason::Finished)
}

#[test]
fn a_server_shuts_down_in_two_steps() {
    every_split(|feed| {
        let mut net = slow_client(feed, Config::default());
        net.core.shutdown(net.now());
        net.core.shutdown(net.now());
        net.pump();
        let first = net.peer.expect_goaway(code::NO_ERROR)?;
        assert_eq!(first.last_stream, MAX);
        let ping = net.peer.expect_ping()?;
        net.peer.expect_nothing()?;
        // A request that was on its way is still taken.
        net.ask(3, "/", true);
        net.peer.send(&RawFrame::ping_ack(ping));
        net.pump();
        assert!(matches!(
            net.events()[..],
            [Seen::Request { stream: 3, .. }]
        ));
        let second = net.peer.expect_goaway(code::NO_ERROR)?;
        assert_eq!(second.last_stream, 3);
        // One that comes after that is not, and nothing is said of it.
        net.ask(5, "/", false);
        net.peer.send(&RawFrame::data(5, "body").end_stream());
        net.pump();
        assert_eq!(net.events(), []);
        net.peer.expect_nothing()?;
        for id in [1, 3] {
            net.respond(id, &[(":status", "204")], true);
        }
        net.pump();
        assert_eq!(net.events(), [finished()]);
        net.peer.expect_status(1, "204")?;
        net.peer.expect_status(3, "204")?;
        net.peer.expect_nothing()?;
        assert_eq!(net.core.interest().close, Close::AfterFlush);
        Ok(net)
    });
}

#[test]
fn the_second_step_does_not_wait_for_ever() {
    every_split(|feed| {
        let mut net = slow_client(feed, Config::default());
        net.core.shutdown(net.now());
        net.pump();
        net.peer.drain();
        net.advance(Duration::from_millis(999));
        net.peer.expect_nothing()?;
        net.advance(Duration::from_millis(1));
        assert_eq!(net.peer.expect_goaway(code::NO_ERROR)?.last_stream, 1);
        net.respond(1, &[(":status", "204")], true);
        net.pump();
        assert_eq!(net.events(), [finished()]);
        Ok(net)
    });
}

/// RFC 9113 6.8: the last stream of a later GOAWAY must not be above that of an earlier one.
#[test]
fn the_last_stream_never_grows() {
    every_split(|feed| {
        let mut net = slow_client(feed, Config::default());
        net.core.shutdown(net.now());
        net.advance(Duration::from_secs(1));
        net.ask(3, "/", true);
        net.peer.send(&RawFrame::window_update(0, 0));
        net.pump();
        assert_eq!(net.peer.expect_goaway(code::NO_ERROR)?.last_stream, MAX);
        net.peer.expect_ping()?;
        assert_eq!(net.peer.expect_goaway(code::NO_ERROR)?.last_stream, 1);
        assert_eq!(net.peer.expect_goaway(code::PROTOCOL_ERROR)?.last_stream, 1);
        Ok(net)
    });
}

#[test]
fn a_client_shuts_down_in_one_step() {
    every_split(|feed| {
        let mut net = World::new(Role::Client, feed, Config::default()).net;
        net.core.shutdown(net.now());
        net.pump();
        let goaway = net.peer.expect_goaway(code::NO_ERROR)?;
        assert_eq!(goaway.last_stream, 0);
        net.peer.expect_nothing()?;
        let get = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "a"),
            (":path", "/"),
        ];
        assert_eq!(
            net.core.client().request(&get, true),
            Err(OpenError::Draining)
        );
        for id in [World::SIBLING, World::OPEN, World::HALF] {
            net.send(id, "", true);
            if id != World::HALF {
                net.peer.send(&RawFrame::data(id, "").end_stream());
            }
        }
        net.pump();
        assert_eq!(net.events().last(), Some(&finished()));
        Ok(net)
    });
}

#[test]
fn an_idle_connection_shuts_down_at_once() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = match role {
                Role::Server => Against::server(feed, Config::default()),
                Role::Client => Against::client(feed, Config::default()),
            };
            net.core.shutdown(net.now());
            net.pump();
            assert_eq!(net.events(), [finished()]);
            let last = net.peer.drain();
            let goaways: Vec<_> = last
                .iter()
                .filter_map(|item| match item {
                    Received::GoAway { last_stream, .. } => Some(*last_stream),
                    _ => None,
                })
                .collect();
            let expected: &[u32] = if role == Role::Server {
                &[MAX, 0]
            } else {
                &[0]
            };
            assert_eq!(goaways, expected);
            Ok(net)
        });
    }
}

#[test]
fn a_drain_has_an_end() {
    for role in ROLES {
        every_split(|feed| {
            let drain = config(|c| c.timers.drain = Some(Duration::from_secs(5)));
            let mut net = World::new(role, feed, drain).net;
            net.core.shutdown(net.now());
            net.advance(Duration::from_millis(4_999));
            assert!(!net.guard().is_closed());
            net.advance(Duration::from_millis(1));
            let seen = net.events();
            let ends = seen
                .iter()
                .filter(|e| matches!(e, Seen::Ended { .. }))
                .count();
            assert_eq!(ends, 3);
            let reason = CloseReason::Timeout(TimeoutKind::Shutdown);
            assert_eq!(seen.last(), Some(&Seen::Closed(reason)));
            Ok(net)
        });
    }
}

#[test]
fn goaway_at_a_client_says_what_may_be_retried() {
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        for _ in 0..3 {
            net.open("/", true);
        }
        net.pump();
        net.peer.drain();
        net.peer
            .send(&RawFrame::goaway(3, code::NO_ERROR, b"maintenance"));
        net.pump();
        let seen = net.events();
        let [
            Seen::GoAway {
                last: 3,
                code,
                debug,
            },
            Seen::Ended { stream: 5, end },
        ] = &seen[..]
        else {
            panic!("{seen:?}");
        };
        assert_eq!((end.by, end.retry), (EndedBy::GoAway, Retry::NotProcessed));
        assert_eq!(
            (*code, &debug[..]),
            (ErrorCode::NO_ERROR, &b"maintenance"[..])
        );
        let get = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "a"),
            (":path", "/"),
        ];
        assert_eq!(
            net.core.client().request(&get, true),
            Err(OpenError::Draining)
        );
        net.answer(1, "204", true);
        net.answer(3, "204", true);
        net.pump();
        let seen = net.events();
        assert!(matches!(
            seen[..2],
            [Seen::Response { .. }, Seen::Response { .. }]
        ));
        assert_eq!(seen[2], finished());
        Ok(net)
    });
}

#[test]
fn a_goaway_that_grows_is_not_believed() {
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        for _ in 0..2 {
            net.open("/", true);
        }
        net.pump();
        net.peer.send(&RawFrame::goaway(MAX, code::NO_ERROR, b""));
        net.peer.send(&RawFrame::goaway(1, code::NO_ERROR, b""));
        net.peer.send(&RawFrame::goaway(5, code::NO_ERROR, b""));
        net.pump();
        let lasts: Vec<_> = net
            .events()
            .iter()
            .filter_map(|event| match event {
                Seen::GoAway { last, .. } => Some(*last),
                _ => None,
            })
            .collect();
        assert_eq!(lasts, [MAX, 1, 1]);
        Ok(net)
    });
}

#[test]
fn goaway_with_an_error_is_the_reason_of_the_end() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = match role {
                Role::Server => Against::server(feed, Config::default()),
                Role::Client => Against::client(feed, Config::default()),
            };
            net.peer
                .send(&RawFrame::goaway(0, code::ENHANCE_YOUR_CALM, &[b'x'; 400]));
            net.pump();
            let seen = net.events();
            let calm = ErrorCode::ENHANCE_YOUR_CALM;
            let debug = vec![b'x'; 256];
            assert_eq!(
                seen,
                [
                    Seen::GoAway {
                        last: 0,
                        code: calm,
                        debug
                    },
                    Seen::Closed(CloseReason::GoAway(calm))
                ]
            );
            Ok(net)
        });
    }
}

#[test]
fn requests_that_never_left_are_safe_to_retry() {
    let mut net = Against::client(Feed::Whole, Config::default());
    net.open("/", true);
    net.core.handle_transport_error(net.now());
    net.pump();
    let seen = net.events();
    let [
        Seen::Ended { end, .. },
        Seen::Closed(CloseReason::Transport),
    ] = &seen[..]
    else {
        panic!("{seen:?}");
    };
    assert_eq!(end.retry, Retry::NeverSent);
    let mut net = Against::client(Feed::Whole, Config::default());
    net.open("/", true);
    net.pump();
    net.core.handle_transport_error(net.now());
    net.pump();
    let seen = net.events();
    assert!(matches!(seen[0], Seen::Ended { end, .. } if end.retry == Retry::MayHaveBeenProcessed));
    assert_eq!(net.core.interest().close, Close::Now);
}

#[test]
fn old_age_ends_a_connection_gently() {
    for seed in 0..20 {
        let aged = config(|c| {
            c.timers.max_age = Some(Duration::from_secs(100));
            c.seed = seed;
        });
        let mut net = Against::server(Feed::Whole, aged.clone());
        net.advance(Duration::from_millis(89_999));
        assert!(!net.guard().is_closed(), "a tenth of jitter at most");
        net.advance(Duration::from_millis(20_002));
        assert_eq!(net.events(), [finished()]);
        let goaway = net.peer.expect_goaway(code::NO_ERROR).unwrap();
        assert_eq!(goaway.last_stream, MAX);
        assert_eq!(goaway.debug, b"max_age");
    }
    // Different seeds, different times.
    let ends: std::collections::BTreeSet<_> = (0..20)
        .map(|seed| {
            let aged = config(|c| {
                c.timers.max_age = Some(Duration::from_secs(100));
                c.seed = seed;
                c.timers.settings_ack = None;
                c.timers.progress = None; // it runs until the first SETTINGS are written
            });
            let net = Against::server(Feed::Whole, aged);
            net.core.poll_timeout()
        })
        .collect();
    assert!(ends.len() > 5, "{ends:?}");
}

#[test]
fn idleness_ends_a_connection_and_streams_hold_it() {
    for role in ROLES {
        every_split(|feed| {
            let idle = config(|c| c.timers.idle = Some(Duration::from_secs(10)));
            let mut net = match role {
                Role::Server => Against::server(feed, idle),
                Role::Client => Against::client(feed, idle),
            };
            net.advance(Duration::from_secs(9));
            match role {
                Role::Server => net.ask(1, "/", true),
                Role::Client => assert_eq!(net.open("/", true), 1),
            }
            net.advance(Duration::from_secs(100));
            assert!(!net.guard().is_closed(), "a long poll is not idle");
            match role {
                Role::Server => net.respond(1, &[(":status", "204")], true),
                Role::Client => net.answer(1, "204", true),
            }
            net.advance(Duration::from_millis(9_999));
            assert!(!net.guard().is_closed());
            net.advance(Duration::from_millis(1));
            assert_eq!(net.events().last(), Some(&finished()));
            Ok(net)
        });
    }
}

#[test]
fn the_peers_fin_when_nothing_is_open_is_a_plain_end() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = match role {
                Role::Server => Against::server(feed, Config::default()),
                Role::Client => Against::client(feed, Config::default()),
            };
            net.eof();
            assert_eq!(net.events(), [finished()]);
            Ok(net)
        });
    }
}

#[test]
fn the_peers_fin_inside_a_frame_is_none() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = match role {
                Role::Server => Against::server(feed, Config::default()),
                Role::Client => Against::client(feed, Config::default()),
            };
            net.receive(&RawFrame::ping([0; 8]).encode()[..12]);
            net.eof();
            assert_eq!(net.events(), [Seen::Closed(CloseReason::Eof)]);
            Ok(net)
        });
    }
}

/// The last response ends a draining connection; no deadline outlives it.
#[test]
fn no_deadline_outlives_the_connection() {
    every_split(|feed| {
        let mut net = slow_client(feed, Config::default());
        net.core.shutdown(net.now());
        net.advance(Duration::from_secs(2));
        net.respond(1, &[(":status", "204")], true);
        assert_eq!(net.core.poll_timeout(), None);
        net.pump();
        assert_eq!(net.events(), [finished()]);
        Ok(net)
    });
}
