//! Flags as gRPC's programs take them, whatever language runs them.
//!
//! `-name=value`, `--name=value`, `-name value` and `--name value` are the same, and so are `_` and `-` in names. A
//! switch stands alone or with `=true` or `=false`.

use std::{collections::HashMap, fmt, str::FromStr};

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// `true` or `false`; alone it is `true`.
    Switch,
    /// Anything.
    Value,
}

/// A flag that a program knows.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name, with underscores.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it is where it is not given.
    pub default: &'static str,
}

/// A switch that is off unless given.
pub const fn switch(name: &'static str) -> Flag {
    Flag {
        name,
        takes: Takes::Switch,
        default: "false",
    }
}

/// A flag with a value.
pub const fn value(name: &'static str, default: &'static str) -> Flag {
    Flag {
        name,
        takes: Takes::Value,
        default,
    }
}

/// What a person did wrong: programs say it in one line and end with status 2.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// The flags of one run.
#[derive(Debug)]
pub struct Flags {
    known: &'static [Flag],
    given: HashMap<&'static str, String>,
}

impl Flags {
    /// Reads a command line without the program's name.
    ///
    /// # Errors
    /// A flag that is not known, a value that is missing, a switch that is neither `true` nor `false`, or an argument
    /// that is no flag.
    pub fn parse(
        known: &'static [Flag],
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<Flags, Usage> {
        let mut given = HashMap::new();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let bare = argument
                .strip_prefix("--")
                .or_else(|| argument.strip_prefix('-'))
                .filter(|bare| !bare.is_empty())
                .ok_or_else(|| Usage(format!("{argument:?} is no flag")))?;
            let (name, value) = match bare.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (bare, None),
            };
            let name = name.replace('-', "_");
            if name == "help" || name == "h" {
                return Err(Usage(list(known)));
            }
            let flag = known
                .iter()
                .find(|flag| flag.name == name)
                .ok_or_else(|| Usage(format!("there is no flag --{name}")))?;
            let value = match (flag.takes, value) {
                (Takes::Switch, None) => "true".to_owned(),
                (Takes::Switch, Some(value)) => truth(&value)
                    .ok_or_else(|| Usage(format!("--{name} is true or false, not {value:?}")))?
                    .to_string(),
                (Takes::Value, Some(value)) => value,
                (Takes::Value, None) => arguments
                    .next()
                    .ok_or_else(|| Usage(format!("--{name} needs a value")))?,
            };
            given.insert(flag.name, value);
        }
        Ok(Flags { known, given })
    }

    /// A flag's value.
    ///
    /// # Panics
    /// If the program does not know it.
    pub fn text(&self, name: &str) -> &str {
        let flag = self
            .known
            .iter()
            .find(|flag| flag.name == name)
            .unwrap_or_else(|| panic!("the program has no flag {name}"));
        self.given.get(name).map_or(flag.default, String::as_str)
    }

    /// Whether a switch is on.
    ///
    /// # Panics
    /// If the program does not know it.
    pub fn is_on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// A number.
    ///
    /// # Errors
    /// It is none.
    ///
    /// # Panics
    /// If the program does not know the flag.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<T, Usage> {
        let text = self.text(name);
        text.parse()
            .map_err(|_| Usage(format!("--{name}: {text:?} is no number that fits")))
    }

    /// Refuses flags that need what is not there. Given their default they are harmless.
    ///
    /// # Errors
    /// One of them was given something else.
    ///
    /// # Panics
    /// If the program does not know one of them.
    pub fn refuse(&self, names: &[&str]) -> Result<(), Usage> {
        for flag in self.known.iter().filter(|flag| names.contains(&flag.name)) {
            if self.text(flag.name) != flag.default {
                return Err(Usage(format!("--{} is not supported", flag.name)));
            }
        }
        Ok(())
    }
}

/// All flags with their defaults, on one line.
fn list(known: &[Flag]) -> String {
    let mut out = String::from("flags:");
    for flag in known {
        out.push_str(" --");
        out.push_str(flag.name);
        if !matches!(flag.default, "" | "false") {
            out.push('=');
            out.push_str(flag.default);
        }
    }
    out
}

/// As Go's `strconv.ParseBool` reads it.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] = &[value("server_port", "10000"), switch("use_tls")];

    fn parse(line: &str) -> Result<Flags, Usage> {
        Flags::parse(KNOWN, line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn all_spellings_are_one() {
        for line in [
            "--server_port=7",
            "-server_port=7",
            "--server_port 7",
            "-server-port 7",
            "--server-port=7",
            "--server_port=1 --server_port=7",
        ] {
            assert_eq!(
                parse(line).unwrap().number("server_port"),
                Ok(7u16),
                "{line}"
            );
        }
        for (line, on) in [
            ("", false),
            ("--use_tls", true),
            ("-use-tls", true),
            ("--use_tls=true", true),
            ("--use_tls=1", true),
            ("--use_tls=false", false),
            ("--use_tls --use_tls=F", false),
        ] {
            assert_eq!(parse(line).unwrap().is_on("use_tls"), on, "{line}");
        }
        assert_eq!(parse("").unwrap().text("server_port"), "10000");
    }

    #[test]
    fn what_a_person_does_wrong() {
        for (line, part) in [
            ("--server_prot=7", "no flag --server_prot"),
            ("--server_port", "needs a value"),
            ("--use_tls=maybe", "true or false"),
            ("--use_tls true", "\"true\" is no flag"),
            ("-", "is no flag"),
            ("--", "is no flag"),
            ("10000", "is no flag"),
            ("--help", "flags: --server_port=10000 --use_tls"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.0.contains(part), "{line}: {error}");
        }
        let flags = parse("--server_port=many").unwrap();
        assert!(flags.number::<u16>("server_port").is_err());
        assert!(
            parse("--server_port=70000")
                .unwrap()
                .number::<u16>("server_port")
                .is_err()
        );
    }

    #[test]
    fn what_is_lacking_is_refused() {
        let names = ["use_tls", "server_port"];
        assert!(
            parse("--use_tls=false --server_port=10000")
                .unwrap()
                .refuse(&names)
                .is_ok()
        );
        let error = parse("--use_tls").unwrap().refuse(&names).unwrap_err();
        assert_eq!(error.0, "--use_tls is not supported");
    }
}
