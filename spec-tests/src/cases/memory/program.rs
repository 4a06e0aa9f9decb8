//! What an application over the core does for a case.

use std::collections::BTreeMap;

use bywash_proto::event::Event;
use bywash_proto::vocabulary::StreamRef;

use crate::cases::wire::Wish;
use crate::pair::Core;

/// Octets of the content that the server answers GET with.
pub const CONTENT: usize = 64;

/// An application over the core.
pub(super) trait Program {
    /// An event; the stream that it names is known already.
    fn on_event(&mut self, core: &mut Core, event: &Event<'_>);

    /// Does what was asked for; whether it can.
    fn wish(&mut self, core: &mut Core, streams: &BTreeMap<u32, StreamRef>, wish: &Wish) -> bool;
}
