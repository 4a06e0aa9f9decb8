//! Tables, indices and sizes (RFC 7541 2.3, 4, 6.3).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    indices(&mut book.section("rfc7541", "2.3.3"));
    duplicates(&mut book.section("rfc7541", "2.3.2"));
    eviction(&mut book.section("rfc7541", "4.4"));
    updates(&mut book.section("rfc7541", "4.2"));
    update_values(&mut book.section("rfc7541", "6.3"));
}

/// A message whose head is followed by what `more` appends, and how it ends.
fn message(s: &mut Session<'_>, more: BlockWriter) -> Result<u32, Outcome> {
    s.start()?;
    let mut block = s.plain().block();
    block.extend(more.build());
    whole(s, block)
}

/// A message with this block, complete.
fn whole(s: &mut Session<'_>, block: Vec<u8>) -> Result<u32, Outcome> {
    let id = s.next_message()?;
    s.send(&RawFrame::headers(id, block).end_stream());
    Ok(id)
}

fn indices(c: &mut Chapter<'_>) {
    type More = fn() -> BlockWriter;
    let beyond: [(&str, More); 5] = [
        ("indexed-62", || BlockWriter::new().indexed(62)),
        ("indexed-huge", || BlockWriter::new().indexed(0xffff_ffff)),
        ("literal-name-62", || {
            BlockWriter::new().field_named(62, "1")
        }),
        ("incremental-name-62", || {
            BlockWriter::new().incremental_named(62, "1")
        }),
        ("never-name-62", || BlockWriter::new().never_named(62, "1")),
    ];
    for (name, more) in beyond {
        c.must(
            Both,
            &format!("beyond-{name}"),
            "An index beyond both tables is a decoding error",
            move |s| {
                message(s, more())?;
                s.connection_error(code::COMPRESSION_ERROR)
            },
        );
    }
    c.must(
        Both,
        "last-entry",
        "The last entry of both tables has an index",
        |s| {
            let more = BlockWriter::new()
                .incremental("x-first", "1")
                .incremental("x-second", "2")
                .indexed(63)
                .indexed(62);
            let id = message(s, more)?;
            s.served(id)
        },
    );
    c.must(
        Both,
        "beyond-after-insertions",
        "An index beyond the dynamic table's entries is a decoding error",
        |s| {
            message(
                s,
                BlockWriter::new().incremental("x-first", "1").indexed(63),
            )?;
            s.connection_error(code::COMPRESSION_ERROR)
        },
    );
}

fn duplicates(c: &mut Chapter<'_>) {
    c.must_not(
        Both,
        "duplicates",
        "The dynamic table may hold the same field twice",
        |s| {
            let more = BlockWriter::new()
                .incremental("x-same", "1")
                .incremental("x-same", "1")
                .indexed(62)
                .indexed(63);
            let id = message(s, more)?;
            s.served(id)
        },
    );
    c.must(
        Both,
        "kept-between-blocks",
        "The dynamic table lives as long as the connection",
        |s| {
            let first = message(s, BlockWriter::new().incremental("x-kept", "1"))?;
            s.served(first)?;
            let mut block = s.plain().block();
            block.extend(BlockWriter::new().indexed(62).build());
            let second = whole(s, block)?;
            s.served(second)
        },
    );
}

fn eviction(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "evicted-entry",
        "An entry that was evicted has no index any more",
        |s| {
            let large = "a".repeat(2100);
            let more = BlockWriter::new()
                .incremental("x-first", &large)
                .incremental("x-second", &large) // evicts the first
                .indexed(63);
            message(s, more)?;
            s.connection_error(code::COMPRESSION_ERROR)
        },
    );
    c.must(
        Both,
        "entry-larger-than-the-table",
        "An entry larger than the table empties it and is no error",
        |s| {
            let more = BlockWriter::new().size_update(64).build();
            s.start()?;
            let mut block = more;
            block.extend(s.plain().block());
            block.extend(
                BlockWriter::new()
                    .incremental("x-a", "1")
                    .incremental("x-large", "a".repeat(100))
                    .build(),
            );
            let id = whole(s, block)?;
            s.served(id)
        },
    );
    c.must(
        Both,
        "emptied-table",
        "After an entry larger than the table no dynamic index is left",
        |s| {
            s.start()?;
            let mut block = BlockWriter::new().size_update(64).build();
            block.extend(s.plain().block());
            let more = BlockWriter::new()
                .incremental("x-a", "1")
                .incremental("x-large", "a".repeat(100))
                .indexed(62);
            block.extend(more.build());
            whole(s, block)?;
            s.connection_error(code::COMPRESSION_ERROR)
        },
    );
}

fn updates(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "update-at-the-end",
        "A size update at the end of a block is a decoding error",
        |s| {
            message(s, BlockWriter::new().size_update(128))?;
            s.connection_error(code::COMPRESSION_ERROR)
        },
    );
    c.must(
        Both,
        "update-in-the-middle",
        "A size update after the first field is a decoding error",
        |s| {
            message(s, BlockWriter::new().size_update(128).field("x-a", "1"))?;
            s.connection_error(code::COMPRESSION_ERROR)
        },
    );
    c.must(
        Both,
        "update-in-a-block-of-its-own",
        "A block of size updates alone is legal: trailers of nothing",
        |s| {
            s.start()?;
            let fields = s.plain_with_content();
            let id = s.message(&fields, false)?;
            let block = BlockWriter::new().size_update(0).size_update(100).build();
            s.send(&RawFrame::headers(id, block).end_stream());
            s.served(id)
        },
    );
    c.must(
        Both,
        "two-updates",
        "Two size updates at the start of a block are legal, and the smaller one evicts",
        |s| {
            let first = message(s, BlockWriter::new().incremental("x-kept", "1"))?;
            s.served(first)?;
            let mut block = BlockWriter::new().size_update(0).size_update(4096).build();
            block.extend(s.plain().block());
            block.extend(BlockWriter::new().indexed(62).build());
            whole(s, block)?;
            s.connection_error(code::COMPRESSION_ERROR)
        },
    );
}

fn update_values(c: &mut Chapter<'_>) {
    for (name, over) in [("by-1", 1), ("by-far", 1 << 20)] {
        c.must(
            Both,
            &format!("above-the-limit-{name}"),
            "A size update above SETTINGS_HEADER_TABLE_SIZE is a decoding error",
            move |s| {
                let settings = s.start()?;
                let limit = settings
                    .iter()
                    .rfind(|entry| entry.0 == setting::HEADER_TABLE_SIZE)
                    .map_or(4096, |entry| entry.1);
                let size = u64::from(limit) + over;
                let mut block = BlockWriter::new().size_update(size).build();
                block.extend(s.plain().block());
                whole(s, block)?;
                s.connection_error(code::COMPRESSION_ERROR)
            },
        );
    }
    for size in [0, 1, 4095, 4096] {
        c.must(
            Both,
            &format!("to-{size}"),
            "Any size up to the limit may be chosen",
            move |s| {
                s.start()?;
                let mut block = BlockWriter::new().size_update(size).build();
                block.extend(s.plain().block());
                let id = whole(s, block)?;
                s.served(id)
            },
        );
    }
}
