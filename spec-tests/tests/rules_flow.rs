//! Flow control (RFC 9113 5.2, 6.9): windows of both sides, their overflows, their credit.

use std::time::Duration;

use bywash_proto::config::{Config, FlowControl, LocalSettings};
use bywash_proto::error::{ReleaseError, Violation as V};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::pair::{Against, Case, Feed, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::setting::INITIAL_WINDOW_SIZE;
use bywash_spec_tests::raw::{RawFrame, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];
const OPEN: u32 = World::OPEN;
const MAX: u32 = 0x7fff_ffff;

fn both(name: &str, frames: impl Into<Vec<RawFrame>>, verdict: Verdict) {
    for case in Case::both(name, frames, verdict) {
        judge(&case);
    }
}

fn small(c: &mut Config) {
    c.settings.initial_window_size = 100;
    c.settings.connection_window = 65_535;
}

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

#[test]
fn an_increment_of_zero() {
    let zero = |stream| [RawFrame::window_update(stream, 0)];
    both(
        "stream",
        zero(OPEN),
        Verdict::Stream(OPEN, V::WindowZeroStream),
    );
    both(
        "half-closed",
        zero(World::HALF),
        Verdict::Stream(World::HALF, V::WindowZeroStream),
    );
    both(
        "connection",
        zero(0),
        Verdict::Connection(V::WindowZeroConnection),
    );
    both(
        "idle",
        zero(World::IDLE),
        Verdict::Connection(V::IdleStream),
    );
    both("even", zero(2), Verdict::Connection(V::IdleStream));
    for closed in [World::CLOSED, World::RESET, World::LOST] {
        both("closed", zero(closed), Verdict::Ignored);
    }
    // The reserved bit does not make it one.
    both(
        "reserved",
        [RawFrame::window_update(OPEN, 1 << 31)],
        Verdict::Stream(OPEN, V::WindowZeroStream),
    );
}

#[test]
fn increments_beyond_the_largest_window() {
    let most = MAX - 65_535;
    both(
        "up to it",
        [
            RawFrame::window_update(OPEN, most),
            RawFrame::window_update(0, most),
        ],
        Verdict::Ignored,
    );
    both(
        "stream",
        [RawFrame::window_update(OPEN, most + 1)],
        Verdict::Stream(OPEN, V::WindowOverflowStream),
    );
    both(
        "stream, in two steps",
        [
            RawFrame::window_update(OPEN, most),
            RawFrame::window_update(OPEN, 1),
        ],
        Verdict::Stream(OPEN, V::WindowOverflowStream),
    );
    both(
        "connection",
        [RawFrame::window_update(0, most + 1)],
        Verdict::Connection(V::WindowOverflowConnection),
    );
    both(
        "closed",
        [RawFrame::window_update(World::CLOSED, MAX)],
        Verdict::Ignored,
    );
}

#[test]
fn an_initial_window_that_overflows_any_stream() {
    both(
        "by one",
        [
            RawFrame::window_update(OPEN, 10),
            RawFrame::settings(&[(INITIAL_WINDOW_SIZE, MAX - 9)]),
        ],
        Verdict::Connection(V::InitialWindowOverflow),
    );
    for role in ROLES {
        every_split(|feed| {
            let mut world = World::new(role, feed, Config::default());
            let net = &mut world.net;
            net.peer.send(&RawFrame::window_update(OPEN, 10));
            net.peer
                .send(&RawFrame::settings(&[(INITIAL_WINDOW_SIZE, MAX - 10)]));
            net.pump();
            assert_eq!(net.events(), [Seen::Settings]);
            net.peer.expect_settings_ack()?;
            net.peer.expect_nothing()?;
            Ok(world.net)
        });
    }
}

#[test]
fn data_beyond_the_streams_window() {
    for role in ROLES {
        for frame in [
            RawFrame::data(OPEN, vec![b'x'; 101]),
            // Padding counts (6.1), its length octet too.
            RawFrame::data(OPEN, vec![b'x'; 90]).padded(10),
            RawFrame::data(OPEN, vec![b'x'; 101]).end_stream(),
        ] {
            let verdict = Verdict::Stream(OPEN, V::FlowStream);
            judge(&Case::new("over", role, [frame], verdict).with(small));
        }
        let verdict = Verdict::Connection(V::FlowConnection);
        let frames: Vec<_> = (0..5)
            .map(|_| RawFrame::data(OPEN, vec![b'x'; 16_384]))
            .collect();
        let case = Case::new("connection", role, frames, verdict).with(|c| {
            c.settings.connection_window = 65_535;
            c.settings.initial_window_size = 1_000_000;
            c.flow = FlowControl::Manual;
        });
        judge_after_data(&case);
    }
}

/// A case whose first frames are plain DATA: like [`judge`], but those are delivered.
fn judge_after_data(case: &Case) {
    every_split(|feed| {
        let mut world = World::new(case.role, feed, case.config.clone());
        let net = &mut world.net;
        net.peer.send_all(&case.frames);
        net.pump();
        let events = net.events();
        assert!(
            matches!(&events[0], Seen::Data { stream: OPEN, data, end: false } if data.len() == 3 * 16_384),
            "{:?}",
            events[0].stream()
        );
        let Verdict::Connection(violation) = case.verdict else {
            unreachable!()
        };
        net.peer.expect_goaway(violation.code().0)?;
        Ok(world.net)
    });
}

#[test]
fn the_streams_window_may_be_used_to_the_last_octet() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, config(small)).net.holding();
            net.peer
                .send(&RawFrame::data(OPEN, vec![b'x'; 89]).padded(10));
            net.peer.send(&RawFrame::data(OPEN, "").end_stream());
            net.pump();
            let seen = net.events();
            assert_eq!(seen, [Seen::data(OPEN, &"x".repeat(89), true)]);
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}

/// Sends `total` octets on a stream in frames of at most `size`, as the windows allow, and says whether all got
/// through.
fn push_through(net: &mut Against, stream: u32, total: usize, size: usize) -> bool {
    let mut left = total;
    while left > 0 {
        let window = net.peer.may_send(stream).min(net.peer.may_send(0)).max(0);
        let n = left.min(size).min(window as usize);
        if n == 0 {
            return false;
        }
        net.peer.send(&RawFrame::data(stream, vec![b'x'; n]));
        net.pump();
        left -= n;
    }
    true
}

#[test]
fn a_reader_that_releases_gets_any_amount() {
    for role in ROLES {
        for flow in [FlowControl::Automatic, FlowControl::Streams] {
            every_split(|feed| {
                let mut net = World::new(role, feed, config(|c| c.flow = flow)).net;
                net.feed(Feed::Whole);
                assert!(push_through(&mut net, OPEN, 3_000_000, 16_384), "{flow:?}");
                Ok(net)
            });
        }
    }
}

#[test]
fn a_slow_reader_never_starves_its_siblings() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net.holding();
            net.feed(Feed::Whole);
            assert!(!push_through(&mut net, OPEN, 3_000_000, 16_384));
            let (slow, all) = (net.peer.may_send(OPEN), net.peer.may_send(0));
            assert_eq!(slow, 0, "its own window is used up");
            assert!(all >= 512 * 1024, "the connection's is not: {all}");
            assert!(push_through(&mut net, World::SIBLING, 200_000, 16_384));
            Ok(net)
        });
    }
}

#[test]
fn manual_credit_returns_by_release_alone() {
    for role in ROLES {
        every_split(|feed| {
            let manual = config(|c| c.flow = FlowControl::Manual);
            let mut net = World::new(role, feed, manual).net.holding();
            net.feed(Feed::Whole);
            let stream = net.stream(OPEN);
            let before = net.peer.may_send(0);
            assert!(push_through(&mut net, OPEN, 200_000, 16_384));
            assert_eq!(net.peer.may_send(0), before - 200_000);
            let release = |net: &mut Against, stream_octets, octets| match net.peer.role() {
                Role::Client => net.core.server().release(stream, stream_octets, octets),
                Role::Server => net.core.client().release(stream, stream_octets, octets),
            };
            assert_eq!(
                release(&mut net, 0, 200_001),
                Err(ReleaseError::Connection {
                    outstanding: 200_000
                })
            );
            assert_eq!(
                release(&mut net, 200_001, 0),
                Err(ReleaseError::Stream {
                    outstanding: 200_000
                })
            );
            assert_eq!(release(&mut net, 200_000, 0), Ok(()));
            net.pump();
            assert_eq!(net.peer.may_send(OPEN), 262_144);
            assert_eq!(net.peer.may_send(0), before - 200_000, "still kept back");
            // The stream ends; the connection's credit is still to be had under its stale name.
            net.core.send(stream).reset(ErrorCode::CANCEL);
            assert_eq!(release(&mut net, 0, 200_000), Ok(()));
            assert_eq!(
                release(&mut net, 0, 1),
                Err(ReleaseError::Connection { outstanding: 0 })
            );
            net.pump();
            assert!(push_through(&mut net, World::SIBLING, 262_144, 16_384));
            Ok(net)
        });
    }
}

#[test]
fn a_release_of_too_much_is_the_programs_error() {
    every_split(|feed| {
        let mut net = World::new(Role::Server, feed, Config::default())
            .net
            .holding();
        net.peer.send(&RawFrame::data(OPEN, "12345"));
        net.pump();
        let stream = net.stream(OPEN);
        assert_eq!(
            net.core.recv(stream).release(6),
            Err(ReleaseError::Stream { outstanding: 5 })
        );
        assert_eq!(net.core.recv(stream).release(2), Ok(()));
        assert_eq!(net.core.recv(stream).outstanding(), 3);
        net.core.send(stream).reset(ErrorCode::CANCEL);
        assert_eq!(net.core.recv(stream).release(9), Ok(()), "it has ended");
        net.pump();
        Ok(net)
    });
}

#[test]
fn expect_raises_the_window_by_what_is_missing() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, config(small)).net.holding();
            let stream = net.stream(OPEN);
            net.peer.send(&RawFrame::data(OPEN, vec![b'x'; 40]));
            net.pump();
            net.core.recv(stream).expect(1_000);
            net.pump();
            assert_eq!(net.peer.expect_window_update(OPEN)?, 940);
            assert_eq!(net.peer.may_send(OPEN), 1_000);
            net.core.recv(stream).expect(1_000);
            net.core.recv(stream).expect(10);
            net.pump();
            net.peer.expect_nothing()?;
            // What was raised does not come back as credit.
            assert!(push_through(&mut net, OPEN, 1_000, 1_000));
            net.core.recv(stream).release(1_040).unwrap();
            net.pump();
            assert_eq!(net.peer.may_send(OPEN), 100);
            Ok(net)
        });
    }
}

#[test]
fn expect_is_capped() {
    every_split(|feed| {
        let capped = config(|c| {
            small(c);
            c.limits.max_expect = 500;
        });
        let mut net = World::new(Role::Server, feed, capped).net.holding();
        let stream = net.stream(OPEN);
        net.core.recv(stream).expect(u32::MAX);
        net.pump();
        assert_eq!(net.peer.may_send(OPEN), 600);
        Ok(net)
    });
}

/// Frames of DATA that nobody gets must not eat the connection's window.
#[test]
fn discarded_data_and_padding_return_by_themselves() {
    for role in ROLES {
        every_split(|feed| {
            let tight = config(|c| {
                c.settings.connection_window = 65_535;
                c.flow = FlowControl::Manual;
            });
            let mut net = World::new(role, feed, tight).net.holding();
            net.feed(Feed::Whole);
            for _ in 0..100 {
                for frame in [
                    RawFrame::data(World::RESET, vec![b'x'; 2_000]).padded(200),
                    RawFrame::data(OPEN, "").padded(255),
                ] {
                    net.peer.send(&frame);
                }
                net.pump();
            }
            assert!(
                net.peer.may_send(0) > 65_535 / 2,
                "{}",
                net.peer.may_send(0)
            );
            assert!(net.peer.may_send(OPEN) > 0);
            assert_eq!(net.events(), []);
            Ok(net)
        });
    }
}

#[test]
fn our_windows_shrink_when_the_peer_acknowledges() {
    for role in ROLES {
        every_split(|feed| {
            let mut world = World::new(role, feed, Config::default());
            let net = &mut world.net;
            let stream = net.stream(OPEN);
            let mut less = LocalSettings::default();
            less.initial_window_size = 10;
            net.core.update_settings(less).unwrap();
            net.receive(&RawFrame::data(OPEN, vec![b'x'; 1_000]).encode());
            assert_eq!(net.core.recv(stream).window(), 262_144 - 1_000);
            net.pump();
            assert!(net.events().contains(&Seen::SettingsAcknowledged));
            // 1 000 octets were released meanwhile: the credit may have gone out before or after.
            let window = net.core.recv(stream).window();
            assert!(window <= 1_010, "{window}");
            net.peer.expect_settings()?;
            Ok(world.net)
        });
    }
}

#[test]
fn windows_follow_the_bandwidth_delay_product() {
    for role in ROLES {
        every_split(|feed| {
            let tuned = config(|c| {
                c.settings.initial_window_size = 65_535;
                c.settings.connection_window = 65_535;
                c.bdp_max_window = Some(1 << 20);
            });
            // It answers PINGs when told.
            let mut net = Against::new(feed, tuned, World::peer(role, &[]).with_windows());
            net.pump();
            net.peer.send(&RawFrame::settings_ack());
            match role {
                Role::Server => net.ask(1, "/", false),
                Role::Client => {
                    net.open("/", false);
                    net.pump();
                    net.answer(1, "200", false);
                }
            }
            net.pump();
            net.peer.drain();
            net.advance(Duration::from_secs(1));
            net.peer.expect_nothing()?;
            net.feed(Feed::Whole);
            net.peer.send(&RawFrame::data(1, "x"));
            net.pump();
            let ping = net.peer.expect_ping()?;
            assert!(push_through(&mut net, 1, 60_000, 16_384));
            net.advance(Duration::from_millis(5));
            net.peer.send(&RawFrame::ping_ack(ping));
            net.pump();
            assert!(net.peer.may_send(1) > 65_535, "{}", net.peer.may_send(1));
            assert!(net.peer.may_send(0) > 65_535, "{}", net.peer.may_send(0));
            // Without new DATA no further PING: peers count them.
            net.peer.drain();
            net.advance(Duration::from_secs(5));
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}
