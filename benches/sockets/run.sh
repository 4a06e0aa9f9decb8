#!/usr/bin/env bash
# Compares `serve --bench` with the servers of other projects over sockets and puts the tables into
# ../SOCKETS.md. All that is installed takes part; what is not is named.
#
# usage: run.sh [cpu|instructions|memory ...]     all three by default; about 25 minutes
# ROUNDS=9 ONLY=serve,hyper,floor CASES='small 1 x 100' narrow it down; DRY=1 prints the tables only.
#
# Needs h2load, python3, perf (or strace) for syscalls, valgrind for instructions.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

cd "$root"
cargo build --quiet --release -p bywash-mio --example serve
cargo build --quiet --release -p bywash-benches --bin floor --bin holding
CARGO_TARGET_DIR=$CARGO_TARGET_DIR/rivals/hyper \
    cargo build --quiet --release --locked --manifest-path "$here/hyper/Cargo.toml" ||
    echo "hyper does not build here: it does not take part" >&2
# Go's h2c stands outside of its standard library; Debian has it as a package of sources.
if command -v go >/dev/null; then
    GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= \
        go build -o "$CARGO_TARGET_DIR/rivals/go-server" "$here/go/main.go" ||
        echo "the server in Go does not build (golang-golang-x-net-dev?): it does not take part" >&2
fi
exec python3 "$here/compare.py" "$@"
