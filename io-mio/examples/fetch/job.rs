//! One URL's fate.

use super::options::Options;
use super::url::Url;
use bytes::Bytes;
use bywash_mio::ConnId;
use bywash_mio::proto::connection::SendHalf;
use bywash_mio::proto::error::SendError;
use bywash_mio::proto::vocabulary::{Instant, StreamRef};
use std::fs::File;
use std::io::{self, Read};

/// What is read of a file at once.
const PIECE: usize = 16 * 1024;

/// A request's body, read as the connection takes it.
pub(crate) struct Upload {
    file: File,
    rest: Bytes,
    is_read: bool,
    is_sent: bool,
}

pub(crate) enum UploadError {
    Read(io::Error),
    Send(SendError),
}

impl Upload {
    fn new(file: File) -> Self {
        Self {
            file,
            rest: Bytes::new(),
            is_read: false,
            is_sent: false,
        }
    }

    /// Sends as much as the stream takes now.
    pub(crate) fn pump(&mut self, mut half: SendHalf<'_>) -> Result<(), UploadError> {
        while !self.is_sent {
            if self.rest.is_empty() && !self.is_read {
                let mut piece = vec![0; PIECE];
                let n = self.file.read(&mut piece).map_err(UploadError::Read)?;
                piece.truncate(n);
                self.rest = piece.into();
                self.is_read = n == 0;
            }
            half.data(&mut self.rest, self.is_read)
                .map_err(UploadError::Send)?;
            if !self.rest.is_empty() {
                return Ok(());
            }
            self.is_sent = self.is_read;
        }
        Ok(())
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.is_sent
    }
}

/// What came of it.
pub(crate) enum Outcome {
    Open,
    Done,
    Failed(String),
}

pub(crate) struct Job {
    pub(crate) url: Url,
    /// Which of the origins it belongs to.
    pub(crate) origin: usize,
    pub(crate) stream: Option<(ConnId, StreamRef)>,
    pub(crate) upload: Option<Upload>,
    /// The part of the body that waits for the URLs before it to be printed; its credit waits too,
    /// so it is never more than a window.
    pub(crate) held: Vec<Bytes>,
    pub(crate) tries: u32,
    pub(crate) status: Option<u16>,
    pub(crate) octets: u64,
    /// When the request went out, the final head came, and all was over.
    pub(crate) begun: Option<Instant>,
    pub(crate) answered: Option<Instant>,
    pub(crate) ended: Option<Instant>,
    pub(crate) outcome: Outcome,
}

impl Job {
    pub(crate) fn new(url: Url, origin: usize) -> Self {
        Self {
            url,
            origin,
            stream: None,
            upload: None,
            held: Vec::new(),
            tries: 0,
            status: None,
            octets: 0,
            begun: None,
            answered: None,
            ended: None,
            outcome: Outcome::Open,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.outcome, Outcome::Open)
    }

    /// Opens the file to send anew. The head and whether it is all of the request.
    pub(crate) fn prepare(
        &mut self,
        options: &Options,
    ) -> io::Result<(Vec<(String, String)>, bool)> {
        self.held.clear();
        let Some(path) = &options.data else {
            return Ok((options.head(&self.url, None), true));
        };
        let file = File::open(path)?;
        let facts = file.metadata()?;
        if self.tries > 0 && !facts.is_file() {
            return Err(io::Error::other("what is no file cannot be sent again"));
        }
        self.upload = Some(Upload::new(file));
        let length = facts.is_file().then_some(facts.len());
        Ok((options.head(&self.url, length), false))
    }
}
