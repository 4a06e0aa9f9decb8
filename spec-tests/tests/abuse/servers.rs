//! Attacks on servers, one for each row of the table of abuse.

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, LimitName};
use bywash_spec_tests::raw::build::PriorityFields;
use bywash_spec_tests::raw::wire::{code, flag, kind};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received};

use crate::flood::{Scene, attacks};
use crate::report::Figures;
use crate::rig::BODY;

const FIELDS: PriorityFields = PriorityFields {
    exclusive: false,
    dependency: 0,
    weight: 15,
};

/// The n-th stream of an attack; the first stream is the honest one's.
pub(crate) fn id(n: u32) -> u32 {
    3 + 2 * n
}

pub(crate) fn server() -> Scene {
    Scene::server(Config::default())
}

/// A server whose program never answers.
pub(crate) fn silent() -> Scene {
    let mut scene = server();
    scene.rig.app.answer = None;
    scene
}

pub(crate) fn get() -> Vec<u8> {
    BlockWriter::request("GET", "/").build()
}

fn open(peer: &mut RawPeer, stream: u32, end: bool) {
    let frame = RawFrame::headers(stream, get());
    peer.send(&if end { frame.end_stream() } else { frame });
}

pub(crate) fn rapid_reset() -> Figures {
    let mut scene = silent();
    scene.flood(100, |peer, round| {
        for n in round * 50..(round + 1) * 50 {
            open(peer, id(n), true);
            peer.send(&RawFrame::rst_stream(id(n), code::CANCEL));
        }
    });
    assert_eq!(scene.rig.told.ended.len() as u64, scene.rig.told.requests);
    scene.ended_softly_by("Rapid Reset", LimitName::Resets)
}

/// Handlers that cannot be stopped keep their places: the reset streams start no others.
pub(crate) fn rapid_reset_of_held_streams() -> Figures {
    let mut scene = silent();
    scene.rig.app.holds = true;
    scene.flood(100, |peer, round| {
        for n in round * 50..(round + 1) * 50 {
            open(peer, id(n), true);
            peer.send(&RawFrame::rst_stream(id(n), code::CANCEL));
        }
    });
    assert_eq!(
        scene.rig.told.requests, 256,
        "as many as may be open at once"
    );
    scene.ended_softly_by("Rapid Reset, handlers hold their places", LimitName::Resets)
}

pub(crate) fn reset_flood() -> Figures {
    let mut scene = silent();
    scene.flood(100, |peer, round| {
        if round == 0 {
            open(peer, id(0), true);
        }
        for _ in 0..50 {
            peer.send(&RawFrame::rst_stream(id(0), code::CANCEL));
        }
    });
    scene.ended_softly_by("RST_STREAM flood on one stream", LimitName::Resets)
}

/// Each round opens streams and makes us reset them.
fn made_you_reset(
    attack: &'static str,
    wanted: u32,
    end: bool,
    provoke: impl Fn(&mut RawPeer, u32),
) -> Figures {
    let mut scene = silent();
    scene.flood(200, |peer, round| {
        for n in round * 20..(round + 1) * 20 {
            open(peer, id(n), end);
            provoke(peer, id(n));
        }
    });
    assert_eq!(scene.rig.reset_code(id(0)), Some(wanted), "{attack}");
    scene.ended_softly_by(attack, LimitName::Resets)
}

pub(crate) fn made_you_reset_by_zero_increment() -> Figures {
    let name = "MadeYouReset: WINDOW_UPDATE 0";
    made_you_reset(name, code::PROTOCOL_ERROR, false, |peer, stream| {
        peer.send(&RawFrame::window_update(stream, 0));
    })
}

pub(crate) fn made_you_reset_by_overflow() -> Figures {
    let name = "MadeYouReset: window overflow";
    made_you_reset(name, code::FLOW_CONTROL_ERROR, false, |peer, stream| {
        peer.send(&RawFrame::window_update(stream, 0x7fff_ffff));
    })
}

pub(crate) fn made_you_reset_by_priority() -> Figures {
    let name = "MadeYouReset: PRIORITY of 4 octets";
    made_you_reset(name, code::FRAME_SIZE_ERROR, false, |peer, stream| {
        peer.send(&RawFrame::new(kind::PRIORITY, 0, stream, [0; 4]));
    })
}

pub(crate) fn made_you_reset_by_late_data() -> Figures {
    let name = "MadeYouReset: DATA on half-closed";
    made_you_reset(name, code::STREAM_CLOSED, true, |peer, stream| {
        peer.send(&RawFrame::data(stream, &b"late"[..]));
    })
}

pub(crate) fn made_you_reset_by_late_head() -> Figures {
    let name = "MadeYouReset: HEADERS on half-closed";
    made_you_reset(name, code::STREAM_CLOSED, true, |peer, stream| {
        peer.send(&RawFrame::headers(stream, get()).end_stream());
    })
}

pub(crate) fn made_you_reset_by_trailers() -> Figures {
    let name = "MadeYouReset: trailers with a pseudo-header";
    made_you_reset(name, code::PROTOCOL_ERROR, false, |peer, stream| {
        peer.send(&RawFrame::headers(stream, get()).end_stream());
    })
}

pub(crate) fn malformed_requests() -> Figures {
    let mut scene = silent();
    scene.flood(100, |peer, round| {
        for n in round * 50..(round + 1) * 50 {
            let block = BlockWriter::request("GET", "/")
                .field("Upper", "case")
                .build();
            peer.send(&RawFrame::headers(id(n), block).end_stream());
        }
    });
    assert_eq!(scene.rig.told.requests, 1, "the honest one's");
    scene.ended_softly_by("malformed requests", LimitName::Resets)
}

pub(crate) fn streams_beyond_the_limit() -> Figures {
    let mut scene = silent();
    scene.flood(100, |peer, round| {
        for n in round * 50..(round + 1) * 50 {
            open(peer, id(n), true);
        }
    });
    assert_eq!(scene.rig.told.requests, 256);
    assert_eq!(scene.rig.reset_code(id(255)), Some(code::REFUSED_STREAM));
    scene.ended_softly_by("streams beyond MAX_CONCURRENT_STREAMS", LimitName::Resets)
}

fn frames(
    mut scene: Scene,
    attack: &'static str,
    limit: LimitName,
    frame: impl Fn(u32) -> RawFrame,
) -> Figures {
    scene.flood(1000, |peer, round| {
        if round == 0 {
            open(peer, id(0), false);
        }
        for n in 0..20 {
            peer.send(&frame(20 * round + n));
        }
    });
    scene.ended_softly_by(attack, limit)
}

pub(crate) fn empty_data() -> Figures {
    frames(server(), "empty DATA", LimitName::EmptyFrames, |_| {
        RawFrame::data(id(0), &b""[..])
    })
}

pub(crate) fn padded_nothing() -> Figures {
    frames(
        server(),
        "DATA of padding alone",
        LimitName::EmptyFrames,
        |_| RawFrame::data(id(0), &b""[..]).padded(100),
    )
}

pub(crate) fn tiny_data() -> Figures {
    let mut scene = server();
    scene.rig.app.drains = false;
    frames(
        scene,
        "one-octet DATA that nobody drains",
        LimitName::TinyData,
        |_| RawFrame::data(id(0), &b"x"[..]),
    )
}

pub(crate) fn pings() -> Figures {
    frames(server(), "PING", LimitName::Control, |_| {
        RawFrame::ping([7; 8])
    })
}

pub(crate) fn ping_answers() -> Figures {
    frames(
        server(),
        "PING answers nobody asked for",
        LimitName::Control,
        |_| RawFrame::ping_ack([7; 8]),
    )
}

pub(crate) fn settings() -> Figures {
    frames(server(), "SETTINGS", LimitName::Control, |_| {
        RawFrame::settings(&[])
    })
}

pub(crate) fn window_swings() -> Figures {
    let mut scene = server();
    scene.rig.app.answer = None;
    frames(
        scene,
        "SETTINGS that swing every window",
        LimitName::Control,
        |n| RawFrame::settings(&[(4, 60_000 + n % 2)]),
    )
}

pub(crate) fn priorities() -> Figures {
    frames(server(), "PRIORITY", LimitName::Priority, |n| {
        RawFrame::priority(id(n % 1000), FIELDS)
    })
}

pub(crate) fn priority_updates() -> Figures {
    frames(server(), "PRIORITY_UPDATE", LimitName::Priority, |n| {
        RawFrame::priority_update(id(n % 20), b"u=1")
    })
}

pub(crate) fn unknown_frames() -> Figures {
    frames(
        server(),
        "frames of unknown types",
        LimitName::UnknownFrames,
        |n| RawFrame::new(0x20 + (n % 200) as u8, 0xff, id(n), &BODY[..100]),
    )
}

/// Credit costs nothing to take: no state, no answer.
pub(crate) fn credit() -> Figures {
    let mut scene = server();
    scene.flood(200, |peer, round| {
        if round == 0 {
            open(peer, id(0), false);
        }
        for _ in 0..100 {
            peer.send(&RawFrame::window_update(0, 1));
            peer.send(&RawFrame::window_update(id(0), 1));
        }
    });
    scene.survived("WINDOW_UPDATE of 1, nothing waits")
}

/// Frames on streams that we have reset already: read, credited, not answered.
pub(crate) fn data_after_reset() -> Figures {
    let mut scene = server();
    scene.flood(200, |peer, round| {
        if round == 0 {
            open(peer, id(0), false);
            peer.send(&RawFrame::window_update(id(0), 0));
        }
        for _ in 0..4 {
            peer.send(&RawFrame::data(id(0), &BODY[..16_000]).padded(200));
            peer.send(&RawFrame::headers(id(0), get()).flag(flag::END_STREAM));
        }
    });
    scene.survived("DATA and HEADERS on a stream that we reset")
}

/// Head, reset and body in one read: the program hears of a request and of its end, of nothing else.
pub(crate) fn head_reset_data_in_one_read() -> Figures {
    let mut scene = silent();
    scene.flood(300, |peer, round| {
        for n in round * 20..(round + 1) * 20 {
            open(peer, id(n), false);
            peer.send(&RawFrame::rst_stream(id(n), code::CANCEL));
            peer.send_bytes(&RawFrame::settings(&[]).encode()[..0]);
        }
    });
    let told = &scene.rig.told;
    assert_eq!(told.ended.len() as u64, told.requests, "each ended once");
    scene.ended_softly_by("HEADERS and RST_STREAM in one read", LimitName::Resets)
}

/// DATA behind a reset of the peer's own breaks a rule of the connection (RFC 9113 5.1).
pub(crate) fn data_behind_own_reset() -> Figures {
    let mut scene = silent();
    scene.round(|peer| {
        open(peer, id(0), false);
        peer.send(&RawFrame::rst_stream(id(0), code::CANCEL));
        peer.send(&RawFrame::data(id(0), &b"body"[..]));
    });
    assert!(matches!(scene.reason(), Some(CloseReason::Violation(_))));
    scene.rig.assert_goaway(code::STREAM_CLOSED, "StreamClosed");
    let told = &scene.rig.told;
    assert_eq!(
        (told.requests, told.data),
        (2, 100),
        "the honest stream's, and the head"
    );
    scene.figures(
        "DATA behind a reset of the peer's own",
        "STREAM_CLOSED".to_owned(),
    )
}

/// After our last GOAWAY, streams that it does not cover are skipped, and never move what it said.
pub(crate) fn streams_after_goaway() -> Figures {
    let mut scene = server();
    let now = scene.rig.at();
    crate::rig::on!(scene.rig, conn => conn.shutdown(now));
    scene.rig.flush();
    scene.rig.pump();
    scene.flood(200, |peer, round| {
        for n in round * 50..(round + 1) * 50 {
            open(peer, id(n), true);
        }
    });
    scene.rig.assert_alive();
    assert_eq!(scene.rig.told.requests, 1, "the honest one's");
    let now = scene.rig.at();
    crate::rig::on!(scene.rig, conn => conn.close(now, bywash_proto::vocabulary::ErrorCode::NO_ERROR));
    scene.rig.flush();
    let goaways = scene
        .rig
        .count(|item| matches!(item, Received::GoAway { .. }));
    assert_eq!((goaways, scene.rig.peer.fault()), (3, None));
    scene.figures("streams after our GOAWAY", "bounded".to_owned())
}

attacks! {
    rapid_reset
    rapid_reset_of_held_streams
    reset_flood
    made_you_reset_by_zero_increment
    made_you_reset_by_overflow
    made_you_reset_by_priority
    made_you_reset_by_late_data
    made_you_reset_by_late_head
    made_you_reset_by_trailers
    malformed_requests
    streams_beyond_the_limit
    empty_data
    padded_nothing
    tiny_data
    pings
    ping_answers
    settings
    window_swings
    priorities
    priority_updates
    unknown_frames
    credit
    data_after_reset
    head_reset_data_in_one_read
    data_behind_own_reset
    streams_after_goaway
}
