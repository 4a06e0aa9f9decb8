//! One direction of one exchange.

use bytes::Bytes;
use bywash_mio::proto::error::SendError;
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::StreamRef;
use bywash_mio::{ConnId, Cx};
use std::collections::VecDeque;

/// A stream of a connection.
pub(crate) type End = (ConnId, StreamRef);

/// How a message ends.
#[derive(Debug, Default)]
enum Last {
    /// Not yet.
    #[default]
    Open,
    /// With its last octet.
    Data,
    /// With trailers.
    Trailers(Head),
    /// It has, and the other side knows.
    Passed,
}

/// What came from one side and goes to the other. It holds no more than the sender's window, because
/// credit goes back only for what the receiver's side has taken.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    waiting: VecDeque<Bytes>,
    last: Last,
    /// Whether something of the message was passed on: it cannot be sent again then.
    begun: bool,
}

impl Flow {
    pub(crate) fn push(&mut self, data: &[u8], end: bool) {
        if !data.is_empty() {
            self.waiting.push_back(Bytes::copy_from_slice(data));
        }
        if end {
            self.last = Last::Data;
        }
    }

    pub(crate) fn push_trailers(&mut self, head: Head) {
        self.last = Last::Trailers(head);
    }

    /// Whether all of the message is here.
    pub(crate) fn is_complete(&self) -> bool {
        !matches!(self.last, Last::Open)
    }

    /// Whether all of the message was passed on.
    pub(crate) fn is_passed(&self) -> bool {
        matches!(self.last, Last::Passed)
    }

    /// Whether the message is only a head; its end goes with the head then.
    pub(crate) fn take_end_of_head(&mut self) -> bool {
        let only_a_head = self.waiting.is_empty() && matches!(self.last, Last::Data);
        if only_a_head {
            self.last = Last::Passed;
        }
        only_a_head
    }

    /// Prepares for another try. False if something was passed on and is no longer here.
    pub(crate) fn rewind(&mut self) -> bool {
        if !self.begun && self.is_passed() {
            self.last = Last::Data;
        }
        !self.begun
    }

    /// Gives up what waits; returns how many octets.
    pub(crate) fn drop_waiting(&mut self) -> usize {
        self.waiting.drain(..).map(|data| data.len()).sum()
    }

    /// Passes on what the receiver takes, and gives the sender credit for it.
    pub(crate) fn drive(&mut self, cx: &mut Cx<'_>, from: End, to: End) -> Result<(), SendError> {
        while let Some(mut data) = self.waiting.pop_front() {
            let Some(mut receiver) = cx.conn(to.0) else {
                return Ok(());
            };
            let end = self.waiting.is_empty() && matches!(self.last, Last::Data);
            let taken = receiver.send(to.1).data(&mut data, end)?;
            self.begun |= taken > 0;
            if let Some(mut sender) = cx.conn(from.0) {
                // Not more than came, so it cannot fail.
                let _ = sender.recv(from.1).release(taken as u32);
            }
            if !data.is_empty() {
                self.waiting.push_front(data);
                return Ok(());
            }
            if end {
                self.last = Last::Passed;
            }
        }
        self.drive_end(cx, to)
    }

    fn drive_end(&mut self, cx: &mut Cx<'_>, to: End) -> Result<(), SendError> {
        let Some(mut receiver) = cx.conn(to.0) else {
            return Ok(());
        };
        match &self.last {
            Last::Open | Last::Passed => return Ok(()),
            Last::Data => {
                receiver.send(to.1).data(&mut Bytes::new(), true)?;
            }
            Last::Trailers(head) => receiver.send(to.1).trailers(head)?,
        }
        self.begun = true;
        self.last = Last::Passed;
        Ok(())
    }
}
