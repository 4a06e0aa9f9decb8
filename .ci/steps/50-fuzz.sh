#!/usr/bin/env bash
# A short live run of every fuzz target. The corpora themselves run in `cargo test`.
set -u -o pipefail
SECONDS_EACH=${SECONDS_EACH:-10}
# The step ends by itself before its time limit; targets that were not reached are told.
TIME=${TIME:-420}

skip() {
    echo "SKIPPED: $*"
    exit 77
}
installed=$(rustup toolchain list 2>/dev/null)
grep -q '^nightly' <<<"$installed" || skip "no nightly toolchain: no live fuzzing"
command -v cargo-fuzz >/dev/null || skip "cargo-fuzz is not installed: no live fuzzing"

# Those that find most come first.
listed=$(cargo +nightly fuzz list --fuzz-dir fuzz) || exit 1
targets="pair server client $(grep -v -x -E 'pair|server|client' <<<"$listed")"

# The core forbids unsafe code: panics, overflows and broken invariants are what there is to find, and they need no
# sanitizer. Many units, linked as they are, build sooner.
build=(--fuzz-dir fuzz --features live,peer-h2 --sanitizer none --codegen-units 16)
export CARGO_PROFILE_RELEASE_LTO=off
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/fuzz"

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
status=0 ran=0 missed=()
timeout "$((TIME - SECONDS_EACH))" cargo +nightly fuzz build "${build[@]}" >"$scratch/log" 2>&1
case $? in
0) echo "built $(wc -w <<<"$targets") fuzz targets in $SECONDS s" ;;
124) skip "no time: $TIME s are not enough to build the fuzz targets" ;;
*)
    tail -n 40 "$scratch/log"
    exit 1
    ;;
esac
for target in $targets; do
    left=$((TIME - SECONDS - SECONDS_EACH))
    if [ "$left" -lt 1 ]; then
        missed+=("$target")
        continue
    fi
    echo "fuzz target $target, $SECONDS_EACH s"
    ran=$((ran + 1))
    # The first folder takes new inputs, so that the checkout stays as it was.
    mkdir -p "$scratch/$target"
    cargo +nightly fuzz run "${build[@]}" "$target" "$scratch/$target" "fuzz/corpus/$target" -- \
        "-max_total_time=$SECONDS_EACH" -rss_limit_mb=2048 -timeout=10 >"$scratch/log" 2>&1 || {
        status=1
        tail -n 40 "$scratch/log"
    }
    grep '^Done ' "$scratch/log"
done
[ "${#missed[@]}" -eq 0 ] || echo "SKIPPED: no time for ${missed[*]}"
[ "$ran" -gt 0 ] || exit 77
exit "$status"
