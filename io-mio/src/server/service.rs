//! What a server runs.

use super::exchange::Reply;
use super::request::Request;
use crate::engine::Cx;
use crate::error::{End, Notice};
use crate::id::ConnId;
use bywash_proto::error::LimitName;

/// Answers requests on the loop's thread. Must not block; a [`Pool`](crate::server::Pool) is a service
/// whose handlers may.
///
/// A panic ends the request that it happened in, not the loop: one that was not answered is answered
/// with 500, one that was half answered is reset with INTERNAL_ERROR. The service is called again for
/// other requests, as the panic has left it; after a panic of [`on_open`](Self::on_open) its
/// connection is closed. The same holds for an [`Exchange`](crate::server::Exchange), which is
/// dropped. With `panic = "abort"` the process ends.
///
/// A closure `FnMut(&mut Request, &mut Reply<'_>)` is one.
pub trait Service {
    /// Answers a request: at once, or by [`Reply::go_on`]. What is neither answered nor goes on is
    /// answered with 500.
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>);

    /// A connection was opened.
    fn on_open(&mut self, _cx: &mut Cx<'_>, _conn: ConnId) {}

    /// A connection is gone.
    fn on_close(&mut self, _conn: ConnId, _end: &End) {}

    /// A peer has used half of a limit on what it may cost; at the whole of it the connection ends with
    /// ENHANCE_YOUR_CALM ([`Event::Pressure`](bywash_proto::event::Event::Pressure)). Told once, and again
    /// after the peer was calm for a while.
    ///
    /// The loop does nothing of its own then. A turn of any connection is bounded
    /// ([`LoopOptions::events_per_turn`](crate::LoopOptions::events_per_turn) and `bytes_per_turn`), so a
    /// peer that presses takes no more of the loop than one that does not, and reading it more slowly would
    /// only hold up the honest streams beside what presses. A service may know better who that is: log it,
    /// refuse its next connections, or let it go with `cx.conn(conn)`'s `shutdown`, `close` or `abort`.
    fn on_pressure(&mut self, _cx: &mut Cx<'_>, _conn: ConnId, _limit: LimitName) {}

    /// A line for the log.
    fn on_notice(&mut self, _notice: &Notice) {}
}

impl<F: FnMut(&mut Request, &mut Reply<'_>)> Service for F {
    #[inline]
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>) {
        self(request, reply);
    }
}
