//! Hostile peers against the core, and their honest look-alikes, on virtual time and with an eye on every allocation.

#[path = "abuse/allocator.rs"]
mod allocator;
#[path = "abuse/beside.rs"]
mod beside;
#[path = "abuse/clients.rs"]
mod clients;
#[path = "abuse/exact.rs"]
mod exact;
#[path = "abuse/flood.rs"]
mod flood;
#[path = "abuse/found.rs"]
mod found;
#[path = "abuse/heads.rs"]
mod heads;
#[path = "abuse/limits.rs"]
mod limits;
#[path = "abuse/lookalikes.rs"]
mod lookalikes;
#[path = "abuse/neighbour.rs"]
mod neighbour;
#[path = "abuse/report.rs"]
mod report;
#[path = "abuse/rig.rs"]
mod rig;
#[path = "abuse/rules.rs"]
mod rules;
#[path = "abuse/servers.rs"]
mod servers;
#[path = "abuse/slow.rs"]
mod slow;
#[path = "abuse/taken.rs"]
mod taken;
#[path = "abuse/timers.rs"]
mod timers;
#[path = "abuse/verdicts.rs"]
mod verdicts;

use std::fs;
use std::path::Path;

/// The figures of all attacks are those of the published table.
#[test]
fn the_table_is_fresh() {
    let attacks = [
        servers::ALL,
        heads::ALL,
        slow::ALL,
        clients::ALL,
        taken::ALL,
        rules::ALL,
    ]
    .concat();
    let figures: Vec<report::Figures> = attacks.iter().map(|attack| attack()).collect();
    let fresh = report::render(&figures);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ABUSE.md");
    if std::env::var_os("BYWASH_BLESS").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    for (ours, theirs) in fresh.lines().zip(published.lines()) {
        assert_eq!(
            ours, theirs,
            "ABUSE.md is stale: run this test with BYWASH_BLESS=1"
        );
    }
    assert_eq!(
        fresh, published,
        "ABUSE.md is stale: run this test with BYWASH_BLESS=1"
    );
}
