//! Every case against this project's core, in memory: exact, both roles.

use bywash_spec_tests::cases::memory::{Memory, target};
use bywash_spec_tests::cases::{self, Case, Session, Verdict};
use bywash_spec_tests::raw::Role;

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
    let cases: Vec<_> = cases::all()
        .into_iter()
        .filter(|case| case.role == role)
        .collect();
    let wrong: Vec<String> = cases
        .iter()
        .map(run)
        .filter(|(verdict, _)| *verdict != Verdict::Exact)
        .map(|(_, text)| text)
        .collect();
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
