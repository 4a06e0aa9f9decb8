//! HPACK: any blocks in, fields there and back, and the same as another implementation.

use std::ops::ControlFlow;

use arbitrary::{Arbitrary, Unstructured};
use bywash_proto::hpack::{DecodeError, Decoder, Encoder, FieldMeta, OctetClasses};

/// A decoded field: name, value, never indexed.
type Field = (Vec<u8>, Vec<u8>, bool);

/// The longest string that is taken.
const LONGEST: usize = 20_000;

fn decode(decoder: &mut Decoder, block: &[u8], most: usize) -> Result<Vec<Field>, DecodeError> {
    let mut fields = Vec::new();
    let mut size = 0;
    decoder.decode(
        block,
        LONGEST,
        &mut |name: &[u8], value: &[u8], meta: FieldMeta| {
            assert_eq!(meta.name, OctetClasses::of(name));
            assert_eq!(meta.value, OctetClasses::of(value));
            assert!(name.len() <= LONGEST && value.len() <= LONGEST);
            size += name.len() + value.len() + 32;
            if size > most {
                return ControlFlow::Break(());
            }
            fields.push((name.to_vec(), value.to_vec(), meta.never_indexed));
            ControlFlow::Continue(())
        },
    )?;
    Ok(fields)
}

/// One step in a decoder's life.
#[derive(Arbitrary, Debug)]
enum Step {
    Block(Vec<u8>),
    Limit(u16),
    Trim,
}

/// Any blocks, limits and trims.
pub fn hpack_decode(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let size = usize::from(u16::arbitrary(&mut input).unwrap_or(0));
    let (mut one, mut two) = (Decoder::new(size), Decoder::new(size));
    let mut largest = size;
    for step in input
        .arbitrary_iter::<Step>()
        .into_iter()
        .flatten()
        .flatten()
    {
        match step {
            Step::Block(block) => {
                let first = decode(&mut one, &block, 100_000);
                assert_eq!(first, decode(&mut two, &block, 100_000), "twice the same");
                if first.is_err() {
                    return;
                }
            }
            Step::Limit(limit) => {
                largest = largest.max(usize::from(limit));
                one.set_max_size(usize::from(limit));
                two.set_max_size(usize::from(limit));
            }
            Step::Trim => one.trim(),
        }
        assert!(one.table_size() <= largest);
        assert_eq!(
            (one.table_size(), one.table_len()),
            (two.table_size(), two.table_len())
        );
        // At most `largest / 32` entries at a time: see the doc of `Decoder`.
        let most = 2 * largest + 256 + 20 * 2 * (largest / 32).max(8);
        assert!(
            one.heap_bytes() <= most,
            "{} of {most} octets",
            one.heap_bytes()
        );
    }
}

/// A field of few or many octets; names repeat.
#[derive(Arbitrary, Debug)]
struct AnyField<'a> {
    known: Option<u8>,
    name: &'a [u8],
    value: &'a [u8],
    never: bool,
}

const NAMES: [&str; 12] = [
    ":method",
    ":path",
    ":status",
    "cookie",
    "etag",
    "x-a",
    "x-b",
    "date",
    "server",
    "te",
    "age",
    "content-length",
];

/// One step in an encoder's life.
#[derive(Arbitrary, Debug)]
enum Turn<'a> {
    Block(Vec<AnyField<'a>>),
    /// The peer's SETTINGS_HEADER_TABLE_SIZE; it binds the encoder when it is acknowledged: here at once.
    Size(u16),
    Trim,
}

/// What the encoder writes, the decoder reads.
pub fn hpack_round_trip(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let limit = usize::from(u16::arbitrary(&mut input).unwrap_or(0));
    let (mut encoder, mut decoder) = (Encoder::with_limit(limit), Decoder::new(4096));
    for turn in input
        .arbitrary_iter::<Turn<'_>>()
        .into_iter()
        .flatten()
        .flatten()
    {
        match turn {
            Turn::Block(list) => {
                let mut block = Vec::new();
                let mut sent: Vec<Field> = Vec::new();
                encoder.start_block(&mut block);
                for field in &list {
                    let known = field
                        .known
                        .map(|n| NAMES[usize::from(n) % NAMES.len()].as_bytes());
                    let name = known.unwrap_or(field.name);
                    encoder.encode_field(name, field.value, field.never, &mut block);
                    sent.push((name.to_vec(), field.value.to_vec(), field.never));
                }
                let read = decode(&mut decoder, &block, usize::MAX).expect("our own block");
                // Policies may protect what the program did not; the reverse must not happen.
                assert_eq!(read.len(), sent.len());
                for (got, sent) in read.iter().zip(&sent) {
                    assert_eq!((&got.0, &got.1), (&sent.0, &sent.1));
                    assert!(got.2 || !sent.2, "a secret was shown to the table");
                }
                assert_eq!(encoder.table_size(), decoder.table_size());
                assert_eq!(encoder.table_len(), decoder.table_len());
            }
            Turn::Size(size) => {
                encoder.set_peer_max_size(usize::from(size));
                decoder.set_max_size(usize::from(size));
            }
            Turn::Trim => {
                encoder.trim();
                decoder.trim();
            }
        }
        assert!(encoder.table_size() <= limit.max(4096));
    }
}

/// Blocks that both take must give the same fields.
///
/// Known differences, all of which end the comparison: loona-hpack 0.4.3 refuses a block that ends with a size update
/// (RFC 7541 4.2 does not), takes one behind a field (we do not), bounds integers at five octets (we at six), does not
/// bound strings, and has no limit by acknowledgement. After a refusal by either the tables may differ.
pub fn hpack_differential(data: &[u8]) {
    let mut ours = Decoder::new(4096);
    let mut theirs = loona_hpack::Decoder::new();
    theirs.set_max_allowed_table_size(4096);
    let mut input = Unstructured::new(data);
    for block in input
        .arbitrary_iter::<Vec<u8>>()
        .into_iter()
        .flatten()
        .flatten()
    {
        let mine = decode(&mut ours, &block, 1 << 20);
        let mut size = 0;
        let mut yours = Vec::new();
        let accepted = theirs.decode_with_cb(&block, |name, value| {
            size += name.len() + value.len() + 32;
            if size <= 1 << 20 {
                yours.push((name.into_owned(), value.into_owned()));
            }
        });
        let (Ok(mine), Ok(())) = (mine, accepted) else {
            return;
        };
        let mine: Vec<(Vec<u8>, Vec<u8>)> = mine.into_iter().map(|(n, v, _)| (n, v)).collect();
        assert_eq!(mine, yours);
    }
}
