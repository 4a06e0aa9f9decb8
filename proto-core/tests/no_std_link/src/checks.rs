//! What the program does with the core: enough that the linker keeps it.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use bywash_proto::error::{Scope, Violation};
use bywash_proto::vocabulary::Instant;
use core::time::Duration;

/// True when everything behaved without std as it does with it.
pub(crate) fn all() -> bool {
    violations_are_told_apart() && time_saturates()
}

fn violations_are_told_apart() -> bool {
    let names: BTreeSet<String> = Violation::ALL
        .iter()
        .map(|violation| violation.name().to_string())
        .collect();
    let both_scopes = [Scope::Connection, Scope::Stream]
        .iter()
        .all(|scope| Violation::ALL.iter().any(|v| v.scope() == *scope));
    both_scopes && names.len() == Violation::ALL.len()
}

fn time_saturates() -> bool {
    let late = Instant::from_nanos(u64::MAX - 1);
    late + Duration::from_secs(1) == Instant::MAX
}
