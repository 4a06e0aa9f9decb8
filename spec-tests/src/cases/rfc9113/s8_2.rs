//! Fields: what names and values may hold (RFC 9113 8.2).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    names(&mut book.section("rfc9113", "8.2.1"));
    values(&mut book.section("rfc9113", "8.2.1"));
    connection(&mut book.section("rfc9113", "8.2.2"));
    te(&mut book.section("rfc9113", "8.2.2"));
    cookies(&mut book.section("rfc9113", "8.2.3"));
}

fn names(c: &mut Chapter<'_>) {
    let wrong: [(&str, &[u8]); 14] = [
        ("nul", b"x-\0"),
        ("tab", b"x-\tx"),
        ("lf", b"x-a\nx-b"),
        ("cr", b"x-a\rx"),
        ("unit-separator", b"x-\x1fx"),
        ("space", b"x x"),
        ("space-at-the-end", b"x-x "),
        ("upper-a", b"Accept-Thing"),
        ("upper-z", b"x-Z"),
        ("del", b"x-\x7fx"),
        ("0x80", b"x-\x80x"),
        ("0xff", b"x-\xff"),
        ("colon-inside", b"x:x"),
        ("colon-at-the-end", b"x-x:"),
    ];
    for (name, field) in wrong {
        c.malformed(
            Both,
            &format!("name-{name}"),
            "A name with 0x00 to 0x20, A to Z, 0x7f to 0xff or a colon makes the message malformed",
            move |fields| fields.add(field, "1"),
        );
    }
    for (name, field) in [
        ("upper", &b"X-Upper"[..]),
        ("lf", b"x-a\nb"),
        ("colon", b"x:x"),
    ] {
        c.malformed_trailers(
            Both,
            &format!("trailer-name-{name}"),
            "A forbidden name in trailers makes the message malformed",
            move || Fields::new().add(field, "1"),
        );
    }
    c.should_malformed(
        "name-empty",
        "An empty name is no field name (RFC 9110 5.1)",
        |fields| fields.add("", "1"),
    );
    c.should_malformed(
        "name-no-token",
        "A name that is no token is no field name (RFC 9110 5.1)",
        |fields| fields.add("x(y)", "1"),
    );
    c.accepted(
        Both,
        "name-of-all-token-characters",
        "Every character of a token may be part of a name",
        |fields| fields.add("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz", "1"),
    );
}

fn values(c: &mut Chapter<'_>) {
    let wrong: [(&str, &[u8]); 13] = [
        ("nul", b"a\0b"),
        ("nul-first", b"\0b"),
        ("nul-last", b"a\0"),
        ("lf", b"a\nb"),
        ("lf-last", b"a\n"),
        ("cr", b"a\rb"),
        ("cr-first", b"\ra"),
        ("crlf", b"a\r\nx-b: c"),
        ("space-first", b" a"),
        ("space-last", b"a "),
        ("tab-first", b"\ta"),
        ("tab-last", b"a\t"),
        ("space-alone", b" "),
    ];
    for (name, value) in wrong {
        c.malformed(
            Both,
            &format!("value-{name}"),
            "A value with NUL, LF or CR, or with white space at an end, makes the message malformed",
            move |fields| fields.add("x-value", value),
        );
    }
    for (name, value) in [("nul", &b"a\0"[..]), ("lf", b"a\nb"), ("space-last", b"a ")] {
        c.malformed_trailers(
            Both,
            &format!("trailer-value-{name}"),
            "A forbidden value in trailers makes the message malformed",
            move || Fields::new().add("x-value", value),
        );
    }
    c.should_malformed(
        "value-control",
        "Other control characters are no part of a value (RFC 9110 5.5)",
        |fields| fields.add("x-value", b"a\x01b"),
    );
    let right: [(&str, &[u8]); 4] = [
        ("empty", b""),
        ("tab-and-space-inside", b"a \tb"),
        ("obs-text", b"\x80\xff"),
        ("visible", b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ];
    for (name, value) in right {
        c.accepted(
            Both,
            &format!("value-{name}"),
            "Empty values, white space inside and octets from 0x80 on are legal",
            move |fields| fields.add("x-value", value),
        );
    }
}

fn connection(c: &mut Chapter<'_>) {
    for (name, value) in [
        ("connection", "keep-alive"),
        ("proxy-connection", "keep-alive"),
        ("keep-alive", "timeout=5"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
    ] {
        c.malformed(
            Both,
            name,
            "A connection-specific field makes the message malformed",
            move |fields| fields.add(name, value),
        );
    }
    c.malformed_trailers(
        Both,
        "in-trailers",
        "A connection-specific field in trailers makes the message malformed",
        || Fields::new().add("connection", "close"),
    );
}

fn te(c: &mut Chapter<'_>) {
    for (name, value) in [
        ("gzip", "gzip"),
        ("two-values", "trailers, deflate"),
        ("empty", ""),
    ] {
        c.malformed(
            Server,
            &format!("te-{name}"),
            "te with any value other than trailers makes the request malformed",
            move |fields| fields.add("te", value),
        );
    }
    for (name, value) in [
        ("trailers", "trailers"),
        ("trailers-in-another-case", "Trailers"),
    ] {
        c.accepted(
            Server,
            &format!("te-{name}"),
            "te: trailers is legal in a request, in any case (RFC 9110 10.1.4)",
            move |fields| fields.add("te", value),
        );
    }
    c.malformed(
        Client,
        "te-in-a-response",
        "te makes a response malformed",
        |fields| fields.add("te", "trailers"),
    );
}

fn cookies(c: &mut Chapter<'_>) {
    c.accepted(
        Server,
        "crumbs",
        "cookie may be split into many fields",
        |fields| {
            (0..20).fold(fields, |fields, i| {
                fields.add("cookie", format!("crumb{i}={i}"))
            })
        },
    );
}

impl Chapter<'_> {
    fn should_malformed(
        &mut self,
        name: &str,
        clause: &str,
        bend: impl Fn(Fields) -> Fields + Send + Sync + 'static,
    ) {
        self.should(Both, name, clause, move |s| {
            s.start()?;
            let fields = bend(s.plain());
            let end = s.role() == Role::Server;
            let id = s.message(&fields, end)?;
            s.malformed(id)
        });
    }
}
