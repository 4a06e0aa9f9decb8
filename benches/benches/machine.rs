//! The cases of `machine` under criterion, for people: `cargo bench -p bywash-benches --bench machine`.
//! With `--features rivals` h2 runs beside bywash.

use bywash_benches::run::{Mode, Outcome, Task};
use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

type Run = fn(Task) -> Outcome;

const IMPLEMENTATIONS: &[(&str, Run)] = &[
    ("bywash", bywash_benches::machine::run),
    #[cfg(feature = "rivals")]
    ("h2", bywash_benches::rivals::h2_machine::run),
];

const CASES: &[(&str, Mode, usize, usize)] = &[
    ("srv 100 x 12 B", Mode::Srv, 100, 12),
    ("srv 1 x 12 B", Mode::Srv, 1, 12),
    ("srv 100 x 1 KiB", Mode::Srv, 100, 1024),
    ("srv 100 x 64 KiB", Mode::Srv, 100, 65_536),
    ("xchg 100 x 12 B", Mode::Xchg, 100, 12),
    ("data 16 KiB", Mode::Data, 100, 16_384),
    ("ctl", Mode::Ctl, 100, 0),
    ("conn", Mode::Conn, 1, 12),
    ("real 100", Mode::Real, 100, 0),
];

fn machine(criterion: &mut Criterion) {
    for &(title, mode, batch, size) in CASES {
        let mut group = criterion.benchmark_group(title);
        for &(name, run) in IMPLEMENTATIONS {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|n| {
                    Duration::from_nanos(
                        run(Task {
                            mode,
                            n,
                            batch,
                            size,
                        })
                        .cpu_ns,
                    )
                });
            });
        }
    }
}

criterion_group!(benches, machine);
criterion_main!(benches);
