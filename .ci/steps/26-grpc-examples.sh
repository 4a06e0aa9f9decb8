#!/usr/bin/env bash
# Runs the examples of bywash-grpc: each ends by itself, with status 0, and prints what its top comment says.
#
#   .ci/steps/26-grpc-examples.sh          all
#   .ci/steps/26-grpc-examples.sh health   the named ones
set -u -o pipefail
# What an example may take, in seconds, on a machine that does other things too.
LIMIT=30

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# Prints times and frames, which are never the same: that it ends well is all that can be told of it.
TIMED=greeter

names=("$@")
if [ "$#" -eq 0 ]; then
    for file in grpc/examples/*.rs; do
        name=${file##*/}
        names+=("${name%.rs}")
    done
fi
flags=()
for name in "${names[@]}"; do flags+=(--example "$name"); done
cargo build -p bywash-grpc "${flags[@]}" || exit 1
bin="${CARGO_TARGET_DIR:-$root/target}/debug/examples"

# The first block of text in the top comment.
promised() {
    awk '
        !/^\/\/!/ { exit }
        /^\/\/! ```text$/ { inside = 1; next }
        /^\/\/! ```$/ && inside { exit }
        inside { sub(/^\/\/! ?/, ""); print }
    ' "grpc/examples/$1.rs"
}

failed=0
for name in "${names[@]}"; do
    timeout -k 5 "$LIMIT" "$bin/$name" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
    wrong=
    [ "$status" -eq 0 ] || wrong="ended with status $status (124: not within $LIMIT s)"
    if [ -z "$wrong" ] && [ "$name" != "$TIMED" ]; then
        promised "$name" >"$scratch/promised"
        [ -s "$scratch/promised" ] || wrong="says nothing in its top comment of what it prints"
        diff -u --label promised --label printed "$scratch/promised" "$scratch/out" >"$scratch/diff" ||
            wrong=${wrong:-"prints something else"}
    fi
    if [ -n "$wrong" ]; then
        echo "FAILED: $name $wrong"
        cat "$scratch/err"
        [ -s "$scratch/diff" ] && cat "$scratch/diff"
        failed=1
    else
        echo "$name: as it says"
    fi
    : >"$scratch/diff"
done
[ "$failed" -eq 0 ] && echo "${#names[@]} examples ran"
exit "$failed"
