//! RFC 7541, Appendix C.

use super::*;
use crate::hpack::{Indexing, Policy};

const FIRST_SIGHT: Policy = |_, _| Indexing::FirstSight;

fn requests() -> [Vec<Field>; 3] {
    let common = [
        field(":method", "GET"),
        field(":scheme", "http"),
        field(":path", "/"),
    ];
    let authority = field(":authority", "www.example.com");
    let mut first = common.to_vec();
    first.push(authority.clone());
    let mut second = first.clone();
    second.push(field("cache-control", "no-cache"));
    let third = [
        field(":method", "GET"),
        field(":scheme", "https"),
        field(":path", "/index.html"),
        authority,
        field("custom-key", "custom-value"),
    ];
    [first, second, third.to_vec()]
}

fn responses() -> [Vec<Field>; 3] {
    let response = |status, date| {
        [
            field(":status", status),
            field("cache-control", "private"),
            field("date", date),
            field("location", "https://www.example.com"),
        ]
        .to_vec()
    };
    let mut third = response("200", "Mon, 21 Oct 2013 20:13:22 GMT");
    third.push(field("content-encoding", "gzip"));
    third.push(field(
        "set-cookie",
        "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ));
    [
        response("302", "Mon, 21 Oct 2013 20:13:21 GMT"),
        response("307", "Mon, 21 Oct 2013 20:13:21 GMT"),
        third,
    ]
}

const REQUESTS_PLAIN: [&str; 3] = [
    "828684410f7777772e6578616d706c652e636f6d",
    "828684be58086e6f2d6361636865",
    "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
];

const REQUESTS_HUFFMAN: [&str; 3] = [
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
];

const RESPONSES_PLAIN: [&str; 3] = [
    "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54\
     6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
    "4803333037c1c0bf",
    "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d\
     4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273\
     696f6e3d31",
];

const RESPONSES_HUFFMAN: [&str; 3] = [
    "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97\
     c8e9ae82ae43d3",
    "4883640effc1c0bf",
    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd\
     5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
];

fn check_decoding(table: usize, blocks: [&str; 3], fields: [Vec<Field>; 3], sizes: [usize; 3]) {
    let mut decoder = Decoder::new(table);
    for ((block, fields), size) in blocks.iter().zip(fields).zip(sizes) {
        assert_eq!(decode(&mut decoder, &unhex(block)), Ok(fields));
        assert_eq!(decoder.table_size(), size);
    }
}

/// C.2.1 to C.2.4.
#[test]
fn representations() {
    let cases = [
        (
            "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
            field("custom-key", "custom-header"),
            55,
        ),
        (
            "040c2f73616d706c652f70617468",
            field(":path", "/sample/path"),
            0,
        ),
        (
            "100870617373776f726406736563726574",
            never("password", "secret"),
            0,
        ),
        ("82", field(":method", "GET"), 0),
    ];
    for (block, field, size) in cases {
        let mut decoder = Decoder::new(4096);
        assert_eq!(decode(&mut decoder, &unhex(block)), Ok([field].to_vec()));
        assert_eq!(decoder.table_size(), size);
    }
}

/// C.3 to C.6.
#[test]
fn decoding() {
    check_decoding(4096, REQUESTS_PLAIN, requests(), [57, 110, 164]);
    check_decoding(4096, REQUESTS_HUFFMAN, requests(), [57, 110, 164]);
    check_decoding(256, RESPONSES_PLAIN, responses(), [222, 222, 215]);
    check_decoding(256, RESPONSES_HUFFMAN, responses(), [222, 222, 215]);
}

/// C.4 and C.6. The RFC codes "307" by Huffman though it takes three octets either way; we do not.
#[test]
fn encoding() {
    let mut encoder = Encoder::new();
    encoder.set_policy(FIRST_SIGHT);
    for (fields, block) in requests().iter().zip(REQUESTS_HUFFMAN) {
        assert_eq!(encode(&mut encoder, fields), unhex(block));
    }
    let mut encoder = Encoder::with_limit(256);
    encoder.set_policy(FIRST_SIGHT);
    let announced = unhex("3fe101");
    let blocks = RESPONSES_HUFFMAN.map(|block| unhex(&block.replace("83640eff", "03333037")));
    for (at, (fields, block)) in responses().iter().zip(blocks).enumerate() {
        let announced = if at == 0 { &announced[..] } else { &[] };
        assert_eq!(encode(&mut encoder, fields), [announced, &block].concat());
    }
    assert_eq!(encoder.table_size(), 215);
}
