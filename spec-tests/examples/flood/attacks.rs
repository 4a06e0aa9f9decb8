//! What is sent: the floods of `ABUSE.md` that a server meets, as octets.

use bywash_spec_tests::raw::wire::{code, setting};
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

/// One flood.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// What the server must say in its last GOAWAY; `None` if the flood is harmless as it is.
    pub(crate) end: Option<&'static str>,
    /// Our SETTINGS.
    pub(crate) settings: &'static [(u16, u32)],
    /// The frames of one round.
    pub(crate) frames: fn(u32) -> Vec<RawFrame>,
}

/// Octets of no interest.
static BODY: [u8; 16_384] = [b'x'; 16_384];

fn id(n: u32) -> u32 {
    (2 * n + 1) & 0x7fff_ffff
}

fn get(stream: u32) -> RawFrame {
    RawFrame::headers(stream, BlockWriter::request("GET", "/").build()).end_stream()
}

/// The head of an upload, which comes with the first round alone.
fn upload(round: u32) -> Vec<RawFrame> {
    let block = BlockWriter::request("POST", "/sink").build();
    match round {
        0 => vec![RawFrame::headers(1, block)],
        _ => Vec::new(),
    }
}

/// Each round opens so many streams.
fn each(round: u32, streams: u32, mut frames: impl FnMut(u32) -> Vec<RawFrame>) -> Vec<RawFrame> {
    (round * streams..(round + 1) * streams)
        .flat_map(|n| frames(id(n)))
        .collect()
}

fn continuations(round: u32, octets: usize) -> Vec<RawFrame> {
    let mut frames = Vec::new();
    if round == 0 {
        frames.push(RawFrame::headers(1, BlockWriter::request("GET", "/").build()).unfinished());
    }
    frames.extend((0..100).map(|_| RawFrame::continuation(1, &BODY[..octets]).unfinished()));
    frames
}

fn bomb(round: u32) -> Vec<RawFrame> {
    each(round, 1, |stream| {
        let mut block = BlockWriter::request("GET", "/").incremental("bomb", &BODY[..4_000]);
        for _ in 0..4_000 {
            block = block.indexed(62);
        }
        vec![RawFrame::headers(stream, block.build()).end_stream()]
    })
}

macro_rules! attack {
    ($name:literal, $end:expr, $settings:expr, $frames:expr) => {
        Attack {
            name: $name,
            end: $end,
            settings: $settings,
            frames: $frames,
        }
    };
}

/// All of them.
pub(crate) const ALL: &[Attack] = &[
    attack!("Rapid Reset", Some("resets"), &[], |round| {
        each(round, 100, |stream| {
            vec![get(stream), RawFrame::rst_stream(stream, code::CANCEL)]
        })
    }),
    attack!(
        "MadeYouReset: WINDOW_UPDATE 0",
        Some("resets"),
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
    attack!("malformed requests", Some("resets"), &[], |round| {
        each(round, 50, |stream| {
            vec![RawFrame::headers(stream, vec![0x82]).end_stream()]
        })
    }),
    attack!("PING", Some("control-frames"), &[], |_| {
        (0..200).map(|_| RawFrame::ping([3; 8])).collect()
    }),
    attack!("SETTINGS", Some("control-frames"), &[], |_| {
        (0..200).map(|_| RawFrame::settings(&[])).collect()
    }),
    attack!("PRIORITY_UPDATE", Some("priority-frames"), &[], |_| {
        (0..200)
            .map(|_| RawFrame::priority_update(1, b"u=1"))
            .collect()
    }),
    attack!(
        "frames of unknown types",
        Some("unknown-frames"),
        &[],
        |_| {
            (0..200)
                .map(|_| RawFrame::new(0xbe, 0, 0, &BODY[..50]))
                .collect()
        }
    ),
    attack!("empty DATA", Some("empty-frames"), &[], |round| {
        let mut frames = upload(round);
        frames.extend((0..200).map(|_| RawFrame::data(1, "")));
        frames
    }),
    attack!("CONTINUATION, empty", Some("block-size"), &[], |round| {
        continuations(round, 0)
    }),
    attack!(
        "CONTINUATION, 16 KiB each",
        Some("block-size"),
        &[],
        |round| { continuations(round, 16_384) }
    ),
    attack!("HPACK bomb: heads of 16 MB", Some("header-list"), &[], bomb),
    attack!(
        "WINDOW_UPDATE of 1, a body waits",
        Some("window-dribble"),
        &[(setting::INITIAL_WINDOW_SIZE, 0)],
        |round| {
            let mut frames = Vec::new();
            if round == 0 {
                let block = BlockWriter::request("GET", "/1m").build();
                frames.push(RawFrame::headers(1, block).end_stream());
            }
            frames.extend((0..50).map(|_| RawFrame::window_update(1, 1)));
            frames
        }
    ),
    attack!("WINDOW_UPDATE of 1, nothing waits", None, &[], |round| {
        let mut frames = upload(round);
        frames.extend((0..200).map(|_| RawFrame::window_update(1, 1)));
        frames
    }),
    attack!(
        "bodies of 10 MiB asked for, no window",
        None,
        &[(setting::INITIAL_WINDOW_SIZE, 0)],
        |round| {
            let block = BlockWriter::request("GET", "/10m").build();
            each(round, u32::from(round < 200), |stream| {
                vec![RawFrame::headers(stream, block.clone()).end_stream()]
            })
        }
    ),
];
