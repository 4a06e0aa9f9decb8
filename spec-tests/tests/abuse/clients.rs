//! Attacks on clients: what a malicious server can do.

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, EndedBy, LimitName, Retry, Violation};
use bywash_proto::vocabulary::StreamId;
use bywash_spec_tests::raw::build::PriorityFields;
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer};

use crate::flood::{Scene, attacks};
use crate::report::Figures;
use crate::rig::{BODY, Rig};
use crate::servers::id;

/// A client with the honest stream, and so many open requests without bodies.
fn client(requests: u32) -> Scene {
    let mut scene = Scene::client(Config::default());
    for n in 0..requests {
        let stream = scene.rig.request("/", true).unwrap();
        assert_eq!(stream.id().get(), id(n));
    }
    scene.rig.flush();
    scene
}

fn ok() -> Vec<u8> {
    BlockWriter::response("200").build()
}

fn frames(
    mut scene: Scene,
    attack: &'static str,
    limit: LimitName,
    frame: impl Fn(u32) -> RawFrame,
) -> Figures {
    scene.rig.peer.send(&RawFrame::headers(id(0), ok()));
    scene.flood(1000, |peer, round| {
        for n in 0..20 {
            peer.send(&frame(20 * round + n));
        }
    });
    scene.ended_softly_by(attack, limit)
}

pub(crate) fn pings() -> Figures {
    frames(client(1), "PING", LimitName::Control, |_| {
        RawFrame::ping([7; 8])
    })
}

pub(crate) fn settings() -> Figures {
    frames(client(1), "SETTINGS", LimitName::Control, |n| {
        RawFrame::settings(&[(3, 50 + n)])
    })
}

pub(crate) fn priorities() -> Figures {
    let fields = PriorityFields {
        exclusive: true,
        dependency: 0,
        weight: 0,
    };
    frames(client(1), "PRIORITY", LimitName::Priority, |_| {
        RawFrame::priority(id(0), fields)
    })
}

pub(crate) fn unknown_frames() -> Figures {
    frames(
        client(1),
        "frames of unknown types",
        LimitName::UnknownFrames,
        |n| RawFrame::new(0x30, 0, id(n), &BODY[..100]),
    )
}

pub(crate) fn alternative_services() -> Figures {
    frames(client(1), "ALTSVC", LimitName::UnknownFrames, |_| {
        RawFrame::altsvc(0, b"https://example.com", &BODY[..100])
    })
}

pub(crate) fn empty_data() -> Figures {
    frames(client(1), "empty DATA", LimitName::EmptyFrames, |_| {
        RawFrame::data(id(0), &b""[..])
    })
}

pub(crate) fn tiny_data() -> Figures {
    let mut scene = client(1);
    scene.rig.app.drains = false;
    frames(
        scene,
        "one-octet DATA that nobody drains",
        LimitName::TinyData,
        |_| RawFrame::data(id(0), &b"x"[..]),
    )
}

pub(crate) fn endless_informational() -> Figures {
    let mut scene = client(1);
    scene.flood(1000, |peer, _| {
        for _ in 0..5 {
            peer.send(&RawFrame::headers(
                id(0),
                BlockWriter::response("103").build(),
            ));
        }
    });
    scene.ended_softly_by("endless informational responses", LimitName::Informational)
}

pub(crate) fn resets_of_ended_streams() -> Figures {
    let mut scene = client(1);
    scene.flood(100, |peer, round| {
        if round == 0 {
            peer.send(&RawFrame::headers(id(0), ok()).end_stream());
        }
        for _ in 0..50 {
            peer.send(&RawFrame::rst_stream(id(0), code::NO_ERROR));
        }
    });
    scene.ended_softly_by(
        "RST_STREAM flood on a stream that has ended",
        LimitName::Resets,
    )
}

/// Every answer breaks a rule: each stream ends by itself, at most as many as the client asks for.
pub(crate) fn malformed_responses() -> Figures {
    let mut scene = client(0);
    for round in 0..200 {
        for _ in 0..20 {
            scene.rig.request("/", true).unwrap();
        }
        scene.rig.flush();
        let lives = scene.round(|peer| {
            for n in round * 20..(round + 1) * 20 {
                let block = BlockWriter::response("2000").build();
                peer.send(&RawFrame::headers(id(n), block).end_stream());
            }
        });
        if !lives {
            break;
        }
    }
    assert!(
        scene
            .rig
            .told
            .ended
            .iter()
            .take(900)
            .all(|(_, end)| matches!(end.by, EndedBy::Violation(Violation::StatusInvalid))),
        "{:?}",
        scene.rig.told.ended.first()
    );
    scene.ended_softly_by("malformed responses to every request", LimitName::Resets)
}

pub(crate) fn continuation_flood() -> Figures {
    let mut scene = client(1);
    scene.round(|peer| {
        peer.send(&RawFrame::headers(id(0), ok()).unfinished());
        for _ in 0..100 {
            peer.send(&RawFrame::continuation(id(0), &BODY[..16_384]).unfinished());
        }
    });
    scene.ended_by("CONTINUATION flood, 16 KiB each", LimitName::BlockSize)
}

pub(crate) fn continuation_flood_of_nothing() -> Figures {
    let mut scene = client(1);
    scene.round(|peer| {
        peer.send(&RawFrame::headers(id(0), ok()).unfinished());
        for _ in 0..100 {
            peer.send(&RawFrame::continuation(id(0), &b""[..]).unfinished());
        }
    });
    scene.ended_by("CONTINUATION flood, empty", LimitName::BlockSize)
}

pub(crate) fn hpack_bomb() -> Figures {
    let mut scene = client(1);
    scene.round(|peer| {
        let mut block = BlockWriter::response("200").incremental("bomb", &BODY[..4000]);
        for _ in 0..4000 {
            block = block.indexed(62);
        }
        peer.send(&RawFrame::headers(id(0), block.build()).end_stream());
    });
    scene.ended_by("HPACK bomb: one head of 16 MB", LimitName::HeaderList)
}

/// Heads of 100 KB in answer to each of 100 requests: each is cut, and the program told so.
pub(crate) fn http2_bomb() -> Figures {
    let mut scene = client(100);
    scene.rig.app.keeps_heads = true;
    scene.flood(25, |peer, round| {
        for n in round * 4..(round + 1) * 4 {
            let mut block = BlockWriter::response("200");
            if n == 0 {
                block = block.incremental("bomb", &BODY[..2000]);
            }
            for _ in 0..50 {
                block = block.indexed(62);
            }
            peer.send(&RawFrame::headers(id(n), block.build()));
        }
    });
    assert_eq!(scene.rig.told.overlong, 100);
    scene.survived("heads of 100 KB to each of 100 requests, cut at 16 KiB")
}

/// The identifier of a GOAWAY may not grow: the least counts, and what it leaves out is safe to retry.
pub(crate) fn growing_goaways() -> Figures {
    let mut scene = client(10);
    scene.flood(1000, |peer, round| {
        for n in 0..20 {
            let last = if round == 0 && n == 0 {
                id(4)
            } else {
                id(4) + 20 * round + n
            };
            peer.send(&RawFrame::goaway(last, code::NO_ERROR, b""));
        }
    });
    let told = &scene.rig.told;
    let refused = told
        .ended
        .iter()
        .filter(|(_, end)| end.retry == Retry::NotProcessed);
    assert_eq!(
        refused.count(),
        5,
        "those above the first GOAWAY's identifier"
    );
    scene.ended_softly_by("GOAWAY with growing identifiers", LimitName::Control)
}

fn violation(
    attack: &'static str,
    requests: u32,
    violation: Violation,
    send: impl FnOnce(&mut RawPeer),
) -> Figures {
    let mut scene = client(requests);
    scene.round(send);
    assert_eq!(scene.reason(), Some(CloseReason::Violation(violation)));
    let name = violation.code().name().unwrap();
    scene
        .rig
        .assert_goaway(violation.code().0, violation.name());
    scene.figures(attack, name.to_owned())
}

pub(crate) fn pushes_when_off() -> Figures {
    violation(
        "PUSH_PROMISE when push is off",
        1,
        Violation::PushDisabled,
        |peer| {
            for n in 1..=100 {
                let block = BlockWriter::request("GET", "/").build();
                peer.send(&RawFrame::push_promise(id(0), 2 * n, &block));
            }
        },
    )
}

/// Before our SETTINGS are acknowledged, push is legal, and refused; a flood of it is neither.
pub(crate) fn pushes_before_it_is_off() -> Figures {
    let rig = Rig::client_with(Config::default(), RawPeer::server(&[]));
    let mut scene = Scene::new(rig, Rig::client(Config::default()));
    scene.rig.request("/", true).unwrap();
    scene.rig.flush();
    scene.flood(100, |peer, round| {
        for n in round * 50 + 1..=(round + 1) * 50 {
            let block = BlockWriter::request("GET", "/").build();
            peer.send(&RawFrame::push_promise(id(0), 2 * n, &block));
        }
    });
    assert_eq!(scene.rig.reset_code(2), Some(code::REFUSED_STREAM));
    scene.ended_softly_by("PUSH_PROMISE before it is off", LimitName::Resets)
}

pub(crate) fn data_on_idle_streams() -> Figures {
    violation(
        "DATA on a stream nobody opened",
        1,
        Violation::IdleStream,
        |peer| {
            peer.send(&RawFrame::data(id(50), &b"x"[..]));
        },
    )
}

/// DATA before the head ends its stream, and its credit comes back.
pub(crate) fn data_before_head() -> Figures {
    let mut scene = client(90);
    scene.flood(90, |peer, n| {
        for _ in 0..4 {
            peer.send(&RawFrame::data(id(n), &BODY[..16_000]));
        }
    });
    let told = &scene.rig.told;
    assert_eq!(told.ended.len(), 90);
    assert!(
        told.ended
            .iter()
            .all(|(_, end)| end.by == EndedBy::Violation(Violation::DataBeforeHeaders))
    );
    assert_eq!(told.data, 9000, "the honest stream's alone");
    scene.survived("DATA before the head, on each of 90 streams")
}

/// A server that never takes what it asked for: each answer is refused before it has begun.
pub(crate) fn refusals() -> Figures {
    let mut scene = client(0);
    for round in 0..100 {
        for n in round * 50..(round + 1) * 50 {
            scene.rig.request("/", true).unwrap();
            scene
                .rig
                .peer
                .send(&RawFrame::rst_stream(id(n), code::REFUSED_STREAM));
        }
        scene.rig.flush();
        assert!(scene.round(|_| {}));
    }
    let told = &scene.rig.told;
    assert_eq!(told.ended.len(), 5000);
    assert!(
        told.ended
            .iter()
            .all(|(_, end)| end.retry == Retry::NotProcessed)
    );
    scene.survived("REFUSED_STREAM for each of 5 000 requests")
}

/// GOAWAY at once: nothing was processed, and all of it may be tried elsewhere.
pub(crate) fn goaway_at_once() -> Figures {
    let mut scene = client(90);
    scene.honest_work();
    scene.rig.peer.send(&RawFrame::goaway(
        0,
        code::ENHANCE_YOUR_CALM,
        &BODY[..10_000],
    ));
    scene.rig.pump();
    let told = &scene.rig.told;
    assert!(
        told.ended
            .iter()
            .all(|(_, end)| end.retry == Retry::NotProcessed)
    );
    assert_eq!((told.ended.len(), told.goaways), (91, 1));
    assert!(matches!(scene.reason(), Some(CloseReason::GoAway(_))));
    assert_eq!(scene.rig.name(1).id(), StreamId::new(1));
    scene.figures(
        "GOAWAY 0 with 10 000 octets of debug data",
        "GOAWAY".to_owned(),
    )
}

attacks! {
    pings
    settings
    priorities
    unknown_frames
    alternative_services
    empty_data
    tiny_data
    endless_informational
    resets_of_ended_streams
    malformed_responses
    continuation_flood
    continuation_flood_of_nothing
    hpack_bomb
    http2_bomb
    growing_goaways
    pushes_when_off
    pushes_before_it_is_off
    data_on_idle_streams
    data_before_head
    refusals
    goaway_at_once
}
