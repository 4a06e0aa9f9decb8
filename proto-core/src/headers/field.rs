//! One field.

use core::fmt;

/// One field of a head.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Field<'a> {
    /// Lower case in every head that was checked.
    pub name: &'a [u8],
    /// Any octets; not necessarily UTF-8.
    pub value: &'a [u8],
    /// Whether it must never enter a compression table (RFC 7541 7.1.3): it is a secret.
    pub never_indexed: bool,
}

impl<'a> Field<'a> {
    /// A field that compression may remember.
    pub const fn new(name: &'a [u8], value: &'a [u8]) -> Self {
        Self {
            name,
            value,
            never_indexed: false,
        }
    }

    /// The same field, never to be remembered by compression (RFC 7541 7.1.3).
    pub const fn sensitive(self) -> Self {
        Self {
            never_indexed: true,
            ..self
        }
    }
}

impl fmt::Debug for Field<'_> {
    /// Values that are never indexed are secrets and not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name.escape_ascii())?;
        if self.never_indexed {
            f.write_str("(never indexed)")
        } else {
            write!(f, "{}", self.value.escape_ascii())
        }
    }
}
