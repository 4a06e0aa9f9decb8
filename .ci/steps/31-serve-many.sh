#!/usr/bin/env bash
# Many connections to the file server: what one costs while it idles, and that nothing stays of them.
set -u -o pipefail

[ -d /proc/self/fd ] || { echo "SKIPPED: no /proc here to read memory and descriptors from"; exit 77; }
cargo build --release -p bywash-mio --example serve || exit 1
cargo build --release -p bywash-benches --bin holding || exit 1
bin="${CARGO_TARGET_DIR:-target}/release"
ulimit -n "$(ulimit -H -n)"
most=$(ulimit -n)

# Connections that idle; octets that one may cost, and a stream; octets that may stay.
IDLE=10000
IDLE_OCTETS=2000
STREAM_OCTETS=600
STAYS=$((2 * 1024 * 1024))

log=$(mktemp) || exit 1
"$bin/examples/serve" --bench --listen 127.0.0.1:0 >"$log" &
server=$!
trap 'kill "$server"; rm -f "$log"' EXIT
for attempt in $(seq 100); do
    at=$(sed -n 's,^curl .*http://\(.*\)/$,\1,p' "$log")
    [ -n "$at" ] && break
    sleep 0.05
done
[ -n "$at" ] || { echo "the server did not start"; exit 1; }

memory() { awk '/^Private_/ { sum += $2 } END { print sum * 1024 }' "/proc/$server/smaps_rollup"; }
descriptors() { find "/proc/$server/fd" -mindepth 1 | wc -l; }

failed=0
skipped=0
verdict() {
    if [ "$2" -le "$3" ]; then
        echo "ok: $1: $2, at most $3"
    else
        echo "FAILED: $1: $2, at most $3"
        failed=1
    fi
}

# What a crowd leaves is given back a few seconds after it: waits for it, in bounds.
left() {
    local name=$1 attempt stays
    for attempt in $(seq 20); do
        sleep 0.5
        stays=$(($(memory) - before))
        [ "$(descriptors)" -eq "$open" ] && [ "$stays" -le "$STAYS" ] && break
    done
    verdict "$name: octets that stay" "$stays" "$STAYS"
    verdict "$name: descriptors that stay" "$(($(descriptors) - open))" 0
}

# hold NAME MODE...: holds connections while `seen` is measured.
hold() {
    local name=$1
    shift
    coproc HOLDING { "$bin/holding" "$at" "$@"; }
    local pid=$HOLDING_PID line=
    read -r line <&"${HOLDING[0]}"
    if [ "$line" != ready ]; then
        wait "$pid"
        [ $? -eq 77 ] && { skipped=1; return 1; }
        echo "FAILED: $name: the connections do not stand"
        failed=1
        return 1
    fi
    sleep 3
    seen=$(($(memory) - before))
    kill "$pid"
    wait "$pid" 2>/dev/null
    return 0
}

crowds() {
    if [ "$most" -lt $((IDLE + 100)) ]; then
        echo "SKIPPED: only $most descriptors are allowed: $IDLE idle connections were not held"
        skipped=1
    elif hold "$IDLE idle connections" idle "$IDLE"; then
        verdict "octets per idle connection" "$((seen / IDLE))" "$IDLE_OCTETS"
        left "$IDLE idle connections"
    fi
    if [ "$most" -ge 1100 ] && hold "1000 connections with 100 streams" streams 1000 100; then
        verdict "octets per open stream" "$((seen / 100000))" "$STREAM_OCTETS"
        left "1000 connections with 100 streams"
    fi
}

"$bin/holding" "$at" churn 200 </dev/null >/dev/null || exit 1
sleep 2
before=$(memory)
open=$(descriptors)
crowds
begun=$SECONDS
timeout 120 "$bin/holding" "$at" churn 100000 </dev/null >/dev/null || { echo "FAILED: 100000 connections"; failed=1; }
echo "100000 connections opened and closed: $((SECONDS - begun)) s"
left "100000 connections"

[ "$failed" -eq 0 ] && [ "$skipped" -eq 1 ] && exit 77
exit "$failed"
