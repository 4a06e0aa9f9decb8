//! The states of streams, as the whole table of states and inputs (RFC 9113 5.1).

use crate::cases::script::*;

/// A frame that comes on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Data,
    EmptyData,
    Headers,
    Trailers,
    Priority,
    RstStream,
    WindowUpdate,
    Continuation,
    PushPromise,
    Unknown,
}

impl Input {
    const ALL: [Self; 10] = [
        Self::Data,
        Self::EmptyData,
        Self::Headers,
        Self::Trailers,
        Self::Priority,
        Self::RstStream,
        Self::WindowUpdate,
        Self::Continuation,
        Self::PushPromise,
        Self::Unknown,
    ];

    fn slug(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::EmptyData => "empty-data",
            Self::Headers => "headers",
            Self::Trailers => "headers-with-end",
            Self::Priority => "priority",
            Self::RstStream => "rst-stream",
            Self::WindowUpdate => "window-update",
            Self::Continuation => "continuation",
            Self::PushPromise => "push-promise",
            Self::Unknown => "unknown-type",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Data => "DATA",
            Self::EmptyData => "DATA without content",
            Self::Headers => "HEADERS without END_STREAM",
            Self::Trailers => "HEADERS with END_STREAM",
            Self::Priority => "PRIORITY",
            Self::RstStream => "RST_STREAM",
            Self::WindowUpdate => "WINDOW_UPDATE",
            Self::Continuation => "CONTINUATION",
            Self::PushPromise => "PUSH_PROMISE",
            Self::Unknown => "a frame of an unknown type",
        }
    }

    fn frame(self, s: &Session<'_>, id: u32, idle: bool) -> RawFrame {
        // On an idle stream a server must be given a request that is in order.
        let block = if idle {
            s.plain().block()
        } else {
            BlockWriter::fields(&[("x-trailer", "1")]).build()
        };
        match self {
            Self::Data => RawFrame::data(id, "data"),
            Self::EmptyData => RawFrame::data(id, ""),
            Self::Headers => RawFrame::headers(id, block),
            Self::Trailers => RawFrame::headers(id, block).end_stream(),
            Self::Priority => RawFrame::new(kind::PRIORITY, 0, id, vec![0, 0, 0, 0, 15]),
            Self::RstStream => RawFrame::rst_stream(id, code::CANCEL),
            Self::WindowUpdate => RawFrame::window_update(id, 100),
            Self::Continuation => RawFrame::continuation(id, block),
            Self::PushPromise => {
                RawFrame::push_promise(id, 2, &BlockWriter::request("GET", "/pushed").build())
            }
            Self::Unknown => RawFrame::new(0xfa, 0, id, vec![1, 2, 3]),
        }
    }
}

/// What must come of an input in a state; `None` where the table has no cell.
fn expected(role: Role, state: State, input: Input, id: u32) -> Option<Expect> {
    use Input as I;
    use State as S;
    let fatal = || Expect::connection(code::PROTOCOL_ERROR);
    let expect = match (state, input) {
        (_, I::Unknown | I::Priority) => Expect::ignored(),
        (_, I::Continuation) => fatal(),
        (_, I::PushPromise) => fatal(),
        (S::Idle, I::Headers | I::Trailers) if role == Role::Server => return None, // it opens
        (S::Idle, I::Data | I::EmptyData) => {
            // 5.1 asks for the connection, 6.1 for the stream.
            let mut expect = fatal();
            expect.scopes.push(Scope::Stream(id, code::STREAM_CLOSED));
            expect
        }
        (S::Idle, _) => fatal(),
        (S::Open | S::HalfClosedLocal, I::Headers) => Expect::malformed(id),
        (S::Open | S::HalfClosedLocal, _) => Expect::ignored(),
        (_, I::WindowUpdate | I::RstStream) => Expect::ignored(),
        (S::HalfClosedRemote, _) => Expect::stream(id, code::STREAM_CLOSED),
        (S::ResetBySelf, _) => Expect::ignored(),
        (S::Ended | S::ResetByPeer, I::Headers | I::Trailers) => {
            // For a server it is also an identifier that is not above all before it (5.1.1).
            let mut expect = Expect::closed(id);
            expect.scopes.push(Scope::Connection(code::PROTOCOL_ERROR));
            expect
        }
        (S::Ended | S::ResetByPeer, _) => Expect::closed(id),
    };
    Some(expect)
}

fn run(s: &mut Session<'_>, role: Role, state: State, input: Input) -> Ran {
    let id = s.start_in(state)?;
    let pushes = !s.settings.contains(&(setting::ENABLE_PUSH, 0));
    if role == Role::Client && input == Input::PushPromise && pushes {
        return Err(Outcome::skipped("the client allows pushes"));
    }
    let Some(expect) = expected(role, state, input, id) else {
        return s.ignored();
    };
    let frame = input.frame(s, id, state == State::Idle);
    s.send(&frame);
    s.judge(expect)
}

pub(super) fn add(book: &mut Book) {
    let mut c = book.section("rfc9113", "5.1");
    for state in State::ALL {
        for input in Input::ALL {
            for (who, role) in [(Server, Role::Server), (Client, Role::Client)] {
                let Some(expect) = expected(role, state, input, 1) else {
                    continue;
                };
                let clause = clause(state, input, &expect);
                c.must(
                    who,
                    &format!("{}/{}", state.slug(), input.slug()).replace('/', "+"),
                    clause,
                    move |s| run(s, role, state, input),
                );
            }
        }
    }
    c.must(
        Server,
        "idle+headers",
        "HEADERS on an idle stream open it",
        |s| {
            s.start()?;
            let id = s.get();
            s.served(id)
        },
    );
    c.must(
        Server,
        "idle-even+headers",
        "HEADERS on an even identifier are a connection error PROTOCOL_ERROR at a server",
        |s| {
            s.start()?;
            let block = s.plain().block();
            s.send(&RawFrame::headers(2, block).end_stream());
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
    for (name, frame) in [
        ("window-update", RawFrame::window_update(2, 1)),
        ("rst-stream", RawFrame::rst_stream(2, code::CANCEL)),
    ] {
        c.must(
            Both,
            &format!("idle-even+{name}"),
            "A frame on an idle stream that the receiver would open itself is a connection error PROTOCOL_ERROR",
            move |s| {
                s.start()?;
                s.send(&frame);
                s.connection_error(code::PROTOCOL_ERROR)
            },
        );
    }
    c.must(
        Client,
        "idle-even+headers",
        "HEADERS on a stream that no PUSH_PROMISE reserved are a connection error PROTOCOL_ERROR at a client",
        |s| {
            s.start()?;
            s.respond(2, "200", true);
            s.connection_error(code::PROTOCOL_ERROR)
        },
    );
    c.must(
        Server,
        "implicitly-closed",
        "Identifiers that were skipped are closed: a frame on one of them is not one on an idle stream",
        |s| {
            s.start()?;
            let skipped = s.take_id();
            let id = s.get();
            s.answer(id)?;
            s.send(&RawFrame::window_update(skipped, 1));
            s.ignored()
        },
    );
    c.must(
        Both,
        "reset-stream-still-pays",
        "DATA on a stream that the receiver reset still counts against the connection's window, and its credit returns",
        |s| {
            // The least that a connection can have, where the application can be told.
            let _ = s.wish(Wish::Windows(65_535));
            let id = s.start_in(State::ResetBySelf)?;
            loop {
                let room = s.peer.may_send(0).min(s.peer.may_send(id)).min(16_384);
                let Ok(room @ 1..) = usize::try_from(room) else {
                    break;
                };
                s.send(&RawFrame::data(id, vec![0; room]));
            }
            s.settle();
            if s.peer.may_send(0) == 0 {
                return Ok(Outcome::violation("credit for the connection", "none"));
            }
            s.ignored()
        },
    );
}

fn clause(state: State, input: Input, expect: &Expect) -> String {
    let what = match expect.scopes[..] {
        [Scope::Nothing] => "is no error".to_owned(),
        [Scope::Stream(_, c)] => format!("is a stream error {}", code::name(c)),
        [Scope::Connection(c)] => format!("is a connection error {}", code::name(c)),
        _ => "is an error of the stream or of the connection".to_owned(),
    };
    format!("{} on {} {what}", input.words(), state.words())
}
