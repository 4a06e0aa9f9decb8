//! Our HPACK against others': what we encode is what they decode, and the reverse; see `hpack_others/oracles.rs` for who
//! they are and in what they are known to differ.

#[path = "hpack_others/oracles.rs"]
mod oracles;
#[path = "hpack_others/recorded.rs"]
mod recorded;

use bywash_proto::hpack::{Decoder, Encoder};
use bywash_spec_tests::link::Rng;
use bywash_spec_tests::raw::{BlockReader, BlockWriter, Field};
use oracles::{Oracle, Told, agree, ours};
use quickcheck::quickcheck;
use recorded::{Connection, Pair, connections};

/// Sizes of the table, from none to more than is ever needed.
const SIZES: [usize; 6] = [0, 64, 300, 4_096, 16_384, 65_536];

fn encode(encoder: &mut Encoder, fields: &[Told]) -> Vec<u8> {
    let mut block = Vec::new();
    encoder.start_block(&mut block);
    for (name, value, never) in fields {
        encoder.encode_field(name, value, never.unwrap_or(false), &mut block);
    }
    block
}

fn told(head: &[Pair]) -> Vec<Told> {
    head.iter()
        .map(|(name, value)| (name.clone(), value.clone(), None))
        .collect()
}

/// Everybody who reads what one encoder writes.
struct Readers {
    ours: Decoder,
    others: [Oracle; 4],
}

impl Readers {
    fn new() -> Self {
        Self {
            ours: Decoder::new(4_096),
            others: Oracle::all(),
        }
    }

    fn limit(&mut self, size: usize) {
        self.ours.set_max_size(size);
        self.others.iter_mut().for_each(|other| other.limit(size));
    }

    /// All must read these fields.
    #[track_caller]
    fn read(&mut self, block: &[u8], expected: &[Told], what: &str) {
        let mine = ours(&mut self.ours, block);
        let mine = mine.unwrap_or_else(|| panic!("{what}: we refuse {block:02x?}"));
        assert!(agree(&mine, expected), "{what}: we read {mine:?}");
        for other in &mut self.others {
            let name = other.name();
            let theirs = other.decode(block);
            let theirs = theirs.unwrap_or_else(|| panic!("{what}: {name} refuses {block:02x?}"));
            assert!(agree(&theirs, expected), "{what}: {name} reads {theirs:?}");
        }
    }
}

#[test]
fn recorded_heads_that_we_encode_mean_the_same_to_all() {
    let all = connections();
    for size in SIZES {
        // Some oracles are slow: all connections at the usual size, some at the others.
        let step = if size == 4_096 { 1 } else { 9 };
        for (at, connection) in all.iter().enumerate().step_by(step) {
            let (mut encoder, mut readers) = (Encoder::with_limit(size), Readers::new());
            encoder.set_peer_max_size(size);
            readers.limit(size);
            for head in &connection.heads {
                let head = told(head);
                let block = encode(&mut encoder, &head);
                readers.read(&block, &head, &format!("connection {at}, table {size}"));
                assert!(encoder.table_size() <= size);
            }
        }
    }
}

#[test]
fn recorded_heads_that_nghttp2_encodes_mean_the_same_to_all() {
    let mut blocks = 0;
    for (
        at,
        Connection {
            heads,
            blocks: theirs,
        },
    ) in connections().iter().enumerate()
    {
        let mut readers = Readers::new();
        for (head, block) in heads.iter().zip(theirs) {
            readers.read(block, &told(head), &format!("connection {at}"));
            blocks += 1;
        }
    }
    assert!(blocks > 3_000, "{blocks} blocks");
}

#[test]
fn recorded_heads_that_others_encode_mean_the_same_to_us() {
    for Connection { heads, .. } in connections() {
        let mut loona = (loona_hpack::Encoder::new(), Decoder::new(4_096));
        let mut hpack = (hpack::Encoder::new(), Decoder::new(4_096));
        let mut httlib = (httlib_hpack::Encoder::default(), Decoder::new(4_096));
        for head in &heads {
            let pairs = || head.iter().map(|(name, value)| (&name[..], &value[..]));
            let expected = told(head);
            for (block, decoder) in [
                (loona.0.encode(pairs()), &mut loona.1),
                (hpack.0.encode(pairs()), &mut hpack.1),
                (httlib_block(&mut httlib.0, &expected), &mut httlib.1),
            ] {
                let read = ours(decoder, &block).expect("a legal block");
                assert!(agree(&read, &expected), "{read:?}");
            }
        }
    }
}

/// In the best representation that it knows, Huffman-coded: never-indexed fields as literals of their kind.
fn httlib_block(encoder: &mut httlib_hpack::Encoder<'_>, fields: &[Told]) -> Vec<u8> {
    use httlib_hpack::Encoder as E;
    let mut block = Vec::new();
    for (name, value, never) in fields {
        let kind = match never {
            Some(true) => E::NEVER_INDEXED,
            _ => E::WITH_INDEXING | E::BEST_FORMAT,
        };
        let flags = kind | E::HUFFMAN_NAME | E::HUFFMAN_VALUE;
        encoder
            .encode((name.clone(), value.clone(), flags), &mut block)
            .expect("into memory");
    }
    block
}

/// The measure is nghttp2 1.52 with its defaults, over the same heads in the same order and with fresh tables for each
/// connection: `benches/data/*.hpack`.
#[test]
fn recorded_heads_take_no_more_octets_than_from_nghttp2() {
    let (mut mine, mut theirs) = (0, 0);
    for Connection { heads, blocks } in connections() {
        let mut encoder = Encoder::new();
        for head in &heads {
            mine += encode(&mut encoder, &told(head)).len();
        }
        theirs += blocks.iter().map(|block| block.len()).sum::<usize>();
    }
    println!("{mine} octets, nghttp2's {theirs}");
    assert!(mine <= theirs, "{mine} octets, nghttp2's {theirs}");
}

/// Names that repeat, values of few kinds; some fields are secret.
fn random_head(rng: &mut Rng) -> Vec<Told> {
    const NAMES: [&str; 10] = [
        ":status",
        ":path",
        "cookie",
        "etag",
        "x-a",
        "x-bb",
        "date",
        "authorization",
        "accept",
        "te",
    ];
    let text = |rng: &mut Rng, most: u64| -> Vec<u8> {
        let length = rng.range(0, most);
        (0..length).map(|_| rng.range(0, 255) as u8).collect()
    };
    (0..rng.range(0, 12))
        .map(|_| {
            let name = match rng.chance(1, 8) {
                true => text(rng, 20),
                false => NAMES[rng.range(0, 9) as usize].into(),
            };
            let value = match rng.chance(1, 3) {
                true => text(rng, 200),
                false => format!("value {}", rng.range(0, 5)).into_bytes(),
            };
            (name, value, Some(rng.chance(1, 6)))
        })
        .collect()
}

quickcheck! {
    /// The peer of our encoder changes the size of the table at any time; the smallest and the last are told.
    fn our_encoder_is_understood_through_all_resizes(seed: u64) -> bool {
        let mut rng = Rng::new(seed);
        let limit = SIZES[rng.range(0, 5) as usize];
        let (mut encoder, mut readers) = (Encoder::with_limit(limit), Readers::new());
        for _ in 0..60 {
            for _ in 0..rng.range(0, 3) {
                let size = rng.range(0, 9_000) as usize;
                encoder.set_peer_max_size(size);
                readers.limit(size);
            }
            let mut head = random_head(&mut rng);
            if head.is_empty() {
                // Others refuse a block that is nothing but a size update (RFC 7541 4.2 does not).
                head.push((b"x".to_vec(), Vec::new(), Some(false)));
            }
            let block = encode(&mut encoder, &head);
            readers.read(&block, &loosely(&head), &format!("seed {seed}"));
        }
        true
    }

    /// The other way: we change the size of our decoder's table, and others' encoders obey.
    fn our_decoder_understands_others_through_all_resizes(seed: u64) -> bool {
        let mut rng = Rng::new(seed);
        let mut theirs = httlib_hpack::Encoder::default();
        let (mut mine, mut reader) = (Decoder::new(4_096), BlockReader::default());
        for _ in 0..60 {
            let mut block = Vec::new();
            if rng.chance(1, 3) {
                let sizes: Vec<u32> = (0..rng.range(1, 2)).map(|_| rng.range(0, 9_000) as u32).collect();
                for size in &sizes {
                    mine.set_max_size(*size as usize);
                    reader.set_limit(*size);
                }
                let smallest = sizes.iter().min().copied().unwrap_or(0);
                let last = sizes.last().copied().unwrap_or(0);
                theirs.update_max_dynamic_size(smallest, &mut block).expect("into memory");
                if last != smallest {
                    theirs.update_max_dynamic_size(last, &mut block).expect("into memory");
                }
            }
            let head = random_head(&mut rng);
            block.extend(httlib_block(&mut theirs, &head));
            let read = ours(&mut mine, &block);
            let raw = reader.read(&block).map(|block| block.fields);
            let Some(read) = read else { panic!("seed {seed}: we refuse {block:02x?}, the raw reader: {raw:?}") };
            assert!(agree(&read, &head), "seed {seed}: {read:?} instead of {head:?}");
            assert!(mine.table_size() == reader.table_size(), "seed {seed}");
        }
        true
    }

    /// Literals that must never be indexed stay so: encoded, decoded, and encoded anew, as a proxy does.
    fn secrets_stay_secrets_over_two_hops(seed: u64) -> bool {
        let mut rng = Rng::new(seed);
        let mut theirs = httlib_hpack::Encoder::default();
        let (mut decoder, mut encoder) = (Decoder::new(4_096), Encoder::new());
        let (mut readers, mut public) = (Readers::new(), Vec::new());
        for _ in 0..30 {
            let head = random_head(&mut rng);
            let arrived = ours(&mut decoder, &httlib_block(&mut theirs, &head)).expect("a legal block");
            assert!(agree(&arrived, &head), "seed {seed}: {arrived:?}");
            let block = encode(&mut encoder, &arrived);
            readers.read(&block, &loosely(&head), &format!("seed {seed}"));
            public.extend(head.into_iter().filter(|field| field.2 == Some(false)));
            for other in &readers.others {
                if let Oracle::Raw(reader) = other {
                    let known = |entry: &Field| public.iter().any(|(name, value, _)| {
                        *name == entry.name && *value == entry.value
                    });
                    assert!(reader.entries().all(known), "seed {seed}: a secret is in the table");
                }
            }
        }
        true
    }

    /// Random representations, with indices into both tables, some of which lead nowhere: who takes a block reads the same.
    fn random_blocks_mean_the_same_to_us_and_to_others(seed: u64) -> bool {
        let mut rng = Rng::new(seed);
        let (mut mine, mut others) = (Decoder::new(4_096), Oracle::all().map(Some));
        for round in 0..40 {
            let block = random_block(&mut rng, 61 + round);
            let read = ours(&mut mine, &block);
            for slot in &mut others {
                let Some(other) = slot else { continue };
                let (name, theirs) = (other.name(), other.decode(&block));
                match (&read, theirs) {
                    (Some(read), Some(theirs)) => {
                        assert!(agree(read, &theirs), "seed {seed}: {name} reads {theirs:?}, we {read:?}");
                    }
                    // The tables may differ from here on.
                    (_, None) => *slot = None,
                    (None, Some(_)) => assert_ne!(name, "the raw reader", "seed {seed}: {block:02x?}"),
                }
            }
            if read.is_none() {
                return true;
            }
        }
        true
    }
}

/// What a program asked to be kept out of tables must be; our encoder may keep out more of its own accord.
fn loosely(head: &[Told]) -> Vec<Told> {
    let kept_out = |never: Option<bool>| never.filter(|&never| never);
    head.iter()
        .map(|(name, value, never)| (name.clone(), value.clone(), kept_out(*never)))
        .collect()
}

fn random_block(rng: &mut Rng, indices: u64) -> Vec<u8> {
    let mut block = BlockWriter::new();
    let text = |rng: &mut Rng| -> Vec<u8> {
        (0..rng.range(0, 30))
            .map(|_| rng.range(0, 255) as u8)
            .collect()
    };
    if rng.chance(1, 6) {
        block = block.size_update(rng.range(0, 4_096));
    }
    for _ in 0..rng.range(1, 8) {
        let (index, name, value) = (rng.range(1, indices), text(rng), text(rng));
        block = match rng.range(0, 8) {
            0 => block.field(name, value),
            1 => block.field_huffman(name, value),
            2 => block.field_named(index, value),
            3 => block.incremental(name, value),
            4 => block.incremental_named(index, value),
            5 => block.never_named(index, value),
            6 => block.never(name, value),
            _ => block.indexed(index),
        };
    }
    block.build()
}

/// Why the decoder of `hpack` stands behind `catch_unwind`: the first block of RUSTSEC-2023-0085. Ours refuses it.
#[test]
fn where_the_crate_hpack_panics_we_refuse() {
    let panics = |block: &[u8]| {
        let mut decoder = hpack::Decoder::new();
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| decoder.decode(block))).is_err()
    };
    let block = [0x3f];
    assert!(
        panics(&block),
        "it does not panic any more: let it be an oracle without a net"
    );
    assert_eq!(ours(&mut Decoder::new(4_096), &block), None);
}
