//! HPACK over the recorded set under criterion; a pass covers the whole set.

use bywash_benches::hpack_cases::{self, Cases};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

type Pass = fn(&Cases) -> usize;

const PASSES: &[(&str, Pass)] = &[
    ("decode", hpack_cases::decode),
    ("encode", hpack_cases::encode),
    ("huffman decode", hpack_cases::huffman_decode),
    ("huffman encode", hpack_cases::huffman_encode),
];

fn hpack(criterion: &mut Criterion) {
    let cases = Cases::new();
    let mut group = criterion.benchmark_group("hpack");
    group.sample_size(20);
    for &(name, pass) in PASSES {
        let units = if name.starts_with("huffman") {
            cases.coded.len()
        } else {
            cases.fields()
        };
        group.throughput(Throughput::Elements(units as u64));
        group.bench_function(name, |bencher| bencher.iter(|| pass(&cases)));
    }
}

criterion_group!(benches, hpack);
criterion_main!(benches);
