//! What is left of a request whose response is complete (RFC 9113 8.1): discarded in bounds.

use super::exchange::{Kind, Progress};
use super::service::Service;
use super::serving::{Serving, give_back};
use super::streams::{Key, Open};
use crate::engine::Cx;
use bywash_proto::vocabulary::ErrorCode;

impl<S: Service> Serving<S> {
    /// A response was sent past the service, and the request goes on.
    #[cold]
    pub(crate) fn answered_early(&mut self, cx: &mut Cx<'_>, key: Key) {
        let open = Open {
            exchange: None,
            progress: Progress {
                headed: true,
                ended: true,
                reset: false,
            },
            kind: Kind::Plain,
            heard: false,
            patience: self.options.discard,
            timer: None,
            discarded: false,
            rest: None,
            cut: false,
        };
        self.streams.insert(key, open);
        self.discard_rest(cx, key);
    }

    /// If the response is complete and nobody is interested in the rest of the request, that has a
    /// bounded time to come.
    #[inline]
    pub(crate) fn discard_rest(&mut self, cx: &mut Cx<'_>, key: Key) {
        let Some(open) = self.streams.get_mut(key) else {
            return;
        };
        if open.progress.ended && open.exchange.is_none() && !open.discarded {
            open.discarded = true;
            self.set_timer(cx, key, cx.now() + self.options.discard_for);
        }
    }

    /// Octets that nobody wants. Once there were too many, no credit is given for them.
    pub(crate) fn discard(&mut self, cx: &mut Cx<'_>, key: Key, octets: usize) {
        let Some(open) = self.streams.get_mut(key) else {
            return;
        };
        let before = open.patience;
        open.patience = before.saturating_sub(octets as u64);
        if open.patience > 0 || open.heard {
            give_back(cx, key, octets);
            return self.clean(cx, key);
        }
        if before > 0 {
            self.set_timer(cx, key, cx.now() + self.options.reset_after);
        }
    }

    /// Enough of it: the stream is reset as soon as all of the response is written.
    pub(crate) fn cut(&mut self, cx: &mut Cx<'_>, key: Key) {
        let Some(open) = self.streams.get_mut(key) else {
            return;
        };
        open.cut = true;
        if open.rest.is_some() {
            // Not all of it is queued: the last piece comes back to this.
            return;
        }
        let gone = match cx.server(key.0) {
            Some(server) => server.send(key.1).notify_drained().is_err(),
            None => true,
        };
        if gone {
            self.forget(cx, key);
        }
    }

    /// There is room for more of a body that was given whole. False if none is left.
    pub(crate) fn write_rest(&mut self, cx: &mut Cx<'_>, key: Key) -> bool {
        let Some(open) = self.streams.get_mut(key) else {
            return false;
        };
        let Some(rest) = &mut open.rest else {
            return false;
        };
        // If it fails the stream is gone, and an event says so.
        let sent = cx.server(key.0).map(|s| s.send(key.1).data(rest, true));
        if !rest.is_empty() && matches!(sent, Some(Ok(_))) {
            return true;
        }
        open.rest = None;
        if open.is_done() {
            self.clean(cx, key);
        } else if open.cut {
            self.cut(cx, key);
        }
        true
    }

    /// All that was queued is written.
    pub(crate) fn on_drained(&mut self, cx: &mut Cx<'_>, key: Key) {
        if !self.streams.get_mut(key).is_some_and(|open| open.cut) {
            return;
        }
        if let Some(server) = cx.server(key.0) {
            server.send(key.1).reset(ErrorCode::NO_ERROR);
        }
        self.forget(cx, key);
    }
}
