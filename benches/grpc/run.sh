#!/usr/bin/env bash
# Compares bywash-grpc with tonic and gRPC-Go over sockets, and its blocking client with a raw exchange
# of the same octets, and puts the tables into ../GRPC.md. What is not installed is named.
#
# usage: run.sh [instructions|cpu|latency|client|threads ...]      all by default; about 10 minutes
# ROUNDS=9 ONLY=inline,tonic narrow it down; DRY=1 prints the tables only.
#
# Needs h2load and nghttp, python3, valgrind for instructions, strace for system calls.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

cd "$root"
cargo build --quiet --release -p bywash-interop --bin benchmark_server
cargo build --quiet --release -p bywash-benches --bin grpc_client --bin grpc_floor
# tonic takes minutes to build; TONIC_TARGET_DIR names where it was built before.
export TONIC_TARGET_DIR=${TONIC_TARGET_DIR:-$CARGO_TARGET_DIR/rivals/tonic}
CARGO_TARGET_DIR=$TONIC_TARGET_DIR \
    cargo build --quiet --release --locked --manifest-path "$here/tonic/Cargo.toml" ||
    echo "tonic does not build here: it does not take part" >&2
# gRPC-Go as Debian has it: golang-google-grpc-dev, a package of sources.
mkdir -p "$CARGO_TARGET_DIR/rivals"
if command -v go >/dev/null; then
    GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= \
        go build -o "$CARGO_TARGET_DIR/rivals/grpc-go-server" "$here/go/main.go" ||
        echo "the server in Go does not build (golang-google-grpc-dev?): it does not take part" >&2
fi
exec python3 "$here/compare.py" "$@"
