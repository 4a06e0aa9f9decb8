//! What holds for any fields, by quickcheck.

use super::*;
use crate::hpack::{Indexing, Policy, default_policy};
use quickcheck::{Arbitrary, Gen, QuickCheck};

/// How often a law is tried; an interpreter that takes each step has no time for as many.
const fn cases(native: u64) -> u64 {
    if cfg!(miri) { 4 } else { native }
}

/// What happens on a connection.
#[derive(Clone, Debug)]
enum Action {
    Block(Vec<Field>),
    Resize(usize),
    Trim,
}

fn string(g: &mut Gen, common: &[&str]) -> Vec<u8> {
    match u8::arbitrary(g) % 8 {
        0 => Vec::arbitrary(g),
        1 => (0..usize::arbitrary(g) % 300)
            .map(|_| b'a' + u8::arbitrary(g) % 26)
            .collect(),
        _ => g
            .choose(common)
            .copied()
            .unwrap_or_default()
            .as_bytes()
            .to_vec(),
    }
}

impl Arbitrary for Action {
    fn arbitrary(g: &mut Gen) -> Self {
        const NAMES: [&str; 10] = [
            ":status", ":path", ":method", "cookie", "x-a", "x-b", "x-custom", "date", "te", "",
        ];
        const VALUES: [&str; 10] = [
            "200",
            "/",
            "GET",
            "a=b",
            "trailers",
            "",
            "304",
            "x",
            "Mon, 21 Oct",
            "/index.html",
        ];
        match u8::arbitrary(g) % 12 {
            0 => Self::Resize(usize::arbitrary(g) % 6000),
            1 => Self::Resize(usize::arbitrary(g) % 200),
            2 => Self::Trim,
            _ => {
                let count = usize::arbitrary(g) % 12;
                let fields = (0..count).map(|_| {
                    (
                        string(g, &NAMES),
                        string(g, &VALUES),
                        u8::arbitrary(g) % 8 == 0,
                    )
                });
                Self::Block(fields.collect())
            }
        }
    }
}

fn policy(number: u8) -> Policy {
    match number % 3 {
        0 => default_policy,
        1 => |_, _| Indexing::FirstSight,
        _ => |name, _| match name.len() % 4 {
            0 => Indexing::Without,
            1 => Indexing::Never,
            2 => Indexing::SecondSight,
            _ => Indexing::FirstSight,
        },
    }
}

fn connection(actions: Vec<Action>, limit: u16, number: u8) {
    let (mut encoder, mut decoder) = (Encoder::with_limit(usize::from(limit)), Decoder::new(4096));
    encoder.set_policy(policy(number));
    let mut allowed = 4096;
    for action in actions {
        match action {
            Action::Resize(size) => {
                allowed = size;
                encoder.set_peer_max_size(size);
                decoder.set_max_size(size);
            }
            Action::Trim => {
                encoder.trim();
                decoder.trim();
            }
            Action::Block(mut fields) => {
                let block = encode(&mut encoder, &fields);
                for (name, _, never) in &mut fields {
                    *never |= number % 3 == 2
                        && name.len() % 4 == 1
                        && super::super::static_table::find_name(name) == 0;
                }
                let decoded = decode(&mut decoder, &block).unwrap();
                assert_eq!(decoded.len(), fields.len());
                for (ours, theirs) in fields.iter().zip(&decoded) {
                    assert_eq!((&ours.0, &ours.1), (&theirs.0, &theirs.1));
                    assert!(
                        theirs.2 || !ours.2 || number % 3 == 2,
                        "never indexed, and stays so"
                    );
                }
                assert_eq!(decoder.table_size(), encoder.table_size());
                assert_eq!(decoder.table_len(), encoder.table_len());
            }
        }
        assert!(encoder.table_size() <= allowed.min(usize::from(limit)));
        assert!(
            decoder.heap_bytes() <= 2 * 6000 + 256 + 20 * 2 * 256,
            "{}",
            decoder.heap_bytes()
        );
    }
}

#[test]
fn what_is_encoded_is_decoded() {
    QuickCheck::new()
        .tests(cases(600))
        .quickcheck(connection as fn(Vec<Action>, u16, u8));
}

/// A decoder that sees part of a block says so, unless the part ends between two fields.
fn prefixes(action: Action) -> bool {
    let Action::Block(fields) = action else {
        return true;
    };
    let mut encoder = Encoder::new();
    let mut ends = [0].to_vec();
    let mut block = Vec::new();
    for (name, value, never) in &fields {
        encoder.encode_field(name, value, *never, &mut block);
        ends.push(block.len());
    }
    (0..=block.len()).all(|end| match decode(&mut Decoder::new(4096), &block[..end]) {
        Ok(decoded) => ends.get(decoded.len()) == Some(&end) && decoded == fields[..decoded.len()],
        Err(error) => error == DecodeError::Truncated && !ends.contains(&end),
    })
}

#[test]
fn every_prefix_is_truncated() {
    QuickCheck::new()
        .tests(cases(200))
        .quickcheck(prefixes as fn(Action) -> bool);
}

/// Never-indexed fields stay out of both tables, and are told apart, whatever was there before.
#[test]
fn never_indexed_stays_so() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(4096));
    let fields = [
        field("x-key", "value"),
        never("x-key", "value"),
        never(":method", "GET"),
        never("authorization", "secret"),
        never("x-other", "value"),
        field("x-other", "value"),
    ];
    for length in [2, 2] {
        let block = encode(&mut encoder, &fields);
        assert_eq!(decode(&mut decoder, &block), Ok(fields.to_vec()));
        assert_eq!(encoder.table_len(), length);
    }
}

#[test]
fn second_sight() {
    let mut encoder = Encoder::new();
    let path = [field(":path", "/a/path/that/repeats")];
    let sizes = [(); 3].map(|()| encode(&mut encoder, &path).len());
    assert_eq!(sizes[0], sizes[1]);
    assert_eq!(sizes[2], 1);
    assert_eq!(encoder.table_len(), 1);
}

#[test]
fn heap_only_for_what_is_remembered() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(4096));
    let fixed = [
        field(":status", "200"),
        never("x", "y"),
        field(":method", "GET"),
    ];
    let block = encode(&mut encoder, &fixed);
    assert_eq!(encoder.heap_bytes(), 0);
    assert_eq!(decode(&mut decoder, &block[..1]), Ok(fixed[..1].to_vec()));
    assert_eq!(decoder.heap_bytes(), 0);
    for at in 0..if cfg!(miri) { 100 } else { 1000u32 } {
        let value = alloc::format!("{}", at.wrapping_mul(0x9e37_79b9));
        let fields = [field("x-number", &value), field("x-repeated", "always")];
        let block = encode(&mut encoder, &fields);
        assert_eq!(decode(&mut decoder, &block), Ok(fields.to_vec()));
    }
    assert!(decoder.table_size() > 4000);
    assert!(decoder.heap_bytes() < 3 * 4096, "{}", decoder.heap_bytes());
    assert!(encoder.heap_bytes() < 4 * 4096, "{}", encoder.heap_bytes());
    let before = (encoder.heap_bytes(), decoder.heap_bytes());
    encoder.trim();
    decoder.trim();
    assert!(encoder.heap_bytes() < before.0 && decoder.heap_bytes() < before.1);
    let fields = [field("x-repeated", "always")];
    let block = encode(&mut encoder, &fields);
    assert_eq!(
        (block.len(), decode(&mut decoder, &block)),
        (1, Ok(fields.to_vec()))
    );
    encoder.set_peer_max_size(0);
    decoder.set_max_size(0);
    let block = encode(&mut encoder, &fixed[..1]);
    assert_eq!(decode(&mut decoder, &block), Ok(fixed[..1].to_vec()));
    encoder.trim();
    decoder.trim();
    assert_eq!((encoder.heap_bytes(), decoder.heap_bytes()), (0, 0));
}
