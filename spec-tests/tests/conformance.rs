//! Every case against this project's core, in memory: exact in both roles, but for what `deviations.toml` owns up to.

use std::path::PathBuf;

use bywash_spec_tests::cases::memory::{Memory, target};
use bywash_spec_tests::cases::{self, Case, Session, Verdict, clause};
use bywash_spec_tests::raw::Role;

mod deviations;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn run(case: &Case) -> (Verdict, String) {
    let target = target(case.role);
    let mut session = Session::new(Box::new(Memory::new(case.role)), &target);
    let outcome = case.judge(&mut session);
    let mut text = format!(
        "{} ({:?}): {}\n  expected: {}\n  came: {}",
        case.id,
        case.role,
        outcome.verdict.word(),
        outcome.expected,
        outcome.came
    );
    for line in session.sent() {
        text.push_str(&format!("\n  sent: {line}"));
    }
    (outcome.verdict, text)
}

fn all_of(role: Role) {
    let text = std::fs::read_to_string(file("deviations.toml")).expect("deviations.toml");
    let known = deviations::read(&text).expect("deviations.toml");
    let cases: Vec<_> = cases::all()
        .into_iter()
        .filter(|case| case.role == role)
        .collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let (verdict, text) = run(case);
        let wanted = known
            .iter()
            .find(|known| known.case == case.id && known.role == role)
            .map_or("exact", |known| known.verdict.as_str());
        if verdict.word() != wanted {
            wrong.push(format!("{text}\n  wanted: {wanted}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_server_is_exact() {
    all_of(Role::Server);
}

#[test]
fn the_client_is_exact() {
    all_of(Role::Client);
}

#[test]
fn deviations_name_cases() {
    let text = std::fs::read_to_string(file("deviations.toml")).expect("deviations.toml");
    let cases = cases::all();
    for known in deviations::read(&text).expect("deviations.toml") {
        let found = cases
            .iter()
            .any(|case| case.id == known.case && case.role == known.role);
        assert!(
            found,
            "there is no case {} for {:?}",
            known.case, known.role
        );
    }
}

#[test]
fn every_demand_and_every_case_is_tied() {
    let loose = clause::loose_ends(&cases::all()).expect("clauses");
    assert!(loose.is_empty(), "{}", loose.join("\n"));
}

#[test]
fn coverage_is_up_to_date() {
    let text = clause::coverage(&cases::all()).expect("clauses");
    let path = file("COVERAGE.md");
    if std::env::var_os("UPDATE_COVERAGE").is_some() {
        std::fs::write(&path, &text).expect("COVERAGE.md");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "COVERAGE.md is stale: UPDATE_COVERAGE=1 cargo test -p bywash-spec-tests --test conformance"
    );
}
