//! The client's application: opens what it is asked for, and reads whatever comes.

use std::collections::BTreeMap;

use bytes::Bytes;
use bywash_proto::event::Event;
use bywash_proto::vocabulary::{Priority, StreamRef};

use super::program::Program;
use crate::cases::wire::Wish;
use crate::pair::Core;

#[derive(Debug, Default)]
pub(super) struct Client {
    opened: BTreeMap<u32, StreamRef>,
    hold: bool,
}

impl Client {
    /// Opens a request; its stream if the core took it.
    fn open(&mut self, core: &mut Core, method: &str, end: bool) -> Option<StreamRef> {
        let head = [
            (":method", method),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/"),
        ];
        self.request(core, &head, end)
    }

    fn request(&mut self, core: &mut Core, head: &[(&str, &str)], end: bool) -> Option<StreamRef> {
        let stream = core.client().request(head, end).ok()?;
        self.opened.insert(stream.id().get(), stream);
        Some(stream)
    }

    fn upload(&mut self, core: &mut Core, length: usize) -> Option<()> {
        let stream = self.open(core, "POST", false)?;
        let mut body = Bytes::from(vec![b'.'; length]);
        core.send(stream).data(&mut body, true).ok()?;
        body.is_empty().then_some(())
    }

    fn extended_connect(&mut self, core: &mut Core) -> Option<StreamRef> {
        let head = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/chat"),
        ];
        self.request(core, &head, false)
    }

    fn prioritize(&self, core: &mut Core, id: u32) -> Option<()> {
        let stream = *self.opened.get(&id)?;
        let priority = Priority::new(1, false);
        core.client().update_priority(stream, priority).ok()
    }

    fn end(&self, core: &mut Core, id: u32) -> Option<()> {
        let stream = *self.opened.get(&id)?;
        core.send(stream)
            .data(&mut Bytes::new(), true)
            .ok()
            .map(drop)
    }
}

impl Program for Client {
    fn on_event(&mut self, core: &mut Core, event: &Event<'_>) {
        if let Event::Data { stream, data, .. } = event {
            if !self.hold {
                let _ = core.recv(*stream).release(data.len() as u32);
            }
        }
    }

    fn wish(&mut self, core: &mut Core, _: &BTreeMap<u32, StreamRef>, wish: &Wish) -> bool {
        match *wish {
            Wish::Hold => {
                self.hold = true;
                true
            }
            Wish::Get => self.open(core, "GET", true).is_some(),
            Wish::Request(method) => self.open(core, method, true).is_some(),
            Wish::HoldUpload => self.open(core, "POST", false).is_some(),
            Wish::Upload(length) => self.upload(core, length).is_some(),
            Wish::ExtendedConnect => self.extended_connect(core).is_some(),
            Wish::Prioritize(id) => self.prioritize(core, id).is_some(),
            Wish::End(id) => self.end(core, id).is_some(),
            _ => false,
        }
    }
}
