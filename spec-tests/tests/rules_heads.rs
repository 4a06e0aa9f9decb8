//! Fields (RFC 9113 8.2, RFC 9110 8.6): RST_STREAM PROTOCOL_ERROR, and the connection lives on.

use bywash_proto::config::{Config, Level};
use bywash_proto::error::Violation as V;
use bywash_spec_tests::pair::heads::{
    GET, Pairs, bad_request, bad_request_with, bad_response, get, good_request, good_request_with,
    request,
};
use bywash_spec_tests::pair::{Case, Feed, Seen, Verdict, World, judge};
use bywash_spec_tests::raw::{BlockWriter, Role};

const IDLE: u32 = World::IDLE;

fn block(fields: Pairs<'_>) -> BlockWriter {
    BlockWriter::fields(fields)
}

#[test]
fn names_that_hold_what_they_must_not() {
    for octet in (0..=0x20)
        .chain(b'A'..=b'Z')
        .chain(0x7f..=0xff)
        .chain([b':'])
    {
        let name = [b'x', octet, b'y'];
        let block = block(GET).field(name, "v").build();
        let case = Case::new(
            &format!("octet {octet:#x}"),
            Role::Server,
            [request(block)],
            Verdict::Stream(IDLE, V::FieldNameInvalid),
        );
        judge(&case);
    }
    for octet in *b"\"(),/;<=>?@[\\]{}" {
        let block = block(GET).field([b'x', octet], "v").build();
        bad_request("not a token", block.clone(), V::FieldNameInvalid);
        good_request_with("compatible", block, |c| c.level = Level::Compatible);
    }
    bad_request(
        "empty",
        block(GET).field("", "v").build(),
        V::FieldNameInvalid,
    );
    bad_request(
        "upper case",
        block(GET).field("X-A", "v").build(),
        V::FieldNameInvalid,
    );
    bad_request(
        "upper case in a known name",
        block(GET).field("Content-Type", "v").build(),
        V::FieldNameInvalid,
    );
    bad_request(
        "in Huffman code",
        block(GET).field_huffman("X-A", "v").build(),
        V::FieldNameInvalid,
    );
    // Every character of a token is legal.
    good_request("token", get(&[("!#$%&'*+-.^_`|~09az", "v")]));
    // In a response too.
    let field = |name: &[u8]| BlockWriter::response("200").field(name, "v").build();
    bad_response("response", field(b"X"), true, V::FieldNameInvalid);
    bad_response("response", field(b"a b"), true, V::FieldNameInvalid);
}

#[test]
fn values_that_hold_what_they_must_not() {
    for octet in 0..=0xffu8 {
        let block = block(GET).field("x", [b'a', octet, b'b']).build();
        let legal = octet == b'\t' || (octet >= 0x20 && octet != 0x7f);
        if legal {
            let verdict = good_one(&block);
            assert!(verdict, "octet {octet:#x}");
        } else {
            let verdict = Verdict::Stream(IDLE, V::FieldValueInvalid);
            judge(&Case::new(
                &format!("octet {octet:#x}"),
                Role::Server,
                [request(block)],
                verdict,
            ));
        }
    }
    for octet in [0, b'\r', b'\n'] {
        for level in [Level::Compatible, Level::Off] {
            let block = block(GET).field("x", [octet]).build();
            let verdict = Verdict::Stream(IDLE, V::FieldValueInvalid);
            let case = Case::new("any level", Role::Server, [request(block)], verdict);
            judge(&case.with(|c| c.level = level));
        }
    }
    let field = BlockWriter::response("200").field("x", "a\nb").build();
    bad_response("response", field, true, V::FieldValueInvalid);
}

/// Whether a block is delivered as a request; fed whole only.
fn good_one(octets: &[u8]) -> bool {
    let mut net = World::new(Role::Server, Feed::Whole, Config::default()).net;
    net.peer.send(&request(octets.to_vec()));
    net.pump();
    matches!(net.events()[..], [Seen::Request { .. }])
}

#[test]
fn white_space_at_the_edges_of_a_value() {
    for value in [" a", "a ", "\ta", "a\t", " ", "\t"] {
        bad_request("edge", get(&[("x", value)]), V::FieldValueEdgeSpace);
        bad_request(
            "edge",
            get(&[("user-agent", value)]),
            V::FieldValueEdgeSpace,
        );
        let fields = good_request_with("trimmed", get(&[("x", value)]), |c| {
            c.level = Level::Compatible
        });
        assert_eq!(fields[4].value, value.trim().as_bytes());
        let fields = good_request_with("kept", get(&[("x", value)]), |c| c.level = Level::Off);
        assert_eq!(fields[4].value, value.as_bytes());
    }
    good_request("inside", get(&[("x", "a \t b")]));
    good_request("empty", get(&[("x", "")]));
    let field = BlockWriter::response("200").field("x", " v").build();
    bad_response("response", field, true, V::FieldValueEdgeSpace);
}

#[test]
fn fields_of_one_hop() {
    for name in [
        "connection",
        "proxy-connection",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
    ] {
        let field = [(name, "x")];
        bad_request(name, get(&field), V::ConnectionSpecificField);
        let block = BlockWriter::response("200").field(name, "x").build();
        bad_response(name, block, true, V::ConnectionSpecificField);
        let compatible = |c: &mut Config| c.level = Level::Compatible;
        bad_request_with(name, get(&field), V::ConnectionSpecificField, compatible);
        good_request_with(name, get(&field), |c| c.level = Level::Off);
    }
    for value in ["gzip", "trailers, gzip", "", "trailers;q=1"] {
        bad_request("te", get(&[("te", value)]), V::TeInvalid);
    }
    for value in ["trailers", "Trailers", "TRAILERS"] {
        good_request("te", get(&[("te", value)]));
        let block = BlockWriter::response("200").field("te", value).build();
        bad_response("te", block, true, V::TeInvalid);
    }
}

#[test]
fn content_lengths() {
    for value in [
        "",
        "x",
        "-1",
        "+1",
        "1 2",
        "0x1",
        "18446744073709551616",
        "42, 42",
        "42,42",
    ] {
        let field = [("content-length", value)];
        bad_request(value, get(&field), V::ContentLengthInvalid);
    }
    let two = |a, b| get(&[("content-length", a), ("content-length", b)]);
    bad_request("differ", two("1", "2"), V::ContentLengthInvalid);
    bad_request("repeated", two("42", "42"), V::ContentLengthInvalid);
    bad_request(
        "no body",
        get(&[("content-length", "1")]),
        V::ContentLengthMismatch,
    );
    good_request("no body", get(&[("content-length", "0")]));
    let compatible = |c: &mut Config| c.level = Level::Compatible;
    let fields = good_request_with("folded", get(&[("content-length", "0, 0")]), compatible);
    assert!(fields[4].is("content-length", "0"), "{fields:?}");
    good_request_with("folded", two("0", "0"), compatible);
    bad_request_with("differ", two("1", "2"), V::ContentLengthInvalid, compatible);
    let response = |value| {
        BlockWriter::response("200")
            .field("content-length", value)
            .build()
    };
    bad_response("none", response("x"), true, V::ContentLengthInvalid);
    bad_response("no body", response("5"), true, V::ContentLengthMismatch);
}
