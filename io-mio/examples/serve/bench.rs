//! Answers from memory: for measurements.

use crate::dates::Today;
use bytes::Bytes;
use bywash_mio::proto::error::SendError;
use bywash_mio::proto::headers::Head;
use bywash_mio::server::{Exchange, Reply, Request, Service};
use std::collections::VecDeque;

/// The answer to `/`.
const HELLO: &[u8] = b"Hello world\n";

pub(crate) struct Bench {
    today: Today,
    kib: Bytes,
    kib64: Bytes,
    mib: Bytes,
    mib10: Bytes,
}

impl Bench {
    pub(crate) fn new() -> Self {
        // One allocation: the smaller answers are pieces of the largest.
        let mib10 = Bytes::from(vec![b'x'; 10 << 20]);
        Self {
            today: Today::new(),
            kib: mib10.slice(..1 << 10),
            kib64: mib10.slice(..64 << 10),
            mib: mib10.slice(..1 << 20),
            mib10,
        }
    }

    fn answer(&mut self, request: &Request, reply: &mut Reply<'_>) -> Result<(), SendError> {
        let is_post = request.method() == b"POST";
        let body = match request.path() {
            b"/" => Bytes::from_static(HELLO),
            b"/1k" => self.kib.clone(),
            b"/64k" => self.kib64.clone(),
            b"/1m" => self.mib.clone(),
            b"/10m" => self.mib10.clone(),
            b"/echo" if is_post => return echo(request, reply),
            b"/sink" if is_post => {
                if !request.has_body() {
                    return reply.send(200, TEXT, "0\n");
                }
                reply.go_on(Sink { octets: 0 });
                return Ok(());
            }
            _ => return reply.send(404, TEXT, "404 Not Found\n"),
        };
        if request.has_body() {
            reply.go_on(Swallow { body });
            return Ok(());
        }
        let date = self.today.text(reply.now());
        reply.send(200, &(TEXT, [("date", date)]), body)
    }
}

const TEXT: &[(&str, &str); 1] = &[("content-type", "text/plain")];

impl Service for Bench {
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>) {
        // It fails only when the client is gone.
        let _ = self.answer(request, reply);
    }
}

/// Reads a body to its end, then answers: some clients stop to send once they are answered.
struct Swallow {
    body: Bytes,
}

impl Exchange for Swallow {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        if end {
            let _ = reply.send(200, TEXT, self.body.clone());
        }
        data.len()
    }

    fn on_trailers(&mut self, reply: &mut Reply<'_>, _trailers: Head) {
        let _ = reply.send(200, TEXT, self.body.clone());
    }
}

/// Answers when the last octet is here, with how many there were.
struct Sink {
    octets: u64,
}

impl Sink {
    fn answer(&self, reply: &mut Reply<'_>) {
        let _ = reply.send(200, TEXT, format!("{}\n", self.octets));
    }
}

impl Exchange for Sink {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.octets += data.len() as u64;
        if end {
            self.answer(reply);
        }
        data.len()
    }

    fn on_trailers(&mut self, reply: &mut Reply<'_>, _trailers: Head) {
        self.answer(reply);
    }
}

fn echo(request: &Request, reply: &mut Reply<'_>) -> Result<(), SendError> {
    reply.start(200, TEXT)?;
    match request.has_body() {
        true => reply.go_on(Echo::default()),
        false => reply.finish()?,
    }
    Ok(())
}

/// Sends back what comes. What the client does not read, it cannot send more of either.
#[derive(Default)]
struct Echo {
    waiting: VecDeque<Bytes>,
    heard: bool,
}

impl Echo {
    fn pass_on(&mut self, reply: &mut Reply<'_>) {
        while let Some(piece) = self.waiting.front_mut() {
            let before = piece.len();
            let Ok(all) = reply.write(piece) else { return };
            let taken = before - piece.len();
            reply.release(taken);
            if !all {
                return;
            }
            self.waiting.pop_front();
        }
        if self.heard {
            let _ = reply.finish();
        }
    }
}

impl Exchange for Echo {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.heard |= end;
        if !data.is_empty() {
            self.waiting.push_back(Bytes::copy_from_slice(data));
        }
        self.pass_on(reply);
        0
    }

    fn on_trailers(&mut self, reply: &mut Reply<'_>, _trailers: Head) {
        self.heard = true;
        self.pass_on(reply);
    }

    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        self.pass_on(reply);
    }
}
