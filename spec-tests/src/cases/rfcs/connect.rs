//! Bootstrapping WebSockets: extended CONNECT (RFC 8441).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    setting_values(&mut book.section("rfc8441", "3"));
    method(&mut book.section("rfc8441", "4"));
}

fn setting_values(c: &mut Chapter<'_>) {
    use setting::ENABLE_CONNECT_PROTOCOL;
    for (name, value) in [("2", 2), ("max", u32::MAX)] {
        c.must(
            Client,
            &format!("enable-{name}"),
            "ENABLE_CONNECT_PROTOCOL other than 0 or 1 is a connection error PROTOCOL_ERROR",
            move |s| {
                s.start()?;
                s.exchange()?;
                s.send(&RawFrame::settings(&[(ENABLE_CONNECT_PROTOCOL, value)]));
                s.judge_if_known(Expect::connection(code::PROTOCOL_ERROR))
            },
        );
    }
    c.should(
        Client,
        "taken-back",
        "ENABLE_CONNECT_PROTOCOL must not go from 1 to 0: a client that sees it may end the connection",
        |s| {
            s.start()?;
            for value in [1, 0] {
                s.send(&RawFrame::settings(&[(ENABLE_CONNECT_PROTOCOL, value)]));
            }
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
    for (name, values) in [
        ("0-then-1", [0, 1]),
        ("1-again", [1, 1]),
        ("0-again", [0, 0]),
    ] {
        c.harmless(
            Client,
            &format!("enable-{name}"),
            "ENABLE_CONNECT_PROTOCOL may be sent again, and go from 0 to 1",
            move |_| {
                let settings = |value| RawFrame::settings(&[(ENABLE_CONNECT_PROTOCOL, value)]);
                values.map(settings).to_vec()
            },
        );
    }
    c.harmless(
        Server,
        "enable-by-a-client",
        "ENABLE_CONNECT_PROTOCOL of a client has no effect",
        |_| vec![RawFrame::settings(&[(ENABLE_CONNECT_PROTOCOL, 1)])],
    );
    c.must_not(
        Client,
        "not-before-the-setting",
        "A client sends :protocol only after the server offered it",
        |s| {
            s.start_alone(&[])?;
            if s.wish(Wish::ExtendedConnect).is_ok() {
                let head = s.request()?;
                return Ok(Outcome::violation(
                    "no request",
                    format!("{:?}", head.fields),
                ));
            }
            s.exchange()?;
            s.ignored()
        },
    );
}

fn upgrade(s: &Session<'_>) -> Fields {
    s.head("CONNECT").add(":protocol", "websocket")
}

/// The handshake with a server that offers extended CONNECT.
fn offered(s: &mut Session<'_>) -> Result<(), Outcome> {
    let _ = s.wish(Wish::OfferExtendedConnect);
    let settings = s.start()?;
    if settings.contains(&(setting::ENABLE_CONNECT_PROTOCOL, 1)) {
        Ok(())
    } else {
        Err(Outcome::skipped(
            "the server does not offer extended CONNECT",
        ))
    }
}

fn method(c: &mut Chapter<'_>) {
    c.must(
        Server,
        "not-offered",
        ":protocol that was not offered makes the request malformed",
        |s| {
            let settings = s.start()?;
            if settings.contains(&(setting::ENABLE_CONNECT_PROTOCOL, 1)) {
                return Err(Outcome::skipped("the server offers extended CONNECT"));
            }
            let fields = upgrade(s);
            let id = s.open(&fields, false);
            s.malformed(id)
        },
    );
    type Bend = fn(Fields) -> Fields;
    let wrong: [(&str, Bend); 4] = [
        ("without-scheme", |fields| fields.without(":scheme")),
        ("without-path", |fields| fields.without(":path")),
        ("without-connect", |fields| fields.set(":method", "GET")),
        ("protocol-twice", |fields| {
            fields.add(":protocol", "websocket")
        }),
    ];
    for (name, bend) in wrong {
        c.must(
            Server,
            name,
            "Extended CONNECT needs :scheme and :path, and CONNECT as its method",
            move |s| {
                offered(s)?;
                let fields = bend(upgrade(s));
                let id = s.open(&fields, false);
                s.malformed(id)
            },
        );
    }
    c.must(
        Server,
        "tunnel",
        "Extended CONNECT is answered with 200 and carries DATA both ways",
        |s| {
            offered(s)?;
            let fields = upgrade(s);
            let id = s.open(&fields, false);
            let item = s.demand("an answer", |item| item.stream() == id)?;
            match item {
                Received::Headers(head) if head.get(":status") == Some(b"200") => {}
                other => return Err(Outcome::skipped(format!("it answers {}", other.summary()))),
            }
            s.send(&RawFrame::data(id, "frame"));
            s.demand("DATA back", |item| {
                matches!(item, Received::Data { stream, data, .. } if *stream == id && data == b"frame")
            })?;
            s.ignored()
        },
    );
    c.must(
        Client,
        "request",
        "An extended CONNECT has :protocol, :scheme, :path and :authority, and neither Connection nor Upgrade",
        |s| {
            s.start_alone(&[(setting::ENABLE_CONNECT_PROTOCOL, 1)])?;
            let head = s.ask(Wish::ExtendedConnect)?;
            for name in [":method", ":protocol", ":scheme", ":path", ":authority"] {
                if head.get(name).is_none() {
                    return Ok(Outcome::violation(name, "none"));
                }
            }
            if head.get("connection").or(head.get("upgrade")).is_some() {
                return Ok(Outcome::violation("no Connection, no Upgrade", "one of them"));
            }
            s.respond(head.stream, "200", false);
            s.send(&RawFrame::data(head.stream, "frame"));
            s.ignored()
        },
    );
}
