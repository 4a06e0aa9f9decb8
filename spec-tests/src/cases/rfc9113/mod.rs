//! RFC 9113, HTTP/2.

mod s4;
mod s5;
mod s5_1;

use super::script::Book;

pub(super) fn add(book: &mut Book) {
    s4::add(book);
    s5_1::add(book);
    s5::add(book);
}
