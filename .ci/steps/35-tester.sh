#!/usr/bin/env bash
# Every case of the tester over sockets against this project's own programs, in cleartext and TLS: all exact. Against
# `obey`, which does what the cases wish, nearly none is skipped; what `serve` and `fetch` cannot show is listed with the
# reason, and the lists must be right.
set -u -o pipefail

. .ci/programs.sh
need openssl

cargo build --release -p bywash-spec-tests --features tls --bin bywash-spec-tests --example obey || exit 1
cargo build --release -p bywash-mio --example serve --example fetch || exit 1
bin="${CARGO_TARGET_DIR:-target}/release"
lists=spec-tests/data/skipped

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>"$scratch/said" || { cat "$scratch/said"; exit 1; }
identity=(--tls --cert "$scratch/cert.pem" --key "$scratch/key.pem")

# Starts a program, and waits until what it prints has a line for the expression. Sets `found`, its first group.
start() {
    local expression=$1 attempt
    shift
    "$@" >"$scratch/started" 2>"$scratch/complaints" &
    running+=("$!")
    for attempt in $(seq 200); do
        found=$(sed -n "s,$expression,\1,p" "$scratch/started")
        [ -n "$found" ] && return 0
        sleep 0.05
    done
    echo "it did not start: $*"
    cat "$scratch/complaints"
    exit 1
}

# In the place of the usual one: cases, told by a list.
check() {
    local name=$1 list=$2 began=$SECONDS
    shift 2
    if timeout 120 "$bin/bywash-spec-tests" "$@" --strict "$lists/$list" >"$scratch/said" 2>&1; then
        echo "ok: $name: $(grep ' cases: ' "$scratch/said"), $((SECONDS - began)) s"
    else
        echo "FAILED: $name"
        grep -v '^skipped' "$scratch/said" | tail -n 60
        failed=1
    fi
}

start 'told at \(.*\)' "$bin/examples/obey" 127.0.0.1:0 "$scratch/cert.pem" "$scratch/key.pem"
check "obey as server, cleartext" obey-server.txt server --jobs 8 --obey "$found"
check "obey as server, TLS" obey-server.txt server --jobs 8 --obey "$found" --tls
check "obey as client, cleartext" obey-client.txt client --jobs 8 --obey "$found"
check "obey as client, TLS" obey-client.txt client --jobs 8 --obey "$found" "${identity[@]}"

start '^curl .*http://\(.*\)/$' "$bin/examples/serve" --bench --threads 1 --listen 127.0.0.1:0
check "serve, cleartext" serve.txt server "$found" --jobs 8 --upload /sink
start '^curl .*https://\(.*\)/$' "$bin/examples/serve" --bench --threads 1 --listen-tls 127.0.0.1:0
check "serve, TLS" serve.txt server "$found" --jobs 8 --upload /sink --tls

head -c 100 /dev/zero >"$scratch/body"
urls="{url} {url}a {url}b"
check "fetch, cleartext" fetch.txt client --jobs 24 --exec "$bin/examples/fetch -n $urls"
check "fetch, TLS, with a body" fetch.txt client --jobs 24 "${identity[@]}" \
    --exec "$bin/examples/fetch -k -n -d $scratch/body $urls"

exit "$failed"
