//! Flow control of what we send (RFC 9113 6.9).

use bywash_proto::config::Config;
use bywash_spec_tests::pair::{Against, World, every_split};
use bywash_spec_tests::raw::wire::setting::INITIAL_WINDOW_SIZE;
use bywash_spec_tests::raw::{RawFrame, RawPeer, Received, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

#[test]
fn our_data_obeys_both_windows() {
    for role in ROLES {
        every_split(|feed| {
            let peer = World::peer(role, &[(INITIAL_WINDOW_SIZE, 10)]);
            let mut net = Against::after_handshake(feed, Config::default(), peer);
            for id in [1, 3] {
                match role {
                    Role::Server => {
                        net.ask(id, "/", true);
                        net.pump();
                        net.respond(id, &[(":status", "200")], false);
                    }
                    Role::Client => assert_eq!(net.open("/", false), id),
                }
            }
            net.send(1, "0123456789abcdef", true);
            net.pump();
            net.peer.expect_headers(1)?;
            net.peer.expect_headers(3)?;
            assert!(!net.peer.expect_data(1, b"0123456789")?);
            net.peer.expect_nothing()?;
            net.peer.send(&RawFrame::window_update(1, 1));
            net.pump();
            assert!(!net.peer.expect_data(1, b"a")?);
            // The windows of open streams follow at once, below zero if need be (6.9.2).
            net.peer
                .send(&RawFrame::settings(&[(INITIAL_WINDOW_SIZE, 7)]));
            net.peer.send(&RawFrame::window_update(1, 3));
            net.pump();
            net.peer.expect_settings_ack()?;
            net.peer.expect_nothing()?;
            assert_eq!(net.peer.may_receive(1), 0);
            net.peer.send(&RawFrame::window_update(1, 100));
            net.pump();
            assert!(net.peer.expect_data(1, b"bcdef")?);
            // The connection's window holds for all streams together.
            net.peer
                .send(&RawFrame::settings(&[(INITIAL_WINDOW_SIZE, 100_000)]));
            net.pump();
            net.peer.expect_settings_ack()?;
            net.send(3, vec![b'y'; 70_000], true);
            net.pump();
            assert_eq!(net.peer.may_receive(0), 0);
            net.peer.drain();
            net.peer.send(&RawFrame::window_update(0, 70_000));
            net.pump();
            let last = net.peer.drain().pop();
            assert!(
                matches!(
                    last,
                    Some(Received::Data {
                        stream: 3,
                        end_stream: true,
                        ..
                    })
                ),
                "{last:?}"
            );
            Ok(net)
        });
    }
}

#[test]
fn an_empty_frame_needs_no_window() {
    every_split(|feed| {
        let peer = RawPeer::client(&[(INITIAL_WINDOW_SIZE, 0)]);
        let mut net = Against::after_handshake(feed, Config::default(), peer);
        net.ask(1, "/", true);
        net.pump();
        net.respond(1, &[(":status", "200")], false);
        net.send(1, "", true);
        net.pump();
        net.peer.expect_status(1, "200")?;
        assert!(net.peer.expect_data(1, b"")?);
        Ok(net)
    });
}
