//! A file's way to the client, piece by piece, as fast as the client takes it.

use crate::log::Record;
use bytes::Bytes;
use bywash_mio::proto::vocabulary::ErrorCode;
use bywash_mio::server::{Ended, Exchange, Reply};
use std::fs::File;
use std::io::{self, Read};

/// Octets that are read at once: what a stream queues at most.
pub(crate) const PIECE: u64 = 64 * 1024;

/// What is left of a file. Its descriptor goes with the last octet that is read: how long the client takes
/// over that is up to the client.
pub(crate) struct Source {
    file: Option<File>,
    left: u64,
}

impl Source {
    /// A file that has `left` more octets to give.
    pub(crate) fn new(file: File, left: u64) -> Self {
        Self {
            file: Some(file),
            left,
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The system's; an early end, because the length is promised already.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        let piece = read(file, self.left)?;
        self.left -= piece.len() as u64;
        if self.left == 0 {
            self.file = None;
        }
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }
}

/// What is left of a response.
pub(crate) struct Body {
    pub(crate) source: Source,
    /// Read, and not yet taken.
    pub(crate) piece: Bytes,
    pub(crate) record: Record,
}

impl Body {
    fn write(&mut self, reply: &mut Reply<'_>) -> Result<(), Failure> {
        loop {
            if self.piece.is_empty() {
                match self.source.next().map_err(Failure::File)? {
                    Some(piece) => self.piece = piece,
                    None => return reply.finish().map_err(|_| Failure::Gone),
                }
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

#[cfg(test)]
mod tests {
    use super::{PIECE, Source};
    use std::fs::File;

    #[test]
    fn the_descriptor_goes_with_the_last_octet() {
        let path = std::env::temp_dir().join(format!("bywash-body-{}", std::process::id()));
        std::fs::write(&path, vec![7; PIECE as usize + 10]).unwrap();
        let mut source = Source::new(File::open(&path).unwrap(), PIECE + 10);
        assert_eq!(source.next().unwrap().unwrap().len(), PIECE as usize);
        assert!(source.file.is_some());
        assert_eq!(source.next().unwrap().unwrap(), [7; 10][..]);
        assert!(source.file.is_none());
        assert_eq!(source.next().unwrap(), None);
        // It was longer when its length was promised.
        let mut cut = Source::new(File::open(&path).unwrap(), PIECE + 11);
        assert!(cut.next().is_ok() && cut.next().is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
