//! Floods a server and a client over sockets, attack by attack, in cleartext and over TLS, while an honest peer works
//! beside each.
//!
//! `flood PLAIN SECURE PID CERT KEY TABLE NOTE`: where a server listens in cleartext and for TLS, its process, the
//! identity of a malicious server, the table to compare with (and to write, with `BYWASH_BLESS` set), and what it says of
//! the run. The client is this program itself. Ends with 1 if a flood is not ended by what should end it, if the honest
//! peer is not served or waits too long, if the process grows too much, or if the table has other rows.

mod attack;
mod heard;
mod honest;
mod line;
mod on_clients;
mod on_servers;
mod sending;
mod sufferer;
mod table;
mod victim;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use attack::Attack;
use line::Identity;
use sending::{LENGTH, flood};
use sufferer::Sufferer;
use table::Row;

/// What a request of the honest peer may take. Machines that do much else have pauses of their own.
const LONGEST: Duration = Duration::from_secs(2);
/// What the process may grow by, in KiB: the bound of one connection, twice.
const GROWTH: u64 = 10 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["victim", malicious, honest] => victim::run(malicious, honest, false).map(|()| true),
        ["victim", malicious, honest, "tls"] => victim::run(malicious, honest, true).map(|()| true),
        [plain, secure, pid, cert, key, table, note] => {
            let identity = Identity {
                cert: cert.into(),
                key: key.into(),
            };
            all([plain, secure], pid, &identity)
                .and_then(|(rows, well)| Ok(fresh(Path::new(table), &rows, note)? && well))
                .map_err(|error| error.to_string())
        }
        _ => {
            eprintln!("usage: flood PLAIN SECURE PID CERT KEY TABLE NOTE");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("flood: {problem}");
            ExitCode::from(1)
        }
    }
}

/// All rows, and whether all is as it should be.
fn all(
    [plain, secure]: [&str; 2],
    pid: &str,
    identity: &Identity,
) -> std::io::Result<(Vec<Row>, bool)> {
    let pid = pid.parse().map_err(std::io::Error::other)?;
    let (mut rows, mut well) = (Vec::new(), true);
    let mut run = |mut victim: Sufferer<'_>, secure, attacks: &[Attack]| {
        for attack in attacks {
            let (row, is_well) = report(&mut victim, secure, attack)
                .map_err(|error| std::io::Error::other(format!("{}: {error}", attack.name)))?;
            rows.push(row);
            well &= is_well;
        }
        Ok::<_, std::io::Error>(())
    };
    run(Sufferer::server(plain, false, pid), false, on_servers::ALL)?;
    run(Sufferer::server(secure, true, pid), true, on_servers::ALL)?;
    run(Sufferer::client(plain, None)?, false, on_clients::ALL)?;
    run(
        Sufferer::client(secure, Some(identity))?,
        true,
        on_clients::ALL,
    )?;
    Ok((rows, well))
}

/// Runs one attack and prints its line; whether all is as it should be.
fn report(
    victim: &mut Sufferer<'_>,
    secure: bool,
    attack: &Attack,
) -> std::io::Result<(Row, bool)> {
    let before = victim.resident()?;
    let end = attack
        .end
        .goaway()
        .map(|(code, name)| (code, name.to_owned()));
    victim.begin()?;
    let (began, mut floods) = (Instant::now(), 0);
    let outcome = loop {
        let outcome = flood(&mut *victim.line()?, victim.role(), attack)?;
        floods += 1;
        if outcome.end != end || began.elapsed() >= LENGTH {
            break outcome;
        }
    };
    let row = Row {
        start: table::start(attack, victim.role(), secure),
        floods,
        octets: outcome.octets,
        waits: victim.finish()?,
        grown: victim.resident()?.saturating_sub(before),
    };
    let well = outcome.end == end && row.longest() < LONGEST && row.grown <= GROWTH;
    println!("{}: {}", if well { "ok" } else { "FAILED" }, row.render());
    if outcome.end != end {
        println!("    expected {end:?}, got {:?}", outcome.end);
    }
    Ok((row, well))
}

fn fresh(path: &Path, rows: &[Row], note: &str) -> std::io::Result<bool> {
    let fresh = table::check(path, rows, note)?;
    if !fresh {
        println!("FAILED: the table is stale: BYWASH_BLESS=1 .ci/run .ci/steps/36-floods.sh");
    }
    Ok(fresh)
}
