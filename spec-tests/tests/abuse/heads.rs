//! Attacks on servers by heads: blocks without end, bombs, extremes of HPACK.

use bywash_proto::error::LimitName;
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame};

use crate::flood::attacks;
use crate::report::Figures;
use crate::rig::BODY;
use crate::servers::{get, id, server, silent};

/// A block that never ends, in CONTINUATIONs of one size.
fn continuations(attack: &'static str, size: usize) -> Figures {
    let mut scene = server();
    scene.round(|peer| {
        peer.send(&RawFrame::headers(id(0), get()).unfinished());
        for _ in 0..5000 {
            peer.send(&RawFrame::continuation(id(0), &BODY[..size]).unfinished());
        }
    });
    scene.ended_by(attack, LimitName::BlockSize)
}

pub(crate) fn continuation_flood() -> Figures {
    continuations("CONTINUATION flood, 16 KiB each", 16_384)
}

pub(crate) fn continuation_flood_of_crumbs() -> Figures {
    continuations("CONTINUATION flood, 1 octet each", 1)
}

pub(crate) fn continuation_flood_of_nothing() -> Figures {
    continuations("CONTINUATION flood, empty", 0)
}

/// One head whose every octet stands for 4 000 others.
pub(crate) fn hpack_bomb() -> Figures {
    let mut scene = server();
    scene.round(|peer| {
        let mut block = BlockWriter::request("GET", "/").incremental("bomb", &BODY[..4000]);
        for _ in 0..4000 {
            block = block.indexed(62);
        }
        peer.send(&RawFrame::headers(id(0), block.build()).end_stream());
    });
    assert_eq!(scene.rig.told.requests, 1, "the honest one's");
    scene.ended_by("HPACK bomb: one head of 16 MB", LimitName::HeaderList)
}

/// 300 KB on the wire in heads that unpack to 100 KB each, on streams that stay open.
pub(crate) fn http2_bomb() -> Figures {
    let mut scene = silent();
    scene.rig.app.keeps_heads = true;
    scene.flood(600, |peer, round| {
        for n in round * 4..(round + 1) * 4 {
            let mut block = BlockWriter::request("GET", "/");
            if n == 0 {
                block = block.incremental("bomb", &BODY[..2000]);
            }
            for _ in 0..50 {
                block = block.indexed(62);
            }
            peer.send(&RawFrame::headers(id(n), block.build()).end_stream());
        }
    });
    assert_eq!(scene.rig.reset_code(id(40)), Some(code::REFUSED_STREAM));
    scene.ended_softly_by("HTTP/2 bomb: heads that are kept", LimitName::HeadBytes)
}

/// The same with cookie crumbs, of which each costs more than its two octets.
pub(crate) fn crumb_bomb() -> Figures {
    let mut scene = silent();
    scene.rig.app.keeps_heads = true;
    scene.flood(600, |peer, round| {
        for n in round * 4..(round + 1) * 4 {
            let mut block = BlockWriter::request("GET", "/");
            if n == 0 {
                block = block.incremental("cookie", "a");
            }
            for _ in 0..400 {
                block = block.indexed(62);
            }
            peer.send(&RawFrame::headers(id(n), block.build()).end_stream());
        }
    });
    scene.ended_softly_by("HTTP/2 bomb of cookie crumbs", LimitName::HeadBytes)
}

/// An integer that never ends.
pub(crate) fn integers_and_codes() -> Figures {
    let mut scene = server();
    scene.round(|peer| {
        let mut block = BlockWriter::request("GET", "/").build();
        block.extend_from_slice(&[0x0f; 1]);
        block.extend_from_slice(&[0xff; 10_000]);
        peer.send(&RawFrame::headers(id(0), block).end_stream());
    });
    scene
        .rig
        .assert_goaway(code::COMPRESSION_ERROR, "HpackFault");
    scene.figures(
        "an integer of 10 000 octets",
        "COMPRESSION_ERROR".to_owned(),
    )
}

/// The longest codes there are, in the longest block that passes: an over-long head, work linear in it.
pub(crate) fn huffman_extremes() -> Figures {
    let mut scene = silent();
    scene.flood(20, |peer, n| {
        // A field of 12 000 octets of 22, which takes 30 bits each: 45 000 octets of code.
        let value: Vec<u8> = vec![22; 12_000];
        let block = BlockWriter::request("GET", "/")
            .field_huffman("x", value)
            .build();
        for frame in RawFrame::headers(id(n), block)
            .end_stream()
            .split(&[16_000; 3])
        {
            peer.send(&frame);
        }
    });
    scene.survived("heads of 30-bit Huffman codes, control characters inside")
}

/// As many fields as fit: cut at `Limits::fields`.
pub(crate) fn field_count_extremes() -> Figures {
    let mut scene = silent();
    scene.flood(20, |peer, n| {
        let mut block = BlockWriter::request("GET", "/").build();
        for _ in 0..4000 {
            block.extend_from_slice(&[0x90]); // accept-encoding: gzip, deflate
        }
        peer.send(&RawFrame::headers(id(n), block).end_stream());
    });
    assert_eq!(scene.rig.told.overlong, 20);
    scene.survived("heads of 4 000 fields, cut and told as over-long")
}

attacks! {
    continuation_flood
    continuation_flood_of_crumbs
    continuation_flood_of_nothing
    hpack_bomb
    http2_bomb
    crumb_bomb
    integers_and_codes
    huffman_extremes
    field_count_extremes
}
