//! One field line.

use std::fmt;

/// A field line as a header block carries it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// The name, as sent.
    pub name: Vec<u8>,
    /// The value, as sent.
    pub value: Vec<u8>,
    /// Whether it came as a literal that must never be indexed (RFC 7541 6.2.3).
    pub never_indexed: bool,
}

impl Field {
    /// A field that may be indexed.
    pub fn new(name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            value: value.as_ref().to_vec(),
            never_indexed: false,
        }
    }

    /// A field that must never be indexed.
    pub fn never(name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        Self {
            never_indexed: true,
            ..Self::new(name, value)
        }
    }

    /// Its size in the dynamic table and in header lists: both lengths and 32 (RFC 7541 4.1).
    pub fn size(&self) -> usize {
        self.name.len() + self.value.len() + 32
    }

    /// Name and value match, whatever the representation was.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.name == name.as_bytes() && self.value == value.as_bytes()
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let never = if self.never_indexed {
            " (never indexed)"
        } else {
            ""
        };
        write!(
            f,
            "{}: {}{never}",
            self.name.escape_ascii(),
            self.value.escape_ascii()
        )
    }
}
