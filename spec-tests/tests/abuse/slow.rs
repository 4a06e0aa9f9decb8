//! Attacks by slowness: peers that begin and do not go on, take nothing, or take crumbs.

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::error::{EndedBy, LimitName, TimeoutKind};
use bywash_proto::vocabulary::StreamRef;
use bywash_spec_tests::raw::wire::{PREFACE, code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Role};

use crate::beside::{Beside, SECOND};
use crate::flood::{Scene, attacks};
use crate::report::Figures;
use crate::rig::{BODY, Rig, on};
use crate::servers::id;

fn get() -> Vec<u8> {
    BlockWriter::request("GET", "/").build()
}

pub(crate) fn slow_preface() -> Figures {
    let rig = Rig::unmet(Config::default(), RawPeer::new(Role::Client), false);
    let mut both = Beside::new(rig);
    both.dribble(PREFACE);
    both.timed_out(
        "preface, an octet a second",
        TimeoutKind::Preface,
        code::PROTOCOL_ERROR,
    )
}

pub(crate) fn preface_and_silence() -> Figures {
    let mut rig = Rig::unmet(Config::default(), RawPeer::new(Role::Client), false);
    rig.peer.send_bytes(PREFACE);
    rig.pump();
    let mut both = Beside::new(rig);
    both.pass(60);
    both.timed_out(
        "preface without SETTINGS",
        TimeoutKind::Preface,
        code::PROTOCOL_ERROR,
    )
}

pub(crate) fn server_says_nothing() -> Figures {
    let mut rig = Rig::unmet(Config::default(), RawPeer::new(Role::Server), true);
    rig.request("/", true).unwrap();
    rig.flush();
    let mut both = Beside::new(rig);
    both.pass(60);
    assert_eq!(both.rig.told.ended.len(), 1);
    both.timed_out(
        "a server that says nothing",
        TimeoutKind::Preface,
        code::PROTOCOL_ERROR,
    )
}

fn no_acknowledgement(mut rig: Rig) -> Figures {
    rig.open_honest();
    let mut both = Beside::new(rig);
    for _ in 0..60 {
        if both.rig.told.closed.is_none() {
            both.honest.count(both.rig.honest_round());
        }
        both.rig.peer.send(&RawFrame::ping([1; 8]));
        both.rig.pump();
        both.pass(1);
    }
    let name = "SETTINGS never acknowledged";
    both.timed_out(name, TimeoutKind::SettingsAck, code::SETTINGS_TIMEOUT)
}

pub(crate) fn server_without_acknowledgement() -> Figures {
    no_acknowledgement(Rig::server_with(Config::default(), RawPeer::client(&[])))
}

pub(crate) fn client_without_acknowledgement() -> Figures {
    no_acknowledgement(Rig::client_with(Config::default(), RawPeer::server(&[])))
}

/// A head whose only frame never ends.
pub(crate) fn slow_head() -> Figures {
    let mut both = Beside::new(Rig::server(Config::default()));
    let frame = RawFrame::headers(id(0), get()).end_stream().encode();
    both.dribble(&frame);
    both.timed_out(
        "a head, an octet a second",
        TimeoutKind::Block,
        code::ENHANCE_YOUR_CALM,
    )
}

/// A head whose CONTINUATIONs trickle in.
pub(crate) fn slow_continuations() -> Figures {
    let mut both = Beside::new(Rig::server(Config::default()));
    let head = RawFrame::headers(id(0), get()).unfinished();
    both.rig.peer.send(&head);
    both.rig.pump();
    for octet in BODY.chunks(1).take(60) {
        let more = RawFrame::continuation(id(0), octet).unfinished();
        both.rig.peer.send(&more);
        both.rig.pump();
        both.pass(1);
    }
    let name = "CONTINUATIONs, one a second";
    both.timed_out(name, TimeoutKind::Block, code::ENHANCE_YOUR_CALM)
}

pub(crate) fn slow_response_head() -> Figures {
    let mut rig = Rig::client(Config::default());
    rig.request("/", true).unwrap();
    rig.flush();
    let block = BlockWriter::response("200")
        .field("server", "slow and slower")
        .build();
    let frame = RawFrame::headers(1, block).encode();
    let mut both = Beside::new(rig);
    both.dribble(&frame);
    both.timed_out(
        "a head, an octet a second",
        TimeoutKind::Block,
        code::ENHANCE_YOUR_CALM,
    )
}

/// A peer that asks for 200 bodies and gives no window: each stream ends at its deadline.
pub(crate) fn zero_window() -> Figures {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 0)];
    let rig = Rig::server_with(Config::default(), RawPeer::client(settings).with_auto_ack());
    let mut scene = Scene::new(rig, Rig::server(Config::default()));
    scene.rig.app.answer = Some(BODY.len());
    scene.flood(2, |peer, round| {
        for n in round * 100..(round + 1) * 100 {
            peer.send(&RawFrame::headers(id(n), get()).end_stream());
        }
    });
    for _ in 0..130 {
        scene.honest_work();
        scene.rig.advance(SECOND);
    }
    let told = &scene.rig.told;
    assert_eq!(told.ended.len(), 200);
    assert!(
        told.ended
            .iter()
            .all(|(_, end)| end.by == EndedBy::Timeout(TimeoutKind::Progress))
    );
    assert_eq!(scene.rig.reset_code(id(0)), Some(code::CANCEL));
    scene.survived("200 bodies asked for, zero windows held: each stream ended")
}

/// The connection's window used up and held: all that waits for it ends.
pub(crate) fn zero_connection_window() -> Figures {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 0x7fff_ffff)];
    let mut rig = Rig::server_with(Config::default(), RawPeer::client(settings).with_auto_ack());
    rig.app.answer = Some(BODY.len());
    for n in 0..20 {
        rig.peer.send(&RawFrame::headers(id(n), get()).end_stream());
    }
    rig.pump();
    let mut both = Beside::new(rig);
    both.pass(130);
    assert_eq!(both.rig.told.ended.len(), 20);
    both.rig.assert_alive();
    both.figures(
        "20 bodies asked for, the connection's window held",
        "deadline: each stream".to_owned(),
    )
}

/// Windows as wide as can be, but the peer reads nothing: little is committed, and that for a time only.
pub(crate) fn internal_buffering() -> Figures {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 0x7fff_ffff)];
    let mut rig = Rig::server_with(Config::default(), RawPeer::client(settings).with_auto_ack());
    rig.app.answer = Some(BODY.len());
    rig.peer.send(&RawFrame::window_update(0, 0x7fff_0000));
    rig.pump();
    rig.peer_reads = false;
    for n in 0..100 {
        rig.peer.send(&RawFrame::headers(id(n), get()).end_stream());
    }
    rig.pump();
    let mut both = Beside::new(rig);
    both.pass(130);
    let name = "bodies asked for, nothing read off the wire";
    both.timed_out(name, TimeoutKind::Progress, code::ENHANCE_YOUR_CALM)
}

/// A flood by a peer that does not read: input stops once the answers are at their bound.
pub(crate) fn unread(
    attack: &'static str,
    mut rig: Rig,
    frame: impl Fn(u32) -> Vec<RawFrame>,
) -> Figures {
    rig.peer_reads = false;
    for round in 0..100 {
        for n in round * 100..(round + 1) * 100 {
            rig.peer.send_all(&frame(n));
        }
        let before = rig.untaken;
        rig.pump();
        if rig.untaken > before {
            break;
        }
    }
    assert!(rig.untaken > 0, "{attack}: input never stopped");
    assert!(!rig.interest().read);
    let mut both = Beside::new(rig);
    both.pass(130);
    both.timed_out(attack, TimeoutKind::Progress, code::ENHANCE_YOUR_CALM)
}

pub(crate) fn patient() -> Config {
    let mut config = Config::default();
    config.limits.control.burst = 1_000_000;
    config.limits.resets.burst = 1_000_000;
    config
}

pub(crate) fn unread_pings() -> Figures {
    let name = "PING, answers not read (no limit on PING)";
    unread(name, Rig::server(patient()), |_| {
        vec![RawFrame::ping([3; 8])]
    })
}

pub(crate) fn unread_settings() -> Figures {
    let name = "SETTINGS, answers not read (no limit on SETTINGS)";
    unread(name, Rig::server(patient()), |_| {
        vec![RawFrame::settings(&[])]
    })
}

pub(crate) fn unread_refusals() -> Figures {
    let name = "malformed requests, answers not read (no limit on resets)";
    unread(name, Rig::server(patient()), |n| {
        vec![RawFrame::headers(id(n), vec![0x82]).end_stream()]
    })
}

/// The program itself resets what it cannot answer: that is bounded, too.
pub(crate) fn unread_resets() -> Figures {
    let mut config = patient();
    config.limits.output_bytes = 16 * 1024;
    let name = "requests, answers not read, the program resets the rest";
    unread(name, Rig::server(config), |n| {
        vec![RawFrame::headers(id(n), get()).end_stream()]
    })
}

/// DATA without end from a peer that reads no WINDOW_UPDATE: little is ever announced.
pub(crate) fn unread_credit() -> Figures {
    let mut config = Config::default();
    config.settings.initial_window_size = 10;
    config.limits.output_bytes = 16 * 1024;
    let mut rig = Rig::server(config);
    rig.app.answer = None;
    rig.peer.send(&RawFrame::headers(id(0), get()));
    rig.pump();
    rig.peer_reads = false;
    let mut sent = 0;
    for _ in 0..10_000 {
        rig.peer.send(&RawFrame::data(id(0), &b"0123456789"[..]));
        rig.pump();
        if rig.told.closed.is_some() || !rig.told.ended.is_empty() {
            break;
        }
        sent += 1;
    }
    assert!(
        sent < 2000,
        "credit for {sent} frames of 10 octets was announced"
    );
    let mut both = Beside::new(rig);
    both.pass(130);
    let name = "DATA, WINDOW_UPDATEs not read (stream windows of 10)";
    both.timed_out(name, TimeoutKind::Progress, code::ENHANCE_YOUR_CALM)
}

/// A body let out by single octets.
fn crumbs(mut scene: Scene, stream: StreamRef, attack: &'static str) -> Figures {
    let mut body = Bytes::from_static(&BODY);
    on!(scene.rig, conn => conn.send(stream).data(&mut body, true)).unwrap();
    scene.rig.flush();
    let number = stream.id().get();
    scene.flood(1000, |peer, _| {
        for _ in 0..20 {
            peer.send(&RawFrame::window_update(number, 1));
        }
    });
    scene.ended_softly_by(attack, LimitName::Dribble)
}

const NAME: &str = "DATA dribble: a window of one octet, again and again";

pub(crate) fn server_dribble() -> Figures {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 0)];
    let rig = Rig::server_with(Config::default(), RawPeer::client(settings).with_auto_ack());
    let mut scene = Scene::new(rig, Rig::server(Config::default()));
    scene.rig.app.answer = None;
    scene
        .rig
        .peer
        .send(&RawFrame::headers(id(0), get()).end_stream());
    scene.rig.pump();
    let stream = scene.rig.name(id(0));
    scene.rig.respond(stream, None);
    crumbs(scene, stream, NAME)
}

pub(crate) fn client_dribble() -> Figures {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 0)];
    let rig = Rig::client_with(Config::default(), RawPeer::server(settings).with_auto_ack());
    let mut scene = Scene::new(rig, Rig::client(Config::default()));
    let stream = scene.rig.request("/upload", false).unwrap();
    scene.rig.flush();
    crumbs(scene, stream, NAME)
}

attacks! {
    slow_preface
    preface_and_silence
    server_says_nothing
    server_without_acknowledgement
    client_without_acknowledgement
    slow_head
    slow_continuations
    slow_response_head
    zero_window
    zero_connection_window
    internal_buffering
    unread_pings
    unread_settings
    unread_refusals
    unread_resets
    unread_credit
    server_dribble
    client_dribble
}
