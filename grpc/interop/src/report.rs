//! The matrix for people: `grpc/INTEROP.md`.

use crate::{
    known::{Known, Side, US},
    matrix::{Party, Run, Verdict, entry_for},
};
use std::fmt::Write;

/// What follows this line was not generated and stays as it is.
pub const BY_HAND: &str = "<!-- By hand from here on. -->";

/// The whole document: the runs, what is known, and the part of `before` that was written by hand.
pub fn document(parties: &[Party], runs: &[Run], known: &[Known], before: &str) -> String {
    let mut out = String::from(HEAD);
    for party in parties.iter().filter(|party| party.name != US) {
        // Writing to a string does not fail.
        let _ = writeln!(out, "- {} {}", party.name, party.version);
    }
    out.push_str("\n## The matrix\n\n");
    out.push_str("`ok` is plain, TLS and Unix. A number is a fault of the peer, below.\n\n");
    table(&mut out, runs, known);
    notes(&mut out, known);
    let by_hand = before.split_once(BY_HAND).map_or("\n", |parts| parts.1);
    let _ = write!(out, "\n{BY_HAND}{by_hand}");
    out
}

const HEAD: &str = "# Interoperability

gRPC's interoperability tests between `bywash-grpc` and other libraries, in both directions, over TCP, TLS and
Unix sockets. Written by `.ci/steps/60-grpc-interop.sh --write`, and compared with what is here by every run of that step. What
each case checks is written in gRPC's `doc/interop-test-descriptions.md`; the programs are in
[`interop`](interop), those on the peers' libraries in [`interop/peers`](interop/peers).

The negative tests on HTTP/2's level (`goaway`, `rst_after_header`, `rst_during_data`, `rst_after_data`, `ping`,
`max_streams`) need a server that misbehaves: ours is `negative_server`, and `cargo test -p bywash-interop` calls it.

The peers:

";

/// The runs of one column: one peer on one side.
fn columns(runs: &[Run]) -> Vec<(String, Side)> {
    let mut out: Vec<(String, Side)> = Vec::new();
    for run in runs {
        let column = (run.peer.clone(), run.side);
        if !out.contains(&column) {
            out.push(column);
        }
    }
    out
}

fn table(out: &mut String, runs: &[Run], known: &[Known]) {
    let columns = columns(runs);
    out.push_str("| case |");
    for (peer, side) in &columns {
        let _ = match side {
            Side::Server => write!(out, " {US} calls {peer} |"),
            Side::Client => write!(out, " {peer} calls {US} |"),
        };
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(columns.len()));
    out.push('\n');
    let cases = runs.first().map_or(&[][..], |run| &run.cells);
    for (at, (case, _)) in cases.iter().enumerate() {
        let _ = write!(out, "| {case} |");
        for (peer, side) in &columns {
            let of_column = |run: &&Run| run.peer == *peer && run.side == *side;
            let cells = runs.iter().filter(of_column);
            let words: Vec<_> = cells.map(|run| word(run, at, known)).collect();
            let all_same = words.windows(2).all(|pair| pair[0] == pair[1]);
            let text = match words.first() {
                Some(word) if all_same => word.clone(),
                _ => words.join(" / "),
            };
            let _ = write!(out, " {text} |");
        }
        out.push('\n');
    }
}

fn word(run: &Run, at: usize, known: &[Known]) -> String {
    match run.cells.get(at) {
        Some((_, Verdict::Pass)) => "ok".to_owned(),
        Some((case, Verdict::Fail(_))) => match entry_for(known, run, case) {
            Some(entry) => format!("{}", entry + 1),
            None => "FAILED".to_owned(),
        },
        None => String::new(),
    }
}

fn notes(out: &mut String, known: &[Known]) {
    if known.is_empty() {
        return;
    }
    out.push_str("\nFaults of peers (`interop/KNOWN.toml`):\n\n");
    for (at, entry) in known.iter().enumerate() {
        let _ = writeln!(
            out,
            "{}. {} {}, {}: {}",
            at + 1,
            entry.peer,
            entry.version,
            entry.side,
            entry.fault
        );
    }
}
