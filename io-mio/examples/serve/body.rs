//! A file's way to the client, piece by piece, as fast as the client takes it.

use crate::log::Record;
use bytes::Bytes;
use bywash_mio::proto::vocabulary::ErrorCode;
use bywash_mio::server::{Ended, Exchange, Reply};
use std::fs::File;
use std::io::{self, Read};

/// Octets that are read at once: what a stream queues at most.
pub(crate) const PIECE: u64 = 64 * 1024;

/// What is left of a response.
pub(crate) struct Body {
    pub(crate) file: File,
    /// Octets that are still to be read.
    pub(crate) left: u64,
    /// Read, and not yet taken.
    pub(crate) piece: Bytes,
    pub(crate) record: Record,
}

impl Body {
    fn write(&mut self, reply: &mut Reply<'_>) -> Result<(), Failure> {
        loop {
            if self.piece.is_empty() {
                if self.left == 0 {
                    return reply.finish().map_err(|_| Failure::Gone);
                }
                self.piece = read(&mut self.file, self.left).map_err(Failure::File)?;
                self.left -= self.piece.len() as u64;
            }
            let before = self.piece.len();
            let all = reply.write(&mut self.piece).map_err(|_| Failure::Gone)?;
            self.record.sent((before - self.piece.len()) as u64);
            if !all {
                return Ok(());
            }
        }
    }
}

enum Failure {
    /// The stream; [`Exchange::on_end`] says more.
    Gone,
    File(io::Error),
}

/// The next piece of a file that has `left` more octets to give.
///
/// # Errors
/// The system's; an early end, because the length is promised already.
pub(crate) fn read(file: &mut File, left: u64) -> io::Result<Bytes> {
    let most = left.min(PIECE);
    let mut piece = Vec::with_capacity(most as usize);
    file.take(most).read_to_end(&mut piece)?;
    match piece.len() as u64 == most {
        true => Ok(piece.into()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Exchange for Body {
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        match self.write(reply) {
            Ok(()) if reply.is_ended() => self.record.done(),
            Ok(()) | Err(Failure::Gone) => {}
            Err(Failure::File(error)) => {
                self.record.cut(&error);
                reply.reset(ErrorCode::INTERNAL_ERROR);
            }
        }
    }

    fn on_end(&mut self, end: &Ended) {
        match end {
            Ended::Stream(end) => self.record.cut(end),
            _ => self.record.cut(&"its time was over"),
        }
    }
}
