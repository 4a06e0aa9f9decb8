//! A request in the hands of a thread that may block.

use super::exchange::{Ended, Kind, status_text};
use crate::address::Address;
use crate::pipe::{Part, Receiver, Sender};
use crate::session::TlsFacts;
use bytes::{Buf, Bytes};
use bywash_proto::headers::{Field, Fields, Head};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// How slow a peer may be that a thread waits for: its octets, each way, buy the time that the thread waits
/// for more. What the handler itself takes does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slowest {
    /// Octets a second in the long run; 0 is read as 1.
    pub per_second: u32,
    /// Waiting ahead of that, and the most that octets can buy.
    pub grace: Duration,
}

impl Default for Slowest {
    /// 500 octets a second, 60 s ahead.
    fn default() -> Self {
        Self {
            per_second: 500,
            grace: Duration::from_secs(60),
        }
    }
}

impl Slowest {
    /// What is left of a time to wait once so many octets have gone.
    fn refill(&self, left: Duration, octets: usize) -> Duration {
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        let bought = Duration::from_secs(octets.into()) / self.per_second.max(1);
        left.saturating_add(bought).min(self.grace)
    }
}

/// How a thread waits for its peer.
struct Waiting {
    slowest: Option<Slowest>,
    /// For the request's body.
    read: Duration,
    /// For room in the response's.
    write: Duration,
}

/// A request and the response to it, on a thread of a [`Pool`](crate::server::Pool). Its body is read
/// by [`Read`]; the response's is written by [`Write`] after [`start`](Self::start). Dropped without
/// an answer, it is answered with 500, or with 408 if its peer was too slow; dropped amid one, its stream
/// is reset.
pub struct Call {
    head: Head,
    peer: Option<Address>,
    tls: Option<Arc<TlsFacts>>,
    receiver: Receiver<Ended>,
    sender: Sender<Ended>,
    piece: Bytes,
    heard: bool,
    trailers: Option<Head>,
    waiting: Waiting,
}

impl Call {
    pub(crate) fn new(
        head: Head,
        peer: Option<Address>,
        tls: Option<Arc<TlsFacts>>,
        receiver: Receiver<Ended>,
        sender: Sender<Ended>,
        slowest: Option<Slowest>,
    ) -> Self {
        // What a tunnel carries comes when it comes.
        let is_tunnel = head.method() == Some(&b"CONNECT"[..]);
        let slowest = slowest.filter(|_| !is_tunnel);
        let grace = slowest.map_or(Duration::ZERO, |slowest| slowest.grace);
        Self {
            head,
            peer,
            tls,
            receiver,
            sender,
            piece: Bytes::new(),
            heard: false,
            trailers: None,
            waiting: Waiting {
                slowest,
                read: grace,
                write: grace,
            },
        }
    }

    /// All fields, pseudo-headers included.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// :method.
    pub fn method(&self) -> &[u8] {
        self.head.method().unwrap_or_default()
    }

    /// :path with its query.
    pub fn path(&self) -> &[u8] {
        self.head.path().unwrap_or_default()
    }

    /// The peer's address.
    pub fn peer(&self) -> Option<&Address> {
        self.peer.as_ref()
    }

    /// What TLS agreed on; `None` in cleartext.
    pub fn tls(&self) -> Option<&Arc<TlsFacts>> {
        self.tls.as_ref()
    }

    /// The request's trailers; `None` before the end of its body, or if there are none.
    pub fn trailers(&self) -> Option<&Head> {
        self.trailers.as_ref()
    }

    /// Sends an informational head.
    ///
    /// # Errors
    /// Why the exchange has ended.
    pub fn inform<F: Fields + ?Sized>(&mut self, status: u16, fields: &F) -> Result<(), Ended> {
        self.sender.send(Part::Inform(with_status(status, fields)))
    }

    /// Sends the final head; the body follows by [`Write`].
    ///
    /// # Errors
    /// Why the exchange has ended.
    pub fn start<F: Fields + ?Sized>(&mut self, status: u16, fields: &F) -> Result<(), Ended> {
        self.sender.send(Part::Head(with_status(status, fields)))
    }

    /// Queues a piece of the body without copying it; waits while too much is queued.
    ///
    /// # Errors
    /// Why the exchange has ended.
    pub fn write_bytes(&mut self, data: impl Into<Bytes>) -> Result<(), Ended> {
        if self.is_head() {
            return Ok(());
        }
        let data = data.into();
        let (octets, part) = (data.len(), Part::Data(data));
        let Some(slowest) = self.waiting.slowest else {
            return self.sender.send(part);
        };
        match self.sender.send_for(part, &mut self.waiting.write) {
            Ok(outcome) => outcome?,
            Err(_) => return Err(self.too_slow()),
        }
        self.waiting.write = slowest.refill(self.waiting.write, octets);
        Ok(())
    }

    /// Ends the body.
    ///
    /// # Errors
    /// Why the exchange has ended.
    pub fn finish(self) -> Result<(), Ended> {
        if self.is_head() {
            return Ok(());
        }
        self.sender.send(Part::End)
    }

    /// Ends the body with trailers.
    ///
    /// # Errors
    /// Why the exchange has ended.
    pub fn finish_with<F: Fields + ?Sized>(self, trailers: &F) -> Result<(), Ended> {
        self.sender
            .send(Part::Trailers(Head::from_fields(trailers)))
    }

    /// Sends the whole response, with its content-length; 204, 304 and a tunnel (2xx to CONNECT,
    /// RFC 9110 9.3.6) have none. Through a tunnel `body` goes, and ends our side of it.
    ///
    /// # Errors
    /// Why the exchange has ended.
    pub fn send<F: Fields + ?Sized>(
        mut self,
        status: u16,
        fields: &F,
        body: impl Into<Bytes>,
    ) -> Result<(), Ended> {
        let body = body.into();
        let length = body.len().to_string();
        let length = [Field::new(b"content-length", length.as_bytes())];
        let without = status == 204 || status == 304;
        let length = match Kind::of(self.method()).has_no_length(status) {
            true => &length[..0],
            false => &length[..],
        };
        self.start(status, &(fields, length))?;
        if !body.is_empty() && !without {
            self.write_bytes(body)?;
        }
        self.finish()
    }

    /// The head alone is the response to HEAD.
    fn is_head(&self) -> bool {
        self.method() == b"HEAD"
    }

    fn too_slow(&self) -> Ended {
        self.receiver.too_slow();
        Ended::TooSlow
    }

    fn receive(&mut self) -> Result<Part, Ended> {
        let Some(slowest) = self.waiting.slowest else {
            return self.receiver.recv();
        };
        let Some(part) = self.receiver.recv_for(&mut self.waiting.read) else {
            return Err(self.too_slow());
        };
        let part = part?;
        if let Part::Data(data) = &part {
            self.waiting.read = slowest.refill(self.waiting.read, data.len());
        }
        Ok(part)
    }

    fn fill(&mut self) -> Result<(), Ended> {
        while self.piece.is_empty() && !self.heard {
            match self.receive()? {
                Part::Data(piece) => self.piece = piece,
                Part::Trailers(head) => {
                    self.trailers = Some(head);
                    self.heard = true;
                }
                Part::End => self.heard = true,
                Part::Head(_) | Part::Inform(_) => {}
            }
        }
        Ok(())
    }
}

fn with_status<F: Fields + ?Sized>(status: u16, fields: &F) -> Head {
    let text = status_text(status);
    let status = [Field::new(b":status", &text)];
    Head::from_fields(&(&status[..], fields))
}

impl Read for Call {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        self.fill()?;
        let n = self.piece.len().min(into.len());
        self.piece.copy_to_slice(&mut into[..n]);
        if n > 0 {
            self.receiver.consumed(n);
        }
        Ok(n)
    }
}

impl Write for Call {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_bytes(Bytes::copy_from_slice(data))?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("head", &self.head)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
