//! The raw peer reads what real clients and servers sent, and its HPACK agrees with another implementation's.
//!
//! This keeps the judge honest: what it calls a fault must not happen between programs that serve the world.

use std::fs;
use std::path::Path;

use bywash_spec_tests::link::Rng;
use bywash_spec_tests::raw::content::Content;
use bywash_spec_tests::raw::parse::FrameParser;
use bywash_spec_tests::raw::wire::{PREFACE, flag};
use bywash_spec_tests::raw::{BlockReader, BlockWriter, Field, RawPeer, Received, Role};
use quickcheck::quickcheck;

/// The recorded byte streams: name without `.bin`, octets.
fn recordings() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/exchanges");
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if let Some(name) = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .strip_suffix(".bin")
        {
            out.push((name.to_owned(), fs::read(&path).unwrap()));
        }
    }
    out.sort();
    out
}

/// A peer that has read a recording in pieces drawn from `seed`.
fn replay(name: &str, octets: &[u8], all: &[(String, Vec<u8>)], seed: u64) -> RawPeer {
    let mut peer = match name.strip_suffix(".reply") {
        None => RawPeer::server(&[]),
        Some(client) => {
            // The reply answers what the client sent: send it, so that acknowledgements have their cause.
            let mut peer = RawPeer::new(Role::Client);
            let sent = &all.iter().find(|(name, _)| name == client).unwrap().1;
            peer.send_bytes(sent);
            peer
        }
    };
    if !name.ends_with(".reply") {
        peer.send_bytes(&[]); // PINGs of the server were answered, which is no fault of the client
    }
    let mut rng = Rng::new(seed);
    let mut rest = octets;
    while !rest.is_empty() {
        let most = if seed % 2 == 0 { 3 } else { 4096 };
        let (piece, tail) = rest.split_at((rng.range(1, most) as usize).min(rest.len()));
        peer.receive(piece);
        rest = tail;
    }
    peer
}

#[test]
fn real_traffic_is_no_fault() {
    let all = recordings();
    assert!(all.len() > 30, "only {} recordings", all.len());
    for (name, octets) in &all {
        let mut whole = replay(name, octets, &all, 1);
        assert_eq!(whole.fault(), None, "{name}");
        assert!(whole.expect_settings().is_ok(), "{name}");
        let rest = whole.drain();
        assert!(
            rest.iter().any(|item| matches!(item, Received::Headers(_))),
            "{name}"
        );
        let mut split = replay(name, octets, &all, 2);
        split.next_received();
        assert_eq!(rest, split.drain(), "{name}");
    }
}

#[test]
fn what_was_recorded_is_what_the_list_says() {
    let all = recordings();
    let read = |name: &str| {
        let octets = &all.iter().find(|(found, _)| found == name).unwrap().1;
        replay(name, octets, &all, 1).drain()
    };
    let heads = |items: &[Received]| {
        items
            .iter()
            .filter(|item| matches!(item, Received::Headers(_)))
            .count()
    };
    assert_eq!(heads(&read("curl-many")), 40);
    assert_eq!(heads(&read("h2load-list")), 120);
    let upload = read("curl-upload");
    let body: usize = upload
        .iter()
        .map(|item| {
            if let Received::Data { data, .. } = item {
                data.len()
            } else {
                0
            }
        })
        .sum();
    assert_eq!(body, 3_000);
    let long = read("nghttp-continuation");
    let parts = long.iter().find_map(|item| {
        if let Received::Headers(head) = item {
            Some(head.frames)
        } else {
            None
        }
    });
    assert_eq!(parts, Some(2));
    let trailers = read("nghttp-trailers");
    let last = trailers.iter().rev().find_map(|item| {
        if let Received::Headers(head) = item {
            Some(head)
        } else {
            None
        }
    });
    assert!(last.unwrap().end_stream && last.unwrap().get(":method").is_none());
    assert!(
        read("chromium-pages")
            .iter()
            .any(|item| matches!(item, Received::Headers(head) if head.priority.is_some()))
    );
}

/// The header blocks of a byte stream, whole, in order.
fn blocks(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut parser = FrameParser::new();
    parser.push(octets.strip_prefix(PREFACE).unwrap_or(octets));
    let mut out: Vec<Vec<u8>> = Vec::new();
    let mut open = false;
    while let Some(frame) = parser.next_frame().unwrap() {
        let (Content::Headers { fragment, .. } | Content::Continuation { fragment }) =
            &frame.content
        else {
            continue;
        };
        if open {
            out.last_mut().unwrap().extend_from_slice(fragment);
        } else {
            out.push(fragment.clone());
        }
        open = !frame.has(flag::END_HEADERS);
    }
    out
}

fn pairs(fields: &[Field]) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields
        .iter()
        .map(|field| (field.name.clone(), field.value.clone()))
        .collect()
}

#[test]
fn recorded_blocks_mean_the_same_to_another_decoder() {
    let mut count = 0;
    for (name, octets) in recordings() {
        let mut ours = BlockReader::default();
        let mut theirs = loona_hpack::Decoder::new();
        for block in blocks(&octets) {
            let expected = theirs.decode(&block).unwrap();
            assert_eq!(
                pairs(&ours.read(&block).unwrap().fields),
                expected,
                "{name}"
            );
            count += 1;
        }
    }
    assert!(count > 1_000, "{count} blocks");
}

/// A block of random representations, indices into both tables among them; some lead nowhere.
fn random_block(rng: &mut Rng, indices: u64) -> Vec<u8> {
    let mut block = BlockWriter::new();
    let text = |rng: &mut Rng| -> Vec<u8> {
        (0..rng.range(0, 30))
            .map(|_| rng.range(32, 126) as u8)
            .collect()
    };
    if rng.chance(1, 6) {
        block = block.size_update(rng.range(0, 4_096));
    }
    for _ in 0..rng.range(1, 8) {
        let (index, name, value) = (rng.range(1, indices), text(rng), text(rng));
        block = match rng.range(0, 7) {
            0 => block.field(name, value),
            1 => block.field_huffman(name, value),
            2 => block.field_named(index, value),
            3 => block.incremental(name, value),
            4 => block.incremental_named(index, value),
            5 => block.never_named(index, value),
            _ => block.indexed(index),
        };
    }
    block.build()
}

quickcheck! {
    fn random_blocks_mean_the_same_to_another_decoder(seed: u64) -> bool {
        let mut rng = Rng::new(seed);
        let mut ours = BlockReader::default();
        let mut theirs = loona_hpack::Decoder::new();
        theirs.set_max_allowed_table_size(4_096);
        (0..40).all(|round| {
            let block = random_block(&mut rng, 61 + round);
            match (ours.read(&block), theirs.decode(&block)) {
                (Ok(read), Ok(expected)) => pairs(&read.fields) == expected,
                (Err(_), Err(_)) => {
                    // Neither state is of use after a fault.
                    ours = BlockReader::default();
                    theirs = loona_hpack::Decoder::new();
                    theirs.set_max_allowed_table_size(4_096);
                    true
                }
                _ => false,
            }
        })
    }
}
