//! What a peer may cost: token buckets on the caller's time, and the ledger that holds them.

mod bucket;
mod ledger;

pub(crate) use ledger::{Account, Ledger, Overdraft};
