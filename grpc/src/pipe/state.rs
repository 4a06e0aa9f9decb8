//! What the lock of a pipe guards.

use super::out::Out;
use crate::{code::Code, host::Slot, metadata::Metadata, queue::Queue, status::Status};
use bytes::Bytes;
use std::sync::Arc;

/// Which threads wait and must be let go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wake {
    /// The reader.
    pub reader: bool,
    /// The writer.
    pub writer: bool,
}

/// How a call ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its status.
    pub result: Result<(), Status>,
    /// Its trailers.
    pub trailers: Metadata,
}

impl Ended {
    pub(super) fn for_writer(&self) -> Status {
        match &self.result {
            Err(status) => status.clone(),
            Ok(()) => Status::local(Code::Cancelled, "the call has ended"),
        }
    }

    pub(super) fn for_reader(&self) -> Status {
        self.for_writer()
    }
}

/// How a loop finds a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Origin {
    /// The connection, or the channel.
    pub home: u64,
    /// The call's number there.
    pub number: u64,
}

#[derive(Default)]
pub(super) struct State {
    /// Messages, and whether they came compressed.
    pub(super) inbox: Queue<(Bytes, bool)>,
    /// What they cost.
    pub(super) inbox_octets: usize,
    /// The size of the last message that came.
    pub(super) last_octets: usize,
    pub(super) headers: Option<Metadata>,
    pub(super) half_closed: bool,
    pub(super) ended: Option<Ended>,
    /// Messages that the loop may still hand over.
    pub(super) ahead: u32,
    /// The loop has stopped asking for messages.
    pub(super) stalled: bool,
    pub(super) outbox: Vec<Out>,
    pub(super) outbox_octets: usize,
    /// The transport takes nothing.
    pub(super) full: bool,
    /// The loop was told and has not looked yet.
    pub(super) posted: bool,
    pub(super) reader_waits: bool,
    pub(super) writer_waits: bool,
    /// A thread is in the writer's slot.
    pub(super) writer_is_in: bool,
    /// Where further threads wait to write.
    pub(super) writers: Vec<Arc<Slot>>,
    pub(super) wake: Wake,
}

impl State {
    pub(super) fn wake_reader(&mut self) {
        self.wake.reader |= std::mem::take(&mut self.reader_waits);
    }

    pub(super) fn wake_writer(&mut self) {
        self.wake.writer |= std::mem::take(&mut self.writer_waits);
    }
}
