//! One request and its response, on their way through.

use super::flow::{End, Flow};
use super::tell;
use bywash_mio::Cx;
use bywash_mio::proto::error::SendError;
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::ErrorCode;

/// Octets of a request that are read and thrown away: many clients look at an early answer only once
/// they have sent all.
const UNWANTED: usize = 16 * 1024 * 1024;

/// What becomes of a request whose response is there before its end.
#[derive(Debug)]
enum Cut {
    /// As the server did: the stream is reset with this code, once the response is out.
    Reset(ErrorCode),
    /// The answer is our own: this much of the request may still come.
    Discard(usize),
}

/// A request of a client (the front) and what it became at the server (the back).
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) front: End,
    /// `None` while no connection has room.
    pub(crate) back: Option<End>,
    /// The request's head, as long as it may have to be sent again.
    pub(crate) head: Option<Head>,
    /// The request's body.
    pub(crate) up: Flow,
    /// The response's body.
    pub(crate) down: Flow,
    /// Whether the final head of a response was passed on.
    pub(crate) is_answered: bool,
    /// Nobody wants the rest of the request.
    cut: Option<Cut>,
    pub(crate) tries: u32,
}

impl Exchange {
    pub(crate) fn new(front: End, head: Head, end: bool) -> Self {
        let mut up = Flow::default();
        up.push(&[], end);
        Self {
            front,
            back: None,
            head: Some(head),
            up,
            down: Flow::default(),
            is_answered: false,
            cut: None,
            tries: 0,
        }
    }

    /// Moves what can be moved, both ways. True if nothing more is to come.
    pub(crate) fn drive(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.cut.is_some() {
            self.throw_away(cx);
        }
        let Some(back) = self.back else {
            return self.finish(cx);
        };
        let moved = match self.cut {
            Some(_) => Ok(()),
            None => self.up.drive(cx, self.front, back),
        };
        match moved.and_then(|()| self.down.drive(cx, back, self.front)) {
            // The event that tells of its end is on its way.
            Ok(()) | Err(SendError::Gone) => self.finish(cx),
            Err(error) => {
                tell(format_args!("a message could not be passed on: {error}"));
                self.break_off(cx, ErrorCode::INTERNAL_ERROR);
                true
            }
        }
    }

    fn finish(&mut self, cx: &mut Cx<'_>) -> bool {
        if !self.down.is_passed() {
            return false;
        }
        if self.up.is_passed() || (self.cut.is_some() && self.up.is_complete()) {
            return true;
        }
        let Some(mut front) = cx.conn(self.front.0) else {
            return true;
        };
        match self.cut {
            None | Some(Cut::Discard(1..)) => false,
            Some(Cut::Discard(0)) => {
                front.send(self.front.1).reset(ErrorCode::NO_ERROR);
                true
            }
            // A reset now would take the rest of the response with it.
            Some(Cut::Reset(_)) => front.send(self.front.1).notify_drained().is_err(),
        }
    }

    fn throw_away(&mut self, cx: &mut Cx<'_>) {
        let octets = self.up.drop_waiting();
        if let Some(Cut::Discard(left)) = &mut self.cut {
            *left = left.saturating_sub(octets);
            if let Some(mut front) = cx.conn(self.front.0) {
                // Not more than came, so it cannot fail.
                let _ = front.recv(self.front.1).release(octets as u32);
            }
        }
    }

    /// Answers on the server's behalf. True if nothing more is to come.
    pub(crate) fn answer(&mut self, cx: &mut Cx<'_>, status: &str) -> bool {
        let sent = cx.server(self.front.0).is_some_and(|c| {
            c.response(self.front.1, &[(":status", status)], true)
                .is_ok()
        });
        if !sent {
            self.break_off(cx, ErrorCode::INTERNAL_ERROR);
            return true;
        }
        self.down = Flow::default();
        self.down.push(&[], true);
        self.down.take_end_of_head();
        self.cut = Some(Cut::Discard(UNWANTED));
        self.drive(cx)
    }

    /// The server takes no more of the request, but its response is whole.
    pub(crate) fn cut_upload(&mut self, cx: &mut Cx<'_>, code: ErrorCode) -> bool {
        self.cut = Some(Cut::Reset(code));
        self.drive(cx)
    }

    /// All of the response is with the client.
    pub(crate) fn drained(&mut self, cx: &mut Cx<'_>) {
        if let (Some(Cut::Reset(code)), Some(mut front)) = (&self.cut, cx.conn(self.front.0)) {
            front.send(self.front.1).reset(*code);
        }
    }

    /// Ends both sides before their time.
    pub(crate) fn break_off(&mut self, cx: &mut Cx<'_>, code: ErrorCode) {
        if let Some(mut front) = cx.conn(self.front.0) {
            front.send(self.front.1).reset(code);
        }
        self.cancel_back(cx, ErrorCode::CANCEL);
    }

    pub(crate) fn cancel_back(&mut self, cx: &mut Cx<'_>, code: ErrorCode) {
        if let Some((conn, stream)) = self.back {
            if let Some(mut back) = cx.conn(conn) {
                back.send(stream).reset(code);
            }
        }
    }
}
