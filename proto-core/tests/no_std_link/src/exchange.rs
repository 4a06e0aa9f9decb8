//! A client and a server of the core, joined by nothing but two loops: a request with a body is echoed.

use alloc::vec::Vec;
use bytes::Bytes;
use bywash_proto::config::Config;
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::{Instant, StreamRef};
use bywash_proto::{client, server};

const BODY: &[u8] = b"round the runtime, and round the mutex";
const NOW: Instant = Instant::ZERO;

/// Takes all that a connection has to write.
macro_rules! drain {
    ($conn:expr) => {{
        let mut written = Vec::new();
        loop {
            let out = $conn.transmit(NOW);
            if out.is_empty() {
                break written;
            }
            let before = written.len();
            for chunk in out.chunks() {
                written.extend_from_slice(chunk);
            }
            out.advance(written.len() - before);
        }
    }};
}

/// What the client saw of the response.
#[derive(Default)]
struct Seen {
    status: Option<u16>,
    body: Vec<u8>,
    ended: bool,
}

/// True when the response came back whole.
pub(crate) fn is_echoed() -> bool {
    let (Ok(mut client), Ok(mut server)) = (
        client::Connection::new(Config::default(), NOW),
        server::Connection::new(Config::default(), NOW),
    ) else {
        return false;
    };
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "localhost"),
        (":path", "/echo"),
    ];
    let Ok(stream) = client.request(&fields, false) else {
        return false;
    };
    let mut body = Bytes::from_static(BODY);
    if client.send(stream).data(&mut body, true) != Ok(BODY.len()) {
        return false;
    }
    let mut seen = Seen::default();
    for _ in 0..16 {
        let sent = drain!(client);
        let answered = serve(&mut server, &sent);
        if answered.is_empty() && sent.is_empty() {
            break;
        }
        receive(&mut client, stream, &answered, &mut seen);
    }
    seen.status == Some(200) && seen.body == BODY && seen.ended
}

/// Feeds the server one byte at a time, echoes every body, returns what it writes.
fn serve(server: &mut server::Connection, input: &[u8]) -> Vec<u8> {
    for mut byte in input.chunks(1) {
        while let Step::Event(event) = server.next_event(NOW, &mut byte) {
            match event {
                Event::Request { stream, .. } => {
                    let _ = server.response(stream, &[(":status", "200")], false);
                }
                Event::Data { stream, data, end } => {
                    let _ = server.recv(stream).release(data.len() as u32);
                    let mut back = Bytes::copy_from_slice(data);
                    let _ = server.send(stream).data(&mut back, end);
                }
                _ => {}
            }
        }
    }
    drain!(server)
}

fn receive(client: &mut client::Connection, request: StreamRef, mut input: &[u8], seen: &mut Seen) {
    while let Step::Event(event) = client.next_event(NOW, &mut input) {
        match event {
            Event::Response { stream, head, .. } if stream == request => {
                seen.status = head.status();
            }
            Event::Data { stream, data, end } if stream == request => {
                seen.body.extend_from_slice(data);
                seen.ended |= end;
            }
            _ => {}
        }
    }
}
