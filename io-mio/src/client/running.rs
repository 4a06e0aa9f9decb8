//! A call that has begun and not ended.

use super::call::Call;
use super::id::CallId;
use super::request::Body;
use crate::id::{ConnId, TimerId};
use crate::panics::caught;
use bywash_proto::headers::Head;
use bywash_proto::vocabulary::StreamRef;
use std::collections::HashMap;

pub(crate) struct Running {
    pub(crate) call: Box<dyn Call>,
    pub(crate) head: Head,
    pub(crate) body: Body,
    /// Octets at the end of a whole body that the core did not take yet: it takes 1 GiB at once.
    pub(crate) unsent: usize,
    pub(crate) origin: u64,
    pub(crate) at: Option<(ConnId, StreamRef)>,
    pub(crate) timer: Option<TimerId>,
    pub(crate) attempts: u32,
    pub(crate) is_tunnel: bool,
    /// A final head came: too late for another attempt.
    pub(crate) headed: bool,
    /// Octets or trailers of a streamed body are gone.
    pub(crate) wrote: bool,
    /// Our side is complete.
    pub(crate) sent: bool,
    /// The peer's side is complete.
    pub(crate) heard: bool,
}

impl Running {
    /// Whether the request can be sent once more; rewinds its body.
    pub(crate) fn rewind(&mut self) -> bool {
        if self.headed {
            return false;
        }
        if self.wrote {
            // It comes anew, so its end does too.
            self.wrote = false;
            self.sent = false;
            return caught(|| self.call.rewind()).unwrap_or(false);
        }
        true
    }
}

/// All of them, by name and by stream.
#[derive(Default)]
pub(crate) struct Table {
    calls: HashMap<CallId, Running>,
    streams: HashMap<(ConnId, StreamRef), CallId>,
}

impl Table {
    pub(crate) fn insert(&mut self, id: CallId, running: Running) {
        self.calls.insert(id, running);
    }

    pub(crate) fn get(&mut self, id: CallId) -> Option<&mut Running> {
        self.calls.get_mut(&id)
    }

    pub(crate) fn of_stream(&self, conn: ConnId, stream: StreamRef) -> Option<CallId> {
        self.streams.get(&(conn, stream)).copied()
    }

    /// The call goes over this stream now.
    pub(crate) fn bind(&mut self, id: CallId, conn: ConnId, stream: StreamRef) {
        if let Some(running) = self.calls.get_mut(&id) {
            running.at = Some((conn, stream));
            self.streams.insert((conn, stream), id);
        }
    }

    /// The call goes over no stream any more.
    pub(crate) fn unbind(&mut self, id: CallId) -> Option<(ConnId, StreamRef)> {
        let at = self.calls.get_mut(&id)?.at.take()?;
        self.streams.remove(&at);
        Some(at)
    }

    pub(crate) fn remove(&mut self, id: CallId) -> Option<Running> {
        self.unbind(id);
        self.calls.remove(&id)
    }

    pub(crate) fn ids(&self) -> Vec<CallId> {
        self.calls.keys().copied().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }
}
