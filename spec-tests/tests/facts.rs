//! Facts that stand in more than one place, compared: the oldest compiler, the folders, the dependencies.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the workspace's crates.
const FOLDERS: [&str; 8] = [
    "proto-core",
    "io-mio",
    "grpc",
    "grpc/codegen",
    "grpc/interop",
    "fuzz",
    "benches",
    "spec-tests",
];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate has a folder above it")
        .join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The value of `key = "..."` at the start of a line.
fn value(manifest: &str, key: &str) -> String {
    let line = manifest
        .lines()
        .find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
    let value = line.unwrap_or_else(|| panic!("no {key}"));
    value.trim().trim_matches('"').to_owned()
}

/// The names in the sections of dependencies of a manifest, targets' own included.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            inside = section.ends_with("dependencies");
            // [dependencies.name] is a section of its own.
            if let Some((before, name)) = section.rsplit_once('.') {
                if before.ends_with("dependencies") {
                    out.insert(name.to_owned());
                }
            }
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
            let name: String = line.chars().take_while(|c| is_name(*c)).collect();
            if line[name.len()..].trim_start().starts_with(['=', '.']) {
                out.insert(name);
            }
        }
    }
    out
}

/// Versions of Rust that a document names: the number behind "Rust", with or without "version is", bold or not.
fn rust_versions(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for lead in ["Rust ", "Rust version is ", "MSRV="] {
        for (at, _) in text.match_indices(lead) {
            let rest = text[at + lead.len()..].trim_start_matches('*');
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'));
            let version = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
            if version.starts_with("1.") {
                out.insert(version.to_owned());
            }
        }
    }
    out
}

#[test]
fn the_oldest_compiler_is_the_same_everywhere() {
    let msrv = value(&read("Cargo.toml"), "rust-version");
    for document in ["README.md", "CONTRIBUTING.md", ".ci/run"] {
        let named = rust_versions(&read(document));
        assert_eq!(named, BTreeSet::from([msrv.clone()]), "{document}");
    }
    for folder in FOLDERS {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert!(
            manifest.contains("rust-version.workspace = true"),
            "{folder}/Cargo.toml names a compiler of its own"
        );
    }
}

#[test]
fn the_members_are_the_folders() {
    let manifest = read("Cargo.toml");
    let members = value(&manifest, "members");
    let named: BTreeSet<_> = members.split('"').skip(1).step_by(2).collect();
    assert_eq!(named, BTreeSet::from(FOLDERS));
}

#[test]
fn what_the_documents_link_to_exists() {
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "DEPENDENCIES.md",
        "SECURITY.md",
    ] {
        let text = read(document);
        let mut links = 0;
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            links += 1;
            assert!(
                path(target).exists(),
                "{document} links to {target}, which does not exist"
            );
        }
        assert!(
            links > 0 || document != "README.md",
            "README.md links to nothing"
        );
    }
}

#[test]
fn every_published_crate_stands_in_the_readme() {
    let readme = read("README.md");
    for folder in FOLDERS {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let name = value(&manifest, "name");
        if manifest.contains("publish = false") || folder == "grpc/codegen" {
            continue; // the generator is part of bywash-grpc to whoever reads the README
        }
        let link = format!("[`{name}`]({folder})");
        assert!(readme.contains(&link), "README.md has no {link}");
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let table = read("DEPENDENCIES.md");
    let mut seen = BTreeSet::new();
    let manifests = FOLDERS.map(|folder| format!("{folder}/Cargo.toml"));
    for manifest in manifests.iter().map(String::as_str).chain(["Cargo.toml"]) {
        for name in dependencies(&read(manifest)) {
            if name.starts_with("bywash-") {
                continue;
            }
            assert!(
                table.contains(&format!("| `{name}` ")),
                "{manifest} depends on {name}, which has no row in DEPENDENCIES.md"
            );
            seen.insert(name);
        }
    }
    for name in table.lines().filter_map(|line| line.strip_prefix("| `")) {
        let (name, _) = name.split_once('`').expect("a name between backticks");
        assert!(
            name.starts_with("bywash-") || seen.contains(name),
            "DEPENDENCIES.md has a row for {name}, which nothing depends on"
        );
    }
}

#[test]
fn the_readers_of_facts_read() {
    let manifest = "[dependencies]\na = \"1\"\nb.workspace = true\nc = { version = \"1\", features = [\n    \"x\",\n] }\n\
        # d = \"1\"\n[dependencies.e]\nversion = \"1\"\n[target.'cfg(unix)'.dev-dependencies]\nf = \"2\"\n[features]\ng = []\n";
    let names: Vec<_> = dependencies(manifest).into_iter().collect();
    assert_eq!(names, ["a", "b", "c", "e", "f"]);
    let versions = rust_versions(
        "needs Rust 1.85 or newer. The Rust version is **1.86**. MSRV=1.87\nRust programs",
    );
    assert_eq!(
        versions.into_iter().collect::<Vec<_>>(),
        ["1.85", "1.86", "1.87"]
    );
    assert_eq!(
        value("name = \"x\"\nrust-version = \"1.85\"", "rust-version"),
        "1.85"
    );
}
