//! The layers hold: no import points up, no circle closes, no file outgrows its room.
//!
//! Reads every `use` and every path in code of the workspace's crates, outside of tests. What the rules are, and why,
//! stands in ARCHITECTURE.md.

#[path = "layers/imports.rs"]
mod imports;
#[path = "layers/lexer.rs"]
mod lexer;
#[path = "layers/modules.rs"]
mod modules;

use std::fs;
use std::path::{Path, PathBuf};

use modules::{Crate, Edge, circles};

/// Lines that a file may have.
const MAX_LINES: usize = 500;

/// The crates: folder, name in code, and the crates of the workspace that its sources may import.
const CRATES: [(&str, &str, &[&str]); 8] = [
    ("proto-core", "bywash_proto", &[]),
    ("io-mio", "bywash_mio", &["bywash_proto"]),
    ("grpc", "bywash_grpc", &["bywash_mio", "bywash_proto"]),
    ("grpc/codegen", "bywash_build", &[]),
    (
        "grpc/interop",
        "bywash_interop",
        &["bywash_grpc", "bywash_spec_tests"],
    ),
    (
        "spec-tests",
        "bywash_spec_tests",
        &["bywash_proto", "bywash_mio", "bywash_grpc", "bywash_build"],
    ),
    (
        "fuzz",
        "bywash_fuzz",
        &[
            "bywash_proto",
            "bywash_mio",
            "bywash_grpc",
            "bywash_spec_tests",
        ],
    ),
    (
        "benches",
        "bywash_benches",
        &[
            "bywash_proto",
            "bywash_mio",
            "bywash_grpc",
            "bywash_spec_tests",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// All Rust files below a folder, with their paths relative to it.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap_or_else(|error| panic!("{}: {error}", at.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                out.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    out.sort();
    out
}

fn load(folder: &str) -> Crate {
    let files = sources(&root().join(folder).join("src"));
    assert!(!files.is_empty(), "{folder}/src has no sources");
    Crate::new(
        folder,
        files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str())),
    )
}

/// All complaints about one crate. `allowed` are the crates that it may import, besides itself.
fn complaints(krate: &Crate, own: &str, allowed: &[&str]) -> Vec<String> {
    let (edges, mut out) = krate.edges();
    out.extend(circles(&edges));
    for (_, name, place) in krate.foreign.iter().filter(|(_, name, _)| name != own) {
        if !allowed.contains(&name.as_str()) {
            out.push(format!("{place}: {} must not import {name}", krate.name));
        }
    }
    for (path, lines) in krate.lengths.iter().filter(|(_, lines)| *lines > MAX_LINES) {
        out.push(format!(
            "{path} has {lines} lines, more than {MAX_LINES}: it has more than one reason to change"
        ));
    }
    match own {
        "bywash_proto" => out.extend(edges.iter().filter_map(core_rule)),
        "bywash_spec_tests" => {
            out.extend(krate.foreign.iter().filter_map(|(from, name, place)| {
                let apart = from
                    .first()
                    .is_some_and(|first| first == "raw" || first == "link");
                (apart && name != own).then(|| {
                    format!("{place}: the raw peer and the link must not use what they test")
                })
            }))
        }
        _ => {}
    }
    out
}

/// The rules between the parts of the core, beside the absence of circles.
fn core_rule(edge: &Edge) -> Option<String> {
    let (from, to) = (edge.from.first()?.as_str(), edge.to.first()?.as_str());
    let why = match (from, to) {
        (from, to) if from == to => return None,
        ("frame", "hpack" | "headers") | ("headers", "frame") => {
            "frame, hpack and headers meet only in connection"
        }
        ("hpack", "vocabulary") => return None,
        ("hpack", _) => "hpack knows nothing but itself and the vocabulary",
        ("vocabulary", _) => "the vocabulary is the lowest layer",
        (from, "connection") if !["client", "server"].contains(&from) => {
            "only connection composes; nothing below may name it"
        }
        (_, "client" | "server") => "the two roles are the top",
        _ => return None,
    };
    Some(format!("{}: {why}", edge.place))
}

#[test]
fn the_workspace_keeps_its_layers() {
    let found: Vec<_> = CRATES
        .iter()
        .flat_map(|(folder, own, allowed)| complaints(&load(folder), own, allowed))
        .collect();
    assert!(
        found.is_empty(),
        "{} complaints:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn manifests_keep_the_edges_too() {
    for (folder, own, allowed) in CRATES {
        let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                section = line;
            }
            let name: String = line
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '-' || *c == '_')
                .collect();
            let in_code = name.replace('-', "_");
            if section.ends_with("dependencies]") && in_code.starts_with("bywash_") {
                // The product's own tests and examples may generate code; they may not reach for the test crates.
                let generates = section != "[dependencies]" && in_code == "bywash_build";
                assert!(
                    in_code == own || allowed.contains(&in_code.as_str()) || generates,
                    "{folder}/Cargo.toml {section}: {name} is not below {folder}"
                );
            }
        }
    }
}

// The checker itself, on crates small enough to see through.

fn check(own: &str, files: &[(&str, &str)]) -> Vec<String> {
    complaints(
        &Crate::new("x", files.iter().copied()),
        own,
        &["bywash_proto"],
    )
}

#[track_caller]
fn assert_found(found: &[String], parts: &[&str]) {
    assert_eq!(found.len(), 1, "{found:?}");
    for part in parts {
        assert!(found[0].contains(part), "{part:?} is not in {:?}", found[0]);
    }
}

#[test]
fn a_circle_of_folders_is_found() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; pub use a::A;"),
        ("a/mod.rs", "pub mod x;"),
        ("a/x.rs", "use crate::b::B;"),
        ("b.rs", "fn f() { crate::c::g() }"),
        ("c/mod.rs", "mod y;"),
        ("c/y.rs", "use crate::a::x::X;"),
    ];
    let found = check("x", &files);
    assert_found(
        &found,
        &[
            "a -> b   (x/src/a/x.rs:1 crate::b::B)",
            "b -> c",
            "c -> a   (x/src/c/y.rs:1",
        ],
    );
    assert_eq!(check("x", &files[..5]), [""; 0]);
}

#[test]
fn a_circle_of_files_is_found() {
    let files = [
        ("a/mod.rs", "mod x; mod y; pub use x::X; pub use y::*;"),
        ("a/x.rs", "use super::Y; pub struct X;"),
        (
            "a/y.rs",
            "use super::x; pub struct Y; fn f() -> x::X { x::X }",
        ),
    ];
    // The re-export of the parent hides nothing: super::Y is y's.
    assert_found(
        &check("x", &files),
        &["crate::a", "x -> y   (x/src/a/x.rs:1 super::Y)", "y -> x"],
    );
}

#[test]
fn a_parent_and_its_child_close_a_circle_only_by_use() {
    let child = ("a/x.rs", "use super::A; pub struct X;");
    assert_eq!(
        check(
            "x",
            &[
                ("a/mod.rs", "mod x; pub(crate) use x::X; pub struct A;"),
                child
            ]
        ),
        [""; 0]
    );
    let user = ("a/mod.rs", "mod x; pub struct A; fn f() -> X { x::X }");
    assert_found(&check("x", &[user, child]), &["self -> x", "x -> self"]);
}

#[test]
fn a_macro_is_shown_by_the_file_that_defines_it() {
    let files = [
        (
            "a.rs",
            "use crate::b::B; macro_rules! m { () => {} } pub(crate) use m;",
        ),
        ("b.rs", "use crate::a::m;"),
    ];
    assert_found(
        &check("x", &files),
        &["a -> b", "b -> a   (x/src/b.rs:1 crate::a::m)"],
    );
}

#[test]
fn the_first_line_that_closes_a_circle_is_told() {
    let files = [
        (
            "a.rs",
            "use crate::b::B;\n\n\n\n\n\n\n\n\nfn f() { B::new() }",
        ),
        (
            "b.rs",
            "\n\nuse crate::a::A;\n\n\n\n\n\n\nfn f() { A::new() }",
        ),
    ];
    assert_found(
        &check("x", &files),
        &["x/src/a.rs:1 crate::b::B", "x/src/b.rs:3 crate::a::A"],
    );
}

#[test]
fn tests_close_no_circle() {
    let files = [
        (
            "a.rs",
            "#[cfg(test)] mod tests { use crate::b::B; use super::*; }",
        ),
        ("b.rs", "use crate::a::A;"),
        ("a/tests.rs", "use crate::b::B;"),
    ];
    assert_eq!(check("x", &files), [""; 0]);
}

#[test]
fn the_facade_is_no_source() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use a::x::Thing;"),
        ("a/mod.rs", "pub mod x;"),
        ("a/x.rs", "pub struct Thing;"),
        ("b.rs", "use crate::Thing;"),
    ];
    assert_found(
        &check("x", &files),
        &["x/src/b.rs:1 crate::Thing", "the owner is crate::a::x"],
    );
    let through_super = [
        files[0],
        files[1],
        files[2],
        ("b.rs", "fn f() -> super::Thing { crate::mac!() }"),
    ];
    assert_found(
        &check("x", &through_super),
        &["super::Thing", "crate::a::x"],
    );
}

#[test]
fn crates_import_downward_only() {
    assert_found(
        &check("x", &[("a.rs", "use bywash_mio::Loop;")]),
        &["x must not import bywash_mio"],
    );
    assert_eq!(
        check(
            "x",
            &[("a.rs", "use bywash_proto::Instant; use ::bywash_x::A;")]
        )
        .len(),
        1
    );
    let raw = check(
        "bywash_spec_tests",
        &[("raw/peer.rs", "use bywash_proto::Instant;")],
    );
    assert_found(&raw, &["must not use what they test"]);
}

#[test]
fn the_core_has_rules_of_its_own() {
    let files = [
        ("frame/mod.rs", ""),
        ("headers/mod.rs", ""),
        ("hpack/mod.rs", "use crate::vocabulary::A;"),
        ("error.rs", ""),
        ("vocabulary.rs", ""),
        (
            "connection/mod.rs",
            "use crate::{frame::F, hpack::H, headers::L};",
        ),
        ("client.rs", "use crate::connection::Inner;"),
        ("ping.rs", ""),
    ];
    assert_eq!(check("bywash_proto", &files), [""; 0]);
    for (path, text) in [
        ("frame/x.rs", "use crate::hpack::H;"),
        ("frame/x.rs", "use crate::headers::L;"),
        ("headers/x.rs", "use crate::frame::F;"),
        ("hpack/x.rs", "use crate::error::E;"),
        ("vocabulary.rs", "use crate::error::E;"),
        ("ping.rs", "fn f(c: &mut crate::client::Client) {}"),
    ] {
        let mut with = files.to_vec();
        with.push((path, text));
        assert_found(&check("bywash_proto", &with), &[path]);
    }
    let mut with = files.to_vec();
    with.push(("timer.rs", "use crate::connection::Inner;"));
    assert_found(&check("bywash_proto", &with), &["only connection composes"]);
}

#[test]
fn long_files_are_named() {
    let long = "\n".repeat(MAX_LINES + 1);
    assert_found(
        &check("x", &[("a/tests.rs", &long)]),
        &["x/src/a/tests.rs has 501 lines"],
    );
    assert_eq!(check("x", &[("a.rs", &long[1..])]), [""; 0]);
}
