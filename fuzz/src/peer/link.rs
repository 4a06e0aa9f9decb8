//! The transport between the two: what one has written and the other has not read.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// What the peer may read.
    pub(super) to_theirs: VecDeque<u8>,
    /// What the peer has written.
    pub(super) from_theirs: VecDeque<u8>,
    /// Our side has ended its direction.
    pub(super) ended: bool,
    /// The peer has ended its own.
    pub(super) shut: bool,
    /// Neither direction works any more.
    pub(super) broken: bool,
    /// How much the peer may write ahead, octets.
    pub(super) room: usize,
    /// Octets read and written by the peer, ever.
    pub(super) moved: u64,
}

/// The peer's end. Whoever polls polls again after every step, so no waker is kept.
#[derive(Clone, Debug)]
pub(super) struct End(pub(super) Rc<RefCell<Link>>);

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let mut link = self.0.borrow_mut();
        if link.broken {
            return Poll::Ready(Err(Error::from(ErrorKind::ConnectionReset)));
        }
        let n = link.to_theirs.len().min(into.remaining());
        if n == 0 && !link.ended {
            return Poll::Pending;
        }
        let octets: Vec<u8> = link.to_theirs.drain(..n).collect();
        into.put_slice(&octets);
        link.moved += n as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<Result<usize>> {
        let mut link = self.0.borrow_mut();
        if link.broken {
            return Poll::Ready(Err(Error::from(ErrorKind::BrokenPipe)));
        }
        let n = octets
            .len()
            .min(link.room.saturating_sub(link.from_theirs.len()));
        if n == 0 && !octets.is_empty() {
            return Poll::Pending;
        }
        link.from_theirs.extend(&octets[..n]);
        link.moved += n as u64;
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.borrow_mut().shut = true;
        Poll::Ready(Ok(()))
    }
}
