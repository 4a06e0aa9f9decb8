//! All 256 frame types with all sorts of flags and lengths on streams in every state: the verdict of one table, and
//! never a panic.

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, EndedBy, LimitName, Violation as V};
use bywash_spec_tests::pair::{Against, Feed, Seen, World};
use bywash_spec_tests::raw::wire::{flag, kind};
use bywash_spec_tests::raw::{RawFrame, Received, Role};

const EVEN: u32 = 2;
const STREAMS: [u32; 7] = [
    0,
    World::OPEN,
    World::HALF,
    World::CLOSED,
    World::RESET,
    World::IDLE,
    EVEN,
];
const FLAGS: [u8; 12] = [
    0, 0x1, 0x2, 0x4, 0x5, 0x8, 0xd, 0x20, 0x25, 0x2d, 0xd2, 0xff,
];
const MAX: usize = 16_384;

/// What must come of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// No event and no answer.
    Nothing,
    /// It is legal and means something: an event, an answer, or both, and the connection lives.
    Something,
    /// RST_STREAM.
    Stream(V),
    /// GOAWAY.
    Connection(V),
    /// GOAWAY of a limit.
    Limit(LimitName),
}
use Expected::{Connection, Limit, Nothing, Something, Stream};

/// A frame whose payload is all zeros, to a core in this role.
struct Sent {
    role: Role,
    kind: u8,
    flags: u8,
    stream: u32,
    length: usize,
}

impl Sent {
    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn is_idle(&self) -> bool {
        matches!(self.stream, World::IDLE | EVEN)
    }

    fn is_open(&self) -> bool {
        matches!(self.stream, World::OPEN | World::HALF)
    }

    /// The table.
    fn expected(&self) -> Expected {
        if self.length > MAX {
            return Connection(V::FrameTooLarge);
        }
        match self.kind {
            kind::DATA => self.data(),
            kind::HEADERS => self.headers(),
            kind::PRIORITY => self.priority(),
            kind::RST_STREAM if self.length != 4 => Connection(V::ResetLength),
            kind::RST_STREAM => match self.stream {
                0 => Connection(V::ResetOnConnection),
                _ if self.is_idle() => Connection(V::IdleStream),
                _ if self.is_open() => Something,
                _ => Nothing,
            },
            kind::SETTINGS => self.settings(),
            kind::PUSH_PROMISE if self.role == Role::Server => Connection(V::PushAtServer),
            kind::PUSH_PROMISE => Connection(V::PushDisabled),
            kind::PING if self.length != 8 => Connection(V::PingLength),
            kind::PING if self.stream != 0 => Connection(V::PingOnStream),
            kind::PING if self.has(flag::ACK) => Nothing,
            kind::PING => Something,
            kind::GOAWAY if self.length < 8 => Connection(V::GoAwayLength),
            kind::GOAWAY if self.stream != 0 => Connection(V::GoAwayOnStream),
            kind::GOAWAY => Something,
            kind::WINDOW_UPDATE if self.length != 4 => Connection(V::WindowUpdateLength),
            kind::WINDOW_UPDATE => match self.stream {
                0 => Connection(V::WindowZeroConnection),
                _ if self.is_idle() => Connection(V::IdleStream),
                _ if self.is_open() => Stream(V::WindowZeroStream),
                _ => Nothing,
            },
            kind::CONTINUATION => Connection(V::ContinuationUnexpected),
            kind::ALTSVC if self.role == Role::Client => Something,
            kind::PRIORITY_UPDATE if self.role == Role::Client => {
                Connection(V::PriorityUpdateAtClient)
            }
            kind::PRIORITY_UPDATE if self.stream != 0 => Connection(V::PriorityUpdateOnStream),
            kind::PRIORITY_UPDATE if self.length < 4 => Connection(V::PriorityUpdateLength),
            kind::PRIORITY_UPDATE => Connection(V::PriorityUpdateStream),
            _ => Nothing,
        }
    }

    fn data(&self) -> Expected {
        let padded = self.has(flag::PADDED);
        if padded && self.length == 0 {
            return Connection(V::TruncatedFrame);
        }
        let octets = self.length - usize::from(padded);
        match self.stream {
            0 => Connection(V::DataOnConnection),
            _ if self.is_idle() => Connection(V::IdleStream),
            World::CLOSED => Connection(V::StreamClosed),
            World::HALF => Stream(V::StreamHalfClosed),
            World::OPEN if octets > 0 || self.has(flag::END_STREAM) => Something,
            _ => Nothing,
        }
    }

    fn headers(&self) -> Expected {
        if self.stream == 0 {
            return Connection(V::HeadersOnConnection);
        }
        let fixed = if self.has(flag::PADDED) { 1 } else { 0 }
            + if self.has(flag::PRIORITY) { 5 } else { 0 };
        let Some(block) = self.length.checked_sub(fixed) else {
            return Connection(V::TruncatedFrame);
        };
        if !self.has(flag::END_HEADERS) {
            return Nothing;
        }
        // Three zeros are a field without a name and a value; less is a field that is cut.
        let broken = block % 3 != 0;
        match (self.stream, self.role) {
            (EVEN, _) => Connection(V::HeadersBadStreamId),
            (World::IDLE, Role::Client) => Connection(V::IdleStream),
            (World::CLOSED, _) => Connection(V::StreamClosed),
            _ if broken => Connection(V::HpackFault),
            (World::RESET, _) => Nothing,
            (World::HALF, _) => Stream(V::StreamHalfClosed),
            _ if block > 0 => Stream(V::FieldNameInvalid),
            (World::IDLE, _) => Stream(V::PseudoMissing),
            _ if self.has(flag::END_STREAM) => Something,
            _ => Stream(V::TrailersNoEndStream),
        }
    }

    fn priority(&self) -> Expected {
        match self.stream {
            0 => Connection(V::PriorityOnConnection),
            _ if self.length == 5 => Nothing,
            _ if self.is_idle() => Connection(V::PriorityLengthIdle),
            _ if self.is_open() => Stream(V::PriorityLength),
            _ => Nothing,
        }
    }

    fn settings(&self) -> Expected {
        if self.stream != 0 {
            return Connection(V::SettingsOnStream);
        }
        match (self.has(flag::ACK), self.length) {
            (true, 0) => Connection(V::SettingsAckUnexpected),
            (true, _) => Connection(V::SettingsAckLength),
            (false, n) if n % 6 != 0 => Connection(V::SettingsLength),
            (false, n) if n / 6 > 64 => Limit(LimitName::SettingsEntries),
            (false, _) => Something,
        }
    }

    /// Sends it and says what came of it.
    fn found(&self, feed: Feed) -> (Expected, Against) {
        let mut net = World::new(self.role, feed, Config::default()).net;
        let frame = RawFrame::new(self.kind, self.flags, self.stream, vec![0; self.length]);
        net.peer.send(&frame);
        net.pump();
        let (events, answers) = (net.events(), net.peer.drain());
        let found = match events.last() {
            Some(Seen::Closed(CloseReason::Violation(violation))) => {
                let wanted = violation.code().0;
                let is =
                    |i: &Received| matches!(i, Received::GoAway { code, .. } if *code == wanted);
                assert!(answers.len() == 1 && is(&answers[0]), "{answers:?}");
                Connection(*violation)
            }
            Some(Seen::Closed(CloseReason::Limit(limit))) => Limit(*limit),
            _ => of_stream(self.stream, &events, &answers),
        };
        (found, net)
    }
}

fn of_stream(id: u32, events: &[Seen], answers: &[Received]) -> Expected {
    let told = events.iter().find_map(|event| match event {
        Seen::Ended { stream, end } if *stream == id => match end.by {
            EndedBy::Violation(violation) => Some(violation),
            _ => None,
        },
        _ => None,
    });
    match (told, answers) {
        (Some(violation), [Received::Rst { stream, code }])
            if *stream == id && *code == violation.code().0 =>
        {
            Stream(violation)
        }
        // The program had not heard of the stream: the code is all that is known.
        (None, [Received::Rst { stream, code }]) if *stream == id && events.is_empty() => {
            assert_eq!(*code, V::PseudoMissing.code().0);
            Stream(V::PseudoMissing)
        }
        (None, []) if events.is_empty() => Nothing,
        _ => Something,
    }
}

/// Whether both say the same; a stream that was never surfaced does not tell its violation.
fn agree(sent: &Sent, expected: Expected, found: Expected) -> bool {
    match (expected, found) {
        (Stream(_), Stream(V::PseudoMissing)) => sent.stream == World::IDLE,
        _ => expected == found,
    }
}

fn lengths(kind: u8) -> Vec<usize> {
    let fixed: &[usize] = match kind {
        kind::PRIORITY => &[4, 5, 6],
        kind::RST_STREAM | kind::WINDOW_UPDATE | kind::PRIORITY_UPDATE => &[3, 4, 5],
        kind::SETTINGS => &[5, 6, 7, 384, 390],
        kind::PING | kind::GOAWAY => &[7, 8, 9],
        kind::HEADERS => &[1, 3, 4, 5, 6, 8, 9],
        _ => &[1, 2],
    };
    [&[0], fixed, &[MAX, MAX + 1]].concat()
}

fn all_of(role: Role, kind: u8) {
    for flags in FLAGS {
        for stream in STREAMS {
            for length in lengths(kind) {
                let sent = Sent {
                    role,
                    kind,
                    flags,
                    stream,
                    length,
                };
                let cut = if length > 100 {
                    Feed::Seeded(u64::from(flags))
                } else {
                    Feed::Bytes
                };
                let expected = sent.expected();
                for feed in [Feed::Whole, cut] {
                    let (found, _net) = sent.found(feed);
                    assert!(
                        agree(&sent, expected, found),
                        "type {kind:#x}, flags {flags:#x}, stream {stream}, {length} octets at {role:?}, {feed:?}: \
                         wanted {expected:?}, got {found:?}"
                    );
                }
            }
        }
    }
}

const KNOWN: [u8; 13] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xa, 0xc, 0x10];

#[test]
fn every_known_type_at_a_server() {
    KNOWN.iter().for_each(|&kind| all_of(Role::Server, kind));
}

#[test]
fn every_known_type_at_a_client() {
    KNOWN.iter().for_each(|&kind| all_of(Role::Client, kind));
}

/// Types that nobody knows are ignored, whatever they carry and wherever they are.
#[test]
fn every_other_type_is_ignored() {
    for role in [Role::Server, Role::Client] {
        for feed in [Feed::Whole, Feed::Seeded(5)] {
            let mut config = Config::default();
            config.limits.unknown.burst = 1_000_000;
            let mut net = World::new(role, feed, config).net;
            for kind in (0..=0xff).filter(|kind| !KNOWN.contains(kind)) {
                for flags in FLAGS {
                    for stream in STREAMS {
                        let length = [0, 1, 9][usize::from(flags) % 3];
                        net.peer
                            .send(&RawFrame::new(kind, flags, stream, vec![0; length]));
                    }
                }
                net.peer.send(&RawFrame::new(kind, 0xff, 0, vec![0; MAX]));
            }
            net.pump();
            assert_eq!(net.events(), [], "{role:?}");
            net.peer.expect_nothing().unwrap();
        }
        // But not beyond the frame size.
        for kind in (0..=0xff).filter(|kind| !KNOWN.contains(kind)) {
            let sent = Sent {
                role,
                kind,
                flags: 0,
                stream: World::OPEN,
                length: MAX + 1,
            };
            let (found, _net) = sent.found(Feed::Whole);
            assert_eq!(found, Connection(V::FrameTooLarge), "type {kind:#x}");
        }
    }
}
