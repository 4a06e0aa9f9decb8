//! What threads say to the loop of a channel.

use super::watch::Watch;
use crate::{
    call::CallCore,
    channel::ChannelSpec,
    ctx::CancelGuard,
    filter::Hooks,
    framing::Framed,
    pipe::{Pipe, Ring},
    reactor::ClientFront,
    stats::StatsList,
    wire::Endpoint,
};
use std::{fmt, sync::Arc};

/// Runs once, on the loop, when a call has ended.
pub(crate) type Done = Box<dyn FnOnce(&Arc<Pipe>) + Send>;

/// What threads say to the loop of a channel. Made by this crate, carried by drivers.
pub struct Letter(pub(super) Kind);

pub(super) enum Kind {
    /// A channel is made.
    Add {
        home: u64,
        stats: StatsList,
        spec: ChannelSpec,
        addresses: Option<Vec<Endpoint>>,
        watch: Arc<Watch>,
    },
    /// A channel should connect.
    Connect(u64),
    /// A channel is closed.
    Close(u64),
    /// A call begins.
    Start(Start),
    /// A call's thread has said something.
    Ring(Arc<Pipe>),
}

/// A call that begins.
pub(super) struct Start {
    pub(super) core: Box<CallCore>,
    /// The request of a method that takes one message.
    pub(super) only: Option<Framed>,
    pub(super) call: Arc<Pipe>,
    pub(super) hooks: Hooks,
    pub(super) done: Option<Done>,
    pub(super) reactor: Option<Box<dyn ClientFront>>,
    /// Of a call that nobody holds: while it is there, the parent's cancellation is the call's.
    pub(super) parent: Option<CancelGuard>,
}

impl Letter {
    /// Whether code of the user's runs for what it says, now or later.
    pub(crate) fn runs_user_code(&self) -> bool {
        match &self.0 {
            Kind::Start(start) => {
                !start.hooks.is_empty() || start.done.is_some() || start.reactor.is_some()
            }
            Kind::Add { stats, .. } => !stats.is_empty(),
            _ => false,
        }
    }
}

impl Letter {
    /// The number of the channel that it closes.
    pub(crate) fn closes(&self) -> Option<u64> {
        match self.0 {
            Kind::Close(home) => Some(home),
            _ => None,
        }
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Add { .. } => "Add",
            Kind::Connect(_) => "Connect",
            Kind::Close(_) => "Close",
            Kind::Start(_) => "Start",
            Kind::Ring(_) => "Ring",
        })
    }
}

/// Carries letters to a loop.
pub trait Post: Send + Sync {
    /// Carries a letter, or drops it if the loop is gone; whether it is on its way.
    fn post(&self, letter: Letter) -> bool;

    /// The same from a thread that waits in the loop's [`Host`](crate::host::Host) next, and may drive it there.
    fn post_and_wait(&self, letter: Letter) -> bool {
        self.post(letter)
    }
}

/// Rings by letter.
pub(super) struct Ringing(pub(super) Arc<dyn Post>);

impl Ring for Ringing {
    fn ring(&self, call: Arc<Pipe>) {
        self.0.post(Letter(Kind::Ring(call)));
    }
}
