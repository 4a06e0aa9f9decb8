//! Reads `deviations.toml`: the few forms of TOML that it uses, and nothing else.

use std::collections::BTreeMap;

use bywash_spec_tests::raw::Role;

/// A case whose outcome is knowingly not exact.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deviation {
    /// The case's id.
    pub(crate) case: String,
    /// Who is under test there.
    pub(crate) role: Role,
    /// What comes instead of exact.
    pub(crate) verdict: String,
}

/// Reads the file.
///
/// # Errors
/// The line, or the entry, that is not as it should be.
pub(crate) fn read(text: &str) -> Result<Vec<Deviation>, String> {
    let mut entries: Vec<BTreeMap<&str, &str>> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line == "[[deviation]]" {
            entries.push(BTreeMap::new());
        } else if !line.is_empty() && !line.starts_with('#') {
            let (key, value) = line.split_once(" = ").ok_or(line)?;
            let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
            let entry = entries.last_mut().ok_or(line)?;
            entry.insert(key, value.ok_or(line)?);
        }
    }
    entries.iter().map(entry).collect()
}

fn entry(entry: &BTreeMap<&str, &str>) -> Result<Deviation, String> {
    let get = |key| {
        entry
            .get(key)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("{entry:?}: no {key}"))
    };
    get("reason")?;
    let verdict = *get("verdict")?;
    if !["permitted", "violation", "skipped"].contains(&verdict) {
        return Err(format!("{entry:?}: verdict {verdict}"));
    }
    Ok(Deviation {
        case: (*get("case")?).to_owned(),
        role: match *get("role")? {
            "server" => Role::Server,
            "client" => Role::Client,
            other => return Err(format!("{entry:?}: role {other}")),
        },
        verdict: verdict.to_owned(),
    })
}

#[test]
fn entries_are_read_and_half_ones_refused() {
    let whole = "# x\n[[deviation]]\ncase = \"a/1/b\"\nrole = \"client\"\nverdict = \"permitted\"\nreason = \"so\"\n";
    let wanted = Deviation {
        case: "a/1/b".to_owned(),
        role: Role::Client,
        verdict: "permitted".to_owned(),
    };
    assert_eq!(read(whole), Ok(vec![wanted]));
    assert_eq!(read("# nothing\n"), Ok(vec![]));
    for line in ["case", "role", "verdict", "reason"] {
        let part: Vec<_> = whole.lines().filter(|l| !l.starts_with(line)).collect();
        assert!(read(&part.join("\n")).is_err(), "{line}");
    }
    assert!(read("case = \"before any entry\"").is_err());
}
