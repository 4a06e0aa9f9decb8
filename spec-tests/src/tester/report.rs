//! Outcomes for people and for machines.

use std::fmt::Write as _;
use std::path::Path;

use super::args::Options;
use super::run::{Done, count};
use super::strict;
use crate::cases::{Case, Verdict};
use crate::raw::Role;

fn role(case: &Case) -> &'static str {
    match case.role {
        Role::Server => "server",
        Role::Client => "client",
    }
}

/// Prints the cases.
pub(super) fn list(cases: &[Case]) {
    for case in cases {
        println!("{} [{}] {}", case.id, case.level.word(), case.clause);
    }
    println!("{} cases", cases.len());
}

/// Prints and writes what was asked for; the number of failures: violations, or whatever a strict run complains of.
///
/// # Errors
/// If a file cannot be written or read.
pub(super) fn all(all: &[Done], options: &Options) -> Result<usize, String> {
    print(all, options);
    files(all, options)?;
    match &options.strict {
        None => Ok(count(all, Verdict::Violation)),
        Some(list) => {
            let complaints = strict::complaints(all, list)?;
            complaints.iter().for_each(|line| println!("{line}"));
            Ok(complaints.len())
        }
    }
}

/// Prints the outcomes that are not exact (all, if asked for) and the counts.
fn print(all: &[Done], options: &Options) {
    for done in all {
        if done.outcome.verdict != Verdict::Exact || options.verbose {
            print!("{}", paragraph(done));
        }
    }
    let counts = Verdict::ALL.map(|verdict| format!("{} {}", count(all, verdict), verdict.word()));
    println!("{} cases: {}", all.len(), counts.join(", "));
}

fn paragraph(done: &Done) -> String {
    let (case, outcome) = (&done.case, &done.outcome);
    let word = outcome.verdict.word();
    if outcome.verdict == Verdict::Skipped {
        return format!("{word:9} {}: {}\n", case.id, outcome.came);
    }
    let mut text = format!("{word:9} {}\n", case.id);
    let level = case.level.word();
    let _ = writeln!(text, "          clause:   {} ({level})", case.clause);
    for line in &done.sent {
        let _ = writeln!(text, "          sent:     {line}");
    }
    let _ = writeln!(text, "          expected: {}", outcome.expected);
    let _ = writeln!(text, "          came:     {}", outcome.came);
    text
}

/// Writes the files that were asked for.
fn files(all: &[Done], options: &Options) -> Result<(), String> {
    if let Some(path) = &options.json {
        write(path, &json(all))?;
    }
    if let Some(path) = &options.junit {
        write(path, &junit(all))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn json(all: &[Done]) -> String {
    let quoted = |text: &str| {
        let mut out = String::from("\"");
        for c in text.chars() {
            match c {
                '"' | '\\' => {
                    out.push('\\');
                    out.push(c);
                }
                c if u32::from(c) < 0x20 => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
        out.push('"');
        out
    };
    let mut text = String::from("[\n");
    for (i, done) in all.iter().enumerate() {
        let (case, outcome) = (&done.case, &done.outcome);
        let sent: Vec<String> = done.sent.iter().map(|line| quoted(line)).collect();
        let comma = if i + 1 == all.len() { "" } else { "," };
        let _ = writeln!(
            text,
            "{{\"id\":{},\"section\":{},\"role\":{},\"level\":{},\"clause\":{},\"verdict\":{},\"expected\":{},\"came\":{},\"sent\":[{}]}}{comma}",
            quoted(&case.id),
            quoted(case.section),
            quoted(role(case)),
            quoted(case.level.word()),
            quoted(&case.clause),
            quoted(outcome.verdict.word()),
            quoted(&outcome.expected),
            quoted(&outcome.came),
            sent.join(","),
        );
    }
    text.push_str("]\n");
    text
}

fn junit(all: &[Done]) -> String {
    let escaped = |text: &str| {
        let mut out = String::new();
        for c in text.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '"' => out.push_str("&quot;"),
                c if u32::from(c) < 0x20 && c != '\n' => out.push('\u{fffd}'),
                c => out.push(c),
            }
        }
        out
    };
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"bywash-spec-tests\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
        all.len(),
        count(all, Verdict::Violation),
        count(all, Verdict::Skipped)
    );
    for done in all {
        let (case, outcome) = (&done.case, &done.outcome);
        let (class, name) = case.id.rsplit_once('/').unwrap_or(("", &case.id));
        let _ = write!(
            text,
            "<testcase classname=\"{}.{}\" name=\"{}\"",
            role(case),
            escaped(class),
            escaped(name)
        );
        let came = escaped(&outcome.came);
        let _ = match outcome.verdict {
            Verdict::Exact => writeln!(text, "/>"),
            Verdict::Permitted => {
                writeln!(
                    text,
                    "><system-out>permitted: {came}</system-out></testcase>"
                )
            }
            Verdict::Skipped => writeln!(text, "><skipped message=\"{came}\"/></testcase>"),
            Verdict::Violation => writeln!(
                text,
                "><failure message=\"{came}\">{}</failure></testcase>",
                escaped(&paragraph(done))
            ),
        };
    }
    text.push_str("</testsuite>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{self, Outcome};

    fn done() -> Vec<Done> {
        let outcomes = [
            Outcome::exact("fine"),
            Outcome::violation("a <b>", "\"c\" & \u{1}\n"),
            Outcome::skipped("not there"),
        ];
        let all = cases::all().into_iter().zip(outcomes);
        all.map(|(case, outcome)| Done {
            case,
            outcome,
            sent: vec!["\\ sent".to_owned()],
        })
        .collect()
    }

    #[test]
    fn json_is_escaped() {
        let text = json(&done());
        assert!(
            text.contains(r#""came":"\"c\" & \u0001\u000a","sent":["\\ sent"]"#),
            "{text}"
        );
        assert_eq!(text.matches("\"verdict\"").count(), 3);
        assert!(text.trim_end().ends_with("}\n]"));
    }

    #[test]
    fn junit_counts_and_escapes() {
        let text = junit(&done());
        assert!(
            text.contains("tests=\"3\" failures=\"1\" skipped=\"1\""),
            "{text}"
        );
        assert!(text.contains("&quot;c&quot; &amp; \u{fffd}"), "{text}");
        assert!(text.contains("a &lt;b&gt;"), "{text}");
    }

    #[test]
    fn people_read_the_clause_and_what_was_sent() {
        let text = paragraph(&done()[1]);
        for part in [
            "violation rfc9113/",
            "clause:",
            "sent:     \\ sent",
            "expected: a <b>",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
