//! Calls without threads: an object per call, whose methods a loop calls.
//!
//! Nothing here may block: a loop waits for it. A [`SinkHandle`] sends from other threads.

mod client;
mod server;

pub use client::ClientReactor;
pub(crate) use client::{ClientFront, ClientNews, erase as erase_client};
pub use server::Reactor;
pub(crate) use server::{Front, erase};

use crate::{
    codec::{self, Codec, Encoded},
    compress::Sending,
    ctx::Ctx,
    framing::Framed,
    metadata::Metadata,
    pipe::{Out, Pipe},
    status::Status,
    stream::{Finisher, SinkHandle},
};
use std::{fmt, sync::Arc, time::Duration};

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// It is on its way, and there is room for more.
    Queued,
    /// It is on its way, but `on_writable` should be awaited.
    Full,
    /// The call has ended, or the message cannot be sent.
    Ended,
}

/// What a reactor asks of its loop.
#[derive(Default)]
pub(crate) struct Asks {
    pub(crate) messages: u32,
    pub(crate) wake: Option<Duration>,
    /// It was told that there is no room.
    pub(crate) full: bool,
}

impl Asks {
    /// What was asked later counts too.
    pub(crate) fn add(&mut self, later: Asks) {
        self.messages = self.messages.saturating_add(later.messages);
        self.wake = later.wake.or(self.wake);
        self.full |= later.full;
    }
}

enum Link<'a> {
    Server(&'a Arc<Finisher>),
    Client(&'a Arc<Pipe>),
}

/// A call, for the length of one of its reactor's methods.
pub struct Stream<'a, Out: 'static> {
    link: Link<'a>,
    codec: &'static dyn Codec<Out>,
    asks: &'a mut Asks,
}

impl<'a, T: 'static> Stream<'a, T> {
    fn pipe(&self) -> &'a Arc<Pipe> {
        match self.link {
            Link::Server(call) => call.pipe(),
            Link::Client(pipe) => pipe,
        }
    }

    /// The served call's context; `None` at a client.
    pub fn cx(&self) -> Option<&Ctx> {
        match self.link {
            Link::Server(call) => Some(call.cx()),
            Link::Client(_) => None,
        }
    }

    /// Sends a message. It is never refused while the call lives; after [`Sent::Full`] wait for `on_writable`.
    pub fn send(&mut self, message: &T) -> Sent {
        let framed = match self.link {
            Link::Server(call) => call.frame(self.codec, message),
            Link::Client(pipe) => pipe.frame(self.codec, message),
        };
        self.send_framed(framed)
    }

    /// Sends a message that was encoded before.
    pub fn send_encoded(&mut self, message: &Encoded<T>) -> Sent {
        let framed = match self.link {
            Link::Server(call) => call.frame_encoded(message),
            Link::Client(pipe) => message.framed(&pipe.encoding().sending()),
        };
        self.send_framed(framed)
    }

    /// Sends a message as it is, also where others are compressed.
    pub fn send_plain(&mut self, message: &T) -> Sent {
        let sending = Sending {
            limit: self.pipe().encoding().limit,
            ..Sending::default()
        };
        let framed = codec::frame(self.codec, message, &sending);
        self.send_framed(framed)
    }

    fn send_framed(&mut self, framed: Result<Framed, Status>) -> Sent {
        let sent = match (&self.link, framed) {
            (Link::Server(call), Ok(framed)) => call.send(framed),
            (Link::Client(pipe), Ok(framed)) => {
                let listens = pipe.say(Out::Message(framed, false));
                listens
                    .then_some(())
                    .ok_or(Status::from(crate::code::Code::Cancelled))
            }
            (_, Err(status)) => {
                self.finish(Err(status.clone()));
                Err(status)
            }
        };
        match sent {
            Err(_) => Sent::Ended,
            Ok(()) if self.pipe().is_writable() => Sent::Queued,
            Ok(()) => {
                self.asks.full = true;
                Sent::Full
            }
        }
    }

    /// Asks for so many messages more. None come unasked.
    pub fn request(&mut self, messages: u32) {
        self.asks.messages = self.asks.messages.saturating_add(messages);
    }

    /// Asks for `on_wake` after this time; in place of what was asked before.
    pub fn wake_after(&mut self, time: Duration) {
        self.asks.wake = Some(time);
    }

    /// Sends from anywhere; `None` at a client.
    pub fn handle(&self) -> Option<SinkHandle<T>> {
        match self.link {
            Link::Server(call) => Some(SinkHandle::new(Arc::clone(call), self.codec)),
            Link::Client(_) => None,
        }
    }

    /// Server: ends the call. Client: `Ok` says that no message follows, `Err` gives the call up.
    pub fn finish(&mut self, result: Result<(), Status>) {
        match (&self.link, result) {
            (Link::Server(call), result) => call.finish(result, &Metadata::new()),
            (Link::Client(pipe), Ok(())) => {
                pipe.say(Out::HalfClose);
            }
            (Link::Client(pipe), Err(status)) => {
                pipe.say(Out::Cancel(status));
            }
        }
    }
}

impl<T: 'static> fmt::Debug for Stream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}
