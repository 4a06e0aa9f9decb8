//! Input made to hurt.

use super::*;
use alloc::vec;

/// xorshift64, so that each run tries the same.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn each_fault_has_its_name() {
    let most = vec![0xff; 6];
    for (block, error) in [
        (unhex("80"), DecodeError::InvalidIndex),
        (unhex("be"), DecodeError::InvalidIndex),
        (unhex("ff00"), DecodeError::InvalidIndex),
        (unhex("7e0161"), DecodeError::InvalidIndex),
        (unhex("0f2f0161"), DecodeError::InvalidIndex),
        (unhex("ff8080808000"), DecodeError::InvalidIndex),
        (unhex("ffffffffff0f"), DecodeError::IntegerOverflow),
        (unhex("ff808080808000"), DecodeError::IntegerOverflow),
        (most, DecodeError::IntegerOverflow),
        (unhex("ff"), DecodeError::Truncated),
        (unhex("40"), DecodeError::Truncated),
        (unhex("4001"), DecodeError::Truncated),
        (unhex("400161"), DecodeError::Truncated),
        (unhex("40016101"), DecodeError::Truncated),
        (unhex("007f8080808008"), DecodeError::StringTooLong),
        (unhex("00016181ff"), DecodeError::HuffmanPadding),
        (unhex("00016184ffffffff"), DecodeError::HuffmanEos),
        (unhex("40016185ffffffffff"), DecodeError::HuffmanEos),
        (unhex("00016182ffff"), DecodeError::HuffmanPadding),
        (unhex("00016181fe"), DecodeError::HuffmanPadding),
    ] {
        let mut decoder = Decoder::new(4096);
        assert_eq!(decode(&mut decoder, &block), Err(error), "{block:x?}");
    }
}

#[test]
fn strings_are_bounded_packed_and_unpacked() {
    let mut sink = |_: &[u8], _: &[u8], _| ControlFlow::Continue(());
    let mut check = |block: &str, most| Decoder::new(4096).decode(&unhex(block), most, &mut sink);
    assert_eq!(check("000161024142", 2), Ok(()));
    assert_eq!(check("000161024142", 1), Err(DecodeError::StringTooLong));
    assert_eq!(check("000261620141", 1), Err(DecodeError::StringTooLong));
    // "0000000000000000" takes ten octets.
    assert_eq!(check("0001618a00000000000000000000", 16), Ok(()));
    assert_eq!(
        check("0001618a00000000000000000000", 15),
        Err(DecodeError::StringTooLong)
    );
    assert_eq!(
        check("0001618a00000000000000000000", 9),
        Err(DecodeError::StringTooLong)
    );
}

#[test]
fn break_ends_it() {
    // By index, and as literals, remembered or not, of three octets each.
    for field in [&unhex("82")[..], &unhex("400000"), &unhex("000000")] {
        let mut seen = 0;
        let mut sink = |_: &[u8], _: &[u8], _| {
            seen += 1;
            if seen == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        assert_eq!(
            Decoder::new(4096).decode(&field.repeat(100), 100, &mut sink),
            Err(DecodeError::Aborted)
        );
        assert_eq!(seen, 3);
    }
}

/// One large entry, then its index over and over: nothing is copied but by the sink.
#[test]
fn an_index_bomb_costs_what_it_delivers() {
    let length = 3900 - 0x7f;
    let mut block = unhex("4001787f");
    let rest = length - 0x7f;
    block.extend([rest as u8 & 0x7f | 0x80, (rest >> 7) as u8]);
    block.resize(block.len() + length, b'v');
    block.resize(block.len() + 10_000, 0xbe);
    let (mut fields, mut octets) = (0usize, 0usize);
    let mut sink = |name: &[u8], value: &[u8], _| {
        fields += 1;
        octets += name.len() + value.len();
        ControlFlow::Continue(())
    };
    let mut decoder = Decoder::new(4096);
    assert_eq!(decoder.decode(&block, 4096, &mut sink), Ok(()));
    assert_eq!((fields, octets), (10_001, 10_001 * (length + 1)));
    assert!(
        decoder.heap_bytes() <= 2 * 4096 + 256 + 8 * 20,
        "{}",
        decoder.heap_bytes()
    );
}

/// Strings far larger than the table do not leave their heap behind.
#[test]
fn large_strings_are_not_kept() {
    /// For the interpreter, which is slow, still more than is kept.
    const LENGTH: usize = if cfg!(miri) { 20_000 } else { 100_000 };

    let mut encoder = Encoder::new();
    let fields = [
        field("x", &"y".repeat(5 * LENGTH)),
        field("z", &"\u{1}".repeat(LENGTH)),
        field("a", "b"),
    ];
    let block = encode(&mut encoder, &fields);
    let mut decoder = Decoder::new(4096);
    assert_eq!(decode(&mut decoder, &block), Ok(fields.to_vec()));
    assert!(
        decoder.heap_bytes() <= 2 * 4096 + 256 + 8 * 20,
        "{}",
        decoder.heap_bytes()
    );
    assert!(encoder.heap_bytes() <= 2 * 4096, "{}", encoder.heap_bytes());
}

#[test]
fn random_octets_never_panic() {
    const ROUNDS: u32 = if cfg!(miri) { 200 } else { 20_000 };

    let mut state = 0x2545_f491_4f6c_dd1d;
    let mut decoded = 0;
    for round in 0..ROUNDS {
        let mut decoder = Decoder::new(random(&mut state) as usize % 300);
        for _ in 0..4 {
            let length = random(&mut state) % 40;
            let mut block: Vec<u8> = (0..length).map(|_| random(&mut state) as u8).collect();
            if round % 2 == 0 {
                // Mostly representations that make sense: small indices, short strings.
                for octet in &mut block {
                    if random(&mut state) % 3 > 0 {
                        *octet &= [0x87, 0x47, 0x03, 0xbf][random(&mut state) as usize % 4];
                    }
                }
            }
            let mut sink = |_: &[u8], _: &[u8], _| {
                decoded += 1;
                ControlFlow::Continue(())
            };
            if decoder.decode(&block, 100, &mut sink).is_err() {
                break;
            }
        }
        assert!(decoder.table_size() <= 300);
    }
    assert!(decoded > ROUNDS / 2, "{decoded}");
}

/// Names and values that share their chains: entries may be missed, but the block stays right and the time bounded.
#[test]
fn many_values_of_one_name() {
    let (mut encoder, mut decoder) = (Encoder::with_limit(1 << 20), Decoder::new(1 << 20));
    encoder.set_peer_max_size(1 << 20);
    let fields: Vec<Field> = (0..if cfg!(miri) { 200 } else { 5000 })
        .map(|at| field("x-same", &alloc::format!("{at}")))
        .collect();
    for _ in 0..3 {
        let block = encode(&mut encoder, &fields);
        assert_eq!(decode(&mut decoder, &block), Ok(fields.clone()));
    }
    assert_eq!(encoder.table_len(), decoder.table_len());
}
