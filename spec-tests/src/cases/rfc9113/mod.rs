//! RFC 9113, HTTP/2.

mod s3;
mod s4;
mod s5;
mod s5_1;
mod s6_1;
mod s6_5;
mod s6_7;
mod s6_9;
mod s8;
mod s8_1_1;
mod s8_2;
mod s8_3;

use super::script::Book;

pub(super) fn add(book: &mut Book) {
    s3::add(book);
    s4::add(book);
    s5_1::add(book);
    s5::add(book);
    s6_1::add(book);
    s6_5::add(book);
    s6_7::add(book);
    s6_9::add(book);
    s8::add(book);
    s8_1_1::add(book);
    s8_2::add(book);
    s8_3::add(book);
}
