//! The framed messages of one call, from the first that may still have to be sent.

use crate::queue::Queue;
use bytes::Bytes;

/// Messages by number, shared by every attempt to send them; each attempt has a cursor of its own.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// The number of the first message held.
    base: u64,
    messages: Queue<Bytes>,
    octets: usize,
    ended: bool,
}

impl Outgoing {
    /// Adds a message; with `end` it is the last.
    pub fn push(&mut self, message: Bytes, end: bool) {
        self.octets += message.len();
        self.messages.push(message);
        self.ended |= end;
    }

    /// No message follows.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether no message follows.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// The message of this number; `None` if it is not there yet, or was let go.
    pub fn get(&self, number: u64) -> Option<&Bytes> {
        let at = number.checked_sub(self.base)?;
        self.messages.get(usize::try_from(at).ok()?)
    }

    /// The number that the next message will have.
    pub fn next(&self) -> u64 {
        self.base + self.messages.len() as u64
    }

    /// Octets held.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Lets go of all messages below this number: they will not be sent again.
    pub fn let_go(&mut self, below: u64) {
        while self.base < below {
            let Some(message) = self.messages.pop() else {
                return;
            };
            self.octets -= message.len();
            self.base += 1;
        }
    }
}
