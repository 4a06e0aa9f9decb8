//! DATA, HEADERS, PRIORITY, RST_STREAM (RFC 9113 6.1 to 6.4).

use crate::cases::script::*;
use crate::raw::build::PriorityFields;

pub(super) fn add(book: &mut Book) {
    data(&mut book.section("rfc9113", "6.1"));
    headers(&mut book.section("rfc9113", "6.2"));
    priority(&mut book.section("rfc9113", "6.3"));
    reset(&mut book.section("rfc9113", "6.4"));
}

fn data(c: &mut Chapter<'_>) {
    c.fatal(
        Both,
        "stream-0",
        "DATA on stream 0 is a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |_| vec![RawFrame::data(0, "data")],
    );
    for (name, claim, left) in [
        ("as-long-as-the-payload", 5, 4),
        ("longer-than-the-payload", 200, 4),
        ("longer-than-nothing", 1, 0),
    ] {
        c.fatal(
            Both,
            &format!("padding-{name}"),
            "DATA whose padding is as long as the payload or longer is a connection error PROTOCOL_ERROR",
            code::PROTOCOL_ERROR,
            move |id| vec![RawFrame::data(id, vec![0; left]).padded_with(claim, &[])],
        );
    }
    c.must(
        Both,
        "no-room-for-the-pad-length",
        "DATA with PADDED and without a payload is too short: FRAME_SIZE_ERROR",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::new(kind::DATA, flag::PADDED, id, vec![]));
            s.judge(Expect::any([
                Scope::Connection(code::FRAME_SIZE_ERROR),
                Scope::Connection(code::PROTOCOL_ERROR),
                Scope::Stream(id, code::FRAME_SIZE_ERROR),
            ]))
        },
    );
    for (name, pad) in [("none", 0), ("some", 7), ("most", 255)] {
        c.must(
            Both,
            &format!("padded-{name}"),
            "Padded DATA are taken",
            move |s| {
                s.start()?;
                let fields = s.plain_with_content();
                let id = s.message(&fields, false)?;
                s.send(&RawFrame::data(id, "content").padded(pad));
                s.send(&RawFrame::data(id, "").padded(pad).end_stream());
                s.served(id)
            },
        );
    }
    c.must(
        Both,
        "in-many-frames",
        "Content may come in many DATA frames, also empty ones",
        |s| {
            s.start()?;
            let fields = s.plain_with_content();
            let id = s.message_with(&fields, &["a", "", "bc", "", "def", ""])?;
            s.served(id)
        },
    );
    c.must(
        Both,
        "padding-is-flow-controlled",
        "Padding counts against the windows, and its credit comes back",
        |s| {
            let _ = s.wish(Wish::Windows(65_535));
            s.start()?;
            let id = s.exchange()?;
            let settings = s.peer.may_send(id).clamp(65_535, 1 << 20) as u32;
            let frame = || RawFrame::data(id, "x").padded(255);
            s.pour(id, settings + settings / 2, frame)?;
            s.send(&RawFrame::data(id, "").end_stream());
            s.ignored()
        },
    );
}

fn headers(c: &mut Chapter<'_>) {
    c.fatal(
        Both,
        "stream-0",
        "HEADERS on stream 0 are a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |_| vec![RawFrame::headers(0, BlockWriter::request("GET", "/").build()).end_stream()],
    );
    c.fatal(
        Both,
        "unfinished-then-another-frame",
        "HEADERS without END_HEADERS, then a frame that is no CONTINUATION: a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |id| {
            let block = BlockWriter::fields(&[("x-trailer", "1")]).build();
            vec![
                RawFrame::headers(id, block).end_stream().unfinished(),
                RawFrame::window_update(id, 1),
            ]
        },
    );
    c.fatal(
        Both,
        "unfinished-then-another-stream",
        "HEADERS without END_HEADERS, then CONTINUATION of another stream: a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |id| {
            let block = BlockWriter::fields(&[("x-trailer", "1")]).build();
            vec![
                RawFrame::headers(id, block.clone()).end_stream().unfinished(),
                RawFrame::continuation(id + 2, block),
            ]
        },
    );
    c.fatal(
        Both,
        "padding-as-long-as-the-payload",
        "HEADERS whose padding is as long as the payload or longer are a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |id| {
            let block = BlockWriter::fields(&[("x-trailer", "1")]).build();
            let claim = block.len() as u8 + 1;
            vec![RawFrame::headers(id, block).end_stream().padded_with(claim, &[])]
        },
    );
    c.must(
        Both,
        "priority-fields-cut",
        "HEADERS with PRIORITY and less than five octets are a connection error FRAME_SIZE_ERROR",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            let frame = RawFrame::headers(id, vec![0; 4]).end_stream();
            s.send(&frame.flag(flag::PRIORITY));
            s.connection_error(code::FRAME_SIZE_ERROR)
        },
    );
    for (name, pad, priority) in [
        ("padded", Some(9), false),
        ("padded-fully", Some(255), false),
        ("with-priority", None, true),
        ("padded-with-priority", Some(0), true),
    ] {
        c.must(
            Both,
            name,
            "HEADERS with padding and with priority fields are taken",
            move |s| {
                s.start()?;
                let block = s.plain().block();
                let id = s.next_message()?;
                let mut frame = RawFrame::headers(id, block).end_stream();
                if priority {
                    frame = frame.with_priority(fields(0, 255, true));
                }
                if let Some(pad) = pad {
                    frame = frame.padded(pad);
                }
                s.send(&frame);
                s.served(id)
            },
        );
    }
}

fn fields(dependency: u32, weight: u8, exclusive: bool) -> PriorityFields {
    PriorityFields {
        exclusive,
        dependency,
        weight,
    }
}

fn priority(c: &mut Chapter<'_>) {
    c.fatal(
        Both,
        "stream-0",
        "PRIORITY on stream 0 is a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |_| vec![RawFrame::priority(0, fields(1, 1, false))],
    );
    for length in [0, 4, 6] {
        c.wounds(
            Both,
            &format!("length-{length}"),
            "PRIORITY of a length other than five is a stream error FRAME_SIZE_ERROR",
            code::FRAME_SIZE_ERROR,
            move |id| vec![RawFrame::new(kind::PRIORITY, 0, id, vec![0; length])],
        );
    }
    c.must(
        Both,
        "length-on-an-idle-stream",
        "PRIORITY of a length other than five is an error FRAME_SIZE_ERROR; an idle stream cannot be reset",
        |s| {
            s.start()?;
            let id = s.idle();
            s.send(&RawFrame::new(kind::PRIORITY, 0, id, vec![0; 4]));
            s.judge(Expect::any([
                Scope::Connection(code::FRAME_SIZE_ERROR),
                Scope::Stream(id, code::FRAME_SIZE_ERROR),
            ]))
        },
    );
    for (name, made) in [
        ("lightest", fields(0, 0, false)),
        ("heaviest", fields(0, 255, false)),
        ("on-a-dependency", fields(1001, 15, false)),
        ("exclusive", fields(0, 15, true)),
    ] {
        c.harmless(
            Both,
            &format!("valid-{name}"),
            "PRIORITY is no error, whatever its fields",
            move |id| {
                vec![
                    RawFrame::priority(id, made),
                    RawFrame::priority(id + 100, made),
                ]
            },
        );
    }
    c.should(
        Both,
        "depending-on-itself",
        "A dependency on itself was an error in RFC 7540; RFC 9113 knows none",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::priority(id, fields(id, 15, false)));
            s.ignored()
        },
    );
    c.must(
        Server,
        "idle-then-a-lower-stream",
        "PRIORITY opens nothing: a stream below the one it names can still be opened",
        |s| {
            s.start()?;
            let id = s.idle();
            s.send(&RawFrame::priority(id + 10, fields(0, 15, false)));
            let lower = s.get();
            s.served(lower)
        },
    );
}

fn reset(c: &mut Chapter<'_>) {
    c.fatal(
        Both,
        "stream-0",
        "RST_STREAM on stream 0 is a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |_| vec![RawFrame::rst_stream(0, code::CANCEL)],
    );
    c.must(
        Both,
        "idle",
        "RST_STREAM on an idle stream is a connection error PROTOCOL_ERROR",
        |s| {
            s.start()?;
            let id = s.idle();
            s.send(&RawFrame::rst_stream(id, code::CANCEL));
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
    for length in [0, 3, 5] {
        c.fatal(
            Both,
            &format!("length-{length}"),
            "RST_STREAM of a length other than four is a connection error FRAME_SIZE_ERROR",
            code::FRAME_SIZE_ERROR,
            move |id| vec![RawFrame::new(kind::RST_STREAM, 0, id, vec![0; length])],
        );
    }
    c.must_not(
        Server,
        "nothing-afterwards",
        "After RST_STREAM came, nothing more is sent on the stream",
        |s| {
            s.start_with(&[(setting::INITIAL_WINDOW_SIZE, 0)])?;
            let id = s.stuck_get()?;
            s.send(&RawFrame::rst_stream(id, code::CANCEL));
            s.ping()?;
            s.send(&RawFrame::window_update(id, 100));
            s.settle();
            if let Some(item) = s.peer.find(|item| item.stream() == id) {
                return Ok(Outcome::violation("nothing on the stream", item.summary()));
            }
            s.ignored()
        },
    );
    c.must_not(
        Client,
        "nothing-afterwards",
        "After RST_STREAM came, nothing more is sent on the stream",
        |s| {
            s.start()?;
            let id = s.hold_upload()?;
            s.send(&RawFrame::rst_stream(id, code::CANCEL));
            s.ping()?;
            let _ = s.wish(Wish::End(id));
            s.settle();
            if let Some(item) = s.peer.find(|item| item.stream() == id) {
                return Ok(Outcome::violation("nothing on the stream", item.summary()));
            }
            s.ignored()
        },
    );
}
