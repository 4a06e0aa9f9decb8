//! Pseudo-header fields, push and CONNECT (RFC 9113 8.3 to 8.6).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    pseudo(&mut book.section("rfc9113", "8.3"));
    request(&mut book.section("rfc9113", "8.3.1"));
    authority(&mut book.section("rfc9113", "8.3.1"));
    path(&mut book.section("rfc9113", "8.3.1"));
    response(&mut book.section("rfc9113", "8.3.2"));
    generated(&mut book.section("rfc9113", "8.3.1"));
    push(&mut book.section("rfc9113", "8.4"));
    connect(&mut book.section("rfc9113", "8.5"));
    upgrade(&mut book.section("rfc9113", "8.6"));
}

fn pseudo(c: &mut Chapter<'_>) {
    for (who, name, field, value) in [
        (Both, "unknown", ":x-unknown", "1"),
        (Both, "colon-alone", ":", "1"),
        (Server, "status-in-a-request", ":status", "200"),
        (Client, "method-in-a-response", ":method", "GET"),
        (Client, "path-in-a-response", ":path", "/"),
        (Client, "scheme-in-a-response", ":scheme", "https"),
        (
            Client,
            "authority-in-a-response",
            ":authority",
            "example.com",
        ),
    ] {
        c.malformed(
            who,
            name,
            "A pseudo-header field that is not defined, or not for this direction, makes the message malformed",
            move |fields| fields.add(field, value),
        );
    }
    c.malformed(
        Server,
        "upper-case",
        "Pseudo-header names are lowercase as all names",
        |fields| fields.without(":method").add(":Method", "GET"),
    );
    for field in [":method", ":scheme", ":path", ":authority"] {
        let name = &field[1..];
        c.malformed(
            Server,
            &format!("late-{name}"),
            "A pseudo-header field after a regular field makes the message malformed",
            move |fields| fields.add("x-regular", "1").last(field),
        );
        c.malformed(
            Server,
            &format!("twice-{name}"),
            "A pseudo-header field that appears twice makes the message malformed",
            move |fields| {
                let again = fields.get(field).unwrap_or_default().to_vec();
                fields.add(field, again)
            },
        );
    }
    c.malformed(
        Client,
        "late-status",
        "A pseudo-header field after a regular field makes the message malformed",
        |fields| fields.add("x-regular", "1").last(":status"),
    );
    c.malformed(
        Client,
        "twice-status",
        "A pseudo-header field that appears twice makes the message malformed",
        |fields| fields.add(":status", "200"),
    );
}

fn request(c: &mut Chapter<'_>) {
    for field in [":method", ":scheme", ":path"] {
        let name = &field[1..];
        c.malformed(
            Server,
            &format!("without-{name}"),
            "A request without :method, :scheme or :path is malformed",
            move |fields| fields.without(field),
        );
    }
    c.malformed(
        Server,
        "empty-method",
        "An empty :method is no valid value",
        |fields| fields.set(":method", ""),
    );
    c.malformed(
        Server,
        "empty-scheme",
        "An empty :scheme is no valid value",
        |fields| fields.set(":scheme", ""),
    );
    c.accepted(
        Server,
        "any-order",
        "Pseudo-header fields may come in any order",
        |fields| fields.last(":scheme").last(":method"),
    );
}

fn authority(c: &mut Chapter<'_>) {
    c.should(
        Server,
        "userinfo",
        ":authority must not hold userinfo for http and https: a request with it is no valid one",
        |s| {
            s.start()?;
            let fields = s.plain();
            let host = fields.get(":authority").unwrap_or_default();
            let with = [b"user:secret@", host].concat();
            let id = s.message(&fields.set(":authority", with), true)?;
            s.malformed(id)
        },
    );
    c.should(
        Server,
        "host-differs",
        "A Host that names another entity than :authority makes the request malformed",
        |s| {
            s.start()?;
            let fields = s.plain().add("host", "other.example");
            let id = s.message(&fields, true)?;
            s.malformed(id)
        },
    );
    c.should(
        Server,
        "host-the-same",
        "A Host that is the same as :authority is legal",
        |s| {
            s.start()?;
            let fields = s.plain();
            let host = fields.get(":authority").unwrap_or_default().to_vec();
            let id = s.message(&fields.add("host", host), true)?;
            s.served(id)
        },
    );
    c.accepted(
        Server,
        "host-alone",
        "A request may name its authority in Host alone",
        |fields| {
            let host = fields.get(":authority").unwrap_or_default().to_vec();
            fields.without(":authority").add("host", host)
        },
    );
}

fn path(c: &mut Chapter<'_>) {
    for (name, value) in [
        ("empty", ""),
        ("without-slash", "index.html"),
        ("asterisk", "*"),
    ] {
        c.malformed(
            Server,
            &format!("path-{name}"),
            "An http or https :path starts with a slash; * is for OPTIONS alone",
            move |fields| fields.set(":path", value),
        );
    }
    c.should(
        Server,
        "path-asterisk-of-options",
        "OPTIONS may have the :path *",
        |s| {
            s.start()?;
            let fields = s.plain().set(":method", "OPTIONS").set(":path", "*");
            let id = s.message(&fields, true)?;
            s.served(id)
        },
    );
}

fn response(c: &mut Chapter<'_>) {
    c.malformed(
        Client,
        "without-status",
        "A response without :status is malformed",
        |fields| fields.without(":status").add("x-regular", "1"),
    );
    for (name, value) in [
        ("empty", ""),
        ("0", "0"),
        ("two-digits", "20"),
        ("four-digits", "2000"),
        ("five-digits", "99999"),
        ("letters", "abc"),
        ("space", "20 "),
        ("sign", "+20"),
    ] {
        c.malformed(
            Client,
            &format!("status-{name}"),
            ":status has three digits",
            move |fields| fields.set(":status", value),
        );
    }
    for status in ["200", "404", "500", "599", "226"] {
        c.accepted(
            Client,
            &format!("status-{status}"),
            "Final responses of any class are taken",
            move |fields| fields.set(":status", status),
        );
    }
}

fn generated(c: &mut Chapter<'_>) {
    c.must(
        Client,
        "requests-are-complete",
        "A request has :method, :scheme, :path and :authority once each, before all other fields; its names are lowercase and none is connection-specific",
        |s| {
            s.start_alone(&[])?;
            let head = s.ask(Wish::Get)?;
            for name in [":method", ":scheme", ":path", ":authority"] {
                let count = head.fields.iter().filter(|f| f.name == name.as_bytes()).count();
                if count != 1 {
                    return Ok(Outcome::violation(format!("{name} once"), format!("{count} times")));
                }
            }
            well_formed(&head.fields)
        },
    );
    c.must(
        Server,
        "responses-are-complete",
        "A response has :status once, before all other fields; its names are lowercase and none is connection-specific",
        |s| {
            s.start_alone(&[])?;
            let id = s.get();
            let Some(head) = s.answer(id)?.head else {
                return Ok(Outcome::violation("a head", "none"));
            };
            let count = head.fields.iter().filter(|f| f.name == b":status").count();
            if count != 1 {
                return Ok(Outcome::violation(":status once", format!("{count} times")));
            }
            well_formed(&head.fields)
        },
    );
}

/// Whether fields that an implementation sent are in order.
fn well_formed(fields: &[crate::raw::Field]) -> Ran {
    let expected = "pseudo-header fields first, lowercase names, nothing connection-specific";
    let mut regular = false;
    for field in fields {
        let pseudo = field.name.starts_with(b":");
        let forbidden: [&[u8]; 5] = [
            b"connection",
            b"proxy-connection",
            b"keep-alive",
            b"transfer-encoding",
            b"upgrade",
        ];
        if (pseudo && regular)
            || field.name.iter().any(u8::is_ascii_uppercase)
            || forbidden.contains(&field.name.as_slice())
        {
            return Ok(Outcome::violation(expected, format!("{field:?}")));
        }
        regular |= !pseudo;
    }
    Ok(Outcome::exact(expected))
}

fn push(c: &mut Chapter<'_>) {
    c.fatal(
        Server,
        "push-by-a-client",
        "PUSH_PROMISE at a server is a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |id| {
            let block = BlockWriter::request("GET", "/pushed").build();
            vec![RawFrame::push_promise(id, 2, &block)]
        },
    );
    c.must_not(
        Server,
        "no-push-when-disabled",
        "A server that got ENABLE_PUSH=0 sends no PUSH_PROMISE",
        |s| {
            s.start_with(&[(setting::ENABLE_PUSH, 0)])?;
            let id = s.get();
            s.answer(id)?;
            s.ignored()
        },
    );
    c.must_not(
        Server,
        "enable-push-of-a-server",
        "A server sends ENABLE_PUSH with no value other than 0",
        |s| {
            let settings = s.start_alone(&[])?;
            match settings
                .iter()
                .find(|entry| entry.0 == setting::ENABLE_PUSH)
            {
                Some(&(_, value)) if value != 0 => Ok(Outcome::violation(
                    "ENABLE_PUSH = 0 or none",
                    value.to_string(),
                )),
                _ => Ok(Outcome::exact("ENABLE_PUSH = 0 or none")),
            }
        },
    );
}

fn connect(c: &mut Chapter<'_>) {
    c.malformed(
        Server,
        "connect-with-scheme",
        "CONNECT with :scheme is malformed",
        |fields| fields.set(":method", "CONNECT").without(":path"),
    );
    c.malformed(
        Server,
        "connect-with-path",
        "CONNECT with :path is malformed",
        |fields| fields.set(":method", "CONNECT").without(":scheme"),
    );
    c.malformed(
        Server,
        "connect-with-both",
        "CONNECT with :scheme and :path is malformed",
        |fields| fields.set(":method", "CONNECT"),
    );
    c.malformed(
        Server,
        "connect-without-authority",
        "CONNECT without :authority is malformed",
        |_| Fields::new().add(":method", "CONNECT"),
    );
    c.must(
        Server,
        "tunnel",
        "A tunnel carries DATA both ways",
        |s| {
            let id = tunnel(s)?;
            s.send(&RawFrame::data(id, "ping"));
            s.demand("the same DATA back", |item| {
                matches!(item, Received::Data { stream, data, .. } if *stream == id && data == b"ping")
            })?;
            s.send(&RawFrame::data(id, "bye").end_stream());
            s.ignored()
        },
    );
    c.must(
        Server,
        "headers-in-a-tunnel",
        "HEADERS on a connected stream are a stream error",
        |s| {
            let id = tunnel(s)?;
            let block = BlockWriter::fields(&[("x-trailer", "1")]).build();
            s.send(&RawFrame::headers(id, block).end_stream());
            s.stream_error(id, code::PROTOCOL_ERROR)
        },
    );
}

/// A tunnel to what sends everything back, if the server makes one.
fn tunnel(s: &mut Session<'_>) -> Result<u32, Outcome> {
    s.start()?;
    let fields = Fields::new()
        .add(":method", "CONNECT")
        .add(":authority", "example.com:443");
    let id = s.open(&fields, false);
    let item = s.wait_for(|item| item.stream() == id);
    let tunnel = matches!(item, Some(Received::Headers(head))
        if !head.end_stream && head.get(":status") == Some(b"200"));
    if tunnel {
        s.send(&RawFrame::data(id, "echo?"));
        let echo = s.wait_for(|item| {
            matches!(item, Received::Data { stream, data, .. } if *stream == id && data == b"echo?")
        });
        if echo.is_some() {
            return Ok(id);
        }
    }
    Err(Outcome::skipped("the server makes no tunnels that echo"))
}

fn upgrade(c: &mut Chapter<'_>) {
    c.should(
        Client,
        "no-101",
        "101 has no meaning in HTTP/2: the response is malformed",
        |s| {
            s.start()?;
            let id = s.next_message()?;
            s.respond(id, "101", false);
            s.malformed(id)
        },
    );
}
