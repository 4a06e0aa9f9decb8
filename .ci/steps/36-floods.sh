#!/usr/bin/env bash
# Floods over sockets against `serve` on one thread, with an honest client beside each: ended by the limit that they run
# into, the honest client served, no memory kept.
set -u -o pipefail

cargo build --release -p bywash-spec-tests --features tls --example flood || exit 1
cargo build --release -p bywash-mio --example serve || exit 1
bin="${CARGO_TARGET_DIR:-target}/release/examples"
log=$(mktemp) || exit 1
"$bin/serve" --bench --threads 1 --listen 127.0.0.1:0 >"$log" &
server=$!
trap 'kill "$server"; rm -f "$log"' EXIT
for attempt in $(seq 100); do
    at=$(sed -n 's,^curl .*http://\(.*\)/$,\1,p' "$log")
    [ -n "$at" ] && break
    sleep 0.05
done
[ -n "$at" ] || { echo "the server did not start"; exit 1; }
timeout 120 "$bin/flood" "$at" "$server"
