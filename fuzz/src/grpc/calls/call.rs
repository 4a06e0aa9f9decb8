//! One call of either side, and what its events must keep to.

use bywash_grpc::Status;
use bywash_grpc::attempt::{AttemptCore, AttemptEvent};
use bywash_grpc::outgoing::Outgoing;
use bywash_grpc::serve::{ServeCore, ServeEvent};

/// The most octets that a message may have.
pub(super) const LIMIT: usize = 4096;

/// What a call has told so far.
pub(super) struct Told {
    /// Whether the peer sends exactly one message.
    single: bool,
    wanted: u64,
    messages: u64,
    head: bool,
    half_closed: bool,
    ended: bool,
    /// Its program has given it up, or finished it: nothing may be told any more.
    left: bool,
    /// What must come next: the end of a request whose one message said that it was the last.
    sole: bool,
}

impl Told {
    pub(super) fn new(single: bool, wanted: u32) -> Told {
        Told {
            single,
            wanted: wanted.into(),
            messages: 0,
            head: false,
            half_closed: false,
            ended: false,
            left: false,
            sole: false,
        }
    }

    pub(super) fn want(&mut self, more: u32) {
        self.wanted += u64::from(more);
    }

    pub(super) fn leave(&mut self) {
        self.left = true;
    }

    pub(super) fn is_done(&self) -> bool {
        self.left || self.ended
    }

    fn message(&mut self, octets: usize, packed: usize) {
        assert!(octets <= LIMIT && packed <= LIMIT, "{octets}, {packed}");
        assert!(!self.half_closed, "a message after the last");
        self.messages += 1;
        assert!(self.messages <= self.wanted, "a message unwanted");
        assert!(!self.single || self.messages == 1, "a second only message");
    }

    pub(super) fn at_server(&mut self, event: ServeEvent<'_>) {
        assert!(!self.is_done(), "{event:?} after the end");
        assert!(!self.sole || matches!(event, ServeEvent::HalfClosed));
        match event {
            ServeEvent::Message(message) => self.message(message.len(), message.packed),
            ServeEvent::Sole(message) => {
                self.message(message.len(), message.packed);
                self.sole = true;
            }
            ServeEvent::HalfClosed => {
                assert!(!self.half_closed, "complete twice");
                assert!(!self.single || self.messages == 1);
                (self.half_closed, self.sole) = (true, false);
            }
            ServeEvent::Writable => {}
            ServeEvent::Cancelled(_, status) => self.end(&Err(status)),
        }
    }

    pub(super) fn at_client(&mut self, event: AttemptEvent<'_>) {
        assert!(!self.is_done(), "{event:?} after the end");
        match event {
            AttemptEvent::Headers(_) => {
                assert!(!self.head && self.messages == 0, "a head too many");
                self.head = true;
            }
            AttemptEvent::Message(message) => {
                assert!(self.head, "a message before the head");
                self.message(message.len(), message.packed);
            }
            AttemptEvent::Ended(outcome) => {
                let whole = !self.single || self.messages == 1;
                assert!(
                    outcome.result.is_err() || whole,
                    "success without a message"
                );
                self.end(&outcome.result);
            }
        }
    }

    fn end(&mut self, result: &Result<(), Status>) {
        assert!(!self.sole, "an only message, and no end of the request");
        if let Err(status) = result {
            assert_ne!(status.raw_code(), 0, "{status}");
        }
        self.ended = true;
    }
}

/// A call at a server.
pub(super) struct Served {
    pub(super) core: ServeCore,
    pub(super) told: Told,
}

/// A call at a client.
pub(super) struct Attempt {
    pub(super) core: AttemptCore,
    pub(super) outgoing: Outgoing,
    pub(super) told: Told,
}
