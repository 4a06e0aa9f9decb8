//! PING, GOAWAY, CONTINUATION, and error codes (RFC 9113 6.7, 6.8, 6.10, 7).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    ping(&mut book.section("rfc9113", "6.7"));
    goaway_frame(&mut book.section("rfc9113", "6.8"));
    goaway_received(&mut book.section("rfc9113", "6.8"));
    shutdown(&mut book.section("rfc9113", "6.8"));
    continuation(&mut book.section("rfc9113", "6.10"));
    codes(&mut book.section("rfc9113", "7"));
}

fn ping(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "answered",
        "PING is answered with ACK and the same payload",
        |s| {
            s.start()?;
            for payload in [*b"12345678", [0; 8], [0xff; 8]] {
                s.send(&RawFrame::ping(payload));
                s.demand("the same payload back", |item| {
                    *item == Received::PingAck(payload)
                })?;
            }
            s.ignored()
        },
    );
    c.must_not(
        Both,
        "answer-not-answered",
        "PING with ACK is not answered",
        |s| {
            s.start()?;
            s.send(&RawFrame::ping_ack(*b"unasked!"));
            s.settle();
            if let Some(item) = s.peer.find(
                |item| matches!(item, Received::Ping(p) | Received::PingAck(p) if p == b"unasked!"),
            ) {
                return Ok(Outcome::violation("no answer", item.summary()));
            }
            s.ignored()
        },
    );
    for stream in [1, 2, 101] {
        c.must(
            Both,
            &format!("on-stream-{stream}"),
            "PING on a stream is a connection error PROTOCOL_ERROR",
            move |s| {
                s.start()?;
                s.send(&RawFrame::ping([1; 8]).on(stream));
                s.connection_error(code::PROTOCOL_ERROR)
            },
        );
    }
    for length in [0, 7, 9] {
        c.must(
            Both,
            &format!("length-{length}"),
            "PING of a length other than eight is a connection error FRAME_SIZE_ERROR",
            move |s| {
                s.start()?;
                s.send(&RawFrame::new(kind::PING, 0, 0, vec![0; length]));
                s.connection_error(code::FRAME_SIZE_ERROR)
            },
        );
    }
    c.must(
        Both,
        "own-ping",
        "An endpoint's own PING is in order, and takes the answer",
        |s| {
            s.start()?;
            s.wish(Wish::Ping(*b"rtt?rtt?"))?;
            s.demand("a PING", |item| *item == Received::Ping(*b"rtt?rtt?"))?;
            s.ignored()
        },
    );
}

fn goaway_frame(c: &mut Chapter<'_>) {
    c.fatal(
        Both,
        "on-a-stream",
        "GOAWAY on a stream is a connection error PROTOCOL_ERROR",
        code::PROTOCOL_ERROR,
        |id| vec![RawFrame::goaway(0, code::NO_ERROR, b"").on(id)],
    );
    for length in [0, 4, 7] {
        c.fatal(
            Both,
            &format!("length-{length}"),
            "GOAWAY shorter than eight octets is a connection error FRAME_SIZE_ERROR",
            code::FRAME_SIZE_ERROR,
            move |_| vec![RawFrame::new(kind::GOAWAY, 0, 0, vec![0; length])],
        );
    }
}

fn goaway_received(c: &mut Chapter<'_>) {
    c.must(
        Server,
        "open-streams-are-served",
        "After a client's GOAWAY the streams that it opened before are served to their end",
        |s| {
            s.start_alone(&[])?;
            let id = s.post();
            s.send(&RawFrame::goaway(0, code::NO_ERROR, b"with debug data"));
            s.send(&RawFrame::data(id, "content").end_stream());
            let answer = s.answer(id)?;
            Ok(success(&answer))
        },
    );
    c.must(
        Client,
        "open-streams-are-finished",
        "After a server's GOAWAY the streams up to the last one that it names go on",
        |s| {
            s.start_alone(&[])?;
            let id = s.exchange()?;
            s.send(&RawFrame::goaway(id, code::NO_ERROR, b"maintenance"));
            s.send(&RawFrame::data(id, "content").end_stream());
            s.settle();
            let expected = "the response is complete, the stream not reset";
            if let Some(item) = s.peer.find(|item| matches!(item, Received::Rst { .. })) {
                return Ok(Outcome::violation(expected, item.summary()));
            }
            match s.told(id) {
                Told::Complete | Told::Unknown => Ok(Outcome::exact(expected)),
                other => Ok(Outcome::violation(expected, format!("{other:?}"))),
            }
        },
    );
    c.must_not(
        Client,
        "no-more-requests",
        "After GOAWAY came, a client opens no more streams on the connection",
        |s| {
            s.start_alone(&[])?;
            let id = s.exchange()?;
            s.forget_requests();
            s.send(&RawFrame::goaway(id, code::NO_ERROR, b""));
            s.settle();
            let _ = s.wish(Wish::Get);
            s.settle();
            match s.peer.find(|item| matches!(item, Received::Headers(_))) {
                Some(item) => Ok(Outcome::violation("no request", item.summary())),
                None => Ok(Outcome::exact("no request")),
            }
        },
    );
    c.must(
        Client,
        "unprocessed-streams-end",
        "Streams above the last one that GOAWAY names are given up",
        |s| {
            s.start_alone(&[])?;
            let first = s.exchange()?;
            let second = s.ask(Wish::Get)?.stream;
            s.send(&RawFrame::goaway(first, code::NO_ERROR, b""));
            s.send(&RawFrame::data(first, "content").end_stream());
            s.settle();
            match (s.told(first), s.told(second)) {
                (Told::Complete, Told::Failed) | (Told::Unknown, _) => Ok(Outcome::exact(
                    "the first is complete, the second has failed",
                )),
                told => Ok(Outcome::violation(
                    "the first is complete, the second has failed",
                    format!("{told:?}"),
                )),
            }
        },
    );
}

/// Whether the request was served, not only answered.
fn success(answer: &Answer) -> Outcome {
    let came = format!("an answer with status {}", answer.status());
    match answer.status() {
        200..=299 => Outcome::exact(came),
        _ => Outcome::violation("an answer with status 2xx", came),
    }
}

fn shutdown(c: &mut Chapter<'_>) {
    c.should(
        Server,
        "two-steps",
        "A graceful shutdown starts with GOAWAY for 2^31-1; a second one names the last stream, and lets it end",
        |s| {
            s.start()?;
            s.wish(Wish::Shutdown)?;
            let id = s.get(); // it was under way
            let first = s.demand("GOAWAY", |item| matches!(item, Received::GoAway { .. }))?;
            s.answer(id)?;
            let second = s.demand("another GOAWAY", |item| matches!(item, Received::GoAway { .. }))?;
            let right = matches!(first, Received::GoAway { last_stream: 0x7fff_ffff, code: 0, .. })
                && matches!(second, Received::GoAway { last_stream, code: 0, .. } if last_stream == id);
            let came = format!("{}; {}", first.summary(), second.summary());
            if !right {
                return Ok(Outcome::violation("2^31-1, then the last stream", came));
            }
            if let Some(sibling) = s.sibling.take() {
                s.send(&RawFrame::data(sibling, "the end").end_stream());
                s.answer(sibling)?;
            }
            match s.closes() {
                true => Ok(Outcome::exact(came)),
                false => Ok(Outcome::violation("the end of the transport", "it stays open")),
            }
        },
    );
    c.must(
        Server,
        "discarded-streams-keep-the-table",
        "After GOAWAY, blocks and DATA of streams that are ignored still count",
        |s| {
            s.start_alone(&[])?;
            let open = s.post();
            s.wish(Wish::Shutdown)?;
            for _ in 0..2 {
                s.demand("GOAWAY", |item| matches!(item, Received::GoAway { .. }))?;
            }
            let ignored = s.take_id();
            let mut block = s.plain().block();
            block.extend(BlockWriter::new().incremental("x-kept", "kept").build());
            s.send(&RawFrame::headers(ignored, block));
            s.pour(ignored, 40_000, || RawFrame::data(ignored, vec![0; 10_000]))?;
            s.send(&RawFrame::data(ignored, "").end_stream());
            let trailers = BlockWriter::new().indexed(62).build();
            s.send(&RawFrame::headers(open, trailers).end_stream());
            let answer = s.answer(open)?;
            let noticed = |item: &Received| {
                item.stream() == ignored && !matches!(item, Received::WindowUpdate { .. })
            };
            if let Some(item) = s.peer.find(noticed) {
                return Ok(Outcome::violation(
                    "nothing on the ignored stream",
                    item.summary(),
                ));
            }
            Ok(success(&answer))
        },
    );
    c.should(
        Both,
        "goaway-before-the-end",
        "An endpoint that closes a connection sends GOAWAY first",
        |s| {
            s.start_alone(&[])?;
            s.wish(Wish::Shutdown)?;
            s.demand("GOAWAY", |item| {
                matches!(item, Received::GoAway { code: 0, .. })
            })?;
            match s.closes() {
                true => Ok(Outcome::exact("GOAWAY NO_ERROR, then the end")),
                false => Ok(Outcome::violation("the end", "it stays open")),
            }
        },
    );
    c.should(
        Both,
        "goaway-after-theirs",
        "After a GOAWAY of the peer's the own one comes before the end",
        |s| {
            s.start_alone(&[])?;
            s.send(&RawFrame::goaway(0, code::NO_ERROR, b""));
            let expected = "GOAWAY, then the end";
            let goaway = s.wait_for(|item| matches!(item, Received::GoAway { .. }));
            match (goaway, s.closes()) {
                (Some(_), true) => Ok(Outcome::exact(expected)),
                (Some(_), false) => Ok(Outcome::violation(expected, "it stays open")),
                (None, true) => Ok(Outcome::violation(expected, "the end alone")),
                (None, false) => Err(Outcome::skipped("it does not close for a GOAWAY")),
            }
        },
    );
}

fn continuation(c: &mut Chapter<'_>) {
    let trailer = || BlockWriter::fields(&[("x-trailer", "1")]).build();
    c.must(
        Both,
        "many",
        "A block may go on in any number of CONTINUATION frames, also empty ones",
        |s| {
            s.start()?;
            let block = s.plain().block();
            let id = s.next_message()?;
            let half = block.len() / 2;
            let frame = RawFrame::headers(id, block).end_stream();
            s.send_all(&frame.split(&[0, 1, half, 0, 1]));
            s.served(id)
        },
    );
    type Frames = fn(u32, Vec<u8>) -> Vec<RawFrame>;
    let wrong: [(&str, Frames); 8] = [
        ("stream-0", |id, block| {
            vec![
                RawFrame::headers(id, block.clone())
                    .end_stream()
                    .unfinished(),
                RawFrame::continuation(0, block),
            ]
        }),
        ("without-a-block", |id, block| {
            vec![RawFrame::continuation(id, block)]
        }),
        ("without-a-block-stream-0", |_, block| {
            vec![RawFrame::continuation(0, block)]
        }),
        ("after-end-headers", |id, block| {
            vec![
                RawFrame::headers(id, block.clone()).end_stream(),
                RawFrame::continuation(id, block),
            ]
        }),
        ("after-the-last-continuation", |id, block| {
            vec![
                RawFrame::headers(id, block.clone())
                    .end_stream()
                    .unfinished(),
                RawFrame::continuation(id, block.clone()),
                RawFrame::continuation(id, block),
            ]
        }),
        ("after-data", |id, block| {
            vec![
                RawFrame::data(id, "data"),
                RawFrame::continuation(id, block),
            ]
        }),
        ("then-data", |id, block| {
            vec![
                RawFrame::headers(id, block.clone())
                    .end_stream()
                    .unfinished(),
                RawFrame::continuation(id, block).unfinished(),
                RawFrame::data(id, "data"),
            ]
        }),
        ("then-settings", |id, block| {
            vec![
                RawFrame::headers(id, block).end_stream().unfinished(),
                RawFrame::settings(&[]),
            ]
        }),
    ];
    for (name, frames) in wrong {
        c.fatal(
            Both,
            name,
            "CONTINUATION out of place, or another frame in its place, is a connection error PROTOCOL_ERROR",
            code::PROTOCOL_ERROR,
            move |id| frames(id, trailer()),
        );
    }
}

fn codes(c: &mut Chapter<'_>) {
    c.harmless(
        Both,
        "unknown-in-rst-stream",
        "An unknown code in RST_STREAM is nothing special",
        |id| vec![RawFrame::rst_stream(id, 0xff)],
    );
    c.must_not(
        Both,
        "unknown-in-goaway",
        "An unknown code in GOAWAY is nothing special: it is no error, PING is answered or the connection closed",
        |s| {
            s.start_alone(&[])?;
            let last = match s.role() {
                Role::Client => s.exchange()?,
                Role::Server => 0,
            };
            s.send(&RawFrame::goaway(last, 0xff, b""));
            s.send(&RawFrame::ping(*b"go on..."));
            let expected = "an answer to PING, or a close without an error";
            let closes = s.settle();
            let error = s.peer.find(|item| {
                matches!(item, Received::GoAway { code, .. } if *code != code::NO_ERROR && *code != 0xff)
            });
            if let Some(item) = error {
                return Ok(Outcome::violation(expected, item.summary()));
            }
            let answers = s
                .peer
                .find(|item| *item == Received::PingAck(*b"go on..."))
                .is_some();
            if answers || closes {
                Ok(Outcome::exact(expected))
            } else {
                Ok(s.missing(expected))
            }
        },
    );
}
