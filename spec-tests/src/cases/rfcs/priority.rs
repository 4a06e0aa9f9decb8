//! Extensible priorities (RFC 9218).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    disable(&mut book.section("rfc9218", "2.1"));
    parameters(&mut book.section("rfc9218", "4"));
    header(&mut book.section("rfc9218", "5"));
    frame(&mut book.section("rfc9218", "7.1"));
    sent(&mut book.section("rfc9218", "7.1"));
}

fn disable(c: &mut Chapter<'_>) {
    use setting::NO_RFC7540_PRIORITIES;
    for (name, value) in [("2", 2), ("max", u32::MAX)] {
        c.must(
            Both,
            &format!("value-{name}"),
            "NO_RFC7540_PRIORITIES other than 0 or 1 is a connection error PROTOCOL_ERROR",
            move |s| {
                s.preface(&[(NO_RFC7540_PRIORITIES, value)]);
                s.judge_if_known(Expect::connection(code::PROTOCOL_ERROR))
            },
        );
    }
    for value in [0, 1] {
        c.must(
            Both,
            &format!("value-{value}"),
            "NO_RFC7540_PRIORITIES of 0 or 1 in the first SETTINGS is legal, and PRIORITY no error",
            move |s| {
                s.start_with(&[(NO_RFC7540_PRIORITIES, value)])?;
                let id = s.exchange()?;
                s.send(&RawFrame::new(kind::PRIORITY, 0, id, vec![0, 0, 0, 0, 15]));
                s.ignored()
            },
        );
    }
    c.must(
        Both,
        "sent-in-the-first-settings-only",
        "NO_RFC7540_PRIORITIES is 0 or 1, and stands in the first SETTINGS or nowhere",
        |s| {
            let first = s.start()?;
            s.exchange()?;
            s.settle();
            let later = s.peer.find(|item| {
                matches!(item, Received::Settings(entries)
                    if entries.iter().any(|entry| entry.0 == NO_RFC7540_PRIORITIES))
            });
            let value = first.iter().find(|entry| entry.0 == NO_RFC7540_PRIORITIES);
            match (value, later) {
                (_, Some(item)) => Ok(Outcome::violation("not again", item.summary())),
                (Some(&(_, 0 | 1)) | None, None) => Ok(Outcome::exact(format!("{value:?}"))),
                (Some(other), None) => Ok(Outcome::violation("0 or 1", format!("{other:?}"))),
            }
        },
    );
}

fn parameters(c: &mut Chapter<'_>) {
    for (name, value) in [
        ("unknown", "u=1, x=7, y"),
        ("out-of-range", "u=8, u=-1"),
        ("of-another-type", "u=\"1\", i=5"),
        ("not-a-dictionary", "=;=,,u"),
        ("empty", ""),
        (
            "long",
            "u=1, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1",
        ),
    ] {
        c.must(
            Server,
            &format!("field-{name}"),
            "Priority parameters that are unknown, out of range or of another type are ignored",
            move |s| {
                s.start()?;
                let fields = s.plain().add("priority", value);
                let id = s.message(&fields, true)?;
                s.served(id)
            },
        );
        c.must(
            Server,
            &format!("frame-{name}"),
            "The same in PRIORITY_UPDATE",
            move |s| {
                s.start()?;
                let id = s.exchange()?;
                s.send(&RawFrame::priority_update(id, value.as_bytes()));
                s.ignored()
            },
        );
    }
}

fn header(c: &mut Chapter<'_>) {
    c.accepted(
        Both,
        "field",
        "A priority field is legal in requests and in responses",
        |fields| fields.add("priority", "u=3, i"),
    );
}

fn frame(c: &mut Chapter<'_>) {
    c.must(
        Server,
        "open-idle-closed",
        "PRIORITY_UPDATE is legal for open, idle and closed request streams",
        |s| {
            s.start()?;
            let closed = s.get();
            s.answer(closed)?;
            let open = s.exchange()?;
            let idle = s.idle() + 4;
            for id in [closed, open, idle] {
                s.send(&RawFrame::priority_update(id, b"u=0"));
            }
            s.ignored()
        },
    );
    type Frame = fn(u32) -> RawFrame;
    let wrong: [(&str, Frame); 3] = [
        ("on-a-stream", |id| {
            RawFrame::priority_update(id, b"u=1").on(id)
        }),
        ("for-stream-0", |_| RawFrame::priority_update(0, b"u=1")),
        ("for-an-idle-push", |_| RawFrame::priority_update(2, b"u=1")),
    ];
    for (name, frame) in wrong {
        c.must(
            Server,
            name,
            "PRIORITY_UPDATE on a stream, for stream 0 or for a push stream that is idle is a connection error PROTOCOL_ERROR",
            move |s| {
                knows(s)?;
                let id = s.exchange()?;
                s.send(&frame(id));
                s.connection_error(code::PROTOCOL_ERROR)
            },
        );
    }
    c.must(
        Server,
        "too-short",
        "PRIORITY_UPDATE shorter than four octets is a connection error FRAME_SIZE_ERROR (RFC 9113 4.2)",
        |s| {
            knows(s)?;
            s.send(&RawFrame::new(kind::PRIORITY_UPDATE, 0, 0, vec![0, 0, 1]));
            s.connection_error(code::FRAME_SIZE_ERROR)
        },
    );
    c.should(
        Server,
        "beyond-the-limit",
        "PRIORITY_UPDATE for more idle streams than may be open is a connection error PROTOCOL_ERROR",
        |s| {
            s.wish(Wish::MaxStreams(4))?;
            s.start_alone(&[])?;
            for i in 0..5 {
                s.send(&RawFrame::priority_update(101 + 2 * i, b"u=1"));
            }
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
    c.must(
        Client,
        "at-a-client",
        "PRIORITY_UPDATE from a server is a connection error PROTOCOL_ERROR",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::priority_update(id, b"u=1"));
            s.judge_if_known(Expect::connection(code::PROTOCOL_ERROR))
        },
    );
}

/// The handshake with a server that knows RFC 9218: one that does not must ignore its frames, as any unknown type.
fn knows(s: &mut Session<'_>) -> Result<(), Outcome> {
    let settings = s.start()?;
    if settings.contains(&(setting::NO_RFC7540_PRIORITIES, 1)) {
        Ok(())
    } else {
        Err(Outcome::skipped(
            "the server does not say that it knows RFC 9218",
        ))
    }
}

fn sent(c: &mut Chapter<'_>) {
    c.must(
        Client,
        "sent-on-stream-0",
        "A client's PRIORITY_UPDATE is on stream 0 and names a stream of its own",
        |s| {
            s.start_with(&[(setting::NO_RFC7540_PRIORITIES, 1)])?;
            let id = s.exchange()?;
            s.wish(Wish::Prioritize(id))?;
            let item = s.demand("PRIORITY_UPDATE", |item| {
                matches!(item, Received::PriorityUpdate { .. })
            })?;
            match item {
                Received::PriorityUpdate { prioritized, .. } if prioritized == id => s.ignored(),
                other => Ok(Outcome::violation(
                    format!("for stream {id}"),
                    other.summary(),
                )),
            }
        },
    );
}
