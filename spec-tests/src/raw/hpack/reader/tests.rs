//! The vectors of RFC 7541 Appendix C, and the faults.

use quickcheck::quickcheck;

use super::super::writer::BlockWriter;
use super::*;

struct Vector {
    section: &'static str,
    hex: &'static str,
    fields: &'static [(&'static str, &'static str)],
    table_size: usize,
    entries: usize,
}

/// C.3 to C.6: each first example of three starts a connection; in C.5 and C.6 the table holds 256 octets.
#[rustfmt::skip]
const VECTORS: [Vector; 12] = [
    Vector {
        section: "C.3.1",
        hex: "828684410f7777772e6578616d706c652e636f6d",
        fields: &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
        ],
        table_size: 57,
        entries: 1,
    },
    Vector {
        section: "C.3.2",
        hex: "828684be58086e6f2d6361636865",
        fields: &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
            ("cache-control", "no-cache"),
        ],
        table_size: 110,
        entries: 2,
    },
    Vector {
        section: "C.3.3",
        hex: "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        fields: &[
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ],
        table_size: 164,
        entries: 3,
    },
    Vector {
        section: "C.4.1",
        hex: "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        fields: &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
        ],
        table_size: 57,
        entries: 1,
    },
    Vector {
        section: "C.4.2",
        hex: "828684be5886a8eb10649cbf",
        fields: &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
            ("cache-control", "no-cache"),
        ],
        table_size: 110,
        entries: 2,
    },
    Vector {
        section: "C.4.3",
        hex: "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        fields: &[
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ],
        table_size: 164,
        entries: 3,
    },
    Vector {
        section: "C.5.1",
        hex: "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        fields: &[
            (":status", "302"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ],
        table_size: 222,
        entries: 4,
    },
    Vector {
        section: "C.5.2",
        hex: "4803333037c1c0bf",
        fields: &[
            (":status", "307"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ],
        table_size: 222,
        entries: 4,
    },
    Vector {
        section: "C.5.3",
        hex: "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
        fields: &[
            (":status", "200"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
            ("location", "https://www.example.com"),
            ("content-encoding", "gzip"),
            ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"),
        ],
        table_size: 215,
        entries: 3,
    },
    Vector {
        section: "C.6.1",
        hex: "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        fields: &[
            (":status", "302"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ],
        table_size: 222,
        entries: 4,
    },
    Vector {
        section: "C.6.2",
        hex: "4883640effc1c0bf",
        fields: &[
            (":status", "307"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ],
        table_size: 222,
        entries: 4,
    },
    Vector {
        section: "C.6.3",
        hex: "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        fields: &[
            (":status", "200"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
            ("location", "https://www.example.com"),
            ("content-encoding", "gzip"),
            ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"),
        ],
        table_size: 215,
        entries: 3,
    },
];

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

#[test]
fn vectors_of_appendix_c() {
    let mut reader = BlockReader::default();
    for vector in &VECTORS {
        if vector.section.ends_with(".1") {
            let small = vector.section.starts_with("C.5") || vector.section.starts_with("C.6");
            reader = BlockReader::new(if small { 256 } else { 4096 });
        }
        let block = reader.read(&unhex(vector.hex)).unwrap();
        let fields: Vec<_> = vector
            .fields
            .iter()
            .map(|(name, value)| Field::new(name, value))
            .collect();
        assert_eq!(block.fields, fields, "{}", vector.section);
        assert_eq!(reader.table_size(), vector.table_size, "{}", vector.section);
        assert_eq!(reader.entries().len(), vector.entries, "{}", vector.section);
    }
}

#[test]
fn representations_of_appendix_c_2() {
    let mut reader = BlockReader::default();
    let block = reader
        .read(b"\x40\x0acustom-key\x0dcustom-header\x10\x08password\x06secret")
        .unwrap();
    assert_eq!(
        block.fields,
        [
            Field::new("custom-key", "custom-header"),
            Field::never("password", "secret")
        ]
    );
    assert_eq!(reader.table_size(), 55);
    assert_eq!(
        reader.read(&[0xbe]).unwrap().fields,
        [Field::new("custom-key", "custom-header")]
    );
}

fn fault(block: BlockWriter) -> BlockFault {
    BlockReader::default().read(&block.build()).unwrap_err()
}

#[test]
fn faults_have_names() {
    let new = BlockWriter::new;
    assert_eq!(fault(new().indexed(0)), BlockFault::IndexZero);
    assert_eq!(fault(new().indexed(62)), BlockFault::IndexBeyondTables(62));
    assert_eq!(
        fault(new().field_named(62, "a")),
        BlockFault::IndexBeyondTables(62)
    );
    assert_eq!(
        fault(new().indexed(2).size_update(0)),
        BlockFault::LateSizeUpdate
    );
    assert_eq!(
        fault(new().size_update(4097)),
        BlockFault::SizeUpdateTooLarge {
            size: 4097,
            limit: 4096
        }
    );
    assert_eq!(
        fault(new().size_update(1).size_update(2).size_update(3)),
        BlockFault::ManySizeUpdates
    );
    assert_eq!(fault(new().raw([0x00, 0x01])), BlockFault::Truncated);
    assert_eq!(fault(new().raw([0x7f])), BlockFault::Truncated);
    assert_eq!(fault(new().indexed(1 << 32)), BlockFault::HugeInteger);
    assert_eq!(
        fault(new().integer_overlong(0x80, 7, 127, 5)),
        BlockFault::HugeInteger
    );
    assert_eq!(
        fault(new().raw([0x00]).string_coded([0xff])),
        BlockFault::Huffman(HuffmanFault::LongPadding)
    );
}

#[test]
fn an_acknowledged_reduction_is_owed_at_once() {
    let mut reader = BlockReader::default();
    reader.set_limit(100);
    reader.set_limit(4096);
    let owing = reader.clone().read(&BlockWriter::new().indexed(2).build());
    assert_eq!(owing, Err(BlockFault::MissingSizeUpdate { at_most: 100 }));
    let only_final = reader
        .clone()
        .read(&BlockWriter::new().size_update(4096).indexed(2).build());
    assert_eq!(
        only_final,
        Err(BlockFault::MissingSizeUpdate { at_most: 100 })
    );
    let both = reader
        .read(
            &BlockWriter::new()
                .size_update(100)
                .size_update(4096)
                .indexed(2)
                .build(),
        )
        .unwrap();
    assert_eq!(both.size_updates, [100, 4096]);
}

#[test]
fn a_table_may_be_exactly_full() {
    let mut reader = BlockReader::new(68);
    let block = BlockWriter::new()
        .incremental("a", "1")
        .incremental("b", "2");
    reader.read(&block.build()).unwrap();
    assert_eq!((reader.table_size(), reader.entries().len()), (68, 2));
}

#[test]
fn a_size_update_evicts() {
    let mut reader = BlockReader::default();
    reader
        .read(
            &BlockWriter::new()
                .incremental("a", "1")
                .incremental("b", "2")
                .build(),
        )
        .unwrap();
    assert_eq!(reader.table_size(), 68);
    reader
        .read(&BlockWriter::new().size_update(67).build())
        .unwrap();
    assert_eq!(
        reader.entries().collect::<Vec<_>>(),
        [&Field::new("b", "2")]
    );
    reader
        .read(
            &BlockWriter::new()
                .incremental("too", "large for a table of 67 octets, so it empties it")
                .build(),
        )
        .unwrap();
    assert_eq!(reader.table_size(), 0);
}

quickcheck! {
    fn what_was_written_is_read(fields: Vec<(Vec<u8>, Vec<u8>, u8)>) -> bool {
        let mut block = BlockWriter::new();
        for (name, value, how) in &fields {
            block = match how % 4 {
                0 => block.field(name, value),
                1 => block.field_huffman(name, value),
                2 => block.incremental(name, value),
                _ => block.never(name, value),
            };
        }
        let read = BlockReader::default().read(&block.build()).unwrap();
        read.fields.len() == fields.len()
            && read.fields.iter().zip(&fields).all(|(got, (name, value, how))| {
                got.name == *name && got.value == *value && got.never_indexed == (how % 4 == 3)
            })
    }

    fn any_octets_end_in_a_block_or_a_fault(octets: Vec<u8>) -> bool {
        let mut reader = BlockReader::default();
        let _ = reader.read(&octets);
        reader.table_size() <= 4096
    }
}
