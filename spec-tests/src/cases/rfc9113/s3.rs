//! Starting HTTP/2 (RFC 9113 3).

use crate::cases::script::*;
use crate::raw::wire::PREFACE;

pub(super) fn add(book: &mut Book) {
    let c = &mut book.section("rfc9113", "3.4");
    settings_first(c);
    invalid(c);
    early(c);
}

fn settings_first(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "settings-first",
        "SETTINGS are the first frame that an endpoint sends, behind the client's preface",
        |s| {
            s.start()?;
            s.ignored()
        },
    );
    c.must(
        Both,
        "settings-acknowledged",
        "The peer's first SETTINGS are acknowledged, after the own ones",
        |s| {
            s.preface(&[]);
            let expected = "SETTINGS, then the acknowledgement of ours";
            s.demand(expected, |item| {
                matches!(item, Received::Settings(_) | Received::SettingsAck)
            })
            .and_then(|first| match first {
                Received::Settings(_) => s.demand(expected, |item| *item == Received::SettingsAck),
                other => Err(Outcome::violation(expected, other.summary())),
            })?;
            Ok(Outcome::exact(expected))
        },
    );
    c.must(
        Both,
        "settings-may-be-empty",
        "The SETTINGS of the preface may be empty",
        |s| {
            s.start_with(&[])?;
            s.ignored()
        },
    );
}

/// Sends these octets instead of the preface; the connection must end. GOAWAY may be left out.
fn refused(s: &mut Session<'_>, octets: &[u8]) -> Ran {
    s.read_raw();
    s.send_bytes(octets);
    let expected = "the connection ends, with GOAWAY or without";
    if s.settle() || s.closes() {
        Ok(Outcome::exact(expected))
    } else {
        Ok(Outcome::violation(expected, "it stays open"))
    }
}

fn invalid(c: &mut Chapter<'_>) {
    let openings: [(&str, &[u8]); 4] = [
        ("garbage", b"INVALID CONNECTION PREFACE\r\n\r\n"),
        ("wrong-at-the-end", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"),
        (
            "http-1",
            b"GET / HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n",
        ),
        (
            "no-preface",
            b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x06\0\0\0\0\0pingpong",
        ),
    ];
    for (name, octets) in openings {
        c.must(
            Server,
            &format!("invalid-{name}"),
            "An opening that is not the preface ends the connection",
            move |s| refused(s, octets),
        );
    }
    let frames = [
        ("ping", RawFrame::ping([0; 8])),
        ("window-update", RawFrame::window_update(0, 1)),
        ("unknown-type", RawFrame::new(0xfa, 0, 0, vec![])),
    ];
    for (name, frame) in frames {
        c.must(
            Both,
            &format!("first-frame-{name}"),
            "A first frame other than SETTINGS is a connection error PROTOCOL_ERROR; GOAWAY may be left out",
            move |s| {
                s.read_raw();
                if s.role() == Role::Server {
                    s.send_bytes(PREFACE);
                }
                s.send(&frame);
                let expected = "the connection ends, with GOAWAY PROTOCOL_ERROR or without GOAWAY";
                if !s.settle() && !s.closes() {
                    return Ok(Outcome::violation(expected, "it stays open"));
                }
                match s.raw_goaway()? {
                    Some(other) if other != code::PROTOCOL_ERROR => {
                        let came = format!("GOAWAY {}", code::name(other));
                        Ok(Outcome::violation(expected, came))
                    }
                    _ => Ok(Outcome::exact(expected)),
                }
            },
        );
    }
}

fn early(c: &mut Chapter<'_>) {
    c.must(
        Server,
        "request-behind-the-preface",
        "A request may follow the preface at once, before the server's SETTINGS came",
        |s| {
            s.preface(&[]);
            let id = s.get();
            s.served(id)
        },
    );
    c.must(
        Server,
        "preface-in-pieces",
        "The preface may come octet by octet",
        |s| {
            s.read_raw();
            for octet in PREFACE {
                s.send_bytes(&[*octet]);
                s.flush();
            }
            s.send(&RawFrame::settings(&[]));
            let expected = "SETTINGS and their acknowledgement";
            match s.raw_frames()?.as_slice() {
                kinds
                    if kinds.contains(&(kind::SETTINGS, 0))
                        && kinds.contains(&(kind::SETTINGS, 1)) =>
                {
                    Ok(Outcome::exact(expected))
                }
                kinds => Ok(Outcome::violation(expected, format!("frames {kinds:?}"))),
            }
        },
    );
}
