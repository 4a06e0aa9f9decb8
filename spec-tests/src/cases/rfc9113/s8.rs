//! Messages: framing, reliability and their end (RFC 9113 8.1, 8.7, 9.1, 10.5.1).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    requests(&mut book.section("rfc9113", "8.1"));
    trailers(&mut book.section("rfc9113", "8.1"));
    responses(&mut book.section("rfc9113", "8.1"));
    early(&mut book.section("rfc9113", "8.1"));
    reliability(&mut book.section("rfc9113", "8.7"));
    closing(&mut book.section("rfc9113", "9.1"));
    large(&mut book.section("rfc9113", "10.5.1"));
}

fn requests(c: &mut Chapter<'_>) {
    c.must(Server, "get", "A GET is answered", |s| {
        s.start()?;
        let id = s.get();
        s.served(id)
    });
    c.must(Server, "head", "The answer to HEAD has no content", |s| {
        s.start()?;
        let head = s.head("HEAD");
        let id = s.open(&head, true);
        let answer = s.answer(id)?;
        if !answer.body.is_empty() {
            let came = format!("{} octets", answer.body.len());
            return Ok(Outcome::violation("no content", came));
        }
        s.ignored()
    });
    c.must(
        Both,
        "with-content",
        "A message with content is taken",
        |s| {
            s.start()?;
            let fields = s.plain_with_content();
            let id = s.message_with(&fields, &["some ", "content"])?;
            s.served(id)
        },
    );
    c.must(
        Server,
        "ended-by-empty-data",
        "A message may end with an empty DATA frame",
        |s| {
            s.start()?;
            let fields = s.plain_with_content();
            let id = s.message_with(&fields, &[""])?;
            s.served(id)
        },
    );
    c.must(
        Both,
        "head-without-end",
        "A second head without END_STREAM makes the message malformed",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            let block = BlockWriter::fields(&[("x-trailer", "1")]).build();
            s.send(&RawFrame::headers(id, block));
            s.malformed(id)
        },
    );
    c.must(
        Both,
        "head-without-end-after-data",
        "Trailers without END_STREAM make the message malformed",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            let block = BlockWriter::fields(&[("x-trailer", "1")]).build();
            s.send(&RawFrame::data(id, "content"));
            s.send(&RawFrame::headers(id, block));
            s.malformed(id)
        },
    );
    c.must(
        Both,
        "malformed-block-in-pieces",
        "A malformed head in several frames is decoded to its end: it is an error of its stream",
        |s| {
            s.start()?;
            let block = s.plain().add("X-Upper", "1").block();
            let id = s.next_message()?;
            let half = block.len() / 2;
            let frame = RawFrame::headers(id, block).end_stream();
            s.send_all(&frame.split(&[half]));
            s.malformed(id)
        },
    );
}

fn trailers(c: &mut Chapter<'_>) {
    c.must(Both, "trailers", "Trailers are taken", |s| {
        s.start()?;
        let fields = s.plain_with_content();
        let id = s.message(&fields, false)?;
        s.send(&RawFrame::data(id, "content"));
        let block = BlockWriter::fields(&[("x-checksum", "1")]).build();
        s.send(&RawFrame::headers(id, block).end_stream());
        s.served(id)
    });
    c.must(
        Both,
        "trailers-without-content",
        "Trailers may follow the head at once",
        |s| {
            s.start()?;
            let fields = s.plain_with_content();
            let id = s.message(&fields, false)?;
            let block = BlockWriter::fields(&[("x-checksum", "1")]).build();
            s.send(&RawFrame::headers(id, block).end_stream());
            s.served(id)
        },
    );
    c.must(Both, "empty-trailers", "Trailers may be empty", |s| {
        s.start()?;
        let fields = s.plain_with_content();
        let id = s.message(&fields, false)?;
        s.send(&RawFrame::headers(id, vec![]).end_stream());
        s.served(id)
    });
    for (name, field) in [
        ("method", ":method"),
        ("status", ":status"),
        ("path", ":path"),
        ("unknown", ":x"),
    ] {
        c.malformed_trailers(
            Both,
            &format!("pseudo-in-trailers-{name}"),
            "A pseudo-header field in trailers makes the message malformed",
            move || Fields::new().add(field, "200").add("x-checksum", "1"),
        );
    }
    c.must(
        Server,
        "sends-trailers",
        "Trailers of an answer end it and hold no pseudo-header field",
        |s| {
            s.start()?;
            s.wish(Wish::Trailers)?;
            let id = s.get();
            let answer = s.answer(id)?;
            let Some(trailers) = answer.trailers else {
                return Ok(Outcome::violation("trailers", "none"));
            };
            if trailers
                .fields
                .iter()
                .any(|field| field.name.starts_with(b":"))
            {
                return Ok(Outcome::violation("no pseudo-header field", "one"));
            }
            s.ignored()
        },
    );
}

fn responses(c: &mut Chapter<'_>) {
    c.must(
        Client,
        "informational",
        "Any number of 1xx heads may come before the final one",
        |s| {
            s.start()?;
            let id = s.next_message()?;
            for status in ["100", "103", "102", "199"] {
                s.respond(id, status, false);
            }
            s.respond(id, "200", true);
            s.served(id)
        },
    );
    c.must(
        Client,
        "informational-with-end",
        "A 1xx head with END_STREAM makes the response malformed",
        |s| {
            s.start()?;
            let id = s.next_message()?;
            s.respond(id, "103", true);
            s.malformed(id)
        },
    );
    c.must(
        Client,
        "content-before-head",
        "DATA before the final head make the response malformed",
        |s| {
            s.start()?;
            let id = s.next_message()?;
            s.send(&RawFrame::data(id, "content"));
            s.malformed(id)
        },
    );
    c.must(
        Client,
        "content-after-1xx",
        "DATA after a 1xx head make the response malformed",
        |s| {
            s.start()?;
            let id = s.next_message()?;
            s.respond(id, "100", false);
            s.send(&RawFrame::data(id, "content"));
            s.malformed(id)
        },
    );
    c.must(
        Client,
        "second-final-head",
        "A second final head makes the response malformed",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.respond(id, "200", false);
            s.malformed(id)
        },
    );
    c.must(
        Client,
        "no-end",
        "A stream that is reset in mid-response is an error, whatever the code",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::data(id, "half of the"));
            s.send(&RawFrame::rst_stream(id, code::NO_ERROR));
            let quiet = s.ignored()?;
            match s.told(id) {
                Told::Complete => Ok(Outcome::violation("an error", "a complete response")),
                Told::Waiting => Ok(Outcome::violation("an error", "nothing")),
                Told::Failed | Told::Unknown => Ok(quiet),
            }
        },
    );
    c.must(
        Server,
        "sends-informational",
        "A 1xx of the server's comes before the final head, without END_STREAM",
        |s| {
            s.start()?;
            s.wish(Wish::Informational)?;
            let id = s.get();
            let answer = s.answer(id)?;
            match answer.informational.len() {
                1 => s.ignored(),
                n => Ok(Outcome::violation("one 1xx", n.to_string())),
            }
        },
    );
}

fn early(c: &mut Chapter<'_>) {
    c.must_not(
        Client,
        "early-response-is-kept",
        "RST_STREAM(NO_ERROR) after a complete response does not take the response away",
        |s| {
            s.start()?;
            let id = s.hold_upload()?;
            s.respond(id, "200", false);
            s.send(&RawFrame::data(id, "all of it").end_stream());
            s.send(&RawFrame::rst_stream(id, code::NO_ERROR));
            s.served(id)
        },
    );
    c.must(
        Server,
        "early-answer",
        "An answer before the end of the request is complete, and only then RST_STREAM(NO_ERROR) comes",
        |s| {
            s.start()?;
            s.wish(Wish::AnswerEarly)?;
            let id = s.post();
            s.answer(id)?;
            s.demand("RST_STREAM NO_ERROR", |item| {
                *item == Received::Rst { stream: id, code: code::NO_ERROR }
            })?;
            s.send(&RawFrame::data(id, "late").end_stream());
            s.ignored()
        },
    );
}

fn reliability(c: &mut Chapter<'_>) {
    c.must_not(
        Server,
        "processed-streams-are-named",
        "The last stream of a GOAWAY is not below one that was given to the application",
        |s| {
            s.start_alone(&[])?;
            let mut last = 0;
            for _ in 0..3 {
                last = s.get();
                s.answer(last)?;
            }
            s.send(&RawFrame::ping(*b"too long").extended(b"!"));
            let item = s.demand("GOAWAY", |item| matches!(item, Received::GoAway { .. }))?;
            match item {
                Received::GoAway { last_stream, .. } if last_stream >= last => {
                    Ok(Outcome::exact(format!("last stream {last_stream}")))
                }
                other => Ok(Outcome::violation(
                    format!("at least {last}"),
                    other.summary(),
                )),
            }
        },
    );
    c.must(
        Client,
        "refused-is-no-error",
        "REFUSED_STREAM ends the stream alone: it may be retried",
        |s| {
            s.start()?;
            let id = s.next_message()?;
            s.send(&RawFrame::rst_stream(id, code::REFUSED_STREAM));
            s.ignored()
        },
    );
}

fn closing(c: &mut Chapter<'_>) {
    c.should(
        Server,
        "half-close",
        "When the client ends its side of the transport, open streams are answered or the connection is closed",
        |s| {
            s.start_alone(&[])?;
            let id = s.get();
            s.answer(id)?;
            s.get(); // it is open
            s.flush();
            s.half_close();
            match s.closes() {
                true => Ok(Outcome::exact("the end")),
                false => Ok(Outcome::violation("the end", "it stays open")),
            }
        },
    );
}

fn large(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "block-of-many-frames",
        "A field block that is too large is processed, or the connection is closed; an answer says 431",
        |s| {
            s.start()?;
            let mut fields = s.plain();
            for i in 0..8 {
                fields = fields.add(format!("x-large-{i}"), vec![b'a'; 4000]);
            }
            let id = s.next_message()?;
            let frame = RawFrame::headers(id, fields.block()).end_stream();
            s.send_all(&frame.split(&[16_000, 10_000]));
            let expected = "an answer, a reset of the stream, or ENHANCE_YOUR_CALM";
            if s.role() == Role::Client {
                s.alive(expected)?;
                return Ok(Outcome::exact(expected));
            }
            let item = s.demand(expected, |item| item.stream() == id || item.kind() == kind::GOAWAY)?;
            match item {
                Received::GoAway { code: code::ENHANCE_YOUR_CALM, .. } => {
                    Ok(Outcome::new(Verdict::Permitted, expected, "ENHANCE_YOUR_CALM"))
                }
                Received::GoAway { .. } => Ok(Outcome::violation(expected, item.summary())),
                _ => {
                    s.alive(expected)?;
                    Ok(Outcome::exact(item.summary()))
                }
            }
        },
    );
}
