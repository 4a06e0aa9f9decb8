//! Runs the interoperability tests of all parties against ours, in both directions, over TCP, TLS and Unix sockets.
//!
//! ```text
//! matrix --parties DIR --known KNOWN.toml --report INTEROP.md [--write] [--partial]
//! ```
//!
//! `DIR` has a folder for each party, ours among them under `bywash`: programs `client` and `server`, and a file
//! `version`. With `--partial` a party is missing, so that the report cannot be compared.

use bywash_interop::{
    cases::CASES,
    certificates::TestCertificates,
    flags::{Flag, Flags, switch, value},
    known::{self, Side, US},
    matrix::{Matrix, Party, Run, Transport, complaints},
    report::document,
};
use std::{env, error::Error, fs, path::Path, process::ExitCode};

const FLAGS: &[Flag] = &[
    value("parties", ""),
    value("known", "grpc/interop/KNOWN.toml"),
    value("report", "grpc/INTEROP.md"),
    value("certificates", "testdata"),
    switch("write"),
    switch("partial"),
];

fn runs(matrix: &Matrix, parties: &[Party]) -> Result<Vec<Run>, Box<dyn Error>> {
    let us = parties.iter().find(|party| party.name == US);
    let us = us.ok_or("there is no folder bywash")?;
    let mut out: Vec<Run> = Transport::ALL
        .map(|transport| matrix.run(us, us, Side::Server, transport))
        .into();
    for peer in parties.iter().filter(|party| party.name != US) {
        for transport in Transport::ALL {
            out.push(matrix.run(us, peer, Side::Server, transport));
        }
        for transport in Transport::ALL {
            out.push(matrix.run(peer, us, Side::Client, transport));
        }
    }
    Ok(out)
}

/// What is wrong.
fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let flags = Flags::parse(FLAGS, env::args().skip(1))?;
    let known = known::parse(&fs::read_to_string(flags.text("known"))?)?;
    let certificates = Path::new(flags.text("certificates"));
    TestCertificates::new()?.write(certificates)?;
    let matrix = Matrix {
        cases: CASES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        certificates: certificates.to_owned(),
    };
    let parties = Party::all(Path::new(flags.text("parties")))?;
    let runs = runs(&matrix, &parties)?;
    let mut wrong = complaints(&runs, &known);
    let report = flags.text("report");
    let before = fs::read_to_string(report).unwrap_or_default();
    let now = document(&parties, &runs, &known, &before);
    if flags.is_on("write") {
        fs::write(report, now)?;
    } else if !flags.is_on("partial") && now != before {
        wrong.push(format!(
            "{report} is not what was found: run this with --write"
        ));
    }
    Ok(wrong)
}

fn main() -> ExitCode {
    match run() {
        Ok(wrong) if wrong.is_empty() => {
            println!("every cell passes or is a known fault of a peer");
            ExitCode::SUCCESS
        }
        Ok(wrong) => {
            for complaint in wrong {
                println!("FAILED: {complaint}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("matrix: {error}");
            ExitCode::from(2)
        }
    }
}
