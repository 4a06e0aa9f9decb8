//! The server's application: answers GET with [`CONTENT`] octets, and everything with a body with that body.

use std::collections::BTreeMap;

use bytes::Bytes;
use bywash_proto::event::Event;
use bywash_proto::headers::Head;
use bywash_proto::vocabulary::{ErrorCode, StreamRef};

use super::hands::{CONTENT, Hands};
use crate::cases::wire::Wish;

/// How the next answer differs from the plain one.
#[derive(Clone, Copy, Debug, Default)]
struct Manner {
    hold: bool,
    early: bool,
    listen: bool,
    trailers: bool,
    informational: bool,
    content: Option<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Server {
    manner: Manner,
    bodies: BTreeMap<u32, (Vec<u8>, Manner)>,
    tunnels: Vec<StreamRef>,
    held: Vec<StreamRef>,
}

impl Server {
    fn on_request(&mut self, hands: &mut dyn Hands, stream: StreamRef, head: &Head, end: bool) {
        let manner = std::mem::take(&mut self.manner);
        if manner.hold {
            self.held.push(stream);
            return;
        }
        if head.method() == Some(b"CONNECT") {
            let _ = hands
                .server()
                .response(stream, &[(":status", "200")], false);
            self.tunnels.push(stream);
            return;
        }
        if manner.early || manner.listen {
            answer(hands, stream, &Bytes::from_static(b"early"), manner);
            if manner.early {
                let _ = hands.send(stream).notify_drained();
            }
        } else if end {
            let length = if head.method() == Some(b"HEAD") {
                0
            } else {
                manner.content.unwrap_or(CONTENT)
            };
            answer(hands, stream, &Bytes::from(vec![b'.'; length]), manner);
        } else {
            self.bodies.insert(stream.id().get(), (Vec::new(), manner));
        }
    }

    fn on_data(&mut self, hands: &mut dyn Hands, stream: StreamRef, data: &[u8], end: bool) {
        if !self.held.contains(&stream) {
            let _ = hands.recv(stream).release(data.len() as u32);
        }
        if self.tunnels.contains(&stream) {
            let _ = hands
                .send(stream)
                .data(&mut Bytes::copy_from_slice(data), end);
            return;
        }
        let id = stream.id().get();
        if let Some((body, _)) = self.bodies.get_mut(&id) {
            body.extend_from_slice(data);
        }
        if end {
            if let Some((body, manner)) = self.bodies.remove(&id) {
                answer(hands, stream, &Bytes::from(body), manner);
            }
        }
    }
}

/// The whole answer. The stream may be gone: then there is none.
fn answer(hands: &mut dyn Hands, stream: StreamRef, body: &Bytes, manner: Manner) {
    let mut body = body.clone();
    let server = hands.server();
    if manner.informational {
        let _ = server.informational(stream, &[(":status", "103")]);
    }
    let end = body.is_empty() && !manner.trailers;
    let length = body.len().to_string();
    let head = [(":status", "200"), ("content-length", length.as_str())];
    if server.response(stream, &head, end).is_err() || end {
        return;
    }
    let mut send = hands.send(stream);
    let _ = send.data(&mut body, !manner.trailers);
    if manner.trailers {
        let _ = send.trailers(&[("x-checksum", "none")]);
    }
}

impl Server {
    pub(super) fn on_event(&mut self, hands: &mut dyn Hands, event: &Event<'_>) {
        match event {
            Event::Request {
                stream,
                overlong: true,
                ..
            } => {
                let _ = hands
                    .server()
                    .response(*stream, &[(":status", "431")], true);
            }
            Event::Request {
                stream, head, end, ..
            } => self.on_request(hands, *stream, head, *end),
            Event::Data { stream, data, end } => self.on_data(hands, *stream, data, *end),
            // A reset discards what is queued: an early answer must be written first.
            Event::Drained { stream } => hands.send(*stream).reset(ErrorCode::NO_ERROR),
            Event::Trailers { stream, .. } => self.on_data(hands, *stream, &[], true),
            _ => {}
        }
    }

    pub(super) fn wish(&mut self, wish: &Wish) -> bool {
        match *wish {
            Wish::Hold => self.manner.hold = true,
            Wish::AnswerEarly => self.manner.early = true,
            Wish::AnswerAndListen => self.manner.listen = true,
            Wish::Trailers => self.manner.trailers = true,
            Wish::Informational => self.manner.informational = true,
            Wish::Body(length) => self.manner.content = Some(length),
            _ => return false,
        }
        true
    }
}
