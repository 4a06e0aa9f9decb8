//! What is kept of one open stream: one slot of fixed size.

use super::State;
use crate::error::{EndedBy, Retry, StreamEnd};
use crate::flow::{Credit, Window};
use crate::headers::Head;
use crate::vocabulary::{ErrorCode, Instant, Priority, StreamId};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use bytes::Bytes;

/// No slot: the end of a list.
pub(crate) const NIL: u32 = u32::MAX;

/// Facts about a stream, by bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Bits(pub(crate) u32);

macro_rules! bits {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl Bits { $($(#[$doc])* pub(crate) const $name: u32 = 1 << $bit;)* }
    };
}

bits! {
    /// Our final head went out.
    HEAD_SENT = 0;
    /// The queue's end is the end of our message.
    END_QUEUED = 1;
    /// In a list of the scheduler.
    READY = 2;
    /// `data` returned a short count.
    WANTS_WRITABLE = 3;
    /// The peer's final head came.
    HEAD_RECEIVED = 4;
    /// A CONNECT that was answered by 2xx.
    TUNNEL = 5;
    /// The request was HEAD: the response has no body.
    IS_HEAD = 6;
    /// The request was CONNECT.
    IS_CONNECT = 7;
    /// In the list of windows to announce.
    IN_UPDATES = 8;
    /// In the list of notices.
    IN_NOTICES = 9;
    /// Counts against the limit of concurrent streams.
    COUNTED = 10;
    /// The program still works on it.
    HELD = 11;
    /// We opened it.
    LOCAL = 12;
    /// Out of the map; the slot is free once no list holds it.
    DEAD = 13;
    /// The head has been written to the transport.
    HEAD_WRITTEN = 14;
    /// The stream's data waits for its own window.
    BLOCKED = 15;
    /// No progress since the last look.
    STALE = 16;
    /// The program's priority: the peer's no longer counts.
    LOCAL_PRIORITY = 17;
    /// The peer may not send a body (HEAD, 204, 304).
    NO_BODY = 18;
    /// The program asked to hear when all is written.
    WANTS_DRAINED = 19;
    /// Our response cannot have a body (HEAD, 204, 304).
    SENDS_NO_BODY = 20;
    /// A mark in the output stands for `WANTS_DRAINED`.
    DRAIN_MARKED = 21;
    /// An informational head came.
    INFORMED = 22;
}

impl Bits {
    /// Something still refers to the slot.
    pub(crate) const IN_USE: u32 =
        Self::IN_NOTICES | Self::IN_UPDATES | Self::READY | Self::HELD | Self::WANTS_DRAINED;

    #[inline]
    pub(crate) const fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }

    #[inline]
    pub(crate) fn set(&mut self, bit: u32) {
        self.0 |= bit;
    }

    #[inline]
    pub(crate) fn clear(&mut self, bit: u32) {
        self.0 &= !bit;
    }

    /// Clears a bit and tells whether it was set.
    #[inline]
    pub(crate) fn take(&mut self, bit: u32) -> bool {
        let was = self.has(bit);
        self.clear(bit);
        was
    }
}

/// What the program has to be told about a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Notice(pub(crate) u8);

impl Notice {
    pub(crate) const WRITABLE: u8 = 1;
    pub(crate) const DRAINED: u8 = 2;
    pub(crate) const PRIORITY: u8 = 4;
    /// The last that a stream has: the highest bit.
    pub(crate) const ENDED: u8 = 8;
}

/// What few streams need.
#[derive(Debug, Default)]
pub(crate) struct More {
    /// Queued after the front.
    pub(crate) rest: VecDeque<Bytes>,
    /// Encoded once the last DATA is framed: HPACK's order is the order on the wire.
    pub(crate) trailers: Option<Head>,
}

/// One open stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    pub(crate) bits: Bits,
    pub(crate) state: State,
    pub(crate) notice: Notice,
    pub(crate) priority: Priority,
    /// Octets of padding in each of our DATA frames.
    pub(crate) padding: u8,
    /// Our receive window.
    pub(crate) recv: Credit,
    /// Handed to the program, not released.
    pub(crate) unreleased: u32,
    /// Tokens taken for small DATA, not given back yet.
    pub(crate) tiny: u32,
    /// Raise of the window by `expect`, not consumed yet.
    pub(crate) expected: u32,
    /// What the peer's content-length leaves; `u64::MAX` without one.
    pub(crate) recv_left: u64,
    /// What our content-length leaves; `u64::MAX` without one.
    pub(crate) send_left: u64,
    pub(crate) send_window: Window,
    /// Octets queued.
    pub(crate) queued: u32,
    /// Octets sent of the present turn among incremental streams.
    pub(crate) turn: u32,
    /// Octets of heads charged.
    pub(crate) head_bytes: u32,
    /// First of the queue.
    pub(crate) front: Bytes,
    pub(crate) more: Option<Box<More>>,
    pub(crate) ready_next: u32,
    pub(crate) ready_prev: u32,
    pub(crate) notice_next: u32,
    pub(crate) update_next: u32,
    pub(crate) end: StreamEnd,
    /// Octets of DATA framed, and of frames received.
    pub(crate) data_framed: u64,
    pub(crate) bytes_received: u64,
    /// Since when its data waits for its window.
    pub(crate) blocked_since: Instant,
}

const _: () = assert!(size_of::<Stream>() <= 160);

pub(crate) const NO_END: StreamEnd = StreamEnd {
    code: ErrorCode::NO_ERROR,
    by: EndedBy::Peer,
    retry: Retry::MayHaveBeenProcessed,
};

impl Stream {
    pub(crate) fn vacant() -> Self {
        Self {
            id: StreamId::CONNECTION,
            bits: Bits(Bits::DEAD),
            state: State::Closed,
            notice: Notice(0),
            priority: Priority::DEFAULT,
            padding: 0,
            recv: Credit::new(0),
            unreleased: 0,
            tiny: 0,
            expected: 0,
            recv_left: u64::MAX,
            send_left: u64::MAX,
            send_window: Window::new(0),
            queued: 0,
            turn: 0,
            head_bytes: 0,
            front: Bytes::new(),
            more: None,
            ready_next: NIL,
            ready_prev: NIL,
            notice_next: NIL,
            update_next: NIL,
            end: NO_END,
            data_framed: 0,
            bytes_received: 0,
            blocked_since: Instant::ZERO,
        }
    }

    /// Makes a vacant slot a stream. The slot's queue and links are empty already.
    #[inline]
    pub(crate) fn open(
        &mut self,
        id: StreamId,
        state: State,
        bits: u32,
        recv_window: u32,
        send_window: u32,
    ) {
        self.id = id;
        self.bits = Bits(bits);
        self.state = state;
        self.priority = Priority::DEFAULT;
        self.padding = 0;
        self.recv = Credit::new(recv_window);
        self.unreleased = 0;
        self.tiny = 0;
        self.expected = 0;
        self.recv_left = u64::MAX;
        self.send_left = u64::MAX;
        self.send_window = Window::new(send_window);
        self.head_bytes = 0;
        self.data_framed = 0;
        self.bytes_received = 0;
    }

    /// Puts bytes at the queue's end.
    #[inline]
    pub(crate) fn push(&mut self, bytes: Bytes) {
        self.queued = self
            .queued
            .saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        if self.front.is_empty() {
            self.front = bytes;
        } else {
            self.more
                .get_or_insert_with(Box::default)
                .rest
                .push_back(bytes);
        }
    }

    /// The first of the queue is used up: the next moves up.
    pub(crate) fn pull_up(&mut self) {
        self.front = match &mut self.more {
            Some(more) => more.rest.pop_front().unwrap_or_default(),
            None => Bytes::new(),
        };
    }

    /// Drops what is queued; returns how much that was.
    pub(crate) fn drop_queue(&mut self) -> u32 {
        if self.queued != 0 {
            self.front = Bytes::new();
        }
        self.more = None;
        core::mem::take(&mut self.queued)
    }

    pub(crate) fn has_trailers(&self) -> bool {
        self.more
            .as_ref()
            .is_some_and(|more| more.trailers.is_some())
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.more.as_ref().map_or(0, |more| {
            size_of::<More>()
                + more.rest.capacity() * size_of::<Bytes>()
                + more.trailers.as_ref().map_or(0, Head::heap_bytes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bits, Bytes, Head, More, Notice, Stream};

    #[test]
    fn no_two_facts_share_a_bit() {
        let all = [
            Bits::HEAD_SENT,
            Bits::END_QUEUED,
            Bits::READY,
            Bits::WANTS_WRITABLE,
            Bits::HEAD_RECEIVED,
            Bits::TUNNEL,
            Bits::IS_HEAD,
            Bits::IS_CONNECT,
            Bits::IN_UPDATES,
            Bits::IN_NOTICES,
            Bits::COUNTED,
            Bits::HELD,
            Bits::LOCAL,
            Bits::DEAD,
            Bits::HEAD_WRITTEN,
            Bits::BLOCKED,
            Bits::STALE,
            Bits::LOCAL_PRIORITY,
            Bits::NO_BODY,
            Bits::WANTS_DRAINED,
            Bits::SENDS_NO_BODY,
            Bits::DRAIN_MARKED,
            Bits::INFORMED,
        ];
        let mut bits = Bits::default();
        for (n, bit) in all.into_iter().enumerate() {
            assert!(!bits.has(bit), "number {n}");
            bits.set(bit);
            assert!(bits.has(bit));
        }
        bits.set(Bits::READY);
        assert!(bits.take(Bits::READY), "setting twice is setting");
        assert!(!bits.take(Bits::READY));
        bits.clear(Bits::READY);
        assert!(!bits.has(Bits::READY) && bits.has(Bits::HELD));
        let notices = [
            Notice::WRITABLE,
            Notice::DRAINED,
            Notice::PRIORITY,
            Notice::ENDED,
        ];
        assert_eq!(notices.iter().fold(0, |all, one| all | one), 15);
    }

    #[test]
    fn the_queue_is_first_in_first_out() {
        let mut stream = Stream::vacant();
        stream.pull_up();
        assert_eq!((stream.front.len(), stream.heap_bytes()), (0, 0));
        for piece in [&b"one"[..], b"three", b"seven"] {
            stream.push(Bytes::copy_from_slice(piece));
        }
        assert_eq!((stream.queued, &stream.front[..]), (13, &b"one"[..]));
        stream.pull_up();
        assert_eq!(&stream.front[..], b"three");
        stream.pull_up();
        assert_eq!(&stream.front[..], b"seven");
        stream.pull_up();
        assert!(stream.front.is_empty());
        stream.push(Bytes::from_static(b"again"));
        assert_eq!(
            &stream.front[..],
            b"again",
            "an empty front is a free place"
        );
    }

    #[test]
    fn what_is_dropped_is_counted() {
        let mut stream = Stream::vacant();
        assert_eq!(stream.drop_queue(), 0);
        stream.push(Bytes::from_static(b"12345"));
        stream.push(Bytes::from_static(b"678"));
        assert_eq!(stream.drop_queue(), 8);
        assert!(stream.front.is_empty() && stream.more.is_none());
        assert_eq!((stream.queued, stream.drop_queue()), (0, 0));
    }

    #[test]
    fn heap_is_what_few_streams_need() {
        let mut stream = Stream::vacant();
        stream.push(Bytes::from_static(b"in place"));
        assert_eq!((stream.heap_bytes(), stream.has_trailers()), (0, false));
        stream.push(Bytes::from_static(b"behind it"));
        let rest = stream.more.as_ref().unwrap().rest.capacity();
        let held = size_of::<More>() + rest * size_of::<Bytes>();
        assert_eq!((stream.heap_bytes(), stream.has_trailers()), (held, false));
        let trailers = Head::from_fields(&[("grpc-status", "0")]);
        let octets = trailers.heap_bytes();
        stream.more.as_mut().unwrap().trailers = Some(trailers);
        assert!(stream.has_trailers() && octets > 0);
        assert_eq!(stream.heap_bytes(), held + octets);
    }
}
