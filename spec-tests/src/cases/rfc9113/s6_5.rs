//! SETTINGS, each at each value, and PUSH_PROMISE (RFC 9113 6.5, 6.6).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    frame(&mut book.section("rfc9113", "6.5"));
    values(&mut book.section("rfc9113", "6.5.2"));
    synchronization(&mut book.section("rfc9113", "6.5.3"));
    push(&mut book.section("rfc9113", "6.6"));
}

fn frame(c: &mut Chapter<'_>) {
    for (name, length) in [("one-octet", 1), ("an-entry", 6)] {
        c.fatal(
            Both,
            &format!("ack-with-{name}"),
            "An acknowledgement with a payload is a connection error FRAME_SIZE_ERROR",
            code::FRAME_SIZE_ERROR,
            move |_| vec![RawFrame::new(kind::SETTINGS, flag::ACK, 0, vec![0; length])],
        );
    }
    c.fatal(
        Both,
        "on-a-stream",
        "SETTINGS on a stream are a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |id| vec![RawFrame::settings(&[(setting::MAX_CONCURRENT_STREAMS, 100)]).on(id)],
    );
    c.fatal(
        Both,
        "ack-on-a-stream",
        "An acknowledgement on a stream is a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |id| vec![RawFrame::settings_ack().on(id)],
    );
    for length in [1, 3, 5, 7] {
        c.fatal(
            Both,
            &format!("length-{length}"),
            "SETTINGS whose length is no multiple of six are a connection error FRAME_SIZE_ERROR",
            code::FRAME_SIZE_ERROR,
            move |_| vec![RawFrame::new(kind::SETTINGS, 0, 0, vec![0; length])],
        );
    }
    c.must(
        Both,
        "at-any-time",
        "SETTINGS may be sent at any time, also empty, and are acknowledged each time",
        |s| {
            s.start()?;
            for _ in 0..5 {
                s.send(&RawFrame::settings(&[]));
                s.demand("an acknowledgement", |item| *item == Received::SettingsAck)?;
            }
            s.ignored()
        },
    );
}

fn values(c: &mut Chapter<'_>) {
    use setting::{
        ENABLE_PUSH, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS,
        MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE,
    };
    let wrong = [
        (Both, "enable-push-2", ENABLE_PUSH, 2, code::PROTOCOL_ERROR),
        (
            Both,
            "enable-push-max",
            ENABLE_PUSH,
            u32::MAX,
            code::PROTOCOL_ERROR,
        ),
        (
            Client,
            "enable-push-1-by-a-server",
            ENABLE_PUSH,
            1,
            code::PROTOCOL_ERROR,
        ),
        (
            Both,
            "initial-window-2-31",
            INITIAL_WINDOW_SIZE,
            1 << 31,
            code::FLOW_CONTROL_ERROR,
        ),
        (
            Both,
            "initial-window-max",
            INITIAL_WINDOW_SIZE,
            u32::MAX,
            code::FLOW_CONTROL_ERROR,
        ),
        (
            Both,
            "max-frame-size-0",
            MAX_FRAME_SIZE,
            0,
            code::PROTOCOL_ERROR,
        ),
        (
            Both,
            "max-frame-size-16383",
            MAX_FRAME_SIZE,
            16_383,
            code::PROTOCOL_ERROR,
        ),
        (
            Both,
            "max-frame-size-2-24",
            MAX_FRAME_SIZE,
            1 << 24,
            code::PROTOCOL_ERROR,
        ),
        (
            Both,
            "max-frame-size-max",
            MAX_FRAME_SIZE,
            u32::MAX,
            code::PROTOCOL_ERROR,
        ),
    ];
    for (who, name, id, value, error) in wrong {
        c.fatal(
            who,
            name,
            "A value out of range is a connection error with the setting's code",
            error,
            move |_| vec![RawFrame::settings(&[(id, value)])],
        );
        c.must(
            who,
            &format!("{name}-at-the-start"),
            "A value out of range in the first SETTINGS is a connection error with the setting's code",
            move |s| {
                s.preface(&[(id, value)]);
                s.connection_error(error)
            },
        );
    }
    let right = [
        (Both, "header-table-size-0", HEADER_TABLE_SIZE, 0),
        (Both, "header-table-size-max", HEADER_TABLE_SIZE, u32::MAX),
        (Both, "enable-push-0", ENABLE_PUSH, 0),
        (Server, "enable-push-1", ENABLE_PUSH, 1),
        (
            Server,
            "max-concurrent-streams-0",
            MAX_CONCURRENT_STREAMS,
            0,
        ),
        (
            Both,
            "max-concurrent-streams-max",
            MAX_CONCURRENT_STREAMS,
            u32::MAX,
        ),
        (
            Both,
            "initial-window-2-31-1",
            INITIAL_WINDOW_SIZE,
            0x7fff_ffff,
        ),
        (Both, "max-frame-size-16384", MAX_FRAME_SIZE, 16_384),
        (Both, "max-frame-size-2-24-1", MAX_FRAME_SIZE, 0x00ff_ffff),
        (
            Both,
            "max-header-list-size-max",
            MAX_HEADER_LIST_SIZE,
            u32::MAX,
        ),
        (Both, "unknown-id", 0x0a0a, u32::MAX),
        (Both, "unknown-id-0", 0, 0),
    ];
    for (who, name, id, value) in right {
        c.harmless(
            who,
            name,
            "A value in range is acknowledged and no error; unknown settings are ignored",
            move |_| vec![RawFrame::settings(&[(id, value)])],
        );
    }
    c.should(
        Client,
        "max-concurrent-streams-0",
        "A limit of no streams is nothing special: requests wait until it is raised",
        |s| {
            s.start_alone(&[(MAX_CONCURRENT_STREAMS, 0)])?;
            let expected = "no request while the limit is 0";
            let asked = s.wish(Wish::Get).is_ok();
            s.settle();
            let early = s.peer.find(|item| matches!(item, Received::Headers(_)));
            match (early, s.peer.fault()) {
                (_, Some(fault)) => return Ok(Outcome::violation(expected, fault.to_string())),
                (Some(item), _) if asked => {
                    return Ok(Outcome::violation(expected, item.summary()));
                }
                (Some(_), _) => {
                    return Err(Outcome::skipped(
                        "its request came before it knew the limit",
                    ));
                }
                (None, None) => {}
            }
            s.send(&RawFrame::settings(&[(MAX_CONCURRENT_STREAMS, 10)]));
            s.next_message()?;
            s.ping()?;
            Ok(Outcome::exact(expected))
        },
    );
    c.must_not(
        Both,
        "max-frame-size-obeyed",
        "No frame is longer than the peer's SETTINGS_MAX_FRAME_SIZE",
        |s| {
            s.start()?;
            let content = match s.role() {
                Role::Server => {
                    s.wish(Wish::Body(40_000))?;
                    let id = s.get();
                    s.answer(id)?.body.len()
                }
                Role::Client => {
                    let id = s.ask(Wish::Upload(40_000))?.stream;
                    let content = s.content(id);
                    match content {
                        Err(_) if !s.obeys() => 0,
                        content => content?.len(),
                    }
                }
            };
            if content < 16_385 {
                return Err(Outcome::skipped("it sends too little for two frames"));
            }
            s.ignored()
        },
    );
}

fn synchronization(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "acknowledged-in-order",
        "Each SETTINGS frame is acknowledged, in the order in which they came",
        |s| {
            s.start()?;
            for i in 0..4 {
                s.send(&RawFrame::settings(&[(
                    setting::MAX_CONCURRENT_STREAMS,
                    100 + i,
                )]));
            }
            s.send(&RawFrame::ping(*b"then me!"));
            for _ in 0..4 {
                s.demand("four acknowledgements", |item| {
                    *item == Received::SettingsAck
                })?;
            }
            s.ignored()
        },
    );
    c.must(
        Server,
        "values-in-order",
        "The values of a frame are processed in order: of two for one setting the last holds",
        |s| {
            use setting::INITIAL_WINDOW_SIZE;
            s.start_alone(&[(INITIAL_WINDOW_SIZE, 100), (INITIAL_WINDOW_SIZE, 1)])?;
            let id = s.get();
            s.first_data(id, 1)
        },
    );
    c.must(
        Server,
        "applied-at-once",
        "New values hold for what is sent after the acknowledgement",
        |s| {
            s.start_alone(&[])?;
            s.send(&RawFrame::settings(&[(setting::INITIAL_WINDOW_SIZE, 3)]));
            s.demand("an acknowledgement", |item| *item == Received::SettingsAck)?;
            let id = s.get();
            s.first_data(id, 3)
        },
    );
}

fn push(c: &mut Chapter<'_>) {
    c.must(
        Client,
        "after-push-was-disabled",
        "PUSH_PROMISE after the acknowledgement of ENABLE_PUSH=0 is a connection error PROTOCOL_ERROR",
        |s| {
            no_push(s)?;
            let id = s.exchange()?;
            let block = BlockWriter::request("GET", "/pushed").build();
            s.send(&RawFrame::push_promise(id, 2, &block));
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
    type Frame = fn(u32) -> RawFrame;
    let wrong: [(&str, Frame); 3] = [
        ("stream-0", |_| {
            RawFrame::push_promise(0, 2, &[0x82, 0x84, 0x87])
        }),
        ("odd-promised", |id| {
            RawFrame::push_promise(id, 9, &[0x82, 0x84, 0x87])
        }),
        ("on-an-idle-stream", |id| {
            RawFrame::push_promise(id + 100, 2, &[0x82, 0x84, 0x87])
        }),
    ];
    for (name, frame) in wrong {
        c.fatal(
            Client,
            name,
            "PUSH_PROMISE on stream 0, on an idle stream, or of an odd identifier is a connection error PROTOCOL_ERROR",
            code::PROTOCOL_ERROR,
            move |id| vec![frame(id)],
        );
    }
    c.must(
        Client,
        "cut",
        "PUSH_PROMISE too short for the identifier is a connection error FRAME_SIZE_ERROR (or forbidden anyway)",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::new(kind::PUSH_PROMISE, flag::END_HEADERS, id, vec![0, 0]));
            s.judge(Expect::any([
                Scope::Connection(code::FRAME_SIZE_ERROR),
                Scope::Connection(code::PROTOCOL_ERROR),
            ]))
        },
    );
}

/// The handshake with a client that takes no pushes.
fn no_push(s: &mut Session<'_>) -> Result<(), Outcome> {
    let settings = s.start()?;
    if settings.contains(&(setting::ENABLE_PUSH, 0)) {
        Ok(())
    } else {
        Err(Outcome::skipped("the client allows pushes"))
    }
}
