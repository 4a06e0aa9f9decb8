//! Where the input stands: nothing but data.

use crate::frame::FrameHead;
use crate::vocabulary::{StreamId, StreamRef};
use alloc::vec::Vec;

/// Where the input stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rx {
    /// In the client's preface.
    Preface,
    /// In a frame head.
    Head,
    /// In a padded DATA frame, before the octet that tells how long the padding is.
    PadLength(FrameHead),
    /// In DATA.
    Data(Data),
    /// In a payload that is collected.
    Payload { head: FrameHead, needed: u32 },
    /// In octets that nobody wants.
    Skip { left: u32 },
}

/// What is left of a DATA frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data {
    /// Whose it is; `None` if it is discarded.
    pub(super) stream: Option<StreamRef>,
    pub(super) left: u32,
    pub(super) pad: u32,
    pub(super) end: bool,
}

/// A field block whose END_HEADERS has not come.
#[derive(Debug)]
pub(super) struct Block {
    /// The stream of its frames.
    pub(super) carrier: StreamId,
    /// Its first frame's head, with the length so far.
    pub(super) head: FrameHead,
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    pub(super) continuations: u32,
}

/// What a block is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Headers { end: bool },
    Promise { promised: StreamId },
}
