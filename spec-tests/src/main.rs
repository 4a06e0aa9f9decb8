//! The command-line tester: see `--help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    bywash_spec_tests::tester::main(std::env::args().skip(1))
}
