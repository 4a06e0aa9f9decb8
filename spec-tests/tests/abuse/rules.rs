//! Limits that are no rates: a policy of PINGs, the entries of one SETTINGS frame.

use std::time::Duration;

use bywash_proto::config::{Config, PingPolicy};
use bywash_proto::error::LimitName;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, Received};

use crate::beside::{Beside, SECOND};
use crate::flood::{Scene, attacks};
use crate::report::Figures;
use crate::rig::Rig;
use crate::servers::id;

const MINUTE: Duration = Duration::from_secs(60);

/// A server that lets its peers ping every five minutes, as gRPC's do.
fn policed() -> Rig {
    let mut config = Config::default();
    config.limits.pings = Some(PingPolicy {
        min_interval: 5 * MINUTE,
        while_idle: false,
    });
    let mut rig = Rig::server(config);
    rig.app.answer = None;
    rig
}

fn watch(rig: &mut Rig) {
    let block = BlockWriter::request("GET", "/watch").build();
    rig.peer.send(&RawFrame::headers(id(0), block).end_stream());
    rig.pump();
}

fn too_many_pings(attack: &'static str, mut rig: Rig, seconds: u32) -> Figures {
    rig.peer.send(&RawFrame::ping([1; 8]));
    rig.pump();
    let mut both = Beside::new(rig);
    // The first sets the time, two more are borne.
    for strike in 0..3 {
        assert_eq!(both.rig.told.closed, None, "after {strike} strikes");
        both.pass(seconds);
        both.rig.peer.send(&RawFrame::ping([1; 8]));
        both.rig.pump();
    }
    both.rig.assert_limit(LimitName::Pings);
    both.figures(attack, format!("`{}`", LimitName::Pings))
}

pub(crate) fn pings_against_the_policy() -> Figures {
    let mut rig = policed();
    watch(&mut rig);
    let name = "a PING a minute, one in five is allowed";
    too_many_pings(name, rig, 60)
}

/// Without a stream two hours are the least.
pub(crate) fn pings_while_idle() -> Figures {
    let name = "a PING in ten minutes without a stream, one in two hours is allowed";
    too_many_pings(name, policed(), 600)
}

fn long_settings(mut scene: Scene) -> Figures {
    scene.round(|peer| peer.send(&RawFrame::settings(&[(0x4242, 1); 2_700])));
    scene.ended_by("SETTINGS of 2 700 entries", LimitName::SettingsEntries)
}

pub(crate) fn server_long_settings() -> Figures {
    long_settings(Scene::server(Config::default()))
}

pub(crate) fn client_long_settings() -> Figures {
    long_settings(Scene::client(Config::default()))
}

attacks! {
    pings_against_the_policy
    pings_while_idle
    server_long_settings
    client_long_settings
}

/// The look-alike: a watch whose PINGs keep to the policy, for a day.
#[test]
fn a_watch_that_keeps_to_the_policy() {
    let mut rig = policed();
    watch(&mut rig);
    for _ in 0..288 {
        rig.peer.send(&RawFrame::ping([1; 8]));
        rig.pump();
        rig.advance(5 * MINUTE);
    }
    rig.assert_alive();
    assert_eq!(rig.count(|item| matches!(item, Received::PingAck(_))), 288);
}

/// The other look-alike: PINGs as often as that, each behind a message of ours: gRPC's estimator of the bandwidth.
#[test]
fn pings_behind_each_message() {
    let mut rig = policed();
    rig.open_honest();
    for _ in 0..1_000 {
        assert!(rig.honest_round().is_some());
        rig.peer.send(&RawFrame::ping([1; 8]));
        rig.pump();
        rig.advance(SECOND);
    }
    rig.assert_alive();
}
