//! A client against a server under random operations: what one accepts the other gets, in order and once; nothing is
//! stuck when both have come to rest; nobody is ever at fault.

mod act;
mod side;
mod track;

use arbitrary::{Arbitrary, Unstructured};
use bywash_proto::config::{Config, LocalSettings};
use bywash_proto::error::CloseReason;
use bywash_proto::vocabulary::Instant;
use bywash_spec_tests::raw::Role;
use side::Side;

use crate::output::take;
use crate::tuning::Tuning;

/// Which side an operation is for.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Client,
    Server,
}

/// One operation. `which` picks one of the side's streams.
#[derive(Arbitrary, Debug)]
pub(crate) enum Op {
    Open {
        end: bool,
        fields: u8,
    },
    Respond {
        which: u8,
        end: bool,
        fields: u8,
    },
    Inform {
        which: u8,
    },
    Send {
        who: Who,
        which: u8,
        octets: u16,
        end: bool,
    },
    Trailers {
        who: Who,
        which: u8,
    },
    Release {
        who: Who,
        which: u8,
        share: u8,
    },
    Expect {
        who: Who,
        which: u8,
        octets: u32,
    },
    Reset {
        who: Who,
        which: u8,
    },
    Discard {
        who: Who,
        which: u8,
    },
    Drained {
        who: Who,
        which: u8,
    },
    Prioritize {
        who: Who,
        which: u8,
        urgency: u8,
    },
    Hold {
        which: u8,
    },
    LetGo {
        which: u8,
    },
    Ping {
        who: Who,
    },
    Settings {
        who: Who,
        window: u16,
        table: u16,
        streams: u8,
    },
    Extension {
        who: Who,
        octets: u8,
    },
    Trim {
        who: Who,
    },
    Time {
        millis: u16,
    },
    /// Moves at most so many octets from one side to the other, in one read.
    Deliver {
        from: Who,
        octets: u16,
    },
    /// Moves all there is, both ways, until nothing moves.
    Settle,
    Shutdown {
        who: Who,
    },
    Close {
        who: Who,
    },
    /// The transport breaks.
    Cut,
}

/// The smallest window of the model, octets.
const LEAST_WINDOW: u32 = 256;

/// A side's configuration.
#[derive(Arbitrary, Debug)]
struct Setup {
    window: u16,
    streams: u8,
    flow: u8,
    tuned: bool,
    small: bool,
    frame: u8,
}

impl Setup {
    fn config(&self) -> Config {
        let mut config = Config::default();
        // Below that, credit itself comes in crumbs, which a limit is for.
        config.settings.initial_window_size = u32::from(self.window).max(LEAST_WINDOW);
        config.settings.max_concurrent_streams = u32::from(self.streams % 20).max(1);
        config.raw_extensions = true;
        let tuning = Tuning {
            flow: self.flow,
            tuned: self.tuned,
            small: self.small,
            frame: self.frame,
        };
        tuning.apply(&mut config);
        config
    }
}

/// Two sides and what lies between them.
pub(crate) struct Pair {
    pub(crate) client: Side,
    pub(crate) server: Side,
    now: u64,
    cut: bool,
}

impl Pair {
    pub(crate) fn side(&mut self, who: Who) -> &mut Side {
        match who {
            Who::Client => &mut self.client,
            Who::Server => &mut self.server,
        }
    }

    fn both(&mut self, who: Who) -> (&mut Side, &mut Side) {
        match who {
            Who::Client => (&mut self.client, &mut self.server),
            Who::Server => (&mut self.server, &mut self.client),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_nanos(self.now)
    }

    /// Moves octets from one side to the other; how many.
    pub(crate) fn deliver(&mut self, from: Who, most: usize) -> usize {
        if self.cut {
            return 0;
        }
        let now = self.now();
        let (from, to) = self.both(from);
        let octets = take(&mut from.core, &mut from.guard, now, most);
        to.feed(now, &octets, &from.tracks);
        // What was written may have its events.
        from.feed(now, &[], &to.tracks);
        octets.len()
    }

    /// Lets both programs hear of what needs no input.
    pub(crate) fn hear(&mut self) {
        let now = self.now();
        for who in [Who::Client, Who::Server] {
            let (side, other) = self.both(who);
            side.feed(now, &[], &other.tracks);
        }
    }

    /// Moves all octets both ways, with every reader reading, until nothing moves any more.
    pub(crate) fn settle(&mut self) {
        for _ in 0..100_000 {
            self.client.release_all();
            self.server.release_all();
            let moved =
                self.deliver(Who::Client, usize::MAX) + self.deliver(Who::Server, usize::MAX);
            let events = self.client.core.has_events() || self.server.core.has_events();
            if moved == 0 && !events && !self.hang_up() {
                if !self.cut {
                    self.client.at_rest();
                    self.server.at_rest();
                }
                return;
            }
        }
        panic!("the two never come to rest");
    }

    /// A side that has ended and written all closes the transport; whether the other had yet to hear of it.
    fn hang_up(&mut self) -> bool {
        let now = self.now();
        let mut news = false;
        for who in [Who::Client, Who::Server] {
            let (side, other) = self.both(who);
            if side.closed.is_some() && other.closed.is_none() {
                other.peer_is_gone(now);
                news = true;
            }
        }
        if news {
            self.hear();
        }
        news
    }

    pub(crate) fn wait(&mut self, millis: u16) {
        self.now += u64::from(millis) * 1_000_000;
        let now = self.now();
        for who in [Who::Client, Who::Server] {
            let (side, other) = self.both(who);
            side.time_passes(now, &other.tracks);
        }
    }

    pub(crate) fn cut(&mut self) {
        self.cut = true;
        let now = self.now();
        for who in [Who::Client, Who::Server] {
            let (side, other) = self.both(who);
            side.core.handle_transport_error(now);
            side.feed(now, &[], &other.tracks);
        }
    }

    /// At rest, all that was accepted has arrived, on every stream that was not ended before its time.
    fn nothing_is_lost(&self) {
        if self.cut || self.client.closed.is_some() || self.server.closed.is_some() {
            return;
        }
        for (from, to) in [(&self.client, &self.server), (&self.server, &self.client)] {
            for (id, sent) in &from.tracks {
                let Some(got) = to.tracks.get(id) else {
                    assert!(sent.gone || from.going, "stream {id} never arrived");
                    continue;
                };
                if sent.gone || got.gone {
                    continue;
                }
                assert_eq!(got.got, sent.sent, "octets of stream {id}");
                assert_eq!(got.got_end, sent.sent_end, "the end of stream {id}");
            }
        }
    }

    /// Ends it all in good order, and both connections with it.
    fn end(&mut self) {
        self.settle();
        self.nothing_is_lost();
        let now = self.now();
        for who in [Who::Server, Who::Client] {
            self.side(who).reset_all();
        }
        self.settle();
        for who in [Who::Client, Who::Server] {
            self.side(who).core.shutdown(now);
        }
        self.settle();
        for who in [Who::Client, Who::Server] {
            let (side, other) = self.both(who);
            side.peer_is_gone(now);
            side.feed(now, &[], &other.tracks);
            let reason = side.closed.expect("a connection without an end");
            let fair = match reason {
                CloseReason::Finished
                | CloseReason::Closed(_)
                | CloseReason::GoAway(_)
                | CloseReason::Timeout(_) => true,
                // The other one hung up over open streams, and not in good order.
                CloseReason::Eof | CloseReason::Transport => {
                    other.closed != Some(CloseReason::Finished)
                }
                _ => false,
            };
            assert!(fair || self.cut, "{who:?} ended by {reason:?}");
        }
    }
}

/// New settings that any connection may send.
pub(crate) fn settings(of: &Config, window: u16, table: u16, streams: u8) -> LocalSettings {
    let mut settings = of.settings.clone();
    settings.initial_window_size = u32::from(window).max(LEAST_WINDOW);
    settings.header_table_size = u32::from(table);
    settings.max_concurrent_streams = u32::from(streams % 20);
    settings
}

/// Two setups, then operations.
pub fn pair(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (Ok(client), Ok(server)) = (Setup::arbitrary(&mut input), Setup::arbitrary(&mut input))
    else {
        return;
    };
    let mut pair = Pair {
        client: Side::new(Role::Client, client.config()),
        server: Side::new(Role::Server, server.config()),
        now: 0,
        cut: false,
    };
    let ops = input.arbitrary_iter::<Op>().into_iter().flatten().flatten();
    for op in ops.take(500) {
        pair.act(&op);
    }
    pair.end();
}
