#!/usr/bin/env bash
# Runs all cases against everybody's stacks over sockets, in cleartext and TLS, and writes ../PEERS.md.
#
# usage: run.sh             all of it, about fifteen minutes
#        run.sh --tables    the tables anew from the outcomes of the last run
#        ONLY=go,nghttp run.sh    these peers alone: of the others the outcomes of the last run count
#
# What is not installed is named, and PEERS.md is not written without it. A difference for which peers.toml has no line is
# told as UNEXPLAINED and fails the run, and so does a fault that is known and not found.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

cd "$root"
cargo build --quiet --release -p bywash-spec-tests --features tls --bin bywash-spec-tests --example obey
cargo build --quiet --release -p bywash-mio --example serve --example fetch
cargo build --quiet --release -p bywash-proto --example custom_loop_server --example custom_loop_client
for name in h2 h2-0.4.18; do
    CARGO_TARGET_DIR=$CARGO_TARGET_DIR/rivals/h2-peers \
        cargo build --quiet --release --locked --manifest-path "$here/$name/Cargo.toml" ||
        echo "$name does not build here: it does not take part" >&2
done
# Go's cleartext HTTP/2 stands outside of its standard library; Debian has it as a package of sources.
if command -v go >/dev/null; then
    for name in server client; do
        GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= \
            go build -o "$CARGO_TARGET_DIR/rivals/go-peer-$name" "$here/go/$name/main.go" ||
            echo "the $name in Go does not build (golang-golang-x-net-dev?): it does not take part" >&2
    done
fi
exec python3 "$here/run.py" "$@"
