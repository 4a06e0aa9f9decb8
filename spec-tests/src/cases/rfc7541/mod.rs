//! RFC 7541, HPACK: decoders, and encoders as far as their blocks show.

mod decoding;
mod encoding;
mod tables;

use super::script::Book;

pub(super) fn add(book: &mut Book) {
    tables::add(book);
    decoding::add(book);
    encoding::add(book);
}
