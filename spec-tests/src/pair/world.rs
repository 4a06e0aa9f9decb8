//! A connection with a stream in every state, and the verdict on what a peer does to it.

use bywash_proto::config::Config;
use bywash_proto::connection::Close;
use bywash_proto::error::{CloseReason, EndedBy, LimitName, Violation};
use bywash_proto::vocabulary::ErrorCode;

use super::against::Against;
use super::feed::Feed;
use super::seen::Seen;
use crate::raw::{Failure, RawFrame, RawPeer, Received, Role};

/// The connection. The same numbers in both roles: the core opened these streams as a client, the peer did as one.
pub struct World {
    /// Both sides, with nothing in the queues.
    pub net: Against,
}

impl World {
    /// Open on both sides; the peer has sent its head. It must live on after every stream error.
    pub const SIBLING: u32 = 1;
    /// Likewise, for the test to maltreat.
    pub const OPEN: u32 = 3;
    /// The peer has ended its side.
    pub const HALF: u32 = 5;
    /// Both sides have ended it.
    pub const CLOSED: u32 = 7;
    /// We have reset it.
    pub const RESET: u32 = 9;
    /// The peer has reset it.
    pub const LOST: u32 = 11;
    /// Nobody has used it.
    pub const IDLE: u32 = 13;

    /// Sets it up, fed whole; from then on the input is cut as told.
    ///
    /// # Panics
    /// If the core does not do what plain traffic needs.
    pub fn new(role: Role, feed: Feed, config: Config) -> Self {
        let mut net = match role {
            Role::Server => Against::server(Feed::Whole, config),
            Role::Client => Against::client(Feed::Whole, config),
        };
        let all = [
            Self::SIBLING,
            Self::OPEN,
            Self::HALF,
            Self::CLOSED,
            Self::RESET,
            Self::LOST,
        ];
        // One after the other: never more than four are open.
        for id in all {
            Self::add(&mut net, role, id);
        }
        net.peer.drain();
        net.events();
        net.feed(feed);
        Self { net }
    }

    fn add(net: &mut Against, role: Role, id: u32) {
        let ended = matches!(id, Self::HALF | Self::CLOSED);
        if role == Role::Server {
            net.ask(id, "/", ended);
        } else {
            assert_eq!(net.open("/", false), id);
            net.pump();
            net.answer(id, "200", ended);
        }
        net.pump();
        match id {
            Self::CLOSED if role == Role::Server => net.respond(id, &[(":status", "204")], true),
            Self::CLOSED => net.send(id, "", true),
            Self::RESET => {
                let stream = net.stream(id);
                net.core.send(stream).reset(ErrorCode::CANCEL);
            }
            Self::LOST => net
                .peer
                .send(&RawFrame::rst_stream(id, ErrorCode::CANCEL.0)),
            _ => {}
        }
        net.pump();
    }
}

/// What must come of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: no event, no answer.
    Ignored,
    /// RST_STREAM with the violation's code on this stream; all others live on.
    Stream(u32, Violation),
    /// RST_STREAM of a stream that no violation explains, with this code; all others live on.
    Refused(u32, ErrorCode),
    /// GOAWAY with the violation's code.
    Connection(Violation),
    /// GOAWAY ENHANCE_YOUR_CALM that names the limit.
    Limit(LimitName),
}

/// Something that a peer does.
#[derive(Clone, Debug)]
pub struct Case {
    /// What failures call it.
    pub name: String,
    /// The core's role.
    pub role: Role,
    /// Its configuration.
    pub config: Config,
    /// What the peer sends.
    pub frames: Vec<RawFrame>,
    /// What must come of it.
    pub verdict: Verdict,
}

impl Case {
    /// A case with the default configuration.
    pub fn new(name: &str, role: Role, frames: impl Into<Vec<RawFrame>>, verdict: Verdict) -> Self {
        Self {
            name: name.to_owned(),
            role,
            config: Config::default(),
            frames: frames.into(),
            verdict,
        }
    }

    /// The same with another configuration.
    pub fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// One case for each role.
    pub fn both(name: &str, frames: impl Into<Vec<RawFrame>>, verdict: Verdict) -> [Self; 2] {
        let frames = frames.into();
        [Role::Server, Role::Client]
            .map(|role| Self::new(&format!("{name} ({role:?})"), role, frames.clone(), verdict))
    }
}

/// Holds the core to the verdict of a case, in a [`World`], under every cut of [`Feed::STANDARD`]: exact code, exact
/// scope, earlier events not lost, siblings alive.
///
/// # Panics
/// With the name of the case, if anything else comes of it.
#[track_caller]
pub fn judge(case: &Case) {
    super::against::every_split(|feed| {
        let mut world = World::new(case.role, feed, case.config.clone());
        let net = &mut world.net;
        net.peer.send(&RawFrame::data(World::SIBLING, "before"));
        net.peer.send_all(&case.frames);
        net.pump();
        let mut events = net.events();
        assert!(
            !events.is_empty(),
            "{}: the event before is lost",
            case.name
        );
        let before = events.remove(0);
        assert_eq!(
            before,
            Seen::data(World::SIBLING, "before", false),
            "{}",
            case.name
        );
        let outcome = match case.verdict {
            Verdict::Ignored => {
                assert_eq!(events, [], "{}", case.name);
                lives_on(net)
            }
            Verdict::Stream(id, violation) => {
                expect_stream_error(case, &events, id, violation);
                let reset = net.peer.expect_rst(id, violation.code().0);
                reset.and_then(|()| lives_on(net))
            }
            Verdict::Refused(id, code) => {
                assert_eq!(events, [], "{}", case.name);
                net.peer.expect_rst(id, code.0).and_then(|()| lives_on(net))
            }
            Verdict::Connection(violation) => {
                let (code, debug) = (violation.code(), violation.name());
                is_over(net, &events, CloseReason::Violation(violation), code, debug)
            }
            Verdict::Limit(limit) => {
                let code = ErrorCode::ENHANCE_YOUR_CALM;
                is_over(
                    net,
                    &events,
                    CloseReason::Limit(limit),
                    code,
                    limit.as_str(),
                )
            }
        };
        match outcome {
            Ok(()) => Ok(world.net),
            Err(failure) => panic!("{}, fed {feed:?}: {failure}", case.name),
        }
    });
}

/// The program hears of a stream's end exactly if it had heard of the stream.
#[track_caller]
fn expect_stream_error(case: &Case, events: &[Seen], id: u32, violation: Violation) {
    let opened = events
        .iter()
        .any(|event| event.stream() == id && matches!(event, Seen::Request { .. }));
    let known = opened || matches!(id, World::SIBLING | World::OPEN | World::HALF);
    let ended: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Seen::Ended { stream, end } => Some((*stream, end.code, end.by)),
            _ => None,
        })
        .collect();
    let told = (id, violation.code(), EndedBy::Violation(violation));
    let expected = if known { vec![told] } else { vec![] };
    assert_eq!(ended, expected, "{}: {events:?}", case.name);
    if !known {
        assert_eq!(events, [], "{}", case.name);
    }
}

/// Nothing is left to read, the sibling goes on to its end, a new stream works, a PING is answered.
fn lives_on(net: &mut Against) -> Result<(), Failure> {
    net.peer.expect_nothing()?;
    let sibling = World::SIBLING;
    net.peer
        .send(&RawFrame::data(sibling, "after").end_stream());
    net.peer.send(&RawFrame::ping(*b"are you?"));
    net.pump();
    assert_eq!(net.events(), [Seen::data(sibling, "after", true)]);
    net.peer.expect_ping_ack(*b"are you?")?;
    if net.peer.role() == Role::Client {
        net.respond(sibling, &[(":status", "200")], false);
        net.send(sibling, "bye", true);
        net.ask(1001, "/new", true);
        net.pump();
        net.peer.expect_status(sibling, "200")?;
        assert!(net.peer.expect_data(sibling, b"bye")?);
        net.respond(1001, &[(":status", "204")], true);
        net.pump();
        assert!(net.peer.expect_status(1001, "204")?.end_stream);
        let seen = net.events();
        assert!(
            matches!(seen[..], [Seen::Request { stream: 1001, .. }]),
            "{seen:?}"
        );
    } else {
        net.send(sibling, "bye", true);
        let new = net.open("/new", true);
        net.pump();
        net.peer.expect_headers(new)?;
        assert!(net.peer.expect_data(sibling, b"bye")?);
        net.answer(new, "204", true);
        net.pump();
        let seen = net.events();
        assert!(
            matches!(seen[..], [Seen::Response { end: true, .. }]),
            "{seen:?}"
        );
    }
    net.peer.expect_nothing()
}

/// GOAWAY and nothing else; every open stream is told, then the program; what comes later is nothing to it.
fn is_over(
    net: &mut Against,
    events: &[Seen],
    reason: CloseReason,
    code: ErrorCode,
    debug: &str,
) -> Result<(), Failure> {
    // A soft stage may come before a limit.
    net.peer.skip_while(|item| {
        matches!(item, Received::Rst { .. }) && matches!(reason, CloseReason::Limit(_))
    });
    let goaway = net.peer.expect_goaway(code.0)?;
    assert_eq!(String::from_utf8_lossy(&goaway.debug), debug);
    let least = if net.peer.role() == Role::Client {
        World::LOST
    } else {
        0
    };
    assert!(goaway.last_stream >= least, "{goaway:?}");
    net.peer.expect_nothing()?;
    assert_eq!(events.last(), Some(&Seen::Closed(reason)));
    for id in [World::SIBLING, World::OPEN, World::HALF] {
        let told = events.iter().any(|event| {
            matches!(event, Seen::Ended { stream, end } if *stream == id && (end.by == EndedBy::Connection || matches!(end.by, EndedBy::Violation(_))))
        });
        assert!(told, "stream {id} was not told: {events:?}");
    }
    let interest = net.core.interest();
    assert_eq!(
        (interest.read, interest.close),
        (false, Close::AfterFlush),
        "what it wants of the transport"
    );
    net.peer
        .send(&RawFrame::data(World::SIBLING, "late").end_stream());
    net.peer.send(&RawFrame::ping(*b"anybody?"));
    net.peer.send(&RawFrame::window_update(0, 0));
    net.pump();
    assert_eq!(net.events(), [], "after the end");
    net.peer.expect_nothing()
}

/// A peer that has sent its SETTINGS, in the role that the core does not play.
impl World {
    /// The peer for a core in this role, with these first SETTINGS.
    pub fn peer(role: Role, entries: &[(u16, u32)]) -> RawPeer {
        match role {
            Role::Server => RawPeer::client(entries),
            Role::Client => RawPeer::server(entries),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::wire::code;

    fn of(frame: RawFrame, verdict: Verdict) {
        judge(&Case::new("case", Role::Server, [frame], verdict));
    }

    #[test]
    #[should_panic(expected = "wanted RST_STREAM stream=3")]
    fn another_code_is_found() {
        let frame = RawFrame::window_update(World::OPEN, 0);
        let mut case = Case::new("case", Role::Server, [frame], Verdict::Ignored);
        case.verdict = Verdict::Stream(World::OPEN, Violation::FlowStream);
        // The program is told the truth: what fails must be the wire.
        super::super::against::every_split(|feed| {
            let mut world = World::new(case.role, feed, case.config.clone());
            world.net.peer.send_all(&case.frames);
            world.net.pump();
            world
                .net
                .peer
                .expect_rst(World::OPEN, code::FLOW_CONTROL_ERROR)?;
            Ok(world.net)
        });
    }

    #[test]
    #[should_panic(expected = "WindowZeroStream")]
    fn another_violation_is_found() {
        let frame = RawFrame::window_update(World::OPEN, 0);
        of(frame, Verdict::Stream(World::OPEN, Violation::PathInvalid));
    }

    #[test]
    #[should_panic(expected = "wanted GOAWAY PROTOCOL_ERROR")]
    fn another_scope_is_found() {
        let frame = RawFrame::window_update(World::OPEN, 0);
        of(frame, Verdict::Connection(Violation::WindowZeroConnection));
    }

    #[test]
    #[should_panic(expected = "Ended")]
    fn what_is_not_ignored_is_found() {
        of(
            RawFrame::rst_stream(World::OPEN, code::CANCEL),
            Verdict::Ignored,
        );
    }
}
