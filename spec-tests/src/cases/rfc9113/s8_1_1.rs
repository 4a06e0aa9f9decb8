//! Lengths that are announced, and content that may not be (RFC 9113 8.1.1).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    lengths(&mut book.section("rfc9113", "8.1.1"));
    bodiless(&mut book.section("rfc9113", "8.1.1"));
}

fn lengths(c: &mut Chapter<'_>) {
    let wrong: [(&str, &str, &[&str]); 5] = [
        ("too-short", "10", &["four"]),
        ("too-short-in-frames", "10", &["a", "b", "c"]),
        ("too-long", "1", &["four"]),
        ("too-long-in-frames", "2", &["a", "b", "c"]),
        ("zero-with-content", "0", &["four"]),
    ];
    for (name, length, content) in wrong {
        c.must(
            Both,
            &format!("content-length-{name}"),
            "A content-length that is not the sum of the DATA makes the message malformed",
            move |s| {
                s.start()?;
                let fields = s.plain_with_content().add("content-length", length);
                let id = s.message_with(&fields, content)?;
                s.malformed(id)
            },
        );
    }
    c.must(
        Both,
        "content-length-without-content",
        "A content-length above 0 without DATA makes the message malformed",
        |s| {
            s.start()?;
            let fields = s.plain_with_content().add("content-length", "5");
            let id = s.message(&fields, true)?;
            s.malformed(id)
        },
    );
    c.must(
        Both,
        "content-length-before-trailers",
        "A content-length that is not the sum of the DATA before trailers makes the message malformed",
        |s| {
            s.start()?;
            let fields = s.plain_with_content().add("content-length", "5");
            let id = s.message(&fields, false)?;
            s.send(&RawFrame::data(id, "four"));
            let block = BlockWriter::fields(&[("x-checksum", "1")]).build();
            s.send(&RawFrame::headers(id, block).end_stream());
            s.malformed(id)
        },
    );
    for (name, first, second) in [("first-right", "4", "5"), ("last-right", "5", "4")] {
        c.must(
            Both,
            &format!("content-length-twice-{name}"),
            "Two content-length values that differ are invalid (RFC 9110 8.6)",
            move |s| {
                s.start()?;
                let fields = s.plain_with_content();
                let fields = fields.add("content-length", first);
                let fields = fields.add("content-length", second);
                let id = s.message_with(&fields, &["four"])?;
                s.malformed(id)
            },
        );
    }
    for (name, value) in [
        ("letters", "four"),
        ("negative", "-4"),
        ("plus", "+4"),
        ("overflow", "99999999999999999999999"),
    ] {
        c.must(
            Both,
            &format!("content-length-{name}"),
            "A content-length that is no number is invalid (RFC 9110 8.6)",
            move |s| {
                s.start()?;
                let fields = s.plain_with_content().add("content-length", value);
                let id = s.message_with(&fields, &["four"])?;
                s.malformed(id)
            },
        );
    }
    c.must(
        Both,
        "content-length-right",
        "A content-length that is the sum of the DATA, without their padding, is right",
        |s| {
            s.start()?;
            let fields = s.plain_with_content().add("content-length", "6");
            let id = s.message(&fields, false)?;
            s.send(&RawFrame::data(id, "con").padded(10));
            s.send(&RawFrame::data(id, "").padded(3));
            s.send(&RawFrame::data(id, "ten").end_stream());
            s.served(id)
        },
    );
}

fn bodiless(c: &mut Chapter<'_>) {
    c.must(
        Client,
        "content-length-of-head",
        "The answer to HEAD may have a content-length without content",
        |s| {
            s.start()?;
            let id = s.ask(Wish::Request("HEAD"))?.stream;
            let fields = Fields::response("200").add("content-length", "500");
            s.send(&RawFrame::headers(id, fields.block()).end_stream());
            s.served(id)
        },
    );
    c.accepted(
        Client,
        "content-length-of-304",
        "A 304 may have a content-length without content",
        |fields| fields.set(":status", "304").add("content-length", "500"),
    );
    c.must(
        Client,
        "content-of-head",
        "DATA in the answer to HEAD make it malformed",
        |s| {
            s.start()?;
            let id = s.ask(Wish::Request("HEAD"))?.stream;
            s.respond(id, "200", false);
            s.send(&RawFrame::data(id, "content"));
            s.malformed(id)
        },
    );
    for status in ["204", "304"] {
        c.must(
            Client,
            &format!("content-of-{status}"),
            "DATA in a 204 or 304 make it malformed",
            move |s| {
                s.start()?;
                let id = s.next_message()?;
                s.respond(id, status, false);
                s.send(&RawFrame::data(id, "content"));
                s.malformed(id)
            },
        );
    }
}
