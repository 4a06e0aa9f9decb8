//! What is sent to a server: the floods of `ABUSE.md` that need no patience, as octets.

use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

use crate::attack::{Attack, BODY, End, Round, attack, bomb, continuations, id};

fn get(stream: u32) -> RawFrame {
    RawFrame::headers(stream, BlockWriter::request("GET", "/").build()).end_stream()
}

/// The head of an upload, which comes with the first round alone.
fn upload(round: &Round) -> Vec<RawFrame> {
    let block = BlockWriter::request("POST", "/sink").build();
    match round.number {
        0 => vec![RawFrame::headers(1, block)],
        _ => Vec::new(),
    }
}

/// Each round opens so many streams.
fn each(
    round: &Round,
    streams: u32,
    mut frames: impl FnMut(u32) -> Vec<RawFrame>,
) -> Vec<RawFrame> {
    (round.number * streams..(round.number + 1) * streams)
        .flat_map(|n| frames(id(n)))
        .collect()
}

/// All of them.
pub(crate) const ALL: &[Attack] = &[
    attack!("Rapid Reset", End::Limit("resets"), &[], |round| {
        each(round, 100, |stream| {
            vec![get(stream), RawFrame::rst_stream(stream, code::CANCEL)]
        })
    }),
    attack!(
        "MadeYouReset: WINDOW_UPDATE 0",
        End::Limit("resets"),
        &[],
        |round| {
            each(round, 50, |stream| {
                let block = BlockWriter::request("POST", "/sink").build();
                vec![
                    RawFrame::headers(stream, block),
                    RawFrame::window_update(stream, 0),
                ]
            })
        }
    ),
    attack!("malformed requests", End::Limit("resets"), &[], |round| {
        each(round, 50, |stream| {
            vec![RawFrame::headers(stream, vec![0x82]).end_stream()]
        })
    }),
    attack!("PING", End::Limit("control-frames"), &[], |_| {
        (0..200).map(|_| RawFrame::ping([3; 8])).collect()
    }),
    attack!("SETTINGS", End::Limit("control-frames"), &[], |_| {
        (0..200).map(|_| RawFrame::settings(&[])).collect()
    }),
    attack!(
        "PRIORITY_UPDATE",
        End::Limit("priority-frames"),
        &[],
        |_| {
            (0..200)
                .map(|_| RawFrame::priority_update(1, b"u=1"))
                .collect()
        }
    ),
    attack!(
        "frames of unknown types",
        End::Limit("unknown-frames"),
        &[],
        |_| {
            (0..200)
                .map(|_| RawFrame::new(0xbe, 0, 0, &BODY[..50]))
                .collect()
        }
    ),
    attack!("empty DATA", End::Limit("empty-frames"), &[], |round| {
        let mut frames = upload(round);
        frames.extend((0..200).map(|_| RawFrame::data(1, "")));
        frames
    }),
    attack!(
        "CONTINUATION, empty",
        End::Limit("block-size"),
        &[],
        |round| { continuations(round, BlockWriter::request("GET", "/"), 0) }
    ),
    attack!(
        "CONTINUATION, 16 KiB each",
        End::Limit("block-size"),
        &[],
        |round| { continuations(round, BlockWriter::request("GET", "/"), 16_384) }
    ),
    attack!(
        "HPACK bomb: heads of 16 MB",
        End::Limit("header-list"),
        &[],
        |round| {
            each(round, 1, |stream| {
                let block = bomb(BlockWriter::request("GET", "/"));
                vec![RawFrame::headers(stream, block).end_stream()]
            })
        }
    ),
    attack!(
        "WINDOW_UPDATE of 1, a body waits",
        End::Limit("window-dribble"),
        &[(setting::INITIAL_WINDOW_SIZE, 0)],
        |round| {
            let mut frames = Vec::new();
            if round.number == 0 {
                let block = BlockWriter::request("GET", "/1m").build();
                frames.push(RawFrame::headers(1, block).end_stream());
            }
            frames.extend((0..50).map(|_| RawFrame::window_update(1, 1)));
            frames
        }
    ),
    attack!(
        "WINDOW_UPDATE of 1, nothing waits",
        End::Lives,
        &[],
        |round| {
            let mut frames = upload(round);
            frames.extend((0..200).map(|_| RawFrame::window_update(1, 1)));
            frames
        }
    ),
    attack!(
        "bodies of 10 MiB asked for, no window",
        End::Lives,
        &[(setting::INITIAL_WINDOW_SIZE, 0)],
        |round| {
            let block = BlockWriter::request("GET", "/10m").build();
            each(round, u32::from(round.number < 200), |stream| {
                vec![RawFrame::headers(stream, block.clone()).end_stream()]
            })
        }
    ),
];
