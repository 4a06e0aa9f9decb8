#!/usr/bin/env bash
# A new crate from the README alone: takes the files of its section "gRPC in five minutes" word for word, builds them
# in an empty folder beside this checkout, runs server and client, and looks at what they print.
#
# Needs Rust, and in cargo's cache what the workspace itself was built from: nothing is downloaded.
set -u -o pipefail
# Building and running must fit into this, in seconds.
LIMIT=${LIMIT:-180}

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d) || exit 1
server=
finish() {
    [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
fail() {
    echo "FAILED: $*"
    exit 1
}

# The README says that the checkout is called bywash and stands beside the new crate.
ln -s "$ROOT" "$scratch/bywash"
mkdir "$scratch/hello"
cd "$scratch/hello" || exit 1

# A paragraph that begins with a path in backticks names the file that the next block holds.
awk '
    /^## / { inside = ($0 == "## gRPC in five minutes") }
    !inside { next }
    /^```$/ && writing { close(file); file = ""; writing = 0; next }
    writing { print > file; next }
    /^`[a-zA-Z_\/]+\.(toml|proto|rs)`/ { split($0, part, "`"); file = part[2]; next }
    /^```(toml|proto|rust)$/ && file != "" {
        folder = file
        if (sub(/\/[^\/]*$/, "", folder)) system("mkdir -p " folder)
        writing = 1
    }
' "$ROOT/README.md"

for file in Cargo.toml build.rs proto/hello.proto src/lib.rs src/bin/server.rs src/bin/client.rs; do
    [ -s "$file" ] || fail "the README has no $file"
done

start=$SECONDS
export CARGO_NET_OFFLINE=true CARGO_TARGET_DIR="$scratch/hello/target" CARGO_TERM_COLOR=never
timeout -k 5 "$LIMIT" cargo build --offline >"$scratch/build.log" 2>&1 || {
    tail -n 40 "$scratch/build.log"
    fail "the crate does not build within $LIMIT s"
}
grep -q '^warning' "$scratch/build.log" && {
    cat "$scratch/build.log"
    fail "the crate builds with warnings"
}
built=$((SECONDS - start))

target/debug/server >"$scratch/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    grep -q serving "$scratch/server.log" && break
    sleep 0.1
done
said=$(timeout -k 5 30 target/debug/client) || {
    cat "$scratch/server.log"
    fail "the client ended with an error"
}
wanted=$'Hello world\nHello Ada\nHello Grace'
[ "$said" = "$wanted" ] || fail "the client printed: $said"
took=$((SECONDS - start))
[ "$took" -le "$LIMIT" ] || fail "it took $took s, more than $LIMIT"
echo "a new crate from the README: built in $built s, server and client ran, $took s in all"
