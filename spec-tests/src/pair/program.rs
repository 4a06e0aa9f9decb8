//! Programs that answer by themselves.

use std::collections::BTreeMap;

use bytes::Bytes;
use bywash_proto::vocabulary::StreamRef;

use super::core::Core;
use super::seen::Seen;

/// What the program does on an event. DATA comes here in the pieces that the core gave.
pub type Program = Box<dyn FnMut(&mut Core, Option<StreamRef>, &Seen)>;

/// Whether an event ends the peer's message.
fn ends(event: &Seen) -> bool {
    matches!(
        event,
        Seen::Request { end: true, .. } | Seen::Data { end: true, .. } | Seen::Trailers { .. }
    )
}

/// A server that answers every request, once it is complete, with 200 and this body.
pub fn answering(body: &'static [u8]) -> Program {
    Box::new(move |core, stream, event| {
        if let (true, Some(stream), Core::Server(server)) = (ends(event), stream, core) {
            let length = body.len().to_string();
            let head = [(":status", "200"), ("content-length", length.as_str())];
            // The stream may be gone, or the peer may not take the head: then there is no answer.
            if server.response(stream, &head, body.is_empty()).is_ok() && !body.is_empty() {
                let _ = server
                    .send(stream)
                    .data(&mut Bytes::from_static(body), true);
            }
        }
    })
}

/// A server that sends every request's body back.
pub fn echo() -> Program {
    let mut bodies: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    Box::new(move |core, stream, event| {
        let (Some(stream), Core::Server(server)) = (stream, core) else {
            return;
        };
        if let Seen::Data { data, .. } = event {
            bodies.entry(stream.id().get()).or_default().extend(data);
        }
        if ends(event) {
            let body = bodies.remove(&stream.id().get()).unwrap_or_default();
            let end = body.is_empty();
            if server.response(stream, &[(":status", "200")], end).is_ok() && !end {
                let _ = server.send(stream).data(&mut Bytes::from(body), true);
            }
        }
    })
}
