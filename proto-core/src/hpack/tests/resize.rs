//! Table sizes that change (RFC 7541 4.2, 6.3; RFC 9113 4.3.1).

use super::*;

#[test]
fn the_smallest_and_the_final_size_are_sent() {
    let mut encoder = Encoder::new();
    assert!(encode(&mut encoder, &[]).is_empty());
    for (sizes, sent) in [
        (&[4096][..], ""),
        (&[8192], ""),
        (&[100, 4096], "3f453fe11f"),
        (&[0], "20"),
        (&[0, 0], ""),
        (&[30, 20], "34"),
        (&[10, 5, 25], "2539"),
        (&[25], ""),
        (&[4096], "3fe11f"),
    ] {
        for &size in sizes {
            encoder.set_peer_max_size(size);
        }
        assert_eq!(encode(&mut encoder, &[]), unhex(sent), "{sizes:?}");
        assert!(encode(&mut encoder, &[]).is_empty());
    }
}

#[test]
fn an_own_limit_is_announced_once() {
    let mut encoder = Encoder::with_limit(0);
    assert_eq!(
        encode(&mut encoder, &[field("a", "b")]),
        unhex("200001610162")
    );
    assert_eq!(
        encode(&mut encoder, &[field("a", "b")]),
        unhex("0001610162")
    );
    assert_eq!(encoder.heap_bytes(), 0);
    let mut encoder = Encoder::with_limit(65_536);
    assert!(encode(&mut encoder, &[]).is_empty());
    encoder.set_peer_max_size(16_384);
    assert_eq!(encode(&mut encoder, &[]), unhex("3fe17f"));
}

#[test]
fn updates_at_the_start_only() {
    let mut decoder = Decoder::new(4096);
    assert_eq!(decode(&mut decoder, &unhex("20")), Ok([].to_vec()));
    assert_eq!(decode(&mut decoder, &unhex("203fe11f")), Ok([].to_vec()));
    assert_eq!(
        decode(&mut decoder, &unhex("2020213fe11f82")),
        Ok([field(":method", "GET")].to_vec())
    );
    assert_eq!(
        decode(&mut decoder, &unhex("8220")),
        Err(DecodeError::SizeUpdateLate)
    );
    assert_eq!(
        decode(&mut decoder, &unhex("3fe21f")),
        Err(DecodeError::SizeUpdateTooLarge)
    );
    assert_eq!(
        decode(&mut decoder, &unhex("3f")),
        Err(DecodeError::Truncated)
    );
}

#[test]
fn a_reduction_must_be_heeded() {
    let mut decoder = Decoder::new(4096);
    decoder.set_max_size(100);
    assert_eq!(
        decode(&mut decoder, &unhex("82")),
        Err(DecodeError::SizeUpdateMissing)
    );
    assert_eq!(
        decode(&mut decoder, &[]),
        Err(DecodeError::SizeUpdateMissing)
    );
    assert_eq!(
        decode(&mut decoder, &unhex("3f46")),
        Err(DecodeError::SizeUpdateTooLarge)
    );
    assert_eq!(
        decode(&mut decoder, &unhex("3f4582")).map(|fields| fields.len()),
        Ok(1)
    );
    assert_eq!(
        decode(&mut decoder, &unhex("82")).map(|fields| fields.len()),
        Ok(1)
    );
    // More than once: the smallest counts, even if a larger one holds now.
    decoder.set_max_size(30);
    decoder.set_max_size(4096);
    assert_eq!(
        decode(&mut decoder, &unhex("3fe11f82")),
        Err(DecodeError::SizeUpdateMissing)
    );
    assert_eq!(
        decode(&mut decoder, &unhex("3e3fe11f82")).map(|fields| fields.len()),
        Ok(1)
    );
    // An increase obliges to nothing, nor does a limit above the size in use.
    decoder.set_max_size(10_000);
    assert_eq!(
        decode(&mut decoder, &unhex("82")).map(|fields| fields.len()),
        Ok(1)
    );
    decoder.set_max_size(4096);
    assert_eq!(
        decode(&mut decoder, &unhex("82")).map(|fields| fields.len()),
        Ok(1)
    );
}

#[test]
fn an_update_evicts() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(4096));
    let fields = [
        field("name", "first"),
        field("name", "second"),
        field("name", "third"),
    ];
    let block = encode(&mut encoder, &fields);
    assert_eq!(decode(&mut decoder, &block), Ok(fields.to_vec()));
    assert_eq!(
        (decoder.table_len(), decoder.table_size()),
        (3, 96 + 12 + 5 + 6 + 5)
    );
    decoder.set_max_size(41 + 42);
    encoder.set_peer_max_size(41 + 42);
    let block = encode(&mut encoder, &fields[1..]);
    assert_eq!(block, unhex("3f34bfbe"));
    assert_eq!(decode(&mut decoder, &block), Ok(fields[1..].to_vec()));
    assert_eq!((decoder.table_len(), encoder.table_len()), (2, 2));
    // Larger than the table: it is empty then, and that is no error (RFC 7541 4.4).
    let large = [field("name", &"x".repeat(60))];
    let block = [&unhex("7e3c")[..], "x".repeat(60).as_bytes()].concat();
    assert_eq!(decode(&mut decoder, &block), Ok(large.to_vec()));
    assert_eq!((decoder.table_len(), decoder.table_size()), (0, 0));
}
