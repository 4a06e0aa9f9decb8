//! What is sent to a client: the floods of `ABUSE.md` that need no patience, as octets. The client keeps some requests
//! open, the first of them with a body, and makes another for each that ends.

use bywash_spec_tests::raw::build::PriorityFields;
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

use crate::attack::{Attack, BODY, End, Round, attack, bomb, continuations, id};

fn ok() -> BlockWriter {
    BlockWriter::response("200")
}

/// Frames without a stream of theirs.
fn flood(frame: impl Fn(u32) -> RawFrame) -> Vec<RawFrame> {
    (0..200).map(frame).collect()
}

/// Frames on the first stream, behind a head.
fn answer(round: &Round, frame: RawFrame) -> Vec<RawFrame> {
    let mut frames = Vec::new();
    if round.number == 0 {
        frames.push(RawFrame::headers(1, ok().build()));
    }
    frames.extend((0..200).map(|_| frame.clone()));
    frames
}

/// The same for each request.
fn each(round: &Round, frame: impl Fn(u32) -> RawFrame) -> Vec<RawFrame> {
    round.opened.iter().map(|stream| frame(*stream)).collect()
}

/// All of them. None begins before the first request is there.
pub(crate) const ALL: &[Attack] = &[
    attack!("PING", End::Limit("control-frames"), &[], |_| {
        flood(|_| RawFrame::ping([3; 8]))
    }),
    attack!("SETTINGS", End::Limit("control-frames"), &[], |_| {
        flood(|_| RawFrame::settings(&[]))
    }),
    attack!("PRIORITY", End::Limit("priority-frames"), &[], |_| {
        let fields = PriorityFields {
            exclusive: true,
            dependency: 0,
            weight: 0,
        };
        flood(|_| RawFrame::priority(1, fields))
    }),
    attack!(
        "frames of unknown types",
        End::Limit("unknown-frames"),
        &[],
        |_| flood(|_| RawFrame::new(0xbe, 0, 0, &BODY[..50]))
    ),
    attack!("ALTSVC", End::Limit("unknown-frames"), &[], |_| {
        flood(|_| RawFrame::altsvc(0, b"https://example.com", &BODY[..50]))
    }),
    attack!("empty DATA", End::Limit("empty-frames"), &[], |round| {
        answer(round, RawFrame::data(1, ""))
    }),
    attack!(
        "endless informational responses",
        End::Limit("informational-responses"),
        &[],
        |_| flood(|_| RawFrame::headers(1, BlockWriter::response("103").build()))
    ),
    attack!(
        "RST_STREAM on a stream that has ended",
        End::Limit("resets"),
        &[],
        |round| {
            let mut frames = Vec::new();
            if round.number == 0 {
                frames.push(RawFrame::headers(id(1), ok().build()).end_stream());
            }
            frames.extend(flood(|_| RawFrame::rst_stream(id(1), code::NO_ERROR)));
            frames
        }
    ),
    attack!("malformed responses", End::Limit("resets"), &[], |round| {
        each(round, |stream| {
            RawFrame::headers(stream, BlockWriter::response("2000").build()).end_stream()
        })
    }),
    attack!("DATA before the head", End::Limit("resets"), &[], |round| {
        each(round, |stream| RawFrame::data(stream, &BODY[..1_000]))
    }),
    attack!(
        "CONTINUATION, empty",
        End::Limit("block-size"),
        &[],
        |round| continuations(round, ok(), 0)
    ),
    attack!(
        "CONTINUATION, 16 KiB each",
        End::Limit("block-size"),
        &[],
        |round| continuations(round, ok(), 16_384)
    ),
    attack!(
        "HPACK bomb: a head of 16 MB",
        End::Limit("header-list"),
        &[],
        |round| each(round, |stream| RawFrame::headers(stream, bomb(ok())))
    ),
    attack!(
        "GOAWAY with growing identifiers",
        End::Limit("control-frames"),
        &[],
        |round| flood(|n| RawFrame::goaway(id(200 * round.number + n), code::NO_ERROR, b""))
    ),
    attack!(
        "WINDOW_UPDATE of 1, a body waits",
        End::Limit("window-dribble"),
        &[],
        |_| flood(|n| RawFrame::window_update(n % 2, 1))
    ),
    attack!(
        "PUSH_PROMISE when push is off",
        End::Rule("PushDisabled"),
        &[],
        |round| {
            let block = BlockWriter::request("GET", "/").build();
            flood(|n| RawFrame::push_promise(1, 400 * round.number + 2 * n + 2, &block))
        }
    ),
    attack!(
        "DATA on a stream nobody opened",
        End::Rule("IdleStream"),
        &[],
        |_| vec![RawFrame::data(id(5_000), "x")]
    ),
    attack!(
        "REFUSED_STREAM for each request",
        End::Lives,
        &[],
        |round| {
            each(round, |stream| {
                RawFrame::rst_stream(stream, code::REFUSED_STREAM)
            })
        }
    ),
];
