//! What a blocking caller holds: the upload, the response to come, the response.

use super::calls::CallNote;
use super::error::CallError;
use super::id::CallId;
use crate::mailbox::Handle;
use crate::pipe::{Part, Receiver, Sender};
use bytes::{Buf, Bytes};
use bywash_proto::headers::{Fields, Head};
use std::io::{self, Read, Write};

/// Gives a call up.
#[derive(Clone, Debug)]
pub(crate) struct Canceller {
    handle: Handle<CallNote>,
    id: CallId,
}

impl Canceller {
    pub(crate) fn new(handle: Handle<CallNote>, id: CallId) -> Self {
        Self { handle, id }
    }

    pub(crate) fn cancel(&self) {
        // Past the queue's bound, for nobody else knows that the call is to end; there are few of them
        // for each call. A loop that is gone has ended it.
        let _ = self.handle.send_surely(CallNote::Cancel(self.id));
    }
}

/// The body of a request, written as the peer takes it. Dropped before
/// [`finish`](Self::finish), it cancels the request.
pub struct Upload {
    sender: Sender<CallError>,
    canceller: Canceller,
    open: bool,
}

impl Upload {
    pub(crate) fn new(sender: Sender<CallError>, canceller: Canceller, open: bool) -> Self {
        Self {
            sender,
            canceller,
            open,
        }
    }

    /// Queues a piece without copying it; waits while too much is queued.
    ///
    /// # Errors
    /// The call has ended. That is no failure if the response is complete already.
    pub fn write_bytes(&mut self, data: impl Into<Bytes>) -> Result<(), CallError> {
        let data = data.into();
        if !self.open || data.is_empty() {
            return Ok(());
        }
        self.sender.send(Part::Data(data))
    }

    /// Ends the body.
    ///
    /// # Errors
    /// As [`write_bytes`](Self::write_bytes).
    pub fn finish(mut self) -> Result<(), CallError> {
        self.end(Part::End)
    }

    /// Ends the body with trailers.
    ///
    /// # Errors
    /// As [`write_bytes`](Self::write_bytes).
    pub fn trailers<F: Fields + ?Sized>(mut self, fields: &F) -> Result<(), CallError> {
        self.end(Part::Trailers(Head::from_fields(fields)))
    }

    fn end(&mut self, part: Part) -> Result<(), CallError> {
        if std::mem::take(&mut self.open) {
            self.sender.send(part)?;
        }
        Ok(())
    }
}

impl Write for Upload {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_bytes(Bytes::copy_from_slice(data))?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.open {
            self.canceller.cancel();
        }
    }
}

/// A response to come. Dropped before it came, it cancels the request.
pub struct Pending {
    receiver: Option<Receiver<CallError>>,
    canceller: Canceller,
    informed: Vec<Head>,
}

impl Pending {
    pub(crate) fn new(receiver: Receiver<CallError>, canceller: Canceller) -> Self {
        Self {
            receiver: Some(receiver),
            canceller,
            informed: Vec::new(),
        }
    }

    /// Waits for the response's head.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn wait(mut self) -> Result<Response, CallError> {
        let Some(receiver) = self.receiver.take() else {
            return Err(CallError::Closed);
        };
        loop {
            match receiver.recv()? {
                Part::Inform(head) => self.informed.push(head),
                Part::Head(head) => {
                    return Ok(Response {
                        head,
                        informed: std::mem::take(&mut self.informed),
                        receiver,
                        canceller: self.canceller.clone(),
                        piece: Bytes::new(),
                        trailers: None,
                        ended: false,
                    });
                }
                Part::Data(_) | Part::Trailers(_) | Part::End => {}
            }
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.receiver.is_some() {
            self.canceller.cancel();
        }
    }
}

/// A response: its head, and its body by [`Read`]. Dropped before its end, it cancels the request.
pub struct Response {
    head: Head,
    informed: Vec<Head>,
    receiver: Receiver<CallError>,
    canceller: Canceller,
    piece: Bytes,
    trailers: Option<Head>,
    ended: bool,
}

impl Response {
    /// :status, 200 to 999.
    pub fn status(&self) -> u16 {
        self.head.status().unwrap_or_default()
    }

    /// All fields.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The first field of this name, which must be in lower case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.head.get(name)
    }

    /// The informational responses that came before (RFC 9110 15.2), the first 32 of them.
    pub fn informed(&self) -> &[Head] {
        &self.informed
    }

    /// The trailers; `None` before the end of the body, or if there are none.
    pub fn trailers(&self) -> Option<&Head> {
        self.trailers.as_ref()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// Why the body is incomplete.
    pub fn next_piece(&mut self) -> Result<Option<Bytes>, CallError> {
        if self.piece.is_empty() {
            self.fill()?;
        }
        let piece = std::mem::take(&mut self.piece);
        if piece.is_empty() {
            return Ok(None);
        }
        self.receiver.consumed(piece.len());
        Ok(Some(piece))
    }

    /// The whole rest of the body.
    ///
    /// # Errors
    /// Why the body is incomplete.
    pub fn body(&mut self) -> Result<Vec<u8>, CallError> {
        let mut body = Vec::new();
        while let Some(piece) = self.next_piece()? {
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// Waits for a piece that is not empty, or for the end.
    fn fill(&mut self) -> Result<(), CallError> {
        while self.piece.is_empty() && !self.ended {
            match self.receiver.recv() {
                Ok(Part::Data(piece)) => self.piece = piece,
                Ok(Part::Trailers(head)) => {
                    self.trailers = Some(head);
                    self.ended = true;
                }
                Ok(Part::End) => self.ended = true,
                Ok(Part::Head(_) | Part::Inform(_)) => {}
                Err(error) => {
                    self.ended = true;
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl Read for Response {
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

impl Drop for Response {
    fn drop(&mut self) {
        if !self.ended {
            self.canceller.cancel();
        }
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload")
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("head", &self.head)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
