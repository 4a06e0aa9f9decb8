//! A call whose caller is a thread that may block.

use super::call::{Call, Talk};
use super::error::CallError;
use crate::pipe::{LoopEnd, Part};
use bytes::Bytes;
use bywash_proto::error::SendError;
use bywash_proto::headers::Head;

/// The loop's end of a blocking call.
pub(crate) struct Bridge {
    end: LoopEnd<CallError>,
    /// A part that was refused for want of room.
    held: Option<Part>,
    /// Informational heads that are kept for the caller.
    informed: usize,
}

/// A server may send informational heads for as long as it likes, if slowly enough, and nobody takes
/// them before the final one: so many are kept, 103 of a page's stages for instance.
const INFORMED: usize = 32;

impl Bridge {
    pub(crate) fn new(end: LoopEnd<CallError>) -> Self {
        Self {
            end,
            held: None,
            informed: 0,
        }
    }

    /// Moves what the thread has written, as far as the stream takes it.
    fn pump(&mut self, talk: &mut Talk<'_>) {
        while let Some(part) = self.held.take().or_else(|| self.end.pop()) {
            let outcome = match part {
                Part::Data(mut data) => match talk.write(&mut data) {
                    Ok(true) => Ok(()),
                    Ok(false) => {
                        self.held = Some(Part::Data(data));
                        return;
                    }
                    Err(error) => Err(error),
                },
                Part::Trailers(fields) => talk.trailers(&fields),
                Part::End => talk.finish(),
                Part::Head(_) | Part::Inform(_) => Ok(()),
            };
            match outcome {
                Ok(()) => {}
                // The event that says why is on its way.
                Err(SendError::Gone) => return,
                Err(error) => return talk.fail(error),
            }
        }
    }
}

impl Call for Bridge {
    fn on_inform(&mut self, head: Head) {
        if self.informed < INFORMED {
            self.informed += 1;
            self.end.push(Part::Inform(head));
        }
    }

    fn on_response(&mut self, _talk: &mut Talk<'_>, head: Head, end: bool) {
        self.end.push(Part::Head(head));
        if end {
            self.end.push(Part::End);
        }
    }

    fn on_data(&mut self, _talk: &mut Talk<'_>, data: &[u8], end: bool) -> usize {
        self.end.push(Part::Data(Bytes::copy_from_slice(data)));
        if end {
            self.end.push(Part::End);
        }
        0
    }

    fn on_trailers(&mut self, _talk: &mut Talk<'_>, trailers: Head) {
        self.end.push(Part::Trailers(trailers));
    }

    fn on_writable(&mut self, talk: &mut Talk<'_>) {
        self.pump(talk);
    }

    fn on_wake(&mut self, talk: &mut Talk<'_>) {
        let (consumed, _) = self.end.visit();
        talk.release(consumed);
        self.pump(talk);
    }

    fn on_end(&mut self, outcome: Result<(), CallError>) {
        // What was pushed before is still received; after a success nobody asks for more.
        self.end.fail(outcome.err().unwrap_or(CallError::Closed));
    }
}
