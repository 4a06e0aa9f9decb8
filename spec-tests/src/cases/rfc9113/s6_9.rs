//! WINDOW_UPDATE and the windows (RFC 9113 6.9).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    frame(&mut book.section("rfc9113", "6.9"));
    overflow(&mut book.section("rfc9113", "6.9.1"));
    windows(&mut book.section("rfc9113", "6.9.1"));
    initial(&mut book.section("rfc9113", "6.9.2"));
}

fn frame(c: &mut Chapter<'_>) {
    c.fatal(
        Both,
        "zero-on-the-connection",
        "An increment of 0 for the connection is a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |_| vec![RawFrame::window_update(0, 0)],
    );
    c.wounds(
        Both,
        "zero-on-a-stream",
        "An increment of 0 for a stream is a stream error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |id| vec![RawFrame::window_update(id, 0)],
    );
    c.wounds(
        Both,
        "zero-but-for-the-reserved-bit",
        "The reserved bit is ignored: an increment of 0 below it is one of 0",
        code::PROTOCOL_ERROR,
        |id| vec![RawFrame::window_update(id, 0x8000_0000)],
    );
    for (name, state) in [
        ("closed", State::Ended),
        ("closed-by-their-reset", State::ResetByPeer),
        ("closed-by-our-reset", State::ResetBySelf),
    ] {
        c.must_not(
            Both,
            &format!("on-a-stream-{name}"),
            "WINDOW_UPDATE on a closed stream is no error, not even with an increment of 0 or an overflow",
            move |s| {
                let id = s.start_in(state)?;
                s.send(&RawFrame::window_update(id, 1));
                s.send(&RawFrame::window_update(id, 0x7fff_ffff));
                s.ignored()
            },
        );
    }
    for length in [0, 3, 5] {
        c.fatal(
            Both,
            &format!("length-{length}"),
            "WINDOW_UPDATE of a length other than four is a connection error FRAME_SIZE_ERROR",
            code::FRAME_SIZE_ERROR,
            move |_| vec![RawFrame::new(kind::WINDOW_UPDATE, 0, 0, vec![1; length])],
        );
        c.fatal(
            Both,
            &format!("length-{length}-on-a-stream"),
            "WINDOW_UPDATE of a length other than four is a connection error FRAME_SIZE_ERROR",
            code::FRAME_SIZE_ERROR,
            move |id| vec![RawFrame::new(kind::WINDOW_UPDATE, 0, id, vec![1; length])],
        );
    }
    c.harmless(
        Both,
        "valid",
        "WINDOW_UPDATE for the connection and for a stream is taken",
        |id| {
            vec![
                RawFrame::window_update(0, 1),
                RawFrame::window_update(id, 1),
            ]
        },
    );
    c.must(
        Both,
        "frames-in-error-still-count",
        "DATA of streams that fail count against the connection's window, and the credit returns",
        |s| {
            // The least that a connection can have, where the application can be told: it must return twice.
            let _ = s.wish(Wish::Windows(65_535));
            s.start()?;
            for round in 0..12 {
                if s.peer.may_send(0) < 16_384 {
                    s.settle();
                }
                if s.peer.may_send(0) < 16_384 {
                    return Ok(Outcome::violation("credit for the connection", "none"));
                }
                let data = |id| RawFrame::data(id, vec![0; 16_384]);
                // DATA after the error, and DATA that are the error.
                let (id, late) = if round < 6 {
                    let id = s.exchange()?;
                    let bad = BlockWriter::fields(&[("X-Upper", "1")]).build();
                    s.send(&RawFrame::headers(id, bad).end_stream());
                    (id, true)
                } else {
                    let fields = s.plain_with_content().add("content-length", "1");
                    let id = s.message(&fields, false)?;
                    s.send(&data(id));
                    (id, false)
                };
                let reset = s.malformed_only(id)?;
                if reset.verdict != Verdict::Exact {
                    return Ok(reset);
                }
                if late {
                    s.send(&data(id));
                }
            }
            s.ignored()
        },
    );
}

fn overflow(c: &mut Chapter<'_>) {
    const MOST: u32 = 0x7fff_ffff;
    c.fatal(
        Both,
        "overflow-connection",
        "Credit that lifts the connection's window above 2^31-1 is a connection error FLOW_CONTROL_ERROR",
        code::FLOW_CONTROL_ERROR,
        |_| vec![RawFrame::window_update(0, MOST)],
    );
    c.fatal(
        Both,
        "overflow-connection-in-steps",
        "Credit that lifts the connection's window above 2^31-1 step by step is a connection error FLOW_CONTROL_ERROR",
        code::FLOW_CONTROL_ERROR,
        |_| vec![RawFrame::window_update(0, MOST / 2); 3],
    );
    for (name, count, increment) in [("stream", 1, MOST), ("stream-in-steps", 3, MOST / 2)] {
        c.must(
            Both,
            &format!("overflow-{name}"),
            "Credit that lifts a stream's window above 2^31-1 is a stream error FLOW_CONTROL_ERROR",
            move |s| {
                s.start()?;
                let id = s.receiver()?;
                s.send_all(&vec![RawFrame::window_update(id, increment); count]);
                s.stream_error(id, code::FLOW_CONTROL_ERROR)
            },
        );
    }
    c.must(
        Both,
        "largest-window",
        "Windows of exactly 2^31-1 are legal",
        |s| {
            s.start()?;
            let id = s.receiver()?;
            let window = s.peer.may_receive(id);
            s.send(&RawFrame::window_update(id, MOST - window as u32));
            s.ignored()
        },
    );
}

fn windows(c: &mut Chapter<'_>) {
    c.must_not(
        Server,
        "window-of-1",
        "DATA keep to the stream's window: with one of 1 exactly one octet comes",
        |s| {
            s.start_alone(&[(setting::INITIAL_WINDOW_SIZE, 1)])?;
            let id = s.get();
            s.first_data(id, 1)
        },
    );
    c.must_not(
        Client,
        "window-of-1",
        "DATA keep to the stream's window: with one of 1 exactly one octet comes",
        |s| {
            s.start_alone(&[(setting::INITIAL_WINDOW_SIZE, 1)])?;
            let id = s.ask(Wish::Upload(100))?.stream;
            let (octets, ended) = s.data_so_far(id);
            if octets != 1 && !s.obeys() && s.peer.fault().is_none() {
                return Err(Outcome::skipped(
                    "its content came before it knew the window",
                ));
            }
            if octets != 1 || ended {
                return Ok(Outcome::violation("one octet", format!("{octets} octets")));
            }
            s.send(&RawFrame::window_update(id, 1000));
            match s.data_so_far(id) {
                (99, true) => Ok(Outcome::exact("one octet, then the others")),
                (octets, _) => Ok(Outcome::violation("99 octets", octets.to_string())),
            }
        },
    );
    c.must(
        Server,
        "empty-data-at-no-window",
        "Without a window heads, trailers and an empty DATA frame with END_STREAM can still be sent",
        |s| {
            s.start_alone(&[(setting::INITIAL_WINDOW_SIZE, 0)])?;
            let head = s.head("HEAD");
            let id = s.open(&head, true);
            let item = s.demand("the head of a response", |item| item.stream() == id)?;
            if s.wish(Wish::Body(0)).is_err() || s.wish(Wish::Trailers).is_err() {
                return Ok(Outcome::exact(item.summary()));
            }
            let id = s.get();
            let expected = "a head and trailers";
            let item = s.demand(expected, |item| {
                matches!(item, Received::Headers(head) if head.stream == id && head.end_stream)
            })?;
            Ok(Outcome::exact(item.summary()))
        },
    );
    c.must_not(
        Server,
        "connection-window",
        "DATA of all streams together keep to the connection's window",
        |s| {
            s.start_alone(&[(setting::INITIAL_WINDOW_SIZE, 0x7fff_ffff)])?;
            for _ in 0..3 {
                s.wish(Wish::Body(40_000))?;
                s.get();
            }
            s.settle();
            let expected = "65 535 octets in all";
            match (s.peer.fault(), s.peer.may_receive(0)) {
                (Some(fault), _) => Ok(Outcome::violation(expected, fault.to_string())),
                (None, 0) => Ok(Outcome::exact(expected)),
                (None, left) => {
                    let came = format!("{} octets", 65_535 - left);
                    Ok(Outcome::violation(expected, came))
                }
            }
        },
    );
    c.must(
        Both,
        "data-beyond-the-stream-window",
        "DATA beyond the window given for a stream are a stream error FLOW_CONTROL_ERROR",
        |s| {
            s.wish(Wish::Windows(20_000))?;
            s.start_alone(&[])?;
            s.wish(Wish::Hold)?;
            let id = s.exchange()?;
            s.send(&RawFrame::data(id, vec![0; 16_384]));
            s.send(&RawFrame::data(id, vec![0; 16_384]));
            s.stream_error(id, code::FLOW_CONTROL_ERROR)
        },
    );
    c.must(
        Both,
        "data-beyond-the-connection-window",
        "DATA beyond the connection's window are a connection error FLOW_CONTROL_ERROR",
        |s| {
            // One frame that is too long by itself: frames in a row may meet credit for those before.
            s.wish(Wish::StreamWindows(100_000))?;
            s.wish(Wish::FrameSize(100_000))?;
            s.start_alone(&[])?;
            let id = s.exchange()?;
            s.send(&RawFrame::data(id, vec![0; 65_536]));
            s.connection_error(code::FLOW_CONTROL_ERROR)
        },
    );
    c.must(
        Both,
        "data-in-the-window",
        "DATA that fill the window to the last octet are taken",
        |s| {
            s.wish(Wish::Windows(16_384))?;
            s.start_alone(&[])?;
            s.wish(Wish::Hold)?;
            let id = s.exchange()?;
            s.send(&RawFrame::data(id, vec![0; 16_384]));
            s.send(&RawFrame::data(id, ""));
            s.ignored()
        },
    );
}

fn initial(c: &mut Chapter<'_>) {
    c.must(
        Server,
        "raised-while-open",
        "A change of SETTINGS_INITIAL_WINDOW_SIZE changes the windows of open streams",
        |s| {
            s.start_alone(&[(setting::INITIAL_WINDOW_SIZE, 0)])?;
            let id = s.stuck_get()?;
            s.send(&RawFrame::settings(&[(setting::INITIAL_WINDOW_SIZE, 1)]));
            s.first_data(id, 1)
        },
    );
    c.must(
        Server,
        "negative-window",
        "A window may become negative: DATA wait until it is positive again",
        |s| {
            s.start_alone(&[(setting::INITIAL_WINDOW_SIZE, 3)])?;
            let id = s.get();
            let (octets, _) = s.data_so_far(id);
            if octets != 3 {
                return Ok(Outcome::violation("3 octets", octets.to_string()));
            }
            s.send(&RawFrame::settings(&[(setting::INITIAL_WINDOW_SIZE, 2)]));
            s.send(&RawFrame::window_update(id, 1)); // now 0
            let (octets, _) = s.data_so_far(id);
            if octets != 0 {
                return Ok(Outcome::violation(
                    "nothing at a window of 0",
                    octets.to_string(),
                ));
            }
            s.send(&RawFrame::window_update(id, 2));
            s.first_data(id, 2)
        },
    );
    c.must(
        Both,
        "overflow-by-a-change",
        "A change of SETTINGS_INITIAL_WINDOW_SIZE that lifts a window above 2^31-1 is a connection error FLOW_CONTROL_ERROR",
        |s| {
            s.start()?;
            let id = s.receiver()?;
            let window = s.peer.may_receive(id);
            s.send(&RawFrame::window_update(id, 0x7fff_ffff - window as u32));
            s.send(&RawFrame::settings(&[(setting::INITIAL_WINDOW_SIZE, 65_536)]));
            s.connection_error(code::FLOW_CONTROL_ERROR)
        },
    );
    c.must(
        Server,
        "connection-window-unchanged",
        "SETTINGS_INITIAL_WINDOW_SIZE does not change the connection's window",
        |s| {
            s.start_alone(&[(setting::INITIAL_WINDOW_SIZE, 0x7fff_ffff)])?;
            s.wish(Wish::Body(60_000))?;
            let first = s.get();
            s.data_so_far(first);
            s.wish(Wish::Body(60_000))?;
            let second = s.get();
            let (octets, _) = s.data_so_far(second);
            match octets {
                5535 => Ok(Outcome::exact("5535 octets of the second")),
                other => Ok(Outcome::violation(
                    "5535 octets of the second",
                    other.to_string(),
                )),
            }
        },
    );
}
