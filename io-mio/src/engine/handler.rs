//! The program's side of a loop.

use super::cx::Cx;
use crate::error::{ConnectError, End, Notice};
use crate::id::{ConnId, TimerId};
use bywash_proto::event::Event;

/// What a loop calls. All calls come on the thread that turns the loop, none may block it.
///
/// Whatever is changed through `cx` is written before the loop waits again: nothing has to be
/// flushed.
///
/// A panic passes through the loop's turn, and leaves the connection that it happened on unusable: who
/// catches it should drop the loop. [`Serving`](crate::server::Serving) and
/// [`Calls`](crate::client::Calls) catch those of their users.
pub trait Handler {
    /// What other threads send through a [`Handle`](crate::Handle).
    type Message;

    /// An event of a connection. Events of a connection come between its
    /// [`on_open`](Self::on_open) and [`on_close`](Self::on_close); the connection itself and all
    /// others are reached through `cx`.
    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>);

    /// A connection was accepted or made, TLS included.
    fn on_open(&mut self, _cx: &mut Cx<'_>, _conn: ConnId) {}

    /// A connection that was open is gone, its socket closed. The last call with this name. `tag`
    /// is what [`Conn::set_tag`](crate::Conn::set_tag) left there, 0 if nothing.
    fn on_close(&mut self, _cx: &mut Cx<'_>, _conn: ConnId, _end: &End, _tag: u64) {}

    /// A connection that was asked for did not come about. The only call with this name.
    fn on_connect_failed(&mut self, _cx: &mut Cx<'_>, _conn: ConnId, _error: ConnectError) {}

    /// A line for the log: no open connection is concerned.
    fn on_notice(&mut self, _cx: &mut Cx<'_>, _notice: &Notice) {}

    /// A timer's time has come. `key` is what it was set with.
    fn on_timer(&mut self, _cx: &mut Cx<'_>, _timer: TimerId, _key: u64) {}

    /// A message from another thread.
    fn on_message(&mut self, _cx: &mut Cx<'_>, _message: Self::Message) {}

    /// The loop is about to wait: the last chance to produce output without an event. Called again
    /// until it touches no connection, so it must not touch one for nothing; and once in every turn,
    /// also while there is so much to do that the loop does not come to wait.
    fn before_wait(&mut self, _cx: &mut Cx<'_>) {}

    /// Whether the loop may wait, as it is about to; `heard` if messages came since the turn began. By
    /// default it may if none has, so that whoever turns it for the sake of a message is back once that is
    /// there. False if whoever turns it has something to do after this turn; the system is asked for
    /// events all the same. True of a handler whose messages nobody turns the loop for saves asking.
    fn may_wait(&mut self, heard: bool) -> bool {
        !heard
    }
}
