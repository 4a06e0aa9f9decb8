#!/usr/bin/env bash
# Many gRPC streams that idle, and many connections that come and go: what a server's heap pays for a stream, and that
# nothing stays of either, at the server and at the client.
set -u -o pipefail

[ -d /proc/self/fd ] || { echo "SKIPPED: no /proc here to count threads and descriptors in"; exit 77; }
cargo build -p bywash-benches --example grpc_streams || exit 1
timeout -k 5 120 "${CARGO_TARGET_DIR:-target}/debug/examples/grpc_streams"
