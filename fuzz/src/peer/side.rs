//! What a program can ask of either implementation.

use bytes::Bytes;

use super::book::{Book, Fields};

/// One side of the connection. What an implementation refuses is not done, and `false`, 0 or nothing says so.
pub(super) trait Side {
    /// What was said and heard.
    fn book(&mut self) -> &mut Book;
    /// A client's request; its number.
    fn open(&mut self, head: &Fields, end: bool) -> Option<u32>;
    /// A server's final head.
    fn respond(&mut self, number: u32, head: &Fields, end: bool) -> bool;
    /// A server's informational head.
    fn inform(&mut self, number: u32, head: &Fields) -> bool;
    /// Part of a body; how many octets were taken.
    fn send(&mut self, number: u32, octets: Bytes, end: bool) -> Option<usize>;
    /// Trailers, and with them the end.
    fn trailers(&mut self, number: u32, fields: &Fields) -> bool;
    /// Credit for what was consumed.
    fn release(&mut self, number: u32, octets: usize);
    /// Ends a stream with a code.
    fn reset(&mut self, number: u32, code: u32);
    /// A PING.
    fn ping(&mut self);
    /// Another window for streams, and one of the whole connection or of one stream.
    fn window(&mut self, octets: u32, whole: u32);
    /// The begin of a graceful end.
    fn shutdown(&mut self);
    /// The end at once.
    fn close(&mut self, code: u32);
    /// Nothing moves any more, and all that came was read.
    fn at_rest(&mut self);
}

/// The code of a stream that nobody needs any more (RFC 9113 7).
const CANCEL: u32 = 8;

/// Reads the share `1 / share` of what a stream has brought.
pub(super) fn release(side: &mut dyn Side, number: u32, share: u8) {
    let Some(talk) = side.book().get_mut(&number) else {
        return;
    };
    let octets = talk.unreleased / usize::from(share).max(1);
    talk.unreleased -= octets;
    if octets > 0 {
        side.release(number, octets);
    }
}

/// Every reader reads all there is.
pub(super) fn release_all(side: &mut dyn Side) {
    let numbers: Vec<u32> = side.book().keys().copied().collect();
    for number in numbers {
        release(side, number, 1);
    }
}

/// Resets what is still open.
pub(super) fn reset_all(side: &mut dyn Side) {
    let numbers: Vec<u32> = side.book().keys().copied().collect();
    for number in numbers {
        let talk = side.book().entry(number).or_default();
        if !talk.is_over() {
            talk.reset = Some(CANCEL);
            side.reset(number, CANCEL);
        }
    }
}
