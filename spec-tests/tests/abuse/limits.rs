//! Bounds of `Limits` that are no rates: each bites, and spares what stays within it.

use bywash_proto::config::{Config, LocalSettings};
use bywash_proto::error::{ConfigError, LimitName, SendError};
use bywash_proto::event::Event;
use bywash_proto::vocabulary::Priority;
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer};

use crate::allocator::booked;
use crate::rig::{BODY, Core, Rig, on};
use crate::servers::id;

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

fn send(rig: &mut Rig, frame: RawFrame) {
    rig.peer.send(&frame);
    rig.pump();
}

fn request() -> BlockWriter {
    BlockWriter::request("GET", "/")
}

#[test]
fn block_bytes() {
    for (octets, passes) in [(65_000, true), (66_000, false)] {
        let mut rig = Rig::server(Config::default());
        let mut block = request();
        while block.clone().build().len() < octets {
            block = block.field("x", &BODY[..1000]);
        }
        let frames = RawFrame::headers(1, block.build())
            .end_stream()
            .split(&[16_000; 4]);
        rig.peer.send_all(&frames);
        rig.pump();
        if passes {
            rig.assert_alive();
            assert_eq!((rig.told.requests, rig.told.overlong), (1, 1));
        } else {
            rig.assert_limit(LimitName::BlockSize);
        }
    }
}

#[test]
fn block_continuations() {
    for (pieces, passes) in [(64, true), (65, false)] {
        let mut rig = Rig::server(Config::default());
        let frame = RawFrame::headers(1, request().build()).end_stream();
        rig.peer.send_all(&frame.split(&vec![1; pieces]));
        rig.pump();
        if passes {
            rig.assert_alive();
            assert_eq!(rig.told.requests, 1);
        } else {
            rig.assert_limit(LimitName::BlockSize);
        }
    }
}

#[test]
fn fields() {
    for (more, overlong) in [(508, 0), (509, 1)] {
        let mut config = Config::default();
        config.settings.max_header_list_size = 64 * 1024;
        let mut rig = Rig::server(config);
        let block = (0..more).fold(request(), |block, _| block.indexed(16));
        send(&mut rig, RawFrame::headers(1, block.build()).end_stream());
        rig.assert_alive();
        assert_eq!((rig.told.requests, rig.told.overlong), (1, overlong));
    }
}

#[test]
fn hard_header_list_size() {
    for (more, passes) in [(60, true), (70, false)] {
        let mut rig = Rig::server(Config::default());
        let block = request().incremental("x", &BODY[..4000]);
        let block = (0..more).fold(block, |block, _| block.indexed(62));
        send(&mut rig, RawFrame::headers(1, block.build()).end_stream());
        if passes {
            rig.assert_alive();
            assert_eq!(rig.told.overlong, 1);
        } else {
            rig.assert_limit(LimitName::HeaderList);
        }
    }
}

/// A string beyond the hard bound is too much, not wrong.
#[test]
fn hard_header_list_size_in_one_string() {
    let mut rig = Rig::server(config(|c| {
        c.settings.max_header_list_size = 4096;
        c.limits.hard_header_list_size = 8192;
    }));
    let block = request().field("x", &BODY[..9000]).build();
    send(&mut rig, RawFrame::headers(1, block).end_stream());
    rig.assert_limit(LimitName::HeaderList);
}

/// A page of 256 requests whose cookies do not all fit at once: some are refused, none is lost, nobody is thrown out.
#[test]
fn head_bytes() {
    let mut rig = Rig::server(Config::default());
    rig.app.answer = None;
    rig.app.keeps_heads = true;
    for n in 0..255 {
        let block = request().field("cookie", &BODY[..2500]).build();
        rig.peer.send(&RawFrame::headers(id(n), block).end_stream());
    }
    rig.pump();
    rig.assert_alive();
    let refused = rig.got.iter().filter(|item| match item {
        bywash_spec_tests::raw::Received::Rst { code: c, .. } => *c == code::REFUSED_STREAM,
        _ => false,
    });
    let (refused, taken) = (refused.count() as u64, rig.told.requests);
    assert_eq!(refused + taken, 255);
    assert!((80..=100).contains(&taken), "{taken}");
    assert!(rig.peak < 300 * 1024, "{}", rig.peak);
    // What ends makes room.
    for n in 0..50 {
        let stream = rig.name(id(n));
        rig.respond(stream, Some(10));
    }
    rig.flush();
    let block = request().field("cookie", &BODY[..2500]).build();
    send(&mut rig, RawFrame::headers(id(300), block).end_stream());
    assert_eq!(rig.told.requests, taken + 1);
}

/// A head larger than all that may be held is taken when it is alone: else it would never be.
#[test]
fn head_bytes_never_refuse_the_only_head() {
    let mut rig = Rig::server(config(|c| c.limits.head_bytes = 1024));
    for n in 0..10 {
        let block = request().field("cookie", &BODY[..4000]).build();
        send(&mut rig, RawFrame::headers(id(n), block).end_stream());
    }
    rig.assert_alive();
    assert_eq!(rig.told.requests, 10);
}

#[test]
fn output_bytes() {
    let mut rig = Rig::server(config(|c| c.limits.output_bytes = 16 * 1024));
    rig.app.answer = None;
    for n in 0..200 {
        rig.peer
            .send(&RawFrame::headers(id(n), request().build()).end_stream());
    }
    rig.pump();
    rig.peer_reads = false;
    let respond = |rig: &mut Rig, n: u32| {
        let stream = rig.name(id(n));
        // Each value another one, so that none is an index.
        let value = &BODY[..1000 + n as usize];
        let fields = [(&b":status"[..], &b"200"[..]), (b"x", value)];
        match &mut rig.core {
            Core::Server(conn) => booked(&mut rig.account, || conn.response(stream, &fields, true)),
            Core::Client(_) => unreachable!(),
        }
    };
    let taken = (0..200)
        .take_while(|&n| respond(&mut rig, n).is_ok())
        .count() as u32;
    assert_eq!(respond(&mut rig, taken), Err(SendError::OutputFull));
    assert!((10..150).contains(&taken), "{taken}");
    rig.check();
    rig.peer_reads = true;
    rig.flush();
    for n in taken..200 {
        respond(&mut rig, n).unwrap();
        rig.flush();
    }
    rig.assert_alive();
}

#[test]
fn settings_entries() {
    for (entries, passes) in [(64, true), (65, false)] {
        let mut rig = Rig::server(Config::default());
        send(&mut rig, RawFrame::settings(&vec![(0x4242, 1); entries]));
        if passes {
            rig.assert_alive();
        } else {
            rig.assert_limit(LimitName::SettingsEntries);
        }
    }
}

#[test]
fn settings_in_flight() {
    let mut rig = Rig::server_with(Config::default(), RawPeer::client(&[]));
    rig.peer.send(&RawFrame::settings_ack());
    rig.pump();
    let changed = |n: u32| {
        let mut settings = LocalSettings::default();
        settings.max_header_list_size = 20_000 + n;
        settings
    };
    for n in 0..4 {
        on!(rig, conn => conn.update_settings(changed(n))).unwrap();
    }
    let error = on!(rig, conn => conn.update_settings(changed(9))).unwrap_err();
    assert_eq!(error, ConfigError::TooManyInFlight);
    rig.flush();
    send(&mut rig, RawFrame::settings_ack());
    on!(rig, conn => conn.update_settings(changed(9))).unwrap();
    rig.flush();
    rig.assert_alive();
    rig.check();
}

#[test]
fn extension_bytes() {
    let mut rig = Rig::server(config(|c| {
        c.raw_extensions = true;
        c.settings.max_frame_size = 20_000;
    }));
    for (octets, delivered) in [(16 * 1024, 1), (16 * 1024 + 1, 1), (100, 2)] {
        let frame = RawFrame::new(0x77, 0, 0, &BODY[..octets]);
        // In pieces, so that it has to be kept.
        let octets = frame.encode();
        for piece in octets.chunks(1000) {
            rig.feed(piece);
        }
        assert_eq!(rig.told.extensions, delivered);
    }
    rig.assert_alive();
    assert!(rig.account.peak < 64 * 1024, "{}", rig.account.peak);
}

#[test]
fn parked_priorities() {
    let mut rig = Rig::server(Config::default());
    rig.app.answer = None;
    for n in 0..40 {
        rig.peer.send(&RawFrame::priority_update(id(n), b"u=6"));
    }
    for n in 0..40 {
        rig.peer
            .send(&RawFrame::headers(id(n), request().build()).end_stream());
    }
    rig.pump();
    rig.assert_alive();
    for n in 0..40 {
        let stream = rig.name(id(n));
        let priority = on!(rig, conn => conn.send(stream).priority()).unwrap();
        let wanted = if n < 32 {
            6
        } else {
            Priority::DEFAULT.urgency()
        };
        assert_eq!(priority.urgency(), wanted, "stream {n}");
    }
}

#[test]
fn max_expect() {
    for (message, window) in [(1 << 20, 1 << 20), (1 << 30, (256 << 10) + (4 << 20))] {
        let mut rig = Rig::server(Config::default());
        send(&mut rig, RawFrame::headers(1, request().build()));
        let stream = rig.name(1);
        on!(rig, conn => conn.recv(stream).expect(message));
        on!(rig, conn => conn.recv(stream).expect(message));
        rig.flush();
        assert_eq!(rig.peer.may_send(1), i64::from(window));
    }
}

#[test]
fn max_streams() {
    let mut rig = Rig::client(config(|c| c.send.max_streams = 10));
    for _ in 0..10 {
        rig.request("/", true).unwrap();
    }
    assert!(rig.request("/", true).is_err());
    rig.flush();
    send(
        &mut rig,
        RawFrame::headers(1, BlockWriter::response("200").build()).end_stream(),
    );
    assert_eq!(rig.told.can_open, 1);
    rig.request("/", true).unwrap();
}

/// Of a GOAWAY's debug data, 256 octets are kept, however they come.
#[test]
fn debug_data_is_cut() {
    let mut rig = Rig::client(Config::default());
    rig.request("/", true).unwrap();
    rig.flush();
    let frame = RawFrame::goaway(1, code::NO_ERROR, &BODY[..10_000]).encode();
    let mut seen = None;
    for mut piece in frame.chunks(100) {
        let now = rig.at();
        while !piece.is_empty() {
            let event = on!(rig, conn => match conn.next_event(now, &mut piece) {
                bywash_proto::event::Step::Event(Event::GoAway { debug, .. }) => Some(debug.len()),
                _ => None,
            });
            seen = seen.or(event);
        }
    }
    assert_eq!(seen, Some(256));
    assert!(rig.account.peak < 8 * 1024, "{}", rig.account.peak);
}
