//! The transport that h2 insists on: bytes in memory, never a socket, never a runtime.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes on their way to one reader.
#[derive(Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    at: usize,
    end: usize,
}

impl Queue {
    /// Offers the first `length` bytes of the buffer (again), after `edit` has worked on it.
    pub(super) fn refill(&mut self, length: impl FnOnce(&mut Vec<u8>) -> usize) {
        self.at = 0;
        self.end = length(&mut self.bytes);
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.at == self.end {
            self.bytes.clear();
            self.at = 0;
        }
        self.bytes.extend_from_slice(bytes);
        self.end = self.bytes.len();
    }
}

/// One end of a connection. What is written is counted, and handed to the other end if there is one.
#[derive(Clone, Default)]
pub(super) struct End {
    pub(super) incoming: Rc<RefCell<Queue>>,
    outgoing: Option<Rc<RefCell<Queue>>>,
    written: Rc<Cell<u64>>,
}

impl End {
    /// Two ends that write to each other.
    pub(super) fn pair() -> (Self, Self) {
        let (mut one, mut other) = (Self::default(), Self::default());
        one.outgoing = Some(Rc::clone(&other.incoming));
        other.outgoing = Some(Rc::clone(&one.incoming));
        (one, other)
    }

    /// Bytes written so far.
    pub(super) fn written(&self) -> u64 {
        self.written.get()
    }

    fn take(&self, bytes: &[u8]) {
        self.written.set(self.written.get() + bytes.len() as u64);
        if let Some(outgoing) = &self.outgoing {
            outgoing.borrow_mut().push(bytes);
        }
    }
}

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut incoming = self.incoming.borrow_mut();
        let length = buf.remaining().min(incoming.end - incoming.at);
        if length == 0 {
            return Poll::Pending;
        }
        let at = incoming.at;
        buf.put_slice(&incoming.bytes[at..at + length]);
        incoming.at += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        slices.iter().for_each(|slice| self.take(slice));
        Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
