//! The client's application: opens what it is asked for, and reads whatever comes.

use std::collections::BTreeMap;

use bytes::Bytes;
use bywash_proto::event::Event;
use bywash_proto::vocabulary::{Priority, StreamRef};

use super::hands::Hands;
use crate::cases::wire::Wish;

#[derive(Debug, Default)]
pub(super) struct Client {
    opened: BTreeMap<u32, StreamRef>,
    hold: bool,
}

impl Client {
    /// Opens a request; its stream if the hands took it.
    fn open(&mut self, hands: &mut dyn Hands, method: &str, end: bool) -> Option<StreamRef> {
        let head = [
            (":method", method),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/"),
        ];
        self.request(hands, &head, end)
    }

    fn request(
        &mut self,
        hands: &mut dyn Hands,
        head: &[(&str, &str)],
        end: bool,
    ) -> Option<StreamRef> {
        let stream = hands.client().request(head, end).ok()?;
        self.opened.insert(stream.id().get(), stream);
        Some(stream)
    }

    fn upload(&mut self, hands: &mut dyn Hands, length: usize) -> Option<()> {
        let stream = self.open(hands, "POST", false)?;
        let mut body = Bytes::from(vec![b'.'; length]);
        hands.send(stream).data(&mut body, true).ok()?;
        body.is_empty().then_some(())
    }

    fn extended_connect(&mut self, hands: &mut dyn Hands) -> Option<StreamRef> {
        let head = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/chat"),
        ];
        self.request(hands, &head, false)
    }

    fn prioritize(&self, hands: &mut dyn Hands, id: u32) -> Option<()> {
        let stream = *self.opened.get(&id)?;
        let priority = Priority::new(1, false);
        hands.client().update_priority(stream, priority).ok()
    }

    fn end(&self, hands: &mut dyn Hands, id: u32) -> Option<()> {
        let stream = *self.opened.get(&id)?;
        hands
            .send(stream)
            .data(&mut Bytes::new(), true)
            .ok()
            .map(drop)
    }
}

impl Client {
    pub(super) fn on_event(&mut self, hands: &mut dyn Hands, event: &Event<'_>) {
        if let Event::Data { stream, data, .. } = event {
            if !self.hold {
                let _ = hands.recv(*stream).release(data.len() as u32);
            }
        }
    }

    pub(super) fn wish(&mut self, hands: &mut dyn Hands, wish: &Wish) -> bool {
        match *wish {
            Wish::Hold => {
                self.hold = true;
                true
            }
            Wish::Get => self.open(hands, "GET", true).is_some(),
            Wish::Request(method) => self.open(hands, method, true).is_some(),
            Wish::HoldUpload => self.open(hands, "POST", false).is_some(),
            Wish::Upload(length) => self.upload(hands, length).is_some(),
            Wish::ExtendedConnect => self.extended_connect(hands).is_some(),
            Wish::Prioritize(id) => self.prioritize(hands, id).is_some(),
            Wish::End(id) => self.end(hands, id).is_some(),
            _ => false,
        }
    }
}
