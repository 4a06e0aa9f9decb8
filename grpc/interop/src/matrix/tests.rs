use super::*;
use crate::known;

fn run(cells: &[(&str, Verdict)]) -> Run {
    Run {
        peer: "other".to_owned(),
        version: "1.2".to_owned(),
        side: Side::Server,
        transport: Transport::Plain,
        cells: cells
            .iter()
            .map(|(case, verdict)| ((*case).to_owned(), verdict.clone()))
            .collect(),
    }
}

fn entries(version: &str, case: &str) -> Vec<Known> {
    let text = format!(
        "[[known]]\npeer = \"other\"\nversion = \"{version}\"\nside = \"server\"\ncases = [\"{case}\"]\nfault = \"x\""
    );
    known::parse(&text).unwrap()
}

#[test]
fn lines_become_verdicts() {
    let cases = ["a", "b", "c", "d"].map(str::to_owned);
    let text = "noise\nPASS a\nFAIL b: because: so\nLACK c: it cannot\n";
    let found: Vec<_> = verdicts(&cases, text)
        .into_iter()
        .map(|cell| cell.1)
        .collect();
    assert_eq!(found[0], Verdict::Pass);
    assert_eq!(found[1], Verdict::Fail("because: so".to_owned()));
    assert_eq!(found[2], Verdict::Fail("it cannot".to_owned()));
    assert_eq!(
        found[3],
        Verdict::Fail("the client did not come to it in time".to_owned())
    );
}

#[test]
fn a_cell_passes_or_is_known() {
    let failed = run(&[("a", Verdict::Fail("why".to_owned()))]);
    let passed = run(&[("a", Verdict::Pass)]);
    let one = |runs: &[Run], known: &[Known]| complaints(runs, known).join("; ");
    assert_eq!(one(std::slice::from_ref(&passed), &[]), "");
    assert_eq!(one(std::slice::from_ref(&failed), &entries("1.2", "a")), "");
    assert_eq!(
        one(std::slice::from_ref(&failed), &[]),
        "other 1.2 as server, plain, a: why"
    );
    let stale = one(std::slice::from_ref(&passed), &entries("1.2", "a"));
    assert!(
        stale.contains("passes, and stands in KNOWN.toml"),
        "{stale}"
    );
    let old = complaints(&[failed], &entries("1.1", "a"));
    assert_eq!(old.len(), 2, "{old:?}");
    assert!(old[1].contains("look again"), "{old:?}");
    let unknown = one(std::slice::from_ref(&passed), &entries("1.2", "z"));
    assert!(unknown.contains("z, which is no case"), "{unknown}");
    // Who is not here cannot be judged.
    assert_eq!(one(&[], &entries("1.1", "a")), "");
}
