#!/usr/bin/env bash
# Which lines and branches of the core do its tests walk? Unit tests, spec-tests and the fuzz corpora together.
#
# Needs nightly (for branches) with llvm-tools, and cargo-llvm-cov. Prints what is not walked, then a table.
set -eu -o pipefail
cd "$(dirname "$0")/.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
cargo +nightly llvm-cov --branch --no-fail-fast --lcov --output-path "$out" \
    -p bywash-proto -p bywash-spec-tests -p bywash-fuzz --features bywash-proto/http >&2
python3 proto-core/coverage.py "$out"
