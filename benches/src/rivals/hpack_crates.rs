//! loona-hpack and httlib-hpack over the recorded set.

use crate::hpack_cases::Cases;
use httlib_hpack::Encoder as Httlib;

/// `loona-hpack` decodes the set once.
///
/// # Panics
/// If a recorded block is refused.
#[must_use]
pub fn loona_decode(cases: &Cases) -> usize {
    let mut bytes = 0;
    for set in &cases.sets {
        let mut decoder = loona_hpack::Decoder::new();
        let mut blocks = set.blocks.iter();
        for message in &set.messages {
            if message.first {
                decoder = loona_hpack::Decoder::new();
            }
            for block in blocks.by_ref().take(message.heads.len()) {
                let count = |name: std::borrow::Cow<[u8]>, value: std::borrow::Cow<[u8]>| {
                    bytes += name.len() + value.len();
                };
                decoder
                    .decode_with_cb(block, count)
                    .expect("a recorded block");
            }
        }
    }
    bytes
}

/// `loona-hpack` encodes the set once; it has no Huffman coding.
///
/// # Panics
/// Never: it writes to memory.
#[must_use]
pub fn loona_encode(cases: &Cases) -> usize {
    let (mut bytes, mut block) = (0, Vec::with_capacity(16384));
    for set in &cases.sets {
        let mut encoder = loona_hpack::Encoder::new();
        for message in &set.messages {
            if message.first {
                encoder = loona_hpack::Encoder::new();
            }
            for head in &message.heads {
                block.clear();
                let fields = head
                    .iter()
                    .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
                encoder.encode_into(fields, &mut block).expect("memory");
                bytes += block.len();
            }
        }
    }
    bytes
}

/// `httlib-hpack` decodes the set once.
///
/// # Panics
/// If a recorded block is refused.
#[must_use]
pub fn httlib_decode(cases: &Cases) -> usize {
    let (mut bytes, mut fields, mut input) = (0, Vec::new(), Vec::new());
    for set in &cases.sets {
        let mut decoder = httlib_hpack::Decoder::with_dynamic_size(4096);
        let mut blocks = set.blocks.iter();
        for message in &set.messages {
            if message.first {
                decoder = httlib_hpack::Decoder::with_dynamic_size(4096);
            }
            for block in blocks.by_ref().take(message.heads.len()) {
                fields.clear();
                input.clear();
                input.extend_from_slice(block);
                decoder
                    .decode(&mut input, &mut fields)
                    .expect("a recorded block");
                bytes += fields
                    .iter()
                    .map(|(name, value, _)| name.len() + value.len())
                    .sum::<usize>();
            }
        }
    }
    bytes
}

/// `httlib-hpack` encodes the set once, with Huffman, indexing and the best format.
///
/// # Panics
/// Never: the fields are plain octets.
#[must_use]
pub fn httlib_encode(cases: &Cases) -> usize {
    let flags =
        Httlib::HUFFMAN_NAME | Httlib::HUFFMAN_VALUE | Httlib::WITH_INDEXING | Httlib::BEST_FORMAT;
    let (mut bytes, mut block) = (0, Vec::with_capacity(16384));
    for set in &cases.sets {
        let mut encoder = Httlib::with_dynamic_size(4096);
        for message in &set.messages {
            if message.first {
                encoder = Httlib::with_dynamic_size(4096);
            }
            for head in &message.heads {
                block.clear();
                for (name, value) in head {
                    let field = (name.as_bytes().to_vec(), value.as_bytes().to_vec(), flags);
                    encoder.encode(field, &mut block).expect("a field");
                }
                bytes += block.len();
            }
        }
    }
    bytes
}
