//! The Huffman code, bit by bit, over a binary tree built from the RFC's table.

use std::sync::OnceLock;

use super::code::{CODES, EOS};

/// What is wrong with a Huffman-coded string (RFC 7541 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HuffmanFault {
    /// The EOS symbol stands in the string.
    Eos,
    /// More than 7 bits of padding.
    LongPadding,
    /// Padding that is not made of ones.
    PaddingNotOnes,
}

/// A node: where a zero bit and a one bit lead. The root is 0, so 0 never is a target and means "nowhere".
#[derive(Clone, Copy, Default)]
struct Node {
    next: [u16; 2],
    symbol: Option<u16>,
}

fn tree() -> &'static [Node] {
    static TREE: OnceLock<Vec<Node>> = OnceLock::new();
    TREE.get_or_init(|| {
        let mut nodes = vec![Node::default()];
        for (symbol, &(code, len)) in (0u16..).zip(CODES.iter()) {
            let mut at = 0usize;
            for bit in (0..len).rev() {
                let side = usize::from(code >> bit & 1 == 1);
                if nodes[at].next[side] == 0 {
                    nodes[at].next[side] = nodes.len() as u16;
                    nodes.push(Node::default());
                }
                at = usize::from(nodes[at].next[side]);
            }
            nodes[at].symbol = Some(symbol);
        }
        nodes
    })
}

/// Decodes a whole string.
///
/// # Errors
/// Names the rule of RFC 7541 5.2 that the string breaks.
pub fn decode(input: &[u8]) -> Result<Vec<u8>, HuffmanFault> {
    let nodes = tree();
    let mut out = Vec::new();
    let mut at = 0usize;
    let mut pending = 0u32; // bits since the last symbol
    let mut ones = true; // all of them ones
    for octet in input {
        for bit in (0..8).rev() {
            let side = usize::from(octet >> bit & 1 == 1);
            at = usize::from(nodes[at].next[side]); // the code is complete: both sides of an inner node lead somewhere
            pending += 1;
            ones &= side == 1;
            if let Some(symbol) = nodes[at].symbol {
                if symbol == EOS {
                    return Err(HuffmanFault::Eos);
                }
                out.push(symbol as u8);
                (at, pending, ones) = (0, 0, true);
            }
        }
    }
    if !ones {
        return Err(HuffmanFault::PaddingNotOnes);
    }
    if pending > 7 {
        return Err(HuffmanFault::LongPadding);
    }
    Ok(out)
}

/// Encodes a whole string, padded with ones.
pub fn encode(input: &[u8]) -> Vec<u8> {
    encode_symbols(input.iter().map(|&octet| u16::from(octet)), true)
}

/// Encodes symbols, EOS (256) among them if asked, and pads with ones or with zeros: a lie if so wished.
///
/// # Panics
/// On a symbol above 256.
pub fn encode_symbols(symbols: impl IntoIterator<Item = u16>, pad_with_ones: bool) -> Vec<u8> {
    let mut bits = Vec::new();
    for symbol in symbols {
        let (code, len) = CODES[usize::from(symbol)];
        bits.extend((0..len).rev().map(|bit| code >> bit & 1 == 1));
    }
    bits.chunks(8)
        .map(|chunk| {
            (0..8).fold(0u8, |octet, i| {
                octet << 1 | u8::from(chunk.get(i).copied().unwrap_or(pad_with_ones))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    #[test]
    fn the_code_is_complete_and_prefix_free() {
        // Kraft's sum is exactly one, and no symbol sits on an inner node.
        let sum: u64 = CODES.iter().map(|&(_, len)| 1u64 << (30 - len)).sum();
        assert_eq!(sum, 1 << 30);
        for node in tree() {
            assert_eq!(node.symbol.is_some(), node.next == [0, 0]);
            assert!(node.symbol.is_some() || !node.next.contains(&0));
        }
    }

    #[test]
    fn faults_have_names() {
        assert_eq!(
            decode(&encode_symbols([u16::from(b'a'), EOS], true)),
            Err(HuffmanFault::Eos)
        );
        assert_eq!(decode(&[0xff]), Err(HuffmanFault::LongPadding));
        assert_eq!(
            decode(&encode_symbols([u16::from(b'0')], false)),
            Err(HuffmanFault::PaddingNotOnes)
        );
        // '&' has 8 bits: no padding at all; one more octet of ones is too much.
        assert_eq!(decode(&[0xf8]), Ok(b"&".to_vec()));
        assert_eq!(decode(&[0xf8, 0xff]), Err(HuffmanFault::LongPadding));
    }

    quickcheck! {
        fn what_was_encoded_is_decoded(octets: Vec<u8>) -> bool {
            decode(&encode(&octets)) == Ok(octets)
        }
    }
}
