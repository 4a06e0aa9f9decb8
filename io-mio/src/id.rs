//! Names of what a loop holds. None is ever used twice in one loop.

use std::fmt;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident $letter:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u64);

        impl $name {
            pub(crate) const fn new(slot: u32, generation: u32) -> Self {
                Self((generation as u64) << 32 | slot as u64)
            }

            pub(crate) const fn slot(self) -> u32 {
                self.0 as u32
            }

            pub(crate) const fn generation(self) -> u32 {
                (self.0 >> 32) as u32
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}.{}", $letter, self.slot(), self.generation())
            }
        }
    )*};
}

names! {
    /// A connection of one loop, from [`connect`](crate::Cx::connect) or its acceptance to
    /// [`on_close`](crate::Handler::on_close). A stale name finds nothing.
    ConnId "c";
    /// A listening socket of one loop.
    ListenerId "l";
    /// A timer of one loop.
    TimerId "t";
}

impl ConnId {
    /// As a number, for maps and logs.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}
