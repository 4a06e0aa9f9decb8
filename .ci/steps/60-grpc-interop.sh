#!/usr/bin/env bash
# gRPC's interoperability tests against grpcio, @grpc/grpc-js and gRPC-Go, both directions, over TCP, TLS and Unix sockets.
#
#   .ci/steps/60-grpc-interop.sh           compares what it finds with grpc/INTEROP.md and grpc/interop/KNOWN.toml
#   .ci/steps/60-grpc-interop.sh --write   writes grpc/INTEROP.md
#
# Peers are installed into a cache outside of the checkout: $BYWASH_PEERS, or ~/.cache/bywash-peers. One that cannot be
# installed is skipped, loudly.
set -u -o pipefail

GRPCIO=1.85.3
GRPCIO_TOOLS=1.85.1
GRPC_JS=1.14.7
PROTO_LOADER=0.8.1
GO_PACKAGE=golang-google-grpc-dev
GO_SOURCES=/usr/share/gocode
GO_VERSION=1.33.3

root=$(pwd)
here="$root/grpc/interop"
protos="$root/grpc/codegen/tests/protos"
cache="${BYWASH_PEERS:-${HOME:-/tmp}/.cache/bywash-peers}"
mkdir -p "$cache" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
missing=()

lack() {
    echo "SKIPPED: $*"
    missing+=("$1")
}

# party NAME VERSION: its folder among those of the matrix.
party() {
    mkdir -p "$scratch/parties/$1" && echo "$2" >"$scratch/parties/$1/version"
}

# program NAME ROLE COMMAND...: a party's client or server.
program() {
    local file="$scratch/parties/$1/$2"
    shift 2
    printf '#!/bin/sh\nexec env' >"$file"
    printf ' %q' "$@" >>"$file"
    printf ' "$@"\n' >>"$file"
    chmod +x "$file"
}

bywash() {
    cargo build -p bywash-interop --bins || exit 1
    local bin="${CARGO_TARGET_DIR:-$root/target}/debug" role
    party bywash "$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)"
    for role in client server; do program bywash "$role" "$bin/interop_$role"; done
    matrix="$bin/matrix"
}

grpcio() {
    command -v python3 >/dev/null || { lack grpcio "python3 is not installed"; return; }
    local venv="$cache/grpcio-$GRPCIO" role file
    if ! [ -f "$venv/ready" ]; then
        rm -rf "$venv"
        { python3 -m venv "$venv" &&
            timeout 150 "$venv/bin/pip" install -q --disable-pip-version-check \
                "grpcio==$GRPCIO" "grpcio-tools==$GRPCIO_TOOLS" && touch "$venv/ready"; } \
            >"$scratch/log" 2>&1 || { tail -n 3 "$scratch/log"; lack grpcio "pip cannot install it"; return; }
    fi
    # Under grpc/ they would hide the library's own package.
    mkdir -p "$scratch/flat/grpc_testing_pb" "$scratch/python"
    for file in empty messages test; do
        sed 's,"grpc/testing/,"grpc_testing_pb/,' "$protos/grpc/testing/$file.proto" \
            >"$scratch/flat/grpc_testing_pb/$file.proto"
    done
    "$venv/bin/python" -m grpc_tools.protoc -I "$scratch/flat" --python_out "$scratch/python" \
        --grpc_python_out "$scratch/python" "$scratch/flat/grpc_testing_pb/"*.proto || exit 1
    party grpcio "$GRPCIO"
    for role in client server; do
        program grpcio "$role" PYTHONPATH="$scratch/python" PYTHONDONTWRITEBYTECODE=1 \
            "$venv/bin/python" "$here/peers/grpcio/$role.py"
    done
}

grpc_js() {
    command -v npm >/dev/null || { lack grpc-js "npm is not installed"; return; }
    local modules="$cache/grpc-js-$GRPC_JS" role
    if ! [ -f "$modules/ready" ]; then
        rm -rf "$modules"
        { mkdir -p "$modules" && cd "$modules" &&
            timeout 150 npm install --no-audit --no-fund --ignore-scripts \
                "@grpc/grpc-js@$GRPC_JS" "@grpc/proto-loader@$PROTO_LOADER" && touch ready; } \
            >"$scratch/log" 2>&1
        local status=$?
        cd "$root" || exit 1
        [ "$status" -eq 0 ] || { tail -n 3 "$scratch/log"; lack grpc-js "npm cannot install it"; return; }
    fi
    party grpc-js "$GRPC_JS"
    for role in client server; do
        program grpc-js "$role" NODE_PATH="$modules/node_modules" BYWASH_PROTOS="$protos" \
            node "$here/peers/grpc-js/$role.js"
    done
}

grpc_go() {
    if ! command -v go >/dev/null || ! [ -d "$GO_SOURCES/src/google.golang.org/grpc" ]; then
        if [ "${CI:-}" = true ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
            { apt-get -q update && DEBIAN_FRONTEND=noninteractive timeout 150 \
                apt-get -q install -y --no-install-recommends golang-go "$GO_PACKAGE"; } >"$scratch/log" 2>&1
        fi
    fi
    command -v go >/dev/null || { lack grpc-go "go is not installed"; return; }
    local version="$GO_SOURCES/src/google.golang.org/grpc/version.go" role
    [ -f "$version" ] || { lack grpc-go "Debian's $GO_PACKAGE is not installed"; return; }
    version=$(sed -n 's/^const Version = "\(.*\)"$/\1/p' "$version")
    [ "$version" = "$GO_VERSION" ] || { lack grpc-go "version $version is here, not $GO_VERSION"; return; }
    party grpc-go "$GO_VERSION"
    (cd "$here/peers/grpc-go" && GO111MODULE=off GOFLAGS= GOPATH="$GO_SOURCES" GOCACHE="$cache/go" \
        go build -o "$scratch/go-peer" .) || exit 1
    for role in client server; do cp "$scratch/go-peer" "$scratch/parties/grpc-go/$role"; done
}

bywash
grpcio
grpc_js
grpc_go

flags=(--parties "$scratch/parties" --certificates "$scratch/testdata")
flags+=(--known "$here/KNOWN.toml" --report "$root/grpc/INTEROP.md")
if [ "${1:-}" = --write ]; then
    [ "${#missing[@]}" -eq 0 ] || { echo "nothing is written without ${missing[*]}"; exit 1; }
    flags+=(--write)
elif [ "${#missing[@]}" -gt 0 ]; then
    flags+=(--partial)
fi
"$matrix" "${flags[@]}" || exit 1
[ "${#missing[@]}" -eq 0 ] || { echo "SKIPPED: ${missing[*]}"; exit 77; }
