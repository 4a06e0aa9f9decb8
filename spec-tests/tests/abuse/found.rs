//! What attacks, random sessions and fuzzing have found in the core, each by the shortest way there.

use bywash_proto::config::Config;
use bywash_proto::error::ConfigError;
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::{ErrorCode, Instant};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

use crate::rig::{BODY, Rig, on};

/// The output still names a stream's slot when `trim` gives the slots back.
#[test]
fn trim_with_a_head_on_its_way() {
    let mut rig = Rig::client(Config::default());
    rig.peer_reads = false;
    let stream = rig.request("/", true).unwrap();
    on!(rig, conn => {
        conn.send(stream).reset(ErrorCode::CANCEL);
        conn.trim();
    });
    rig.peer_reads = true;
    rig.flush();
    rig.assert_alive();
}

/// After `Ended`, and after a reset of the program's, nothing is told of a stream: not even that it is drained.
#[test]
fn nothing_follows_the_end_of_a_stream() {
    for by_peer in [true, false] {
        let mut rig = Rig::server(Config::default());
        rig.app.answer = None;
        rig.peer.send(&RawFrame::headers(
            1,
            BlockWriter::request("GET", "/").build(),
        ));
        rig.pump();
        let stream = rig.name(1);
        rig.respond(stream, None);
        rig.peer_reads = false;
        let mut body = bytes::Bytes::from_static(&BODY[..1000]);
        on!(rig, conn => {
            conn.send(stream).data(&mut body, false).unwrap();
            conn.send(stream).notify_drained().unwrap();
        });
        rig.flush(); // framed, not written
        if by_peer {
            rig.peer.send(&RawFrame::rst_stream(1, code::CANCEL));
            rig.pump();
            assert_eq!(rig.told.ended.len(), 1);
        } else {
            on!(rig, conn => conn.send(stream).reset(ErrorCode::CANCEL));
        }
        let now = rig.at();
        on!(rig, conn => {
            let out = conn.transmit(now);
            let all = out.len();
            out.advance(all);
            while conn.has_events() {
                match conn.next_event(now, &mut &b""[..]) {
                    Step::Event(Event::Drained { .. }) => panic!("drained after its end"),
                    Step::Event(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        });
        rig.check();
    }
}

/// The last stuck stream ends a connection that was going away: no deadline outlives it.
#[test]
fn no_deadline_outlives_the_connection() {
    let mut rig = Rig::server(Config::default());
    rig.app.answer = Some(BODY.len());
    let block = BlockWriter::request("GET", "/").build();
    rig.peer.send(&RawFrame::headers(1, block).end_stream());
    rig.peer.send(&RawFrame::goaway(0, code::NO_ERROR, b""));
    rig.pump();
    rig.advance(std::time::Duration::from_secs(200));
    assert!(rig.told.closed.is_some());
    assert_eq!(on!(rig, conn => conn.poll_timeout()), None);
}

/// New settings for a connection that has ended are refused, and start no deadline.
#[test]
fn no_settings_after_the_end() {
    let mut rig = Rig::server(Config::default());
    let now = rig.at();
    let settings = rig.config.settings.clone();
    let refused = on!(rig, conn => {
        conn.close(now, ErrorCode::NO_ERROR);
        conn.update_settings(settings.clone())
    });
    assert_eq!(refused, Err(ConfigError::Closed));
    assert_eq!(on!(rig, conn => conn.poll_timeout()), None);
    rig.flush();
    rig.assert_goaway(code::NO_ERROR, "");
}

/// A program that drops what it has queued hears that there is room again.
#[test]
fn room_after_what_was_dropped() {
    let mut rig = Rig::client(Config::default());
    let stream = rig.request("/", false).unwrap();
    let events = on!(rig, conn => {
        let mut body = bytes::Bytes::from_static(&BODY);
        conn.send(stream).data(&mut body, false).unwrap();
        let mut more = bytes::Bytes::from_static(&BODY[..10]);
        assert_eq!(conn.send(stream).data(&mut more, false), Ok(0));
        conn.send(stream).discard_unsent().unwrap();
        let writable = matches!(
            conn.next_event(Instant::ZERO, &mut &b""[..]),
            Step::Event(Event::Writable { .. })
        );
        assert_eq!(conn.send(stream).data(&mut more, true), Ok(10));
        writable
    });
    assert!(events);
}
