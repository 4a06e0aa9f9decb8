//! Frames: format, size, and the compression of fields (RFC 9113 4).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    format(&mut book.section("rfc9113", "4.1"));
    size(&mut book.section("rfc9113", "4.2"));
    blocks(&mut book.section("rfc9113", "4.3"));
    state(&mut book.section("rfc9113", "4.3.1"));
}

/// Sends frames made for a stream that is going on; they must change nothing.
fn harmless(s: &mut Session<'_>, frames: impl FnOnce(u32) -> Vec<RawFrame>) -> Ran {
    s.start()?;
    let id = s.exchange()?;
    s.send_all(&frames(id));
    s.ignored()
}

fn format(c: &mut Chapter<'_>) {
    for (name, kind) in [("0x0b", 0x0b), ("0x16", 0x16), ("0xff", 0xff)] {
        c.must(
            Both,
            &format!("unknown-type-{name}"),
            "A frame of an unknown type is ignored, with any flags, on the connection and on a stream",
            move |s| {
                harmless(s, |id| {
                    let frame = |stream| RawFrame::new(kind, 0xff, stream, vec![7; 16]);
                    vec![frame(0), frame(id), RawFrame::new(kind, 0, id, vec![])]
                })
            },
        );
    }
    c.must(
        Both,
        "every-unknown-type",
        "No type that this peer does not know is an error",
        |s| {
            harmless(s, |_| {
                let unknown = (0x11..=0xff).map(|kind| RawFrame::new(kind, 0, 0, vec![0; 5]));
                unknown.collect()
            })
        },
    );
    c.must(
        Both,
        "undefined-flags-ping",
        "Unused flags are ignored: PING with all of them but ACK",
        |s| {
            s.start()?;
            s.send(&RawFrame::ping(*b"flagged!").flag(0xfe));
            s.demand("an answer to PING", |item| {
                *item == Received::PingAck(*b"flagged!")
            })?;
            s.ignored()
        },
    );
    c.must(
        Both,
        "undefined-flags-stream",
        "Unused flags are ignored on DATA, WINDOW_UPDATE, SETTINGS and PRIORITY",
        |s| {
            harmless(s, |id| {
                vec![
                    RawFrame::data(id, "x").flag(!(flag::END_STREAM | flag::PADDED)),
                    RawFrame::window_update(id, 1).flag(0xff),
                    RawFrame::window_update(0, 1).flag(0xff),
                    RawFrame::settings(&[]).flag(0xfe),
                    RawFrame::new(kind::PRIORITY, 0xff, id, vec![0, 0, 0, 0, 15]),
                ]
            })
        },
    );
    c.must(
        Both,
        "undefined-flags-headers",
        "Unused flags are ignored on HEADERS",
        |s| {
            s.start()?;
            let fields = s.plain();
            let id = s.next_message()?;
            let frame = RawFrame::headers(id, fields.block())
                .end_stream()
                .flag(0xd2);
            s.send(&frame);
            s.served(id)
        },
    );
    c.must(
        Both,
        "reserved-bit",
        "The reserved bit before the stream identifier is ignored",
        |s| {
            harmless(s, |id| {
                vec![
                    RawFrame::data(id, "x").with_reserved(),
                    RawFrame::window_update(0, 1).with_reserved(),
                    RawFrame::settings(&[]).with_reserved(),
                ]
            })
        },
    );
    c.must(
        Both,
        "reserved-bit-ping",
        "The reserved bit of a PING is ignored: it is answered",
        |s| {
            s.start()?;
            s.send(&RawFrame::ping(*b"reserved").with_reserved());
            s.demand("an answer to PING", |item| {
                *item == Received::PingAck(*b"reserved")
            })?;
            s.ignored()
        },
    );
}

fn size(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "data-of-2-14",
        "DATA of 16 384 octets is accepted",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            s.send(&RawFrame::data(id, vec![b'x'; 16_384]).end_stream());
            s.served(id)
        },
    );
    c.must(
        Both,
        "headers-of-2-14",
        "A field block in one frame of 16 384 octets is processed, whatever is answered",
        |s| {
            s.start()?;
            let fields = s.plain();
            let rest = 16_384 - fields.block().len() - "\0\x07x-large\x7f\0\0".len();
            let fields = fields.add("x-large", vec![b'a'; rest]);
            let id = s.message(&fields, true)?;
            let expected = "the frame is processed: no connection error";
            let item = s.wait_for(|item| item.stream() == id || item.kind() == kind::GOAWAY);
            if let Some(Received::GoAway { code, .. }) = item {
                let verdict = match code {
                    code::ENHANCE_YOUR_CALM => Verdict::Permitted,
                    _ => Verdict::Violation,
                };
                let came = format!("GOAWAY {}", code::name(code));
                return Ok(Outcome::new(verdict, expected, came));
            }
            s.alive(expected)?;
            Ok(Outcome::exact(expected))
        },
    );
    let too_long: [(&str, u8); 12] = [
        ("data", kind::DATA),
        ("headers", kind::HEADERS),
        ("priority", kind::PRIORITY),
        ("rst-stream", kind::RST_STREAM),
        ("settings", kind::SETTINGS),
        ("push-promise", kind::PUSH_PROMISE),
        ("ping", kind::PING),
        ("goaway", kind::GOAWAY),
        ("window-update", kind::WINDOW_UPDATE),
        ("continuation", kind::CONTINUATION),
        ("priority-update", kind::PRIORITY_UPDATE),
        ("unknown", 0xfa),
    ];
    for (name, kind) in too_long {
        c.must(
            Both,
            &format!("over-the-limit-{name}"),
            "A frame longer than SETTINGS_MAX_FRAME_SIZE is a FRAME_SIZE_ERROR; of the connection where the frame can change its state",
            move |s| over_the_limit(s, kind),
        );
    }
}

fn over_the_limit(s: &mut Session<'_>, kind: u8) -> Ran {
    let settings = s.start()?;
    let limit = settings
        .iter()
        .rfind(|entry| entry.0 == setting::MAX_FRAME_SIZE)
        .map_or(16_384, |entry| entry.1);
    let on_connection = matches!(
        kind,
        kind::SETTINGS | kind::PING | kind::GOAWAY | kind::PRIORITY_UPDATE
    );
    let id = if on_connection { 0 } else { s.exchange()? };
    if limit == 0x00ff_ffff {
        return Err(Outcome::skipped("no frame is longer than its limit"));
    }
    // As long as SETTINGS_MAX_FRAME_SIZE and as its own fields allow, and one octet or one entry more.
    let length = match kind {
        kind::SETTINGS => limit / 6 * 6 + 6,
        _ => limit + 1,
    };
    let mut payload = vec![0; length as usize];
    if kind == kind::PRIORITY_UPDATE {
        payload[3] = 1;
    }
    s.send(&RawFrame::new(kind, 0, id, payload));
    let connection = Expect::connection(code::FRAME_SIZE_ERROR);
    match kind {
        kind::DATA | kind::PRIORITY | kind::RST_STREAM | kind::WINDOW_UPDATE => {
            let mut expect = connection;
            expect
                .scopes
                .push(Scope::Stream(id, code::FRAME_SIZE_ERROR));
            s.judge(expect)
        }
        // Without a block or a known format these are errors of another kind, too.
        kind::PUSH_PROMISE | kind::CONTINUATION => {
            let mut expect = connection;
            expect.scopes.push(Scope::Connection(code::PROTOCOL_ERROR));
            s.judge(expect)
        }
        kind::PRIORITY_UPDATE => {
            let mut expect = connection;
            expect.scopes.push(Scope::Connection(code::PROTOCOL_ERROR));
            s.judge(expect)
        }
        _ => s.judge(connection),
    }
}

/// Makes a field block.
type Block = fn() -> BlockWriter;

fn blocks(c: &mut Chapter<'_>) {
    let faults: [(&str, Block); 4] = [
        ("index-beyond-the-tables", || BlockWriter::new().indexed(70)),
        ("index-0", || BlockWriter::new().indexed(0)),
        ("string-cut", || BlockWriter::new().raw(b"\x00\x05abc")),
        ("integer-cut", || BlockWriter::new().raw(b"\xff\xff")),
    ];
    for (name, block) in faults {
        c.must(
            Both,
            &format!("decoding-{name}"),
            "A field block that cannot be decoded is a connection error COMPRESSION_ERROR",
            move |s| {
                s.start()?;
                let id = s.exchange()?;
                s.send(&RawFrame::headers(id, block().build()).end_stream());
                s.connection_error(code::COMPRESSION_ERROR)
            },
        );
    }
    c.must(
        Server,
        "decoding-at-the-opening",
        "A request whose block cannot be decoded is a connection error COMPRESSION_ERROR",
        |s| {
            s.start()?;
            let id = s.take_id();
            let mut block = s.plain().block();
            block.push(0xff);
            block.push(0x80);
            s.send(&RawFrame::headers(id, block).end_stream());
            s.connection_error(code::COMPRESSION_ERROR)
        },
    );
    c.must(
        Both,
        "block-of-a-dead-stream",
        "Blocks that are discarded still change the table: the next block may refer to them",
        |s| {
            s.start()?;
            let id = s.exchange()?;
            // A head that is refused, with a field that goes into the table.
            let bad = BlockWriter::new()
                .incremental("x-kept", "kept")
                .field("X-Upper", "bad");
            s.send(&RawFrame::headers(id, bad.build()).end_stream());
            let refused = s.malformed(id)?;
            if refused.verdict != Verdict::Exact {
                return Ok(refused);
            }
            let mut block = s.plain().block();
            block.extend(BlockWriter::new().indexed(62).build());
            let next = s.next_message()?;
            s.send(&RawFrame::headers(next, block).end_stream());
            s.served(next)
        },
    );
    c.must(
        Both,
        "interleaved-priority",
        "PRIORITY inside a field block is a connection error PROTOCOL_ERROR",
        |s| {
            inside_a_block(s, |id| {
                RawFrame::new(kind::PRIORITY, 0, id, vec![0, 0, 0, 0, 1])
            })
        },
    );
    c.must(
        Both,
        "interleaved-data",
        "DATA inside a field block is a connection error PROTOCOL_ERROR",
        |s| inside_a_block(s, |id| RawFrame::data(id, "x")),
    );
    c.must(
        Server,
        "interleaved-headers-of-another-stream",
        "HEADERS of another stream inside a field block are a connection error PROTOCOL_ERROR",
        |s| {
            let block = s.plain().block();
            inside_a_block(s, move |id| RawFrame::headers(id + 2, block).end_stream())
        },
    );
    c.must(
        Both,
        "block-in-pieces",
        "A block cut anywhere, also after one octet or none, is the same block",
        |s| {
            s.start()?;
            let block = s.plain().block();
            let id = s.next_message()?;
            let sizes = [1, 1, 2, 1, 0, 3];
            s.send_all(&RawFrame::headers(id, block).end_stream().split(&sizes));
            s.served(id)
        },
    );
}

fn inside_a_block(s: &mut Session<'_>, frame: impl FnOnce(u32) -> RawFrame) -> Ran {
    s.start()?;
    let id = s.exchange()?;
    let block = BlockWriter::fields(&[("x-trailer", "1")]).build();
    s.send(&RawFrame::headers(id, block).end_stream().unfinished());
    s.send(&frame(id));
    s.connection_error(code::PROTOCOL_ERROR)
}

fn state(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "reduction-is-signalled",
        "After acknowledging a smaller SETTINGS_HEADER_TABLE_SIZE the next block starts with an update of the table",
        |s| {
            s.start()?;
            first_block(s)?;
            s.forget_requests();
            s.send(&RawFrame::settings(&[(setting::HEADER_TABLE_SIZE, 0)]));
            s.demand("the acknowledgement of SETTINGS", |item| {
                *item == Received::SettingsAck
            })?;
            let updates = first_block(s)?;
            let expected = "a block that starts with a size update to 0";
            if updates.first() == Some(&0) {
                return s.ignored();
            }
            // An encoder that never filled its table has nothing to reduce.
            if s.peer.table_size() == 0 && updates.is_empty() {
                return Ok(Outcome::exact("the table was empty before"));
            }
            Ok(Outcome::violation(expected, format!("updates {updates:?}")))
        },
    );
    c.must(
        Both,
        "reduction-without-update",
        "A block after an acknowledged reduction that does not start with an update is a connection error COMPRESSION_ERROR",
        |s| {
            s.wish(Wish::TableSize(128))?;
            // What the peer's encoder held before: 4 096 octets are allowed until SETTINGS are acknowledged.
            s.start_alone(&[])?;
            let id = s.message(&s.plain(), true)?;
            s.judge(Expect::connection(code::COMPRESSION_ERROR))
                .map(|outcome| Outcome {
                    came: format!("{} (stream {id})", outcome.came),
                    ..outcome
                })
        },
    );
    c.must(
        Both,
        "reduction-with-update",
        "A block after an acknowledged reduction that starts with an update is taken",
        |s| {
            s.wish(Wish::TableSize(128))?;
            s.start_alone(&[])?;
            let id = s.next_message()?;
            let mut block = BlockWriter::new().size_update(128).build();
            block.extend(s.plain().block());
            s.send(&RawFrame::headers(id, block).end_stream());
            s.served(id)
        },
    );
}

/// The next block of the implementation: the table size updates at its start.
fn first_block(s: &mut Session<'_>) -> Result<Vec<u32>, Outcome> {
    match s.role() {
        Role::Server => {
            let id = s.get();
            let answer = s.answer(id)?;
            Ok(answer
                .head
                .map(|head| head.size_updates)
                .unwrap_or_default())
        }
        Role::Client => {
            let head = s.ask(Wish::Get)?;
            s.respond(head.stream, "200", true);
            Ok(head.size_updates)
        }
    }
}
