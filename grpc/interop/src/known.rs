//! What is known of peers: the cells of the matrix that fail by their fault (`KNOWN.toml`).

use std::fmt;

/// This project, which no entry may blame.
pub const US: &str = "bywash";

/// Which side of a call the peer takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// It calls us.
    Client,
    /// We call it.
    Server,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Client => "client",
            Side::Server => "server",
        })
    }
}

/// A fault of a peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// Whose.
    pub peer: String,
    /// In which version.
    pub version: String,
    /// On which side.
    pub side: Side,
    /// The cases that fail by it.
    pub cases: Vec<String>,
    /// What it is.
    pub fault: String,
}

#[derive(Default)]
struct Draft {
    line: usize,
    peer: String,
    version: String,
    side: String,
    cases: Vec<String>,
    fault: String,
}

impl Draft {
    fn finish(self) -> Result<Known, String> {
        let wrong = |what: &str| Err(format!("the entry of line {}: {what}", self.line));
        let side = match self.side.as_str() {
            "client" => Side::Client,
            "server" => Side::Server,
            _ => return wrong("its side is client or server"),
        };
        if self.peer.is_empty() || self.version.is_empty() {
            return wrong("it names no peer with its version");
        }
        if self.peer == US {
            return wrong("it blames us: mend it");
        }
        if self.cases.is_empty() || self.fault.is_empty() {
            return wrong("it names no cases, or no fault");
        }
        Ok(Known {
            peer: self.peer,
            version: self.version,
            side,
            cases: self.cases,
            fault: self.fault,
        })
    }
}

/// Reads entries: `[[known]]`, then `peer`, `version`, `side` and `fault` as strings and `cases` as a list of strings
/// on one line.
///
/// # Errors
/// A line that is none of these, an entry that lacks something, or one that blames this project.
pub fn parse(text: &str) -> Result<Vec<Known>, String> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "[[known]]" {
            drafts.push(Draft {
                line: number,
                ..Draft::default()
            });
            continue;
        }
        let wrong = || format!("line {number} cannot be read: {line}");
        let draft = drafts.last_mut().ok_or_else(wrong)?;
        let (key, value) = line.split_once('=').ok_or_else(wrong)?;
        let value = value.trim();
        let text = || string(value).ok_or_else(wrong);
        match key.trim() {
            "peer" => draft.peer = text()?,
            "version" => draft.version = text()?,
            "side" => draft.side = text()?,
            "fault" => draft.fault = text()?,
            "cases" => draft.cases = list(value).ok_or_else(wrong)?,
            _ => return Err(wrong()),
        }
    }
    drafts.into_iter().map(Draft::finish).collect()
}

fn string(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['"', '\\'])).then(|| inner.to_owned())
}

fn list(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?.trim();
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    inner.split(',').map(|part| string(part.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"
        # A comment.
        [[known]]
        peer = "other"
        version = "1.2"
        side = "server"
        cases = ["a", "b",]
        fault = "it does not"
    "#;

    #[test]
    fn an_entry_is_read() {
        let entries = parse(ONE).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].cases, ["a", "b"]);
        assert_eq!(entries[0].side, Side::Server);
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (from, to, part) in [
            ("peer = \"other\"", "peer = \"bywash\"", "blames us"),
            ("\"server\"", "\"both\"", "side is client or server"),
            ("fault = \"it does not\"", "", "no fault"),
            ("version = \"1.2\"", "", "its version"),
            ("[\"a\", \"b\",]", "[a]", "line 7 cannot be read"),
            ("[[known]]", "", "line 4 cannot be read"),
            ("peer =", "pear =", "line 4 cannot be read"),
        ] {
            let error = parse(&ONE.replace(from, to)).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
