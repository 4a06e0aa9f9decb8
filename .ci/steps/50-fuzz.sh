#!/usr/bin/env bash
# A short live run of every fuzz target. The corpora themselves run in `cargo test`.
set -u -o pipefail
SECONDS_EACH=${SECONDS_EACH:-10}

skip() {
    echo "SKIPPED: $*"
    exit 77
}
installed=$(rustup toolchain list 2>/dev/null)
grep -q '^nightly' <<<"$installed" || skip "no nightly toolchain: no live fuzzing"
command -v cargo-fuzz >/dev/null || skip "cargo-fuzz is not installed: no live fuzzing"

targets=$(cargo +nightly fuzz list --fuzz-dir fuzz) || exit 1

# The core forbids unsafe code: panics, overflows and broken invariants are what there is to find, and they need no
# sanitizer. Sixteen units build sooner.
build=(--fuzz-dir fuzz --features live --sanitizer none --codegen-units 16)
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/fuzz"
timeout 170 cargo +nightly fuzz build "${build[@]}"
case $? in
0) ;;
124) skip "the targets could not be built in 170 s: no live fuzzing" ;;
*) exit 1 ;;
esac

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
status=0
# Whole-program optimisation would be done anew for each target.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
# A slow machine fuzzes less; it does not fail.
ENOUGH=${ENOUGH:-240}
for target in $targets; do
    if [ "$SECONDS" -gt "$ENOUGH" ]; then
        echo "no time left for fuzz target $target"
        continue
    fi
    echo "fuzz target $target, $SECONDS_EACH s"
    # The first folder takes new inputs, so that the checkout stays as it was.
    mkdir -p "$scratch/$target" "fuzz/corpus/$target"
    cargo +nightly fuzz run "${build[@]}" "$target" \
        "$scratch/$target" "fuzz/corpus/$target" -- \
        "-max_total_time=$SECONDS_EACH" -rss_limit_mb=2048 -timeout=10 >"$scratch/log" 2>&1 || {
        status=1
        tail -n 40 "$scratch/log"
    }
    grep '^Done ' "$scratch/log"
done
exit "$status"
