//! Every corpus through its body, and every body against what nobody has thought of.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bywash_fuzz::{BEHIND_FEATURES, TARGETS};
use bywash_spec_tests::link::Rng;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn names(of: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_target_has_an_entry_point_and_a_corpus() {
    let built = TARGETS.iter().map(|(name, _)| *name);
    let targets: BTreeSet<String> = built
        .chain(BEHIND_FEATURES.iter().copied())
        .map(str::to_owned)
        .collect();
    assert_eq!(names(&folder("corpus")), targets);
    let files: BTreeSet<String> = targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&folder("fuzz_targets")), files);
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    for target in &targets {
        assert!(
            manifest.contains(&format!("name = \"{target}\"")),
            "{target} is no binary"
        );
    }
}

#[test]
fn corpora() {
    for (name, body) in TARGETS {
        let folder = folder("corpus").join(name);
        let seeds = names(&folder);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for seed in seeds {
            let octets = fs::read(folder.join(&seed)).unwrap();
            let run = std::panic::catch_unwind(|| body(&octets));
            assert!(run.is_ok(), "{name} fails on the seed {seed}");
        }
    }
}

/// Random octets, and seeds with octets changed: far from a fuzzer, but on every machine.
#[test]
fn some_chance() {
    for (name, body) in TARGETS {
        let folder = folder("corpus").join(name);
        let seeds: Vec<Vec<u8>> = names(&folder)
            .iter()
            .map(|seed| fs::read(folder.join(seed)).unwrap())
            .filter(|seed| seed.len() < 3000)
            .collect();
        let mut rng = Rng::new(0x5eed);
        for round in 0..300 {
            let mut octets = if round % 3 == 0 || seeds.is_empty() {
                (0..rng.range(0, 600))
                    .map(|_| rng.next_u64() as u8)
                    .collect()
            } else {
                rng.pick(&seeds).clone()
            };
            for _ in 0..rng.range(0, 8) {
                if !octets.is_empty() {
                    let at = rng.range(0, octets.len() as u64 - 1) as usize;
                    octets[at] = rng.next_u64() as u8;
                }
            }
            let run = std::panic::catch_unwind(|| body(&octets));
            assert!(run.is_ok(), "{name} fails on {octets:?}");
        }
    }
}
