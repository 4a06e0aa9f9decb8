//! Attacks on clients by servers that take nothing: no window, or nothing off the wire.

use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::error::{EndedBy, TimeoutKind};
use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer};

use crate::beside::{Beside, SECOND};
use crate::flood::{Scene, attacks};
use crate::report::Figures;
use crate::rig::{BODY, Rig, on};
use crate::slow::{patient, unread};

/// Opens so many uploads of 256 KiB each.
fn upload(rig: &mut Rig, count: u32) {
    for _ in 0..count {
        let stream = rig.request("/upload", false).unwrap();
        let mut body = Bytes::from_static(&BODY);
        on!(rig, conn => conn.send(stream).data(&mut body, true)).unwrap();
    }
    rig.flush();
}

/// Uploads that a server lets begin and gives no window: each stream ends at its deadline.
pub(crate) fn zero_window() -> Figures {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 0)];
    let rig = Rig::client_with(Config::default(), RawPeer::server(settings).with_auto_ack());
    let mut scene = Scene::new(rig, Rig::client(Config::default()));
    upload(&mut scene.rig, 90);
    for _ in 0..130 {
        scene.honest_work();
        scene.rig.advance(SECOND);
    }
    let told = &scene.rig.told;
    assert_eq!(told.ended.len(), 90);
    assert!(
        told.ended
            .iter()
            .all(|(_, end)| end.by == EndedBy::Timeout(TimeoutKind::Progress))
    );
    scene.survived("90 uploads, zero windows held: each stream ended")
}

/// The connection's window used up and held: all that waits for it ends.
pub(crate) fn zero_connection_window() -> Figures {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 0x7fff_ffff)];
    let mut rig = Rig::client_with(Config::default(), RawPeer::server(settings).with_auto_ack());
    upload(&mut rig, 20);
    let mut both = Beside::new(rig);
    both.pass(130);
    assert_eq!(both.rig.told.ended.len(), 20);
    both.rig.assert_alive();
    both.figures(
        "20 uploads, the connection's window held",
        "deadline: each stream".to_owned(),
    )
}

/// Windows as wide as can be, but the server reads nothing: little is committed, and that for a time only.
pub(crate) fn internal_buffering() -> Figures {
    let settings = &[(setting::INITIAL_WINDOW_SIZE, 0x7fff_ffff)];
    let mut rig = Rig::client_with(Config::default(), RawPeer::server(settings).with_auto_ack());
    rig.peer.send(&RawFrame::window_update(0, 0x7fff_0000));
    rig.pump();
    rig.peer_reads = false;
    upload(&mut rig, 20);
    let mut both = Beside::new(rig);
    both.pass(130);
    both.timed_out(
        "uploads, nothing read off the wire",
        TimeoutKind::Progress,
        code::ENHANCE_YOUR_CALM,
    )
}

pub(crate) fn unread_pings() -> Figures {
    let name = "PING, answers not read (no limit on PING)";
    unread(name, Rig::client(patient()), |_| {
        vec![RawFrame::ping([3; 8])]
    })
}

pub(crate) fn unread_settings() -> Figures {
    let name = "SETTINGS, answers not read (no limit on SETTINGS)";
    unread(name, Rig::client(patient()), |_| {
        vec![RawFrame::settings(&[])]
    })
}

/// CONTINUATIONs of a response that trickle in.
pub(crate) fn slow_continuations() -> Figures {
    let mut rig = Rig::client(Config::default());
    rig.request("/", true).unwrap();
    rig.flush();
    let head = RawFrame::headers(1, BlockWriter::response("200").build()).unfinished();
    rig.peer.send(&head);
    rig.pump();
    let mut both = Beside::new(rig);
    for octet in BODY.chunks(1).take(60) {
        let more = RawFrame::continuation(1, octet).unfinished();
        both.rig.peer.send(&more);
        both.rig.pump();
        both.pass(1);
    }
    both.timed_out(
        "CONTINUATIONs, one a second",
        TimeoutKind::Block,
        code::ENHANCE_YOUR_CALM,
    )
}

/// A response whose block holds an integer of 10 000 octets.
pub(crate) fn endless_integer() -> Figures {
    let mut scene = Scene::client(Config::default());
    let stream = scene.rig.request("/", true).unwrap().id().get();
    scene.rig.flush();
    scene.round(|peer| {
        let mut block = vec![0x7f];
        block.extend([0x80; 10_000]);
        block.push(0);
        peer.send(&RawFrame::headers(stream, block));
    });
    scene
        .rig
        .assert_goaway(code::COMPRESSION_ERROR, "HpackFault");
    scene.figures(
        "an integer of 10 000 octets",
        "COMPRESSION_ERROR".to_owned(),
    )
}

attacks! {
    zero_window
    zero_connection_window
    internal_buffering
    unread_pings
    unread_settings
    slow_continuations
    endless_integer
}
