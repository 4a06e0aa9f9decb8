//! The extensions: RFC 8441, 9218, 7838, 8336.

use super::script::Book;

pub(super) fn add(_: &mut Book) {}
