//! Who hears of every server and channel without being asked for.

use crate::stats::StatsList;

/// With the feature `tracing`, [`Spans`](crate::spans::Spans).
#[cfg(feature = "tracing")]
pub(crate) fn usual() -> StatsList {
    let mut list = StatsList::default();
    list.add(crate::spans::Spans);
    list
}

/// Nobody.
#[cfg(not(feature = "tracing"))]
pub(crate) fn usual() -> StatsList {
    StatsList::default()
}
