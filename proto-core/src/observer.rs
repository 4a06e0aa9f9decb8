//! A look at every frame, for dumps, timelines, captures and fuzz seeds.

use crate::frame::FrameHead;
use crate::headers::Head;
use crate::vocabulary::Instant;

/// Which way a frame went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Direction {
    /// From the peer; shown when the frame has been read to its end.
    In,
    /// To the peer; shown when the frame is committed.
    Out,
}

/// What is in a frame.
#[derive(Debug)]
#[non_exhaustive]
pub enum Content<'a> {
    /// DATA: octets without padding. The octets themselves are the program's.
    Data {
        /// How many.
        octets: u32,
    },
    /// HEADERS with all its CONTINUATIONs, decoded. `None` where the fields were not kept.
    Fields(Option<&'a Head>),
    /// Any other payload, as it is on the wire.
    Payload(&'a [u8]),
}

/// One frame.
#[derive(Debug)]
#[non_exhaustive]
pub struct Seen<'a> {
    /// When.
    pub now: Instant,
    /// Which way.
    pub direction: Direction,
    /// Its head. For a block in several frames, the head of the first with the length of them all.
    pub head: FrameHead,
    /// What is in it.
    pub content: Content<'a>,
}

impl<'a> Seen<'a> {
    pub(crate) const fn new(
        now: Instant,
        direction: Direction,
        head: FrameHead,
        content: Content<'a>,
    ) -> Self {
        Self {
            now,
            direction,
            head,
            content,
        }
    }
}

/// Sees every frame of a connection. One branch per frame where there is none.
pub trait Observer: Send {
    /// A frame came or went.
    fn frame(&mut self, seen: &Seen<'_>);
}
