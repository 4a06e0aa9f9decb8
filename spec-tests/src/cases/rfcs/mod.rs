//! The extensions: RFC 8441 (extended CONNECT), 9218 (priorities), 7838 (ALTSVC), 8336 (ORIGIN).

mod connect;
mod known;
mod priority;
mod services;

use super::script::Book;

pub(super) fn add(book: &mut Book) {
    connect::add(book);
    priority::add(book);
    services::add(book);
}
