//! bywash's HPACK over the recorded set, and the Huffman strings in it.

use crate::recorded::{self, Set};
use bywash_proto::hpack::{Decoder, Encoder, FieldMeta, huffman};
use core::ops::ControlFlow;

/// Both directions of the recorded set, and the strings that nghttp2 codes by Huffman in it.
pub struct Cases {
    /// Requests and responses.
    pub sets: [Set; 2],
    /// The Huffman strings of the blocks.
    pub coded: Vec<Vec<u8>>,
    /// The same, decoded.
    pub plain: Vec<Vec<u8>>,
}

impl Cases {
    /// # Panics
    /// If the recorded blocks are not well-formed.
    #[must_use]
    pub fn new() -> Self {
        let sets = [recorded::requests(), recorded::responses()];
        let blocks = sets.iter().flat_map(|set| &set.blocks);
        let coded: Vec<Vec<u8>> = blocks.flat_map(|block| huffman_strings(block)).collect();
        let plain = coded.iter().map(|string| decoded(string)).collect();
        Self { sets, coded, plain }
    }

    /// The fields of the whole set.
    #[must_use]
    pub fn fields(&self) -> usize {
        self.sets.iter().map(Set::fields).sum()
    }
}

impl Default for Cases {
    fn default() -> Self {
        Self::new()
    }
}

fn decoded(string: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    huffman::decode(string, &mut plain).expect("a recorded string");
    plain
}

/// Reads an integer (RFC 7541 5.1) of a well-formed block.
fn integer(block: &[u8], at: &mut usize, mask: u8) -> usize {
    let mut value = usize::from(block[*at] & mask);
    *at += 1;
    if value == usize::from(mask) {
        for shift in (0..).step_by(7) {
            let octet = block[*at];
            *at += 1;
            value += usize::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                break;
            }
        }
    }
    value
}

/// The strings of a well-formed block that are coded by Huffman.
fn huffman_strings(block: &[u8]) -> Vec<Vec<u8>> {
    let (mut at, mut found) = (0, Vec::new());
    while at < block.len() {
        let (mask, literal) = match block[at] {
            0x80.. => (0x7f, false),
            0x40..=0x7f => (0x3f, true),
            0x20..=0x3f => (0x1f, false),
            _ => (0x0f, true),
        };
        let index = integer(block, &mut at, mask);
        let strings = if !literal {
            0
        } else if index == 0 {
            2
        } else {
            1
        };
        for _ in 0..strings {
            let coded = block[at] >= 0x80;
            let length = integer(block, &mut at, 0x7f);
            if coded {
                found.push(block[at..at + length].to_vec());
            }
            at += length;
        }
    }
    found
}

/// Decodes the set once; gives the bytes of names and values.
///
/// # Panics
/// If a recorded block is refused.
#[must_use]
pub fn decode(cases: &Cases) -> usize {
    let mut bytes = 0;
    let mut sink = |name: &[u8], value: &[u8], _: FieldMeta| {
        bytes += name.len() + value.len();
        ControlFlow::Continue(())
    };
    for set in &cases.sets {
        let mut decoder = Decoder::new(4096);
        let mut blocks = set.blocks.iter();
        for message in &set.messages {
            if message.first {
                decoder = Decoder::new(4096);
            }
            for block in blocks.by_ref().take(message.heads.len()) {
                decoder
                    .decode(block, 65536, &mut sink)
                    .expect("a recorded block");
            }
        }
    }
    bytes
}

/// Encodes the set once; gives the bytes of all blocks.
#[must_use]
pub fn encode(cases: &Cases) -> usize {
    let (mut bytes, mut block) = (0, Vec::with_capacity(16384));
    for set in &cases.sets {
        let mut encoder = Encoder::new();
        for message in &set.messages {
            if message.first {
                encoder = Encoder::new();
            }
            for head in &message.heads {
                block.clear();
                encoder.start_block(&mut block);
                for (name, value) in head {
                    encoder.encode_field(name.as_bytes(), value.as_bytes(), false, &mut block);
                }
                bytes += block.len();
            }
        }
    }
    bytes
}

/// Decodes the Huffman strings once; gives their bytes.
///
/// # Panics
/// If a recorded string is refused.
#[must_use]
pub fn huffman_decode(cases: &Cases) -> usize {
    let (mut bytes, mut plain) = (0, Vec::with_capacity(4096));
    for string in &cases.coded {
        plain.clear();
        huffman::decode(string, &mut plain).expect("a recorded string");
        bytes += plain.len();
    }
    bytes
}

/// Encodes the Huffman strings once, each after its length was measured; gives their bytes.
#[must_use]
pub fn huffman_encode(cases: &Cases) -> usize {
    let (mut bytes, mut coded) = (0, Vec::with_capacity(4096));
    for string in &cases.plain {
        coded.clear();
        huffman::encode(string, &mut coded);
        bytes += coded.len();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_agree_with_the_recording() {
        let cases = Cases::new();
        let fields = cases
            .sets
            .iter()
            .flat_map(|set| &set.messages)
            .flat_map(|message| &message.heads)
            .flatten();
        let length: usize = fields.map(|(name, value)| name.len() + value.len()).sum();
        assert_eq!(decode(&cases), length);
        let by_nghttp2: usize = cases
            .sets
            .iter()
            .flat_map(|set| &set.blocks)
            .map(|block| block.len())
            .sum();
        let ours = encode(&cases);
        assert!(
            ours <= by_nghttp2,
            "{ours} bytes, nghttp2 needs {by_nghttp2}"
        );
    }

    #[test]
    fn huffman_strings_are_all_found() {
        let cases = Cases::new();
        let coded: usize = cases.coded.iter().map(Vec::len).sum();
        assert_eq!(huffman_encode(&cases), coded);
        assert_eq!(
            huffman_decode(&cases),
            cases.plain.iter().map(Vec::len).sum::<usize>()
        );
        assert!(cases.coded.len() > 1000);
    }
}
