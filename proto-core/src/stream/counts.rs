//! How many streams are open, by who opened them (RFC 9113 5.1.2).

/// Streams that count against a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    /// Opened by us.
    pub(crate) local: u32,
    /// Opened by the peer; those that the program still works on after their end count too.
    pub(crate) remote: u32,
    /// Not over yet, whoever opened them.
    pub(crate) live: u32,
}
