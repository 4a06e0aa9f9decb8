//! Trouble after every octet of every kind of call, on both sides: what each side is told, and that it is told once.

use super::*;
use crate::{code::Code, wire::StreamRef};
use std::collections::VecDeque;

/// One message in, or any number; one out, or any number.
const KINDS: [(bool, bool); 4] = [(true, false), (true, true), (false, false), (false, true)];

const REQUESTS: [&[u8]; 3] = [b"one", b"", b"three"];

/// What happens after some octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// The transport breaks at both ends.
    Lost,
    /// The client hears the end of the transport, and goes; then the server does.
    Eof,
    /// The caller gives the call up.
    Cancel,
    /// The server's transport resets the stream with this code.
    Reset(u32),
    /// The deadline passes at the server.
    Deadline,
    /// The server takes no more calls.
    ServerGoes,
    /// The client makes no more calls.
    ClientGoes,
}

/// One call, octet by octet.
struct Walk {
    pair: Pair,
    single: bool,
    streams: bool,
    up: VecDeque<u8>,
    down: VecDeque<u8>,
    answered: usize,
    finished: bool,
}

macro_rules! take {
    ($conn:expr, $now:expr, $into:expr) => {{
        let transmit = $conn.transmit($now);
        let octets: Vec<u8> = transmit.chunks().flatten().copied().collect();
        transmit.advance(octets.len());
        $into.extend(&octets);
    }};
}

impl Walk {
    /// A call with all of its request given to its side. With `narrow` the client lets two octets of messages through at
    /// once.
    fn new((single, streams): (bool, bool), narrow: bool) -> Walk {
        let mut small = config();
        if narrow {
            small.settings.initial_window_size = 2;
        }
        let mut pair = Pair::with(small, config());
        pair.serving_single = single;
        let requests = if single { &REQUESTS[..1] } else { &REQUESTS };
        for message in requests {
            pair.outgoing.push(framed(message), false);
        }
        pair.outgoing.end();
        pair.open(streams, &grpc(), b"");
        Walk {
            pair,
            single,
            streams,
            up: VecDeque::new(),
            down: VecDeque::new(),
            answered: 0,
            finished: false,
        }
    }

    /// The handler: echoes if it may send any number, else answers once it has all.
    fn handle(&mut self) {
        let Walk { pair, .. } = self;
        if pair.served.is_none() || self.finished {
            return;
        }
        let none = Metadata::new();
        let seen = Pair::messages(&pair.at_server);
        let complete = pair.at_server.contains(&Seen::HalfClosed);
        if self.streams {
            for message in &seen[self.answered..] {
                pair.serve(|core, wire, _| {
                    if core.send_head(wire, &none).is_ok() {
                        core.send(wire, framed(message));
                    }
                });
            }
            self.answered = seen.len();
        }
        if complete && !self.streams {
            pair.answer(&[b"reply"]);
            self.finished = true;
        } else if complete {
            pair.serve(|core, wire, _| core.finish(wire, &Ok(()), &none, &none));
            self.finished = true;
        }
    }

    /// Moves so many octets, first up, then down; how many there were.
    fn walk(&mut self, most: usize) -> usize {
        let mut moved = 0;
        loop {
            self.handle();
            take!(self.pair.client, self.pair.now, self.up);
            take!(self.pair.server, self.pair.now, self.down);
            if moved == most {
                return moved;
            }
            if let Some(octet) = self.up.pop_front() {
                self.pair.feed_server(&[octet]);
            } else if let Some(octet) = self.down.pop_front() {
                self.pair.feed_client(&[octet]);
            } else if self.pair.client.has_events() || self.pair.server.has_events() {
                self.pair.feed_server(&[]);
                self.pair.feed_client(&[]);
                continue;
            } else {
                return moved;
            }
            moved += 1;
        }
    }

    fn break_with(&mut self, trouble: Trouble) {
        let Walk { pair, .. } = self;
        let now = pair.now;
        match trouble {
            Trouble::Lost => {
                pair.client.handle_transport_error(now);
                pair.server.handle_transport_error(now);
            }
            Trouble::Eof => {
                pair.client.handle_eof(now);
                pair.server.handle_eof(now);
            }
            Trouble::Cancel => pair.attempt.as_mut().unwrap().cancel(&mut pair.client),
            Trouble::Reset(code) => {
                if let Some(stream) = self.stream() {
                    self.pair.server.send(stream).reset(ErrorCode(code));
                }
            }
            Trouble::Deadline => {
                if pair.served.is_some() {
                    pair.serve(|core, wire, out| core.on_deadline(wire, out));
                }
            }
            Trouble::ServerGoes => pair.server.shutdown(now),
            Trouble::ClientGoes => pair.client.shutdown(now),
        }
        if matches!(trouble, Trouble::Lost | Trouble::Eof) {
            self.up.clear();
            self.down.clear();
            self.pair.feed_server(&[]);
            self.pair.feed_client(&[]);
        }
        if matches!(trouble, Trouble::Reset(_) | Trouble::Deadline) && self.stream().is_some() {
            // The handler's doing is over, whatever it has seen.
            self.finished = true;
        }
    }

    fn stream(&self) -> Option<StreamRef> {
        self.pair
            .served
            .as_ref()
            .map(super::super::ServeCore::stream)
    }

    /// The codes with which the call ended at either side; none where nothing was told.
    fn ends(&self) -> [Option<u32>; 2] {
        [&self.pair.at_client, &self.pair.at_server].map(|seen| {
            let ends = seen.iter().filter_map(|seen| match seen {
                Seen::Ended(code, _) => Some(*code),
                _ => None,
            });
            let ends: Vec<u32> = ends.collect();
            assert!(ends.len() <= 1, "{seen:?}");
            let last = matches!(seen.last(), Some(Seen::Ended(..)));
            assert_eq!(last, ends.len() == 1, "{seen:?}");
            ends.first().copied()
        })
    }

    /// What came must be a beginning of what was sent, and all of it in a call that ended well.
    fn check_messages(&self, well: bool) {
        let requests = if self.single {
            &REQUESTS[..1]
        } else {
            &REQUESTS
        };
        let replies: &[&[u8]] = if self.streams { requests } else { &[b"reply"] };
        let got = Pair::messages(&self.pair.at_server);
        assert!(requests.starts_with(&got.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        let got = Pair::messages(&self.pair.at_client);
        assert!(replies.starts_with(&got.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        assert!(!well || got.len() == replies.len());
    }
}

/// What happened, in words for whoever reads a failure.
struct Case {
    kind: (bool, bool),
    narrow: bool,
    at: usize,
    trouble: Trouble,
}

impl Case {
    /// Runs it; how the call ended at the client.
    fn run(&self) -> Option<u32> {
        let mut walk = Walk::new(self.kind, self.narrow);
        assert_eq!(walk.walk(self.at), self.at);
        let (over, handled) = (walk.ends()[0], walk.finished);
        let there = walk.stream().is_some();
        walk.break_with(self.trouble);
        walk.walk(usize::MAX);
        let [client, server] = walk.ends();
        let expected = self.at_client(over, there);
        assert!(expected.contains(&client), "{client:?}, not {expected:?}");
        self.check_server(server, handled, there, &walk);
        walk.check_messages(client == Some(0));
        if !matches!(self.trouble, Trouble::Lost | Trouble::Eof) {
            let open = (
                walk.pair.client.open_streams(),
                walk.pair.server.open_streams(),
            );
            assert_eq!(open, ((0, 0), (0, 0)));
        }
        assert_eq!(walk.pair.unread.octets(), 0);
        client
    }

    /// How the call may end at the client that has heard `over` so far.
    fn at_client(&self, over: Option<u32>, there: bool) -> Vec<Option<u32>> {
        if over.is_some() {
            return vec![over];
        }
        let well = Some(0);
        let number = |code: Code| Some(code.as_u32());
        match self.trouble {
            Trouble::Lost | Trouble::Eof => vec![number(Code::Unavailable)],
            Trouble::Cancel => vec![None],
            Trouble::ServerGoes | Trouble::ClientGoes => vec![well],
            // There was no call yet to be in trouble.
            Trouble::Reset(_) | Trouble::Deadline if !there => vec![well],
            Trouble::Reset(code) => vec![well, number(Code::from_reset(code))],
            // A message that is out in part cannot be followed by a status.
            Trouble::Deadline if self.narrow => {
                vec![
                    well,
                    number(Code::DeadlineExceeded),
                    number(Code::Cancelled),
                ]
            }
            Trouble::Deadline => vec![well, number(Code::DeadlineExceeded)],
        }
    }

    fn check_server(&self, told: Option<u32>, handled: bool, there: bool, walk: &Walk) {
        let why = walk.pair.at_server.last();
        match self.trouble {
            _ if handled => assert_eq!(told, None, "{why:?} after its handler was done"),
            Trouble::Lost | Trouble::Eof if there => {
                assert_eq!(why, Some(&lost()), "the handler hears of it");
            }
            Trouble::Deadline if there => assert_eq!(told, Some(Code::DeadlineExceeded.as_u32())),
            Trouble::Cancel if told.is_some() => {
                let Some(Seen::Ended(_, why)) = why else {
                    panic!("{why:?}")
                };
                assert_eq!(*why, format!("{:?}", Cancel::PeerReset(8)));
            }
            // Either the reset overtook the request, or the handler was done when it came.
            Trouble::Cancel => assert!(walk.finished || walk.stream().is_none()),
            _ => assert_eq!(told, None, "{why:?}"),
        }
    }
}

fn lost() -> Seen {
    let code = Cancel::ConnectionLost.status().raw_code();
    Seen::Ended(code, format!("{:?}", Cancel::ConnectionLost))
}

#[test]
fn trouble_after_any_octet_ends_every_kind_of_call_once() {
    let troubles = [
        Trouble::Lost,
        Trouble::Eof,
        Trouble::Cancel,
        Trouble::Reset(2),
        Trouble::Reset(7),
        Trouble::Reset(11),
        Trouble::Deadline,
        Trouble::ServerGoes,
        Trouble::ClientGoes,
    ];
    let mut cases = 0;
    for (kind, narrow) in KINDS
        .iter()
        .flat_map(|kind| [(*kind, false), (*kind, true)])
    {
        let whole = Walk::new(kind, narrow).walk(usize::MAX);
        for trouble in troubles {
            let mut ends = Vec::new();
            for at in 0..=whole {
                let case = Case {
                    kind,
                    narrow,
                    at,
                    trouble,
                };
                let run = std::panic::catch_unwind(|| case.run());
                assert!(
                    run.is_ok(),
                    "{kind:?}, narrow {narrow}: {trouble:?} at {at} of {whole}"
                );
                ends.extend(run);
                cases += 1;
            }
            let own = match trouble {
                Trouble::Lost | Trouble::Eof => Some(Code::Unavailable.as_u32()),
                Trouble::Cancel => None,
                Trouble::Reset(code) => Some(Code::from_reset(code).as_u32()),
                Trouble::Deadline => Some(Code::DeadlineExceeded.as_u32()),
                Trouble::ServerGoes | Trouble::ClientGoes => Some(0),
            };
            assert!(ends.contains(&own), "{trouble:?} reaches no call");
            assert_eq!(ends.last(), Some(&Some(0)), "after all nothing is lost");
            // What decides a call comes once: from there on it has ended well.
            if !matches!(trouble, Trouble::Reset(_) | Trouble::Deadline) {
                let first = ends.iter().position(|end| *end == Some(0));
                let well = ends.iter().skip(first.unwrap_or_default());
                assert!(
                    well.into_iter().all(|end| *end == Some(0)),
                    "{trouble:?}: {ends:?}"
                );
            }
        }
    }
    assert!(cases > 5000, "{cases}");
}
