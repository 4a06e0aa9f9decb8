//! `hpack_bench [--impl NAME] MODE N`: N passes over the recorded set, one JSON line.
//! `hpack_bench strings STEM` writes the Huffman strings of the set for the harness in C.

use bywash_benches::hpack_cases::{self, Cases};
use bywash_benches::run::Stopwatch;
use std::process::ExitCode;

type Pass = fn(&Cases) -> usize;

const KNOWN: &[(&str, &str, Pass)] = &[
    ("bywash", "decode", hpack_cases::decode),
    ("bywash", "encode", hpack_cases::encode),
    ("bywash", "huffman-decode", hpack_cases::huffman_decode),
    ("bywash", "huffman-encode", hpack_cases::huffman_encode),
    #[cfg(feature = "rivals")]
    (
        "loona-hpack",
        "decode",
        bywash_benches::rivals::hpack_crates::loona_decode,
    ),
    #[cfg(feature = "rivals")]
    (
        "loona-hpack",
        "encode",
        bywash_benches::rivals::hpack_crates::loona_encode,
    ),
    #[cfg(feature = "rivals")]
    (
        "httlib-hpack",
        "decode",
        bywash_benches::rivals::hpack_crates::httlib_decode,
    ),
    #[cfg(feature = "rivals")]
    (
        "httlib-hpack",
        "encode",
        bywash_benches::rivals::hpack_crates::httlib_encode,
    ),
];

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut name = String::from("bywash");
    if arguments.first().is_some_and(|first| first == "--impl") && arguments.len() > 1 {
        name = arguments.remove(1);
        arguments.remove(0);
    }
    match run(&name, &arguments) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("hpack_bench: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(name: &str, arguments: &[String]) -> Result<String, String> {
    let [mode, argument] = arguments else {
        return Err("usage: hpack_bench [--impl NAME] MODE N, or hpack_bench strings STEM".into());
    };
    let cases = Cases::new();
    if mode == "strings" {
        return write_strings(&cases, argument).map_err(|error| format!("{argument}: {error}"));
    }
    let known = KNOWN
        .iter()
        .find(|known| known.0 == name && known.1 == mode);
    let (_, _, pass) =
        known.ok_or_else(|| format!("{name} has no {mode} (rivals need --features rivals)"))?;
    let n: u64 = argument
        .parse()
        .map_err(|_| format!("N is a number, not {argument}"))?;
    let units = if mode.starts_with("huffman") {
        cases.coded.len()
    } else {
        cases.fields()
    };
    let mut bytes = 0;
    let watch = Stopwatch::start();
    for _ in 0..n {
        bytes = pass(std::hint::black_box(&cases));
    }
    let cpu_ns = watch.stop();
    let per_unit = cpu_ns as f64 / n.max(1) as f64 / units as f64;
    Ok(format!(
        "{{\"impl\":\"{name}\",\"mode\":\"{mode}\",\"n\":{n},\"units\":{units},\"cpu_ns\":{cpu_ns},\
         \"ns_per_unit\":{per_unit:.1},\"bytes\":{bytes}}}"
    ))
}

fn write_strings(cases: &Cases, stem: &str) -> std::io::Result<String> {
    for (end, strings) in [("huffman", &cases.coded), ("plain", &cases.plain)] {
        let mut file = Vec::new();
        for string in strings {
            file.extend_from_slice(&(string.len() as u16).to_be_bytes());
            file.extend_from_slice(string);
        }
        std::fs::write(format!("{stem}.{end}"), file)?;
    }
    Ok(format!("{} strings", cases.coded.len()))
}
