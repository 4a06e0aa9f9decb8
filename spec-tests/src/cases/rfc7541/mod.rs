//! RFC 7541, HPACK.

use super::script::Book;

pub(super) fn add(_: &mut Book) {}
