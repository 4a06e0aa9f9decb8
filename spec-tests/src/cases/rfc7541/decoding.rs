//! Integers, strings and representations (RFC 7541 5, 6).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    integers(&mut book.section("rfc7541", "5.1"));
    strings(&mut book.section("rfc7541", "5.2"));
    index_zero(&mut book.section("rfc7541", "6.1"));
    literals(&mut book.section("rfc7541", "6.2"));
}

type More = fn() -> BlockWriter;

/// A message with more fields behind its head must be a decoding error.
fn error(c: &mut Chapter<'_>, name: &str, clause: &str, more: More) {
    c.must(Both, name, clause, move |s| {
        message(s, more())?;
        s.connection_error(code::COMPRESSION_ERROR)
    });
}

/// A message with more fields behind its head must be taken.
fn legal(c: &mut Chapter<'_>, name: &str, clause: &str, more: More) {
    c.must(Both, name, clause, move |s| {
        let id = message(s, more())?;
        s.served(id)
    });
}

fn message(s: &mut Session<'_>, more: BlockWriter) -> Result<u32, Outcome> {
    s.start()?;
    let mut block = s.plain().block();
    block.extend(more.build());
    let id = s.next_message()?;
    s.send(&RawFrame::headers(id, block).end_stream());
    Ok(id)
}

fn integers(c: &mut Chapter<'_>) {
    let clause =
        "Integers beyond an implementation's limits, in value or in length, are decoding errors";
    error(c, "value-over-32-bits", clause, || {
        BlockWriter::new().indexed(1 << 40)
    });
    error(c, "value-over-64-bits", clause, || {
        BlockWriter::new().raw(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
    });
    error(c, "endless", clause, || {
        BlockWriter::new().raw([&b"\xff"[..], &[0x80; 200]].concat())
    });
    error(
        c,
        "cut",
        "An integer that is cut is a decoding error",
        || BlockWriter::new().raw(b"\xff\x80"),
    );
    error(c, "string-length-over-32-bits", clause, || {
        BlockWriter::new().raw(b"\x00\x7f\xff\xff\xff\xff\xff\xff\x01")
    });
}

fn strings(c: &mut Chapter<'_>) {
    error(
        c,
        "huffman-padding-of-8-bits",
        "Huffman padding longer than seven bits is a decoding error",
        || {
            BlockWriter::new()
                .raw(b"\x00\x01a")
                .string_coded(b"\x1f\xff")
        },
    );
    error(
        c,
        "huffman-padding-of-zeros",
        "Huffman padding that is not of ones is a decoding error",
        || BlockWriter::new().raw(b"\x00\x01a").string_coded(b"\x18"),
    );
    error(
        c,
        "huffman-eos",
        "The EOS symbol in a string is a decoding error",
        || {
            BlockWriter::new()
                .raw(b"\x00\x01a")
                .string_coded(b"\xff\xff\xff\xff")
        },
    );
    error(
        c,
        "huffman-eos-in-a-name",
        "The EOS symbol in a name is a decoding error",
        || {
            BlockWriter::new()
                .raw(b"\x00")
                .string_coded(b"\x1f\xff\xff\xff\xff")
                .string("1")
        },
    );
    error(
        c,
        "longer-than-the-block",
        "A string longer than the rest of the block is a decoding error",
        || BlockWriter::new().raw(b"\x00\x01a\x20abc"),
    );
    legal(
        c,
        "huffman",
        "Strings may be in Huffman code, also where it is longer",
        || {
            BlockWriter::new()
                .field_huffman("x-coded", "www.example.com")
                .field_huffman("x-longer", "{{{{||||")
        },
    );
    legal(
        c,
        "empty",
        "Values may be empty, plain or in Huffman code",
        || {
            BlockWriter::new()
                .field("x-empty", "")
                .field_huffman("x-empty-too", "")
        },
    );
}

fn index_zero(c: &mut Chapter<'_>) {
    error(
        c,
        "index-0",
        "Index 0 in an indexed field is a decoding error",
        || BlockWriter::new().indexed(0),
    );
    legal(
        c,
        "static",
        "Fields of the static table may be indexed",
        || BlockWriter::new().indexed(16).indexed(61).indexed(58),
    );
}

fn literals(c: &mut Chapter<'_>) {
    let clause = "Each representation of a literal is decoded";
    let all: [(&str, More); 9] = [
        ("incremental-indexed-name", || {
            BlockWriter::new().incremental_named(58, "conform")
        }),
        ("incremental-new-name", || {
            BlockWriter::new().incremental("x-new", "value")
        }),
        ("incremental-huffman", || {
            BlockWriter::new()
                .raw(b"\x40")
                .string_huffman("x-new")
                .string_huffman("value")
        }),
        ("plain-indexed-name", || {
            BlockWriter::new().field_named(58, "conform")
        }),
        ("plain-new-name", || {
            BlockWriter::new().field("x-new", "value")
        }),
        ("plain-huffman", || {
            BlockWriter::new().field_huffman("x-new", "value")
        }),
        ("never-indexed-name", || {
            BlockWriter::new().never_named(58, "conform")
        }),
        ("never-new-name", || {
            BlockWriter::new().never("x-new", "value")
        }),
        ("never-huffman", || {
            BlockWriter::new()
                .raw(b"\x10")
                .string_huffman("x-new")
                .string_huffman("value")
        }),
    ];
    for (name, more) in all {
        legal(c, name, clause, more);
    }
    error(
        c,
        "plain-is-not-indexed",
        "Literals without indexing, and never indexed ones, are not put into the table",
        || {
            BlockWriter::new()
                .field("x-plain", "1")
                .never("x-never", "1")
                .indexed(62)
        },
    );
}
