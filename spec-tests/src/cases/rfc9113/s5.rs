//! Identifiers, concurrency, errors and extension points (RFC 9113 5.1.1 to 5.5).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    identifiers(&mut book.section("rfc9113", "5.1.1"));
    concurrency(&mut book.section("rfc9113", "5.1.2"));
    flow(&mut book.section("rfc9113", "5.2.1"));
    errors(&mut book.section("rfc9113", "5.4"));
    connection_errors(&mut book.section("rfc9113", "5.4.1"));
    stream_errors(&mut book.section("rfc9113", "5.4.2"));
    extensions(&mut book.section("rfc9113", "5.5"));
}

fn identifiers(c: &mut Chapter<'_>) {
    c.must(
        Server,
        "even",
        "A client that opens a stream with an even identifier makes a connection error PROTOCOL_ERROR",
        |s| {
            s.start()?;
            let block = s.plain().block();
            s.send(&RawFrame::headers(1002, block).end_stream());
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
    c.must(
        Server,
        "smaller",
        "A new stream with a smaller identifier than one before it is a connection error PROTOCOL_ERROR",
        |s| {
            s.start()?;
            let skipped = s.take_id();
            let id = s.get();
            s.answer(id)?;
            let block = s.plain().block();
            s.send(&RawFrame::headers(skipped, block).end_stream());
            let mut expect = Expect::connection(code::PROTOCOL_ERROR);
            // Its state is "closed": 5.1 allows that answer as well.
            expect.scopes.push(Scope::Connection(code::STREAM_CLOSED));
            s.judge(expect)
        },
    );
    c.must(Server, "gaps", "Identifiers may be skipped", |s| {
        s.start()?;
        for _ in 0..50 {
            s.take_id();
        }
        let id = s.get();
        s.served(id)
    });
    c.must(
        Server,
        "largest",
        "The largest identifier, 2^31-1, opens a stream",
        |s| {
            s.start()?;
            let block = s.plain().block();
            s.send(&RawFrame::headers(0x7fff_ffff, block).end_stream());
            s.answer(0x7fff_ffff)?;
            // No other can follow: the connection only has to be there.
            s.ping()?;
            Ok(Outcome::exact("the request is answered"))
        },
    );
    c.must(
        Client,
        "odd-and-rising",
        "A client's streams have odd identifiers, each above all before it",
        |s| {
            s.start()?;
            let mut last = 0;
            for _ in 0..3 {
                let head = s.ask(Wish::Get)?;
                if head.stream % 2 == 0 || head.stream <= last {
                    return Ok(Outcome::violation(
                        "odd and rising",
                        head.stream.to_string(),
                    ));
                }
                last = head.stream;
                s.respond(last, "200", true);
            }
            Ok(Outcome::exact("odd and rising"))
        },
    );
    c.must(
        Client,
        "response-to-nobody",
        "A response on a stream that the client did not open is a connection error PROTOCOL_ERROR",
        |s| {
            s.start()?;
            s.exchange()?;
            s.respond(101, "200", true);
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
}

fn concurrency(c: &mut Chapter<'_>) {
    c.must(
        Server,
        "limit-exceeded",
        "A stream beyond SETTINGS_MAX_CONCURRENT_STREAMS is a stream error PROTOCOL_ERROR or REFUSED_STREAM",
        |s| {
            let settings = s.start_alone(&[(setting::INITIAL_WINDOW_SIZE, 0)])?;
            let limit = settings
                .iter()
                .rfind(|entry| entry.0 == setting::MAX_CONCURRENT_STREAMS)
                .map(|entry| entry.1);
            let Some(limit) = limit.filter(|&limit| limit <= 2000) else {
                return Err(Outcome::skipped(format!("its limit is {limit:?}")));
            };
            for _ in 0..limit {
                s.stuck_get()?;
            }
            let over = s.get();
            let expect = Expect::any([
                Scope::Stream(over, code::REFUSED_STREAM),
                Scope::Stream(over, code::PROTOCOL_ERROR),
            ]);
            // The others live on: one of them is let end, and makes room.
            let first = 1;
            let refused = s.demand("RST_STREAM", |item| {
                matches!(item, Received::Rst { .. } | Received::GoAway { .. })
            })?;
            let (verdict, came) = match refused {
                Received::Rst { stream, code } => (expect.on_reset(stream, code).0, refused),
                Received::GoAway { code, .. } => (expect.on_goaway(code).0, refused),
                other => (Verdict::Violation, other),
            };
            if verdict == Verdict::Exact {
                s.answer(first)?;
                let next = s.get();
                s.answer(next)?;
            }
            Ok(Outcome::new(verdict, expect.to_string(), came.summary()))
        },
    );
    c.must_not(
        Client,
        "limit-obeyed",
        "A client opens no stream beyond the server's SETTINGS_MAX_CONCURRENT_STREAMS",
        |s| {
            s.start_alone(&[(setting::MAX_CONCURRENT_STREAMS, 1)])?;
            let head = s.ask(Wish::Get)?;
            let expected = "no second stream while the first is open";
            // A second one must wait. The peer itself judges what opens after the acknowledgement; requests that
            // came before it are no fault.
            let asked = s.wish(Wish::Get).is_ok();
            s.settle();
            if let Some(fault) = s.peer.fault() {
                return Ok(Outcome::violation(expected, fault.to_string()));
            }
            let more = s.peer.find(|item| matches!(item, Received::Headers(_)));
            match (asked, more) {
                (true, Some(item)) => return Ok(Outcome::violation(expected, item.summary())),
                (false, Some(_)) => {
                    return Err(Outcome::skipped(
                        "its requests came before it knew the limit",
                    ));
                }
                (_, None) => {}
            }
            s.respond(head.stream, "200", true);
            if asked {
                s.request()?;
                s.ping()?;
            }
            Ok(Outcome::exact(expected))
        },
    );
    c.must(
        Server,
        "closed-make-room",
        "Streams that are closed, by END_STREAM or by reset, no longer count",
        |s| {
            let settings = s.start()?;
            let limit = settings
                .iter()
                .rfind(|entry| entry.0 == setting::MAX_CONCURRENT_STREAMS)
                .map_or(100, |entry| entry.1.min(100));
            for i in 0..limit + 10 {
                if i % 10 == 9 {
                    let id = s.post();
                    s.send(&RawFrame::rst_stream(id, code::CANCEL));
                } else {
                    let id = s.get();
                    s.answer(id)?;
                }
            }
            s.ignored()
        },
    );
}

fn flow(c: &mut Chapter<'_>) {
    c.must(
        Server,
        "limits-respected",
        "A sender keeps to the windows of the stream and of the connection",
        |s| {
            s.wish(Wish::Body(60_000)).or_else(|skip| {
                if s.role() == Role::Server {
                    Ok(())
                } else {
                    Err(skip)
                }
            })?;
            s.start_with(&[(setting::INITIAL_WINDOW_SIZE, 10)])?;
            let id = s.get();
            s.settle(); // the peer judges every DATA frame by the windows it gave
            s.send(&RawFrame::window_update(id, 7));
            s.settle();
            if let Some(fault) = s.peer.fault() {
                let came = fault.to_string();
                return Ok(Outcome::violation("DATA within the windows", came));
            }
            s.ignored()
        },
    );
}

fn errors(c: &mut Chapter<'_>) {
    c.should(
        Both,
        "one-error-each",
        "However many frames of a stream are wrong, at most one stream error comes of it",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            let bad = BlockWriter::fields(&[("X-Upper", "1")]).build();
            s.send(&RawFrame::headers(id, bad.clone()).end_stream());
            s.send(&RawFrame::window_update(id, 0));
            s.send(&RawFrame::data(id, "more"));
            let first = s.malformed(id)?;
            if s.wait_for(|item| matches!(item, Received::Rst { .. }))
                .is_some()
            {
                return Ok(Outcome::violation("one RST_STREAM", "a second one"));
            }
            Ok(first)
        },
    );
}

fn connection_errors(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "closes",
        "After a GOAWAY with an error the transport ends",
        |s| {
            s.start()?;
            s.send(&RawFrame::ping(*b"too long").extended(b"!"));
            s.connection_error(code::FRAME_SIZE_ERROR)
        },
    );
    c.should(
        Both,
        "goaway-first",
        "GOAWAY comes before the end, and names the last stream that was received",
        |s| {
            s.start()?;
            let id = match s.role() {
                Role::Server => {
                    let id = s.get();
                    s.answer(id)?;
                    id
                }
                Role::Client => 0, // the server has opened none
            };
            s.send(&RawFrame::ping(*b"too long").extended(b"!"));
            let expected = format!("GOAWAY with last stream {id}");
            match s.wait_for(|item| matches!(item, Received::GoAway { .. })) {
                Some(Received::GoAway { last_stream, .. }) if last_stream == id => {
                    Ok(Outcome::exact(expected))
                }
                Some(other) => Ok(Outcome::violation(expected, other.summary())),
                None => Ok(s.missing(&expected)),
            }
        },
    );
    c.must(
        Both,
        "inert-afterwards",
        "What comes after a connection error is not acted upon",
        |s| {
            s.start()?;
            s.send(&RawFrame::ping(*b"too long").extended(b"!"));
            s.send(&RawFrame::ping(*b"ignored!"));
            let expected = "no answer to the PING after the error";
            let over = s.settle();
            let answer = |item: &Received| *item == Received::PingAck(*b"ignored!");
            if let Some(item) = s.peer.find(answer) {
                return Ok(Outcome::violation(expected, item.summary()));
            }
            if over || s.closes() {
                return Ok(Outcome::exact(expected));
            }
            Ok(Outcome::violation(expected, "no error: it stays open"))
        },
    );
}

fn stream_errors(c: &mut Chapter<'_>) {
    c.must_not(
        Both,
        "no-reset-for-a-reset",
        "RST_STREAM is not answered with RST_STREAM",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::rst_stream(id, code::CANCEL));
            s.send(&RawFrame::rst_stream(id, code::CANCEL));
            s.ignored()
        },
    );
    c.must(
        Both,
        "frames-under-way",
        "After a reset of its own an endpoint takes whatever was under way, and answers nothing",
        |s| {
            let id = s.start_in(State::ResetBySelf)?;
            let block = BlockWriter::fields(&[("x-late", "1")]).build();
            s.send(&RawFrame::data(id, "late"));
            s.send(&RawFrame::window_update(id, 1));
            s.send(&RawFrame::headers(id, block).end_stream());
            s.send(&RawFrame::rst_stream(id, code::CANCEL));
            s.ignored()
        },
    );
}

fn extensions(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "unknown-everywhere",
        "Unknown frame types, settings and error codes are ignored",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::new(0xbe, 0xff, 0, vec![1; 100]));
            s.send(&RawFrame::new(0xbe, 0xff, id, vec![]));
            s.send(&RawFrame::settings(&[
                (0xf0f0, 7),
                (0, 1),
                (0xffff, u32::MAX),
            ]));
            s.send(&RawFrame::rst_stream(id, 0xdead_beef));
            s.ignored()
        },
    );
    c.must(
        Both,
        "unknown-inside-a-block",
        "A frame of an unknown type inside a field block is a connection error PROTOCOL_ERROR",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            let block = BlockWriter::fields(&[("x-trailer", "1")]).build();
            s.send(&RawFrame::headers(id, block).end_stream().unfinished());
            s.send(&RawFrame::new(0xbe, 0, id, vec![]));
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
    c.must(
        Both,
        "known-only-by-name",
        "ALTSVC, ORIGIN and their like are taken or ignored, but are no error",
        |s| {
            s.start()?;
            s.send(&RawFrame::new(kind::ALTSVC, 0, 0, b"\0\x01ah2".to_vec()));
            s.send(&RawFrame::new(kind::ORIGIN, 0, 0, b"\0\x01a".to_vec()));
            s.ignored()
        },
    );
}
