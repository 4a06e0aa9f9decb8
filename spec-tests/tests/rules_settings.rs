//! SETTINGS both ways (RFC 9113 6.5, RFC 8441 3, RFC 9218 2.1).

use bywash_proto::config::{Config, LocalSettings};
use bywash_proto::error::{CloseReason, ConfigError, LimitName, Violation as V};
use bywash_proto::vocabulary::{ErrorCode, SettingId};
use bywash_spec_tests::pair::{Against, Case, Seen, Verdict, World, every_split, judge};
use bywash_spec_tests::raw::wire::setting::*;
use bywash_spec_tests::raw::{RawFrame, RawPeer, Received, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

/// SETTINGS that the core must take: one event, one acknowledgement.
fn taken(role: Role, entries: &[(u16, u32)]) {
    every_split(|feed| {
        let mut world = World::new(role, feed, Config::default());
        world.net.peer.send(&RawFrame::settings(entries));
        world.net.pump();
        assert_eq!(world.net.events(), [Seen::Settings], "{entries:?}");
        world.net.peer.expect_settings_ack()?;
        world.net.peer.expect_nothing()?;
        Ok(world.net)
    });
}

fn refused(role: Role, entries: &[(u16, u32)], violation: V) {
    judge(&Case::new(
        &format!("{entries:?} at {role:?}"),
        role,
        [RawFrame::settings(entries)],
        Verdict::Connection(violation),
    ));
}

#[test]
fn values_at_their_bounds_are_taken() {
    for role in ROLES {
        taken(role, &[]);
        for value in [0, 1, 4_096, u32::MAX] {
            taken(role, &[(HEADER_TABLE_SIZE, value)]);
            taken(role, &[(MAX_CONCURRENT_STREAMS, value)]);
            taken(role, &[(MAX_HEADER_LIST_SIZE, value)]);
            taken(role, &[(0x7, value), (0xaa, value), (0xffff, value)]);
        }
        for value in [0, 1, 65_535, 0x7fff_ffff - 65_535] {
            taken(role, &[(INITIAL_WINDOW_SIZE, value)]);
        }
        for value in [16_384, 16_385, 16_777_215] {
            taken(role, &[(MAX_FRAME_SIZE, value)]);
        }
        taken(role, &[(ENABLE_PUSH, 0)]);
        taken(role, &[(NO_RFC7540_PRIORITIES, 0)]);
    }
    taken(Role::Server, &[(ENABLE_PUSH, 1)]);
    taken(Role::Client, &[(ENABLE_CONNECT_PROTOCOL, 1)]);
    taken(Role::Client, &[(ENABLE_CONNECT_PROTOCOL, 0)]);
    // At a server it has no effect, whatever it is (RFC 8441 3).
    for value in [0, 1, 2, u32::MAX] {
        taken(
            Role::Server,
            &[
                (ENABLE_CONNECT_PROTOCOL, value),
                (ENABLE_CONNECT_PROTOCOL, 0),
            ],
        );
    }
}

#[test]
fn values_beyond_their_bounds_end_the_connection() {
    for role in ROLES {
        for value in [2, 255, u32::MAX] {
            refused(role, &[(ENABLE_PUSH, value)], V::EnablePushInvalid);
            refused(
                role,
                &[(NO_RFC7540_PRIORITIES, value)],
                V::NoRfc7540PrioritiesInvalid,
            );
        }
        for value in [0x8000_0000, u32::MAX] {
            refused(
                role,
                &[(INITIAL_WINDOW_SIZE, value)],
                V::InitialWindowInvalid,
            );
        }
        for value in [0, 1, 16_383, 16_777_216, u32::MAX] {
            refused(role, &[(MAX_FRAME_SIZE, value)], V::MaxFrameSizeInvalid);
        }
        // What stands before it does not help, nor what comes after it.
        refused(
            role,
            &[
                (MAX_FRAME_SIZE, 16_384),
                (MAX_FRAME_SIZE, 0),
                (MAX_FRAME_SIZE, 16_384),
            ],
            V::MaxFrameSizeInvalid,
        );
        // It may not change after the first SETTINGS, which left it out (RFC 9218 2.1).
        refused(
            role,
            &[(NO_RFC7540_PRIORITIES, 1)],
            V::NoRfc7540PrioritiesInvalid,
        );
    }
    refused(Role::Client, &[(ENABLE_PUSH, 1)], V::EnablePushFromServer);
    for value in [2, u32::MAX] {
        refused(
            Role::Client,
            &[(ENABLE_CONNECT_PROTOCOL, value)],
            V::EnableConnectInvalid,
        );
    }
    refused(
        Role::Client,
        &[(ENABLE_CONNECT_PROTOCOL, 1), (ENABLE_CONNECT_PROTOCOL, 0)],
        V::EnableConnectRevoked,
    );
}

#[test]
fn priorities_of_rfc7540_may_be_given_up_once() {
    for role in ROLES {
        every_split(|feed| {
            let peer = World::peer(role, &[(NO_RFC7540_PRIORITIES, 1)]);
            let mut net = Against::after_handshake(feed, Config::default(), peer);
            net.peer
                .send(&RawFrame::settings(&[(NO_RFC7540_PRIORITIES, 1)]));
            net.pump();
            net.peer.expect_settings_ack()?;
            net.peer
                .send(&RawFrame::settings(&[(NO_RFC7540_PRIORITIES, 0)]));
            net.pump();
            net.peer.expect_goaway(ErrorCode::PROTOCOL_ERROR.0)?;
            assert_eq!(
                net.events(),
                [
                    Seen::Settings,
                    Seen::Closed(CloseReason::Violation(V::NoRfc7540PrioritiesInvalid))
                ]
            );
            Ok(net)
        });
    }
}

#[test]
fn an_acknowledgement_that_nobody_asked_for() {
    for case in Case::both(
        "ACK",
        [RawFrame::settings_ack()],
        Verdict::Connection(V::SettingsAckUnexpected),
    ) {
        judge(&case);
    }
}

#[test]
fn one_frame_has_a_bounded_number_of_entries() {
    let entries = |n: u32| (0..n).map(|i| (0xf0f0, i)).collect::<Vec<_>>();
    for role in ROLES {
        taken(role, &entries(64));
        judge(&Case::new(
            "65 entries",
            role,
            [RawFrame::settings(&entries(65))],
            Verdict::Limit(LimitName::SettingsEntries),
        ));
    }
}

#[test]
fn the_first_settings_say_what_was_configured() {
    every_split(|feed| {
        let settings = |c: &mut Config| {
            let s = &mut c.settings;
            (s.header_table_size, s.max_concurrent_streams) = (8_192, 7);
            (s.initial_window_size, s.max_frame_size) = (100_000, 20_000);
            (s.max_header_list_size, s.enable_connect_protocol) = (9_000, true);
            s.custom = vec![(SettingId(0xabc), 5)];
            s.connection_window = 70_000;
        };
        let mut net = Against::new(feed, config(settings), RawPeer::client(&[]));
        net.pump();
        let mut entries = net.peer.expect_settings()?;
        entries.sort_unstable();
        assert_eq!(
            entries,
            [
                (HEADER_TABLE_SIZE, 8_192),
                (MAX_CONCURRENT_STREAMS, 7),
                (INITIAL_WINDOW_SIZE, 100_000),
                (MAX_FRAME_SIZE, 20_000),
                (MAX_HEADER_LIST_SIZE, 9_000),
                (ENABLE_CONNECT_PROTOCOL, 1),
                (NO_RFC7540_PRIORITIES, 1),
                (0xabc, 5),
            ]
        );
        assert_eq!(net.peer.expect_window_update(0)?, 70_000 - 65_535);
        net.peer.expect_settings_ack()?;
        net.peer.expect_nothing()?;
        Ok(net)
    });
    every_split(|feed| {
        let mut net = Against::new(feed, Config::default(), RawPeer::server(&[]));
        net.pump();
        let entries = net.peer.expect_settings()?;
        assert!(entries.contains(&(ENABLE_PUSH, 0)), "{entries:?}");
        let servers = |id: u16| id == MAX_CONCURRENT_STREAMS || id == ENABLE_CONNECT_PROTOCOL;
        assert!(!entries.iter().any(|entry| servers(entry.0)), "{entries:?}");
        Ok(net)
    });
}

#[test]
fn several_in_flight_are_acknowledged_in_order() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        net.ask(1, "/", false);
        net.pump();
        net.events();
        // From here on the peer acknowledges when told: it has read none of these yet.
        let mut next = LocalSettings::default();
        let mut sent = Vec::new();
        for window in [1_000, 300_000, 50] {
            next.initial_window_size = window;
            net.core.update_settings(next.clone()).unwrap();
            sent.push(net.core.recv(net.stream(1)).window());
        }
        assert_eq!(
            sent, [262_144; 3],
            "nothing binds before the acknowledgement"
        );
        net.pump();
        assert_eq!(net.events(), vec![Seen::SettingsAcknowledged; 3]);
        assert_eq!(net.core.recv(net.stream(1)).window(), 50);
        for window in [1_000, 300_000, 50] {
            assert_eq!(
                net.peer.expect_settings()?,
                [
                    (INITIAL_WINDOW_SIZE, window),
                    (MAX_HEADER_LIST_SIZE, 16_384)
                ]
            );
        }
        Ok(net)
    });
}

#[test]
fn too_many_in_flight_is_the_programs_error() {
    every_split(|feed| {
        let peer = RawPeer::client(&[]);
        let mut net = Against::new(feed, config(|c| c.limits.settings_in_flight = 2), peer);
        net.pump();
        let mut next = LocalSettings::default();
        next.max_frame_size = 20_000;
        assert_eq!(net.core.update_settings(next.clone()), Ok(()));
        next.max_frame_size = 30_000;
        let refused = net.core.update_settings(next.clone());
        assert_eq!(refused, Err(ConfigError::TooManyInFlight));
        net.peer.send(&RawFrame::settings_ack());
        net.pump();
        assert_eq!(net.core.update_settings(next), Ok(()));
        net.pump();
        let frames: Vec<_> = net
            .peer
            .drain()
            .into_iter()
            .filter_map(|item| match item {
                Received::Settings(entries) => entries.into_iter().find(|e| e.0 == MAX_FRAME_SIZE),
                _ => None,
            })
            .collect();
        assert_eq!(frames, [(MAX_FRAME_SIZE, 20_000), (MAX_FRAME_SIZE, 30_000)]);
        Ok(net)
    });
}

#[test]
fn what_a_program_may_not_send_is_a_typed_error() {
    every_split(|feed| {
        let mut net = Against::server(feed, config(|c| c.settings.enable_connect_protocol = true));
        let wrong = |net: &mut Against, change: fn(&mut LocalSettings)| {
            let mut next = LocalSettings::default();
            next.enable_connect_protocol = true;
            change(&mut next);
            net.core.update_settings(next).unwrap_err()
        };
        let revoked = wrong(&mut net, |s| s.enable_connect_protocol = false);
        assert_eq!(revoked, ConfigError::EnableConnectRevoked);
        let late = wrong(&mut net, |s| s.no_rfc7540_priorities = false);
        assert_eq!(late, ConfigError::PrioritiesLate);
        let window = wrong(&mut net, |s| s.initial_window_size = 1 << 31);
        assert_eq!(window, ConfigError::InitialWindow(1 << 31));
        net.pump();
        net.peer.expect_nothing()?;
        Ok(net)
    });
}

#[test]
fn a_connection_that_has_ended_takes_no_settings() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = World::new(role, feed, Config::default()).net;
            net.core.close(net.now(), ErrorCode::NO_ERROR);
            net.pump();
            net.peer.drain();
            let refused = net.core.update_settings(LocalSettings::default());
            assert_eq!(refused, Err(ConfigError::Closed));
            net.pump();
            net.peer.expect_nothing()?;
            assert_eq!(net.core.poll_timeout(), None);
            Ok(net)
        });
    }
}

#[test]
fn our_frame_size_binds_from_the_acknowledgement_on() {
    let frame = |n| RawFrame::new(0xfa, 0, 0, vec![0; n]);
    for role in ROLES {
        every_split(|feed| {
            let peer = World::peer(role, &[]).with_windows();
            let mut net = Against::new(feed, config(|c| c.settings.max_frame_size = 20_000), peer);
            net.pump();
            // A raise may be used as soon as it was read, before its acknowledgement is here.
            net.peer.send(&frame(20_000));
            net.pump();
            net.peer.send(&RawFrame::settings_ack());
            net.pump();
            let mut less = LocalSettings::default();
            less.max_frame_size = 16_384;
            net.core.update_settings(less).unwrap();
            net.pump();
            net.peer.send(&frame(20_000));
            net.peer.send(&RawFrame::settings_ack());
            net.peer.send(&frame(16_384));
            net.pump();
            assert!(!net.guard().is_closed());
            net.peer.send(&frame(16_385));
            net.pump();
            let closed = Seen::Closed(CloseReason::Violation(V::FrameTooLarge));
            assert_eq!(net.events().last(), Some(&closed));
            Ok(net)
        });
    }
}

#[test]
fn acknowledgements_have_a_deadline() {
    for role in ROLES {
        every_split(|feed| {
            let mut net = Against::new(feed, Config::default(), World::peer(role, &[]));
            net.pump();
            net.peer.drain();
            net.advance(std::time::Duration::from_millis(9_999));
            net.peer.expect_nothing()?;
            net.advance(std::time::Duration::from_millis(1));
            net.peer.expect_goaway(ErrorCode::SETTINGS_TIMEOUT.0)?;
            Ok(net)
        });
    }
}

#[test]
fn the_peers_settings_are_visible() {
    every_split(|feed| {
        let mut net = Against::new(feed, Config::default(), RawPeer::new(Role::Server));
        net.pump();
        assert!(net.core.peer_settings().is_none(), "they have not come");
        assert_eq!(net.core.client().capacity(), 100, "assumed till then");
        net.peer.send(&RawFrame::settings(&[
            (MAX_CONCURRENT_STREAMS, 3),
            (MAX_HEADER_LIST_SIZE, 77),
            (ENABLE_CONNECT_PROTOCOL, 1),
            (NO_RFC7540_PRIORITIES, 1),
        ]));
        net.pump();
        let seen = net.core.peer_settings().unwrap();
        assert_eq!(seen.max_concurrent_streams, Some(3));
        assert_eq!(seen.max_header_list_size, Some(77));
        assert!(seen.enable_connect_protocol);
        assert_eq!(seen.no_rfc7540_priorities, Some(true));
        assert_eq!(net.core.client().capacity(), 3);
        Ok(net)
    });
}
