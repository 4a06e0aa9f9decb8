//! Whole connections between this project's core and the crate `h2`, in memory: our client with its server, its client
//! with our server. A model of both programs drives them; what one says the other must hear, and neither may ever find
//! the other at fault.
//!
//! Known differences, which the model keeps out of:
//! - h2 never gives credit for padding back: a sender of padded DATA stalls, so nothing is padded.
//! - h2 does not look at the credit that it owes when its smaller INITIAL_WINDOW_SIZE takes effect, and the stream
//!   stalls for good where it then has no window left: its windows only grow, and small ones begin before any DATA.
//! - h2 ends the connection when trailers come on a stream that it refused: it refuses none, unless its client knew.
//! - h2 sends what its table of fields holds from there, be it a secret now: secrets have names of their own.
//! - h2 tells its program of GOAWAY in haste as of a reset.
//! - h2 keeps requests that its peer's limit of streams does not let out: such a request is no lost one.
//! - h2's decoder forgets that a field is never indexed (RFC 7541 6.2.3): that much is not asked of it.
//! - h2's map of fields keeps the order of one name's values alone: lists are compared grouped by name.
//! - h2's time is the machine's: what it remembers for a while it remembers for an hour here.

mod act;
mod book;
mod convert;
mod link;
mod ours;
mod side;
mod stream;
mod theirs;

use std::cell::RefCell;
use std::rc::Rc;

use arbitrary::{Arbitrary, Unstructured};
use book::{Hearing, compare};
use bywash_proto::config::Config;
use bywash_proto::error::CloseReason;
use bywash_spec_tests::raw::Role;
use link::Link;
use ours::Ours;
use side::Side;
use theirs::{Manners, Theirs};

use crate::output::take;
use crate::tuning::Tuning;

/// Which side an operation is for.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Ours,
    Theirs,
}

/// One operation. `which` picks one of the side's streams.
#[derive(Arbitrary, Debug)]
enum Op {
    Open {
        method: u8,
        fields: u8,
        end: bool,
        length: Option<u16>,
    },
    Respond {
        which: u8,
        fields: u8,
        end: bool,
        length: Option<u16>,
    },
    Inform {
        which: u8,
        fields: u8,
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
        fields: u8,
    },
    Release {
        who: Who,
        which: u8,
        share: u8,
    },
    Reset {
        who: Who,
        which: u8,
        code: u8,
    },
    Ping {
        who: Who,
    },
    Window {
        who: Who,
        octets: u16,
        whole: u32,
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
        code: u8,
    },
    /// So much more arrives, then the transport breaks or ends.
    Cut {
        ours: u16,
        theirs: u16,
        breaks: bool,
    },
}

/// The smallest window of the model, octets: below that, credit itself comes in crumbs, which a limit is for.
const LEAST_WINDOW: u16 = 256;

/// Both configurations.
#[derive(Arbitrary, Debug)]
struct Setup {
    we_serve: bool,
    window: u16,
    their_window: u16,
    streams: u8,
    their_streams: u8,
    table: u16,
    their_table: u16,
    flow: u8,
    frame: u8,
    their_frame: u8,
    small: bool,
    tuned: bool,
    /// Both sides' SETTINGS are there before anything is said.
    greeted: bool,
    room: u16,
}

impl Setup {
    fn config(&self) -> Config {
        let mut config = Config::default();
        config.settings.initial_window_size = self.window.max(LEAST_WINDOW).into();
        config.settings.max_concurrent_streams = u32::from(self.streams % 20).max(1);
        config.settings.header_table_size = self.table.into();
        config.settings.enable_connect_protocol = self.we_serve;
        let tuning = Tuning {
            flow: self.flow,
            tuned: self.tuned,
            small: self.small,
            frame: self.frame,
        };
        tuning.apply(&mut config);
        config
    }

    fn manners(&self) -> Manners {
        Manners {
            window: match self.greeted || self.we_serve {
                true => self.their_window.max(LEAST_WINDOW).into(),
                false => 65_535 + u32::from(self.their_window),
            },
            streams: match self.greeted {
                true => u32::from(self.their_streams % 20).max(1),
                // As many as a client assumes that it may open.
                false => 100,
            },
            table: self.their_table.into(),
            frame: 16_384 + 100 * u32::from(self.their_frame),
            connect: self.their_frame % 2 == 0,
        }
    }
}

/// Two sides and what lies between them.
struct Peers {
    ours: Ours,
    theirs: Theirs,
    link: Rc<RefCell<Link>>,
    most_streams: usize,
    we_serve: bool,
    /// The transport carries nothing more.
    cut: bool,
    /// Something else than streams' ends has ended streams: not all that was said need arrive.
    in_haste: bool,
}

impl Peers {
    fn new(setup: &Setup) -> Self {
        let (role, other) = match setup.we_serve {
            true => (Role::Server, Role::Client),
            false => (Role::Client, Role::Server),
        };
        let link = Rc::new(RefCell::new(Link {
            room: usize::from(setup.room).max(1),
            ..Link::default()
        }));
        let config = setup.config();
        Self {
            most_streams: config.settings.max_concurrent_streams as usize,
            ours: Ours::new(role, config),
            theirs: Theirs::new(other, setup.manners(), Rc::clone(&link)),
            link,
            we_serve: setup.we_serve,
            cut: false,
            in_haste: false,
        }
    }

    fn side(&mut self, who: Who) -> &mut dyn Side {
        match who {
            Who::Ours => &mut self.ours,
            Who::Theirs => &mut self.theirs,
        }
    }

    /// Moves octets from one side to the other; how many.
    fn deliver(&mut self, from: Who, most: usize) -> usize {
        if self.cut {
            return 0;
        }
        let moved = match from {
            Who::Ours => {
                let ours = &mut self.ours;
                let octets = take(&mut ours.core, &mut ours.guard, ours.now, most);
                self.link.borrow_mut().to_theirs.extend(&octets);
                octets.len()
            }
            Who::Theirs => {
                self.theirs.run();
                let mut link = self.link.borrow_mut();
                let n = link.from_theirs.len().min(most);
                let octets: Vec<u8> = link.from_theirs.drain(..n).collect();
                drop(link);
                self.ours.feed(&octets);
                n
            }
        };
        self.theirs.run();
        // What was written may have its events.
        self.ours.feed(&[]);
        moved
    }

    /// Moves all octets both ways, with every reader reading, until nothing moves any more.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            for who in [Who::Ours, Who::Theirs] {
                side::release_all(self.side(who));
            }
            let mut news = self.theirs.run();
            news |= self.deliver(Who::Ours, usize::MAX) > 0;
            news |= self.deliver(Who::Theirs, usize::MAX) > 0;
            news |= self.ours.core.has_events();
            if news || self.hang_up() {
                continue;
            }
            if !self.cut {
                self.ours.at_rest();
                self.theirs.at_rest();
            }
            self.compare();
            return;
        }
        panic!("the two never come to rest");
    }

    /// A side that has ended and written all closes the transport; whether the other had yet to hear of it.
    fn hang_up(&mut self) -> bool {
        let (ended, shut) = (self.link.borrow().ended, self.link.borrow().shut);
        let mut news = false;
        if self.ours.closed.is_some() && !ended {
            self.link.borrow_mut().ended = true;
            news |= self.theirs.run();
        }
        if shut && self.ours.closed.is_none() {
            self.ours.gone(false);
            news = true;
        }
        news
    }

    /// What each has heard is what the other has said: all of it, where nothing else has ended anything.
    fn compare(&mut self) {
        let ends = self.ours.closed.is_some() || self.theirs.is_over();
        let whole = !self.in_haste && !ends;
        let (ours, theirs) = (self.ours.book(), self.theirs.book());
        let open = ours.values().filter(|talk| !talk.is_over()).count();
        let hearing = Hearing {
            secrets: false,
            resets: !self.in_haste,
            whole,
        };
        compare(theirs, ours, hearing);
        // Requests wait at the peer for room.
        let waiting = self.we_serve && open >= self.most_streams;
        let hearing = Hearing {
            secrets: true,
            resets: true,
            whole: whole && !waiting,
        };
        compare(ours, theirs, hearing);
    }

    /// The transport breaks or ends, after so much more of what is under way.
    fn cut(&mut self, ours: usize, theirs: usize, breaks: bool) {
        self.deliver(Who::Ours, ours);
        self.deliver(Who::Theirs, theirs);
        self.cut = true;
        self.in_haste = true;
        self.link.borrow_mut().broken = breaks;
        // Nobody reads any more, and nothing that is written is kept.
        self.link.borrow_mut().room = usize::MAX;
        self.link.borrow_mut().ended = true;
        if self.ours.closed.is_none() {
            self.ours.gone(breaks);
        }
        self.theirs.run();
        assert!(self.ours.closed.is_some(), "no Closed after the cut");
        assert!(self.theirs.is_over(), "h2 goes on after the cut");
    }

    /// Ends it all in good order, and both connections with it.
    fn end(&mut self) {
        self.settle();
        for who in [Who::Theirs, Who::Ours] {
            side::reset_all(self.side(who));
        }
        self.ours.let_go_all();
        self.settle();
        for who in [Who::Ours, Who::Theirs] {
            self.side(who).shutdown();
        }
        self.theirs.let_go_all();
        self.settle();
        if self.ours.closed.is_none() {
            self.ours.gone(false);
        }
        self.link.borrow_mut().ended = true;
        self.theirs.run();
        assert!(self.theirs.is_over(), "h2 goes on after the end");
        let reason = self.ours.closed.expect("a connection without an end");
        let fair = match reason {
            CloseReason::Finished => true,
            CloseReason::GoAway(code) => code.0 == 0 || self.in_haste,
            CloseReason::Closed(_) | CloseReason::Eof | CloseReason::Transport => self.in_haste,
            CloseReason::Timeout(_) => self.in_haste,
            _ => false,
        };
        assert!(fair, "ended by {reason:?}");
        for (id, talk) in self.ours.book() {
            assert!(talk.is_over(), "stream {id} is open at the end: {talk:?}");
        }
    }
}

/// A setup, then operations.
pub fn peer_h2(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(setup) = Setup::arbitrary(&mut input) else {
        return;
    };
    let mut peers = Peers::new(&setup);
    if setup.greeted {
        peers.settle();
    }
    let ops = input.arbitrary_iter::<Op>().into_iter().flatten().flatten();
    for op in ops.take(400) {
        peers.act(&op);
    }
    peers.end();
}
