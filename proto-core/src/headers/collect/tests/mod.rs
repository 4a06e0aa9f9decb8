//! The rules at every level, the limits, and the laws of what comes out.

mod authority;
mod laws;
mod limits;
mod rules;
mod summary;

use super::{Collected, Collector, FieldIn};
use crate::error::Violation;
use crate::headers::{Field, Fields, HeadKind, Level, Rules};
use alloc::string::String;
use alloc::vec::Vec;

/// A valid request for `/`.
const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "https"),
    (":path", "/"),
    (":authority", "a.example"),
];

/// All fields at once, as from a decoder that knows nothing of names.
fn collect(
    fields: &(impl Fields + ?Sized),
    kind: HeadKind,
    rules: &Rules,
) -> Result<Collected, Violation> {
    let mut collector = Collector::new();
    collect_with(&mut collector, fields, kind, rules)
}

fn collect_with(
    collector: &mut Collector,
    fields: &(impl Fields + ?Sized),
    kind: HeadKind,
    rules: &Rules,
) -> Result<Collected, Violation> {
    collector.start(kind, rules);
    for field in fields.fields() {
        let _ = collector.field(field_in(field));
    }
    collector.finish(None)
}

fn field_in(field: Field<'_>) -> FieldIn<'_> {
    FieldIn {
        never_indexed: field.never_indexed,
        ..FieldIn::new(field.name, field.value)
    }
}

fn at(level: Level) -> Rules {
    Rules {
        level,
        ..Rules::default()
    }
}

/// `GET` with more fields behind it.
fn get_and<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&GET[..], more].concat()
}

fn lines(collected: &Collected) -> Vec<String> {
    collected
        .head
        .fields()
        .map(|f| String::from_utf8_lossy(&[f.name, b"=", f.value].concat()).into_owned())
        .collect()
}
