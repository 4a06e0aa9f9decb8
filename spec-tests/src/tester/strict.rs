//! A run in which nothing may be wrong, and only what a list names may be skipped.

use std::collections::BTreeMap;
use std::path::Path;

use super::run::Done;
use crate::cases::Verdict;

/// What differs from the list: a line each.
///
/// # Errors
/// If the list cannot be read, or is no list.
pub(super) fn complaints(all: &[Done], list: &Path) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(list)
        .map_err(|error| format!("cannot read {}: {error}", list.display()))?;
    let known = read(&text)?;
    let mut out = Vec::new();
    for done in all {
        let id = done.case.id.as_str();
        match done.outcome.verdict {
            Verdict::Exact if known.contains_key(id) => {
                out.push(format!("{id} is exact: {} lists it", list.display()));
            }
            Verdict::Exact => {}
            Verdict::Skipped if known.contains_key(id) => {}
            verdict => out.push(format!("{id}: {}", verdict.word())),
        }
    }
    for id in known.keys() {
        if !all.iter().any(|done| done.case.id == *id) {
            out.push(format!(
                "{id}: {} lists no case of this run",
                list.display()
            ));
        }
    }
    Ok(out)
}

/// The cases of a list, with their reasons: a case, a colon and a reason on each line; `#` begins a comment.
fn read(text: &str) -> Result<BTreeMap<&str, &str>, String> {
    let mut known = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once(": ") {
            Some((id, reason)) if !reason.trim().is_empty() => {
                if known.insert(id, reason).is_some() {
                    return Err(format!("{id} is listed twice"));
                }
            }
            _ => return Err(format!("no case with its reason: {line:?}")),
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_reasons() {
        let known = read("# why\n\na/b/c: because\n").unwrap();
        assert_eq!(known["a/b/c"], "because");
        for text in ["a/b/c", "a/b/c: ", "a: x\na: y"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
