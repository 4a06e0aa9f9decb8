//! What is written for real interfaces and for odd ones, against what is kept in `tests/golden`.
//!
//! `BYWASH_BLESS=1 cargo test -p bywash-build --test golden` rewrites what is kept.

mod support;

use std::{fs, path::PathBuf, process::Command};

use support::{fresh_folder, manual_service, protos};

/// Every builder test's input in one run, as one crate would have it.
fn build(out: &PathBuf) -> bywash_build::Report {
    bywash_build::Builder::new()
        .out_dir(out)
        .bytes([".grpc.testing.Payload"])
        .btree_map([".google.rpc"])
        .type_attribute(".routeguide.Point", "#[derive(PartialOrd)]")
        .service(manual_service())
        .compile(
            &[
                "routeguide/route_guide.proto",
                "grpc/testing/test.proto",
                "grpc/health/v1/health.proto",
                "google/rpc/status.proto",
                "google/rpc/error_details.proto",
                "quirks/names.proto",
                "quirks/long.proto",
            ],
            &[protos()],
        )
        .expect("all files are valid")
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn output_is_as_kept() {
    let out = fresh_folder("golden");
    let report = build(&out);
    let bless = std::env::var_os("BYWASH_BLESS").is_some();
    let mut names: Vec<String> = report
        .written
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    let mut kept: Vec<String> = fs::read_dir(golden())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    kept.sort();
    if bless {
        for name in kept {
            fs::remove_file(golden().join(name)).unwrap();
        }
        for name in &names {
            fs::copy(out.join(name), golden().join(name)).unwrap();
        }
        return;
    }
    assert_eq!(names, kept);
    for name in &names {
        let (new, old) = (fs::read(out.join(name)), fs::read(golden().join(name)));
        let (new, old) = (new.unwrap(), old.unwrap());
        if name.ends_with(".rs") {
            let (new, old) = (
                String::from_utf8(new).unwrap(),
                String::from_utf8(old).unwrap(),
            );
            for (number, (new, old)) in new.lines().zip(old.lines()).enumerate() {
                assert_eq!(new, old, "{name}, line {}", number + 1);
            }
            assert_eq!(new, old, "{name}");
        } else {
            assert!(new == old, "{name} differs");
        }
    }
}

#[test]
fn output_is_as_rustfmt_would_have_it() {
    let out = fresh_folder("rustfmt");
    let report = build(&out);
    let files = report
        .written
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "rs"));
    let done = Command::new("rustfmt")
        .args([
            "--edition",
            "2024",
            "--check",
            "--config",
            "skip_children=false",
        ])
        .args(files)
        .output()
        .expect("rustfmt is part of the toolchain");
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

#[test]
fn a_second_run_writes_nothing_and_another_folder_gets_the_same_bytes() {
    let (one, two) = (fresh_folder("again-1"), fresh_folder("again-2"));
    let first = build(&one);
    assert!(first.unchanged.is_empty());
    let again = build(&one);
    assert!(again.written.is_empty(), "{again:?}");
    assert_eq!(again.unchanged, first.written);
    for path in build(&two).written {
        let name = path.file_name().unwrap();
        assert!(fs::read(&path).unwrap() == fs::read(one.join(name)).unwrap());
    }
}
