//! What a flood is, whomever it is for.

use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

/// How the victim must answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By a GOAWAY with ENHANCE_YOUR_CALM whose debug data name this limit.
    Limit(&'static str),
    /// By a GOAWAY with PROTOCOL_ERROR whose debug data name this rule.
    Rule(&'static str),
    /// Not at all: the flood is harmless as it is.
    Lives,
}

impl End {
    /// The code and debug data of the last GOAWAY.
    pub(crate) fn goaway(self) -> Option<(u32, &'static str)> {
        match self {
            Self::Limit(name) => Some((code::ENHANCE_YOUR_CALM, name)),
            Self::Rule(name) => Some((code::PROTOCOL_ERROR, name)),
            Self::Lives => None,
        }
    }

    /// As the table names it.
    pub(crate) fn cell(self) -> String {
        match self {
            Self::Limit(name) => format!("`{name}`"),
            Self::Rule(name) => format!("PROTOCOL_ERROR `{name}`"),
            Self::Lives => "bounded".to_owned(),
        }
    }
}

/// One of many times that frames are made.
pub(crate) struct Round {
    /// The first is 0.
    pub(crate) number: u32,
    /// Streams that the victim has opened since the last round.
    pub(crate) opened: Vec<u32>,
}

/// One flood.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) end: End,
    /// Our SETTINGS.
    pub(crate) settings: &'static [(u16, u32)],
    /// The frames of one round.
    pub(crate) frames: fn(&Round) -> Vec<RawFrame>,
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
pub(crate) use attack;

/// Octets of no interest.
pub(crate) static BODY: [u8; 16_384] = [b'x'; 16_384];

/// The stream of a client's request.
pub(crate) fn id(n: u32) -> u32 {
    (2 * n + 1) & 0x7fff_ffff
}

/// The head on stream 1 that does not end, in frames of so many octets.
pub(crate) fn continuations(round: &Round, head: BlockWriter, octets: usize) -> Vec<RawFrame> {
    let mut frames = Vec::new();
    if round.number == 0 {
        frames.push(RawFrame::headers(1, head.build()).unfinished());
    }
    frames.extend((0..100).map(|_| RawFrame::continuation(1, &BODY[..octets]).unfinished()));
    frames
}

/// A head of 16 MB in 8 KB.
pub(crate) fn bomb(head: BlockWriter) -> Vec<u8> {
    let head = head.incremental("bomb", &BODY[..4_000]);
    (0..4_000).fold(head, |head, _| head.indexed(62)).build()
}
